// SPDX-License-Identifier: MIT
#include "common/mqtt/outgoing.h"

#include <string.h>

static uint8_t *byte_of(struct outgoing *outgoing, int mid)
{
    return &outgoing->unacked_mids[(mid & 0xffff) >> 3];
}

static uint8_t bit_of(int mid)
{
    return (uint8_t)(1u << (mid & 7));
}

void outgoing_begin(struct outgoing *outgoing, int qos)
{
    if (qos == 0)
        outgoing->unsent++;
    outgoing->publishing = true;
}

void outgoing_end(struct outgoing *outgoing, int qos, int mid, bool failed)
{
    outgoing->publishing = false;
    if (qos > 0 && !failed) {
        *byte_of(outgoing, mid) |= bit_of(mid);
        outgoing->unacked++;
    } else if (qos == 0 && failed && outgoing->unsent > 0) {
        outgoing->unsent--;
    }
}

bool outgoing_done(struct outgoing *outgoing, int mid)
{
    if (*byte_of(outgoing, mid) & bit_of(mid)) {
        *byte_of(outgoing, mid) &= (uint8_t)~bit_of(mid);
        outgoing->unacked--;
    } else if (outgoing->unsent > 0) {
        outgoing->unsent--;
    }
    if (!outgoing->publishing || outgoing->done_count == OUTGOING_DONE_MAX)
        return false;
    outgoing->done[outgoing->done_count++] = mid;
    return true;
}

size_t outgoing_take(struct outgoing *outgoing, int mids[OUTGOING_DONE_MAX])
{
    size_t count = outgoing->done_count;

    memcpy(mids, outgoing->done, count * sizeof mids[0]);
    outgoing->done_count = 0;
    return count;
}

bool outgoing_is_empty(const struct outgoing *outgoing)
{
    return outgoing->unsent == 0 && outgoing->unacked == 0 && outgoing->done_count == 0;
}
