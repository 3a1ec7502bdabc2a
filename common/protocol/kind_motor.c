// SPDX-License-Identifier: MIT
#include <string.h>

#include "common/protocol/reader.h"
#include "common/protocol/sink.h"
#include "common/protocol/status.h"

static const struct kind_word words[] = {
    {"", VERB_SET, NUMBER_MUST, false},
    {"_forward", VERB_FORWARD, NUMBER_MAY, false},
    {"_backward", VERB_BACKWARD, NUMBER_MAY, false},
    {"_stop", VERB_STOP, NUMBER_NO, false},
    {"_off", VERB_OFF, NUMBER_NO, false},
    {"_speed", VERB_SPEED, NUMBER_MUST, false},
    {"_faster", VERB_FASTER, NUMBER_MAY, false},
    {"_slower", VERB_SLOWER, NUMBER_MAY, false},
};

static void read_keys(struct reader *r, struct status_channel *c)
{
    size_t len;
    const char *axis = reader_string(r, "axis", &len);
    if (axis && strcmp(axis, "drive") == 0)
        c->axis = AXIS_DRIVE;
    reader_int(r, "percent", 1, -100, 100, &c->percent);
    reader_int(r, "target", 1, -100, 100, &c->target);
    reader_int(r, "speed", 1, 0, 100, &c->speed);
    reader_int(r, "min", 1, 0, 100, &c->min);
    reader_int(r, "max", 1, 0, 100, &c->max);
    reader_int(r, "run", 1000, 0, PROTOCOL_RUN_MAX_MS, &c->run_ms);
    reader_int(r, "run_ms", 1, 0, PROTOCOL_RUN_MAX_MS, &c->left_ms);
    reader_bool(r, "driven", &c->driven);
}

static void write_keys(struct sink *s, const struct status_channel *c)
{
    if (c->axis == AXIS_DRIVE)
        sink_put(s, ",\"axis\":\"drive\"");
    sink_fixed(s, ",\"percent\":", c->percent, 0);
    sink_fixed(s, ",\"target\":", c->target, 0);
    sink_fixed(s, ",\"speed\":", c->speed, 0);
    sink_fixed(s, ",\"min\":", c->min, 0);
    sink_fixed(s, ",\"max\":", c->max, 0);
    sink_fixed(s, ",\"run\":", c->run_ms, 3);
    sink_fixed(s, ",\"run_ms\":", c->left_ms, 0);
    sink_bool(s, ",\"driven\":", c->driven);
}

static bool moves(const struct status_channel *c)
{
    return c->percent != 0 || c->target != 0;
}

const struct kind kind_motor = {
    .name = "motor",
    .words = words,
    .word_count = sizeof words / sizeof *words,
    .unit = "percent",
    .motion = 1u << VERB_SET | 1u << VERB_FORWARD | 1u << VERB_BACKWARD,
    .timely = 1u << VERB_SPEED | 1u << VERB_FASTER | 1u << VERB_SLOWER,
    .halts = 1u << VERB_STOP | 1u << VERB_OFF,
    .zero_stops = 1u << VERB_SET | 1u << VERB_FORWARD | 1u << VERB_BACKWARD,
    .moves = moves,
    .read = read_keys,
    .write = write_keys,
};
