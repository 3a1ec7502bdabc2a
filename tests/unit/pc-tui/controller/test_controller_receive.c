// SPDX-License-Identifier: MIT
// Echoes, PUBACKs and the commands of other operators.
#include "tests/unit/pc-tui/controller/controller_fixture.h"

static void only_answers_to_own_ids_and_not_retained_ones_are_samples(void **state)
{
    (void)state;
    hear();
    send_text("tilt 2");
    struct published question = *newest();
    report_answer(&report, "9f3c7a1e5b2d4c61-1", "status", RESULT_OK, "");
    hear();
    assert_int_equal(published_count, 1);
    report_answer(&report, field(&question, "id"), "status", RESULT_OK, "");
    hear_as(&report, true);
    assert_int_equal(published_count, 1);
}

static void a_commands_life_is_kept_with_its_times(void **state)
{
    (void)state;
    be_ready();
    send_text("tilt_up");
    now += 130;
    controller_published(controller, newest()->token, 0);
    assert_int_equal(event_back(0)->stage, JOURNAL_BROKER);
    assert_int_equal(event_back(0)->broker_us, 130);
    now += 290;
    echo_from(&report, newest(), RESULT_LIMIT, "already at 45°");
    const struct journal_event *event = event_back(0);
    assert_int_equal(event->stage, JOURNAL_DONE);
    assert_int_equal(event->echo_us, 420);
    assert_int_equal(event->result, RESULT_LIMIT);
    assert_string_equal(event->why, "already at 45°");
    assert_int_equal(model->trips.last_us, 420);
    assert_int_equal(finished_count, 1);
    assert_int_equal(finished.serial, event->serial);
    hear(); // a heartbeat repeats `last`
    assert_int_equal(finished_count, 1);
    assert_int_equal(journal_count(&model->journal), 2);
}

static void a_result_not_known_here_is_a_failure_under_its_own_name(void **state)
{
    (void)state;
    be_ready();
    send_text("led_on");
    char text[PROTOCOL_STATUS_MAX];
    int len = snprintf(text, sizeof text,
        "{\"v\":1,\"device\":\"\",\"online\":true,\"boot\":\"b007\",\"seq\":9,\"t\":1,\"report\":1,"
        "\"channels\":{},\"last\":{\"n\":9,\"id\":\"%s\",\"cmd\":\"led_on\",\"result\":\"postponed\"}}",
        field(newest(), "id"));
    controller_status(controller, "jetson/status", text, (size_t)len, false);
    assert_int_equal(finished.result, RESULT_OTHER);
    assert_string_equal(finished.result_name, "postponed");
    assert_true(journal_failed(&finished));
}

static void a_late_echo_still_finds_its_command(void **state)
{
    (void)state;
    be_ready();
    send_text("tilt_up");
    pass(3 * SECOND);
    assert_int_equal(finished.stage, JOURNAL_NO_ECHO);
    echo_from(&report, newest(), RESULT_EXPIRED, "too late");
    assert_int_equal(finished.stage, JOURNAL_DONE);
    assert_true(finished.late);
    assert_int_equal(finished.result, RESULT_EXPIRED);
}

static void a_restarted_device_ends_what_is_unanswered(void **state)
{
    (void)state;
    be_ready();
    send_text("tilt_up");
    snprintf(report.status.boot, sizeof report.status.boot, "f00d");
    report.status.last.n = 0;
    hear();
    assert_int_equal(finished.stage, JOURNAL_NO_ECHO);
    assert_non_null(strstr(finished.why, "restarted"));
}

static void at_qos_0_nothing_is_said_of_the_broker(void **state)
{
    (void)state;
    make(false, 0);
    be_ready();
    send_text("led_on");
    controller_published(controller, newest()->token, 0);
    assert_int_equal(event_back(0)->stage, JOURNAL_SENT);
    assert_int_equal(event_back(0)->broker_us, -1);
}

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

static void a_word_from_another_topic_names_the_topic_and_is_an_operators(void **state)
{
    (void)state;
    hear();
    report_answer(&report, "", "tilt_up", RESULT_OK, "");
    snprintf(report.status.last.on, sizeof report.status.last.on, "car/control");
    hear();
    assert_string_equal(event_back(0)->from, "car/control");
    assert_true(event_back(0)->named && !event_back(0)->local);
    assert_string_equal(model->others.from, "car/control");
    report_answer(&report, "", "led_on", RESULT_OK, "");
    memset(report.status.last.on, 't', PROTOCOL_WORDS_TOPIC_MAX);
    hear();
    assert_int_equal(strlen(event_back(0)->from), JOURNAL_FROM_SIZE - 1);
}

static void the_unnamed_devices_refusal_of_a_retained_command_clears_the_topic_once(void **state)
{
    (void)state;
    hear();
    for (int i = 0; i < 50; i++) {
        report_answer(&report, "", "tilt_up", RESULT_RETAINED, "a retained command is an old command");
        hear();
    }
    assert_int_equal(published_count, 1);
    assert_string_equal(newest()->topic, "jetson/control");
    assert_true(newest()->retain);
    assert_string_equal(newest()->payload, "");
}

static void a_named_devices_claim_of_a_retained_command_clears_nothing(void **state)
{
    (void)state;
    snprintf(report.status.device, sizeof report.status.device, "lab");
    hear();
    for (int i = 0; i < 50; i++) {
        report_answer(&report, i % 2 ? "7c21f00d" : "", "tilt_up", RESULT_RETAINED, "");
        hear();
    }
    assert_int_equal(published_count, 0);
}

static void a_refusal_of_our_own_command_as_retained_clears_the_devices_topic_once(void **state)
{
    (void)state;
    struct controller_address lab = {.device = "lab"};
    snprintf(report.status.device, sizeof report.status.device, "lab");
    hear();
    for (int i = 0; i < 3; i++) {
        controller_send(controller, &lab, "status");
        echo_from(&report, newest(), RESULT_RETAINED, "");
    }
    assert_int_equal(published_count, 4);
    assert_string_equal(published[1].topic, "jetson/lab/control");
    assert_true(published[1].retain);
    assert_string_equal(published[1].payload, "");
}

static void a_status_of_another_boot_does_not_prove_that_nothing_moves(void **state)
{
    (void)state;
    be_ready();
    send_text("tilt 20");
    report.status.channels[0].moving = true;
    echo(newest());
    struct report forged;
    report_init(&forged, "", "f00d");
    hear_as(&forged, false);
    hear_as(&forged, false);
    assert_true(controller_busy(controller));
    assert_int_equal(controller_leave(controller), 1);
    assert_string_equal(field(newest(), "cmd"), "stop");
    report_finish(&forged);
}

static void anothers_result_does_not_prove_that_what_we_moved_is_at_rest(void **state)
{
    (void)state;
    be_ready();
    send_text("tilt 20");
    struct published ours = *newest();
    report.status.channels[0].moving = true;
    echo(&ours);
    report.status.channels[0].moving = false;
    report_answer(&report, "7c21f00d7c21f00d", "led_on", RESULT_OK, "");
    hear();
    assert_true(controller_busy(controller));
    report_answer(&report, field(&ours, "id"), "tilt 20", RESULT_OK, "");
    hear();
    assert_false(controller_busy(controller));
}

static void other_channels_under_one_boot_make_us_ask_and_only_the_answer_counts(void **state)
{
    (void)state;
    struct report forged;
    be_ready();
    report_init(&forged, "", "b007");
    forged.status.seq = 1000;
    snprintf(forged.status.channels[0].id.name, PROTOCOL_NAME_MAX + 1, "claw");
    for (int i = 0; i < 100; i++) {
        hear_as(&forged, false);
        now += MS;
    }
    assert_string_equal(model->devices[0]->status->channels[0].id.name, "tilt");
    assert_int_equal(published_count, 1);
    assert_string_equal(field(newest(), "cmd"), "status");
    assert_non_null(strstr(event_back(0)->text, "was not taken"));
    controller_step(controller, &UNNAMED, "tilt", 1, 5);
    assert_string_equal(field(newest(), "cmd"), "tilt_up");
    // The device itself has them: that is told before a key can act on them.
    report_answer(&forged, field(&published[0], "id"), "status", RESULT_OK, "");
    hear_as(&forged, false);
    assert_string_equal(model->devices[0]->status->channels[0].id.name, "claw");
    assert_non_null(strstr(event_back(0)->text, "other channels now"));
    report_finish(&forged);
}

static void who_only_watches_asks_no_doubted_device(void **state)
{
    (void)state;
    make(true, 1);
    hear();
    report.status.count = 1;
    hear();
    assert_int_equal(published_count, 0);
    assert_int_equal(model->devices[0]->status->count, 4);
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

static void a_broker_that_takes_qos_0_only_is_said_to_have_acknowledged_nothing(void **state)
{
    (void)state;
    broker_qos = 0;
    link_is(LINK_WAITING);
    link_is(LINK_UP);
    be_ready();
    send_text("led_on");
    controller_published(controller, newest()->token, 0); // it has left, no more
    assert_int_equal(event_back(0)->broker_us, -1);
    assert_int_equal(event_back(0)->stage, JOURNAL_SENT);
    echo(newest());
    assert_int_equal(finished.stage, JOURNAL_DONE);
}

static void a_command_that_the_broker_refuses_drops_what_waits_for_its_answer(void **state)
{
    (void)state;
    hear();
    send_text("tilt 5");
    assert_string_equal(field(newest(), "cmd"), "status");
    controller_published(controller, newest()->token, 151);
    assert_int_equal(finished.stage, JOURNAL_DROPPED);
    assert_non_null(strstr(finished.why, "MQTT reason 151 on jetson/control"));
    controller_published(controller, 77777, 0); // of nobody
}

static void a_device_that_makes_room_takes_its_commands_with_it(void **state)
{
    (void)state;
    struct controller_address lab = {.device = "lab"};
    snprintf(report.status.device, sizeof report.status.device, "lab");
    hear();
    controller_send(controller, &lab, "led_on");
    controller_stop(controller, &lab);
    report_encode_offline(&report, "");
    controller_status(controller, "jetson/lab/status", report.text, report.len, false);
    controller_status(controller, "jetson/lab/status", "", 0, false);
    assert_null(model_find(model, "lab", NULL));
    assert_int_equal(finished.stage, JOURNAL_NO_ECHO);
    assert_non_null(strstr(finished.why, "gone"));
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_NONE);
    for (size_t i = 0; i < published_count; i++)
        controller_published(controller, published[i].token, 0); // late, and nobody's any more
}

static void while_2048_devices_report_one_with_a_stop_under_way_makes_no_room(void **state)
{
    (void)state;
    struct controller_address first = {.device = "n0"};
    for (int i = 0; i < MODEL_DEVICES_MAX; i++) {
        snprintf(report.status.device, sizeof report.status.device, "n%d", i);
        hear();
    }
    controller_stop(controller, &first);
    now += 4 * SECOND; // all are silent now
    snprintf(report.status.device, sizeof report.status.device, "new");
    hear();
    assert_non_null(model_find(model, "new", NULL));
    assert_non_null(model_find(model, "n0", NULL));
    assert_int_equal(model->count, MODEL_DEVICES_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(only_answers_to_own_ids_and_not_retained_ones_are_samples),
        PROMISE(a_commands_life_is_kept_with_its_times),
        PROMISE(a_result_not_known_here_is_a_failure_under_its_own_name),
        PROMISE(a_late_echo_still_finds_its_command),
        PROMISE(a_restarted_device_ends_what_is_unanswered),
        PROMISE(at_qos_0_nothing_is_said_of_the_broker),
        PROMISE(others_commands_appear_once_with_the_start_of_their_id),
        PROMISE(a_word_from_another_topic_names_the_topic_and_is_an_operators),
        PROMISE(a_button_of_the_device_is_named),
        PROMISE(the_unnamed_devices_refusal_of_a_retained_command_clears_the_topic_once),
        PROMISE(a_named_devices_claim_of_a_retained_command_clears_nothing),
        PROMISE(a_refusal_of_our_own_command_as_retained_clears_the_devices_topic_once),
        PROMISE(a_status_of_another_boot_does_not_prove_that_nothing_moves),
        PROMISE(anothers_result_does_not_prove_that_what_we_moved_is_at_rest),
        PROMISE(other_channels_under_one_boot_make_us_ask_and_only_the_answer_counts),
        PROMISE(who_only_watches_asks_no_doubted_device),
        PROMISE(who_only_watches_clears_nothing),
        PROMISE(the_tutorial_is_told_when_nobody_listens_or_the_broker_forbids),
        PROMISE(a_broker_that_takes_qos_0_only_is_said_to_have_acknowledged_nothing),
        PROMISE(a_command_that_the_broker_refuses_drops_what_waits_for_its_answer),
        PROMISE(a_device_that_makes_room_takes_its_commands_with_it),
        PROMISE(while_2048_devices_report_one_with_a_stop_under_way_makes_no_room),
    };
    return cmocka_run_group_tests_name("controller_receive", tests, NULL, NULL);
}
