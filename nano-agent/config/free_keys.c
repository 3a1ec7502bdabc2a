// SPDX-License-Identifier: MIT
#include "nano-agent/config/free_keys.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/protocol/protocol.h"

const struct free_section_info free_sections[FREE_SECTIONS] = {
    [FREE_POSE] = {"pose", PROTOCOL_POSES_MAX, "CHANNEL"},
    [FREE_WORDS] = {"words", PROTOCOL_WORDS_MAX, "WORD"},
};

enum free_section free_section_of(const char *name)
{
    int i = 0;
    while (i < FREE_SECTIONS && strcmp(name, free_sections[i].name) != 0)
        i++;
    return (enum free_section)i;
}

enum { KEYS_MAX = 1024 }; // of all sections together

// A word, a string without its quotes, or one character.
struct token {
    const char *at;
    size_t len;
    bool is_name; // a word or a string
};

struct key_reader {
    const char *at;
    unsigned line;
};

static bool next_token(struct key_reader *reader, struct token *out)
{
    static const char blanks[] = " \t\r\n", ends[] = " \t\r\n#\"'={}()+,";
    for (; *reader->at && strchr(blanks, *reader->at); reader->at++)
        reader->line += *reader->at == '\n';
    const char *at = reader->at;
    if (!*at)
        return false;
    if (*at == '"' || *at == '\'') {
        const char *end = at + 1;
        for (; *end && *end != *at; end++)
            if (*end == '\\' && end[1])
                end++;
        *out = (struct token){at + 1, (size_t)(end - at - 1), true};
        reader->at = *end ? end + 1 : end;
        return true;
    }
    size_t len = strcspn(at, ends);
    *out = (struct token){at, len ? len : 1, len > 0};
    reader->at = at + out->len;
    return true;
}

static bool is(const struct token *token, const char *text)
{
    return token->len == strlen(text) && memcmp(token->at, text, token->len) == 0;
}

static int note(struct free_keys *keys, const struct token *token)
{
    for (size_t i = 0; i < keys->count; i++)
        if (is(token, keys->names[i]))
            return 0;
    if (keys->count == KEYS_MAX)
        return 0;
    keys->names[keys->count] = strndup(token->at, token->len);
    if (!keys->names[keys->count])
        return -ENOMEM;
    keys->count++;
    return 0;
}

// Notes the keys up to the brace that closes the section.
static int read_section(struct free_keys *keys, struct key_reader *reader)
{
    struct token before = {0}, token;
    size_t depth = 1;
    while (depth > 0 && next_token(reader, &token)) {
        if (!token.is_name && *token.at == '{')
            depth++;
        else if (!token.is_name && *token.at == '}')
            depth--;
        else if (!token.is_name && *token.at == '=' && before.is_name && note(keys, &before) < 0)
            return -ENOMEM;
        before = token;
    }
    return 0;
}

static int read_text(
    struct free_keys *keys, struct key_reader *reader, const char *section, size_t sections_max)
{
    struct token kind = {0}, title = {0}, token;
    size_t sections = 0;
    while (next_token(reader, &token)) {
        if (!token.is_name && *token.at == '{' && title.is_name && kind.is_name && is(&kind, section)) {
            if (sections++ == sections_max) {
                keys->too_many_line = reader->line;
                return 0;
            }
            int rc = read_section(keys, reader);
            if (rc < 0)
                return rc;
        }
        kind = title;
        title = token;
    }
    return 0;
}

int free_keys_find(struct free_keys *keys, const char *text, const char *section, size_t sections_max)
{
    struct key_reader reader = {.at = text, .line = 1};
    *keys = (struct free_keys){.names = calloc(KEYS_MAX, sizeof *keys->names)};
    int rc = keys->names ? read_text(keys, &reader, section, sections_max) : -ENOMEM;
    if (rc < 0)
        return rc;
    keys->opts = calloc(keys->count + 1, sizeof *keys->opts);
    if (!keys->opts)
        return -ENOMEM;
    for (size_t i = 0; i < keys->count; i++)
        keys->opts[i] = (cfg_opt_t)CFG_STR(keys->names[i], NULL, CFGF_NONE);
    keys->opts[keys->count] = (cfg_opt_t)CFG_END();
    return 0;
}

void free_keys_finish(struct free_keys *keys)
{
    for (size_t i = 0; i < keys->count; i++)
        free(keys->names[i]);
    free(keys->names);
    free(keys->opts);
    *keys = (struct free_keys){0};
}
