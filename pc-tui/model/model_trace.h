// SPDX-License-Identifier: MIT
// The last minute of one device: where each channel was, and how long its answers took. Pure.
#ifndef PC_TUI_MODEL_TRACE_H
#define PC_TUI_MODEL_TRACE_H

#include <limits.h>

#include "common/protocol/status.h"

enum {
    TRACE_POINTS = 120,     // a minute, as the points of a graph of 60 cells with two points a cell
    TRACE_STEP_US = 500000, // of one point
    TRACE_GAP = INT_MIN,    // nothing is known of that moment
};

struct model_trace {
    int64_t newest;          // number of the newest point: its time divided by TRACE_STEP_US; 0 = none yet
    size_t count;            // channels
    int *values;             // count * TRACE_POINTS, each channel a ring by the number of the point
    int trips[TRACE_POINTS]; // microseconds, the longest of each point
};

// For so many channels. NULL without memory.
struct model_trace *model_trace_new(size_t count);
void model_trace_free(struct model_trace *trace); // NULL is allowed
// A status came. What was before it held until now, unless nothing was heard for longer than hold_us.
void model_trace_status(
    struct model_trace *trace, const struct status *status, int64_t hold_us, int64_t now_us);
// An answer took so long.
void model_trace_trip(struct model_trace *trace, int64_t us, int64_t now_us);
// The last minute of a channel up to now, oldest first; after the latest status its value holds for hold_us.
void model_trace_channel(
    const struct model_trace *trace, size_t channel, int64_t hold_us, int64_t now_us, int out[TRACE_POINTS]);
// The same of the answers, in microseconds.
void model_trace_trips(const struct model_trace *trace, int64_t now_us, int out[TRACE_POINTS]);

#endif
