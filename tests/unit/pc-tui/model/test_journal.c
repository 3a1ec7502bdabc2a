// SPDX-License-Identifier: MIT
// What happened, in the order in which it happened.
#include "tests/unit/pc-tui/model/model_fixture.h"

static void the_journal_keeps_the_newest_events(void **state)
{
    (void)state;
    char text[32];
    assert_null(journal_at(&model->journal, 0));
    assert_null(journal_find(&model->journal, 0));
    assert_null(journal_find(&model->journal, 1));
    for (int i = 1; i <= 5000; i++) {
        snprintf(text, sizeof text, "event %d", i);
        journal_add(&model->journal, JOURNAL_NOTICE, WALL, "", text);
    }
    assert_true(JOURNAL_MAX >= 200);
    assert_int_equal(journal_count(&model->journal), JOURNAL_MAX);
    assert_string_equal(journal_at(&model->journal, 0)->text, "event 5000");
    assert_int_equal(journal_at(&model->journal, JOURNAL_MAX - 1)->serial, 5001 - JOURNAL_MAX);
    assert_null(journal_at(&model->journal, JOURNAL_MAX));
    assert_string_equal(journal_find(&model->journal, 4900)->text, "event 4900");
    assert_null(journal_find(&model->journal, 5000 - JOURNAL_MAX));
    assert_null(journal_find(&model->journal, 5001));
}

static void a_notice_repeated_takes_no_second_line(void **state)
{
    (void)state;
    journal_note(&model->journal, JOURNAL_PROBLEM, 1, "", "%s", "bad \033[31m luck");
    journal_note(&model->journal, JOURNAL_PROBLEM, 2, "", "%s", "bad \033[31m luck");
    assert_int_equal(journal_count(&model->journal), 1);
    assert_int_equal(journal_at(&model->journal, 0)->wall_ms, 2);
    assert_null(strchr(journal_at(&model->journal, 0)->text, '\033'));
}

static void an_event_tells_its_whole_life(void **state)
{
    (void)state;
    char line[JOURNAL_LINE_SIZE];
    struct journal_event *event = journal_add(&model->journal, JOURNAL_COMMAND, WALL, "nano", "tilt_up");
    event->stage = JOURNAL_SENT;
    assert_string_equal(journal_describe(line, event, "jetson", false), "sent");
    event->stage = JOURNAL_BROKER;
    event->broker_us = 130;
    assert_string_equal(journal_describe(line, event, "jetson", false), "sent  ✓ broker 0.1 ms");
    event->stage = JOURNAL_DONE;
    event->echo_us = 420;
    event->result = RESULT_LIMIT;
    snprintf(event->result_name, sizeof event->result_name, "limit");
    snprintf(event->why, sizeof event->why, "already at 45°");
    assert_string_equal(journal_describe(line, event, "jetson", false),
        "sent  ✓ broker 0.1 ms  ✓ nano 0.4 ms  limit: already at 45°");
    assert_false(journal_failed(event));
    event->device[0] = '\0';
    snprintf(event->why, sizeof event->why, "x");
    assert_string_equal(
        journal_describe(line, event, "jetson", true), "sent  ok broker 0.1 ms  ok jetson 0.4 ms  limit: x");
    event->stage = JOURNAL_NO_ECHO;
    assert_true(journal_failed(event));
    event->stage = JOURNAL_PLAIN;
    event->reason = 135;
    assert_string_equal(journal_describe(line, event, "jetson", false), "sent  ✗ broker 0.1 ms — x");
    event->stage = JOURNAL_DROPPED;
    assert_string_equal(journal_describe(line, event, "jetson", false), "not sent: x");
    event = journal_add(&model->journal, JOURNAL_OTHERS, WALL, "nano", "led_on");
    snprintf(event->from, sizeof event->from, "7c21");
    snprintf(event->result_name, sizeof event->result_name, "ok");
    event->result = RESULT_OK;
    assert_string_equal(journal_describe(line, event, "jetson", false), "from 7c21…  ok");
    event->local = true;
    assert_string_equal(journal_describe(line, event, "jetson", false), "from 7c21  ok");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(the_journal_keeps_the_newest_events),
        PROMISE(a_notice_repeated_takes_no_second_line),
        PROMISE(an_event_tells_its_whole_life),
    };
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
