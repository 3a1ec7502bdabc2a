// SPDX-License-Identifier: MIT
// STOP always gets there, and leaving leaves nothing moving.
#include "tests/unit/pc-tui/controller/controller_fixture.h"

static void stop_has_no_deadline_and_is_repeated_until_it_is_echoed(void **state)
{
    (void)state;
    be_ready();
    assert_int_equal(controller_stop(controller, &UNNAMED).verdict, CONTROLLER_TAKEN);
    assert_int_equal(published_count, 1);
    assert_string_equal(field(newest(), "cmd"), "stop");
    assert_string_equal(field(newest(), "boot"), "");
    assert_int_equal(deadline(newest()), -1);
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_SENT);
    pass(249 * MS);
    assert_int_equal(published_count, 1);
    pass(MS);
    assert_int_equal(published_count, 2);
    pass(500 * MS);
    assert_int_equal(published_count, 4);
    assert_string_equal(field(newest(), "id"), field(&published[0], "id"));
    echo(newest());
    assert_int_equal(finished.stage, JOURNAL_DONE);
    assert_int_equal(finished.repeats, 3);
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_NONE);
    pass(10 * (int64_t)SECOND);
    assert_int_equal(published_count, 4);
}

static void the_echo_of_a_repeated_stop_says_nothing_about_the_clock(void **state)
{
    (void)state;
    hear();
    controller_stop(controller, &UNNAMED);
    pass(250 * MS);
    echo(newest());
    assert_int_equal(model->trips.count, 0);
    send_text("tilt 2");
    assert_string_equal(field(newest(), "cmd"), "status");
}

static void stop_that_nobody_confirms_ends_as_a_failure(void **state)
{
    (void)state;
    be_ready();
    controller_stop(controller, &UNNAMED);
    pass(10 * (int64_t)SECOND);
    assert_int_equal(finished.stage, JOURNAL_NO_ECHO);
    size_t count = published_count;
    assert_in_range(count, 39, 41);
    pass(10 * (int64_t)SECOND);
    assert_int_equal(published_count, count);
}

static void stop_goes_to_the_device_addressed_and_to_every_other_that_moves_because_of_us(void **state)
{
    (void)state;
    struct report lab, roof;
    report_init(&lab, "lab", "1ab");
    report_init(&roof, "roof", "700f");
    be_ready();
    hear_as(&lab, false);
    hear_as(&roof, false);
    struct controller_address to_lab = {.device = "lab"};
    controller_send(controller, &to_lab, "tilt 20");
    echo_from(&lab, newest(), RESULT_OK, "");
    lab.status.channels[0].moving = true;
    echo_from(&lab, newest(), RESULT_OK, "");
    roof.status.channels[0].moving = true; // not because of us
    hear_as(&roof, false);
    assert_true(controller_busy(controller));

    published_count = 0;
    assert_int_equal(controller_stop(controller, &UNNAMED).count, 2);
    assert_int_equal(published_count, 2);
    assert_string_equal(published[0].topic, "jetson/control");
    assert_string_equal(published[1].topic, "jetson/lab/control");
    echo(&published[0]);
    lab.status.channels[0].moving = false;
    echo_from(&lab, &published[1], RESULT_OK, "");
    assert_false(controller_busy(controller));
    published_count = 0;
    controller_stop(controller, &UNNAMED);
    assert_int_equal(published_count, 1);
    report_finish(&lab);
    report_finish(&roof);
}

static void without_a_link_stop_waits_and_goes_out_first_after_reconnecting(void **state)
{
    (void)state;
    be_ready();
    link_is(LINK_WAITING);
    assert_int_equal(controller_stop(controller, &UNNAMED).verdict, CONTROLLER_TAKEN);
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_NOT_SENT);
    assert_int_equal(published_count, 0);
    assert_non_null(strstr(event_back(0)->why, "NOT SENT"));
    pass(9 * SECOND);
    link_is(LINK_UP);
    assert_int_equal(published_count, 1); // before anything else happens
    assert_string_equal(field(newest(), "cmd"), "stop");
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_SENT);
}

static void a_stop_older_than_10_seconds_is_not_sent_any_more(void **state)
{
    (void)state;
    be_ready();
    link_is(LINK_WAITING);
    controller_stop(controller, &UNNAMED);
    pass(10 * (int64_t)SECOND + 1);
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_NONE);
    assert_int_equal(finished.stage, JOURNAL_DROPPED);
    link_is(LINK_UP);
    hear();
    pass(SECOND);
    assert_int_equal(published_count, 0);
}

static void a_stop_that_the_link_took_with_it_is_sent_again_first(void **state)
{
    (void)state;
    be_ready();
    controller_stop(controller, &UNNAMED);
    link_is(LINK_WAITING);
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_NOT_SENT);
    pass(SECOND);
    link_is(LINK_UP);
    assert_int_equal(published_count, 2);
    assert_string_equal(field(newest(), "cmd"), "stop");
}

static void a_stop_that_the_socket_refused_goes_out_with_the_next_link(void **state)
{
    (void)state;
    for (int with_device = 0; with_device < 2; with_device++) {
        if (with_device)
            be_ready();
        published_count = 0;
        connected = false; // the link is down, and has not said so yet
        controller_stop(controller, &UNNAMED);
        assert_int_equal(published_count, 0);
        link_is(LINK_WAITING);
        link_is(LINK_UP);
        assert_int_equal(published_count, 1);
    }
}

static void a_heartbeat_before_the_answer_does_not_prove_that_nothing_moves(void **state)
{
    (void)state;
    be_ready();
    send_text("tilt 20");
    hear();
    assert_true(controller_busy(controller));
    assert_int_equal(controller_leave(controller), 1);
}

static void a_retained_status_does_not_prove_that_nothing_moves(void **state)
{
    (void)state;
    be_ready();
    send_text("tilt 20");
    report.status.channels[0].moving = true;
    echo(newest());
    link_is(LINK_WAITING);
    link_is(LINK_UP);
    report.status.channels[0].moving = false;
    hear_as(&report, true);
    assert_true(controller_busy(controller));
    hear();
    assert_false(controller_busy(controller));
}

static void stop_cancels_what_still_waits(void **state)
{
    (void)state;
    hear();
    send_text("tilt 20");
    struct published question = *newest();
    controller_stop(controller, &UNNAMED);
    assert_int_equal(finished.stage, JOURNAL_DROPPED);
    echo(&question);
    for (size_t i = 0; i < published_count; i++)
        assert_string_not_equal(field(&published[i], "cmd"), "tilt 20");
}

static void nothing_moves_before_stop_is_confirmed(void **state)
{
    (void)state;
    be_ready();
    controller_stop(controller, &UNNAMED);
    assert_refused(send_text("tilt 20"), "STOP");
    assert_refused(controller_step(controller, &UNNAMED, "tilt", 1, 5), "STOP");
    echo(newest());
    assert_int_equal(send_text("tilt 20").verdict, CONTROLLER_TAKEN);
}

static void stop_is_never_refused_whatever_the_device(void **state)
{
    (void)state;
    be_ready();
    pass(60 * (int64_t)SECOND);
    assert_int_equal(controller_stop(controller, &UNNAMED).verdict, CONTROLLER_TAKEN); // stale
    assert_int_equal(published_count, 1);
    struct controller_address unknown = {.device = "attic"};
    controller_stop(controller, &unknown);
    assert_string_equal(newest()->topic, "jetson/control"); // whoever listens
    assert_string_equal(newest()->payload, "stop");
}

static void the_word_stop_is_the_same_stop(void **state)
{
    (void)state;
    be_ready();
    send_text(" STOP ");
    pass(250 * MS);
    assert_int_equal(published_count, 2);
    assert_string_equal(field(newest(), "cmd"), "stop");
}

static void leaving_stops_what_we_moved_once(void **state)
{
    (void)state;
    be_ready();
    send_text("tilt 20");
    assert_int_equal(controller_leave(controller), 1);
    assert_int_equal(published_count, 2);
    assert_string_equal(field(newest(), "cmd"), "stop");
    assert_false(controller_stop_is_safe(controller));
    controller_published(controller, newest()->token, 0);
    assert_true(controller_stop_is_safe(controller));
    assert_refused(send_text("led_on"), "leaving");
}

static void leaving_with_a_servo_of_ours_under_way_stops_it(void **state)
{
    (void)state;
    be_ready();
    send_text("tilt 20");
    report.status.channels[0].moving = true;
    echo(newest());
    assert_int_equal(controller_leave(controller), 1);
}

static void leaving_in_peace_sends_nothing(void **state)
{
    (void)state;
    be_ready();
    send_text("tilt 20");
    echo(newest());
    send_text("led_on");
    report.status.channels[1].moving = true; // somebody else's, after ours had ended
    report.status.last.id[0] = '\0';
    hear();
    published_count = 0;
    assert_int_equal(controller_leave(controller), 0);
    assert_int_equal(published_count, 0);
    assert_true(controller_stop_is_safe(controller));
}

static void leaving_drops_a_wish_that_waits(void **state)
{
    (void)state;
    hear();
    send_text("tilt 20");
    controller_leave(controller);
    echo(&published[0]);
    assert_int_equal(published_count, 1);
}

static void after_a_pause_commands_go_on(void **state)
{
    (void)state;
    be_ready();
    send_text("tilt 20");
    assert_int_equal(controller_pause(controller), 1);
    echo(newest());
    assert_int_equal(send_text("led_on").verdict, CONTROLLER_TAKEN);
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

static void a_stop_that_the_broker_refuses_is_told_at_once_and_tried_again(void **state)
{
    (void)state;
    be_ready();
    controller_stop(controller, &UNNAMED);
    controller_published(controller, newest()->token, 135);
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_REFUSED);
    assert_int_equal(finished.stage, JOURNAL_NO_ECHO);
    assert_non_null(strstr(finished.why, "STOP REFUSED: the broker does not allow"));
    assert_true(journal_failed(event_back(0)));
    pass(250 * MS);
    assert_int_equal(published_count, 2);
    controller_published(controller, newest()->token, 135);
    assert_int_equal(finished_count, 1); // once is enough
    pass(250 * MS);
    controller_published(controller, newest()->token, 0); // the right was given meanwhile
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_SENT);
    echo(newest());
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_NONE);
    assert_int_equal(finished.stage, JOURNAL_DONE);
}

static void a_stop_that_cannot_be_published_is_never_called_sent(void **state)
{
    (void)state;
    be_ready();
    publish_error = -EINVAL;
    controller_stop(controller, &UNNAMED);
    assert_int_equal(published_count, 0);
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_NOT_SENT);
    assert_int_equal(event_back(0)->stage, JOURNAL_WAITING);
    assert_non_null(strstr(event_back(0)->why, "NOT SENT: Invalid argument"));
    publish_error = 0;
    pass(250 * MS);
    assert_int_equal(published_count, 1);
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_SENT);
}

static void to_all_one_stop_goes_ahead_of_each_devices_own(void **state)
{
    (void)state;
    struct report lab;
    struct controller_address all = {.device = "", .all = true};
    report_init(&lab, "lab", "1ab");
    be_ready();
    hear_as(&lab, false);
    assert_int_equal(controller_stop(controller, &all).count, 2);
    assert_int_equal(published_count, 3);
    assert_string_equal(published[0].topic, "jetson/control");
    assert_string_equal(published[1].topic, "jetson/control");
    assert_string_equal(published[2].topic, "jetson/lab/control");
    assert_string_equal(field(&published[0], "cmd"), "stop");
    assert_string_equal(field(&published[0], "boot"), "");
    // The echo of the stop for all proves as much as that of the device's own.
    size_t events = journal_count(&model->journal);
    echo_from(&lab, &published[0], RESULT_OK, "");
    assert_int_equal(finished.stage, JOURNAL_DONE);
    echo_from(&lab, &published[2], RESULT_OK, "");
    assert_int_equal(journal_count(&model->journal), events);
    echo(&published[1]);
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_NONE);
    pass(SECOND);
    assert_int_equal(published_count, 3);
    report_finish(&lab);
}

static void a_stop_for_everyone_needs_no_device_and_counts_its_echoes(void **state)
{
    (void)state;
    struct report lab;
    controller_stop_everyone(controller, "");
    assert_int_equal(published_count, 1);
    assert_string_equal(newest()->topic, "jetson/control");
    assert_string_equal(field(newest(), "cmd"), "stop");
    assert_string_equal(field(newest(), "boot"), "");
    pass(250 * MS);
    assert_int_equal(published_count, 2);
    assert_string_equal(field(&published[0], "id"), field(&published[1], "id"));
    report_init(&lab, "lab", "1ab");
    hear();
    hear_as(&lab, false);
    assert_false(controller_stop_echoed(controller, model_find(model, "lab", NULL)));
    echo_from(&lab, newest(), RESULT_OK, "");
    assert_true(controller_stop_echoed(controller, model_find(model, "lab", NULL)));
    assert_false(controller_stop_echoed(controller, model_find(model, "", NULL)));
    controller_stop_everyone(controller, "lab");
    assert_string_equal(newest()->topic, "jetson/lab/control");
    assert_false(controller_stop_echoed(controller, model_find(model, "lab", NULL)));
    report_finish(&lab);
}

static void a_stop_for_everyone_that_the_broker_refuses_is_told(void **state)
{
    (void)state;
    controller_stop_everyone(controller, "");
    controller_published(controller, newest()->token, 135);
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_REFUSED);
    assert_non_null(strstr(finished.why, "does not allow us to publish on jetson/control"));
}

static void a_plain_stop_waits_for_its_puback_behind_other_plain_words(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++)
        send_text("led_on");
    finished_count = 0;
    controller_stop(controller, &UNNAMED);
    assert_string_equal(newest()->payload, "stop");
    assert_int_equal(finished_count, 1); // there is no room to wait, but it went out
    assert_int_equal(finished.stage, JOURNAL_PLAIN);
    for (size_t i = 0; i < 8; i++)
        controller_published(controller, published[i].token, 0);
    assert_int_equal(finished_count, 9); // and no other word lost its place
}

static void at_qos_0_a_plain_stop_is_done_when_it_left(void **state)
{
    (void)state;
    make(false, 0);
    controller_stop(controller, &UNNAMED);
    assert_int_equal(finished.stage, JOURNAL_PLAIN);
    assert_int_equal(controller_stop_state(controller), CONTROLLER_STOP_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(stop_has_no_deadline_and_is_repeated_until_it_is_echoed),
        PROMISE(the_echo_of_a_repeated_stop_says_nothing_about_the_clock),
        PROMISE(stop_that_nobody_confirms_ends_as_a_failure),
        PROMISE(stop_goes_to_the_device_addressed_and_to_every_other_that_moves_because_of_us),
        PROMISE(without_a_link_stop_waits_and_goes_out_first_after_reconnecting),
        PROMISE(a_stop_older_than_10_seconds_is_not_sent_any_more),
        PROMISE(a_stop_that_the_link_took_with_it_is_sent_again_first),
        PROMISE(a_stop_that_the_socket_refused_goes_out_with_the_next_link),
        PROMISE(a_heartbeat_before_the_answer_does_not_prove_that_nothing_moves),
        PROMISE(a_retained_status_does_not_prove_that_nothing_moves),
        PROMISE(stop_cancels_what_still_waits),
        PROMISE(nothing_moves_before_stop_is_confirmed),
        PROMISE(stop_is_never_refused_whatever_the_device),
        PROMISE(the_word_stop_is_the_same_stop),
        PROMISE(leaving_stops_what_we_moved_once),
        PROMISE(leaving_with_a_servo_of_ours_under_way_stops_it),
        PROMISE(leaving_in_peace_sends_nothing),
        PROMISE(leaving_drops_a_wish_that_waits),
        PROMISE(after_a_pause_commands_go_on),
        PROMISE(stop_without_a_device_is_a_plain_word_that_waits_for_the_link_too),
        PROMISE(a_stop_that_the_broker_refuses_is_told_at_once_and_tried_again),
        PROMISE(a_stop_that_cannot_be_published_is_never_called_sent),
        PROMISE(to_all_one_stop_goes_ahead_of_each_devices_own),
        PROMISE(a_stop_for_everyone_needs_no_device_and_counts_its_echoes),
        PROMISE(a_stop_for_everyone_that_the_broker_refuses_is_told),
        PROMISE(a_plain_stop_waits_for_its_puback_behind_other_plain_words),
        PROMISE(at_qos_0_a_plain_stop_is_done_when_it_left),
    };
    return cmocka_run_group_tests_name("controller_stop", tests, NULL, NULL);
}
