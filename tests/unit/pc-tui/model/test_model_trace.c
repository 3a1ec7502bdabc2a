// SPDX-License-Identifier: MIT
// The last minute of a device, for the graphs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pc-tui/model/model_trace.h"

enum { SECOND = 1000000, HOLD = 3 * SECOND };

static const int64_t START = 1000 * (int64_t)SECOND;
static struct status status;
static struct model_trace *trace;

static int set_up(void **state)
{
    (void)state;
    status = (struct status){.count = 2};
    status.channels[0] =
        (struct status_channel){.id = {.kind = CHANNEL_SERVO}, .deg_known = true, .driven = true};
    status.channels[1] = (struct status_channel){.id = {.kind = CHANNEL_OTHER}};
    trace = model_trace_new(2);
    return trace ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    model_trace_free(trace);
    return 0;
}

static void report(int deg, int64_t at_us)
{
    status.channels[0].deg = deg;
    model_trace_status(trace, &status, HOLD, at_us);
}

static void before_the_first_report_nothing_is_known(void **state)
{
    (void)state;
    int out[TRACE_POINTS];
    model_trace_channel(trace, 0, HOLD, START, out);
    for (int i = 0; i < TRACE_POINTS; i++)
        assert_int_equal(out[i], TRACE_GAP);
    model_trace_trips(trace, START, out);
    assert_int_equal(out[TRACE_POINTS - 1], TRACE_GAP);
    model_trace_free(NULL);
}

static void a_value_holds_until_the_next_report(void **state)
{
    (void)state;
    int out[TRACE_POINTS];
    report(100, START);
    report(200, START + SECOND);
    model_trace_channel(trace, 0, HOLD, START + 2 * SECOND, out);
    static const int expected[] = {TRACE_GAP, 100, 100, 200, 200, 200};
    for (int i = 0; i < 6; i++)
        assert_int_equal(out[TRACE_POINTS - 6 + i], expected[i]);
}

static void a_device_that_falls_silent_leaves_a_gap(void **state)
{
    (void)state;
    int out[TRACE_POINTS];
    report(100, START);
    model_trace_channel(trace, 0, HOLD, START + 10 * SECOND, out);
    assert_int_equal(out[TRACE_POINTS - 1], TRACE_GAP);
    assert_int_equal(out[TRACE_POINTS - 1 - 14], 100);
    assert_int_equal(out[TRACE_POINTS - 1 - 13], TRACE_GAP);
    report(300, START + 10 * SECOND);
    model_trace_channel(trace, 0, HOLD, START + 10 * SECOND, out);
    assert_int_equal(out[TRACE_POINTS - 1], 300);
    assert_int_equal(out[TRACE_POINTS - 2], TRACE_GAP);
}

static void what_is_older_than_a_minute_is_gone(void **state)
{
    (void)state;
    int out[TRACE_POINTS];
    report(100, START);
    report(200, START + 100 * (int64_t)SECOND);
    model_trace_channel(trace, 0, HOLD, START + 100 * (int64_t)SECOND, out);
    assert_int_equal(out[TRACE_POINTS - 1], 200);
    for (int i = 0; i < TRACE_POINTS - 1; i++)
        assert_int_equal(out[i], TRACE_GAP);
}

static void a_kind_without_a_value_has_no_graph_and_no_channel_beyond_the_last(void **state)
{
    (void)state;
    int out[TRACE_POINTS];
    report(100, START);
    model_trace_channel(trace, 1, HOLD, START, out);
    assert_int_equal(out[TRACE_POINTS - 1], TRACE_GAP);
    model_trace_channel(trace, 2, HOLD, START, out);
    assert_int_equal(out[TRACE_POINTS - 1], TRACE_GAP);
}

static void of_several_answers_in_one_moment_the_longest_is_shown(void **state)
{
    (void)state;
    int out[TRACE_POINTS];
    report(0, START);
    model_trace_trip(trace, 400, START);
    model_trace_trip(trace, 900, START);
    model_trace_trip(trace, 100, START);
    model_trace_trip(trace, 5000, START + SECOND); // no report made that point
    report(0, START + 2 * SECOND);
    model_trace_trip(trace, (int64_t)INT_MAX + 5, START + 2 * SECOND);
    model_trace_trips(trace, START + 2 * SECOND, out);
    assert_int_equal(out[TRACE_POINTS - 5], 900);
    assert_int_equal(out[TRACE_POINTS - 3], TRACE_GAP);
    assert_int_equal(out[TRACE_POINTS - 1], INT_MAX);
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(before_the_first_report_nothing_is_known),
        PROMISE(a_value_holds_until_the_next_report),
        PROMISE(a_device_that_falls_silent_leaves_a_gap),
        PROMISE(what_is_older_than_a_minute_is_gone),
        PROMISE(a_kind_without_a_value_has_no_graph_and_no_channel_beyond_the_last),
        PROMISE(of_several_answers_in_one_moment_the_longest_is_shown),
    };
    return cmocka_run_group_tests_name("model_trace", tests, NULL, NULL);
}
