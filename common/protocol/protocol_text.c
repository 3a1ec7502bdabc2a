// SPDX-License-Identifier: MIT
#include "common/protocol/protocol_text.h"

#include <errno.h>
#include <string.h>

#include "common/protocol/say.h"
#include "common/text.h"

// So many bytes of a foreign word are quoted in a sentence: enough to recognise the word.
enum { QUOTE_BYTES = 32 };

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

// Copies text that protocol_text_check has passed to out (at least as long), with each foreign blank as a blank and U+2212,
// the minus of typography, as a minus.
static struct span to_plain(struct span s, char *out)
{
    struct span plain = {out, 0};
    for (size_t i = 0, n; i < s.len; i += n) {
        unsigned c = 0;
        n = text_is_plain(s.at[i]) ? 1 : text_decode(s.at + i, s.len - i, &c);
        if (span_is_foreign_blank(c) || c == 0x2212) {
            out[plain.len++] = c == 0x2212 ? '-' : ' ';
        } else {
            memcpy(out + plain.len, s.at + i, n);
            plain.len += n;
        }
    }
    return plain;
}

// Takes the next word off the front of rest. At the end the word is empty.
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

// [+-]1*4DIGIT[.1*DIGIT], rounded to a tenth, half away from zero. Programs print as many decimals as they like.
static bool parse_tenths(struct span s, int *tenths)
{
    size_t i = 0;
    bool negative = s.len > 0 && s.at[0] == '-';
    if (s.len > 0 && (s.at[0] == '-' || s.at[0] == '+'))
        i++;
    int value = 0;
    size_t digits = 0;
    for (; i < s.len && is_digit(s.at[i]); i++, digits++) {
        if (digits == 4)
            return false;
        value = value * 10 + (s.at[i] - '0');
    }
    if (digits == 0)
        return false;
    value *= 10;
    if (i < s.len) {
        size_t decimals = s.len - i - 1;
        if (s.at[i++] != '.' || decimals < 1)
            return false;
        for (size_t k = 0; k < decimals; k++)
            if (!is_digit(s.at[i + k]))
                return false;
        value += s.at[i] - '0';
        if (decimals > 1 && s.at[i + 1] >= '5')
            value++;
    }
    if (value > PROTOCOL_TENTHS_MAX) // 9999.95 would round to what the grammar cannot write
        value = PROTOCOL_TENTHS_MAX;
    *tenths = negative ? -value : value;
    return true;
}

// `OFF` keeps its capitals: it means something else than `off`.
static bool is_capital_off(const struct protocol_command *c)
{
    return c->has_capital && !c->second[0] && !c->has_number && strcmp(c->word, "off") == 0;
}

void protocol_text_write_canonical(struct protocol_command *out)
{
    const char *parts[] = {is_capital_off(out) ? "OFF" : out->word, out->second, NULL};
    char number[16];
    size_t len = 0;
    if (out->has_number)
        parts[2] = protocol_format_tenths(number, out->tenths);
    for (size_t i = 0; i < 3; i++) {
        if (!parts[i] || !parts[i][0])
            continue;
        len = text_append(out->cmd, sizeof out->cmd, len, " ", len > 0);
        len = text_append(out->cmd, sizeof out->cmd, len, parts[i], strlen(parts[i]));
    }
}

int protocol_text_check(struct span text, char why[PROTOCOL_WHY_SIZE])
{
    for (size_t i = 0; i < text.len;) {
        if (text_is_plain(text.at[i])) {
            i++;
            continue;
        }
        unsigned c;
        size_t n = text_decode(text.at + i, text.len - i, &c);
        if (n == 0) {
            say(why, "broken UTF-8 at byte %zu", i + 1);
            return -EINVAL;
        }
        if (c == 0) {
            say(why, i == 1 ? "NUL at byte %zu: UTF-16? expected UTF-8" : "NUL at byte %zu", i + 1);
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

int protocol_text_check_length(size_t len, char why[PROTOCOL_WHY_SIZE])
{
    if (len <= PROTOCOL_COMMAND_MAX)
        return 0;
    say(why, "%zu bytes: a command has at most %d", len, PROTOCOL_COMMAND_MAX);
    return -EINVAL;
}

void protocol_text_refuse(struct protocol_command *out, struct span text)
{
    out->word[0] = out->second[0] = '\0';
    out->has_number = out->has_capital = false;
    out->tenths = 0;
    text = span_trim(text);
    text_clean(out->cmd, sizeof out->cmd, text.at, text.len, PROTOCOL_ECHO_CHARS);
}

// The first character of a text that is not ASCII, or 0. What looks like a digit, a minus or a letter may be another one.
static unsigned first_foreign(struct span text)
{
    unsigned c = 0;
    for (size_t i = 0; i < text.len && c == 0; i++)
        if ((unsigned char)text.at[i] >= 0x80)
            text_decode(text.at + i, text.len - i, &c);
    return c;
}

static int refuse_number(struct span text, char why[PROTOCOL_WHY_SIZE])
{
    unsigned foreign = first_foreign(text);
    if (foreign != 0) {
        say(why, "“%.*s” is not a number: U+%04X in it is no digit, point or minus of ASCII, as in -12.5",
            quoted(text), text.at, foreign);
        return -EINVAL;
    }
    say(why, "“%.*s” is not a number: expected at most 4 digits before the point, as in 12.5", quoted(text),
        text.at);
    return -EINVAL;
}

static int refuse_surplus(struct span text, const char *expected, char why[PROTOCOL_WHY_SIZE])
{
    say(why, "“%.*s” is too much: expected %s", quoted(text), text.at, expected);
    return -EINVAL;
}

// What C and Python print for numbers that there are not.
static bool is_no_finite_number(const char *word)
{
    return strcmp(word, "nan") == 0 || strcmp(word, "inf") == 0 || strcmp(word, "infinity") == 0;
}

// What follows the word: nothing, a number, a second word, or a second word and a number. What a second word means is
// for the vocabulary to say, except after `move`.
static int parse_arguments(struct span rest, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    static const char one_command[] = "one command, a word and at most one number";
    struct span argument = next_word(&rest), second = next_word(&rest), third = next_word(&rest);
    bool is_move = strcmp(out->word, "move") == 0;
    if (argument.len == 0)
        return 0;
    if (parse_tenths(argument, &out->tenths)) {
        out->has_number = true;
        return second.len == 0 ? 0 : refuse_surplus(second, one_command, why);
    }
    if (!copy_word(out->second, sizeof out->second, argument) || is_no_finite_number(out->second))
        return refuse_number(argument, why);
    // No device has two words as long as that, and a report repeats only so much of a command.
    if (strlen(out->word) + strlen(out->second) + sizeof " -9999.9" > PROTOCOL_ECHO_CHARS)
        return refuse_number(argument, why);
    if (second.len == 0 && !is_move)
        return 0;
    if (second.len == 0) {
        say(why, "expected degrees: move DEG or move SERVO DEG, as in move 20");
        return -EINVAL;
    }
    if (!parse_tenths(second, &out->tenths))
        return is_move ? refuse_number(second, why) : refuse_surplus(argument, one_command, why);
    out->has_number = true;
    if (third.len == 0)
        return 0;
    return refuse_surplus(third, is_move ? "move SERVO DEG" : one_command, why);
}

static bool has_capital(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] >= 'A' && s.at[i] <= 'Z')
            return true;
    return false;
}

// The text was passed by protocol_text_check.
int protocol_text_parse(struct span text, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    char plain[PROTOCOL_COMMAND_MAX];
    text = span_trim(to_plain(text, plain));
    if (text.len == 0) {
        say(why, "nothing but blanks: expected a command such as tilt_up");
        return -EINVAL;
    }
    if (memchr(text.at, '\n', text.len) || memchr(text.at, '\r', text.len)) {
        say(why, "several lines: expected one command a message");
        return -EINVAL;
    }
    struct span rest = text, word = next_word(&rest);
    if (rest.len == 0 && parse_tenths(word, &out->tenths)) {
        out->has_number = true;
        return 0;
    }
    if (!copy_word(out->word, sizeof out->word, word)) {
        if (word.len >= sizeof out->word)
            say(why, "expected a word of at most %zu characters, as in tilt_up", sizeof out->word - 1);
        else if (first_foreign(word) != 0)
            say(why, "“%.*s” is no word: U+%04X in it is none of a-z, 0-9 and _, as in tilt_up", quoted(word),
                word.at, first_foreign(word));
        else
            say(why, "“%.*s” is no word: expected a letter, then letters, digits or _, as in tilt_up",
                quoted(word), word.at);
        return -EINVAL;
    }
    out->has_capital = has_capital(word);
    return parse_arguments(rest, out, why);
}

int protocol_parse_text(
    const char *text, size_t len, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    *out = (struct protocol_command){0};
    why[0] = '\0';
    struct span span = {text, len};
    int rc = protocol_text_check_length(len, why);
    if (rc == 0)
        rc = protocol_text_check(span, why);
    if (rc == 0)
        rc = protocol_text_parse(span, out, why);
    if (rc == 0)
        protocol_text_write_canonical(out);
    else
        protocol_text_refuse(out, span);
    return rc;
}

bool protocol_is_guessed_stop(const char *text)
{
    struct protocol_command command;
    char why[PROTOCOL_WHY_SIZE];
    if (!protocol_says_stop(text, strlen(text)))
        return false;
    if (protocol_parse_text(text, strlen(text), &command, why) < 0)
        return true;
    if (strcmp(command.word, "move") == 0) // a servo may be called stop_arm
        return strcmp(command.second, "stop") == 0;
    return command.second[0] || (command.has_number && protocol_is_stop_word(command.word));
}
