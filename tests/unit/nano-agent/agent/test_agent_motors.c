// SPDX-License-Identifier: MIT
// Motors as the agent commands them: who may run one, for how long, and all that stops it.
#include "tests/unit/nano-agent/agent/agent_motor_rig.h"

static void a_motor_is_at_zero_before_anything_else_begins(void **state)
{
    HERE(rig);
    rig_config(rig, "tilt")->start = POLICY_CENTER; // it comes first in the configuration
    rig_start(rig);
    size_t motor = 0, servo = 0;
    while (rig->events[motor].kind != RIG_MOTOR)
        motor++;
    while (rig->events[servo].kind != RIG_SET)
        servo++;
    assert_true(motor < servo);
    assert_int_equal(rig->events[motor].value, 0);
}

static void a_command_runs_it_and_the_status_says_how(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_run_ms(rig, 100);
    assert_int_equal(control(rig, "drive_forward 40", "a", 0), RESULT_OK);
    const struct status_channel *drive = rig_seen(rig, "drive");
    assert_int_equal(drive->axis, AXIS_DRIVE);
    assert_int_equal(drive->percent, 20);
    assert_int_equal(drive->target, 40);
    assert_int_equal(drive->speed, 60);
    assert_int_equal(drive->min, 20);
    assert_int_equal(drive->max, 99);
    assert_int_equal(drive->run_ms, 500);
    assert_int_equal(drive->left_ms, 500);
    assert_true(drive->driven);
    rig_run_ms(rig, 120);
    control(rig, "status", "b", 0);
    assert_int_equal(rig_seen(rig, "drive")->percent, 40);
    assert_int_equal(rig_seen(rig, "drive")->left_ms, 380);
    rig_run_ms(rig, 379);
    assert_int_equal(emitted(rig, "drive"), 400);
    rig_run_ms(rig, 1);
    assert_int_equal(emitted(rig, "drive"), 0);
    rig_run_ms(rig, 100);
    assert_int_equal(rig_seen(rig, "drive")->left_ms, 0);
    assert_false(rig_seen(rig, "drive")->driven);
}

static void a_percent_outside_is_cut_and_said(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_run_ms(rig, 100);
    assert_int_equal(rig_send(rig, "drive 100"), RESULT_LIMIT);
    assert_string_equal(rig->seen.last.why, "cut at 99 %");
    assert_int_equal(rig_seen(rig, "drive")->target, 99);
    assert_int_equal(rig_send(rig, "drive -0.4"), RESULT_LIMIT);
    assert_string_equal(rig->seen.last.why, "20 %: less does not turn it");
    assert_int_equal(rig_seen(rig, "drive")->target, -20);
    assert_int_equal(rig_send(rig, "drive_backward 7"), RESULT_LIMIT);
    assert_int_equal(rig_send(rig, "drive_forward 12.5"), RESULT_LIMIT);
    assert_int_equal(rig_send(rig, "drive 50"), RESULT_OK);
    assert_string_equal(rig->seen.last.why, "");
}

static void its_speed_is_for_the_next_run_and_starts_nothing(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    assert_int_equal(rig_send(rig, "drive_speed 80"), RESULT_OK);
    assert_int_equal(rig_send(rig, "drive_faster"), RESULT_OK);
    assert_int_equal(rig_seen(rig, "drive")->speed, 90);
    assert_int_equal(rig_send(rig, "drive_faster"), RESULT_LIMIT);
    assert_string_equal(rig->seen.last.why, "cut at 99 %");
    assert_int_equal(rig_send(rig, "drive_faster 5"), RESULT_LIMIT);
    assert_string_equal(rig->seen.last.why, "already at 99 %");
    assert_int_equal(rig_send(rig, "drive_slower 70"), RESULT_OK);
    assert_int_equal(rig_seen(rig, "drive")->speed, 29);
    assert_int_equal(rig_send(rig, "drive_slower"), RESULT_OK); // as far as min
    assert_int_equal(rig_send(rig, "drive_slower"), RESULT_LIMIT);
    assert_string_equal(rig->seen.last.why, "already at 20 %");
    assert_int_equal(rig_send(rig, "drive_speed 30"), RESULT_OK);
    assert_int_equal(rig_count(rig, RIG_MOTOR), 0);
    assert_int_equal(rig_send(rig, "drive_backward"), RESULT_OK);
    assert_int_equal(rig_seen(rig, "drive")->target, -30);
    rig_send(rig, "drive_speed 50");
    assert_int_equal(rig_seen(rig, "drive")->target, -30);
}

static void a_speed_of_0_turns_nothing(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_run_ms(rig, 100);
    rig_send(rig, "drive_forward");
    assert_int_equal(rig_send(rig, "drive_speed 0"), RESULT_OK);
    assert_int_equal(rig_send(rig, "drive_forward"), RESULT_LIMIT);
    assert_string_equal(rig->seen.last.why, "its speed is 0 %");
    assert_int_equal(emitted(rig, "drive"), 0);
    assert_int_equal(rig_send(rig, "drive_slower"), RESULT_LIMIT);
    assert_int_equal(rig_seen(rig, "drive")->speed, 0);
    assert_int_equal(rig_send(rig, "drive_faster 1"), RESULT_OK);
    assert_int_equal(rig_seen(rig, "drive")->speed, 20);
    assert_int_equal(rig_send(rig, "drive_speed -5"), RESULT_LIMIT);
    assert_int_equal(rig_seen(rig, "drive")->speed, 0);
}

static void a_plain_word_runs_it_a_second_at_most(void **state)
{
    HERE(rig);
    rig_config(rig, "drive")->run_ms = 5000;
    rig_start(rig);
    rig_run_ms(rig, 100);
    rig_send(rig, "drive_forward");
    rig_run_ms(rig, 999);
    assert_int_equal(emitted(rig, "drive"), 600);
    rig_run_ms(rig, 1);
    assert_int_equal(emitted(rig, "drive"), 0);
    rig_send(rig,
        "{\"cmd\":\"drive_forward\",\"boot\":\"" RIG_BOOT "\",\"id\":\"x\"}"); // boot alone is no deadline
    assert_int_equal(rig_seen(rig, "drive")->left_ms, 1000);
    control(rig, "drive_forward", "a", 0);
    assert_int_equal(rig_seen(rig, "drive")->left_ms, 5000);
    rig_run_ms(rig, 4999);
    assert_int_equal(emitted(rig, "drive"), 600);
    rig_send(rig, "drive_forward"); // and a word shortens what a controller began
    rig_run_ms(rig, 1000);
    assert_int_equal(emitted(rig, "drive"), 0);
}

static void the_same_id_again_renews_nothing(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_run_ms(rig, 100);
    control(rig, "drive_forward", "a", 0);
    rig_run_ms(rig, 400);
    assert_int_equal(control(rig, "drive_forward", "a", 0), RESULT_OK);
    assert_true(rig->seen.last.again);
    rig_run_ms(rig, 100);
    assert_int_equal(emitted(rig, "drive"), 0);
    control(rig, "drive_forward", "b", 0);
    rig_run_ms(rig, 400);
    control(rig, "drive_forward", "c", 0);
    rig_run_ms(rig, 499);
    assert_int_equal(emitted(rig, "drive"), 600);
}

// Else each time that somebody lets go of a key would block the motor.
static void its_own_stop_refuses_nothing_afterwards(void **state)
{
    HERE(rig);
    static const char *const halts[] = {"drive_stop", "drive 0", "drive_off", "drive_forward 0"};
    rig_start(rig);
    rig_run_ms(rig, 100);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(rig_send(rig, "drive_forward"), RESULT_OK);
        assert_int_not_equal(emitted(rig, "drive"), 0);
        rig_forget(rig);
        assert_int_equal(rig_send(rig, halts[i]), RESULT_OK);
        assert_int_equal(emitted(rig, "drive"), 0);
        assert_int_equal(rig->seen.stops, 0);
        rig_forget(rig);
        rig_send(rig, halts[i]); // and zero is written though it is zero already
        assert_int_equal(rig_event(rig, RIG_MOTOR, 0)->value, 0);
    }
    assert_int_equal(rig_send(rig, "drive_forward"), RESULT_OK);
}

static void what_halts_it_is_obeyed_whatever_by_boot_stops_id_and_retain_say(void **state)
{
    HERE(rig);
    static const char *const halts[] = {
        "{\"cmd\":\"drive_stop\",\"id\":\"x\",\"boot\":\"0bad0bad\",\"by\":1,\"stops\":99}",
        "{\"cmd\":\"drive 0\",\"id\":\"x\",\"boot\":\"" RIG_BOOT "\",\"by\":1}",
        "{\"cmd\":\"drive_off\",\"id\":\"x\",\"boot\":\"0bad0bad\"}"};
    rig_start(rig);
    rig_run_ms(rig, 100);
    for (int retained = 0; retained < 2; retained++) {
        for (size_t i = 0; i < 3; i++) {
            rig_send(rig, "drive_forward");
            struct agent_command command = rig_message(halts[i]);
            command.retained = retained;
            assert_int_equal(rig_deliver(rig, command), RESULT_OK);
            assert_int_equal(emitted(rig, "drive"), 0);
        }
    }
}

// An operator who lets go sends it again and again until it is echoed: all other cars of the class would stutter.
static void on_the_shared_topic_another_ones_halt_is_another_ones(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_run_ms(rig, 100);
    rig_send(rig, "drive_forward");
    struct agent_command command = rig_message("{\"cmd\":\"drive_stop\",\"boot\":\"0bad0bad\"}");
    command.shared = true;
    assert_int_equal(rig_deliver(rig, command), RESULT_NONE);
    assert_int_not_equal(emitted(rig, "drive"), 0);
    command = rig_message("drive_stop");
    command.shared = true;
    assert_int_equal(rig_deliver(rig, command), RESULT_OK);
    assert_int_equal(emitted(rig, "drive"), 0);
}

static void stop_begins_the_500_ms_and_counts(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_run_ms(rig, 100);
    control(rig, "drive_forward", "a", 0);
    assert_int_equal(rig_send(rig, "stop"), RESULT_OK);
    assert_int_equal(emitted(rig, "drive"), 0);
    assert_int_equal(rig->seen.stops, 1);
    rig_run_ms(rig, 499);
    assert_int_equal(control(rig, "drive_forward", "b", 1), RESULT_REFUSED);
    assert_string_equal(rig->seen.last.why, "stopped");
    rig_run_ms(rig, 1);
    assert_int_equal(control(rig, "drive_forward", "c", 1), RESULT_OK);
    assert_int_not_equal(emitted(rig, "drive"), 0);
}

// B stops while renewals of A are on their way: they arrive after the 500 ms.
static void a_motion_that_was_sent_before_a_stop_is_refused_for_ever(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_run_ms(rig, 100);
    control(rig, "drive_forward", "a", 0);
    rig_send(rig, "stop");
    rig_run_ms(rig, 1000);
    assert_int_equal(control(rig, "drive_forward", "b", 0), RESULT_REFUSED);
    assert_string_equal(rig->seen.last.why, "stopped meanwhile");
    assert_int_equal(control(rig, "drive -40", "c", 0), RESULT_REFUSED);
    assert_int_equal(control(rig, "tilt 10", "d", 0), RESULT_REFUSED);
    assert_int_equal(emitted(rig, "drive"), 0);
    assert_int_equal(control(rig, "drive_speed 70", "e", 0), RESULT_OK); // it moves nothing
    assert_int_equal(control(rig, "drive_stop", "f", 0), RESULT_OK);
    assert_int_equal(control(rig, "led_on", "g", 0), RESULT_OK);
    assert_int_equal(control(rig, "drive_forward", "h", 1), RESULT_OK);
    rig_send(rig, "OFF"); // a stop that was guessed, and refuses motion
    assert_int_equal(rig->seen.stops, 2);
    rig_send(rig, "OFF"); // this one refuses none, so it does not make renewals void
    assert_int_equal(rig->seen.stops, 2);
}

static void a_link_that_ends_stops_it_at_once_and_nothing_else(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_run_ms(rig, 100);
    control(rig, "drive_forward", "a", 0);
    rig_send(rig, "tilt 40");
    rig_run_ms(rig, 100);
    agent_link_down(rig->agent, rig->now_us);
    assert_int_equal(emitted(rig, "drive"), 0);
    assert_false(rig_hardware(rig, "drive")->enabled);
    assert_true(agent_status(rig->agent)->channels[0].moving);
    rig_hardware(rig, "drive")->error = -EREMOTEIO;
    agent_link_down(rig->agent, rig->now_us);
    assert_string_equal(rig->trouble, "the link is down: motor drive: Remote I/O error");
}

static void an_inputs_command_runs_it_a_second_at_most_without_a_link(void **state)
{
    HERE(rig);
    struct agent_channel_config *button = rig_add(rig, "button", CHANNEL_INPUT);
    rig_config(rig, "drive")->run_ms = 3000;
    snprintf(button->press, sizeof button->press, "drive_forward");
    rig_start(rig);
    rig_run_ms(rig, 100);
    rig_edge(rig, "button", true);
    assert_int_equal(rig_seen(rig, "drive")->left_ms, 3000);
    rig_run_ms(rig, 200);
    rig_edge(rig, "button", false);
    rig_run_ms(rig, 200);
    agent_link_down(rig->agent, rig->now_us);
    assert_int_equal(emitted(rig, "drive"), 0);
    rig_run_ms(rig, 100);
    rig_edge(rig, "button", true);
    rig_run_ms(rig, 999);
    assert_int_equal(emitted(rig, "drive"), 600);
    rig_run_ms(rig, 1);
    assert_int_equal(emitted(rig, "drive"), 0);
}

// enable, then motors, then the others.
static void everything_that_stops_stops_motors_first(void **state)
{
    HERE(rig);
    rig_add(rig, "winch", CHANNEL_MOTOR);
    struct agent_channel_config *pump = rig_add(rig, "pump", CHANNEL_SWITCH);
    pump->id.stops_off = true;
    static const char *const stops[] = {"stop", "off"};
    rig_start(rig);
    for (size_t i = 0; i < 2; i++) {
        rig_run_ms(rig, 1000);
        rig_send(rig, "pump_on");
        rig_send(rig, "drive_forward");
        rig_send(rig, "winch_backward");
        rig_run_ms(rig, 100);
        rig_forget(rig);
        rig_send(rig, stops[i]);
        assert_int_equal(rig->events[0].kind, RIG_ENABLE);
        assert_int_equal(rig->events[1].kind, RIG_ENABLE);
        assert_int_equal(rig->events[2].kind, RIG_MOTOR);
        assert_int_equal(rig->events[3].kind, RIG_MOTOR);
        assert_int_equal(rig_event(rig, RIG_SWITCH, 0)->value, 0);
        for (size_t k = 0; k < 4; k++)
            assert_int_equal(rig->events[k].value, 0);
    }
}

static void a_clean_stop_leaves_it_at_zero(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_run_ms(rig, 100);
    rig_send(rig, "drive_forward");
    rig_hardware(rig, "drive")->error = -EIO;
    agent_stop(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_string_equal(rig->trouble, "motor drive: Input/output error");
    assert_true(agent_next_us(rig->agent) <= rig->now_us + MOTOR_RETRY_US);
    rig_hardware(rig, "drive")->error = 0;
    rig_run_ms(rig, 20);
    assert_int_equal(emitted(rig, "drive"), 0);
    assert_int_equal(agent_next_us(rig->agent), INT64_MAX);
}

static void a_failure_is_told_once_and_refuses_commands_until_zero_was_read(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_run_ms(rig, 100);
    control(rig, "drive_forward", "a", 0);
    rig_hardware(rig, "drive")->error = -EREMOTEIO;
    rig_forget(rig);
    rig_run_ms(rig, 200);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    assert_string_equal(rig->trouble, "motor drive: Remote I/O error");
    assert_string_equal(rig_seen(rig, "drive")->fault, "Remote I/O error"); // it is not known to be off
    assert_int_equal(control(rig, "drive_forward", "b", 0), RESULT_FAULT);
    assert_string_equal(rig->seen.last.why, "motor drive: Remote I/O error");
    assert_int_equal(control(rig, "drive_stop", "c", 0), RESULT_OK); // what it suffers from was told
    rig_hardware(rig, "drive")->error = 0;
    rig_run_ms(rig, 60);
    assert_string_equal(rig_seen(rig, "drive")->fault, "");
    assert_false(rig_seen(rig, "drive")->driven);
    assert_int_equal(control(rig, "drive_forward", "d", 0), RESULT_OK);
}

static void a_stop_that_the_hardware_refuses_is_a_fault_that_names_the_motor(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_run_ms(rig, 100);
    rig_send(rig, "drive_forward");
    rig_hardware(rig, "drive")->error = -EIO;
    assert_int_equal(rig_send(rig, "stop"), RESULT_FAULT);
    assert_string_equal(rig->seen.last.why, "motor drive: Input/output error");
    assert_int_equal(rig->seen.stops, 1);
}

static void a_motor_that_comes_back_is_zeroed_and_waits_for_a_command(void **state)
{
    HERE(rig);
    struct agent_channel_config *drive = rig_config(rig, "drive");
    snprintf(drive->fault, sizeof drive->fault, "no chip answers");
    rig_start(rig);
    assert_string_equal(rig_seen(rig, "drive")->fault, "no chip answers");
    assert_int_equal(control(rig, "drive_forward", "a", 0), RESULT_FAULT);
    assert_int_equal(control(rig, "stop", "b", 0), RESULT_OK);
    rig_forget(rig);
    agent_link_down(rig->agent, rig->now_us);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 0); // what is not there was told at the start
    agent_link_up(rig->agent, rig->now_us, rig_boot_ms(rig));
    rig_run_ms(rig, 1000);
    rig_forget(rig);
    size_t at = rig_index(rig, "drive");
    agent_channel_return(
        rig->agent, at, (union agent_output){.motor = &rig_hardware(rig, "drive")->motor}, rig->now_us);
    assert_int_equal(rig_event(rig, RIG_MOTOR, 0)->value, 0);
    rig_run_ms(rig, 1000);
    assert_int_equal(rig_count(rig, RIG_MOTOR), 1);
    assert_string_equal(rig_seen(rig, "drive")->fault, "");
    assert_int_equal(control(rig, "drive_forward", "c", 1), RESULT_OK);
}

static void move_never_means_a_motor(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_run_ms(rig, 100);
    assert_int_equal(rig_send(rig, "move drive 20"), RESULT_UNKNOWN);
    assert_non_null(strstr(rig->seen.last.why, "did you mean drive 20?"));
    assert_int_equal(emitted(rig, "drive"), 0);
}

static void what_stop_switches_off_needs_the_500_ms_and_stays_off(void **state)
{
    HERE(rig);
    struct agent_channel_config *pump = rig_add(rig, "pump", CHANNEL_SWITCH),
                                *fan = rig_add(rig, "fan", CHANNEL_DIMMER);
    pump->id.stops_off = fan->id.stops_off = true;
    pump->lost = POLICY_ON;
    fan->safe = POLICY_ON;
    rig_start(rig);
    rig_send(rig, "pump_on");
    rig_send(rig, "fan 40");
    rig_send(rig, "led_on");
    rig_send(rig, "stop");
    assert_false(rig_seen(rig, "pump")->on);
    assert_int_equal(rig_seen(rig, "fan")->percent, 0);
    assert_true(rig_seen(rig, "led")->on); // stop = hold
    assert_true(rig_seen(rig, "pump")->id.stops_off);
    static const char *const turning_on[] = {"pump_on", "pump_toggle", "fan 40", "fan_on", "fan_up"};
    for (size_t i = 0; i < sizeof turning_on / sizeof *turning_on; i++)
        assert_int_equal(rig_send(rig, turning_on[i]), RESULT_REFUSED);
    assert_int_equal(rig_send(rig, "pump_off"), RESULT_OK);
    assert_int_equal(rig_send(rig, "led_toggle"), RESULT_OK);
    assert_int_equal(rig_send(rig, "off"), RESULT_OK); // safe = on does not turn it on now
    assert_false(rig_seen(rig, "fan")->on);
    rig_run_ms(rig, 1000);
    agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_false(rig_hardware(rig, "pump")->level); // nor does lost = on: somebody has stopped it
    agent_link_up(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig_send(rig, "pump_toggle"), RESULT_OK);
    assert_true(rig_seen(rig, "pump")->on);
    rig_send(rig, "pump_off");
    agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_true(rig_hardware(rig, "pump")->level);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_motor_is_at_zero_before_anything_else_begins),
        TEST(a_command_runs_it_and_the_status_says_how),
        TEST(a_percent_outside_is_cut_and_said),
        TEST(its_speed_is_for_the_next_run_and_starts_nothing),
        TEST(a_speed_of_0_turns_nothing),
        TEST(a_plain_word_runs_it_a_second_at_most),
        TEST(the_same_id_again_renews_nothing),
        TEST(its_own_stop_refuses_nothing_afterwards),
        TEST(what_halts_it_is_obeyed_whatever_by_boot_stops_id_and_retain_say),
        TEST(on_the_shared_topic_another_ones_halt_is_another_ones),
        TEST(stop_begins_the_500_ms_and_counts),
        TEST(a_motion_that_was_sent_before_a_stop_is_refused_for_ever),
        TEST(a_link_that_ends_stops_it_at_once_and_nothing_else),
        TEST(an_inputs_command_runs_it_a_second_at_most_without_a_link),
        TEST(everything_that_stops_stops_motors_first),
        TEST(a_clean_stop_leaves_it_at_zero),
        TEST(a_failure_is_told_once_and_refuses_commands_until_zero_was_read),
        TEST(a_stop_that_the_hardware_refuses_is_a_fault_that_names_the_motor),
        TEST(a_motor_that_comes_back_is_zeroed_and_waits_for_a_command),
        TEST(move_never_means_a_motor),
        TEST(what_stop_switches_off_needs_the_500_ms_and_stays_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
