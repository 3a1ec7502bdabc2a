// SPDX-License-Identifier: MIT
#include "nano-agent/agent/channel.h"

#include <errno.h>
#include <string.h>

enum { MS_US = 1000, PERCENT_MAX = 100 };

static bool is_pwm(const struct channel *c)
{
    return c->config.id.kind == CHANNEL_SERVO || c->config.id.kind == CHANNEL_DIMMER;
}

static int pwm_drive(struct channel *c, int64_t pulse_ns)
{
    struct hw_pwm *pwm = c->out.pwm;
    if (!c->driven || pulse_ns != c->pulse_ns) {
        int rc = pwm->ops->set(pwm, pulse_ns);
        if (rc < 0)
            return rc;
        c->pulse_ns = pulse_ns;
    }
    c->disable_us = INT64_MAX;
    if (!c->enabled) {
        int rc = pwm->ops->enable(pwm, true);
        if (rc < 0)
            return rc;
        c->enabled = true;
    }
    c->driven = true;
    return 0;
}

// Disabling cuts the running pulse on most hardware, and a servo follows a cut pulse: so it emits pulse 0 for
// a whole period first.
static int pwm_release(struct channel *c, int64_t now_us)
{
    struct hw_pwm *pwm = c->out.pwm;
    if (!c->driven)
        return 0;
    int rc = pwm->ops->set(pwm, 0);
    if (rc < 0)
        return rc;
    int64_t period_us = pwm->period_ns / 1000;
    c->driven = false;
    c->pulse_ns = 0;
    c->disable_us = now_us + (period_us > MOTION_FRAME_US ? period_us : MOTION_FRAME_US);
    return 0;
}

static int pwm_disable(struct channel *c)
{
    struct hw_pwm *pwm = c->out.pwm;
    c->disable_us = INT64_MAX;
    int rc = pwm->ops->enable(pwm, false);
    if (rc == 0)
        c->enabled = false;
    return rc;
}

static void rest(struct channel *c, int64_t now_us)
{
    bool waits = c->driven && !c->motion.moving && c->config.idle_off_ms > 0;
    c->idle_us = waits ? now_us + (int64_t)c->config.idle_off_ms * MS_US : INT64_MAX;
}

// Emits what the motion has become since before. Where the hardware refuses, the servo stands where it was.
static int servo_emit(struct channel *c, const struct motion *before, int64_t now_us)
{
    int rc = motion_possible(&c->motion) ? pwm_drive(c, motion_pulse_ns(&c->motion)) : -ERANGE;
    if (rc < 0) {
        c->motion = *before;
        motion_stop(&c->motion);
    }
    rest(c, now_us);
    return rc;
}

// A resting servo gets its first frame at once; one under way takes up the new target with its next frame,
// since rewriting a PWM within its period cuts that period short.
static int servo_start(struct channel *c, const struct motion *before, int64_t now_us)
{
    if (before->moving && c->motion.moving) {
        c->idle_us = INT64_MAX;
        return 0;
    }
    motion_frame(&c->motion, now_us);
    return servo_emit(c, before, now_us);
}

int channel_go(struct channel *c, int tenths, int64_t now_us, bool *limit)
{
    struct motion before = c->motion;
    *limit = motion_go(&c->motion, tenths, now_us);
    return servo_start(c, &before, now_us);
}

int channel_step(struct channel *c, int delta_tenths, int64_t now_us, bool *limit)
{
    struct motion before = c->motion;
    *limit = motion_step(&c->motion, delta_tenths, now_us);
    return servo_start(c, &before, now_us);
}

void channel_hold(struct channel *c, int64_t now_us)
{
    motion_stop(&c->motion);
    rest(c, now_us);
}

void channel_stop(struct channel *c, int64_t now_us)
{
    channel_hold(c, now_us);
    c->stopped_us = now_us;
}

bool channel_is_stopped(const struct channel *c, int64_t now_us)
{
    return now_us - c->stopped_us < (int64_t)PROTOCOL_STOP_HOLD_MS * MS_US;
}

int channel_dim(struct channel *c, int percent, int64_t now_us)
{
    int64_t pulse_ns = c->out.pwm->period_ns * percent / PERCENT_MAX;
    int rc = percent > 0 ? pwm_drive(c, pulse_ns) : pwm_release(c, now_us);
    if (rc < 0)
        return rc;
    c->percent = percent;
    c->on = percent > 0;
    if (c->on)
        c->last_percent = percent;
    return 0;
}

int channel_switch(struct channel *c, bool on, int64_t now_us)
{
    if (c->config.id.kind == CHANNEL_DIMMER) {
        int percent = c->on ? c->percent : c->last_percent > 0 ? c->last_percent : PERCENT_MAX;
        return channel_dim(c, on ? percent : 0, now_us);
    }
    int rc = c->out.sw->ops->set(c->out.sw, on);
    if (rc == 0)
        c->on = on;
    return rc;
}

int channel_off(struct channel *c, int64_t now_us)
{
    if (c->config.id.kind != CHANNEL_SERVO)
        return channel_switch(c, false, now_us);
    motion_stop(&c->motion);
    c->idle_us = INT64_MAX;
    return pwm_release(c, now_us);
}

// A PWM that runs has outlived an agent. With a pulse, a servo stands there; without one, its off was cut
// short.
static int take_over(struct channel *c, int64_t now_us)
{
    const struct hw_pwm *pwm = c->out.pwm;
    if (!pwm->was_enabled)
        return 0;
    c->enabled = true;
    if (pwm->found_ns <= 0)
        return pwm_disable(c);
    c->driven = true;
    c->pulse_ns = pwm->found_ns;
    if (c->config.id.kind == CHANNEL_SERVO) {
        motion_found(&c->motion, pwm->found_ns);
        rest(c, now_us);
        return 0;
    }
    int64_t percent = (pwm->found_ns * PERCENT_MAX + pwm->period_ns / 2) / pwm->period_ns;
    c->percent = percent > PERCENT_MAX ? PERCENT_MAX : percent < 1 ? 1 : (int)percent;
    c->last_percent = c->percent;
    c->on = true;
    return 0;
}

// What still runs tells best where the servo is; else what was kept does. One that had been switched off
// stays so: somebody may have done that to turn it by hand.
static int start_servo(struct channel *c, const struct position *kept, int64_t now_us)
{
    bool limit;
    if (kept && !c->motion.known)
        motion_restore(&c->motion, kept->tenths);
    if (c->config.start == START_CENTER)
        return channel_go(c, 0, now_us, &limit);
    if (c->config.start != START_LAST || !kept || !kept->driven || c->driven)
        return 0;
    struct motion at_rest = c->motion;
    return servo_emit(c, &at_rest, now_us);
}

static int start(struct channel *c, const struct position *kept, int64_t now_us)
{
    enum agent_start policy = c->config.start;
    switch (c->config.id.kind) {
    case CHANNEL_SERVO:
        return start_servo(c, kept, now_us);
    case CHANNEL_DIMMER:
        if (policy == START_ON)
            return channel_switch(c, true, now_us);
        return policy == START_OFF ? channel_off(c, now_us) : 0;
    case CHANNEL_SWITCH:
        c->on = policy == START_ON;
        return 0;
    case CHANNEL_INPUT:
        return c->out.input->ops->get(c->out.input, &c->on);
    case CHANNEL_OTHER:
        break;
    }
    return 0;
}

int channel_init(struct channel *c, const struct agent_channel_config *config, union agent_output out,
    const struct position *kept, int64_t now_us)
{
    memset(c, 0, sizeof *c);
    c->config = *config;
    c->out = out;
    c->idle_us = c->disable_us = c->settle_us = c->owed_us = INT64_MAX;
    c->stopped_us = INT64_MIN / 2;
    for (size_t i = 0; i < INPUT_RUNS_PER_SECOND; i++)
        c->runs_us[i] = INT64_MIN / 2;
    int taken = 0;
    if (config->id.kind == CHANNEL_SERVO) {
        c->config.motion.period_ns = out.pwm->period_ns;
        c->config.motion.steps = out.pwm->steps;
        motion_init(&c->motion, &c->config.motion);
    }
    if (is_pwm(c))
        taken = take_over(c, now_us);
    int started = start(c, kept, now_us);
    c->ran = c->on;
    return taken < 0 ? taken : started;
}

static int64_t frame_due_us(const struct channel *c)
{
    return c->motion.moving ? c->motion.frame_us + MOTION_FRAME_US : INT64_MAX;
}

static int servo_frame(struct channel *c, int64_t now_us, bool *changed)
{
    struct motion before = c->motion;
    int64_t pulse_ns = c->pulse_ns;
    motion_frame(&c->motion, now_us);
    int rc = servo_emit(c, &before, now_us);
    *changed = *changed || rc < 0 || c->pulse_ns != pulse_ns || c->motion.moving != before.moving;
    return rc;
}

int channel_tick(struct channel *c, int64_t now_us, bool *changed)
{
    int rc = 0;
    if (now_us >= frame_due_us(c))
        rc = servo_frame(c, now_us, changed);
    if (now_us >= c->idle_us) {
        *changed = true;
        rc = channel_off(c, now_us);
    }
    if (now_us >= c->disable_us)
        rc = pwm_disable(c);
    return rc;
}

int64_t channel_next_us(const struct channel *c)
{
    int64_t next = frame_due_us(c);
    const int64_t others[] = {c->idle_us, c->disable_us, c->settle_us, c->owed_us};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        next = others[i] < next ? others[i] : next;
    return next;
}

static void report_servo(const struct channel *c, struct status_channel *out)
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
    out->us = (int)((c->pulse_ns + 500) / 1000);
    out->moving = c->motion.moving;
    out->driven = c->driven;
    out->assumed = c->motion.assumed;
}

void channel_report(const struct channel *c, struct status_channel *out)
{
    memset(out, 0, sizeof *out);
    memcpy(&out->id, &c->config.id, sizeof out->id);
    if (c->config.id.kind == CHANNEL_SERVO)
        report_servo(c, out);
    else
        out->on = c->on;
    if (c->config.id.kind == CHANNEL_DIMMER)
        out->percent = c->percent;
}
