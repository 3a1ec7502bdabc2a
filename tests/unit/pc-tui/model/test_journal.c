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
    assert_string_equal(journal_describe(line, event, "jetson", 0), "sent");
    event->stage = JOURNAL_BROKER;
    event->broker_us = 130;
    assert_string_equal(journal_describe(line, event, "jetson", 0), "sent  ✓ broker 0.1 ms");
    event->stage = JOURNAL_DONE;
    event->echo_us = 420;
    event->result = RESULT_LIMIT;
    snprintf(event->result_name, sizeof event->result_name, "limit");
    snprintf(event->why, sizeof event->why, "already at 45°");
    assert_string_equal(journal_describe(line, event, "jetson", 0),
        "sent  ✓ broker 0.1 ms  ✓ nano 0.4 ms  limit: already at 45°");
    assert_false(journal_failed(event));
    event->device[0] = '\0';
    snprintf(event->why, sizeof event->why, "x");
    assert_string_equal(journal_describe(line, event, "jetson", JOURNAL_ASCII),
        "sent  ok broker 0.1 ms  ok jetson 0.4 ms  limit: x");
    event->stage = JOURNAL_NO_ECHO;
    assert_true(journal_failed(event));
    event->stage = JOURNAL_PLAIN;
    event->reason = 135;
    assert_string_equal(journal_describe(line, event, "jetson", 0), "sent  ✗ broker 0.1 ms — x");
    event->stage = JOURNAL_DROPPED;
    assert_string_equal(journal_describe(line, event, "jetson", 0), "not sent: x");
    event = journal_add(&model->journal, JOURNAL_OTHERS, WALL, "nano", "led_on");
    snprintf(event->from, sizeof event->from, "7c21");
    snprintf(event->result_name, sizeof event->result_name, "ok");
    event->result = RESULT_OK;
    assert_string_equal(journal_describe(line, event, "jetson", 0), "from 7c21…  ok");
    event->local = event->named = true;
    assert_string_equal(journal_describe(line, event, "jetson", 0), "from 7c21  ok");
}

static void events_that_say_the_same_are_alike_and_others_are_not(void **state)
{
    (void)state;
    struct journal_event *a = journal_add(&model->journal, JOURNAL_COMMAND, WALL, "", "tilt_up");
    struct journal_event *b = journal_add(&model->journal, JOURNAL_COMMAND, WALL + 1, "", "tilt_up");
    assert_false(journal_alike(a, b)); // their ends are still to come
    a->stage = b->stage = JOURNAL_DONE;
    a->result = b->result = RESULT_LIMIT;
    a->echo_us = 100;
    b->echo_us = 200;
    assert_true(journal_alike(a, b));
    snprintf(b->value, sizeof b->value, "tilt 45.0°");
    assert_false(journal_alike(a, b));
    b->value[0] = '\0';
    snprintf(b->device, sizeof b->device, "lab");
    assert_false(journal_alike(a, b));
}

static void with_several_devices_an_event_names_its_own(void **state)
{
    (void)state;
    char line[JOURNAL_LINE_SIZE];
    struct journal_event *event = journal_add(&model->journal, JOURNAL_COMMAND, WALL, "lab", "tilt_up");
    event->stage = JOURNAL_SENT;
    assert_string_equal(journal_describe(line, event, "jetson", JOURNAL_NAMES), "sent to lab");
    event->stage = JOURNAL_NO_ECHO;
    snprintf(event->why, sizeof event->why, "no echo");
    assert_string_equal(journal_describe(line, event, "jetson", JOURNAL_NAMES), "sent to lab  no echo");
    event->stage = JOURNAL_DROPPED;
    assert_string_equal(journal_describe(line, event, "jetson", JOURNAL_NAMES), "not sent to lab: no echo");
    event->stage = JOURNAL_WAITING;
    event->why[0] = '\0';
    assert_string_equal(journal_describe(line, event, "jetson", 0), "waits for the device's clock");
    event = journal_add(&model->journal, JOURNAL_OTHERS, WALL, "", "led_on");
    snprintf(event->from, sizeof event->from, "7c21");
    snprintf(event->result_name, sizeof event->result_name, "ok");
    assert_string_equal(
        journal_describe(line, event, "jetson", JOURNAL_NAMES | JOURNAL_ASCII), "from 7c21..  to jetson  ok");
    event = journal_add(&model->journal, JOURNAL_NOTICE, WALL, "", "hello");
    assert_string_equal(journal_describe(line, event, "jetson", JOURNAL_NAMES), "");
}

static void an_event_says_where_the_command_went(void **state)
{
    (void)state;
    char line[JOURNAL_LINE_SIZE];
    struct journal_event *event = journal_add(&model->journal, JOURNAL_COMMAND, WALL, "", "tilt_up");
    event->stage = JOURNAL_DONE;
    event->repeats = 1;
    event->late = true;
    event->echo_us = 1500000;
    snprintf(event->value, sizeof event->value, "tilt 20.0°");
    snprintf(event->result_name, sizeof event->result_name, "ok");
    assert_string_equal(
        journal_describe(line, event, "jetson", 0), "sent 2 times  ✓ jetson 1.5 s late  ok 20.0°");
    snprintf(event->text, sizeof event->text, "move 20"); // which names no servo
    event->repeats = 0;
    event->late = false;
    assert_string_equal(journal_describe(line, event, "jetson", 0), "sent  ✓ jetson 1.5 s  ok tilt 20.0°");
}

static void what_looks_like_a_failure_is_one(void **state)
{
    (void)state;
    struct journal_event event = {.kind = JOURNAL_NOTICE};
    assert_false(journal_failed(&event));
    event.kind = JOURNAL_PROBLEM;
    assert_true(journal_failed(&event));
    event.kind = JOURNAL_OTHERS;
    event.result = RESULT_LIMIT;
    assert_false(journal_failed(&event));
    event.kind = JOURNAL_COMMAND;
    event.stage = JOURNAL_WAITING;
    assert_false(journal_failed(&event));
    event.stage = JOURNAL_DONE;
    assert_false(journal_failed(&event));
    event.stage = JOURNAL_PLAIN;
    assert_false(journal_failed(&event));
    event.reason = 16;
    assert_true(journal_failed(&event));
    event.stage = JOURNAL_DROPPED;
    assert_true(journal_failed(&event));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(the_journal_keeps_the_newest_events),
        PROMISE(a_notice_repeated_takes_no_second_line),
        PROMISE(an_event_tells_its_whole_life),
        PROMISE(events_that_say_the_same_are_alike_and_others_are_not),
        PROMISE(with_several_devices_an_event_names_its_own),
        PROMISE(an_event_says_where_the_command_went),
        PROMISE(what_looks_like_a_failure_is_one),
    };
    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
