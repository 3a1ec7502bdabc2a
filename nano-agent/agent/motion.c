// SPDX-License-Identifier: MIT
#include "nano-agent/agent/motion.h"

#include <stdlib.h>
#include <string.h>

enum { SECOND_US = 1000000 };
// Angles are millionths of a degree in this file.
static const int64_t TENTH = 100000, DEGREE = 1000000, NS_PER_US = 1000;

static int64_t div_floor(int64_t n, int64_t d)
{
    int64_t q = n / d;
    return n % d != 0 && (n < 0) != (d < 0) ? q - 1 : q;
}

static int64_t div_ceil(int64_t n, int64_t d)
{
    return -div_floor(-n, d);
}

// Half away from zero, so that a mirrored servo rounds as its twin does.
static int64_t div_round(int64_t n, int64_t d)
{
    int64_t q = (llabs(n) + llabs(d) / 2) / llabs(d);
    return (n < 0) != (d < 0) ? -q : q;
}

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static int64_t square_root(uint64_t value)
{
    uint64_t result = 0;
    for (uint64_t bit = UINT64_C(1) << 62; bit > 0; bit >>= 2) {
        if (value >= result + bit) {
            value -= result + bit;
            result = (result >> 1) + bit;
        } else {
            result >>= 1;
        }
    }
    return (int64_t)result;
}

static int64_t steps_of(const struct motion_config *c)
{
    return c->steps > 0 ? c->steps : c->period_ns;
}

static bool is_mirrored(const struct motion_config *c)
{
    return c->pulse_us[1] < c->pulse_us[0];
}

static int64_t pulse_span_ns(const struct motion_config *c)
{
    return (c->pulse_us[1] - c->pulse_us[0]) * NS_PER_US;
}

static int64_t angle_span(const struct motion_config *c)
{
    return (c->angle[1] - c->angle[0]) * TENTH;
}

static int64_t pulse_of_angle(
    const struct motion_config *c, int64_t angle, int64_t (*divide)(int64_t n, int64_t d))
{
    return c->pulse_us[0] * NS_PER_US +
           divide((angle - c->angle[0] * TENTH) * pulse_span_ns(c), angle_span(c));
}

static int64_t angle_of_pulse(const struct motion_config *c, int64_t pulse_ns)
{
    return c->angle[0] * TENTH +
           div_round((pulse_ns - c->pulse_us[0] * NS_PER_US) * angle_span(c), pulse_span_ns(c));
}

static int64_t pulse_of_step(const struct motion_config *c, int64_t step)
{
    // The pulse must not be a nanosecond above the step: the PCA9685's driver rounds up (pwm-pca9685.c, DIV_ROUND_UP_ULL in
    // __pca9685_pwm_apply), which would make it the next step, outside the limits at the last one. Tegra's
    // rounds to the nearest.
    return div_floor(step * c->period_ns, steps_of(c));
}

static int64_t into_limits(const struct motion_config *c, int64_t angle)
{
    return clamp(angle, c->limit[0] * TENTH, c->limit[1] * TENTH);
}

static int64_t angle_of_step(const struct motion *m, int64_t step)
{
    return into_limits(&m->config, angle_of_pulse(&m->config, pulse_of_step(&m->config, step)));
}

static int64_t step_of_angle(const struct motion *m, int64_t angle)
{
    const struct motion_config *c = &m->config;
    int64_t step = div_round(pulse_of_angle(c, angle, div_round) * steps_of(c), c->period_ns);
    return clamp(step, m->step_min, m->step_max);
}

void motion_init(struct motion *m, const struct motion_config *config)
{
    memset(m, 0, sizeof *m);
    m->config = *config;
    m->frame_us = INT64_MIN / 2;
    // Both ends are rounded inward twice, to a nanosecond and to a step, so that not even rounding passes a limit.
    const struct motion_config *c = &m->config;
    int shortest = is_mirrored(c) ? 1 : 0;
    int64_t low_ns = pulse_of_angle(c, c->limit[shortest] * TENTH, div_ceil);
    int64_t high_ns = pulse_of_angle(c, c->limit[1 - shortest] * TENTH, div_floor);
    low_ns = clamp(low_ns, 1, INT64_MAX);
    high_ns = clamp(high_ns, 0, c->period_ns);
    m->step_min = div_ceil(low_ns * steps_of(c), c->period_ns);
    m->step_max = div_floor(high_ns * steps_of(c), c->period_ns);
}

bool motion_possible(const struct motion *m)
{
    return m->step_min <= m->step_max;
}

static void rest_at_step(struct motion *m, int64_t step)
{
    m->position = m->asked = m->target = angle_of_step(m, step);
    m->velocity = 0;
    m->moving = false;
}

static void rest_at_angle(struct motion *m, int64_t angle, bool assumed)
{
    m->known = true;
    m->assumed = assumed;
    rest_at_step(m, step_of_angle(m, into_limits(&m->config, angle)));
}

void motion_found(struct motion *m, int64_t pulse_ns)
{
    rest_at_angle(m, angle_of_pulse(&m->config, pulse_ns), false);
}

void motion_restore(struct motion *m, int tenths)
{
    rest_at_angle(m, tenths * TENTH, false);
}

static void assume_centre(struct motion *m)
{
    if (!m->known)
        rest_at_angle(m, 0, true);
}

static void aim(struct motion *m, int64_t asked, int64_t step, int64_t now_us)
{
    m->asked = asked;
    m->target = angle_of_step(m, step);
    // The first frame is due at once and covers the period that its pulse starts. Commands in quick succession must not win
    // time by that: a frame that is still running only adds the time that has passed of it.
    if (!m->moving && now_us - m->frame_us > MOTION_FRAME_US)
        m->frame_us = now_us - MOTION_FRAME_US;
    m->moving = m->position != m->target || m->velocity != 0;
}

bool motion_go(struct motion *m, int tenths, int64_t now_us)
{
    int64_t possible = into_limits(&m->config, tenths * TENTH);
    assume_centre(m);
    aim(m, possible, step_of_angle(m, possible), now_us);
    return possible != tenths * TENTH;
}

bool motion_step(struct motion *m, int delta_tenths, int64_t now_us)
{
    assume_centre(m);
    int64_t wanted = m->asked + delta_tenths * TENTH;
    int64_t possible = into_limits(&m->config, wanted);
    int64_t from = step_of_angle(m, m->asked);
    int64_t step = step_of_angle(m, possible);
    bool cut = possible != wanted;
    if (step == from && delta_tenths != 0) {
        step += (delta_tenths > 0) != is_mirrored(&m->config) ? 1 : -1;
        if (step < m->step_min || step > m->step_max)
            return true;
        possible = angle_of_step(m, step);
    }
    aim(m, possible, step, now_us);
    return cut;
}

void motion_stop(struct motion *m)
{
    if (m->known)
        rest_at_step(m, step_of_angle(m, m->position));
}

// The greatest speed from which the way left still suffices to brake, in millionths of a degree a second:
// v * dt + v^2 / 2a <= left. Computed in thousandths, where the squares of every allowed value fit 64 bits.
static int64_t braking_speed(int64_t left, int accel, int64_t dt_us)
{
    int64_t a = (int64_t)accel * 1000;
    int64_t a_dt = a * dt_us / SECOND_US;
    int64_t way = left / 1000;
    int64_t v = square_root((uint64_t)(a_dt * a_dt) + (uint64_t)(2 * a * way)) - a_dt;
    return v > 0 ? v * 1000 : 0;
}

bool motion_frame(struct motion *m, int64_t now_us)
{
    int64_t dt = clamp(now_us - m->frame_us, 0, INT64_C(2) * MOTION_FRAME_US);
    if (!m->moving || dt == 0)
        return m->moving;
    m->frame_us = now_us;

    int64_t left = llabs(m->target - m->position);
    int64_t sign = m->target < m->position ? -1 : 1;
    int64_t arriving = left * SECOND_US / dt; // the speed that covers the rest in this frame
    int64_t top = m->config.speed * DEGREE;
    int64_t change = m->config.accel * DEGREE * dt / SECOND_US;
    int64_t velocity = arriving < top ? arriving : top;
    if (m->config.accel > 0) {
        // A speed that one frame's change can still stop needs no braking curve: with the curve the servo would creep for ever.
        int64_t gentle = arriving < change ? arriving : change;
        int64_t braking = braking_speed(left, m->config.accel, dt);
        int64_t allowed = braking > gentle ? braking : gentle;
        velocity = velocity < allowed ? velocity : allowed;
        velocity = clamp(sign * velocity, m->velocity - change, m->velocity + change) * sign;
    }
    // With a ramp the braking curve has made it slow by now, unless the target came nearer in mid-move: then it brakes as
    // hard as a stop does rather than pass the target.
    if (velocity >= arriving && arriving <= top) {
        m->position = m->target;
        m->velocity = 0;
        m->moving = false;
        return false;
    }
    int64_t next = m->position + sign * velocity * dt / SECOND_US;
    m->position = into_limits(&m->config, next);
    m->velocity = m->position == next ? sign * velocity : 0;
    m->moving = true;
    return true;
}

int64_t motion_pulse_ns(const struct motion *m)
{
    if (!m->known || !motion_possible(m))
        return 0;
    return pulse_of_step(&m->config, step_of_angle(m, m->position));
}

int motion_tenths(const struct motion *m)
{
    return (int)div_round(angle_of_step(m, step_of_angle(m, m->position)), TENTH);
}

int motion_target_tenths(const struct motion *m)
{
    return (int)div_round(m->target, TENTH);
}

int motion_res_milli(const struct motion_config *config)
{
    if (config->steps == 0)
        return 0;
    int64_t span_milli = angle_span(config) / 1000;
    int64_t res =
        div_round(config->period_ns * span_milli, llabs(pulse_span_ns(config)) * (int64_t)config->steps);
    return (int)(res < span_milli ? res : span_milli);
}
