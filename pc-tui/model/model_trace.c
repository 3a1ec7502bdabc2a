// SPDX-License-Identifier: MIT
#include "pc-tui/model/model_trace.h"

#include <stdlib.h>

#include "pc-tui/model/model_kind.h"

struct model_trace *model_trace_new(size_t count)
{
    struct model_trace *trace = calloc(1, sizeof *trace);
    if (!trace)
        return NULL;
    trace->count = count;
    trace->values = calloc(count ? count * TRACE_POINTS : 1, sizeof trace->values[0]);
    if (!trace->values) {
        free(trace);
        return NULL;
    }
    return trace;
}

void model_trace_free(struct model_trace *trace)
{
    if (!trace)
        return;
    free(trace->values);
    free(trace);
}

static int *value_at(const struct model_trace *trace, size_t channel, int64_t point)
{
    return &trace->values[channel * TRACE_POINTS + (size_t)(point % TRACE_POINTS)];
}

// Makes `point` the newest one. The values before it hold up to it, for at most so many points.
static void advance(struct model_trace *trace, int64_t point, int64_t hold_points)
{
    if (trace->newest == 0 || point - trace->newest >= TRACE_POINTS) {
        for (size_t i = 0; i < trace->count * TRACE_POINTS; i++)
            trace->values[i] = TRACE_GAP;
        for (size_t i = 0; i < TRACE_POINTS; i++)
            trace->trips[i] = TRACE_GAP;
        trace->newest = point;
        return;
    }
    for (int64_t at = trace->newest + 1; at <= point; at++) {
        bool holds = at - trace->newest <= hold_points;
        for (size_t i = 0; i < trace->count; i++)
            *value_at(trace, i, at) = holds ? *value_at(trace, i, trace->newest) : TRACE_GAP;
        trace->trips[at % TRACE_POINTS] = TRACE_GAP;
    }
    if (point > trace->newest)
        trace->newest = point;
}

void model_trace_status(
    struct model_trace *trace, const struct status *status, int64_t hold_us, int64_t now_us)
{
    int64_t point = now_us / TRACE_STEP_US;
    advance(trace, point, hold_us / TRACE_STEP_US);
    for (size_t i = 0; i < trace->count && i < status->count; i++) {
        const struct status_channel *channel = &status->channels[i];
        const struct model_kind *kind = model_kind(channel->id.kind);
        *value_at(trace, i, trace->newest) =
            kind->sample && !channel->fault[0] ? kind->sample(channel) : TRACE_GAP;
    }
}

void model_trace_trip(struct model_trace *trace, int64_t us, int64_t now_us)
{
    int64_t point = now_us / TRACE_STEP_US;
    if (point != trace->newest) // the status that brought the answer has made its point already
        return;
    int *longest = &trace->trips[point % TRACE_POINTS];
    int trip = us < INT_MAX ? (int)us : INT_MAX;
    if (trip > *longest)
        *longest = trip;
}

void model_trace_channel(
    const struct model_trace *trace, size_t channel, int64_t hold_us, int64_t now_us, int out[TRACE_POINTS])
{
    int64_t point = now_us / TRACE_STEP_US;
    for (int i = 0; i < TRACE_POINTS; i++) {
        int64_t at = point - TRACE_POINTS + 1 + i;
        out[i] = TRACE_GAP;
        if (channel >= trace->count || trace->newest == 0 || trace->newest - at >= TRACE_POINTS)
            continue;
        if (at <= trace->newest)
            out[i] = *value_at(trace, channel, at);
        else if (at - trace->newest <= hold_us / TRACE_STEP_US)
            out[i] = *value_at(trace, channel, trace->newest);
    }
}

void model_trace_trips(const struct model_trace *trace, int64_t now_us, int out[TRACE_POINTS])
{
    int64_t point = now_us / TRACE_STEP_US;
    for (int i = 0; i < TRACE_POINTS; i++) {
        int64_t at = point - TRACE_POINTS + 1 + i;
        bool known = trace->newest > 0 && at <= trace->newest && trace->newest - at < TRACE_POINTS;
        out[i] = known ? trace->trips[at % TRACE_POINTS] : TRACE_GAP;
    }
}
