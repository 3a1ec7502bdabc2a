// SPDX-License-Identifier: MIT
#include "nano-agent/agent/words.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/protocol/say.h"
#include "common/protocol/span.h"
#include "common/text.h"

enum {
    MILLIONTHS = 1000000,
    WHOLE_MAX = 100000, // with the smallest factor this is more than any command can say
    EXPONENT_MAX = 400, // of a double
};

const struct words_table *words_find(const struct words_table *tables, size_t count, const char *topic)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(tables[i].topic, topic) == 0)
            return &tables[i];
    return NULL;
}

bool words_equal(const char *a, const char *b)
{
    return strcasecmp(a, b) == 0;
}

static const char *find_command(const struct words_table *table, struct span text)
{
    for (size_t i = 0; i < table->count; i++) {
        const char *word = table->entries[i].word;
        if (strlen(word) == text.len && strncasecmp(word, text.at, text.len) == 0)
            return table->entries[i].command;
    }
    return NULL;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// A minus of typography is a minus.
static bool take_sign(struct span *s, bool *negative)
{
    static const char minus[] = "\xe2\x88\x92"; // U+2212
    *negative = s->len > 0 && s->at[0] == '-';
    size_t taken = s->len > 0 && (s->at[0] == '-' || s->at[0] == '+');
    if (s->len >= 3 && memcmp(s->at, minus, 3) == 0) {
        *negative = true;
        taken = 3;
    }
    s->at += taken;
    s->len -= taken;
    return *negative;
}

static int64_t shift(int64_t millionths, int exponent)
{
    for (; exponent < 0 && millionths > 0; exponent++)
        millionths /= 10;
    for (; exponent > 0 && millionths < (int64_t)WHOLE_MAX * MILLIONTHS && millionths > 0; exponent--)
        millionths *= 10;
    return millionths;
}

static bool read_exponent(struct span s, int *exponent)
{
    bool negative;
    take_sign(&s, &negative);
    *exponent = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!is_digit(s.at[i]))
            return false;
        if (*exponent < EXPONENT_MAX)
            *exponent = *exponent * 10 + (s.at[i] - '0');
    }
    if (negative)
        *exponent = -*exponent;
    return s.len > 0;
}

// A number as programs print it, in millionths and cut at WHOLE_MAX. An exponent is taken, since Python prints what is left
// of 0.3 - 0.1 - 0.1 - 0.1 as -2.7e-17, and who steers so wants to go straight.
static bool read_number(struct span s, int64_t *millionths)
{
    bool negative;
    int64_t value = 0, unit = MILLIONTHS;
    size_t i = 0, digits = 0;
    int exponent = 0;
    take_sign(&s, &negative);
    for (; i < s.len && is_digit(s.at[i]); i++, digits++)
        value = value < WHOLE_MAX ? value * 10 + (s.at[i] - '0') : value;
    value *= MILLIONTHS;
    if (digits > 0 && i < s.len && s.at[i] == '.') {
        size_t first = ++i;
        for (; i < s.len && is_digit(s.at[i]); i++) {
            unit /= 10;
            value += unit * (s.at[i] - '0');
        }
        if (i == first)
            return false;
    }
    if (digits > 0 && i < s.len && (s.at[i] == 'e' || s.at[i] == 'E')) {
        if (!read_exponent((struct span){s.at + i + 1, s.len - i - 1}, &exponent))
            return false;
        i = s.len;
    }
    if (digits == 0 || i < s.len)
        return false;
    value = shift(value, exponent);
    if (value > (int64_t)WHOLE_MAX * MILLIONTHS)
        value = (int64_t)WHOLE_MAX * MILLIONTHS;
    *millionths = negative ? -value : value;
    return true;
}

// The argument in tenths: rounded half away from zero, and cut at what a command can say. The channel cuts it further.
static int scale(int64_t millionths, int factor)
{
    bool negative = millionths < 0;
    int64_t tenths = ((negative ? -millionths : millionths) * factor + MILLIONTHS / 2) / MILLIONTHS;
    if (tenths > PROTOCOL_TENTHS_MAX)
        tenths = PROTOCOL_TENTHS_MAX;
    return negative ? -(int)tenths : (int)tenths;
}

static void take_command(struct request *out, const char *text, const struct channel_id *ids, size_t count)
{
    out->is_text = protocol_parse_text(text, strlen(text), &out->words, out->why) == 0;
    if (out->is_text)
        out->meaning = vocabulary_match(ids, count, &out->words, &out->match, out->why);
    out->stop =
        protocol_is_stop(&out->words) || (out->meaning == RESULT_OK && vocabulary_is_halt(&out->match, ids));
}

static void say_unknown(struct request *out, const struct words_table *table)
{
    const char *words[WORDS_ENTRIES_MAX];
    for (size_t i = 0; i < table->count; i++)
        words[i] = table->entries[i].word;
    const char *nearest = text_nearest(out->words.cmd, words, table->count);
    if (nearest)
        say(out->why, "no %s on %s: did you mean %s?", out->words.cmd, table->topic, nearest);
    else if (table->number[0])
        say(out->why, "no %s on %s: expected a number%s", out->words.cmd, table->topic,
            table->count > 0 ? " or one of its words" : "");
    else
        say(out->why, "no %s on %s: expected one of its words, as in %s", out->words.cmd, table->topic,
            table->entries[0].word);
}

// Neither a word of the table nor a number. What can be shown of it is in words.cmd.
static void refuse(struct request *out, const struct words_table *table, struct span text)
{
    const struct agent_command *command = out->command;
    out->meaning = RESULT_INVALID;
    if (text.len > 0 && text.at[0] == '{') {
        // It is parsed for the question whether it is a report, and for what may be shown of it.
        protocol_parse_command(command->payload, command->len, &out->words, out->why);
        out->words = (struct protocol_command){.is_report = out->words.is_report};
        text_clean(out->words.cmd, sizeof out->words.cmd, text.at, text.len, PROTOCOL_ECHO_CHARS);
        say(out->why, "no envelopes on %s: expected the word alone", table->topic);
    } else if (protocol_parse_text(command->payload, command->len, &out->words, out->why) == 0) {
        out->meaning = RESULT_UNKNOWN;
        say_unknown(out, table);
    }
    out->guessed = !out->words.is_report && protocol_says_stop(command->payload, command->len);
}

void words_read(struct request *out, const struct agent_command *command, const struct words_table *table,
    const struct channel_id *ids, size_t count)
{
    char text[WORDS_COMMAND_SIZE + 32], argument[16];
    struct span span = span_trim((struct span){command->payload, command->len});
    int64_t millionths;
    memset(out, 0, sizeof *out);
    out->command = command;
    out->on = table->topic;
    const char *meant = command->len <= PROTOCOL_COMMAND_MAX ? find_command(table, span) : NULL;
    if (meant) {
        take_command(out, meant, ids, count);
    } else if (table->number[0] && command->len <= PROTOCOL_COMMAND_MAX && read_number(span, &millionths)) {
        snprintf(text, sizeof text, "%s %s", table->number,
            protocol_format_tenths(argument, scale(millionths, table->factor)));
        take_command(out, text, ids, count);
    } else {
        refuse(out, table, span);
    }
}
