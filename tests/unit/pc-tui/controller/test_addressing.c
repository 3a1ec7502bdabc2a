// SPDX-License-Identifier: MIT
// Other operators, all devices at once, and no device at all.
#include "tests/unit/pc-tui/controller/controller_fixture.h"

static void others_commands_appear_once_with_the_start_of_their_id(void **state)
{
    (void)state;
    report_answer(&report, "aaaa0000-1", "led_on", RESULT_OK, "");
    hear(); // before our time
    assert_int_equal(journal_count(&model->journal), 0);
    report_answer(&report, "7c21f00d-9", "led_off", RESULT_OK, "");
    hear();
    hear();
    assert_int_equal(journal_count(&model->journal), 1);
    assert_int_equal(event_back(0)->kind, JOURNAL_OTHERS);
    assert_string_equal(event_back(0)->from, "7c21");
    assert_string_equal(event_back(0)->text, "led_off");
    assert_string_equal(model->others.from, "7c21");
    assert_int_equal(model->others.at_us, now);
    report_answer(&report, "", "led_on", RESULT_OK, "");
    hear();
    assert_int_equal(journal_count(&model->journal), 2);
    assert_string_equal(event_back(0)->from, "");
}

static void a_button_of_the_device_is_named(void **state)
{
    (void)state;
    hear();
    report_answer(&report, "", "led_toggle", RESULT_OK, "");
    snprintf(report.status.last.from, sizeof report.status.last.from, "button");
    hear();
    assert_string_equal(event_back(0)->from, "button");
    assert_true(event_back(0)->local);
    assert_int_equal(model->others.at_us, 0); // no other operator
}

static void a_retained_command_that_was_refused_is_cleared_from_the_topic(void **state)
{
    (void)state;
    snprintf(report.status.device, sizeof report.status.device, "lab");
    hear();
    report_answer(&report, "", "tilt_up", RESULT_RETAINED, "a retained command is an old command");
    hear();
    hear();
    assert_int_equal(published_count, 2);
    assert_string_equal(published[0].topic, "jetson/control");
    assert_string_equal(published[1].topic, "jetson/lab/control");
    for (size_t i = 0; i < 2; i++) {
        assert_true(published[i].retain);
        assert_string_equal(published[i].payload, "");
    }
}

static void who_only_watches_clears_nothing(void **state)
{
    (void)state;
    make(true, 1);
    hear();
    report_answer(&report, "", "tilt_up", RESULT_RETAINED, "");
    hear();
    assert_int_equal(published_count, 0);
}

static void all_means_every_live_device_that_has_the_channel(void **state)
{
    (void)state;
    struct report lab, roof, old;
    report_init(&lab, "lab", "1ab");
    report_init(&roof, "roof", "700f");
    report_init(&old, "old", "01d");
    hear_as(&old, false);
    pass(10 * (int64_t)SECOND);
    be_ready();
    hear_as(&lab, false);
    roof.status.count = 2; // servos alone
    hear_as(&roof, false);
    struct controller_address all = {.device = "", .all = true};
    struct controller_answer answer = controller_send(controller, &all, "led_on");
    assert_int_equal(answer.verdict, CONTROLLER_TAKEN);
    assert_int_equal(answer.count, 2);
    assert_string_equal(published[0].topic, "jetson/control");
    assert_string_equal(published[1].topic, "jetson/lab/control");
    assert_string_not_equal(field(&published[0], "id"), field(&published[1], "id"));
    assert_int_equal(controller_step(controller, &all, "tilt", 1, 5).count, 3);
    assert_refused(controller_send(controller, &all, "claw_up"), "");
    assert_refused(controller_step(controller, &all, "claw", 1, 5), "claw");
    published_count = 0;
    assert_int_equal(controller_stop(controller, &all).count, 4); // the silent one too
    report_finish(&lab);
    report_finish(&roof);
    report_finish(&old);
}

static void a_thousand_devices_each_get_their_own_and_each_echo_finds_its_own(void **state)
{
    (void)state;
    char name[16];
    for (int i = 0; i < 1000; i++) {
        snprintf(report.status.device, sizeof report.status.device, "n%d", i);
        hear();
    }
    struct controller_address all = {.all = true};
    assert_int_equal(controller_send(controller, &all, "led_on").count, 1000);
    assert_int_equal(published_count, 1000);
    for (size_t i = 0; i < 1000; i++) {
        controller_published(controller, published[i].token, 0);
        assert_true(sscanf(published[i].topic, "jetson/%15[^/]/control", name) == 1);
        snprintf(report.status.device, sizeof report.status.device, "%s", name);
        echo(&published[i]);
    }
    assert_int_equal(finished_count, 1000);
    assert_int_equal(finished.result, RESULT_OK);
    assert_true(finished.broker_us >= 0);
}

static void without_any_device_the_tutorials_words_are_published_plainly(void **state)
{
    (void)state;
    struct controller_answer answer = send_text("led_on");
    assert_int_equal(answer.verdict, CONTROLLER_TAKEN);
    assert_string_equal(newest()->topic, "jetson/control");
    assert_string_equal(newest()->payload, "led_on");
    now += 100;
    controller_published(controller, newest()->token, 0);
    assert_int_equal(finished.stage, JOURNAL_PLAIN);
    assert_int_equal(finished.broker_us, 100);
    char line[JOURNAL_LINE_SIZE];
    assert_string_equal(
        journal_describe(line, &finished, "jetson", false), "sent  ✓ broker 0.1 ms — no device reports here");
    assert_int_equal(controller_step(controller, &UNNAMED, "tilt", 1, 20).verdict, CONTROLLER_TAKEN);
    assert_string_equal(newest()->payload, "tilt_up"); // the script knows no amounts
    hear();
    send_text("led_on");
    assert_int_equal(newest()->payload[0], '{'); // a device reports: no plain words any more
}

static void the_tutorial_is_told_when_nobody_listens_or_the_broker_forbids(void **state)
{
    (void)state;
    send_text("led_on");
    controller_published(controller, newest()->token, 16);
    assert_string_equal(finished.why, "nobody listens on jetson/control");
    assert_true(journal_failed(&finished));
    send_text("led_on");
    controller_published(controller, newest()->token, 135);
    assert_non_null(strstr(finished.why, "does not allow"));
    assert_int_equal(finished.reason, 135);
}

static void just_connected_no_plain_word_is_risked(void **state)
{
    (void)state;
    link_is(LINK_WAITING);
    link_is(LINK_UP);
    assert_refused(send_text("tilt_up"), "looking");
    pass(SECOND);
    assert_int_equal(send_text("tilt_up").verdict, CONTROLLER_TAKEN);
}

static void stop_without_a_device_is_a_plain_word_that_waits_for_the_link_too(void **state)
{
    (void)state;
    link_is(LINK_WAITING);
    controller_stop(controller, &UNNAMED);
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_NOT_SENT);
    pass(SECOND);
    link_is(LINK_UP);
    assert_int_equal(published_count, 1);
    assert_string_equal(newest()->payload, "stop");
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_NONE);
    controller_published(controller, newest()->token, 0);
    assert_int_equal(finished.stage, JOURNAL_PLAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(others_commands_appear_once_with_the_start_of_their_id),
        PROMISE(a_button_of_the_device_is_named),
        PROMISE(a_retained_command_that_was_refused_is_cleared_from_the_topic),
        PROMISE(who_only_watches_clears_nothing),
        PROMISE(all_means_every_live_device_that_has_the_channel),
        PROMISE(a_thousand_devices_each_get_their_own_and_each_echo_finds_its_own),
        PROMISE(without_any_device_the_tutorials_words_are_published_plainly),
        PROMISE(the_tutorial_is_told_when_nobody_listens_or_the_broker_forbids),
        PROMISE(just_connected_no_plain_word_is_risked),
        PROMISE(stop_without_a_device_is_a_plain_word_that_waits_for_the_link_too),
    };
    return cmocka_run_group_tests_name("addressing", tests, NULL, NULL);
}
