// SPDX-License-Identifier: MIT
// For the tests of the vocabulary: one channel of each kind, and a text that is matched with them.
#ifndef TESTS_VOCABULARY_RIG_H
#define TESTS_VOCABULARY_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/array.h"
#include "common/protocol/vocabulary.h"

enum { TILT, PAN, LED, LAMP, BUTTON, DRIVE };
static const struct channel_id all_kinds[] = {
    [TILT] = {"tilt", CHANNEL_SERVO, false, false},
    [PAN] = {"pan", CHANNEL_SERVO, true, false},
    [LED] = {"led", CHANNEL_SWITCH, false, false},
    [LAMP] = {"lamp", CHANNEL_DIMMER, false, false},
    [BUTTON] = {"button", CHANNEL_INPUT, false, false},
    [DRIVE] = {"drive", CHANNEL_MOTOR, false, false},
};
static struct vocabulary_match match;
static char why[PROTOCOL_WHY_SIZE];

static inline enum protocol_result match_of(const struct channel_id *channels, size_t count, const char *text)
{
    struct protocol_command command;
    assert_int_equal(protocol_parse_text(text, strlen(text), &command, why), 0);
    memset(&match, 0x5a, sizeof match);
    memset(why, 0x5a, sizeof why);
    return vocabulary_match(channels, count, &command, &match, why);
}

static inline void assert_means(const char *text, enum verb verb, int channel)
{
    enum protocol_result result = match_of(all_kinds, ARRAY_LENGTH(all_kinds), text);
    if (result != RESULT_OK)
        print_error("%s: %s: %s\n", text, protocol_result_name(result), why);
    assert_int_equal(result, RESULT_OK);
    assert_int_equal(match.verb, verb);
    assert_int_equal(match.channel, channel);
    assert_string_equal(why, "");
}

static inline void assert_refused(const char *text, enum protocol_result expected, const char *reason)
{
    enum protocol_result result = match_of(all_kinds, ARRAY_LENGTH(all_kinds), text);
    if (result != expected || !strstr(why, reason))
        print_error("%s: %s: %s\n", text, protocol_result_name(result), why);
    assert_int_equal(result, expected);
    assert_non_null(strstr(why, reason));
}

#endif
