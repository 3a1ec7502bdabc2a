// SPDX-License-Identifier: MIT
// What the controller keeps about one device that it sends to: the commands under way, the device's clock, a command
// that waits for that clock, a stop. Pure. Only the files of this folder include it.
#ifndef PC_TUI_PEER_H
#define PC_TUI_PEER_H

#include "pc-tui/model/model.h"

enum {
    PEER_COMMANDS_MAX = 16,
    PEER_SAMPLES_MAX = 16,
    PEER_ID_SIZE = 40,
    PEER_HALTS_MAX = 4, // motors that are stopped one after the other within the time that one of them runs
    PEER_TRIPS_MAX = 5,
};

enum peer_command_kind {
    COMMAND_STEP,  // a step of a held key: at most one is unanswered for each channel
    COMMAND_OTHER, // at most CONTROLLER_OTHERS_MAX are unanswered
    COMMAND_DRIVE, // a motor runs, or goes on running: at most one is unanswered
    COMMAND_CLOCK, // a `status` that the controller sends by itself, to learn the device's clock and channels
};

// A command that was published and is not yet echoed.
struct peer_command {
    bool used;
    bool given_up; // it is shown as a failure, and its place is kept for a late echo
    bool motion;
    enum peer_command_kind kind;
    char id[PEER_ID_SIZE];
    char channel[PROTOCOL_NAME_MAX + 1]; // "" where it concerns no single channel
    uint64_t serial;                     // of its journal event; 0 = it has none
    int64_t sent_us;
    int64_t deadline_us;
    int token; // -1 = none
};

// A command that waits until the device's clock is known.
struct peer_waiting {
    bool used;
    bool motion;
    enum peer_command_kind kind;
    unsigned layout; // of the device when the key was pressed: other channels make it void
    char channel[PROTOCOL_NAME_MAX + 1];
    char text[PROTOCOL_CMD_SIZE];
    uint64_t serial;
    int64_t deadline_us;
};

struct peer_stop {
    bool used;    // until it is echoed or too old
    bool acked;   // the broker has answered for one of its sendings
    bool refused; // the broker's latest answer was a refusal
    bool told;    // its event has ended already
    char id[PEER_ID_SIZE];
    uint64_t serial;  // of its journal event; 0 = it has none
    int64_t since_us; // when the operator last asked for it
    int64_t next_us;  // when it is sent again
    int64_t sent_us;  // when it was first published
    unsigned sent;    // how often it was published
    int token;
};

// NAME_stop of a motor.
struct peer_halt {
    bool used;     // until it is echoed, or too old for a late echo
    bool repeats;  // it is sent again until it is echoed
    bool given_up; // the motor's run time has passed
    char motor[PROTOCOL_NAME_MAX + 1];
    char id[PEER_ID_SIZE];
    uint64_t serial;  // of its journal event
    int64_t since_us; // when it was last asked for
    int64_t sent_us;  // when it was first published
    int64_t next_us;  // when it is sent again
    int64_t until_us; // the motor rests by itself from then on
    unsigned sent;    // how often it was published
    int token;
};

// A motor that a key drives.
struct peer_drive {
    bool begun;                  // a command was published since the key was pressed
    uint64_t serial;             // of their journal event: all commands of one press have one
    int64_t since_us;            // when the key was pressed
    uint64_t stops;              // as the device counted them when the first of them was published
    int64_t sent_us;             // when the latest of them was published
    int64_t silent_us;           // since when the device has answered none; 0 = it has answered the latest
    bool stopped;                // somebody else stopped it meanwhile
    char why[PROTOCOL_WHY_SIZE]; // the device refused one of them; "" = it did not
};

// The agent's clock minus ours, as one round trip showed it.
struct peer_sample {
    int64_t at_us;
    int64_t trip_us;
    int64_t offset_us;
};

struct peer {
    struct model_device *device;
    char boot[PROTOCOL_BOOT_MAX + 1]; // the run that the clock belongs to
    struct peer_command commands[PEER_COMMANDS_MAX];
    struct peer_sample samples[PEER_SAMPLES_MAX];
    size_t sample_count;
    struct peer_waiting waiting;
    struct peer_stop stop;
    bool moving;        // motion that we asked for is unanswered or may still be going on
    bool last_is_ours;  // the latest command that the device tells of was ours
    bool echoed_shared; // it has echoed the latest stop that went to all devices at once
    bool cleared;       // a retained command on its own topic was cleared in this run
    int64_t doubted_us; // when it was last asked which of several reports is its own; 0 = never
    int64_t pressed_us; // when a step of a servo was last asked for; 0 = never
    bool let_go;        // it was stopped meanwhile: a key that was held then must rest before it steps again
    struct peer_halt halts[PEER_HALTS_MAX];
    struct peer_drive drive;
    int64_t overheard_us; // when somebody else was last heard to stop it; 0 = never
    // The bit 1 << index of each motor that a command of ours ran, and of each channel that `stop` switches off and a command
    // of ours turned on.
    uint64_t set_going;
    struct {
        int64_t at_us, us;
    } trips[PEER_TRIPS_MAX]; // the latest round trips, in a ring
    size_t trip_count;
};

// A free place for a command; commands that were given up make room, the oldest first. NULL where every command is
// unanswered.
struct peer_command *peer_place(struct peer *peer);
// The command with that id; NULL = none.
struct peer_command *peer_find(struct peer *peer, const char *id);
// How many commands of a kind are unanswered.
size_t peer_unanswered(const struct peer *peer, enum peer_command_kind kind);
bool peer_step_unanswered(const struct peer *peer, const char *channel);
bool peer_motion_unanswered(const struct peer *peer);

// Takes a sample from an answer that carries the agent's time t_ms. A time that cannot be a clock's is passed over. A
// sample that no steady clock could give together with the samples before it replaces them all.
void peer_add_sample(struct peer *peer, int64_t sent_us, int64_t received_us, int64_t t_ms);
// Notes that a round trip to the device took so long.
void peer_add_trip(struct peer *peer, int64_t us, int64_t now_us);
// The median of the round trips of the last 10 s, else the latest one; -1 without any.
int64_t peer_trip(const struct peer *peer, int64_t now_us);
// True while something that a command of ours set in motion has not come to rest, by the device's latest report.
bool peer_moves(const struct peer *peer);

// The agent's clock now, from the sample of the smallest round trip of the last 60 s. False without a sample.
bool peer_clock(const struct peer *peer, int64_t now_us, int64_t *agent_ms);

#endif
