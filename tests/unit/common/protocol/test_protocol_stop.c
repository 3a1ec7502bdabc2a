// SPDX-License-Identifier: MIT
// What counts as a stop: as it is written, and as a person would have meant it.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/array.h"
#include "common/protocol/protocol.h"
#include "common/text.h"
#include "tests/unit/common/protocol/command_rig.h"

#define BAD "\xef\xbf\xbd"

static void stop_and_any_name_stop_are_stops(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool stop;
    } cases[] = {{"stop", true}, {"STOP\n", true}, {"tilt_stop", true}, {"{\"cmd\":\"stop\"}", true},
        {"tilt_up", false}, {"stop_tilt", false}, {"stopp", false}, {"tiltstop", false}, {"status", false},
        {"stop 5", false}, {"x_stop 40", false}};
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_int_equal(parse_bytes(cases[i].text, strlen(cases[i].text)), 0);
        assert_int_equal(protocol_is_stop(&command), cases[i].stop);
    }
}

static void a_stop_is_a_stop_whatever_by_boot_and_id_say(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "{\"cmd\":\"stop\",\"by\":null}",
        "{\"cmd\":\"stop\",\"by\":-1,\"boot\":7}",
        "{\"cmd\":\"stop\",\"by\":5}",
        "{\"cmd\":\"tilt_stop\",\"id\":\"\"}",
        "{\"cmd\":\"tilt_stop\",\"id\":5,\"boot\":\"\"}",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        assert_int_equal(parse_bytes(cases[i], strlen(cases[i])), 0);
        assert_true(protocol_is_stop(&command));
        assert_string_equal(why, "");
        assert_false(command.has_by);
    }
    assert_parses("{\"cmd\":\"stop\",\"id\":\"me-1\",\"boot\":null}", "stop");
    assert_string_equal(command.id, "me-1");
}

// The agent's tests have whole payloads (test_payloads.c); here are the edges of a word.
static void a_word_ends_where_no_letter_or_digit_stands(void **state)
{
    (void)state;
    static const char behind_a_bad_byte[] = {'\xff', 's', 't', 'o', 'p', '\xff', '\0'};
    static const char *const stops[] = {"stop", "STOP", "sToP", "-stop-", "_stop_", "stop,", "(stop)",
        "a stop", "stop a", "\xe2\x80\xa6stop", "stop\xe3\x80\x82", "\xe8\xaf\xb7stop", behind_a_bad_byte,
        "a\\nstop", "{\"a\":\"\\u0073top\"}", "\xef\xbd\x93\xef\xbd\x94\xef\xbd\x8f\xef\xbd\x90",
        "\xef\xbc\xb3\xef\xbc\xb4\xef\xbc\xaf\xef\xbc\xb0\xef\xbc\x81",
        "{\"cmd\":\"stop\",\"cmd\":\"led_on\"}", "{\"cmd\":\"led_on\",\"cmd\":\"stop\"}"};
    static const char *const others[] = {"", "s", "sto", "stopp", "sstop", "stop1", "1stop", "st-op",
        "\xc3\xa4stop", "stop\xd0\xb0", "{\"id\":\"stop\"}", "{\"boot\":\"stop\",\"id\":\"stop\"}",
        "[{\"id\":\"stop\"}]", "[]", "5", "null"};
    for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
        if (!protocol_says_stop(stops[i], strlen(stops[i])))
            fail_msg("no stop in %s", stops[i]);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (protocol_says_stop(others[i], strlen(others[i])))
            fail_msg("a stop in %s", others[i]);
}

static void at_every_length_no_byte_behind_the_payload_is_read(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":\"\\u0073top\\";
    for (size_t len = 0; len < sizeof text; len++) {
        char *copy = malloc(len > 0 ? len : 1); // valgrind and the sanitizers see a byte too many
        assert_non_null(copy);
        memcpy(copy, text, len);
        protocol_says_stop(copy, len);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stop_and_any_name_stop_are_stops),
        cmocka_unit_test(a_stop_is_a_stop_whatever_by_boot_and_id_say),
        cmocka_unit_test(a_word_ends_where_no_letter_or_digit_stands),
        cmocka_unit_test(at_every_length_no_byte_behind_the_payload_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
