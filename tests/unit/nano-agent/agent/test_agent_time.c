// SPDX-License-Identifier: MIT
// What time does: reports and heartbeats, inputs with their debounce, and random lives of the whole agent.
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/nano-agent/agent/agent_rig.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, finish)
#define HERE(rig)  struct rig *(rig) = *state

static int prepare(void **state)
{
    struct rig *rig = rig_new();
    struct agent_channel_config *button = rig_add(rig, "button", CHANNEL_INPUT);
    snprintf(button->press, sizeof button->press, "led_toggle");
    *state = rig;
    return 0;
}

static int finish(void **state)
{
    rig_free(*state);
    return 0;
}

static void a_status_is_published_as_soon_as_the_link_is_up(void **state)
{
    HERE(rig);
    rig_boot(rig);
    assert_int_equal(rig_count(rig, RIG_STATUS), 0);
    assert_true(agent_next_us(rig->agent) == INT64_MAX);
    agent_link_up(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig_count(rig, RIG_STATUS), 1);
    assert_int_equal(rig->seen.seq, 1);
    assert_int_equal(rig->seen.last.n, 0);
    assert_int_equal(rig_count(rig, RIG_HEALTH), 0);
}

static void a_heartbeat_comes_every_report_period_with_the_health(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    int64_t begin = rig->now_us;
    for (int i = 1; i <= 5; i++) {
        rig_run_ms(rig, 1000);
        agent_heartbeat_done(rig->agent);
    }
    assert_int_equal(rig_count(rig, RIG_STATUS), 5);
    assert_int_equal(rig_count(rig, RIG_HEALTH), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_int_equal(rig_event(rig, RIG_STATUS, i)->at_us, begin + ((int64_t)i + 1) * 1000000);
        assert_int_equal(rig_event(rig, RIG_STATUS, i)->value, 1);
    }
    assert_int_equal(rig->seen.health.cpu_c, 415);
    assert_int_equal(rig->seen.seq, 6);
}

static void heartbeats_keep_their_pace_however_many_commands_come(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    for (int i = 0; i < 50; i++) {
        rig_send(rig, "led_toggle");
        rig_run_ms(rig, 100);
        agent_heartbeat_done(rig->agent);
    }
    size_t beats = 0;
    for (size_t i = 0; i < rig_count(rig, RIG_STATUS); i++)
        beats += rig_event(rig, RIG_STATUS, i)->value == 1;
    assert_int_equal(beats, 5);
    assert_int_equal(rig_count(rig, RIG_HEALTH), 5);
}

static void what_was_stamped_before_a_suspend_is_expired_after_it(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    char before[128], after[128];
    static const char format[] = "{\"cmd\":\"tilt_up\",\"by\":%" PRId64 ",\"boot\":\"" RIG_BOOT "\"}";
    snprintf(before, sizeof before, format, rig_boot_ms(rig) + PROTOCOL_TTL_MS);
    rig->suspended_ms += 3600000;
    assert_int_equal(rig_send(rig, before), RESULT_EXPIRED);
    assert_int_equal(rig_count(rig, RIG_SET), 0);
    // The answer tells the clock as it is now: a controller learns the jump from it.
    assert_int_equal(rig->seen.t_ms, rig_boot_ms(rig));
    snprintf(after, sizeof after, format, rig->seen.t_ms + PROTOCOL_TTL_MS);
    assert_int_equal(rig_send(rig, after), RESULT_OK);
}

static void a_suspend_makes_a_servo_no_faster_and_no_heartbeat_double(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    assert_int_equal(rig_send(rig, "tilt 40"), RESULT_OK);
    rig_run_ms(rig, 100);
    size_t sets = rig_count(rig, RIG_SET), statuses = rig_count(rig, RIG_STATUS);
    rig->suspended_ms += 3600000;
    agent_tick(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig_count(rig, RIG_SET), sets);
    assert_int_equal(rig_count(rig, RIG_STATUS), statuses);
}

static void only_one_heartbeat_at_qos_1_is_outstanding(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_run_ms(rig, 3000);
    assert_int_equal(rig_count(rig, RIG_STATUS), 3);
    assert_int_equal(rig_event(rig, RIG_STATUS, 0)->value, 1);
    assert_int_equal(rig_event(rig, RIG_STATUS, 1)->value, 0);
    assert_int_equal(rig_event(rig, RIG_STATUS, 2)->value, 0);
    agent_heartbeat_done(rig->agent);
    rig_run_ms(rig, 1000);
    assert_int_equal(rig_event(rig, RIG_STATUS, 3)->value, 1);
    agent_link_up(rig->agent, rig->now_us, rig_boot_ms(rig)); // a new connection knows nothing of the old one
    rig_run_ms(rig, 1000);
    assert_int_equal(rig_event(rig, RIG_STATUS, 5)->value, 1);
}

static void heartbeats_that_could_not_be_sent_are_not_made_up_for(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig->now_us += 10000000;
    agent_tick(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig_count(rig, RIG_STATUS), 1);
    assert_true(agent_next_us(rig->agent) == rig->now_us + 1000000);
}

static void heartbeats_repeat_the_last_result(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "{\"cmd\":\"led_on\",\"id\":\"z\"}");
    rig_run_ms(rig, 3000);
    assert_int_equal(rig->seen.last.n, 1);
    assert_string_equal(rig->seen.last.id, "z");
}

static void an_idle_agent_wakes_for_nothing_but_its_heartbeat(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_send(rig, "tilt 20");
    rig_run_ms(rig, 5000);
    rig_forget(rig);
    for (int i = 0; i < 60; i++) {
        int64_t next = agent_next_us(rig->agent);
        assert_true(next >= rig->now_us && next - rig->now_us <= 1000000);
        rig->now_us = next;
        agent_tick(rig->agent, rig->now_us, rig_boot_ms(rig));
    }
    assert_int_equal(rig_count(rig, RIG_STATUS), 60);
}

static void sixty_four_servos_under_way_fit_into_one_status(void **state)
{
    HERE(rig);
    char text[64];
    rig->config.count = 0;
    for (int i = 0; i < PROTOCOL_CHANNELS_MAX; i++) {
        snprintf(text, sizeof text, "a_name_of_thirty_two_characters%c",
            "0123456789abcdefghijklmnopqrstuv"[i % 32]);
        text[0] = i < 32 ? 'a' : 'b';
        struct agent_channel_config *c = rig_add(rig, text, CHANNEL_SERVO);
        c->motion.limit[0] = -444;
        c->motion.limit[1] = 444;
        rig_hardware(rig, text)->pwm.steps = 4096;
    }
    rig_start_afresh(rig);
    for (int i = 0; i < PROTOCOL_CHANNELS_MAX; i++) {
        snprintf(text, sizeof text, "%s -33.3", rig->config.channels[i].id.name);
        assert_int_equal(rig_send(rig, text), RESULT_OK);
    }
    rig_run_ms(rig, 100);
    assert_int_equal(rig->seen.count, PROTOCOL_CHANNELS_MAX);
    assert_true(rig->seen.channels[63].moving && rig->seen.channels[63].assumed);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 0);
    char long_word[PROTOCOL_COMMAND_MAX + 1];
    memset(long_word, '"', sizeof long_word - 1);
    long_word[sizeof long_word - 1] = '\0';
    assert_int_equal(rig_send(rig, long_word), RESULT_INVALID);
    rig_run_ms(rig, 1000);
    assert_true(rig_count(rig, RIG_HEALTH) > 0);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 0);
}

static void while_moving_at_most_twenty_statuses_a_second_and_one_with_the_arrival(void **state)
{
    HERE(rig);
    rig->config.report_ms = 3600000;
    rig_start_afresh(rig);
    rig_send(rig, "tilt 45");
    rig_send(rig, "tilt -45");
    rig_send(rig, "tilt 45");
    rig_run_ms(rig, 3000);
    size_t count = rig_count(rig, RIG_STATUS);
    assert_in_range(count, 8, 20);
    for (size_t i = 3; i < count; i++)
        assert_true(rig_event(rig, RIG_STATUS, i)->at_us >= rig_event(rig, RIG_STATUS, i - 1)->at_us + 50000);
    assert_false(rig_seen(rig, "tilt")->moving);
    assert_int_equal(rig_seen(rig, "tilt")->deg, 450);
}

static int random_below(uint64_t *seed, int n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407); // Knuth's MMIX
    return (int)((*seed >> 33) % (uint64_t)n);
}

static double pulse_at(const struct motion_config *m, int tenths)
{
    return 1000.0 * (m->pulse_us[0] + (double)(tenths - m->angle[0]) * (m->pulse_us[1] - m->pulse_us[0]) /
                                          (m->angle[1] - m->angle[0]));
}

// Between two writes, a servo's pulse may have moved only as far as its speed allows in the time between, one
// frame and the rounding of its hardware more; and it is never outside its limits.
static void check_pulses(const struct rig *rig, size_t channel)
{
    const struct motion_config *m = &rig->config.channels[channel].motion;
    const struct hw_pwm *pwm = &rig->hardware[channel].pwm;
    double a = pulse_at(m, m->limit[0]), b = pulse_at(m, m->limit[1]);
    double low = a < b ? a : b, high = a < b ? b : a;
    double ns_a_degree = (high - low) * 10 / (m->limit[1] - m->limit[0]);
    double rounding = pwm->steps > 0 ? (double)pwm->period_ns / pwm->steps : 1;
    int64_t pulse = 0, at_us = 0;
    for (size_t i = 0; i < rig->event_count; i++) {
        const struct rig_event *e = &rig->events[i];
        if (e->kind != RIG_SET || e->channel != channel || e->value == 0)
            continue;
        assert_true((double)e->value >= low - 0.5 && (double)e->value <= high + 0.5);
        double way_ns = pulse > 0 ? (double)llabs(e->value - pulse) : 0;
        double seconds = (double)(e->at_us - at_us + MOTION_FRAME_US) / 1e6;
        assert_true(way_ns <= m->speed * seconds * ns_a_degree + 2 * rounding);
        pulse = e->value;
        at_us = e->at_us;
    }
}

static void live(struct rig *rig, uint64_t seed)
{
    char text[64];
    int64_t stopped_us = INT64_MIN / 2;
    for (int event = 0; event < 300; event++) {
        const char *name = random_below(&seed, 2) ? "tilt" : "pan";
        int what = random_below(&seed, 12);
        if (what < 4)
            snprintf(text, sizeof text, "%s %d", name, random_below(&seed, 140) - 70);
        else if (what < 8)
            snprintf(text, sizeof text, "%s_%s %d.%d", name, what % 2 ? "up" : "down",
                random_below(&seed, 30), 1 + random_below(&seed, 9));
        else if (what == 8)
            snprintf(text, sizeof text, "%s_off", name);
        else if (what == 9)
            snprintf(text, sizeof text, "center");
        else
            snprintf(text, sizeof text, what == 10 ? "stop" : "status");
        enum protocol_result result = rig_send(rig, text);
        // Refused is all motion within 500 ms after a stop, and nothing else.
        bool is_motion = what < 8 || what == 9;
        assert_int_equal(result == RESULT_REFUSED, is_motion && rig->now_us - stopped_us < 500000);
        assert_true(result == RESULT_OK || result == RESULT_LIMIT || result == RESULT_REFUSED);
        if (strcmp(text, "stop") == 0) {
            stopped_us = rig->now_us;
            size_t sets = rig_count(rig, RIG_SET);
            rig_run_ms(rig, 100);
            assert_int_equal(rig_count(rig, RIG_SET), sets);
        }
        rig_run_ms(rig, (int64_t)random_below(&seed, 4) * random_below(&seed, 150));
        agent_heartbeat_done(rig->agent);
        if (rig->event_count > RIG_EVENTS_MAX - 1200) {
            check_pulses(rig, rig_index(rig, "tilt"));
            check_pulses(rig, rig_index(rig, "pan"));
            rig_forget(rig);
        }
    }
    rig_run_ms(rig, 600);
    for (int i = 0; i < 2; i++) {
        rig_forget(rig);
        assert_int_equal(rig_send(rig, i ? "pan 12" : "tilt 12"), RESULT_OK);
        rig_run_ms(rig, 20000);
        const struct status_channel *c = rig_seen(rig, i ? "pan" : "tilt");
        assert_false(c->moving);
        assert_int_equal(c->deg, c->target);
        assert_true(c->driven);
        assert_true(abs(c->deg - 120) * 100 <= c->res_milli / 2 + 100);
    }
    check_pulses(rig, rig_index(rig, "tilt"));
    check_pulses(rig, rig_index(rig, "pan"));
}

static void whatever_comes_in_whatever_order_limits_speed_stop_and_arrival_hold(void **state)
{
    (void)state;
    const uint32_t steps[] = {0, 256, 4096};
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct rig *rig = rig_new();
        struct motion_config *pan = &rig_add(rig, "pan", CHANNEL_SERVO)->motion;
        pan->pulse_us[0] = 2300; // mirrored, wider, narrower limits, slow
        pan->pulse_us[1] = 700;
        pan->angle[0] = -900;
        pan->angle[1] = 900;
        pan->limit[0] = -333;
        pan->speed = seed % 2 ? 17 : 400;
        pan->accel = seed % 4 < 2 ? 0 : 250;
        rig_hardware(rig, "tilt")->pwm.steps = steps[seed % 3];
        rig_hardware(rig, "pan")->pwm.steps = steps[(seed + 1) % 3];
        rig_start_afresh(rig);
        live(rig, seed);
        rig_free(rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_status_is_published_as_soon_as_the_link_is_up),
        TEST(a_heartbeat_comes_every_report_period_with_the_health),
        TEST(heartbeats_keep_their_pace_however_many_commands_come),
        TEST(what_was_stamped_before_a_suspend_is_expired_after_it),
        TEST(a_suspend_makes_a_servo_no_faster_and_no_heartbeat_double),
        TEST(only_one_heartbeat_at_qos_1_is_outstanding),
        TEST(heartbeats_that_could_not_be_sent_are_not_made_up_for),
        TEST(heartbeats_repeat_the_last_result),
        TEST(an_idle_agent_wakes_for_nothing_but_its_heartbeat),
        TEST(sixty_four_servos_under_way_fit_into_one_status),
        TEST(while_moving_at_most_twenty_statuses_a_second_and_one_with_the_arrival),
        cmocka_unit_test(whatever_comes_in_whatever_order_limits_speed_stop_and_arrival_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
