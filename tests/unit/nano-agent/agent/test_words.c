// SPDX-License-Identifier: MIT
// Other people's words on topics of their own.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/array.h"
#include "nano-agent/agent/words.h"

static const struct channel_id ids[] = {{.name = "tilt", .kind = CHANNEL_SERVO},
    {.name = "steer", .kind = CHANNEL_SERVO}, {.name = "look_ahead", .kind = CHANNEL_POSE}};
static struct words_table tables[2];
static struct request request;
static struct agent_command command;

static void add(const char *word, const char *meant)
{
    struct words_entry *entry = &tables[0].entries[tables[0].count++];
    snprintf(entry->word, sizeof entry->word, "%s", word);
    snprintf(entry->command, sizeof entry->command, "%s", meant);
}

static int prepare(void **state)
{
    (void)state;
    memset(tables, 0, sizeof tables);
    strcpy(tables[0].topic, "car/control");
    add("up", "tilt_up");
    add("left1", "steer -15");
    add("preset1", "look_ahead");
    add("turn-left", "steer -30");
    add("stop", "stop");
    add("\xec\x95\x9e", "tilt 0"); // a Korean word
    strcpy(tables[1].topic, "set/steer");
    strcpy(tables[1].number, "steer");
    tables[1].factor = 300;
    return 0;
}

static enum protocol_result read_bytes(size_t table, const char *payload, size_t len)
{
    command = (struct agent_command){.topic = tables[table].topic, .payload = payload, .len = len};
    words_read(&request, &command, &tables[table], ids, ARRAY_LENGTH(ids));
    return request.meaning;
}

static enum protocol_result read_text(size_t table, const char *payload)
{
    return read_bytes(table, payload, strlen(payload));
}

static void a_word_is_the_command_that_its_table_says(void **state)
{
    (void)state;
    static const struct {
        const char *payload, *cmd;
    } words[] = {{"up", "tilt_up"}, {"left1", "steer -15"}, {"preset1", "look_ahead"},
        {"turn-left", "steer -30"}, {"\xec\x95\x9e", "tilt 0"}, {"UP", "tilt_up"}, {" Up \r\n", "tilt_up"},
        {"\xef\xbb\xbfup", "tilt_up"}};
    for (size_t i = 0; i < ARRAY_LENGTH(words); i++) {
        assert_int_equal(read_text(0, words[i].payload), RESULT_OK);
        assert_string_equal(request.words.cmd, words[i].cmd);
        assert_true(request.is_text && !request.guessed && !request.foreign);
    }
    read_text(0, "preset1");
    assert_int_equal(request.match.verb, VERB_POSE);
    assert_int_equal(request.match.pose, 0);
}

static void only_the_tables_of_a_topic_have_its_words(void **state)
{
    (void)state;
    assert_ptr_equal(words_find(tables, 2, "set/steer"), &tables[1]);
    assert_null(words_find(tables, 2, "set/steer/"));
    assert_null(words_find(tables, 1, "set/steer"));
}

static void a_command_of_ours_is_no_word_of_a_table(void **state)
{
    (void)state;
    assert_int_equal(read_text(0, "tilt_up"), RESULT_UNKNOWN);
    assert_int_equal(read_text(0, "steer 12"), RESULT_UNKNOWN);
    assert_int_equal(read_text(0, "up 3"), RESULT_UNKNOWN);
}

static void an_unknown_word_names_the_nearest_of_its_table(void **state)
{
    (void)state;
    assert_int_equal(read_text(0, "preset2"), RESULT_UNKNOWN);
    assert_string_equal(request.why, "no preset2 on car/control: did you mean preset1?");
    assert_string_equal(request.words.cmd, "preset2");
    read_text(0, "dance");
    assert_string_equal(request.why, "no dance on car/control: expected one of its words, as in up");
    read_text(1, "dance");
    assert_string_equal(request.why, "no dance on set/steer: expected a number");
    read_text(0, "12"); // a table without `number`
    assert_int_equal(request.meaning, RESULT_UNKNOWN);
}

static void a_number_is_scaled_and_rounded_to_a_tenth(void **state)
{
    (void)state;
    static const struct {
        const char *payload;
        int tenths;
    } numbers[] = {{"1.0", 300}, {"-1", -300}, {"0", 0}, {"-0.0", 0}, {"+0.5", 150}, {"0.25", 75},
        {"0.3333333333333333", 100},
        {"\xe2\x88\x92"
         "0.5",
            -150},
        {"5.551115123125783e-17", 0}, {"-2.7E-17", 0}, {"1e0", 300}, {"2.5e-1", 75}, {"0.00333", 1},
        {"0.0016", 0}, {"0.0017", 1}, {"99999999999999999999", PROTOCOL_TENTHS_MAX},
        {"-99999999999999999999", -PROTOCOL_TENTHS_MAX}, {"1e300", PROTOCOL_TENTHS_MAX}, {"0e999", 0},
        {"0.0000000000000000000000001", 0}, {" 1 ", 300}};
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        if (read_text(1, numbers[i].payload) != RESULT_OK || request.match.tenths != numbers[i].tenths)
            fail_msg(
                "%s: %s %d (%s)", numbers[i].payload, request.words.cmd, request.match.tenths, request.why);
        assert_int_equal(request.match.channel, 1);
    }
    assert_string_equal((read_text(1, "0.5"), request.words.cmd), "steer 15");
}

static void the_smallest_and_the_largest_factor_cut_nothing_off(void **state)
{
    (void)state;
    tables[1].factor = WORDS_FACTOR_MIN;
    assert_int_equal(read_text(1, "99999"), RESULT_OK);
    assert_int_equal(request.match.tenths, 99999);
    tables[1].factor = WORDS_FACTOR_MAX;
    assert_int_equal(read_text(1, "-0.0001"), RESULT_OK);
    assert_int_equal(request.match.tenths, -1);
}

static void what_is_no_number_is_none(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "1.", ".5", "1,5", "nan", "inf", "0x10", "1e", "1e+", "1 2", "--1", "1-", "e5", "1e1.5"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        if (read_text(1, texts[i]) == RESULT_OK)
            fail_msg("%s: %s", texts[i], request.words.cmd);
}

static void a_relative_step_must_be_above_zero_here_too(void **state)
{
    (void)state;
    strcpy(tables[1].number, "tilt_up");
    assert_int_equal(read_text(1, "-1"), RESULT_INVALID);
    assert_non_null(strstr(request.why, "greater than 0"));
    assert_int_equal(read_text(1, "1"), RESULT_OK);
}

static void envelopes_are_not_read(void **state)
{
    (void)state;
    assert_int_equal(read_text(0, "{\"cmd\":\"up\",\"id\":\"1\"}"), RESULT_INVALID);
    assert_string_equal(request.why, "no envelopes on car/control: expected the word alone");
    assert_string_equal(request.words.id, "");
    assert_string_equal(request.words.word, "");
    assert_false(request.guessed || request.words.is_report);
}

static void a_report_led_back_is_seen_as_one_before_it_could_be_a_stop(void **state)
{
    (void)state;
    read_text(0, "{\"v\":1,\"why\":\"stop\"}");
    assert_true(request.words.is_report);
    assert_false(request.guessed);
}

static void a_word_that_means_a_stop_is_a_stop_and_no_guess(void **state)
{
    (void)state;
    add("halt", "tilt_stop");
    assert_int_equal(read_text(0, "stop"), RESULT_OK);
    assert_true(request.stop && !request.guessed);
    read_text(0, "halt");
    assert_true(request.stop && !request.guessed);
    read_text(0, "up");
    assert_false(request.stop);
}

static void what_says_stop_and_is_no_word_here_is_a_guessed_stop(void **state)
{
    (void)state;
    static const char *const texts[] = {"STOP!", "stop now", "{\"cmd\":\"stop\"}", "roll_stop", "please stop",
        "{\"cmd\":\"stop\"", "stop\nstop"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        read_text(0, texts[i]);
        if (!request.guessed || !request.why[0])
            fail_msg("%s: %s", texts[i], request.why);
    }
    read_text(1, "stop"); // a table of numbers has no such word
    assert_true(request.guessed);
    read_text(0, "nonstop");
    assert_false(request.guessed);
}

static void bad_bytes_and_too_many_of_them_are_refused_as_on_control(void **state)
{
    (void)state;
    char long_text[PROTOCOL_COMMAND_MAX + 8];
    memset(long_text, '1', sizeof long_text);
    assert_int_equal(read_bytes(1, long_text, sizeof long_text), RESULT_INVALID);
    assert_non_null(strstr(request.why, "at most 1024"));
    assert_int_equal(read_bytes(0, "up\0", 3), RESULT_INVALID);
    assert_int_equal(read_bytes(0, "\xff\xfe", 2), RESULT_INVALID);
    assert_int_equal(read_text(0, "  "), RESULT_INVALID);
    assert_int_equal(read_text(0, "up\nup"), RESULT_INVALID);
    memset(long_text, ' ', sizeof long_text); // blanks count as well
    memcpy(long_text, "up", 2);
    assert_int_equal(read_bytes(0, long_text, sizeof long_text), RESULT_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_word_is_the_command_that_its_table_says, prepare),
        cmocka_unit_test_setup(only_the_tables_of_a_topic_have_its_words, prepare),
        cmocka_unit_test_setup(a_command_of_ours_is_no_word_of_a_table, prepare),
        cmocka_unit_test_setup(an_unknown_word_names_the_nearest_of_its_table, prepare),
        cmocka_unit_test_setup(a_number_is_scaled_and_rounded_to_a_tenth, prepare),
        cmocka_unit_test_setup(the_smallest_and_the_largest_factor_cut_nothing_off, prepare),
        cmocka_unit_test_setup(what_is_no_number_is_none, prepare),
        cmocka_unit_test_setup(a_relative_step_must_be_above_zero_here_too, prepare),
        cmocka_unit_test_setup(envelopes_are_not_read, prepare),
        cmocka_unit_test_setup(a_report_led_back_is_seen_as_one_before_it_could_be_a_stop, prepare),
        cmocka_unit_test_setup(a_word_that_means_a_stop_is_a_stop_and_no_guess, prepare),
        cmocka_unit_test_setup(what_says_stop_and_is_no_word_here_is_a_guessed_stop, prepare),
        cmocka_unit_test_setup(bad_bytes_and_too_many_of_them_are_refused_as_on_control, prepare),
    };
    return cmocka_run_group_tests_name("words", tests, NULL, NULL);
}
