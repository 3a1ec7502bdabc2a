// SPDX-License-Identifier: MIT
// Channels on hardware that only remembers, without an agent.
#ifndef TESTS_CHANNEL_RIG_H
#define TESTS_CHANNEL_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/agent/channel.h"

struct fake_pwm {
    struct hw_pwm base;
    int64_t pulse_ns;
    bool enabled;
    int error;    // what the next calls return
    size_t calls; // so far, those that were refused as well
};

struct fake_switch {
    struct hw_switch base;
    bool on;
    int error;
    size_t calls;
};

static inline int fake_pwm_set(struct hw_pwm *base, int64_t pulse_ns)
{
    struct fake_pwm *pwm = (struct fake_pwm *)base;
    pwm->calls++;
    if (pwm->error == 0)
        pwm->pulse_ns = pulse_ns;
    return pwm->error;
}

static inline int fake_pwm_enable(struct hw_pwm *base, bool on)
{
    struct fake_pwm *pwm = (struct fake_pwm *)base;
    pwm->calls++;
    if (pwm->error == 0)
        pwm->enabled = on;
    return pwm->error;
}

static inline int fake_switch_set(struct hw_switch *base, bool on)
{
    struct fake_switch *sw = (struct fake_switch *)base;
    sw->calls++;
    if (sw->error == 0)
        sw->on = on;
    return sw->error;
}

static const struct hw_pwm_ops fake_pwm_ops = {.set = fake_pwm_set, .enable = fake_pwm_enable};
static const struct hw_switch_ops fake_switch_ops = {.set = fake_switch_set};

static inline struct agent_channel_config servo_config(const char *name)
{
    struct agent_channel_config config = {.id.kind = CHANNEL_SERVO,
        .fingerprint = 7,
        .step = 50,
        .start = POLICY_OFF,
        .safe = POLICY_OFF,
        .motion = {.pulse_us = {1000, 2000},
            .angle = {-450, 450},
            .limit = {-450, 450},
            .speed = 120,
            .accel = 600}};
    snprintf(config.id.name, sizeof config.id.name, "%s", name);
    return config;
}

static inline struct agent_channel_config plain_config(const char *name, enum channel_kind kind)
{
    struct agent_channel_config config = {.id.kind = kind, .start = POLICY_OFF, .safe = POLICY_OFF};
    snprintf(config.id.name, sizeof config.id.name, "%s", name);
    return config;
}

static inline void make_pwm_channel(
    struct channel *c, const struct agent_channel_config *config, struct fake_pwm *pwm, int64_t now_us)
{
    *pwm = (struct fake_pwm){.base = {.ops = &fake_pwm_ops, .period_ns = 20000000}};
    assert_int_equal(channel_init(c, config, (union agent_output){.pwm = &pwm->base}, NULL, now_us), 0);
}

static inline void make_switch_channel(
    struct channel *c, const struct agent_channel_config *config, struct fake_switch *sw, int64_t now_us)
{
    *sw = (struct fake_switch){.base.ops = &fake_switch_ops};
    assert_int_equal(channel_init(c, config, (union agent_output){.sw = &sw->base}, NULL, now_us), 0);
}

// Ticks whenever it is due, for so long.
static inline void run_channel(struct channel *c, int64_t *now_us, int64_t for_us)
{
    int64_t end_us = *now_us + for_us;
    bool changed = false;
    while (channel_next_us(c) <= end_us) {
        *now_us = channel_next_us(c) > *now_us ? channel_next_us(c) : *now_us;
        channel_tick(c, *now_us, &changed);
    }
    *now_us = end_us;
}

#endif
