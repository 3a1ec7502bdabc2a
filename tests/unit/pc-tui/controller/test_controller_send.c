// SPDX-License-Identifier: MIT
// What is sent, what waits and what is refused.
#include "tests/unit/pc-tui/controller/controller_fixture.h"

static void a_named_device_is_spoken_to_on_its_own_topic(void **state)
{
    (void)state;
    snprintf(report.status.device, sizeof report.status.device, "lab2");
    hear();
    struct controller_address to = {.device = "lab2"};
    assert_int_equal(controller_send(controller, &to, "led_on").verdict, CONTROLLER_TAKEN);
    assert_string_equal(newest()->topic, "jetson/lab2/control");
}

static void motion_waits_for_a_sample_of_the_devices_clock(void **state)
{
    (void)state;
    hear();
    struct controller_answer answer = send_text("tilt 20");
    assert_int_equal(answer.verdict, CONTROLLER_TAKEN);
    assert_int_equal(published_count, 1);
    assert_string_equal(field(newest(), "cmd"), "status");
    assert_int_equal(deadline(newest()), -1);
    assert_int_equal(event_back(0)->stage, JOURNAL_WAITING);
    hear(); // a heartbeat is no answer
    assert_int_equal(published_count, 1);
    now += 4 * MS;
    echo(newest());
    assert_int_equal(published_count, 2);
    assert_string_equal(field(newest(), "cmd"), "tilt 20");
    assert_int_equal(event_back(0)->stage, JOURNAL_SENT);
    assert_int_equal(journal_count(&model->journal), 1); // the question for the clock is no event
}

static void motion_carries_its_deadline_on_the_devices_clock_and_the_boot(void **state)
{
    (void)state;
    be_ready();
    // The sample: sent at x, received at x + 2 ms with the agent's x + 2 ms + ahead; half the way is 1 ms.
    send_text("tilt 20");
    assert_int_equal(deadline(newest()), now / MS + AGENT_AHEAD_MS + 1 + 1500);
    assert_string_equal(field(newest(), "boot"), "b007");
}

static void a_retained_status_alone_makes_every_command_wait_for_a_sign_of_life(void **state)
{
    (void)state;
    hear_as(&report, true);
    send_text("led_on");
    assert_int_equal(published_count, 1);
    assert_string_equal(field(newest(), "cmd"), "status");
    now += MS;
    echo(newest());
    assert_string_equal(field(newest(), "cmd"), "led_on");
}

static void nobody_listening_and_a_denied_publish_are_said_at_once(void **state)
{
    (void)state;
    be_ready();
    send_text("led_on");
    controller_published(controller, newest()->token, 16);
    assert_int_equal(finished.stage, JOURNAL_NO_ECHO);
    assert_string_equal(finished.why, "nobody listens on jetson/control");
    send_text("led_off");
    controller_published(controller, newest()->token, 135);
    assert_non_null(strstr(finished.why, "does not allow"));
    assert_int_equal(finished_count, 2);
}

static void words_nobody_knows_are_refused_here_with_the_nearest(void **state)
{
    (void)state;
    be_ready();
    assert_refused(send_text("tilt_upp"), "tilt_up");
    assert_refused(send_text("tilt nan"), "");
    assert_refused(send_text("led_on 3"), "");
    assert_int_equal(published_count, 0);
}

static void where_the_device_is_to_decide_unknown_words_reach_it_with_a_deadline(void **state)
{
    (void)state;
    struct controller_options options = {.root = "jetson", .ttl_ms = 1500, .qos = 1, .ask_device = true};
    controller_free(controller);
    controller = controller_new(model, &options, &shell, NULL);
    be_ready();
    assert_int_equal(send_text("tilt_upp").verdict, CONTROLLER_TAKEN);
    assert_string_equal(field(newest(), "cmd"), "tilt_upp");
    assert_true(deadline(newest()) > 0);
    echo_from(&report, newest(), RESULT_UNKNOWN, "did you mean tilt_up?");
    assert_int_equal(finished.result, RESULT_UNKNOWN);
    assert_false(controller_busy(controller));
    struct controller_address all = {.all = true};
    assert_refused(controller_send(controller, &all, "tilt_upp"), "tilt_up");
    pass(10 * (int64_t)SECOND);
    assert_refused(send_text("tilt_upp"), "silent");
}

static void an_offline_a_stale_and_an_unknown_device_are_refused_with_the_reason(void **state)
{
    (void)state;
    be_ready();
    pass(3001 * MS);
    assert_refused(send_text("tilt_up"), "silent");
    assert_refused(send_text("led_on"), "silent");
    report_encode_offline(&report, "");
    controller_status(controller, "jetson/status", report.text, report.len, false);
    assert_refused(send_text("tilt_up"), "offline");
    struct controller_address other = {.device = "attic"};
    assert_refused(controller_send(controller, &other, "tilt_up"), "attic");
    struct controller_address none = {.device = NULL};
    assert_refused(controller_send(controller, &none, "tilt_up"), "no device");
    hear();
    pass(10 * (int64_t)SECOND);
    assert_int_equal(published_count, 0); // nothing was queued
}

static void nothing_wished_while_the_broker_is_away_is_ever_sent(void **state)
{
    (void)state;
    be_ready();
    link_is(LINK_WAITING);
    assert_refused(send_text("tilt_up"), "connection refused at localhost:1883");
    assert_refused(send_text("led_on"), "connection refused");
    assert_refused(controller_step(controller, &UNNAMED, "tilt", 1, 5), "connection refused");
    pass(SECOND);
    link_is(LINK_UP);
    hear();
    pass(20 * (int64_t)SECOND);
    assert_int_equal(published_count, 0);
}

static void what_makes_things_safer_is_sent_to_a_silent_device_too(void **state)
{
    (void)state;
    be_ready();
    pass(5 * SECOND);
    assert_int_equal(send_text("off").verdict, CONTROLLER_TAKEN);
    assert_string_equal(field(newest(), "cmd"), "off");
    assert_int_equal(send_text("tilt_stop").verdict, CONTROLLER_TAKEN);
    assert_int_equal(deadline(newest()), -1);
    assert_string_equal(field(newest(), "boot"), "");
}

static void read_only_sends_stop_and_nothing_else(void **state)
{
    (void)state;
    make(true, 1);
    hear();
    assert_refused(send_text("led_on"), "read-only");
    assert_refused(send_text("status"), "read-only");
    assert_refused(controller_step(controller, &UNNAMED, "tilt", 1, 5), "read-only");
    assert_int_equal(published_count, 0);
    assert_int_equal(controller_stop(controller, &UNNAMED).verdict, CONTROLLER_TAKEN);
    assert_int_equal(published_count, 1);
    assert_int_equal(send_text("stop").verdict, CONTROLLER_TAKEN);
    assert_true(controller_read_only(controller));
}

static void at_most_four_other_commands_are_unanswered(void **state)
{
    (void)state;
    be_ready();
    for (int i = 0; i < 4; i++)
        assert_int_equal(send_text("led_toggle").verdict, CONTROLLER_TAKEN);
    assert_refused(send_text("led_toggle"), "4 commands");
    assert_int_equal(controller_step(controller, &UNNAMED, "tilt", 1, 5).verdict, CONTROLLER_TAKEN);
    assert_int_equal(published_count, 5);
    echo(&published[0]);
    assert_int_equal(send_text("led_toggle").verdict, CONTROLLER_TAKEN);
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
        journal_describe(line, &finished, "jetson", 0), "sent  ✓ broker 0.1 ms — no device reports here");
    assert_int_equal(controller_step(controller, &UNNAMED, "tilt", 1, 20).verdict, CONTROLLER_TAKEN);
    assert_string_equal(newest()->payload, "tilt_up"); // the script knows no amounts
    hear();
    send_text("led_on");
    assert_int_equal(newest()->payload[0], '{'); // a device reports: no plain words any more
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

static void off_carries_its_deadline_and_waits_for_the_clock_of_a_live_device(void **state)
{
    (void)state;
    hear();
    send_text("off");
    assert_string_equal(field(newest(), "cmd"), "status");
    now += 2 * MS;
    echo(newest());
    assert_string_equal(field(newest(), "cmd"), "off");
    assert_string_equal(field(newest(), "boot"), "b007");
    assert_true(deadline(newest()) > 0);
}

static void off_to_a_device_whose_clock_cannot_be_learnt_moves_nothing(void **state)
{
    (void)state;
    hear_as(&report, true);
    send_text("off");
    assert_string_equal(field(newest(), "cmd"), "off");
    assert_string_equal(field(newest(), "boot"), "b007");
    assert_int_equal(deadline(newest()), 0); // always late: outputs go off, nothing moves
}

static void a_key_that_waited_is_void_once_the_channels_are_others(void **state)
{
    (void)state;
    hear_as(&report, true);
    controller_step(controller, &UNNAMED, "tilt", 1, 5);
    assert_string_equal(field(newest(), "cmd"), "status");
    snprintf(report.status.channels[1].id.name, PROTOCOL_NAME_MAX + 1, "claw");
    report.status.channels[1].axis = AXIS_TILT;
    echo(newest());
    assert_int_equal(finished.stage, JOURNAL_DROPPED);
    assert_non_null(strstr(finished.why, "press again"));
    assert_int_equal(published_count, 1);
}

static void a_device_that_is_gone_is_retired_and_one_that_reports_is_not(void **state)
{
    (void)state;
    char topic[PROTOCOL_TOPIC_MAX];
    hear();
    assert_refused(controller_retire(controller, ""), "still reports");
    assert_refused(controller_retire(controller, "attic"), "no device attic");
    snprintf(report.status.device, sizeof report.status.device, "lab");
    report_encode_offline(&report, "");
    protocol_topic(topic, "jetson", "lab", "status");
    controller_status(controller, topic, report.text, report.len, true);
    assert_int_equal(controller_retire(controller, "lab").verdict, CONTROLLER_TAKEN);
    assert_int_equal(published_count, 2);
    assert_string_equal(published[0].topic, "jetson/lab/about");
    assert_string_equal(published[1].topic, topic);
    for (size_t i = 0; i < 2; i++) {
        assert_true(published[i].retain);
        assert_string_equal(published[i].payload, "");
    }
    controller_published(controller, published[1].token, 0);
    assert_int_equal(finished.stage, JOURNAL_PLAIN);
    assert_string_equal(finished.why, "cleared");
    controller_status(controller, topic, "", 0, false); // what the broker passes on to us
    assert_null(model_find(model, "lab", NULL));
}

static void a_broker_that_forbids_retiring_is_told(void **state)
{
    (void)state;
    hear_as(&report, true);
    controller_retire(controller, "");
    controller_published(controller, newest()->token, 135);
    assert_int_equal(finished.stage, JOURNAL_NO_ECHO);
    assert_non_null(strstr(finished.why, "135"));
    publish_error = -EMSGSIZE;
    assert_refused(controller_retire(controller, ""), "cannot publish");
    publish_error = 0;
    make(false, 0);
    controller_retire(controller, "");
    assert_string_equal(finished.why, "cleared");
    make(true, 1);
    assert_refused(controller_retire(controller, ""), "read-only");
}

static void what_cannot_be_published_is_refused_with_the_systems_words(void **state)
{
    (void)state;
    be_ready();
    publish_error = -EMSGSIZE;
    assert_refused(send_text("led_on"), "Message too long");
    publish_error = 0;
    hear();
    pass(61 * (int64_t)SECOND);
    hear();
    publish_error = -EMSGSIZE;
    assert_refused(send_text("tilt 5"), "Message too long"); // the question for the clock
}

static void plain_words_beyond_eight_wait_for_the_broker(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        assert_int_equal(send_text("led_on").verdict, CONTROLLER_TAKEN);
    assert_int_equal(send_text("led_on").verdict, CONTROLLER_SKIPPED);
    publish_error = -EMSGSIZE;
    controller_published(controller, published[0].token, 0);
    assert_refused(send_text("led_on"), "cannot publish");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_named_device_is_spoken_to_on_its_own_topic),
        PROMISE(motion_waits_for_a_sample_of_the_devices_clock),
        PROMISE(motion_carries_its_deadline_on_the_devices_clock_and_the_boot),
        PROMISE(a_retained_status_alone_makes_every_command_wait_for_a_sign_of_life),
        PROMISE(nobody_listening_and_a_denied_publish_are_said_at_once),
        PROMISE(words_nobody_knows_are_refused_here_with_the_nearest),
        PROMISE(where_the_device_is_to_decide_unknown_words_reach_it_with_a_deadline),
        PROMISE(an_offline_a_stale_and_an_unknown_device_are_refused_with_the_reason),
        PROMISE(nothing_wished_while_the_broker_is_away_is_ever_sent),
        PROMISE(what_makes_things_safer_is_sent_to_a_silent_device_too),
        PROMISE(read_only_sends_stop_and_nothing_else),
        PROMISE(at_most_four_other_commands_are_unanswered),
        PROMISE(all_means_every_live_device_that_has_the_channel),
        PROMISE(a_thousand_devices_each_get_their_own_and_each_echo_finds_its_own),
        PROMISE(without_any_device_the_tutorials_words_are_published_plainly),
        PROMISE(just_connected_no_plain_word_is_risked),
        PROMISE(off_carries_its_deadline_and_waits_for_the_clock_of_a_live_device),
        PROMISE(off_to_a_device_whose_clock_cannot_be_learnt_moves_nothing),
        PROMISE(a_key_that_waited_is_void_once_the_channels_are_others),
        PROMISE(a_device_that_is_gone_is_retired_and_one_that_reports_is_not),
        PROMISE(a_broker_that_forbids_retiring_is_told),
        PROMISE(what_cannot_be_published_is_refused_with_the_systems_words),
        PROMISE(plain_words_beyond_eight_wait_for_the_broker),
    };
    return cmocka_run_group_tests_name("controller_send", tests, NULL, NULL);
}
