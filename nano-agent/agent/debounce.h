// SPDX-License-Identifier: MIT
// From the edges of an input to the commands that they run: an edge acts at once, further edges are ignored for a while,
// then the level is read once. At most DEBOUNCE_RUNS commands a second. Pure: time is a parameter (CLOCK_MONOTONIC
// microseconds), and the caller reads the level and runs the command.
//
//     idle ── edge: act ──▶ settling ── time passed, same level ──▶ idle
//                            │    ▲
//                            └────┘ time passed, other level: act
#ifndef NANO_AGENT_DEBOUNCE_H
#define NANO_AGENT_DEBOUNCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DEBOUNCE_RUNS = 10 }; // commands a second

struct debounce {
    const char *press, *release; // the commands of the two edges, "" = none
    int64_t time_us;             // for so long edges are ignored after an edge
    bool level;                  // as it was taken last
    bool ran;                    // the level whose command ran last
    int64_t settle_us; // edges are ignored until then, then the level is read; INT64_MAX = they are not
    int64_t owed_us;   // when the command that had to wait may run; INT64_MAX = none waits
    int64_t runs_us[DEBOUNCE_RUNS]; // when the latest commands ran, a ring
    size_t run_next;
};

struct debounce_result {
    const char *command; // the command to run, NULL = none
    bool changed;        // the level is another now
    bool waits;          // a command has to wait, which it did not before
};

// press and release are kept, not copied. time_ms: 0 = every edge counts.
void debounce_init(struct debounce *d, const char *press, const char *release, int time_ms, bool level);

// An edge to level was seen.
struct debounce_result debounce_edge(struct debounce *d, bool level, int64_t now_us);

// True where the time has passed and the level must be read now. debounce_settle then gets what was read; it must be
// called too where reading failed, with the level as it was.
bool debounce_is_settling(const struct debounce *d, int64_t now_us);
struct debounce_result debounce_settle(struct debounce *d, bool level, int64_t now_us);

// The command that had to wait, as far as it is due. What is then run is the command of the level by then: a release is
// never lost behind a burst of bounces.
struct debounce_result debounce_tick(struct debounce *d, int64_t now_us);

// When debounce_settle or debounce_tick is next due; INT64_MAX = nothing is.
int64_t debounce_next_us(const struct debounce *d);

// Nothing is due any more.
void debounce_finish(struct debounce *d);

#endif
