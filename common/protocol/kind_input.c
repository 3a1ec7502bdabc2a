// SPDX-License-Identifier: MIT
#include "common/protocol/reader.h"
#include "common/protocol/sink.h"
#include "common/protocol/status.h"

static void read_keys(struct reader *r, struct status_channel *c)
{
    reader_bool(r, "on", &c->on);
}

static void write_keys(struct sink *s, const struct status_channel *c)
{
    sink_bool(s, ",\"on\":", c->on);
}

// An input is only read: it answers to no word.
const struct kind kind_input = {.name = "input", .unit = "", .read = read_keys, .write = write_keys};
