// SPDX-License-Identifier: MIT
// What outlasts a run: where servos are believed to be at the start, and when that is saved.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/nano-agent/agent/agent_rig.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, finish)
#define HERE(rig)  struct rig *(rig) = *state

enum { FINGERPRINT = 0x1f31c2aa };

static int prepare(void **state)
{
    struct rig *rig = rig_new();
    rig_add(rig, "pan", CHANNEL_SERVO)->fingerprint = FINGERPRINT;
    rig_config(rig, "tilt")->fingerprint = FINGERPRINT;
    *state = rig;
    return 0;
}

static int finish(void **state)
{
    rig_free(*state);
    return 0;
}

static void keep(struct rig *rig, const char *name, int tenths, bool driven)
{
    struct position *p = &rig->kept.of[rig->kept.count++];
    snprintf(p->name, sizeof p->name, "%s", name);
    p->tenths = tenths;
    p->fingerprint = FINGERPRINT;
    p->driven = driven;
}

// As a new run of the program sees it; the PWM lives on where nothing cut the power.
static void restart(struct rig *rig, bool power_cut)
{
    agent_free(rig->agent);
    if (rig->saves > 0)
        rig->kept = rig->saved;
    rig->saves = 0;
    for (size_t i = 0; i < rig->config.count; i++) {
        struct rig_hardware *h = &rig->hardware[i];
        h->pwm.was_enabled = h->enabled && !power_cut;
        h->pwm.found_ns = power_cut ? 0 : h->pulse_ns;
        h->error = 0;
    }
    rig_start(rig);
}

static const struct position *saved(const struct rig *rig, const char *name)
{
    const struct position *p = positions_find(&rig->saved, name);
    assert_non_null(p);
    return p;
}

static void a_saved_position_is_known_and_powers_nothing(void **state)
{
    HERE(rig);
    keep(rig, "tilt", 200, true);
    rig_start(rig);
    assert_true(rig_seen(rig, "tilt")->deg_known);
    assert_int_equal(rig_seen(rig, "tilt")->deg, 200);
    assert_int_equal(rig_seen(rig, "tilt")->target, 200);
    assert_false(rig_seen(rig, "tilt")->assumed);
    assert_false(rig_seen(rig, "tilt")->driven);
    rig_run_ms(rig, 6000);
    assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_ENABLE), 0);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 0);
}

static void the_first_command_starts_from_the_saved_position(void **state)
{
    HERE(rig);
    keep(rig, "tilt", 200, false);
    rig_start_afresh(rig);
    assert_int_equal(rig_send(rig, "tilt_up"), RESULT_OK);
    assert_in_range(rig_event(rig, RIG_SET, 0)->value, 1722222, 1740000); // from 20 degrees
    rig_run_ms(rig, 1000);
    assert_int_equal(rig_seen(rig, "tilt")->deg, 250);
    assert_false(rig_seen(rig, "tilt")->assumed);
}

static void a_running_pwm_is_believed_more_than_the_file(void **state)
{
    HERE(rig);
    keep(rig, "tilt", 200, true);
    rig_config(rig, "tilt")->start = POLICY_LAST;
    rig_hardware(rig, "tilt")->pwm.was_enabled = true;
    rig_hardware(rig, "tilt")->pwm.found_ns = 1250000;
    rig_start(rig);
    assert_int_equal(rig_seen(rig, "tilt")->deg, -225);
    assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_ENABLE), 0);
    rig_run_ms(rig, 1);
    assert_int_equal(saved(rig, "tilt")->tenths, -225); // the file was wrong
}

static void start_last_powers_the_saved_position(void **state)
{
    HERE(rig);
    keep(rig, "tilt", 200, true);
    keep(rig, "pan", -100, true);
    rig_config(rig, "tilt")->start = POLICY_LAST;
    rig_config(rig, "tilt")->idle_off_ms = 1000;
    rig_start(rig);
    assert_int_equal(rig_count(rig, RIG_SET), 1);
    assert_int_equal(rig_hardware(rig, "tilt")->pulse_ns, 1722222);
    assert_true(rig_hardware(rig, "tilt")->enabled);
    assert_false(rig_hardware(rig, "pan")->enabled); // start = off
    assert_false(rig_seen(rig, "tilt")->moving);
    rig_run_ms(rig, 1100);
    assert_false(rig_seen(rig, "tilt")->driven);
}

static void start_last_leaves_off_what_had_been_switched_off(void **state)
{
    HERE(rig);
    keep(rig, "tilt", 200, false);
    rig_config(rig, "tilt")->start = POLICY_LAST;
    rig_start(rig);
    assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_ENABLE), 0);
    assert_int_equal(rig_seen(rig, "tilt")->deg, 200);
}

static void start_center_moves_there_from_the_saved_position(void **state)
{
    HERE(rig);
    keep(rig, "tilt", 200, true);
    rig_config(rig, "tilt")->start = POLICY_CENTER;
    rig_start(rig);
    assert_true(rig_event(rig, RIG_SET, 0)->value > 1700000);
    rig_run_ms(rig, 2000);
    assert_int_equal(rig_hardware(rig, "tilt")->pulse_ns, 1500000);
    assert_false(rig_seen(rig, "tilt")->assumed);
}

static void start_last_that_the_hardware_refuses_is_told_and_not_driven(void **state)
{
    HERE(rig);
    keep(rig, "tilt", 200, true);
    rig_config(rig, "tilt")->start = POLICY_LAST;
    rig_hardware(rig, "tilt")->error = -5;
    rig_start(rig);
    assert_string_equal(rig->trouble, "servo tilt: Input/output error");
    assert_false(rig_seen(rig, "tilt")->driven);
}

static void a_saved_position_outside_new_limits_is_taken_at_the_limit(void **state)
{
    HERE(rig);
    keep(rig, "tilt", 200, true);
    rig_config(rig, "tilt")->motion.limit[1] = 150;
    rig_config(rig, "tilt")->start = POLICY_LAST;
    rig_start(rig);
    assert_int_equal(rig_seen(rig, "tilt")->deg, 150);
    assert_in_range(rig_hardware(rig, "tilt")->pulse_ns, 1666000, 1666667);
}

static void a_changed_servo_is_not_trusted_and_one_warning_names_it(void **state)
{
    HERE(rig);
    keep(rig, "tilt", 200, true);
    keep(rig, "pan", 200, true);
    rig_config(rig, "tilt")->fingerprint++;
    rig_config(rig, "pan")->fingerprint++;
    rig_config(rig, "tilt")->start = POLICY_LAST;
    rig_start(rig);
    assert_false(rig_seen(rig, "tilt")->deg_known);
    assert_int_equal(rig_count(rig, RIG_SET), 0);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    assert_non_null(strstr(rig->trouble, "servo tilt, pan: pwm, pulse or angle has changed"));
    assert_true(agent_next_us(rig->agent) > rig->now_us); // nothing to save
    rig_send(rig, "tilt_up");
    assert_true(rig_seen(rig, "tilt")->assumed);
}

static void what_is_no_servo_here_is_not_trusted_and_kept_for_its_return(void **state)
{
    HERE(rig);
    keep(rig, "roll", 200, true);
    keep(rig, "led", 200, true);
    rig_start_afresh(rig);
    rig_run_ms(rig, 6000);
    assert_int_equal(rig->saves, 0);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 0);
    rig_send(rig, "tilt 10");
    rig_run_ms(rig, 1000);
    assert_int_equal(rig->saved.count, 3);
    assert_int_equal(saved(rig, "tilt")->tenths, 100);
    assert_int_equal(saved(rig, "roll")->tenths, 200);
    assert_int_equal(saved(rig, "led")->tenths, 200);
}

static void a_servo_left_out_for_a_run_keeps_its_position(void **state)
{
    HERE(rig);
    keep(rig, "roll", -150, true);
    rig_start(rig);
    rig_send(rig, "tilt 20");
    rig_run_ms(rig, 6000);
    rig_add(rig, "roll", CHANNEL_SERVO)->fingerprint = FINGERPRINT;
    rig_config(rig, "roll")->start = POLICY_LAST;
    restart(rig, true);
    assert_int_equal(rig_seen(rig, "roll")->deg, -150);
    assert_true(rig_seen(rig, "roll")->driven);
    rig_send(rig, "roll 5");
    rig_run_ms(rig, 6000);
    assert_int_equal(saved(rig, "roll")->tenths, 50);
    assert_int_equal(rig->saved.count, 2); // not told twice
}

// A servo whose pulse or pin was changed, and is changed back before it was ever moved.
static void a_changed_servo_keeps_its_old_position_until_it_has_a_new_one(void **state)
{
    HERE(rig);
    keep(rig, "tilt", 200, true);
    rig_config(rig, "tilt")->fingerprint++;
    rig_start(rig);
    rig_send(rig, "pan 10");
    rig_run_ms(rig, 6000);
    assert_int_equal(saved(rig, "tilt")->tenths, 200);
    assert_int_equal(saved(rig, "tilt")->fingerprint, FINGERPRINT);
    rig_send(rig, "tilt 10");
    rig_run_ms(rig, 6000);
    assert_int_equal(saved(rig, "tilt")->tenths, 100);
    assert_int_equal(saved(rig, "tilt")->fingerprint, FINGERPRINT + 1);
}

static void where_there_is_no_room_the_servos_that_there_are_come_first(void **state)
{
    HERE(rig);
    char name[16];
    for (int i = 0; i < PROTOCOL_CHANNELS_MAX; i++) {
        snprintf(name, sizeof name, "old%d", i);
        keep(rig, name, i, true);
    }
    rig_start(rig);
    rig_send(rig, "tilt 20");
    rig_run_ms(rig, 6000);
    assert_int_equal(rig->saved.count, PROTOCOL_CHANNELS_MAX);
    assert_int_equal(saved(rig, "tilt")->tenths, 200);
    assert_int_equal(saved(rig, "old62")->tenths, 62);
}

static void a_position_is_saved_when_the_motion_has_ended(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 20");
    while (agent_status(rig->agent)->channels[rig_index(rig, "tilt")].moving) {
        assert_int_equal(rig->saves, 0);
        rig_run_ms(rig, 1);
    }
    assert_int_equal(rig->saves, 1);
    size_t sets = rig_count(rig, RIG_SET);
    assert_int_equal(rig->saved_us, rig_event(rig, RIG_SET, sets - 1)->at_us);
    assert_int_equal(rig->saved.count, 1); // pan is unknown
    assert_int_equal(saved(rig, "tilt")->tenths, 200);
    assert_int_equal(saved(rig, "tilt")->fingerprint, FINGERPRINT);
    assert_true(saved(rig, "tilt")->driven);
}

static void nothing_is_saved_while_nothing_changes(void **state)
{
    HERE(rig);
    keep(rig, "tilt", 200, false);
    rig_start_afresh(rig);
    rig_run_ms(rig, 60000);
    assert_int_equal(rig->saves, 0);
    rig_send(rig, "tilt 30");
    rig_run_ms(rig, 60000);
    assert_int_equal(rig->saves, 1);
    for (int i = 0; i < 50; i++) {
        rig_send(rig, i % 2 ? "tilt 30" : "led_toggle");
        rig_send(rig, "status");
        rig_run_ms(rig, 1000);
    }
    assert_int_equal(rig->saves, 1);
}

static void it_is_saved_at_most_every_five_seconds(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    int64_t before = INT64_MIN / 2;
    size_t saves = 0;
    for (int i = 0; i < 600; i++) {
        rig_forget(rig);
        rig_send(rig, i % 2 ? "tilt_up 1" : "tilt_down 1");
        rig_run_ms(rig, 173);
        if (rig->saves == saves)
            continue;
        assert_int_equal(rig->saves, saves + 1);
        assert_true(rig->saved_us - before >= 5000000);
        before = rig->saved_us;
        saves = rig->saves;
    }
    assert_in_range(saves, 15, 21); // 104 s
}

static void a_servo_under_way_is_saved_where_it_rested_last(void **state)
{
    HERE(rig);
    rig_config(rig, "pan")->motion.speed = 1;
    rig_start_afresh(rig);
    rig_send(rig, "pan 0");
    rig_run_ms(rig, 6000);
    rig_send(rig, "pan 45");
    rig_run_ms(rig, 6000);
    assert_true(rig_seen(rig, "pan")->moving);
    assert_int_equal(rig->saves, 1);
    rig_send(rig, "tilt 20");
    rig_run_ms(rig, 1000);
    assert_int_equal(rig->saves, 2);
    assert_int_equal(saved(rig, "tilt")->tenths, 200);
    assert_int_equal(saved(rig, "pan")->tenths, 0);
}

static void switching_off_is_saved(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 20");
    rig_run_ms(rig, 8000);
    rig_send(rig, "tilt_off");
    rig_run_ms(rig, 1);
    assert_int_equal(rig->saves, 2);
    assert_false(saved(rig, "tilt")->driven);
    assert_int_equal(saved(rig, "tilt")->tenths, 200);
}

static void saving_goes_on_while_the_broker_is_away(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 45");
    rig_run_ms(rig, 100);
    agent_link_lost(rig->agent, rig->now_us, rig_boot_ms(rig)); // holds
    rig_run_ms(rig, 6000);
    assert_int_equal(rig->saves, 1);
    assert_in_range(saved(rig, "tilt")->tenths, 1, 440);
    assert_true(agent_next_us(rig->agent) == INT64_MAX);
}

static void a_clean_stop_saves_once_more_and_at_once(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 20");
    rig_run_ms(rig, 1000);
    assert_int_equal(rig->saves, 1);
    rig_send(rig, "tilt 45");
    rig_run_ms(rig, 100);
    agent_stop(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig->saves, 2);
    assert_in_range(saved(rig, "tilt")->tenths, 205, 445);
    agent_stop(rig->agent, rig->now_us, rig_boot_ms(rig));
    rig_run_ms(rig, 20000);
    assert_int_equal(rig->saves, 2);
}

static void a_clean_stop_with_nothing_new_saves_nothing(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 20");
    rig_run_ms(rig, 10000);
    agent_stop(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig->saves, 1);
}

static void exit_off_is_not_a_switching_off_by_somebody(void **state)
{
    HERE(rig);
    rig_config(rig, "tilt")->exit = POLICY_OFF;
    rig_config(rig, "tilt")->start = POLICY_LAST;
    rig_start_afresh(rig);
    rig_send(rig, "tilt 20");
    rig_run_ms(rig, 1000);
    agent_stop(rig->agent, rig->now_us, rig_boot_ms(rig));
    rig_run_ms(rig, 1000);
    assert_false(rig_hardware(rig, "tilt")->enabled);
    assert_true(saved(rig, "tilt")->driven);
    restart(rig, false);
    assert_true(rig_seen(rig, "tilt")->driven);
    assert_int_equal(rig_seen(rig, "tilt")->deg, 200);
}

static int random_below(uint64_t *seed, int n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); // Knuth's MMIX
    return (int)((*seed >> 33) % (uint64_t)n);
}

static void whenever_the_power_is_cut_the_position_is_the_one_saved_last(void **state)
{
    HERE(rig);
    uint64_t seed = 7;
    char text[32];
    rig_hardware(rig, "tilt")->pwm.steps = 4096;
    rig_hardware(rig, "pan")->pwm.steps = 256;
    rig_start_afresh(rig);
    for (int life = 0; life < 200; life++) {
        rig_forget(rig);
        for (int i = random_below(&seed, 6); i > 0; i--) {
            snprintf(text, sizeof text, "%s %d", random_below(&seed, 2) ? "tilt" : "pan",
                random_below(&seed, 90) - 45);
            rig_send(rig, text);
            rig_run_ms(rig, random_below(&seed, 3000));
        }
        struct positions last = rig->saves > 0 ? rig->saved : rig->kept;
        restart(rig, true);
        for (size_t i = 0; i < last.count; i++) {
            const struct status_channel *c = rig_seen(rig, last.of[i].name);
            assert_true(c->deg_known && !c->assumed && !c->driven);
            assert_true(abs(c->deg - last.of[i].tenths) * 100 <= c->res_milli);
            assert_int_equal(c->deg, last.of[i].tenths); // nothing creeps from run to run
        }
    }
}

static void whenever_the_agent_is_killed_the_servo_is_taken_over_where_it_is(void **state)
{
    HERE(rig);
    uint64_t seed = 11;
    char text[32];
    rig_start_afresh(rig);
    for (int life = 0; life < 100; life++) {
        snprintf(text, sizeof text, "tilt %d", random_below(&seed, 90) - 45);
        rig_send(rig, text);
        rig_run_ms(rig, random_below(&seed, 700));
        int64_t pulse = rig_hardware(rig, "tilt")->pulse_ns;
        rig_forget(rig);
        restart(rig, false);
        assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_ENABLE), 0);
        assert_true(rig_seen(rig, "tilt")->driven && !rig_seen(rig, "tilt")->assumed);
        assert_int_equal(rig_seen(rig, "tilt")->us, (pulse + 500) / 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_saved_position_is_known_and_powers_nothing),
        TEST(the_first_command_starts_from_the_saved_position),
        TEST(a_running_pwm_is_believed_more_than_the_file),
        TEST(start_last_powers_the_saved_position),
        TEST(start_last_leaves_off_what_had_been_switched_off),
        TEST(start_center_moves_there_from_the_saved_position),
        TEST(start_last_that_the_hardware_refuses_is_told_and_not_driven),
        TEST(a_saved_position_outside_new_limits_is_taken_at_the_limit),
        TEST(a_changed_servo_is_not_trusted_and_one_warning_names_it),
        TEST(what_is_no_servo_here_is_not_trusted_and_kept_for_its_return),
        TEST(a_servo_left_out_for_a_run_keeps_its_position),
        TEST(a_changed_servo_keeps_its_old_position_until_it_has_a_new_one),
        TEST(where_there_is_no_room_the_servos_that_there_are_come_first),
        TEST(a_position_is_saved_when_the_motion_has_ended),
        TEST(nothing_is_saved_while_nothing_changes),
        TEST(it_is_saved_at_most_every_five_seconds),
        TEST(a_servo_under_way_is_saved_where_it_rested_last),
        TEST(switching_off_is_saved),
        TEST(saving_goes_on_while_the_broker_is_away),
        TEST(a_clean_stop_saves_once_more_and_at_once),
        TEST(a_clean_stop_with_nothing_new_saves_nothing),
        TEST(exit_off_is_not_a_switching_off_by_somebody),
        TEST(whenever_the_power_is_cut_the_position_is_the_one_saved_last),
        TEST(whenever_the_agent_is_killed_the_servo_is_taken_over_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
