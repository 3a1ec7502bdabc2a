// SPDX-License-Identifier: MIT
// What the events of one key say about the finger on it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/array.h"
#include "pc-tui/keys/hold.h"

enum { FORWARD = 1, BACKWARD = 2, OTHER = 0 };

static struct hold hold;

static int set_up(void **state)
{
    (void)state;
    hold = (struct hold){.phase = HOLD_NONE};
    return 0;
}

// Ticks as the program does, up to a time; returns when a stop was wished, -1 = never.
static int64_t stop_until(int64_t until_ms)
{
    while (hold_next_ms(&hold) <= until_ms) {
        int64_t at = hold_next_ms(&hold);
        if (hold_tick(&hold, at) & HOLD_STOP)
            return at;
    }
    return -1;
}

static void a_tap_runs_for_250_ms(void **state)
{
    (void)state;
    assert_int_equal(hold_press(&hold, FORWARD, false, 1000), HOLD_RUN | HOLD_FRESH);
    assert_true(hold_runs(&hold));
    assert_int_equal(hold_next_ms(&hold), 1250);
    assert_int_equal(hold_tick(&hold, 1249), 0);
    assert_int_equal(hold_tick(&hold, 1250), HOLD_STOP);
    assert_false(hold_runs(&hold));
    assert_int_equal(stop_until(INT64_MAX - 1), -1); // once is enough
    assert_int_equal(hold.phase, HOLD_NONE);
}

static void the_second_event_within_the_repeat_time_is_a_held_key(void **state)
{
    (void)state;
    static const int firsts[] = {30, 249, 250, 500, 660, 699};
    for (size_t i = 0; i < ARRAY_LENGTH(firsts); i++) {
        set_up(state);
        hold_press(&hold, FORWARD, false, 0);
        int64_t stopped = stop_until(firsts[i] - 1);
        assert_int_equal(stopped, firsts[i] > 250 ? 250 : -1);
        assert_int_equal(hold_press(&hold, FORWARD, false, firsts[i]) & (HOLD_RUN | HOLD_FRESH), HOLD_RUN);
        assert_int_equal(hold.phase, HOLD_HELD);
    }
    set_up(state);
    hold_press(&hold, FORWARD, false, 0);
    assert_int_equal(stop_until(699), 250);
    assert_int_equal(hold_press(&hold, FORWARD, false, 700), HOLD_RUN | HOLD_FRESH); // the next tap
}

static void silence_lets_go(void **state)
{
    (void)state;
    static const struct {
        int interval, silence;
    } rates[] = {{30, 150}, {40, 150}, {50, 150}, {92, 276}, {160, 480}, {200, 500}, {240, 500}};
    for (size_t i = 0; i < ARRAY_LENGTH(rates); i++) {
        set_up(state);
        hold_press(&hold, FORWARD, false, 0);
        int64_t now = 500;
        stop_until(now);
        for (int n = 0; n < 20; n++, now += rates[i].interval) {
            assert_int_equal(stop_until(now), -1);
            assert_int_equal(hold_press(&hold, FORWARD, false, now), HOLD_RUN);
        }
        int64_t last = now - rates[i].interval;
        assert_int_equal(stop_until(last + 5000), last + rates[i].silence);
        assert_int_equal(hold.phase, HOLD_NONE);
        assert_int_equal(hold_press(&hold, FORWARD, false, last + 600), HOLD_RUN | HOLD_FRESH);
    }
}

static void before_an_interval_is_known_silence_is_a_tap_long(void **state)
{
    (void)state;
    hold_press(&hold, FORWARD, false, 0);
    hold_press(&hold, FORWARD, false, 500);
    assert_int_equal(stop_until(5000), 750);
}

static void repeats_that_come_two_at_once_are_one_interval(void **state)
{
    (void)state;
    hold_press(&hold, FORWARD, false, 0);
    stop_until(500);
    for (int64_t now = 500; now < 2000; now += 80) {
        assert_int_equal(stop_until(now), -1);
        hold_press(&hold, FORWARD, false, now);
        hold_press(&hold, FORWARD, false, now);
    }
    assert_int_equal(stop_until(5000), 1940 + 240);
}

static void a_key_that_is_tapped_fast_is_not_held_for_longer_and_longer(void **state)
{
    (void)state;
    int64_t now = 0;
    hold_press(&hold, FORWARD, false, now);
    for (int n = 0; n < 10; n++) {
        now += 450;
        stop_until(now);
        hold_press(&hold, FORWARD, false, now);
    }
    assert_in_range(stop_until(now + 5000) - now, 250, 500);
}

static void another_key_stops_the_first(void **state)
{
    (void)state;
    hold_press(&hold, FORWARD, false, 0);
    assert_int_equal(hold_press(&hold, BACKWARD, false, 100), HOLD_STOP | HOLD_RUN | HOLD_FRESH);
    assert_int_equal(hold.key, BACKWARD);
    assert_int_equal(hold_cancel(&hold), HOLD_STOP);
    assert_int_equal(hold_cancel(&hold), 0);
    assert_int_equal(hold_next_ms(&hold), INT64_MAX);
    assert_int_equal(hold_press(&hold, BACKWARD, false, 150), HOLD_RUN | HOLD_FRESH);
}

static void after_the_rest_another_key_has_nothing_to_stop(void **state)
{
    (void)state;
    hold_press(&hold, FORWARD, false, 0);
    assert_int_equal(stop_until(300), 250);
    assert_int_equal(hold_press(&hold, BACKWARD, false, 300), HOLD_RUN | HOLD_FRESH);
}

static void a_dead_key_does_nothing_until_it_was_let_go(void **state)
{
    (void)state;
    hold_press(&hold, FORWARD, false, 0);
    assert_int_equal(hold_kill(&hold, 100), HOLD_STOP);
    int64_t now = 100;
    for (int n = 0; n < 30; n++) {
        now += n % 2 ? 40 : 660; // its first repeat may still be to come
        assert_int_equal(stop_until(now), -1);
        assert_int_equal(hold_press(&hold, FORWARD, false, now), 0);
    }
    assert_int_equal(hold_cancel(&hold), 0);
    assert_int_equal(hold_press(&hold, FORWARD, false, now + 699), 0);
    now += 699;
    assert_int_equal(hold_press(&hold, FORWARD, false, now + 700), HOLD_RUN | HOLD_FRESH);
}

static void a_release_revives_a_dead_key(void **state)
{
    (void)state;
    hold_press(&hold, FORWARD, false, 0);
    hold_kill(&hold, 10);
    assert_int_equal(hold_release(&hold, FORWARD), 0);
    assert_int_equal(hold_press(&hold, FORWARD, false, 20), HOLD_RUN | HOLD_FRESH);
}

static void a_release_stops_at_once(void **state)
{
    (void)state;
    hold_press(&hold, FORWARD, false, 0);
    assert_int_equal(hold_release(&hold, OTHER), 0);
    assert_int_equal(hold_release(&hold, BACKWARD), 0);
    assert_int_equal(hold_release(&hold, FORWARD), HOLD_STOP);
    assert_int_equal(hold_release(&hold, FORWARD), 0);
    hold_press(&hold, FORWARD, false, 1000);
    hold_press(&hold, FORWARD, true, 1500);
    assert_int_equal(hold_release(&hold, FORWARD), HOLD_STOP);
}

static void once_releases_are_told_a_held_key_does_not_rest(void **state)
{
    (void)state;
    static const int firsts[] = {250, 500, 660};
    for (size_t i = 0; i < ARRAY_LENGTH(firsts); i++) {
        set_up(state);
        hold_release(&hold, OTHER);
        hold_press(&hold, FORWARD, false, 0);
        int64_t renewed = 0, now = 0;
        while (hold_next_ms(&hold) < firsts[i]) {
            now = hold_next_ms(&hold);
            assert_int_equal(hold_tick(&hold, now), HOLD_RUN);
            assert_in_range(now - renewed, 1, 100); // the shortest run of a motor
            renewed = now;
        }
        assert_in_range(firsts[i] - renewed, 0, 100);
        assert_int_equal(hold_press(&hold, FORWARD, true, firsts[i]), HOLD_RUN);
    }
}

static void a_release_that_got_lost_stops_when_the_repeats_do_not_come(void **state)
{
    (void)state;
    hold_release(&hold, OTHER);
    hold_press(&hold, FORWARD, false, 0);
    assert_int_equal(stop_until(5000), 700);
    hold_forget_releases(&hold);
    hold_press(&hold, FORWARD, false, 6000);
    assert_int_equal(stop_until(9000), 6250);
}

static void a_repeat_without_a_press_is_a_key_that_was_down_before(void **state)
{
    (void)state;
    assert_int_equal(hold_press(&hold, FORWARD, true, 0), 0);
    assert_int_equal(hold_press(&hold, FORWARD, true, 40), 0);
    assert_int_equal(hold_press(&hold, FORWARD, false, 80), 0);
    hold_release(&hold, FORWARD);
    assert_int_equal(hold_press(&hold, FORWARD, false, 90), HOLD_RUN | HOLD_FRESH);
}

static void a_repeat_that_was_only_late_goes_on(void **state)
{
    (void)state;
    hold_press(&hold, FORWARD, false, 0);
    hold_press(&hold, FORWARD, true, 200);
    assert_int_equal(stop_until(1000), 450);
    assert_int_equal(hold_press(&hold, FORWARD, true, 1000), HOLD_RUN | HOLD_FRESH);
    assert_int_equal(hold_cancel(&hold), HOLD_STOP);
    assert_int_equal(hold_press(&hold, FORWARD, true, 1040), 0); // another key has ended it
}

static void a_tick_that_comes_late_misses_nothing(void **state)
{
    (void)state;
    hold_press(&hold, FORWARD, false, 0);
    assert_int_equal(hold_tick(&hold, 10000), HOLD_STOP);
    assert_int_equal(hold.phase, HOLD_NONE);
    hold_press(&hold, FORWARD, false, 20000);
    hold_press(&hold, FORWARD, false, 20500);
    assert_int_equal(hold_press(&hold, FORWARD, false, 30000), HOLD_STOP | HOLD_RUN | HOLD_FRESH);
}

#define PROMISE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_tap_runs_for_250_ms),
        PROMISE(the_second_event_within_the_repeat_time_is_a_held_key),
        PROMISE(silence_lets_go),
        PROMISE(before_an_interval_is_known_silence_is_a_tap_long),
        PROMISE(repeats_that_come_two_at_once_are_one_interval),
        PROMISE(a_key_that_is_tapped_fast_is_not_held_for_longer_and_longer),
        PROMISE(another_key_stops_the_first),
        PROMISE(after_the_rest_another_key_has_nothing_to_stop),
        PROMISE(a_dead_key_does_nothing_until_it_was_let_go),
        PROMISE(a_release_revives_a_dead_key),
        PROMISE(a_release_stops_at_once),
        PROMISE(once_releases_are_told_a_held_key_does_not_rest),
        PROMISE(a_release_that_got_lost_stops_when_the_repeats_do_not_come),
        PROMISE(a_repeat_without_a_press_is_a_key_that_was_down_before),
        PROMISE(a_repeat_that_was_only_late_goes_on),
        PROMISE(a_tick_that_comes_late_misses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
