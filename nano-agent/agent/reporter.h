// SPDX-License-Identifier: MIT
// When a status is due: at an edge, after a change (at most PROTOCOL_STATUS_PER_SECOND a second), and as heartbeat.
// Pure: time is a parameter (CLOCK_MONOTONIC microseconds), and the caller publishes.
#ifndef NANO_AGENT_REPORTER_H
#define NANO_AGENT_REPORTER_H

#include <stdbool.h>
#include <stdint.h>

enum report { REPORT_NONE, REPORT_CHANGE, REPORT_HEARTBEAT };

struct reporter {
    bool up;              // the link is
    int64_t period_us;    // of the heartbeat
    int64_t heartbeat_us; // when the next heartbeat is due
    bool outstanding;     // a heartbeat at QoS 1 is on its way
    bool changed;         // something that no status has told yet
    bool edge;            // an input's edge is among it
    int64_t edge_us;      // when an edge was told at once, outside the rhythm of the other changes
    int64_t published_us;
};

void reporter_init(struct reporter *r, int period_ms);

// The link came up: the heartbeat begins anew, and none is outstanding.
void reporter_up(struct reporter *r, int64_t now_us);
void reporter_down(struct reporter *r);

// True where an edge is to be told now, and notes it: not sooner than a 20th of a second after the edge before.
bool reporter_take_edge(struct reporter *r, int64_t now_us);

// What is due now. A heartbeat that is due is counted as done.
enum report reporter_take(struct reporter *r, int64_t now_us);

// A status was made at now_us. published: what the link returned for it.
void reporter_made(struct reporter *r, int64_t now_us);
void reporter_published(struct reporter *r, int rc, bool heartbeat);

// When reporter_take is next due; INT64_MAX while the link is down.
int64_t reporter_next_us(const struct reporter *r);

#endif
