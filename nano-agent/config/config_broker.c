// SPDX-License-Identifier: MIT
#include "nano-agent/config/config_broker.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nano-agent/config/config_channels.h"
#include "nano-agent/config/config_file.h"

// A piece of the text. What is read goes from one to the next; a piece of length 0 is the end.
struct token {
    const char *at;
    size_t len;
};

// The pieces that libconfuse sees, comments passed over: a word, a "string" with its quotes, or one sign. A string ends at
// its line's end at the latest, so that a quote that is missing costs one line.
static struct token next_token(const char *at)
{
    for (;;) {
        at += strspn(at, " \t\r\n");
        if (at[0] == '#' || (at[0] == '/' && at[1] == '/')) {
            at += strcspn(at, "\n");
        } else if (at[0] == '/' && at[1] == '*') {
            const char *end = strstr(at + 2, "*/");
            at = end ? end + 2 : at + strlen(at);
        } else {
            break;
        }
    }
    if (*at == '"' || *at == '\'') {
        size_t len = 1;
        while (at[len] && at[len] != '\n' && at[len] != *at)
            len += at[len] == '\\' && at[len + 1] && at[len + 1] != '\n' ? 2 : 1;
        return (struct token){at, at[len] == *at ? len + 1 : len};
    }
    size_t len = strcspn(at, " \t\r\n#={}()+,\"'");
    return (struct token){at, len > 0 ? len : *at != '\0'};
}

static bool is_sign(struct token token, char sign)
{
    return token.len == 1 && *token.at == sign;
}

static struct token after(struct token token)
{
    return next_token(token.at + token.len);
}

// Where a value or the body of a section that begins with `first` ends: behind its closing brace, or behind itself.
static const char *end_of(struct token first)
{
    int depth = 0;
    struct token token = first;
    for (; token.len > 0; token = after(token)) {
        depth += is_sign(token, '{') - is_sign(token, '}');
        if (depth <= 0)
            break;
    }
    return token.at + token.len;
}

static const cfg_opt_t *find_key(const cfg_opt_t *keys, struct token word)
{
    for (const cfg_opt_t *key = keys; key->name; key++) {
        if (strlen(key->name) == word.len && memcmp(key->name, word.at, word.len) == 0)
            return key;
    }
    return NULL;
}

// The end of the statement that begins with a key of the broker's part, NULL where it is no statement.
static const char *statement_end(const cfg_opt_t *key, struct token word)
{
    struct token sign = after(word);
    if (key->type == CFGT_SEC)
        return is_sign(sign, '{') ? end_of(sign) : NULL;
    if (is_sign(sign, '+')) // KEY += VALUE is refused, here as everywhere
        sign = after(sign);
    return is_sign(sign, '=') ? end_of(after(sign)) : NULL;
}

// Copies the statements of the broker's part to out, each on a line of its own.
static void extract(const char *text, const cfg_opt_t *keys, char *out)
{
    static const char byte_order_mark[] = "\xef\xbb\xbf";
    if (strncmp(text, byte_order_mark, strlen(byte_order_mark)) == 0)
        text += strlen(byte_order_mark);
    for (struct token token = next_token(text); token.len > 0;) {
        const cfg_opt_t *key = find_key(keys, token);
        const char *end = key ? statement_end(key, token) : NULL;
        if (!end) {
            token = after(token);
            continue;
        }
        size_t len = (size_t)(end - token.at);
        memcpy(out, token.at, len);
        out[len] = '\n';
        out += len + 1;
        token = next_token(end);
    }
    *out = '\0';
}

int config_broker_part(const char *text, struct broker_options *out)
{
    const cfg_opt_t keys[] = {BROKER_OPTIONS_CFG, CFG_END()};
    struct config_file file;
    struct key_table sections[CHANNEL_KINDS];
    char why[CONFIG_WHY_SIZE], sentence[PROTOCOL_WHY_SIZE];
    // Each statement is at least three bytes long, and takes one byte more in the copy.
    char *part = malloc(2 * strlen(text) + 1);
    if (!part)
        return -ENOMEM;
    extract(text, keys, part);
    int rc = config_file_open(&file, config_channels_keys(sections), part, "broker", why);
    if (rc == 0)
        rc = broker_options_from_cfg(out, file.cfg, NULL, sentence);
    config_file_close(&file);
    free(part);
    return rc;
}
