// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/agent/debounce.h"

static const int64_t START_US = 5000000, MS = 1000;
static struct debounce d;

static int prepare(void **state)
{
    (void)state;
    debounce_init(&d, "led_on", "led_off", 20, false);
    return 0;
}

static void assert_runs(struct debounce_result result, const char *command)
{
    assert_true(result.changed);
    assert_non_null(result.command);
    assert_string_equal(result.command, command);
}

static void assert_nothing(struct debounce_result result)
{
    assert_false(result.changed || result.waits);
    assert_null(result.command);
}

static void an_edge_acts_at_once(void **state)
{
    (void)state;
    assert_nothing(debounce_edge(&d, false, START_US));
    assert_runs(debounce_edge(&d, true, START_US), "led_on");
    assert_true(d.level);
    assert_int_equal(debounce_next_us(&d), START_US + 20 * MS);
}

static void bounces_are_ignored_and_the_level_is_read_once_afterwards(void **state)
{
    (void)state;
    assert_runs(debounce_edge(&d, true, START_US), "led_on");
    for (int i = 1; i < 20; i++)
        assert_nothing(debounce_edge(&d, i % 2 == 0, START_US + i * MS));
    assert_false(debounce_is_settling(&d, START_US + 19 * MS));
    assert_true(debounce_is_settling(&d, START_US + 20 * MS));
    assert_nothing(debounce_settle(&d, true, START_US + 20 * MS));
    assert_true(debounce_next_us(&d) == INT64_MAX);
}

static void a_release_during_the_bounces_is_found_afterwards(void **state)
{
    (void)state;
    assert_runs(debounce_edge(&d, true, START_US), "led_on");
    assert_runs(debounce_settle(&d, false, START_US + 20 * MS), "led_off");
    assert_int_equal(debounce_next_us(&d), START_US + 40 * MS);
}

static void without_a_time_every_edge_counts(void **state)
{
    (void)state;
    debounce_init(&d, "led_on", "led_off", 0, true);
    assert_runs(debounce_edge(&d, false, START_US), "led_off");
    assert_runs(debounce_edge(&d, true, START_US), "led_on");
    assert_true(debounce_next_us(&d) == INT64_MAX);
}

static void an_edge_without_a_command_is_only_a_change(void **state)
{
    (void)state;
    debounce_init(&d, "led_on", "", 20, true);
    struct debounce_result result = debounce_edge(&d, false, START_US);
    assert_true(result.changed);
    assert_null(result.command);
}

static void the_eleventh_command_of_a_second_waits_and_is_then_that_of_the_level(void **state)
{
    (void)state;
    debounce_init(&d, "led_on", "led_off", 0, false);
    for (int i = 0; i < DEBOUNCE_RUNS; i++)
        assert_runs(debounce_edge(&d, i % 2 == 0, START_US + i), i % 2 == 0 ? "led_on" : "led_off");
    struct debounce_result late = debounce_edge(&d, true, START_US + 20);
    assert_true(late.changed && late.waits);
    assert_null(late.command);
    late = debounce_edge(&d, false, START_US + 30); // still waits, and that was told
    assert_true(late.changed && !late.waits);
    assert_nothing(debounce_tick(&d, START_US + 999 * MS));
    assert_int_equal(debounce_next_us(&d), START_US + 1000 * MS);
    late = debounce_tick(&d, START_US + 1000 * MS);
    assert_string_equal(late.command, "led_off");
    assert_nothing(debounce_tick(&d, START_US + 1001 * MS));
}

static void what_waited_is_dropped_where_its_command_ran_last(void **state)
{
    (void)state;
    debounce_init(&d, "led_on", "", 0, false);
    for (int i = 0; i < 2 * DEBOUNCE_RUNS; i++)
        debounce_edge(&d, i % 2 == 0, START_US + i);
    assert_true(debounce_edge(&d, true, START_US + 50).waits);
    debounce_edge(&d, false, START_US + 60); // the release has no command
    assert_nothing(debounce_tick(&d, START_US + 1000 * MS));
}

static void a_stop_never_waits(void **state)
{
    (void)state;
    debounce_init(&d, "stop", "tilt_stop", 0, false);
    for (int i = 0; i < 5 * DEBOUNCE_RUNS; i++)
        assert_runs(debounce_edge(&d, i % 2 == 0, START_US + i), i % 2 == 0 ? "stop" : "tilt_stop");
}

static void after_the_end_nothing_is_due(void **state)
{
    (void)state;
    debounce_edge(&d, true, START_US);
    debounce_finish(&d);
    assert_true(debounce_next_us(&d) == INT64_MAX);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_edge_acts_at_once, prepare),
        cmocka_unit_test_setup(bounces_are_ignored_and_the_level_is_read_once_afterwards, prepare),
        cmocka_unit_test_setup(a_release_during_the_bounces_is_found_afterwards, prepare),
        cmocka_unit_test_setup(without_a_time_every_edge_counts, prepare),
        cmocka_unit_test_setup(an_edge_without_a_command_is_only_a_change, prepare),
        cmocka_unit_test_setup(the_eleventh_command_of_a_second_waits_and_is_then_that_of_the_level, prepare),
        cmocka_unit_test_setup(what_waited_is_dropped_where_its_command_ran_last, prepare),
        cmocka_unit_test_setup(a_stop_never_waits, prepare),
        cmocka_unit_test_setup(after_the_end_nothing_is_due, prepare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
