// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/command_log.h"

static struct command_log commands;
static char text[8192]; // the lines written so far

static int set_up(void **state)
{
    (void)state;
    command_log_init(&commands);
    text[0] = '\0';
    return 0;
}

static void write_all(int64_t now_us)
{
    char line[COMMAND_LOG_SIZE];
    while (command_log_next(&commands, now_us, line)) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s\n", line);
    }
}

static void add(const char *cmd, enum protocol_result result, int64_t now_us)
{
    struct status_last last = {.result = result};
    snprintf(last.cmd, sizeof last.cmd, "%s", cmd);
    if (command_log_add(&commands, &last, 31, now_us))
        write_all(now_us);
}

static unsigned lines(void)
{
    unsigned count = 0;
    for (const char *c = text; *c; c++)
        count += *c == '\n';
    return count;
}

static void a_command_is_a_line_with_all_that_is_known_of_it(void **state)
{
    struct status_last last = {
        .id = "7f", .cmd = "tilt 60", .result = RESULT_LIMIT, .why = "to 45", .from = "button"};
    char line[COMMAND_LOG_SIZE];
    (void)state;
    assert_true(command_log_add(&commands, &last, 42, 5000000));
    assert_true(command_log_next(&commands, 5000000, line));
    assert_string_equal(line, "button: tilt 60 7f: limit, to 45 (42 us)");
    assert_false(command_log_next(&commands, 5000000, line));
    assert_true(command_log_due_us(&commands) == INT64_MAX);
}

static void ten_a_second_are_a_line_each(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++)
        add("tilt_up", RESULT_OK, i * 100000);
    assert_int_equal(lines(), 50);
    assert_null(strstr(text, "more"));
}

static void what_comes_faster_is_folded_into_one_line_at_the_second_s_end(void **state)
{
    (void)state;
    for (int i = 0; i < 59; i++)
        add(i % 2 ? "tilt_up" : "tilt 12.5", RESULT_OK, 1000 * i);
    assert_int_equal(lines(), 10);
    assert_true(command_log_due_us(&commands) == 1000000);
    write_all(999999);
    assert_int_equal(lines(), 10);
    write_all(1000000);
    assert_int_equal(lines(), 11);
    assert_non_null(strstr(text, "\ntilt … 49 more, all ok\n"));
    assert_true(command_log_due_us(&commands) == INT64_MAX);
}

static void what_became_of_them_is_counted(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        add("led_on", RESULT_OK, 0);
    for (int i = 0; i < 5; i++)
        add("tilt_up", i < 2 ? RESULT_LIMIT : RESULT_OK, 0);
    add("led_off", RESULT_REFUSED, 0);
    write_all(1000000);
    assert_non_null(strstr(text, "\n… 6 more commands: 3 ok, 2 limit, 1 refused\n"));
}

static void a_flood_is_eleven_lines_a_second_and_none_is_missing(void **state)
{
    (void)state;
    unsigned told = 0;
    for (int64_t now_us = 0; now_us < 5000000; now_us += 50) { // 20,000 a second
        add("tilt_up", RESULT_OK, now_us);
        if (now_us >= command_log_due_us(&commands))
            write_all(now_us);
    }
    write_all(6000000);
    assert_true(lines() <= 5 * 11);
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        unsigned more;
        told += sscanf(line, "tilt … %u more", &more) == 1 ? more : 1;
    }
    assert_int_equal(told, 100000);
}

static void a_stop_in_a_flood_has_its_line(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++)
        add("tilt_up", RESULT_OK, i);
    add("stop", RESULT_OK, 50);
    add("stop", RESULT_OK, 51);
    write_all(1000000);
    assert_non_null(strstr(text, "\nstop: ok (31 us)\n"));
    assert_int_equal(lines(), 12);
    assert_non_null(strstr(text, "… 31 more commands, all ok\n"));
}

static void lines_that_could_not_be_written_yet_are_folded_rather_than_lost(void **state)
{
    (void)state;
    struct status_last last = {.cmd = "led_on", .result = RESULT_OK};
    for (int64_t now_us = 0; now_us < 3000000; now_us += 100000) // a line each, if only somebody asked for it
        command_log_add(&commands, &last, 1, now_us);
    write_all(3000000);
    unsigned told = 0;
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        unsigned more;
        told += sscanf(line, "led … %u more", &more) == 1 ? more : 1;
    }
    assert_int_equal(told, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_command_is_a_line_with_all_that_is_known_of_it, set_up),
        cmocka_unit_test_setup(ten_a_second_are_a_line_each, set_up),
        cmocka_unit_test_setup(what_comes_faster_is_folded_into_one_line_at_the_second_s_end, set_up),
        cmocka_unit_test_setup(what_became_of_them_is_counted, set_up),
        cmocka_unit_test_setup(a_flood_is_eleven_lines_a_second_and_none_is_missing, set_up),
        cmocka_unit_test_setup(a_stop_in_a_flood_has_its_line, set_up),
        cmocka_unit_test_setup(lines_that_could_not_be_written_yet_are_folded_rather_than_lost, set_up),
    };
    return cmocka_run_group_tests_name("command_log", tests, NULL, NULL);
}
