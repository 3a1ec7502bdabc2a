// SPDX-License-Identifier: MIT
// A held key never runs away.
#include "tests/unit/pc-tui/controller/controller_fixture.h"

static void a_step_is_skipped_while_one_is_unanswered(void **state)
{
    (void)state;
    be_ready();
    assert_int_equal(controller_step(controller, &UNNAMED, "tilt", 1, 5).verdict, CONTROLLER_TAKEN);
    assert_int_equal(controller_step(controller, &UNNAMED, "tilt", 1, 5).verdict, CONTROLLER_SKIPPED);
    assert_int_equal(controller_step(controller, &UNNAMED, "tilt", -1, 5).verdict, CONTROLLER_SKIPPED);
    assert_int_equal(controller_skipped(controller), 2);
    assert_int_equal(published_count, 1);
    // Another servo has its own step.
    assert_int_equal(controller_step(controller, &UNNAMED, "pan", 1, 5).verdict, CONTROLLER_TAKEN);
    echo(&published[0]);
    assert_int_equal(controller_step(controller, &UNNAMED, "tilt", 1, 5).verdict, CONTROLLER_TAKEN);
}

static void a_step_is_skipped_while_the_servo_has_more_than_one_to_go(void **state)
{
    (void)state;
    report.status.channels[0].target = 50;
    be_ready();
    assert_int_equal(controller_step(controller, &UNNAMED, "tilt", 1, 5).verdict, CONTROLLER_TAKEN);
    report.status.channels[0].target = 100;
    echo(newest());
    assert_int_equal(controller_step(controller, &UNNAMED, "tilt", 1, 5).verdict, CONTROLLER_SKIPPED);
    // The other way round brings the target nearer.
    assert_int_equal(controller_step(controller, &UNNAMED, "tilt", -1, 5).verdict, CONTROLLER_TAKEN);
}

static void a_step_to_an_unknown_position_goes_one_at_a_time(void **state)
{
    (void)state;
    report.status.channels[0].deg_known = report.status.channels[0].target_known = false;
    be_ready();
    assert_int_equal(controller_step(controller, &UNNAMED, "tilt", 1, 5).verdict, CONTROLLER_TAKEN);
    assert_int_equal(controller_step(controller, &UNNAMED, "tilt", 1, 5).verdict, CONTROLLER_SKIPPED);
}

static void a_step_says_its_amount_only_where_it_is_not_the_usual_one(void **state)
{
    (void)state;
    be_ready();
    controller_step(controller, &UNNAMED, "tilt", 1, 5);
    assert_string_equal(field(newest(), "cmd"), "tilt_up");
    controller_step(controller, &UNNAMED, "pan", -1, 5);
    assert_string_equal(field(newest(), "cmd"), "pan_left");
    controller_step(controller, &UNNAMED, "lamp", -1, 10);
    assert_string_equal(field(newest(), "cmd"), "lamp_down");
    echo(&published[0]);
    echo(&published[1]);
    controller_step(controller, &UNNAMED, "tilt", -1, 20);
    assert_string_equal(field(newest(), "cmd"), "tilt_down 20");
    controller_step(controller, &UNNAMED, "pan", 1, 1);
    assert_string_equal(field(newest(), "cmd"), "pan_right 1");
    assert_refused(controller_step(controller, &UNNAMED, "led", 1, 5), "steps");
    assert_refused(controller_step(controller, &UNNAMED, "claw", 1, 5), "claw");
}

static void report_others_stop(void)
{
    report_answer(&report, "0123456789abcdef-9", "stop", RESULT_OK, "");
    hear();
}

static enum controller_verdict press_up(void)
{
    return controller_step(controller, &UNNAMED, "tilt", 1, 5).verdict;
}

static void a_held_key_does_not_undo_anothers_stop(void **state)
{
    (void)state;
    be_ready();
    for (int i = 0; i < 20; i++, pass(40 * MS)) {
        if (press_up() == CONTROLLER_TAKEN)
            echo(newest());
    }
    size_t sent = published_count;
    assert_true(sent > 10);
    report_others_stop();
    for (int i = 0; i < 250; i++, pass(40 * MS)) { // ten seconds: twenty times what the agent refuses
        assert_refused(controller_step(controller, &UNNAMED, "tilt", 1, 5), "let go of the key");
        hear();
    }
    assert_int_equal(published_count, sent);
    pass(659 * MS); // with the 40 from above 699
    hear();
    assert_int_equal(press_up(), CONTROLLER_REFUSED);
    pass(700 * MS);
    hear();
    assert_int_equal(press_up(), CONTROLLER_TAKEN);
}

static void a_held_key_that_was_refused_does_not_try_again_until_it_is_let_go(void **state)
{
    (void)state;
    be_ready();
    assert_int_equal(press_up(), CONTROLLER_TAKEN);
    echo_from(&report, newest(), RESULT_REFUSED, "stopped");
    for (int i = 0; i < 25; i++) {
        pass(40 * MS);
        assert_int_equal(press_up(), CONTROLLER_REFUSED);
    }
    assert_int_equal(published_count, 1);
    pass(SECOND);
    assert_int_equal(press_up(), CONTROLLER_TAKEN);
}

static void a_key_pressed_afresh_after_anothers_stop_is_sent_at_once(void **state)
{
    (void)state;
    be_ready();
    assert_int_equal(press_up(), CONTROLLER_TAKEN);
    echo(newest());
    pass(SECOND);
    report_others_stop();
    assert_int_equal(press_up(), CONTROLLER_TAKEN); // whether it is too early, the device knows
}

static void a_stop_concerns_held_keys_of_servos_alone(void **state)
{
    (void)state;
    be_ready();
    controller_step(controller, &UNNAMED, "lamp", 1, 10);
    echo(newest());
    report_others_stop();
    assert_int_equal(controller_step(controller, &UNNAMED, "lamp", 1, 10).verdict, CONTROLLER_TAKEN);
}

// A servo behind a broker: commands arrive and reports leave after a delay, the position runs after the
// target.
enum { SERVO_TENTHS_A_SECOND = 1200, WIRE_MAX = 512 };

struct wire {
    struct {
        int64_t at_us;
        int deg, target;
        char id[64];
    } queue[WIRE_MAX];
    size_t head, tail;
};

static void hold_a_key(int64_t one_way_us, int64_t keys_every_us, int speed)
{
    static struct wire there, back;
    there.head = there.tail = back.head = back.tail = 0;
    be_ready();
    report.status.report_ms = 60000; // only what happens here is heard
    hear();
    report.status.channels[0].max = 99990;
    double deg = 0;
    int target = 0;
    int64_t end = now + 20 * (int64_t)SECOND;
    int64_t next_key = now;
    int64_t next_report = now;
    size_t seen = published_count;
    double deg_at_release = -1;
    size_t steps = 0;
    for (; now < end + 10 * (int64_t)SECOND; pass(MS)) {
        if (now < end && now >= next_key) {
            next_key += keys_every_us;
            controller_step(controller, &UNNAMED, "tilt", 1, 5);
        }
        if (now >= end && deg_at_release < 0)
            deg_at_release = deg;
        for (; seen < published_count; seen++) {
            snprintf(there.queue[there.tail % WIRE_MAX].id, 64, "%s", field(&published[seen], "id"));
            there.queue[there.tail++ % WIRE_MAX].at_us = now + one_way_us;
        }
        bool arrived = there.head < there.tail && there.queue[there.head % WIRE_MAX].at_us <= now;
        const char *id = arrived ? there.queue[there.head++ % WIRE_MAX].id : "";
        if (arrived) {
            target += 50;
            steps++;
        }
        bool moving = deg < target;
        deg += (double)speed / 1000;
        if (deg > target)
            deg = target;
        bool at_rest = moving && (int)deg == target;
        if (arrived || at_rest || (moving && now >= next_report)) {
            next_report = now + 50 * MS;
            size_t at = back.tail++ % WIRE_MAX;
            back.queue[at].at_us = now + one_way_us;
            back.queue[at].deg = (int)deg;
            back.queue[at].target = target;
            snprintf(back.queue[at].id, 64, "%s", id);
        }
        while (back.head < back.tail && back.queue[back.head % WIRE_MAX].at_us <= now) {
            size_t at = back.head++ % WIRE_MAX;
            report.status.channels[0].deg = back.queue[at].deg;
            report.status.channels[0].target = back.queue[at].target;
            report.status.channels[0].moving = back.queue[at].deg < back.queue[at].target;
            if (back.queue[at].id[0])
                report_answer(&report, back.queue[at].id, "tilt_up", RESULT_OK, "");
            hear();
        }
    }
    assert_true(steps >= 3);
    assert_true(deg_at_release >= 0);
    if (deg - deg_at_release > 100)
        fail_msg("ran on for %.1f degrees at %d us each way", (deg - deg_at_release) / 10, (int)one_way_us);
}

static void letting_go_of_a_held_key_stops_within_two_steps_on_a_cable(void **state)
{
    (void)state;
    hold_a_key(200, 40 * MS, SERVO_TENTHS_A_SECOND);
}

static void letting_go_of_a_held_key_stops_within_two_steps_over_wlan(void **state)
{
    (void)state;
    hold_a_key(60 * MS, 40 * MS, SERVO_TENTHS_A_SECOND);
}

static void letting_go_of_a_held_key_stops_within_two_steps_over_a_bad_line(void **state)
{
    (void)state;
    hold_a_key(700 * MS, 33 * MS, SERVO_TENTHS_A_SECOND);
}

static void letting_go_of_a_held_key_stops_within_two_steps_of_a_slow_servo(void **state)
{
    (void)state;
    hold_a_key(5 * MS, 20 * MS, 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_step_is_skipped_while_one_is_unanswered),
        PROMISE(a_step_is_skipped_while_the_servo_has_more_than_one_to_go),
        PROMISE(a_step_to_an_unknown_position_goes_one_at_a_time),
        PROMISE(a_step_says_its_amount_only_where_it_is_not_the_usual_one),
        PROMISE(a_held_key_does_not_undo_anothers_stop),
        PROMISE(a_held_key_that_was_refused_does_not_try_again_until_it_is_let_go),
        PROMISE(a_key_pressed_afresh_after_anothers_stop_is_sent_at_once),
        PROMISE(a_stop_concerns_held_keys_of_servos_alone),
        PROMISE(letting_go_of_a_held_key_stops_within_two_steps_on_a_cable),
        PROMISE(letting_go_of_a_held_key_stops_within_two_steps_over_wlan),
        PROMISE(letting_go_of_a_held_key_stops_within_two_steps_over_a_bad_line),
        PROMISE(letting_go_of_a_held_key_stops_within_two_steps_of_a_slow_servo),
    };
    return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
