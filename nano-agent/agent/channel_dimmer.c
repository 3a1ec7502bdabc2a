// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "common/text.h"
#include "nano-agent/agent/channel.h"

enum { PERCENT_MAX = 100, STEP = 10 }; // STEP: what NAME_up and NAME_down without a number change

static int set(struct channel *c, int percent, int64_t now_us)
{
    int64_t pulse_ns = c->pwm.pwm->period_ns * percent / PERCENT_MAX;
    int rc = percent > 0 ? pwm_output_drive(&c->pwm, pulse_ns) : pwm_output_release(&c->pwm, now_us);
    if (rc < 0)
        return rc;
    c->percent = percent;
    c->on = percent > 0;
    c->held = c->held && !c->on;
    if (c->on)
        c->last_percent = percent;
    return 0;
}

static int set_on(struct channel *c, bool on, int64_t now_us)
{
    int percent = c->on ? c->percent : c->last_percent > 0 ? c->last_percent : PERCENT_MAX;
    return set(c, on ? percent : 0, now_us);
}

static int init(struct channel *c, const struct position *kept, int64_t now_us)
{
    (void)kept;
    int rc = pwm_output_init(&c->pwm, c->out.pwm, now_us);
    if (c->pwm.driven) {
        int64_t period_ns = c->out.pwm->period_ns;
        int64_t percent = (c->pwm.pulse_ns * PERCENT_MAX + period_ns / 2) / period_ns;
        c->percent = percent > PERCENT_MAX ? PERCENT_MAX : percent < 1 ? 1 : (int)percent;
        c->last_percent = c->percent;
        c->on = true;
    }
    int started = 0;
    if (c->config.start == POLICY_ON || c->config.start == POLICY_OFF)
        started = set_on(c, c->config.start == POLICY_ON, now_us);
    return rc < 0 ? rc : started;
}

// A dimmer is set in whole percent.
static int percent_of(int tenths)
{
    return (tenths + (tenths < 0 ? -5 : 5)) / 10;
}

static int set_limited(struct channel *c, int percent, int64_t now_us, char limit[PROTOCOL_WHY_SIZE])
{
    int possible = percent < 0 ? 0 : percent > PERCENT_MAX ? PERCENT_MAX : percent;
    if (possible != percent)
        snprintf(
            limit, PROTOCOL_WHY_SIZE, "%s %d %%", possible == c->percent ? "already at" : "cut at", possible);
    return set(c, possible, now_us);
}

static int execute(
    struct channel *c, const struct vocabulary_match *match, int64_t now_us, char limit[PROTOCOL_WHY_SIZE])
{
    int step = match->has_number ? percent_of(match->tenths) : STEP;
    if (step < 1)
        step = 1;
    switch (match->verb) {
    case VERB_SET:
        return set_limited(c, percent_of(match->tenths), now_us, limit);
    case VERB_UP:
        return set_limited(c, c->percent + step, now_us, limit);
    case VERB_DOWN:
        return set_limited(c, c->percent - step, now_us, limit);
    default:
        return set_on(c, match->verb == VERB_ON || (match->verb == VERB_TOGGLE && !c->on), now_us);
    }
}

static int stop(struct channel *c, int64_t now_us)
{
    c->held = true;
    return set(c, 0, now_us);
}

static int apply(struct channel *c, enum policy policy, int64_t now_us)
{
    return policy == POLICY_OFF || policy == POLICY_ON ? set_on(c, policy == POLICY_ON, now_us) : 0;
}

static void unpowered(struct channel *c)
{
    c->on = false;
    c->percent = 0;
}

static int tick(struct channel *c, int64_t now_us, bool *changed)
{
    int rc = pwm_output_tick(&c->pwm, now_us);
    if (c->on && !c->pwm.driven) { // the hardware obeyed at last
        unpowered(c);
        *changed = true;
    }
    return rc;
}

static int64_t next_us(const struct channel *c)
{
    return pwm_output_next_us(&c->pwm);
}

static void report(const struct channel *c, struct status_channel *out)
{
    out->on = c->on;
    out->percent = c->percent;
}

const struct channel_ops channel_dimmer = {
    .port = PORT_PWM,
    .stops_by_choice = true,
    .init = init,
    .execute = execute,
    .apply = apply,
    .stop = stop,
    .unpowered = unpowered,
    .tick = tick,
    .next_us = next_us,
    .report = report,
};
