// SPDX-License-Identifier: MIT
#include <string.h>

#include "common/protocol/reader.h"
#include "common/protocol/sink.h"
#include "common/protocol/status.h"

static const struct kind_word words[] = {
    {"_up", VERB_UP, NUMBER_MAY, false},
    {"_down", VERB_DOWN, NUMBER_MAY, false},
    {"", VERB_SET, NUMBER_MUST, false},
    {"_center", VERB_CENTER, NUMBER_NO, false},
    {"_stop", VERB_STOP, NUMBER_NO, false},
    {"_off", VERB_OFF, NUMBER_NO, false},
    {"_left", VERB_DOWN, NUMBER_MAY, true},
    {"_right", VERB_UP, NUMBER_MAY, true},
};

static void read_keys(struct reader *r, struct status_channel *c)
{
    size_t len;
    const char *axis = reader_string(r, "axis", &len);
    if (axis && strcmp(axis, "tilt") == 0)
        c->axis = AXIS_TILT;
    else if (axis && strcmp(axis, "pan") == 0)
        c->axis = AXIS_PAN;
    else if (axis && strcmp(axis, "steer") == 0)
        c->axis = AXIS_STEER;
    c->id.pan = status_axis_is_sideways(c->axis);
    c->deg_known = reader_int_or_null(r, "deg", 10, -PROTOCOL_TENTHS_MAX, PROTOCOL_TENTHS_MAX, &c->deg);
    c->target_known =
        reader_int_or_null(r, "target", 10, -PROTOCOL_TENTHS_MAX, PROTOCOL_TENTHS_MAX, &c->target);
    reader_int(r, "min", 10, -PROTOCOL_TENTHS_MAX, PROTOCOL_TENTHS_MAX, &c->min);
    reader_int(r, "max", 10, -PROTOCOL_TENTHS_MAX, PROTOCOL_TENTHS_MAX, &c->max);
    reader_int(r, "step", 10, 0, PROTOCOL_TENTHS_MAX, &c->step);
    reader_int(r, "speed", 10, 0, PROTOCOL_SPEED_MAX * 10, &c->speed);
    reader_int(r, "res", 1000, 0, PROTOCOL_RES_MILLI_MAX, &c->res_milli);
    reader_int(r, "us", 1, 0, PROTOCOL_PULSE_MAX_US, &c->us);
    reader_bool(r, "moving", &c->moving);
    reader_bool(r, "driven", &c->driven);
    reader_bool(r, "assumed", &c->assumed);
}

static void put_position(struct sink *s, const char *key, bool known, int tenths)
{
    if (known) {
        sink_fixed(s, key, tenths, 1);
    } else {
        sink_put(s, key);
        sink_put(s, "null");
    }
}

static void write_keys(struct sink *s, const struct status_channel *c)
{
    static const char *const axes[] = {
        [AXIS_TILT] = ",\"axis\":\"tilt\"",
        [AXIS_PAN] = ",\"axis\":\"pan\"",
        [AXIS_STEER] = ",\"axis\":\"steer\"",
    };
    if ((size_t)c->axis < sizeof axes / sizeof *axes && axes[c->axis])
        sink_put(s, axes[c->axis]);
    put_position(s, ",\"deg\":", c->deg_known, c->deg);
    put_position(s, ",\"target\":", c->target_known, c->target);
    sink_fixed(s, ",\"min\":", c->min, 1);
    sink_fixed(s, ",\"max\":", c->max, 1);
    sink_fixed(s, ",\"step\":", c->step, 1);
    sink_fixed(s, ",\"speed\":", c->speed, 1);
    sink_fixed(s, ",\"res\":", c->res_milli, 3);
    sink_fixed(s, ",\"us\":", c->us, 0);
    sink_bool(s, ",\"moving\":", c->moving);
    sink_bool(s, ",\"driven\":", c->driven);
    if (c->assumed)
        sink_put(s, ",\"assumed\":true");
}

static bool moves(const struct status_channel *c)
{
    return c->moving;
}

const struct kind kind_servo = {
    .name = "servo",
    .words = words,
    .word_count = sizeof words / sizeof *words,
    .unit = "degrees",
    .motion = 1u << VERB_SET | 1u << VERB_UP | 1u << VERB_DOWN | 1u << VERB_CENTER,
    .moves = moves,
    .read = read_keys,
    .write = write_keys,
};
