// SPDX-License-Identifier: MIT
// Ids, deadlines on the device's clock, the life of a command, refusals.
#include "tests/unit/pc-tui/controller/controller_fixture.h"

static void an_id_is_the_random_of_this_run_and_a_counter(void **state)
{
    (void)state;
    be_ready();
    send_text("led_on");
    assert_string_equal(newest()->topic, "jetson/control");
    assert_string_equal(field(newest(), "id"), "9f3c7a1e5b2d4c60-2");
    assert_string_equal(field(newest(), "cmd"), "led_on");
    assert_false(newest()->retain);
    send_text("led_off");
    assert_string_equal(field(newest(), "id"), "9f3c7a1e5b2d4c60-3");
}

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

static void the_sample_of_the_smallest_round_trip_counts(void **state)
{
    (void)state;
    hear();
    send_text("status");
    now += 200 * MS;
    echo(newest());
    send_text("tilt 1");
    assert_int_equal(deadline(newest()), now / MS + AGENT_AHEAD_MS + 100 + 1500);
    now += 2 * MS;
    echo(newest());
    send_text("tilt 2");
    now += 300 * MS;
    echo(newest());
    send_text("tilt 3");
    assert_int_equal(deadline(newest()), now / MS + AGENT_AHEAD_MS + 1 + 1500);
}

static void answer_after(int64_t trip_us)
{
    send_text("status");
    now += trip_us;
    echo(newest());
}

static void the_best_sample_of_a_minute_survives_a_thousand_worse_ones(void **state)
{
    (void)state;
    be_ready();
    for (int i = 0; i < 1000; i++) {
        answer_after((20 + i * 7 % 200) * MS);
        now += (i % 3) * MS;
        if (now > START + 55 * (int64_t)SECOND)
            break;
    }
    assert_true(now > START + 55 * (int64_t)SECOND);
    send_text("tilt 3");
    assert_int_equal(deadline(newest()), now / MS + AGENT_AHEAD_MS + 1 + 1500);
}

static void under_jitter_the_best_of_the_last_60_seconds_counts_at_every_moment(void **state)
{
    (void)state;
    enum { ROUNDS = 4000 };
    static struct {
        int64_t at_us, trip_us;
    } taken[ROUNDS];
    uint32_t random = 12345;
    hear();
    for (int i = 0; i < ROUNDS; i++) {
        random = random * 1664525 + 1013904223;
        taken[i].trip_us = (1 + (random >> 16) % 300) * 2 * MS;
        answer_after(taken[i].trip_us);
        taken[i].at_us = now;
        int64_t best_us = INT64_MAX;
        for (int k = i; k >= 0 && now - taken[k].at_us <= 60 * (int64_t)SECOND; k--)
            best_us = taken[k].trip_us < best_us ? taken[k].trip_us : best_us;
        send_text("led_on");
        int64_t off_ms = deadline(newest()) - (now / MS + AGENT_AHEAD_MS + 1500);
        if (off_ms != best_us / 2 / MS)
            fail_msg("round %d: %" PRId64 " ms off, %" PRId64 " expected", i, off_ms, best_us / 2 / MS);
        report_answer(&report, field(newest(), "id"), "led_on", RESULT_OK, "");
        hear_as(&report, true); // its own answer is to be no sample
        now += (random >> 8) % 400 * MS;
        hear();
        published_count = 0;
    }
}

// The device's clock against ours: by how much it is ahead.
static void clocks_move_apart_by(int64_t ms)
{
    agent_ahead_ms += ms;
}

static void after_a_suspend_of_either_machine_one_expired_command_teaches_the_new_clock(void **state)
{
    (void)state;
    static const int64_t jumps_ms[] = {3600000, -3600000, 4000, -4000};
    for (size_t i = 0; i < sizeof jumps_ms / sizeof jumps_ms[0]; i++) {
        be_ready();
        int64_t old_ms = agent_ahead_ms;
        clocks_move_apart_by(jumps_ms[i]);
        hear();
        send_text("tilt 1");
        assert_in_range(deadline(newest()), now / MS + old_ms + 1500, now / MS + old_ms + 1502);
        // Longer than the round trip of the sample from before, which would have been preferred for a minute.
        now += 40 * MS;
        echo_from(&report, newest(), jumps_ms[i] > 0 ? RESULT_EXPIRED : RESULT_OK, "");
        send_text("tilt 2");
        assert_int_equal(deadline(newest()), now / MS + agent_ahead_ms + 20 + 1500);
        echo(newest());
        clocks_move_apart_by(-jumps_ms[i]);
        answer_after(2 * MS);
    }
}

static void a_good_clock_that_drifts_loses_no_sample(void **state)
{
    (void)state;
    be_ready();
    for (int i = 0; i < 5; i++) { // 200 ppm, 2 ms in ten seconds
        pass(10 * (int64_t)SECOND);
        clocks_move_apart_by(2);
        hear();
        answer_after(30 * MS);
    }
    hear();
    send_text("tilt 3");
    assert_int_equal(deadline(newest()), now / MS + AGENT_AHEAD_MS + 1 + 1500);
}

static void a_sample_is_forgotten_after_60_seconds(void **state)
{
    (void)state;
    be_ready();
    pass(60 * (int64_t)SECOND);
    hear();
    send_text("tilt 1");
    assert_string_equal(field(newest(), "cmd"), "tilt 1");
    echo(newest());
    pass(60 * (int64_t)SECOND + 1);
    hear();
    send_text("tilt 2");
    assert_string_equal(field(newest(), "cmd"), "status");
}

static void a_sample_is_forgotten_on_a_new_boot(void **state)
{
    (void)state;
    be_ready();
    snprintf(report.status.boot, sizeof report.status.boot, "f00d");
    hear();
    send_text("tilt 2");
    assert_string_equal(field(newest(), "cmd"), "status");
    now += MS;
    echo(newest());
    assert_string_equal(field(newest(), "cmd"), "tilt 2");
    assert_string_equal(field(newest(), "boot"), "f00d");
}

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

static void a_clock_that_cannot_be_is_no_sample(void **state)
{
    (void)state;
    hear();
    send_text("tilt 2");
    char text[PROTOCOL_STATUS_MAX];
    const char *t[] = {"-5", "9223372036854775807", "1e300"};
    for (size_t i = 0; i < 3; i++) {
        int len = snprintf(text, sizeof text,
            "{\"v\":1,\"device\":\"\",\"online\":true,\"boot\":\"b007\",\"seq\":9,\"t\":%s,\"report\":1,"
            "\"channels\":{\"tilt\":{\"kind\":\"servo\"}},"
            "\"last\":{\"n\":%zu,\"id\":\"%s\",\"cmd\":\"status\",\"result\":\"ok\"}}",
            t[i], i + 1, field(&published[0], "id"));
        controller_status(controller, "jetson/status", text, (size_t)len, false);
        assert_int_equal(published_count, 1);
    }
    pass(2 * SECOND);
    assert_int_equal(published_count, 1);
    assert_int_equal(finished.stage, JOURNAL_DROPPED);
}

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
    assert_false(controller_busy(controller));
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
    struct controller_options options = {
        .root = "jetson", .run = 1, .ttl_ms = 1500, .qos = 1, .ask_device = true};
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

static void what_makes_things_safer_is_sent_to_a_silent_device_too(void **state)
{
    (void)state;
    be_ready();
    pass(5 * SECOND);
    assert_int_equal(send_text("off").verdict, CONTROLLER_TAKEN);
    assert_int_equal(deadline(newest()), -1);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(an_id_is_the_random_of_this_run_and_a_counter),
        PROMISE(a_named_device_is_spoken_to_on_its_own_topic),
        PROMISE(motion_waits_for_a_sample_of_the_devices_clock),
        PROMISE(motion_carries_its_deadline_on_the_devices_clock_and_the_boot),
        PROMISE(the_sample_of_the_smallest_round_trip_counts),
        PROMISE(the_best_sample_of_a_minute_survives_a_thousand_worse_ones),
        PROMISE(under_jitter_the_best_of_the_last_60_seconds_counts_at_every_moment),
        PROMISE(after_a_suspend_of_either_machine_one_expired_command_teaches_the_new_clock),
        PROMISE(a_good_clock_that_drifts_loses_no_sample),
        PROMISE(a_sample_is_forgotten_after_60_seconds),
        PROMISE(a_sample_is_forgotten_on_a_new_boot),
        PROMISE(only_answers_to_own_ids_and_not_retained_ones_are_samples),
        PROMISE(a_clock_that_cannot_be_is_no_sample),
        PROMISE(without_an_answer_the_wish_ends_unsent),
        PROMISE(a_retained_status_alone_makes_every_command_wait_for_a_sign_of_life),
        PROMISE(a_commands_life_is_kept_with_its_times),
        PROMISE(a_result_not_known_here_is_a_failure_under_its_own_name),
        PROMISE(unanswered_past_its_deadline_is_no_echo_and_is_never_sent_again),
        PROMISE(a_late_echo_still_finds_its_command),
        PROMISE(a_lost_link_ends_what_is_unanswered_and_nothing_is_sent_again),
        PROMISE(a_lost_and_a_regained_link_are_told),
        PROMISE(a_restarted_device_ends_what_is_unanswered),
        PROMISE(nobody_listening_and_a_denied_publish_are_said_at_once),
        PROMISE(at_qos_0_nothing_is_said_of_the_broker),
        PROMISE(words_nobody_knows_are_refused_here_with_the_nearest),
        PROMISE(where_the_device_is_to_decide_unknown_words_reach_it_with_a_deadline),
        PROMISE(an_offline_a_stale_and_an_unknown_device_are_refused_with_the_reason),
        PROMISE(nothing_wished_while_the_broker_is_away_is_ever_sent),
        PROMISE(a_wish_that_waits_for_the_clock_dies_with_the_link),
        PROMISE(what_makes_things_safer_is_sent_to_a_silent_device_too),
        PROMISE(read_only_sends_stop_and_nothing_else),
        PROMISE(at_most_four_other_commands_are_unanswered),
    };
    return cmocka_run_group_tests_name("controller", tests, NULL, NULL);
}
