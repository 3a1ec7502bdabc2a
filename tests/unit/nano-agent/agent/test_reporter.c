// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "nano-agent/agent/reporter.h"

static const int64_t START_US = 5000000, GAP_US = 50000, SECOND_US = 1000000;
static struct reporter r;

static int prepare(void **state)
{
    (void)state;
    reporter_init(&r, 1000);
    reporter_up(&r, START_US);
    reporter_made(&r, START_US);
    return 0;
}

static void nothing_is_due_while_the_link_is_down(void **state)
{
    (void)state;
    reporter_init(&r, 1000);
    r.changed = r.edge = true;
    assert_int_equal(reporter_take(&r, START_US), REPORT_NONE);
    assert_false(reporter_take_edge(&r, START_US));
    assert_true(reporter_next_us(&r) == INT64_MAX);
}

static void a_change_waits_for_a_20th_of_a_second_after_the_status_before(void **state)
{
    (void)state;
    r.changed = true;
    assert_int_equal(reporter_next_us(&r), START_US + GAP_US);
    assert_int_equal(reporter_take(&r, START_US + GAP_US - 1), REPORT_NONE);
    assert_int_equal(reporter_take(&r, START_US + GAP_US), REPORT_CHANGE);
    reporter_made(&r, START_US + GAP_US);
    assert_int_equal(reporter_take(&r, START_US + 3 * GAP_US), REPORT_NONE);
}

static void the_heartbeat_keeps_its_rhythm(void **state)
{
    (void)state;
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(reporter_next_us(&r), START_US + i * SECOND_US);
        assert_int_equal(reporter_take(&r, START_US + i * SECOND_US + 300), REPORT_HEARTBEAT);
    }
}

static void a_heartbeat_late_by_many_periods_comes_once(void **state)
{
    (void)state;
    int64_t now = START_US + 100 * SECOND_US;
    assert_int_equal(reporter_take(&r, now), REPORT_HEARTBEAT);
    assert_int_equal(reporter_take(&r, now), REPORT_NONE);
    assert_int_equal(reporter_next_us(&r), now + SECOND_US);
}

static void an_edge_is_told_at_once_and_the_next_not_sooner_than_a_20th_of_a_second_after(void **state)
{
    (void)state;
    r.edge = true;
    assert_true(reporter_take_edge(&r, START_US + 1));
    reporter_made(&r, START_US + 1);
    assert_false(reporter_take_edge(&r, START_US + 2));
    r.edge = true;
    assert_false(reporter_take_edge(&r, START_US + GAP_US));
    assert_true(reporter_take_edge(&r, START_US + 1 + GAP_US));
}

static void one_heartbeat_at_a_time_is_on_its_way(void **state)
{
    (void)state;
    reporter_published(&r, 0, true);
    assert_true(r.outstanding);
    reporter_published(&r, 0, false);
    assert_true(r.outstanding);
    reporter_down(&r);
    assert_false(r.outstanding || r.up);
    reporter_published(&r, -EIO, true);
    assert_false(r.outstanding);
}

static void what_the_link_refused_is_told_again_except_where_there_is_no_link(void **state)
{
    (void)state;
    reporter_published(&r, -ENOTCONN, false);
    assert_false(r.changed);
    reporter_published(&r, -EMSGSIZE, false);
    assert_true(r.changed);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(nothing_is_due_while_the_link_is_down, prepare),
        cmocka_unit_test_setup(a_change_waits_for_a_20th_of_a_second_after_the_status_before, prepare),
        cmocka_unit_test_setup(the_heartbeat_keeps_its_rhythm, prepare),
        cmocka_unit_test_setup(a_heartbeat_late_by_many_periods_comes_once, prepare),
        cmocka_unit_test_setup(
            an_edge_is_told_at_once_and_the_next_not_sooner_than_a_20th_of_a_second_after, prepare),
        cmocka_unit_test_setup(one_heartbeat_at_a_time_is_on_its_way, prepare),
        cmocka_unit_test_setup(what_the_link_refused_is_told_again_except_where_there_is_no_link, prepare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
