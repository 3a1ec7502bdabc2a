// SPDX-License-Identifier: MIT
// What the controller keeps about one device that it sends to: the commands under way, the device's clock, a command
// that waits for that clock, a stop. Pure. Only the files of this folder include it.
#ifndef PC_TUI_PEER_H
#define PC_TUI_PEER_H

#include "pc-tui/model/model.h"

enum { PEER_COMMANDS_MAX = 16, PEER_SAMPLES_MAX = 16, PEER_ID_SIZE = 40 };

enum peer_command_kind {
    COMMAND_STEP,  // a step of a held key: at most one is unanswered for each channel
    COMMAND_OTHER, // at most CONTROLLER_OTHERS_MAX are unanswered
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
// The agent's clock now, from the sample of the smallest round trip of the last 60 s. False without a sample.
bool peer_clock(const struct peer *peer, int64_t now_us, int64_t *agent_ms);

#endif
