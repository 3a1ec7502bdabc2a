// SPDX-License-Identifier: MIT
// Deadlines, and a link that goes and comes back.
#include "tests/unit/pc-tui/controller/controller_fixture.h"

static void without_an_answer_the_wish_ends_unsent(void **state)
{
    (void)state;
    hear();
    send_text("tilt 20");
    assert_refused(send_text("tilt 30"), "clock");
    pass(1499 * MS);
    assert_int_equal(finished_count, 0);
    pass(MS);
    assert_int_equal(finished_count, 1);
    assert_int_equal(finished.stage, JOURNAL_DROPPED);
    echo(&published[0]);
    pass(10 * (int64_t)SECOND);
    assert_int_equal(published_count, 1); // the late answer releases nothing
}

static void unanswered_past_its_deadline_is_no_echo_and_is_never_sent_again(void **state)
{
    (void)state;
    be_ready();
    send_text("tilt_up");
    pass(1499 * MS);
    assert_int_equal(finished_count, 0);
    pass(MS);
    assert_int_equal(finished_count, 1);
    assert_int_equal(finished.stage, JOURNAL_NO_ECHO);
    assert_true(journal_failed(&finished));
    pass(60 * (int64_t)SECOND);
    assert_int_equal(published_count, 1);
    assert_int_equal(controller_unanswered(controller, ""), 0);
}

static void a_lost_link_ends_what_is_unanswered_and_nothing_is_sent_again(void **state)
{
    (void)state;
    be_ready();
    send_text("tilt_up");
    link_is(LINK_WAITING);
    assert_int_equal(finished.stage, JOURNAL_NO_ECHO);
    assert_non_null(strstr(finished.why, "connection"));
    pass(SECOND / 2);
    link_is(LINK_UP);
    hear();
    pass(30 * (int64_t)SECOND);
    assert_int_equal(published_count, 1);
}

static void a_lost_and_a_regained_link_are_told(void **state)
{
    (void)state;
    assert_int_equal(journal_count(&model->journal), 0);
    link_is(LINK_WAITING);
    assert_string_equal(event_back(0)->text, "connection lost: connection refused at localhost:1883");
    link_is(LINK_CONNECTING);
    link_is(LINK_WAITING);
    assert_int_equal(journal_count(&model->journal), 1);
    link_is(LINK_UP);
    assert_int_equal(event_back(0)->kind, JOURNAL_NOTICE);
    assert_int_equal(journal_count(&model->journal), 2);
}

static void a_wish_that_waits_for_the_clock_dies_with_the_link(void **state)
{
    (void)state;
    hear();
    send_text("tilt_up");
    link_is(LINK_WAITING);
    assert_int_equal(finished.stage, JOURNAL_DROPPED);
    link_is(LINK_UP);
    published_count = 0;
    hear();
    send_text("status");
    echo(newest());
    assert_int_equal(published_count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(without_an_answer_the_wish_ends_unsent),
        PROMISE(unanswered_past_its_deadline_is_no_echo_and_is_never_sent_again),
        PROMISE(a_lost_link_ends_what_is_unanswered_and_nothing_is_sent_again),
        PROMISE(a_lost_and_a_regained_link_are_told),
        PROMISE(a_wish_that_waits_for_the_clock_dies_with_the_link),
    };
    return cmocka_run_group_tests_name("controller", tests, NULL, NULL);
}
