// SPDX-License-Identifier: MIT
// The text of a command and the envelope around it, from bytes to struct protocol_command.
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/protocol/protocol.h"
#include "common/protocol/say.h"
#include "common/text.h"

// Bytes of a foreign word that an error sentence quotes: enough to recognise it.
enum { QUOTE_BYTES = 32, TENTHS_MAX = 99999 };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_trimmed(char c)
{
    return is_blank(c) || c == '\r' || c == '\n';
}

// isdigit() and its like follow the locale and take no char that is negative.
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

struct span {
    const char *at;
    size_t len;
};

static struct span trim(struct span s)
{
    while (s.len > 0 && is_trimmed(s.at[0])) {
        s.at++;
        s.len--;
    }
    while (s.len > 0 && is_trimmed(s.at[s.len - 1]))
        s.len--;
    return s;
}

// Takes the next word off the front of rest; an empty one at the end.
static struct span next_word(struct span *rest)
{
    while (rest->len > 0 && is_blank(rest->at[0])) {
        rest->at++;
        rest->len--;
    }
    struct span word = {rest->at, 0};
    while (rest->len > 0 && !is_blank(rest->at[0])) {
        rest->at++;
        rest->len--;
        word.len++;
    }
    return word;
}

static int quoted(struct span s)
{
    return (int)(s.len < QUOTE_BYTES ? s.len : QUOTE_BYTES);
}

// Copies a lower-cased [a-z][a-z0-9_]* that fits in size with its terminator.
static bool copy_word(char *dst, size_t size, struct span s)
{
    if (s.len == 0 || s.len >= size)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = to_lower(s.at[i]);
        if (!is_lower(c) && (i == 0 || (!is_digit(c) && c != '_')))
            return false;
        dst[i] = c;
    }
    dst[s.len] = '\0';
    return true;
}

// [+-]1*4DIGIT[.1*2DIGIT], rounded to a tenth, half away from zero.
static bool parse_tenths(struct span s, int *tenths)
{
    size_t i = 0;
    bool negative = s.len > 0 && s.at[0] == '-';
    if (s.len > 0 && (s.at[0] == '-' || s.at[0] == '+'))
        i++;
    int hundredths = 0;
    size_t digits = 0;
    for (; i < s.len && is_digit(s.at[i]); i++, digits++) {
        if (digits == 4)
            return false;
        hundredths = hundredths * 10 + (s.at[i] - '0');
    }
    if (digits == 0)
        return false;
    hundredths *= 100;
    if (i < s.len) {
        if (s.at[i++] != '.')
            return false;
        size_t decimals = s.len - i;
        if (decimals < 1 || decimals > 2 || !is_digit(s.at[i]) || !is_digit(s.at[s.len - 1]))
            return false;
        hundredths += (s.at[i] - '0') * 10;
        if (decimals == 2)
            hundredths += s.at[i + 1] - '0';
    }
    int rounded = (hundredths + 5) / 10;
    if (rounded > TENTHS_MAX) // 9999.95 would round to what the grammar cannot write
        rounded = TENTHS_MAX;
    *tenths = negative ? -rounded : rounded;
    return true;
}

static void write_canonical(struct protocol_command *out)
{
    char number[16] = "";
    if (out->has_number)
        protocol_format_tenths(number, out->tenths);
    snprintf(out->cmd, sizeof out->cmd, "%s%s%s%s%s", out->word, out->target[0] ? " " : "", out->target,
        out->has_number ? " " : "", number);
}

// What no command contains, in whatever form: broken UTF-8, NUL and control characters but blanks and line
// ends.
static int check_characters(struct span s, char why[PROTOCOL_WHY_SIZE])
{
    for (size_t i = 0; i < s.len;) {
        unsigned c;
        size_t n = text_decode(s.at + i, s.len - i, &c);
        if (n == 0) {
            say(why, "broken UTF-8 at byte %zu", i + 1);
            return -EINVAL;
        }
        if (c == 0) {
            say(why, "NUL at byte %zu", i + 1);
            return -EINVAL;
        }
        if ((c < 0x20 && !is_trimmed((char)c)) || (c >= 0x7f && c <= 0x9f)) {
            say(why, "control character U+%04X at byte %zu", c, i + 1);
            return -EINVAL;
        }
        i += n;
    }
    return 0;
}

static int check_length(size_t len, char why[PROTOCOL_WHY_SIZE])
{
    if (len <= PROTOCOL_COMMAND_MAX)
        return 0;
    say(why, "%zu bytes: a command has at most %d", len, PROTOCOL_COMMAND_MAX);
    return -EINVAL;
}

// Leaves of a refused command what may be shown and nothing that could be carried out.
static void refuse(struct protocol_command *out, struct span s)
{
    out->word[0] = out->target[0] = '\0';
    out->has_number = false;
    out->tenths = 0;
    s = trim(s);
    text_clean(out->cmd, sizeof out->cmd, s.at, s.len, PROTOCOL_ECHO_CHARS);
}

static int parse_arguments(struct span rest, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    struct span argument = next_word(&rest), second = next_word(&rest), third = next_word(&rest);
    bool is_move = strcmp(out->word, "move") == 0;
    if (argument.len == 0)
        return 0;
    if (parse_tenths(argument, &out->tenths)) {
        out->has_number = true;
        if (second.len == 0)
            return 0;
        say(why, "“%.*s” is too much: expected one command, a word and at most one number", quoted(second),
            second.at);
        return -EINVAL;
    }
    if (is_move && copy_word(out->target, sizeof out->target, argument)) {
        if (second.len == 0) {
            say(why, "expected degrees: move DEG or move SERVO DEG, as in move 20");
            return -EINVAL;
        }
        if (!parse_tenths(second, &out->tenths)) {
            argument = second;
        } else if (third.len == 0) {
            out->has_number = true;
            return 0;
        } else {
            say(why, "“%.*s” is too much: expected move SERVO DEG", quoted(third), third.at);
            return -EINVAL;
        }
    }
    say(why, "“%.*s” is not a number: expected at most 4 digits, and 2 after a point, as in 12.5",
        quoted(argument), argument.at);
    return -EINVAL;
}

static int parse_words(struct span text, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    text = trim(text);
    if (text.len == 0) {
        say(why, "nothing but blanks: expected a command such as tilt_up");
        return -EINVAL;
    }
    if (memchr(text.at, '\n', text.len) || memchr(text.at, '\r', text.len)) {
        say(why, "several lines: expected one command a message");
        return -EINVAL;
    }
    struct span rest = text, word = next_word(&rest);
    if (!copy_word(out->word, sizeof out->word, word)) {
        if (word.len >= sizeof out->word)
            say(why, "expected a word of at most %zu characters, as in tilt_up", sizeof out->word - 1);
        else
            say(why, "“%.*s” is no word: expected a letter, then letters, digits or _, as in tilt_up",
                quoted(word), word.at);
        return -EINVAL;
    }
    return parse_arguments(rest, out, why);
}

int protocol_parse_text(
    const char *text, size_t len, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    *out = (struct protocol_command){0};
    why[0] = '\0';
    struct span span = {text, len};
    int rc = check_length(len, why);
    if (rc == 0)
        rc = check_characters(span, why);
    if (rc == 0)
        rc = parse_words(span, out, why);
    if (rc == 0)
        write_canonical(out);
    else
        refuse(out, span);
    return rc;
}

// Printable ASCII without blanks.
static bool is_token(const char *s, size_t len, size_t max)
{
    if (len < 1 || len > max)
        return false;
    for (size_t i = 0; i < len; i++)
        if (s[i] <= 0x20 || s[i] >= 0x7f)
            return false;
    return true;
}

bool protocol_is_boot(const char *s, size_t len)
{
    return is_token(s, len, PROTOCOL_BOOT_MAX);
}

static int read_token(
    const json_t *value, const char *key, size_t max, char *dst, char why[PROTOCOL_WHY_SIZE])
{
    if (!value)
        return 0;
    if (!json_is_string(value) || !is_token(json_string_value(value), json_string_length(value), max)) {
        say(why, "%s: expected a string of 1 to %zu printable ASCII characters without blanks", key, max);
        return -EINVAL;
    }
    memcpy(dst, json_string_value(value), json_string_length(value) + 1);
    return 0;
}

static int read_deadline(const json_t *value, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    if (!value)
        return 0;
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        out->by_ms = json_integer_value(value);
    } else if (json_is_real(value) && json_real_value(value) >= 0 && json_real_value(value) < 0x1p53 &&
               json_real_value(value) == (double)(int64_t)json_real_value(value)) {
        // Above 2^53 a real no longer says which millisecond it means.
        out->by_ms = (int64_t)json_real_value(value);
    } else {
        say(why, "by: expected whole milliseconds of the device's clock, at least 0");
        return -EINVAL;
    }
    if (out->boot[0] == '\0') {
        say(why, "by without boot: expected the boot of the status that the clock was read from");
        return -EINVAL;
    }
    out->has_by = true;
    return 0;
}

// id, boot and by; each that is right is taken, whatever is wrong with the others.
static int read_extras(const json_t *object, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    char ignored[PROTOCOL_WHY_SIZE];
    int rc = read_token(json_object_get(object, "id"), "id", PROTOCOL_ID_MAX, out->id, why);
    int boot_rc =
        read_token(json_object_get(object, "boot"), "boot", PROTOCOL_BOOT_MAX, out->boot, rc ? ignored : why);
    if (rc == 0)
        rc = boot_rc;
    int by_rc = read_deadline(json_object_get(object, "by"), out, rc ? ignored : why);
    return rc ? rc : by_rc;
}

static int parse_envelope(struct span payload, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    out->is_envelope = true;
    json_error_t error;
    json_t *object = json_loadb(payload.at, payload.len, JSON_REJECT_DUPLICATES, &error);
    if (!object) {
        say(why, "broken JSON: %s", error.text);
        refuse(out, payload);
        return -EINVAL;
    }

    int rc = -EINVAL;
    struct span text = payload;
    const json_t *cmd = json_object_get(object, "cmd");
    if (!cmd) {
        say(why, "no cmd: expected {\"cmd\":\"tilt_up\"}");
    } else if (!json_is_string(cmd)) {
        say(why, "cmd: expected a string, as in {\"cmd\":\"tilt_up\"}");
    } else {
        text = (struct span){json_string_value(cmd), json_string_length(cmd)};
        rc = check_characters(text, why);
        if (rc == 0)
            rc = parse_words(text, out, why);
    }

    char extras_why[PROTOCOL_WHY_SIZE] = "";
    int extras_rc = read_extras(object, out, extras_why);
    // A stop is carried out whatever by, boot and id say, so what is wrong with them cannot refuse it.
    if (rc == 0 && extras_rc != 0 && !protocol_is_stop(out)) {
        rc = extras_rc;
        say(why, "%s", extras_why);
    }
    if (rc == 0)
        write_canonical(out);
    else
        refuse(out, text);
    json_decref(object);
    return rc;
}

int protocol_parse_command(
    const void *payload, size_t len, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    struct span span = {payload, len};
    if (len == 0 || span.at[0] != '{')
        return protocol_parse_text(span.at, len, out, why);

    *out = (struct protocol_command){0};
    why[0] = '\0';
    int rc = check_length(len, why);
    if (rc == 0)
        rc = check_characters(span, why);
    if (rc != 0) {
        out->is_envelope = true;
        refuse(out, span);
        return rc;
    }
    return parse_envelope(span, out, why);
}

bool protocol_is_stop(const struct protocol_command *command)
{
    static const char suffix[] = "_stop";
    if (command->has_number || command->target[0])
        return false;
    size_t len = strlen(command->word);
    return strcmp(command->word, "stop") == 0 ||
           (len > sizeof suffix - 1 && strcmp(command->word + len - (sizeof suffix - 1), suffix) == 0);
}
