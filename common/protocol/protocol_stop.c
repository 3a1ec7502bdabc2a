// SPDX-License-Identifier: MIT
// What counts as a stop: as it is written, and as a person would have meant it.
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/protocol/protocol.h"
#include "common/protocol/span.h"
#include "common/text.h"

bool protocol_is_stop_word(const char *word)
{
    static const char suffix[] = "_stop";
    size_t len = strlen(word);
    return strcmp(word, "stop") == 0 ||
           (len > sizeof suffix - 1 && strcmp(word + len - (sizeof suffix - 1), suffix) == 0);
}

bool protocol_is_stop(const struct protocol_command *command)
{
    return !command->has_number && !command->second[0] && protocol_is_stop_word(command->word);
}

// Letters and digits make a longer word of `stop`. Above ASCII these are the alphabets whose words are written apart; the
// scripts of East Asia, where a word may stand directly beside another, and signs of any kind are not.
static bool is_part_of_word(unsigned c)
{
    if (c < 0x80)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return c == 0xaa || c == 0xb5 || c == 0xba || (c >= 0xc0 && c < 0x2000 && c != 0xd7 && c != 0xf7);
}

static bool is_letter_of_stop(unsigned c, size_t index)
{
    return index < 4 && c < 0x80 && (c | 0x20) == (unsigned)"stop"[index];
}

// A word that goes by, character by character.
struct word {
    size_t len;
    bool matches; // so far it is the beginning of `stop`
};

static bool is_stop(const struct word *word)
{
    return word->matches && word->len == 4;
}

// True where `stop` ended with the character c, which stands outside of any word; else the word begins anew.
static bool end_word(struct word *word)
{
    bool found = is_stop(word);
    *word = (struct word){.matches = true};
    return found;
}

// The full-width letters and digits of East Asian keyboards are read as what they stand for.
static unsigned to_half_width(unsigned c)
{
    return c >= 0xff01 && c <= 0xff5e ? c - 0xfee0 : c;
}

// Broken UTF-8 stands outside of words. NUL is passed over, so that UTF-16, as some shells write it, is read as well. In
// JSON a backslash and the character after it are one character of the text.
static bool has_stop(const char *text, size_t len)
{
    struct word word = {.matches = true};
    for (size_t i = 0, n; i < len; i += n) {
        unsigned c = ' ';
        n = text_decode(text + i, len - i, &c);
        if (n == 0)
            n = 1;
        if (c == '\\' && i + 1 < len)
            n = text[i + 1] == 'u' ? 6 : 2;
        if (c == 0)
            continue;
        c = to_half_width(c);
        if (is_part_of_word(c)) {
            word.matches = word.matches && is_letter_of_stop(c, word.len);
            word.len++;
        } else if (end_word(&word)) {
            return true;
        }
    }
    return end_word(&word);
}

// Of JSON that parses, and has no key twice, the text without what stands in `id` and `boot`: tokens that may spell
// anything. NULL where it does not parse. Freed by the caller.
static char *json_without_tokens(struct span span)
{
    json_t *value = json_loadb(span.at, span.len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    if (!value)
        return NULL;
    size_t count = json_is_array(value) ? json_array_size(value) : 1;
    for (size_t i = 0; i < count; i++) { // a list of envelopes is a habit, deeper ones are not
        json_t *object = json_is_array(value) ? json_array_get(value, i) : value;
        json_object_del(object, "id");
        json_object_del(object, "boot");
    }
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    json_decref(value);
    return text;
}

bool protocol_says_stop(const void *payload, size_t len)
{
    if (len > PROTOCOL_COMMAND_MAX)
        return false;
    struct span span = span_trim((struct span){payload, len});
    char *text = json_without_tokens(span);
    bool found = text ? has_stop(text, strlen(text)) : has_stop(span.at, span.len);
    free(text);
    return found;
}
