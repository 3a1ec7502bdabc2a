// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/mqtt/outgoing.h"

static struct outgoing outgoing;

static int clear(void **state)
{
    (void)state;
    outgoing = (struct outgoing){0};
    return 0;
}

static void a_message_that_is_written_at_once_is_reported_later(void **state)
{
    int mids[OUTGOING_DONE_MAX];

    (void)state;
    outgoing_begin(&outgoing, 0);
    assert_int_equal(outgoing.unsent, 1);
    assert_true(outgoing_done(&outgoing, 7)); // inside the library's publish
    outgoing_end(&outgoing, 0, 7, false);
    assert_int_equal(outgoing.unsent, 0);
    assert_false(outgoing_is_empty(&outgoing));
    assert_int_equal(outgoing_take(&outgoing, mids), 1);
    assert_int_equal(mids[0], 7);
    assert_true(outgoing_is_empty(&outgoing));
}

static void an_acknowledgement_is_told_from_a_write_by_its_id(void **state)
{
    (void)state;
    outgoing_begin(&outgoing, 1);
    outgoing_end(&outgoing, 1, 65535, false);
    outgoing_begin(&outgoing, 0);
    outgoing_end(&outgoing, 0, 8, false);
    assert_int_equal(outgoing.unacked, 1);
    assert_int_equal(outgoing.unsent, 1);
    assert_false(outgoing_done(&outgoing, 65535));
    assert_int_equal(outgoing.unacked, 0);
    assert_int_equal(outgoing.unsent, 1);
    assert_false(outgoing_done(&outgoing, 8));
    assert_true(outgoing_is_empty(&outgoing));
}

static void what_the_library_refused_counts_for_nothing(void **state)
{
    (void)state;
    for (int qos = 0; qos <= 2; qos++) {
        outgoing_begin(&outgoing, qos);
        outgoing_end(&outgoing, qos, 9, true);
        assert_true(outgoing_is_empty(&outgoing));
    }
}

static void more_reports_than_can_be_put_off_are_told_at_once(void **state)
{
    int mids[OUTGOING_DONE_MAX];

    (void)state;
    for (int mid = 0; mid <= OUTGOING_DONE_MAX; mid++) {
        outgoing_begin(&outgoing, 0);
        assert_int_equal(outgoing_done(&outgoing, mid), mid < OUTGOING_DONE_MAX);
        outgoing_end(&outgoing, 0, mid, false);
    }
    assert_int_equal(outgoing_take(&outgoing, mids), OUTGOING_DONE_MAX);
    assert_true(outgoing_is_empty(&outgoing));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_message_that_is_written_at_once_is_reported_later, clear),
        cmocka_unit_test_setup(an_acknowledgement_is_told_from_a_write_by_its_id, clear),
        cmocka_unit_test_setup(what_the_library_refused_counts_for_nothing, clear),
        cmocka_unit_test_setup(more_reports_than_can_be_put_off_are_told_at_once, clear),
    };

    return cmocka_run_group_tests_name("outgoing", tests, NULL, NULL);
}
