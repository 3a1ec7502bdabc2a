// SPDX-License-Identifier: MIT
#include "common/protocol/kind_stop.h"
#include "common/protocol/reader.h"
#include "common/protocol/sink.h"
#include "common/protocol/status.h"

static const struct kind_word words[] = {
    {"_on", VERB_ON, NUMBER_NO, false},
    {"_off", VERB_OFF, NUMBER_NO, false},
    {"_toggle", VERB_TOGGLE, NUMBER_NO, false},
};

static void read_keys(struct reader *r, struct status_channel *c)
{
    reader_bool(r, "on", &c->on);
    kind_stop_read(r, c);
}

static void write_keys(struct sink *s, const struct status_channel *c)
{
    sink_bool(s, ",\"on\":", c->on);
    kind_stop_write(s, c);
}

const struct kind kind_switch = {
    .name = "switch",
    .words = words,
    .word_count = sizeof words / sizeof *words,
    .unit = "",
    .motion_stops_off = 1u << VERB_ON | 1u << VERB_TOGGLE,
    .read = read_keys,
    .write = write_keys,
};
