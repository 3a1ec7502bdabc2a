// SPDX-License-Identifier: MIT
// A motor's commands, one by one: what is refused, and what NAME_stop does whatever is refused.
#include "tests/unit/pc-tui/controller/controller_fixture.h"

static void add_motor(const char *name)
{
    struct status *status = &report.status;
    struct status_channel *motor = &status->channels[status->count++];
    *motor = (struct status_channel){.id = {.kind = CHANNEL_MOTOR}, .speed = 60, .max = 99, .run_ms = 500};
    snprintf(motor->id.name, sizeof motor->id.name, "%s", name);
}

static void be_a_car(void)
{
    add_motor("drive");
    be_ready();
}

static struct controller_answer drive(bool fresh)
{
    return controller_drive(controller, "", "drive", 40, fresh);
}

static void the_clock_is_known_before_the_first_press(void **state)
{
    (void)state;
    add_motor("drive");
    hear();
    assert_refused(drive(true), "asked for its clock");
    assert_string_equal(field(newest(), "cmd"), "status");
    now += 2 * MS;
    echo(newest());
    assert_int_equal(drive(true).verdict, CONTROLLER_TAKEN);
    assert_string_equal(field(newest(), "cmd"), "drive_forward 40");
}

static void a_clock_that_will_be_too_old_is_asked_for_in_time(void **state)
{
    (void)state;
    be_a_car();
    controller_prepare_drive(controller, "");
    assert_int_equal(published_count, 0);
    for (int i = 0; i < 50; i++) {
        pass(SECOND);
        hear();
    }
    controller_prepare_drive(controller, "");
    assert_int_equal(published_count, 1);
    controller_prepare_drive(controller, ""); // one is enough
    controller_prepare_drive(controller, "nobody");
    assert_int_equal(published_count, 1);
    assert_string_equal(field(newest(), "cmd"), "status");
}

static void one_command_at_a_time_and_an_echo_that_is_lost_blocks_for_the_run_at_most(void **state)
{
    (void)state;
    be_a_car();
    assert_int_equal(drive(true).verdict, CONTROLLER_TAKEN);
    pass(40 * MS);
    assert_int_equal(drive(false).verdict, CONTROLLER_SKIPPED);
    echo(newest());
    assert_int_equal(drive(false).verdict, CONTROLLER_TAKEN);
    pass(499 * MS);
    assert_int_equal(drive(false).verdict, CONTROLLER_SKIPPED);
    pass(1 * MS);
    assert_int_equal(drive(false).verdict, CONTROLLER_TAKEN);
    assert_int_equal(event_back(0)->repeats, 2); // one row for the whole press
}

static void a_device_that_refuses_for_another_reason_says_which(void **state)
{
    (void)state;
    be_a_car();
    drive(true);
    echo_from(&report, newest(), RESULT_FAULT, "0x40: No such device");
    assert_refused(drive(false), "0x40: No such device");
    drive(true);
    echo_from(&report, newest(), RESULT_EXPIRED, "");
    assert_refused(drive(false), "expired");
    drive(true);
    echo_from(&report, newest(), RESULT_LIMIT, "20 %: less does not turn it");
    assert_int_equal(drive(false).verdict, CONTROLLER_TAKEN);
}

static void an_answer_to_the_press_before_means_nothing_for_this_one(void **state)
{
    (void)state;
    be_a_car();
    drive(true);
    struct published first = *newest();
    pass(600 * MS);
    assert_int_equal(drive(true).verdict, CONTROLLER_TAKEN);
    echo_from(&report, &first, RESULT_REFUSED, "stopped meanwhile");
    echo(newest());
    assert_int_equal(drive(false).verdict, CONTROLLER_TAKEN);
}

static void what_is_not_there_is_not_driven(void **state)
{
    (void)state;
    be_a_car();
    assert_refused(controller_drive(controller, "", "tilt", 40, true), "no motor tilt");
    assert_refused(controller_drive(controller, "", "claw", 40, true), "no motor claw");
    assert_refused(controller_drive(controller, "roof", "drive", 40, true), "no device roof");
    report_encode_offline(&report, "");
    controller_status(controller, "jetson/status", report.text, report.len, false);
    assert_refused(drive(true), "offline");
    assert_int_equal(published_count, 0);
    make(true, 1);
    hear();
    assert_refused(drive(true), "read-only");
}

static void the_stop_of_a_motor_counts_nowhere_and_is_never_refused(void **state)
{
    (void)state;
    be_a_car();
    for (int i = 0; i < CONTROLLER_OTHERS_MAX; i++)
        assert_int_equal(send_text("led_toggle").verdict, CONTROLLER_TAKEN);
    assert_refused(send_text("led_toggle"), "has not answered 4 commands");
    size_t unanswered = controller_unanswered(controller, "");
    struct controller_answer answer = send_text("drive_stop");
    assert_int_equal(answer.verdict, CONTROLLER_TAKEN);
    assert_int_equal(controller_unanswered(controller, ""), unanswered);
    assert_string_equal(field(newest(), "boot"), "b007");
    assert_string_equal(field(newest(), "cmd"), "drive_stop");
    echo(newest());
    assert_int_equal(finished.serial, answer.serial);
    assert_int_equal(finished.stage, JOURNAL_DONE);
    controller_stop(controller, &UNNAMED);
    assert_int_equal(send_text("drive_stop").verdict, CONTROLLER_TAKEN);
}

static void a_stop_that_nobody_echoes_is_told_when_the_run_is_over(void **state)
{
    (void)state;
    be_a_car();
    controller_drive_stop(controller, "", "drive");
    pass(499 * MS);
    assert_int_equal(finished_count, 0);
    assert_int_equal(published_count, 5);
    pass(1 * MS);
    assert_int_equal(finished_count, 1);
    assert_int_equal(finished.stage, JOURNAL_NO_ECHO);
    assert_int_equal(finished.repeats, 4);
    pass(SECOND);
    assert_int_equal(published_count, 5);
    echo(newest()); // late, but it came
    assert_int_equal(finished.stage, JOURNAL_DONE);
    assert_true(finished.late);
}

static void a_stop_that_never_left_is_told(void **state)
{
    (void)state;
    be_a_car();
    link_is(LINK_WAITING);
    controller_drive_stop(controller, "", "drive");
    assert_non_null(strstr(event_back(0)->why, "NOT SENT"));
    pass(600 * MS);
    assert_int_equal(finished.stage, JOURNAL_DROPPED);
    link_is(LINK_UP);
    pass(SECOND);
    assert_int_equal(published_count, 0);
}

static void a_stop_that_cannot_be_published_is_tried_again(void **state)
{
    (void)state;
    be_a_car();
    publish_error = -ENOMEM;
    controller_drive_stop(controller, "", "drive");
    pass(50 * MS);
    publish_error = 0;
    pass(60 * MS);
    assert_int_equal(published_count, 1);
}

static void what_the_broker_says_of_a_stop_is_told(void **state)
{
    (void)state;
    be_a_car();
    controller_drive_stop(controller, "", "drive");
    controller_published(controller, newest()->token, 0);
    assert_int_equal(event_back(0)->stage, JOURNAL_BROKER);
    controller_published(controller, newest()->token, 135);
    assert_int_equal(finished.stage, JOURNAL_NO_ECHO);
    assert_non_null(strstr(finished.why, "does not allow us"));
}

static void several_motors_are_stopped_at_once(void **state)
{
    (void)state;
    static const char *const names[] = {"m1", "m2", "m3", "m4", "m5", "m6"};
    for (size_t i = 0; i < 6; i++)
        add_motor(names[i]);
    be_ready();
    for (size_t i = 0; i < 6; i++) {
        controller_drive_stop(controller, "", names[i]);
        now += MS;
    }
    assert_int_equal(published_count, 6);
    assert_int_equal(finished_count, 2); // the oldest two have made room, and were sent all the same
    controller_drive_stop(controller, "", "m6");
    assert_int_equal(published_count, 7);
    assert_string_equal(field(&published[5], "id"), field(&published[6], "id"));
    controller_drive_stop(controller, "nobody", "m6");
    assert_int_equal(published_count, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(the_clock_is_known_before_the_first_press),
        PROMISE(a_clock_that_will_be_too_old_is_asked_for_in_time),
        PROMISE(one_command_at_a_time_and_an_echo_that_is_lost_blocks_for_the_run_at_most),
        PROMISE(a_device_that_refuses_for_another_reason_says_which),
        PROMISE(an_answer_to_the_press_before_means_nothing_for_this_one),
        PROMISE(what_is_not_there_is_not_driven),
        PROMISE(the_stop_of_a_motor_counts_nowhere_and_is_never_refused),
        PROMISE(a_stop_that_nobody_echoes_is_told_when_the_run_is_over),
        PROMISE(a_stop_that_never_left_is_told),
        PROMISE(a_stop_that_cannot_be_published_is_tried_again),
        PROMISE(what_the_broker_says_of_a_stop_is_told),
        PROMISE(several_motors_are_stopped_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
