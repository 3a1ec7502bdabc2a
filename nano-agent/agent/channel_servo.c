// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "nano-agent/agent/channel.h"

static void plan_idle(struct channel *c, int64_t now_us)
{
    bool waits = c->pwm.driven && !c->motion.moving && c->config.idle_off_ms > 0;
    c->idle_us = waits ? now_us + (int64_t)c->config.idle_off_ms * 1000 : INT64_MAX;
}

// Emits what the motion has become since before. Where the hardware refuses, the servo stands where it was.
static int emit(struct channel *c, const struct motion *before, int64_t now_us)
{
    int rc = motion_possible(&c->motion) ? pwm_output_drive(&c->pwm, motion_pulse_ns(&c->motion)) : -ERANGE;
    if (rc < 0) {
        c->motion = *before;
        motion_stop(&c->motion);
    }
    plan_idle(c, now_us);
    return rc;
}

// A servo at rest gets its first frame at once. A servo under way takes up the new target with its next frame, since
// rewriting a PWM within its period cuts that period short.
static int begin_motion(struct channel *c, const struct motion *before, int64_t now_us)
{
    c->held = false;
    if (before->moving && c->motion.moving) {
        c->idle_us = INT64_MAX;
        return 0;
    }
    motion_frame(&c->motion, now_us);
    return emit(c, before, now_us);
}

static int go(struct channel *c, int tenths, int64_t now_us, bool *limited)
{
    struct motion before = c->motion;
    *limited = motion_go(&c->motion, tenths, now_us);
    return begin_motion(c, &before, now_us);
}

static int step(struct channel *c, int delta_tenths, int64_t now_us, bool *limited)
{
    struct motion before = c->motion;
    *limited = motion_step(&c->motion, delta_tenths, now_us);
    return begin_motion(c, &before, now_us);
}

static void hold(struct channel *c, int64_t now_us)
{
    motion_stop(&c->motion);
    plan_idle(c, now_us);
}

static int stop(struct channel *c, int64_t now_us)
{
    hold(c, now_us);
    c->held = true;
    return 0;
}

static int off(struct channel *c, int64_t now_us)
{
    motion_stop(&c->motion);
    c->idle_us = INT64_MAX;
    return pwm_output_release(&c->pwm, now_us);
}

// A pulse that still runs tells best where the servo is, and the position that was kept tells it otherwise. A servo that had
// been switched off stays off: somebody may have done that to turn it by hand.
static int start(struct channel *c, const struct position *kept, int64_t now_us)
{
    bool limited;
    if (kept && !c->motion.known)
        motion_restore(&c->motion, kept->tenths);
    if (c->config.start == POLICY_CENTER)
        return go(c, 0, now_us, &limited);
    if (c->config.start != POLICY_LAST || !kept || !kept->driven || c->pwm.driven)
        return 0;
    struct motion at_rest = c->motion;
    return emit(c, &at_rest, now_us);
}

static int init(struct channel *c, const struct position *kept, int64_t now_us)
{
    c->config.motion.period_ns = c->out.pwm->period_ns;
    c->config.motion.steps = c->out.pwm->steps;
    motion_init(&c->motion, &c->config.motion);
    int taken = pwm_output_init(&c->pwm, c->out.pwm, now_us);
    if (c->pwm.driven) {
        motion_found(&c->motion, c->pwm.pulse_ns);
        plan_idle(c, now_us);
    }
    int started = start(c, kept, now_us);
    return taken < 0 ? taken : started;
}

// "already at 45.0°": where a limit cut a motion.
static void tell_limit(const struct channel *c, const struct motion *before, char limit[PROTOCOL_WHY_SIZE])
{
    int tenths = motion_target_tenths(&c->motion);
    bool there = before->known && before->target == c->motion.target;
    const char *word = !there ? "cut at" : before->moving ? "already on its way to" : "already at";
    snprintf(limit, PROTOCOL_WHY_SIZE, "%s %s%d.%d°", word, tenths < 0 ? "-" : "", abs(tenths) / 10,
        abs(tenths) % 10);
}

static int execute(
    struct channel *c, const struct vocabulary_match *match, int64_t now_us, char limit[PROTOCOL_WHY_SIZE])
{
    struct motion before = c->motion;
    int delta = match->has_number ? match->tenths : c->config.step;
    bool limited = false;
    int rc = 0;
    switch (match->verb) {
    case VERB_SET:
        rc = go(c, match->tenths, now_us, &limited);
        break;
    case VERB_CENTER:
        rc = go(c, 0, now_us, &limited);
        break;
    case VERB_UP:
    case VERB_DOWN:
        rc = step(c, match->verb == VERB_UP ? delta : -delta, now_us, &limited);
        break;
    case VERB_STOP:
        stop(c, now_us);
        c->stopped_us = now_us;
        break;
    default:
        rc = off(c, now_us);
        break;
    }
    if (rc == 0 && limited)
        tell_limit(c, &before, limit);
    return rc;
}

static int apply(struct channel *c, enum policy policy, int64_t now_us)
{
    bool limited;
    if (policy == POLICY_HOLD)
        hold(c, now_us);
    if (policy == POLICY_OFF)
        return off(c, now_us);
    return policy == POLICY_CENTER && c->pwm.driven ? go(c, 0, now_us, &limited) : 0;
}

// Where it stood is where it is taken to stand, until somebody turns it by hand.
static void unpowered(struct channel *c)
{
    motion_stop(&c->motion);
    c->idle_us = INT64_MAX;
}

static int64_t frame_due_us(const struct channel *c)
{
    return c->motion.moving ? c->motion.frame_us + MOTION_FRAME_US : INT64_MAX;
}

static int frame(struct channel *c, int64_t now_us, bool *changed)
{
    struct motion before = c->motion;
    int64_t pulse_ns = c->pwm.pulse_ns;
    motion_frame(&c->motion, now_us);
    int rc = emit(c, &before, now_us);
    *changed = *changed || rc < 0 || c->pwm.pulse_ns != pulse_ns || c->motion.moving != before.moving;
    return rc;
}

static int tick(struct channel *c, int64_t now_us, bool *changed)
{
    int rc = 0;
    bool driven = c->pwm.driven;
    if (now_us >= frame_due_us(c))
        rc = frame(c, now_us, changed);
    if (now_us >= c->idle_us)
        rc = off(c, now_us);
    int output_rc = pwm_output_tick(&c->pwm, now_us);
    *changed = *changed || c->pwm.driven != driven;
    return rc < 0 ? rc : output_rc;
}

static int64_t next_us(const struct channel *c)
{
    int64_t next = frame_due_us(c), output = pwm_output_next_us(&c->pwm);
    next = c->idle_us < next ? c->idle_us : next;
    return output < next ? output : next;
}

static void report(const struct channel *c, struct status_channel *out)
{
    const struct agent_channel_config *config = &c->config;
    out->axis = config->axis;
    out->deg_known = out->target_known = c->motion.known;
    if (c->motion.known) {
        out->deg = motion_tenths(&c->motion);
        out->target = motion_target_tenths(&c->motion);
    }
    out->min = config->motion.limit[0];
    out->max = config->motion.limit[1];
    out->step = config->step;
    out->speed = config->motion.speed * 10; // the report counts in tenths
    out->res_milli = motion_res_milli(&config->motion);
    int64_t us = (c->pwm.pulse_ns + 500) / 1000;
    out->us = us < PROTOCOL_PULSE_MAX_US ? (int)us : PROTOCOL_PULSE_MAX_US;
    out->moving = c->motion.moving;
    out->driven = c->pwm.driven;
    out->assumed = c->motion.assumed;
}

const struct channel_ops channel_servo = {
    .port = PORT_PWM,
    .keeps_position = true,
    .init = init,
    .execute = execute,
    .apply = apply,
    .stop = stop,
    .unpowered = unpowered,
    .tick = tick,
    .next_us = next_us,
    .report = report,
};
