// SPDX-License-Identifier: MIT
// A key drives a motor over a link with a latency: what the motor really did, by an agent's own clock.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/array.h"
#include "tests/unit/pc-tui/ui/drive_rig.h"

enum { MS = RIG_MS, SECOND = 1000 * MS };

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

// The rate, the first repeat and the latency of one held key.
static void hold_once(int64_t interval_us, int64_t first_us, int latency_ms)
{
    // A link of 600 ms there and back is too slow for half a second: whoever drives over it needs a longer run.
    struct rig *rig = rig_begin(latency_ms, latency_ms > 100 ? 1500 : 500);
    int64_t began = rig->us, latency = latency_ms * MS, trip = 2 * latency;
    int64_t last = rig_hold(rig, "w", first_us, interval_us, 5 * SECOND);
    rig_pass(rig, 5 * SECOND);
    assert_false(rig_runs(rig));
    assert_in_range(rig->run_count, 1, 2);
    const struct rig_run *end = &rig->runs[rig->run_count - 1];
    assert_int_equal(rig->runs[0].from_us, began + latency);
    if (rig->run_count == 2) { // the tap, the rest, and then no gap
        assert_int_equal(rig->runs[0].to_us, began + latency + 250 * MS);
        assert_in_range(
            end->from_us, began + first_us + latency, began + first_us + latency + trip + interval_us);
    }
    assert_true(rig->run_count == 2 || first_us <= 250 * MS);
    assert_true(end->to_us >= last + latency);
    // Keys are timed in whole milliseconds.
    assert_true(end->to_us <= last + larger(250 * MS, 3 * (interval_us + MS)) + latency);
    assert_true(end->to_us <= rig->renewed_us + rig->run_us);
    assert_true(rig_count(rig, "drive_stop") >= rig->run_count);
    rig_end(rig);
}

static void a_held_key_runs_on_after_its_rest_and_stops_when_let_go(void **state)
{
    (void)state;
    static const int64_t intervals[] = {1000 * MS / 25, 10000 * MS / 109, 1000 * MS / 33};
    static const int64_t firsts[] = {250 * MS, 500 * MS, 660 * MS};
    static const int latencies[] = {0, 50, 300};
    for (size_t i = 0; i < ARRAY_LENGTH(intervals); i++)
        for (size_t k = 0; k < ARRAY_LENGTH(firsts); k++)
            for (size_t n = 0; n < ARRAY_LENGTH(latencies); n++)
                hold_once(intervals[i], firsts[k], latencies[n]);
}

static void a_tap_runs_the_motor_for_250_ms_at_any_latency(void **state)
{
    (void)state;
    static const int latencies[] = {0, 50, 300};
    for (size_t n = 0; n < ARRAY_LENGTH(latencies); n++) {
        struct rig *rig = rig_begin(latencies[n], latencies[n] > 100 ? 1500 : 500);
        int64_t began = rig->us;
        rig_keys(rig, "s");
        rig_pass(rig, 4 * SECOND);
        assert_int_equal(rig->run_count, 1);
        assert_true(rig->runs[0].to_us <= began + 250 * MS + latencies[n] * MS);
        assert_int_equal(rig_count(rig, "drive_backward 60"), 1);
        rig_end(rig);
    }
}

static void over_a_link_that_is_too_slow_nothing_is_sent(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(2000, 500);
    rig_hold(rig, "w", 500 * MS, 40 * MS, 3 * SECOND);
    assert_non_null(strstr(rig->ui.hint, "link too slow to drive (4.0 s)"));
    rig_pass(rig, 10 * SECOND);
    assert_int_equal(rig->sent_count, 0);
    assert_int_equal(rig->run_count, 0);
    rig_end(rig);
}

static void a_link_that_has_become_fast_again_can_be_driven_over(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(300, 500);
    rig_keys(rig, "w");
    assert_non_null(strstr(rig->ui.hint, "link too slow to drive (0.6 s)"));
    rig->latency_us = 5 * MS;
    for (int i = 0; i < 4; i++) {
        rig_pass(rig, 1500 * MS);
        rig_keys(rig, "w");
    }
    rig_pass(rig, SECOND);
    assert_true(rig->run_count > 0);
    rig_end(rig);
}

static void a_link_that_becomes_slow_while_a_key_is_held_ends_the_drive(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(5, 500);
    rig_hold(rig, "w", 300 * MS, 40 * MS, SECOND);
    assert_true(rig_runs(rig));
    rig->latency_us = 400 * MS;
    rig_hold(rig, "w", 40 * MS, 40 * MS, 10 * SECOND);
    assert_false(rig_runs(rig));
    assert_non_null(strstr(rig->ui.hint, "link too slow"));
    rig_end(rig);
}

static void anothers_stop_is_not_undone_until_the_key_was_let_go(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(1000, 5000);
    rig_hold(rig, "w", 500 * MS, 40 * MS, 4 * SECOND);
    assert_true(rig_runs(rig));
    size_t runs = rig->run_count;
    rig_others(rig, "stop");
    rig_hold(rig, "w", 40 * MS, 40 * MS, 6 * SECOND);
    assert_int_equal(rig->run_count, runs); // neither what was on its way nor what was sent since has run it
    assert_non_null(strstr(rig->ui.hint, "was stopped: let go of the key"));
    rig_pass(rig, 3 * SECOND);
    rig_keys(rig, "w");
    rig_pass(rig, 5 * SECOND);
    assert_int_equal(rig->run_count, runs + 1);
    assert_false(rig_runs(rig));
    rig_end(rig);
}

static void a_stop_between_a_press_and_its_first_repeat_is_not_undone(void **state)
{
    (void)state;
    static const char *const stops[] = {"stop", "off", "drive_stop", "drive_off"};
    for (size_t i = 0; i < ARRAY_LENGTH(stops); i++) {
        struct rig *rig = rig_begin(10, 500);
        rig_keys(rig, "w");
        rig_pass(rig, 100 * MS);
        rig_others(rig, stops[i]);
        rig_pass(rig, 550 * MS);
        rig_hold(rig, "w", 40 * MS, 40 * MS, SECOND);
        assert_int_equal(rig->run_count, 1);
        assert_false(rig_runs(rig));
        rig_end(rig);
    }
}

static void a_stop_while_repeats_are_late_is_not_undone(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(10, 500);
    rig_hold(rig, "w", 300 * MS, 40 * MS, SECOND);
    rig_pass(rig, 300 * MS); // the silence has let go
    rig_others(rig, "stop");
    rig_pass(rig, 200 * MS);
    size_t runs = rig->run_count;
    rig_hold(rig, "w", 40 * MS, 40 * MS, 2 * SECOND);
    assert_int_equal(rig->run_count, runs);
    rig_pass(rig, SECOND);
    rig_keys(rig, "w");
    rig_pass(rig, 100 * MS);
    assert_true(rig_runs(rig));
    rig_end(rig);
}

static void a_device_that_restarts_wants_a_new_press(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(10, 500);
    rig_hold(rig, "w", 300 * MS, 40 * MS, SECOND);
    snprintf(rig->report.status.boot, sizeof rig->report.status.boot, "b008");
    rig_others(rig, "status");
    rig_pass(rig, 20 * MS);
    size_t runs = rig->run_count;
    rig_hold(rig, "w", 40 * MS, 40 * MS, 2 * SECOND);
    assert_in_range(rig->run_count, runs, runs);
    assert_false(rig_runs(rig));
    rig_end(rig);
}

static void whatever_takes_the_keys_away_stops_the_motor(void **state)
{
    (void)state;
    static const char *const keys[] = {
        ":", "/", "?", "<Up>", "d", "n", "x", "<Tab>", "<lt>", "<C-z>", "q", "g"};
    for (size_t i = 0; i <= ARRAY_LENGTH(keys); i++) {
        struct rig *rig = rig_begin(20, 500);
        rig_hold(rig, "w", 300 * MS, 40 * MS, SECOND);
        assert_true(rig_runs(rig));
        rig_forget(rig);
        if (i < ARRAY_LENGTH(keys))
            rig_keys(rig, keys[i]);
        else
            rig_event(rig, KEYCODE_FOCUS_OUT, 0, KEYPHASE_PRESS);
        assert_int_equal(rig_count(rig, "drive_stop"), 1);
        rig_pass(rig, 21 * MS);
        assert_int_equal(rig->report.status.channels[RIG_MOTOR].percent, 0);
        rig_end(rig);
    }
}

static void after_the_focus_was_lost_the_held_key_is_dead(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(20, 500);
    rig_hold(rig, "w", 300 * MS, 40 * MS, SECOND);
    rig_event(rig, KEYCODE_FOCUS_OUT, 0, KEYPHASE_PRESS);
    rig_event(rig, KEYCODE_FOCUS_IN, 0, KEYPHASE_PRESS);
    rig_forget(rig);
    rig_hold(rig, "w", 40 * MS, 40 * MS, SECOND);
    assert_int_equal(rig_count(rig, "drive_forward 60"), 0);
    rig_end(rig);
}

static void forward_then_backward_stops_between(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(20, 500);
    rig_hold(rig, "w", 300 * MS, 40 * MS, SECOND);
    rig_forget(rig);
    rig_keys(rig, "s");
    assert_int_equal(rig->sent_count, 1); // the one before is still unanswered
    assert_string_equal(rig->sent[0].command.cmd, "drive_stop");
    rig_pass(rig, 100 * MS);
    rig_keys(rig, "s");
    assert_string_equal(rig->sent[rig->sent_count - 1].command.cmd, "drive_backward 60");
    rig_end(rig);
}

static void a_device_that_answers_nothing_is_stopped_and_the_key_is_dead(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(20, 500);
    rig_hold(rig, "w", 300 * MS, 40 * MS, SECOND);
    rig_pass(rig, 30 * MS);
    rig->deaf = true;
    rig_forget(rig);
    rig_hold(rig, "w", 40 * MS, 40 * MS, 1500 * MS);
    assert_in_range(rig_count(rig, "drive_forward 60"), 1, 3); // one at a time, each for the run at most
    assert_true(rig_count(rig, "drive_stop") > 0);
    assert_non_null(strstr(rig->ui.hint, "does not answer"));
    rig_end(rig);
}

static void an_echo_that_got_lost_does_not_end_the_drive(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(20, 500);
    rig->lose_every = 10;
    int64_t last = rig_hold(rig, "w", 300 * MS, 40 * MS, 20 * SECOND);
    rig_pass(rig, 5 * SECOND);
    assert_true(rig->runs[rig->run_count - 1].to_us > last);
    rig_end(rig);
}

static void the_stop_is_repeated_until_it_is_echoed(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(120, 500);
    rig_keys(rig, "w");
    rig_pass(rig, SECOND);
    // Sent at 250, 350 and 450 ms; the first echo is here 240 ms after the first.
    assert_int_equal(rig_count(rig, "drive_stop"), 3);
    rig_pass(rig, 5 * SECOND);
    assert_int_equal(rig_count(rig, "drive_stop"), 3);
    rig_end(rig);
}

static void the_stop_is_repeated_for_the_motors_run_at_most(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(10, 500);
    rig_keys(rig, "w");
    rig_pass(rig, 100 * MS);
    rig->deaf = true;
    rig_pass(rig, 10 * SECOND);
    assert_int_equal(rig_count(rig, "drive_stop"), 5);
    rig_end(rig);
}

static void a_new_press_ends_the_repetition_of_the_stop(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(100, 1000);
    rig_keys(rig, "w");
    rig_pass(rig, 330 * MS); // the stop has left at 250 ms, and no echo can be here
    rig_forget(rig);
    rig_hold(rig, "w", 40 * MS, 40 * MS, 2 * SECOND);
    assert_true(rig_runs(rig));
    assert_int_equal(rig_count(rig, "drive_stop"), 0);
    rig_end(rig);
}

static void a_stop_waits_for_the_link_while_the_motor_may_run(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(10, 2000);
    rig_keys(rig, "w");
    rig_pass(rig, 100 * MS);
    rig_link(rig, false);
    rig_pass(rig, 500 * MS);
    assert_int_equal(rig_count(rig, "drive_stop"), 0);
    rig_link(rig, true);
    assert_int_equal(rig_count(rig, "drive_stop"), 1);
    rig_pass(rig, 100 * MS);
    assert_false(rig_runs(rig));
    rig_link(rig, false);
    rig_forget(rig);
    rig_keys(rig, "w");
    assert_non_null(strstr(rig->ui.hint, "no link"));
    rig_link(rig, true);
    rig_pass(rig, 5 * SECOND);
    assert_int_equal(rig->sent_count, 0); // nothing was queued
    rig_end(rig);
}

static void releases_let_go_at_once_and_leave_no_rest(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(10, 500);
    rig_event(rig, KEYCODE_CHARACTER, 'k', KEYPHASE_RELEASE);
    rig_keys(rig, "w");
    rig_pass(rig, 660 * MS);
    for (int i = 0; i < 20; i++) {
        rig_event(rig, KEYCODE_CHARACTER, 'w', KEYPHASE_HELD);
        rig_pass(rig, 40 * MS);
    }
    rig_event(rig, KEYCODE_CHARACTER, 'w', KEYPHASE_RELEASE);
    rig_pass(rig, 11 * MS);
    assert_int_equal(rig->run_count, 1);
    assert_false(rig_runs(rig));
    rig_end(rig);
}

// Anything may happen, and yet the motor rests soon after the last key.
static void whatever_happens_the_motor_rests_soon_after_the_last_key(void **state)
{
    (void)state;
    static const char *const keys[] = {"w", "w", "w", "w", "s", "d", "?", "<Esc>", "<lt>", "<Space>"};
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct rig *rig = rig_begin((int)(seed % 5) * 20, 400);
        rig->chance = seed;
        rig->jitter_us = (int64_t)(seed % 3) * 40 * MS;
        rig->lose_every = seed % 4 == 0 ? 5 : 0;
        for (int turn = 0; turn < 60; turn++) {
            if (rig_chance(rig, 25) == 0)
                rig_others(rig, "stop");
            rig_hold(rig, keys[rig_chance(rig, ARRAY_LENGTH(keys))],
                (int64_t)(200 + rig_chance(rig, 500)) * MS, (int64_t)(25 + rig_chance(rig, 100)) * MS,
                (int64_t)rig_chance(rig, 1500) * MS);
            rig_pass(rig, (int64_t)rig_chance(rig, 400) * MS);
            if (rig->run_count > RIG_RUNS_MAX - 16 && !rig_runs(rig))
                rig->run_count = 0;
            rig->sent_count = rig->seen_count = 0;
        }
        // The longest silence that is still a held key, and the slowest message.
        rig_pass(rig, 500 * MS + rig->latency_us + rig->jitter_us);
        assert_false(rig_runs(rig));
        rig_pass(rig, 5 * SECOND);
        assert_false(rig_runs(rig));
        rig_end(rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_held_key_runs_on_after_its_rest_and_stops_when_let_go),
        cmocka_unit_test(a_tap_runs_the_motor_for_250_ms_at_any_latency),
        cmocka_unit_test(over_a_link_that_is_too_slow_nothing_is_sent),
        cmocka_unit_test(a_link_that_has_become_fast_again_can_be_driven_over),
        cmocka_unit_test(a_link_that_becomes_slow_while_a_key_is_held_ends_the_drive),
        cmocka_unit_test(anothers_stop_is_not_undone_until_the_key_was_let_go),
        cmocka_unit_test(a_stop_between_a_press_and_its_first_repeat_is_not_undone),
        cmocka_unit_test(a_stop_while_repeats_are_late_is_not_undone),
        cmocka_unit_test(a_device_that_restarts_wants_a_new_press),
        cmocka_unit_test(whatever_takes_the_keys_away_stops_the_motor),
        cmocka_unit_test(after_the_focus_was_lost_the_held_key_is_dead),
        cmocka_unit_test(forward_then_backward_stops_between),
        cmocka_unit_test(a_device_that_answers_nothing_is_stopped_and_the_key_is_dead),
        cmocka_unit_test(an_echo_that_got_lost_does_not_end_the_drive),
        cmocka_unit_test(the_stop_is_repeated_until_it_is_echoed),
        cmocka_unit_test(the_stop_is_repeated_for_the_motors_run_at_most),
        cmocka_unit_test(a_new_press_ends_the_repetition_of_the_stop),
        cmocka_unit_test(a_stop_waits_for_the_link_while_the_motor_may_run),
        cmocka_unit_test(releases_let_go_at_once_and_leave_no_rest),
        cmocka_unit_test(whatever_happens_the_motor_rests_soon_after_the_last_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
