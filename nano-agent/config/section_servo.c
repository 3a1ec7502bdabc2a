// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "nano-agent/config/section.h"

enum { PULSE_MIN_US = 400, PULSE_MAX_US = 2600 }; // what hobby servos take before they grind at their stops

static const struct key keys[] = {
    {"pwm", KEY_ADDRESS, 1, 0, 0, 0, {NULL}, NULL, NULL},
    {"hz", KEY_NUMBER, 1, 1, 40, 400, {"50"}, NULL, "40 to 400"},
    {"pulse", KEY_NUMBER, 2, 1, 400, 2600, {"1000", "2000"}, NULL, "{us, us}, 400 to 2600 each"},
    {"angle", KEY_NUMBER, 2, 10, -3600, 3600, {"-45", "45"}, NULL, "{degrees, degrees}, -360 to 360 each"},
    {"limit", KEY_NUMBER, 2, 10, -3600, 3600, {NULL, NULL}, NULL, "{degrees, degrees}, -360 to 360 each"},
    {"step", KEY_NUMBER, 1, 10, 1, 900, {"5"}, NULL, "0.1 to 90 degrees"},
    {"speed", KEY_NUMBER, 1, 1, 1, 10000, {"120"}, NULL, "1 to 10000 degrees a second"},
    {"accel", KEY_NUMBER, 1, 1, 0, 100000, {"600"}, NULL, "0 (none) to 100000 degrees a second squared"},
    {"axis", KEY_WORD, 1, 0, 0, 0, {"none"}, "none tilt pan steer", NULL},
    {"start", KEY_WORD, 1, 0, 0, 0, {"off"}, "off last center", NULL},
    {"safe", KEY_WORD, 1, 0, 0, 0, {"off"}, "off hold center", NULL},
    {"lost", KEY_WORD, 1, 0, 0, 0, {"hold"}, "hold center off", NULL},
    {"exit", KEY_WORD, 1, 0, 0, 0, {"hold"}, "hold off", NULL},
    {"idle_off", KEY_NUMBER, 1, 1000, 0, 86400000, {"0"}, NULL, "0 (never) to 86400 seconds"},
};

// The pulse at an angle, along the line through the two calibration points.
static long pulse_at(const struct motion_config *m, int angle)
{
    long span = m->angle[1] - m->angle[0];
    long rise = (long)(m->pulse_us[1] - m->pulse_us[0]) * (angle - m->angle[0]);
    return m->pulse_us[0] + (rise + (rise < 0 ? -span : span) / 2) / span;
}

static int check_servo(struct config_file *file, const struct place *at, const struct motion_config *m)
{
    if (m->pulse_us[0] == m->pulse_us[1])
        return section_refuse(file, at, "pulse",
            "pulse: both are %d us; give the pulses of two different angles", m->pulse_us[0]);
    if (m->angle[0] >= m->angle[1])
        return section_refuse(file, at, "angle",
            "angle: the first must be less than the second; to mirror the servo swap the pulses");
    const char *limit = config_file_has(file, at->section, "limit") ? "limit" : "angle";
    if (m->limit[0] >= m->limit[1])
        return section_refuse(file, at, limit, "limit: the first must be less than the second");
    for (int i = 0; i < 2; i++) {
        long us = pulse_at(m, m->limit[i]);
        char tenths[16];
        if (us < PULSE_MIN_US || us > PULSE_MAX_US)
            return section_refuse(file, at, limit,
                "limit: %s degrees would be a pulse of %ld us; only %d to %d us are allowed",
                protocol_format_tenths(tenths, m->limit[i]), us, PULSE_MIN_US, PULSE_MAX_US);
        if (us * 1000 >= m->period_ns)
            return section_refuse(file, at, "hz",
                "hz: a pulse of %ld us does not fit in a period of %lld us; less hz is wanted", us,
                (long long)(m->period_ns / 1000));
    }
    return 0;
}

static enum servo_axis read_axis(const struct config_file *file, const struct place *at)
{
    const char *axis = section_word(file, at, "axis");
    return strcmp(axis, "tilt") == 0    ? AXIS_TILT
           : strcmp(axis, "pan") == 0   ? AXIS_PAN
           : strcmp(axis, "steer") == 0 ? AXIS_STEER
                                        : AXIS_NONE;
}

static int read_keys(
    struct config_file *file, const struct place *at, struct agent_channel_config *c, struct config_output *o)
{
    struct motion_config *m = &c->motion;
    bool own_limit = config_file_has(file, at->section, "limit");
    for (unsigned i = 0; i < 2; i++) {
        m->pulse_us[i] = section_number(file, at, "pulse", i);
        m->angle[i] = section_number(file, at, "angle", i);
        m->limit[i] = section_number(file, at, own_limit ? "limit" : "angle", i);
    }
    m->speed = section_number(file, at, "speed", 0);
    m->accel = section_number(file, at, "accel", 0);
    o->period_ns = m->period_ns = section_period_ns(section_number(file, at, "hz", 0));
    c->step = section_number(file, at, "step", 0);
    c->idle_off_ms = section_number(file, at, "idle_off", 0);
    c->axis = read_axis(file, at);
    c->id.pan = status_axis_is_sideways(c->axis);
    c->start = section_policy(file, at, "start");
    c->safe = section_policy(file, at, "safe");
    c->lost = section_policy(file, at, "lost");
    c->exit = section_policy(file, at, "exit");
    return check_servo(file, at, m);
}

static void describe(
    const struct agent_channel_config *channel, const struct config_output *output, char *out, size_t size)
{
    const struct motion_config *m = &channel->motion;
    char tenths[5][16];
    snprintf(out, size,
        ", period %lld us, %d us at %s to %d us at %s degrees, limit %s to %s, step %s, speed %d, accel %d, "
        "idle_off %d ms",
        (long long)(output->period_ns / 1000), m->pulse_us[0], protocol_format_tenths(tenths[0], m->angle[0]),
        m->pulse_us[1], protocol_format_tenths(tenths[1], m->angle[1]),
        protocol_format_tenths(tenths[2], m->limit[0]), protocol_format_tenths(tenths[3], m->limit[1]),
        protocol_format_tenths(tenths[4], channel->step), m->speed, m->accel, channel->idle_off_ms);
}

const struct section section_servo = {keys, sizeof keys / sizeof *keys, read_keys, describe};
