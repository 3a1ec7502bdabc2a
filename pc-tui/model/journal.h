// SPDX-License-Identifier: MIT
// What happened lately, for the events pane and for `send`: each command's life from PUBLISH to echo, the commands of
// others, and notices. A ring of fixed size. Pure.
#ifndef PC_TUI_JOURNAL_H
#define PC_TUI_JOURNAL_H

#include "common/protocol/protocol.h"

enum {
    JOURNAL_MAX = 2048,     // events kept: the echoes of one command to all devices must find their events
    JOURNAL_FROM_SIZE = 36, // the start of an id, or the name of an input
    JOURNAL_ID_CHARS = 4,   // how much of a foreign id is shown
    JOURNAL_VALUE_SIZE = 112,
};

enum journal_kind {
    JOURNAL_COMMAND, // ours
    JOURNAL_OTHERS,  // somebody else's: from says whose
    JOURNAL_NOTICE,  // text says it all
    JOURNAL_PROBLEM, // the same, and something is wrong
};

// Where a command of ours is. From JOURNAL_DONE on nothing more is expected of it.
enum journal_stage {
    JOURNAL_WAITING, // for the device's clock
    JOURNAL_SENT,    // published
    JOURNAL_BROKER,  // the broker has it
    JOURNAL_DONE,    // the device's echo came: result, why, echo_us
    JOURNAL_PLAIN,   // a plain word, for which no echo can come; reason tells what the broker said
    JOURNAL_NO_ECHO, // the deadline passed, or the link was lost: why. A late echo still makes it
                     // JOURNAL_DONE
    JOURNAL_DROPPED, // never sent: why
};

struct journal_event {
    uint64_t serial; // counts the events from 1 on; it stays the name of this one
    enum journal_kind kind;
    int64_t wall_ms;                      // CLOCK_REALTIME of its beginning
    char device[PROTOCOL_DEVICE_MAX + 1]; // "" is the unnamed one
    char text[PROTOCOL_CMD_SIZE];         // the command in canonical form, or the notice
    char from[JOURNAL_FROM_SIZE];         // of JOURNAL_OTHERS: the start of the id ("7c21"), "" without one
    bool local;                           // of JOURNAL_OTHERS: from is an input of the device ("button")
    bool named;                  // of JOURNAL_OTHERS: from is such an input, or a topic ("pt/control")
    enum journal_stage stage;    // of JOURNAL_COMMAND
    int64_t broker_us;           // from PUBLISH to PUBACK; -1 = none (QoS 0, or not yet)
    int64_t echo_us;             // from PUBLISH to echo; -1 = none yet
    int reason;                  // MQTT 5 reason code of the PUBACK; 16 = nobody listens, 135 = denied
    bool late;                   // the echo came after the command had been given up
    unsigned repeats;            // of a stop: how often it was sent again
    enum protocol_result result; // of a JOURNAL_DONE, and of JOURNAL_OTHERS
    char result_name[16];        // "ok", or a result not known here as it was read
    char why[PROTOCOL_WHY_SIZE]; // "" = none
    char value
        [JOURNAL_VALUE_SIZE]; // where the command has sent its channel: "tilt 20.0°"; "" = that is not told
};

struct journal {
    struct journal_event *ring; // JOURNAL_MAX of them
    uint64_t next;              // serial of the next one
};

int journal_init(struct journal *journal); // 0 or -ENOMEM
void journal_finish(struct journal *journal);

// Adds an event, over the oldest one where the ring is full. Returns it: kind, time, device and text are set
// (text cleaned and cut), broker_us and echo_us -1, everything else zero.
struct journal_event *journal_add(
    struct journal *journal, enum journal_kind kind, int64_t wall_ms, const char *device, const char *text);
// Adds a JOURNAL_NOTICE or JOURNAL_PROBLEM. A repetition of the newest event only renews its time.
void journal_note(struct journal *journal, enum journal_kind kind, int64_t wall_ms, const char *device,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

// How many events there are, at most JOURNAL_MAX.
size_t journal_count(const struct journal *journal);
// The event `back` steps before the newest (0 = newest); NULL beyond the oldest.
const struct journal_event *journal_at(const struct journal *journal, size_t back);
// The event of that serial; NULL once it has left the ring.
struct journal_event *journal_find(struct journal *journal, uint64_t serial);

// True where both events say the same of the same device, so that one row with a count can stand for both. Commands whose
// end is still to come are never alike.
bool journal_alike(const struct journal_event *a, const struct journal_event *b);
// True for an event that ought to look like a failure.
bool journal_failed(const struct journal_event *event);
enum {
    JOURNAL_LINE_SIZE = 1280,
    JOURNAL_ASCII = 1 << 0, // no character above U+007E
    JOURNAL_NAMES = 1 << 1, // always name the device: there are several
};
// Writes what an event says after its time and its command, in one line, its parts two blanks apart: "sent  ✓ broker 0.1 ms
// ✓ nano 0.4 ms  ok 20.0°". root names the unnamed device. Returns out.
char *journal_describe(
    char out[JOURNAL_LINE_SIZE], const struct journal_event *event, const char *root, unsigned flags);

#endif
