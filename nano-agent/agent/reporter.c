// SPDX-License-Identifier: MIT
#include "nano-agent/agent/reporter.h"

#include <errno.h>

#include "common/protocol/protocol.h"

enum { GAP_US = 1000000 / PROTOCOL_STATUS_PER_SECOND };

void reporter_init(struct reporter *r, int period_ms)
{
    *r = (struct reporter){
        .period_us = (int64_t)period_ms * 1000, .heartbeat_us = INT64_MAX, .edge_us = INT64_MIN / 2};
}

void reporter_up(struct reporter *r, int64_t now_us)
{
    r->up = true;
    r->outstanding = false;
    r->heartbeat_us = now_us + r->period_us;
}

void reporter_down(struct reporter *r)
{
    r->up = r->outstanding = false;
}

bool reporter_take_edge(struct reporter *r, int64_t now_us)
{
    if (!r->up || !r->edge || now_us < r->edge_us + GAP_US)
        return false;
    r->edge_us = now_us;
    return true;
}

enum report reporter_take(struct reporter *r, int64_t now_us)
{
    if (!r->up)
        return REPORT_NONE;
    if (now_us < r->heartbeat_us)
        return r->changed && now_us >= r->published_us + GAP_US ? REPORT_CHANGE : REPORT_NONE;
    r->heartbeat_us += r->period_us;
    if (r->heartbeat_us <= now_us) // late by more than one period: no burst makes up for it
        r->heartbeat_us = now_us + r->period_us;
    return REPORT_HEARTBEAT;
}

void reporter_made(struct reporter *r, int64_t now_us)
{
    r->published_us = now_us;
    r->changed = r->edge = false;
}

void reporter_published(struct reporter *r, int rc, bool heartbeat)
{
    if (rc == 0)
        r->outstanding = r->outstanding || heartbeat;
    else if (rc != -ENOTCONN) // while not connected there is nobody to tell again: reporter_up will
        r->changed = true;
}

int64_t reporter_next_us(const struct reporter *r)
{
    if (!r->up)
        return INT64_MAX;
    int64_t change_us = r->changed ? r->published_us + GAP_US : INT64_MAX;
    return change_us < r->heartbeat_us ? change_us : r->heartbeat_us;
}
