// SPDX-License-Identifier: MIT
// What the outputs do when nobody commands them: at start, by their policies, and at the end.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/nano-agent/agent/agent_rig.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, finish)
#define HERE(rig)  struct rig *(rig) = *state

static int prepare(void **state)
{
    struct rig *rig = rig_new();
    rig_add(rig, "lamp", CHANNEL_DIMMER);
    *state = rig;
    return 0;
}

static int finish(void **state)
{
    rig_free(*state);
    return 0;
}

static void off_takes_every_output_to_its_safe_state(void **state)
{
    HERE(rig);
    rig_add(rig, "pan", CHANNEL_SERVO)->safe = POLICY_HOLD;
    rig_add(rig, "roll", CHANNEL_SERVO)->safe = POLICY_CENTER;
    rig_add(rig, "yaw", CHANNEL_SERVO)->safe = POLICY_CENTER; // not driven: `off` powers nothing
    rig_add(rig, "fan", CHANNEL_SWITCH)->safe = POLICY_ON;
    rig_add(rig, "door", CHANNEL_SWITCH)->safe = POLICY_HOLD;
    rig_add(rig, "button", CHANNEL_INPUT);
    rig_start_afresh(rig);
    static const char *const commands[] = {"tilt 20", "pan 30", "roll 40", "led_on", "door_on", "lamp 40"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        assert_int_equal(rig_send(rig, commands[i]), RESULT_OK);
    rig_run_ms(rig, 100);
    assert_int_equal(rig_send(rig, "off"), RESULT_OK);
    int pan_deg = rig_seen(rig, "pan")->deg;
    assert_false(rig_seen(rig, "tilt")->driven);
    assert_true(rig_seen(rig, "pan")->driven);
    assert_false(rig_seen(rig, "pan")->moving);
    assert_false(rig_seen(rig, "led")->on);
    assert_false(rig_seen(rig, "lamp")->on);
    assert_true(rig_seen(rig, "fan")->on);
    assert_true(rig_seen(rig, "door")->on);
    rig_run_ms(rig, 2000);
    assert_int_equal(rig_seen(rig, "roll")->deg, 0);
    assert_false(rig_seen(rig, "yaw")->driven);
    assert_int_equal(rig_seen(rig, "pan")->deg, pan_deg);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 0);
}

// Losing the broker must not undo what somebody stopped.
static void after_a_stop_a_lost_link_centres_nothing_until_a_command_has_moved_it(void **state)
{
    HERE(rig);
    rig_config(rig, "tilt")->lost = POLICY_CENTER;
    rig_add(rig, "pan", CHANNEL_SERVO)->lost = POLICY_CENTER;
    rig_start(rig);
    rig_send(rig, "tilt 30");
    rig_send(rig, "pan 30");
    rig_run_ms(rig, 3000);
    rig_send(rig, "tilt_stop");
    rig_run_ms(rig, 10000);
    agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_string_equal(rig->trouble, "nothing heard from the broker: pan to its centre");
    rig_run_ms(rig, 3000);
    agent_link_up(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig_seen(rig, "tilt")->deg, 300);
    assert_int_equal(rig_seen(rig, "pan")->deg, 0);
    rig_send(rig, "tilt_up");
    rig_run_ms(rig, 1000);
    agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_string_equal(rig->trouble, "nothing heard from the broker: tilt to its centre, pan to its centre");
}

static void a_lost_off_that_is_refused_is_tried_again(void **state)
{
    HERE(rig);
    rig_config(rig, "tilt")->lost = POLICY_OFF;
    rig_start(rig);
    rig_send(rig, "tilt 30");
    rig_run_ms(rig, 3000);
    rig_hardware(rig, "tilt")->error = -EIO;
    agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_string_equal(rig->trouble, "nothing heard from the broker: tilt failed");
    rig_run_ms(rig, 5000);
    assert_true(rig_hardware(rig, "tilt")->enabled);
    rig_hardware(rig, "tilt")->error = 0;
    rig_run_ms(rig, 1000);
    assert_false(rig_hardware(rig, "tilt")->enabled);
}

// An `off` in an envelope: what switches off may come late, what moves may not.
static void an_off_that_is_late_or_for_another_run_switches_off_and_moves_nothing(void **state)
{
    HERE(rig);
    static const char *const late[] = {
        "{\"cmd\":\"off\",\"by\":1,\"boot\":\"" RIG_BOOT "\"}", "{\"cmd\":\"off\",\"boot\":\"0bad0bad\"}"};
    rig_config(rig, "tilt")->safe = POLICY_CENTER;
    rig_start(rig);
    for (size_t i = 0; i < 2; i++) {
        rig_send(rig, "tilt 30");
        rig_send(rig, "led_on");
        rig_run_ms(rig, 3000);
        assert_int_equal(rig_send(rig, late[i]), RESULT_OK);
        assert_string_equal(rig->seen.last.why, "too late: not centred: tilt");
        assert_false(rig_seen(rig, "led")->on);
        rig_run_ms(rig, 3000);
        assert_int_equal(agent_status(rig->agent)->channels[rig_index(rig, "tilt")].deg, 300);
    }
    assert_int_equal(rig_send(rig, "{\"cmd\":\"center\",\"boot\":\"0bad0bad\"}"), RESULT_EXPIRED);
    char in_time[128];
    snprintf(in_time, sizeof in_time, "{\"cmd\":\"off\",\"by\":%lld,\"boot\":\"" RIG_BOOT "\"}",
        (long long)rig_boot_ms(rig) + 1000);
    assert_int_equal(rig_send(rig, in_time), RESULT_OK);
    rig_run_ms(rig, 3000);
    assert_int_equal(agent_status(rig->agent)->channels[rig_index(rig, "tilt")].deg, 0);
    struct agent_command shared = rig_message(late[1]);
    shared.shared = true;
    assert_int_equal(rig_deliver(rig, shared), RESULT_NONE);
}

static void off_does_its_part_even_while_motion_is_refused(void **state)
{
    HERE(rig);
    rig_add(rig, "roll", CHANNEL_SERVO)->safe = POLICY_CENTER;
    rig_start_afresh(rig);
    rig_send(rig, "roll 40");
    rig_send(rig, "led_on");
    rig_run_ms(rig, 100);
    rig_send(rig, "stop");
    assert_int_equal(rig_send(rig, "off"), RESULT_OK);
    assert_string_equal(rig->seen.last.why, "stopped: not centred: roll");
    assert_false(rig_seen(rig, "led")->on);
    assert_false(rig_seen(rig, "roll")->moving);
}

static void each_output_does_what_lost_says_when_the_link_is_lost(void **state)
{
    HERE(rig);
    rig_config(rig, "tilt")->lost = POLICY_HOLD;
    rig_config(rig, "led")->lost = POLICY_OFF;
    rig_config(rig, "lamp")->lost = POLICY_ON;
    rig_add(rig, "pan", CHANNEL_SERVO)->lost = POLICY_CENTER;
    rig_add(rig, "roll", CHANNEL_SERVO)->lost = POLICY_OFF;
    rig_add(rig, "yaw", CHANNEL_SERVO)->lost = POLICY_CENTER; // not driven: and stays so
    rig_add(rig, "fan", CHANNEL_SWITCH)->lost = POLICY_HOLD;
    rig_start_afresh(rig);
    static const char *const commands[] = {"tilt 45", "pan 20", "roll 20", "led_on", "fan_on"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        rig_send(rig, commands[i]);
    rig_run_ms(rig, 100);
    rig_forget(rig);
    int64_t tilt_pulse = rig_hardware(rig, "tilt")->pulse_ns;
    agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_string_equal(rig->trouble,
        "nothing heard from the broker: tilt stopped where it was, led off, lamp on, "
        "pan to its centre, roll off");
    rig_run_ms(rig, 2000);
    assert_int_equal(rig_count(rig, RIG_STATUS), 0);
    assert_int_equal(rig_hardware(rig, "tilt")->pulse_ns, tilt_pulse);
    assert_int_equal(rig_hardware(rig, "pan")->pulse_ns, 1500000);
    assert_false(rig_hardware(rig, "roll")->enabled);
    assert_false(rig_hardware(rig, "yaw")->enabled);
    assert_false(rig_hardware(rig, "led")->level);
    assert_true(rig_hardware(rig, "fan")->level);
    assert_int_equal(rig_hardware(rig, "lamp")->pulse_ns, 1000000);
    agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    agent_link_up(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig_count(rig, RIG_STATUS), 1);
    assert_false(rig_seen(rig, "led")->on);
    assert_false(rig_seen(rig, "roll")->driven);
}

static void nothing_wakes_the_agent_while_the_link_is_lost_and_all_rests(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_true(agent_next_us(rig->agent) == INT64_MAX);
}

static void a_clean_stop_freezes_motion_and_says_offline(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 45");
    rig_send(rig, "lamp 40");
    rig_run_ms(rig, 100);
    rig_forget(rig);
    agent_stop(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig_count(rig, RIG_FINAL), 1);
    assert_string_equal(rig->json,
        "{\"v\":1,\"device\":\"\",\"online\":false,\"boot\":\"" RIG_BOOT "\",\"why\":\"stopped\"}");
    assert_true(agent_next_us(rig->agent) == INT64_MAX);
    agent_tick(rig->agent, rig->now_us + 5000000, rig_boot_ms(rig));
    assert_int_equal(rig_send(rig, "tilt_up"), RESULT_NONE);
    agent_stop(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig->event_count, 1);
    assert_true(rig_hardware(rig, "tilt")->enabled);
    assert_true(rig_hardware(rig, "lamp")->enabled);
}

static void exit_off_releases_at_a_clean_stop_without_a_cut_pulse(void **state)
{
    HERE(rig);
    rig_config(rig, "tilt")->exit = POLICY_OFF;
    rig_config(rig, "led")->exit = POLICY_OFF;
    rig_start_afresh(rig);
    rig_send(rig, "tilt 45");
    rig_send(rig, "led_on");
    rig_run_ms(rig, 100);
    rig_forget(rig);
    int64_t at = rig->now_us;
    agent_stop(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_false(rig_hardware(rig, "led")->level);
    rig_run_ms(rig, 100);
    rig_assert_released(rig, at);
}

// What the tables of docs/agent.md say of each policy, for each kind and state of an output.
static void every_policy_does_what_its_table_says(void **state)
{
    (void)state;
    enum moment { AT_OFF, AT_LOST, AT_EXIT };
    static const struct {
        enum channel_kind kind;
        enum moment moment;
        int policy;
        bool active_before, active_after;
        int pulse_us; // servo: where it comes to rest; 0 = not driven
    } rows[] = {
        {CHANNEL_SERVO, AT_OFF, POLICY_OFF, true, false, 0},
        {CHANNEL_SERVO, AT_OFF, POLICY_HOLD, true, true, -1},
        {CHANNEL_SERVO, AT_OFF, POLICY_CENTER, true, true, 1500},
        {CHANNEL_SERVO, AT_OFF, POLICY_CENTER, false, false, 0},
        {CHANNEL_SERVO, AT_OFF, POLICY_HOLD, false, false, 0},
        {CHANNEL_SERVO, AT_LOST, POLICY_HOLD, true, true, -1},
        {CHANNEL_SERVO, AT_LOST, POLICY_HOLD, false, false, 0},
        {CHANNEL_SERVO, AT_LOST, POLICY_CENTER, true, true, 1500},
        {CHANNEL_SERVO, AT_LOST, POLICY_CENTER, false, false, 0},
        {CHANNEL_SERVO, AT_LOST, POLICY_OFF, true, false, 0},
        {CHANNEL_SERVO, AT_EXIT, POLICY_HOLD, true, true, -1},
        {CHANNEL_SERVO, AT_EXIT, POLICY_HOLD, false, false, 0},
        {CHANNEL_SERVO, AT_EXIT, POLICY_OFF, true, false, 0},
        {CHANNEL_SWITCH, AT_OFF, POLICY_OFF, true, false, 0},
        {CHANNEL_SWITCH, AT_OFF, POLICY_HOLD, true, true, 0},
        {CHANNEL_SWITCH, AT_OFF, POLICY_HOLD, false, false, 0},
        {CHANNEL_SWITCH, AT_OFF, POLICY_ON, false, true, 0},
        {CHANNEL_SWITCH, AT_LOST, POLICY_HOLD, true, true, 0},
        {CHANNEL_SWITCH, AT_LOST, POLICY_HOLD, false, false, 0},
        {CHANNEL_SWITCH, AT_LOST, POLICY_OFF, true, false, 0},
        {CHANNEL_SWITCH, AT_LOST, POLICY_ON, false, true, 0},
        {CHANNEL_DIMMER, AT_OFF, POLICY_OFF, true, false, 0},
        {CHANNEL_DIMMER, AT_OFF, POLICY_HOLD, true, true, 0},
        {CHANNEL_DIMMER, AT_OFF, POLICY_ON, false, true, 0},
        {CHANNEL_DIMMER, AT_LOST, POLICY_HOLD, true, true, 0},
        {CHANNEL_DIMMER, AT_LOST, POLICY_OFF, true, false, 0},
        {CHANNEL_DIMMER, AT_LOST, POLICY_ON, false, true, 0},
        {CHANNEL_DIMMER, AT_EXIT, POLICY_HOLD, true, true, 0},
        {CHANNEL_DIMMER, AT_EXIT, POLICY_OFF, true, false, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct rig *rig = rig_new();
        struct agent_channel_config *c = rig_add(rig, "it", rows[i].kind);
        const struct rig_hardware *h = rig_hardware(rig, "it");
        if (rows[i].moment == AT_OFF)
            c->safe = (enum policy)rows[i].policy;
        else if (rows[i].moment == AT_LOST)
            c->lost = (enum policy)rows[i].policy;
        else
            c->exit = (enum policy)rows[i].policy;
        rig_start_afresh(rig);
        if (rows[i].active_before)
            assert_int_equal(rig_send(rig, rows[i].kind == CHANNEL_SERVO ? "it 40" : "it_on"), RESULT_OK);
        rig_run_ms(rig, 100); // a servo is under way
        int64_t pulse_ns = h->pulse_ns;
        if (rows[i].moment == AT_OFF)
            assert_int_equal(rig_send(rig, "off"), RESULT_OK);
        else if (rows[i].moment == AT_LOST)
            agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig));
        else
            agent_stop(rig->agent, rig->now_us, rig_boot_ms(rig));
        rig_run_ms(rig, 3000);
        bool active = rows[i].kind == CHANNEL_SWITCH ? h->level : h->enabled && h->pulse_ns > 0;
        if (active != rows[i].active_after)
            fail_msg("row %zu: %s", i, active ? "active" : "not active");
        if (rows[i].pulse_us > 0)
            assert_int_equal(h->pulse_ns, rows[i].pulse_us * INT64_C(1000));
        if (rows[i].pulse_us < 0)
            assert_int_equal(h->pulse_ns, pulse_ns);
        rig_free(rig);
    }
}

static void a_link_that_comes_and_goes_is_lost_once_until_the_next_command(void **state)
{
    HERE(rig);
    rig_config(rig, "led")->lost = POLICY_OFF;
    rig_start_afresh(rig);
    rig_send(rig, "led_on");
    for (int i = 0; i < 3; i++) {
        agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig));
        assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
        agent_link_up(rig->agent, rig->now_us, rig_boot_ms(rig));
    }
    rig_send(rig, "led_on");
    agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 2);
    assert_false(rig_hardware(rig, "led")->level);
}

static void hardware_that_refuses_when_the_link_is_lost_is_told_and_the_others_act(void **state)
{
    HERE(rig);
    rig_config(rig, "tilt")->lost = POLICY_OFF;
    rig_config(rig, "led")->lost = POLICY_OFF;
    rig_add(rig, "button", CHANNEL_INPUT);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 20");
    rig_send(rig, "led_on");
    rig_run_ms(rig, 2000);
    rig_forget(rig);
    rig_hardware(rig, "tilt")->error = -EIO;
    agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 2);
    assert_string_equal(rig->trouble, "nothing heard from the broker: tilt failed, led off");
    assert_false(rig_hardware(rig, "led")->level);
    assert_true(rig_seen(rig, "tilt")->driven); // it still is
}

static void a_pwm_that_cannot_be_disabled_is_told(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 0");
    rig_send(rig, "tilt_off");
    rig_forget(rig);
    rig_hardware(rig, "tilt")->error = -EIO;
    rig_run_ms(rig, 1000);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    assert_string_equal(rig->trouble, "servo tilt: Input/output error");
}

static void a_clean_stop_says_offline_even_where_the_hardware_refuses(void **state)
{
    HERE(rig);
    rig_config(rig, "tilt")->exit = POLICY_OFF;
    rig_add(rig, "button", CHANNEL_INPUT);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 45");
    rig_run_ms(rig, 100);
    rig_forget(rig);
    rig_hardware(rig, "tilt")->error = -EIO;
    rig_edge(rig, "button", true);
    agent_stop(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    assert_string_equal(rig->trouble, "servo tilt: Input/output error");
    assert_int_equal(rig_count(rig, RIG_FINAL), 1);
    rig_run_ms(rig, 1000);
    assert_true(rig_hardware(rig, "tilt")->enabled);
    rig_hardware(rig, "tilt")->error = 0; // and it is tried again for as long as the program waits
    rig_run_ms(rig, 1000);
    assert_false(rig_hardware(rig, "tilt")->enabled);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    assert_true(agent_next_us(rig->agent) == INT64_MAX);
}

static void after_a_clean_stop_a_link_that_comes_up_is_told_nothing(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    agent_stop(rig->agent, rig->now_us, rig_boot_ms(rig));
    rig_forget(rig);
    agent_link_up(rig->agent, rig->now_us, rig_boot_ms(rig));
    agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig));
    agent_input(rig->agent, rig_index(rig, "led"), true, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig->event_count, 0);
}

static void a_status_that_found_no_room_is_sent_again(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig->link_rc = -ENOBUFS;
    rig_send(rig, "led_on");
    rig->link_rc = 0;
    rig_forget(rig);
    rig_run_ms(rig, 60);
    assert_int_equal(rig_count(rig, RIG_STATUS), 1);
    assert_true(rig_seen(rig, "led")->on);
    assert_string_equal(rig->seen.last.cmd, "led_on");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(off_takes_every_output_to_its_safe_state),
        TEST(after_a_stop_a_lost_link_centres_nothing_until_a_command_has_moved_it),
        TEST(a_lost_off_that_is_refused_is_tried_again),
        TEST(an_off_that_is_late_or_for_another_run_switches_off_and_moves_nothing),
        TEST(off_does_its_part_even_while_motion_is_refused),
        TEST(each_output_does_what_lost_says_when_the_link_is_lost),
        TEST(nothing_wakes_the_agent_while_the_link_is_lost_and_all_rests),
        TEST(a_clean_stop_freezes_motion_and_says_offline),
        TEST(exit_off_releases_at_a_clean_stop_without_a_cut_pulse),
        cmocka_unit_test(every_policy_does_what_its_table_says),
        TEST(a_link_that_comes_and_goes_is_lost_once_until_the_next_command),
        TEST(hardware_that_refuses_when_the_link_is_lost_is_told_and_the_others_act),
        TEST(a_pwm_that_cannot_be_disabled_is_told),
        TEST(a_clean_stop_says_offline_even_where_the_hardware_refuses),
        TEST(after_a_clean_stop_a_link_that_comes_up_is_told_nothing),
        TEST(a_status_that_found_no_room_is_sent_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
