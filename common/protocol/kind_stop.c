// SPDX-License-Identifier: MIT
#include "common/protocol/kind_stop.h"

#include <string.h>

void kind_stop_read(struct reader *r, struct status_channel *c)
{
    size_t len;
    const char *stop = reader_string(r, "stop", &len);
    c->id.stops_off = stop && strcmp(stop, "off") == 0;
}

void kind_stop_write(struct sink *s, const struct status_channel *c)
{
    if (c->id.stops_off)
        sink_put(s, ",\"stop\":\"off\"");
}
