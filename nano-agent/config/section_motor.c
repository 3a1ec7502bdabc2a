// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "nano-agent/config/section.h"

enum { DEAD_MS = 20 };

#define PERCENT "1 to 100 percent"

static const struct key keys[] = {
    {"forward", KEY_ADDRESS, HW_MOTOR_OUTPUTS_MAX, 0, 0, 0, {""}, NULL, NULL},
    {"backward", KEY_ADDRESS, HW_MOTOR_OUTPUTS_MAX, 0, 0, 0, {""}, NULL, NULL},
    {"pwm", KEY_ADDRESS, HW_MOTOR_OUTPUTS_MAX, 0, 0, 0, {""}, NULL, NULL},
    {"direction", KEY_ADDRESS, 1, 0, 0, 0, {""}, NULL, NULL},
    {"in1", KEY_ADDRESS, 1, 0, 0, 0, {""}, NULL, NULL},
    {"in2", KEY_ADDRESS, 1, 0, 0, 0, {""}, NULL, NULL},
    {"active_low", KEY_WORD, 1, 0, 0, 0, {"false"}, "false true", NULL},
    {"enable", KEY_ADDRESS, 1, 0, 0, 0, {""}, NULL, NULL},
    {"enable_active_low", KEY_WORD, 1, 0, 0, 0, {"false"}, "false true", NULL},
    {"hz", KEY_NUMBER, 1, 1, 20, 100000, {"200"}, NULL, "20 to 100000"},
    {"min", KEY_NUMBER, 1, 10, 10, 1000, {"20"}, NULL, PERCENT},
    {"max", KEY_NUMBER, 1, 10, 10, 1000, {"99"}, NULL, PERCENT},
    {"start_at", KEY_NUMBER, 1, 10, 10, 1000, {"60"}, NULL, PERCENT},
    {"ramp", KEY_NUMBER, 1, 10, 0, 100000, {"300"}, NULL, "0 (none) to 10000 percent a second"},
    {"dead", KEY_NUMBER, 1, 1, 5, 2000, {NULL}, NULL, "5 to 2000 milliseconds"},
    {"run", KEY_NUMBER, 1, 1000, 100, PROTOCOL_RUN_MAX_MS, {"0.5"}, NULL, "0.1 to 10 seconds"},
    {"brake", KEY_WORD, 1, 0, 0, 0, {"coast"}, "coast short", NULL},
    {"axis", KEY_WORD, 1, 0, 0, 0, {"none"}, "none drive", NULL},
};

static int read_lists(struct config_file *file, const struct place *at, struct hw_motor_options *motor)
{
    int rc = section_addresses(file, at, "forward", motor->forward, &motor->forward_count);
    if (rc == 0)
        rc = section_addresses(file, at, "backward", motor->backward, &motor->backward_count);
    return rc ? rc : section_addresses(file, at, "pwm", motor->pwm, &motor->pwm_count);
}

static int read_line(struct config_file *file, const struct place *at, const char *key, bool active_low,
    struct hw_motor_line *line)
{
    line->is_set = config_file_has(file, at->section, key);
    line->active_low = active_low;
    return line->is_set ? section_address(file, at, key, false, &line->at) : 0;
}

static int read_lines(struct config_file *file, const struct place *at, struct hw_motor_options *motor)
{
    bool active_low = section_is_true(file, at, "active_low");
    int rc = read_line(file, at, "direction", active_low, &motor->direction);
    if (rc == 0)
        rc = read_line(file, at, "in1", active_low, &motor->in1);
    if (rc == 0)
        rc = read_line(file, at, "in2", active_low, &motor->in2);
    bool enable_low = section_is_true(file, at, "enable_active_low");
    return rc ? rc : read_line(file, at, "enable", enable_low, &motor->enable);
}

// The three ways to wire a bridge, each by the keys that it has.
static int check_wiring(
    struct config_file *file, const struct place *at, const struct hw_motor_options *motor)
{
    enum { FORWARD = 1, BACKWARD = 2, PWM = 4, DIRECTION = 8, IN1 = 16, IN2 = 32 };
    static const int ways[] = {FORWARD | BACKWARD, PWM | DIRECTION, PWM | IN1 | IN2};
    int given = (motor->forward_count > 0) * FORWARD | (motor->backward_count > 0) * BACKWARD |
                (motor->pwm_count > 0) * PWM | motor->direction.is_set * DIRECTION | motor->in1.is_set * IN1 |
                motor->in2.is_set * IN2;
    for (size_t i = 0; i < ARRAY_LENGTH(ways); i++)
        if (given == ways[i])
            return 0;
    return section_refuse(
        file, at, "", "forward and backward are wanted, or pwm and direction, or pwm, in1 and in2");
}

static int check_percent(struct config_file *file, const struct place *at, struct motor_config *m)
{
    char low[16], high[16];
    if (m->min > m->max)
        return section_refuse(file, at, "min", "min = %s is more than max = %s",
            protocol_format_tenths(low, m->min), protocol_format_tenths(high, m->max));
    bool outside = m->start_at < m->min || m->start_at > m->max;
    if (outside && config_file_has(file, at->section, "start_at"))
        return section_refuse(file, at, "start_at", "start_at: %s to %s, as min and max say, is wanted",
            protocol_format_tenths(low, m->min), protocol_format_tenths(high, m->max));
    if (outside)
        m->start_at = m->start_at < m->min ? m->min : m->max;
    return 0;
}

// A PCA9685 ends the period that runs before it obeys, and a bridge takes some time to switch off.
static int read_dead(
    struct config_file *file, const struct place *at, int64_t period_ns, struct motor_config *m)
{
    int least_ms = (int)((period_ns + 999999) / 1000000) + MOTOR_DEAD_EXTRA_MS;
    int dead_ms = least_ms > DEAD_MS ? least_ms : DEAD_MS;
    if (config_file_has(file, at->section, "dead"))
        dead_ms = section_number(file, at, "dead", 0);
    m->dead_us = dead_ms * 1000;
    if (dead_ms >= least_ms)
        return 0;
    return section_refuse(file, at, "dead",
        "dead = %d; at least %d, a period of the PWM (hz) and %d milliseconds, is wanted", dead_ms, least_ms,
        MOTOR_DEAD_EXTRA_MS);
}

static int read_brake(struct config_file *file, const struct place *at, const struct hw_motor_options *motor,
    struct motor_config *m)
{
    m->brake_short = strcmp(section_word(file, at, "brake"), "short") == 0;
    if (!m->brake_short || hw_motor_can_short(motor))
        return 0;
    return section_refuse(file, at, "brake",
        "brake = short; only a motor with forward and backward, or with in1 and in2, can do that; coast is wanted");
}

static int read_keys(
    struct config_file *file, const struct place *at, struct agent_channel_config *c, struct config_output *o)
{
    struct motor_config *m = &c->motor;
    c->start = c->safe = c->lost = c->exit = POLICY_OFF;
    o->motor.name = c->id.name;
    o->motor.period_ns = section_period_ns(section_number(file, at, "hz", 0));
    m->min = section_number(file, at, "min", 0);
    m->max = section_number(file, at, "max", 0);
    m->start_at = section_number(file, at, "start_at", 0);
    m->ramp = section_number(file, at, "ramp", 0);
    c->run_ms = section_number(file, at, "run", 0);
    c->axis = strcmp(section_word(file, at, "axis"), "drive") == 0 ? AXIS_DRIVE : AXIS_NONE;
    int rc = read_lists(file, at, &o->motor);
    if (rc == 0)
        rc = read_lines(file, at, &o->motor);
    if (rc == 0)
        rc = check_wiring(file, at, &o->motor);
    if (rc == 0)
        rc = check_percent(file, at, m);
    if (rc == 0)
        rc = read_dead(file, at, o->motor.period_ns, m);
    return rc ? rc : read_brake(file, at, &o->motor, m);
}

static void describe(
    const struct agent_channel_config *channel, const struct config_output *output, char *out, size_t size)
{
    const struct motor_config *m = &channel->motor;
    char percent[3][16];
    snprintf(out, size,
        ", period %lld us, %s to %s %%, start_at %s, ramp %d %%/s, dead %d ms, run %d ms, brake %s",
        (long long)(output->motor.period_ns / 1000), protocol_format_tenths(percent[0], m->min),
        protocol_format_tenths(percent[1], m->max), protocol_format_tenths(percent[2], m->start_at),
        m->ramp / 10, m->dead_us / 1000, channel->run_ms, m->brake_short ? "short" : "coast");
}

const struct section section_motor = {keys, sizeof keys / sizeof *keys, read_keys, describe};
