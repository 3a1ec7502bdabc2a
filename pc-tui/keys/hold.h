// SPDX-License-Identifier: MIT
// Tells from a key's events whether it is tapped, held down or let go, for keys that run a motor while they are down. Most
// terminals tell only that a key was pressed and that it repeats: then silence means that it was let go. Pure: the clock
// is a parameter (milliseconds, monotonic).
//
//   NONE ──press──▶ TAPPED ──250 ms──▶ RESTING ──700 ms without an event──▶ NONE
//                      │                  │
//                      └──────repeat──────┴──▶ HELD ──silence, or a release──▶ NONE
//
//   hold_kill leads from anywhere to DEAD, which ends with a release, or after 700 ms without an event.
#ifndef PC_TUI_HOLD_H
#define PC_TUI_HOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HOLD_TAP_MS = 250,        // a key that is pressed once runs its motor for so long
    HOLD_REPEAT_MS = 700,     // keyboards are set to repeat for the first time within so long
    HOLD_LET_GO_MS = 150,     // a held key was let go where no repeat came for so long,
    HOLD_LET_GO_REPEATS = 3,  // and for so many of its own intervals;
    HOLD_LET_GO_MAX_MS = 500, // but not for longer than that, because then it is tapped again and again
    HOLD_RENEW_MS = 50,       // of a key that is known to be down, while its first repeat is still to come
    HOLD_INTERVALS = 4, // the longest of so many intervals counts: some terminals send two repeats at once
};

enum hold_phase {
    HOLD_NONE,
    HOLD_TAPPED,  // pressed once, and its motor runs
    HOLD_RESTING, // the tap is over, and the first repeat may still come
    HOLD_HELD,
    HOLD_DEAD, // it does nothing until it was let go
};

// What the caller has to do, in this order.
enum hold_wish {
    HOLD_STOP = 1 << 0,  // stop what the key ran until now
    HOLD_RUN = 1 << 1,   // run, or go on running
    HOLD_FRESH = 1 << 2, // of HOLD_RUN: it is a new press
};

// Private to hold.c; the zero value is a keyboard with no key down.
struct hold {
    enum hold_phase phase;
    int key;          // the caller's number for it
    int64_t event_ms; // when the key was last heard of
    int64_t end_ms;   // when the phase ends
    int64_t renew_ms; // when a key that is known to be down asks to go on
    int64_t intervals[HOLD_INTERVALS];
    size_t interval_count;
    bool fell_silent;    // the latest hold of the key ended because its repeats did not come
    bool tells_releases; // the terminal has told of a release, so it tells of them all
};

// The key went down, or (repeats) the terminal says that it repeats. Another key's press ends this one's hold. Each of
// these functions returns wishes.
unsigned hold_press(struct hold *hold, int key, bool repeats, int64_t now_ms);
// The terminal says that a key went up; key 0 is one that runs nothing.
unsigned hold_release(struct hold *hold, int key);
// Another key was pressed: what this one ran stops, and its next press is a new one.
unsigned hold_cancel(struct hold *hold);
// The key does nothing more until it was let go. Its wish for HOLD_RUN was refused, or nobody can know whether it is down.
unsigned hold_kill(struct hold *hold, int64_t now_ms);
// Ends what has run out. Call when hold_next_ms has passed.
unsigned hold_tick(struct hold *hold, int64_t now_ms);
// When hold_tick is next due; INT64_MAX: not.
int64_t hold_next_ms(const struct hold *hold);
// True while the key runs its motor.
bool hold_runs(const struct hold *hold);
// The terminal does not tell of releases any more.
void hold_forget_releases(struct hold *hold);

#endif
