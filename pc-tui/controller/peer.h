// SPDX-License-Identifier: MIT
// What the controller keeps about one device that it sends to: commands under way, its clock, a waiting that
// waits for it, a stop. Pure, and nobody's but the controller's.
#ifndef PC_TUI_PEER_H
#define PC_TUI_PEER_H

#include "pc-tui/model/model.h"

enum { PEER_COMMANDS_MAX = 16, PEER_SAMPLES_MAX = 16, PEER_ID_SIZE = 40 };

enum peer_command_kind {
    COMMAND_STEP,  // one of a held key: at most one unanswered a channel
    COMMAND_OTHER, // at most CONTROLLER_OTHERS_MAX unanswered
    COMMAND_CLOCK, // a `status` of the controller's own, for a sample of the device's clock
};

// A command published and not yet echoed.
struct peer_command {
    bool used;
    bool given_up; // shown as a failure; kept for a late echo
    bool motion;
    enum peer_command_kind kind;
    char id[PEER_ID_SIZE];
    char channel[PROTOCOL_NAME_MAX + 1]; // "" where it concerns no single one
    uint64_t serial;                     // of its journal event; 0 = none
    int64_t sent_us;
    int64_t deadline_us;
    int token; // -1 = none
};

// A waiting that waits for the device's clock.
struct peer_waiting {
    bool used;
    bool motion;
    enum peer_command_kind kind;
    char channel[PROTOCOL_NAME_MAX + 1];
    char text[PROTOCOL_CMD_SIZE];
    uint64_t serial;
    int64_t deadline_us;
};

struct peer_stop {
    bool used; // until it is echoed or too old
    char id[PEER_ID_SIZE];
    uint64_t serial;
    int64_t since_us; // when the operator last asked for it
    int64_t next_us;  // when it is sent again
    int64_t sent_us;  // first PUBLISH; 0 = not yet
    unsigned sent;    // how often
    bool acked;       // the broker has one of them
    int token;
};

// agent's clock − ours, seen over one round trip.
struct peer_sample {
    int64_t at_us;
    int64_t trip_us;
    int64_t offset_us;
};

struct peer {
    struct model_device *device;
    char boot[PROTOCOL_BOOT_MAX + 1]; // the run that clock and commands belong to
    struct peer_command commands[PEER_COMMANDS_MAX];
    struct peer_sample samples[PEER_SAMPLES_MAX];
    size_t sample_count;
    struct peer_waiting waiting;
    struct peer_stop stop;
    bool moving;        // motion of ours is unanswered or may still be going on
    int64_t pressed_us; // when a step of a servo was last asked for; 0 = never
    bool let_go;        // stopped meanwhile: a key that was held then must rest before it steps again
};

// A free place for a command (given-up ones make room, the oldest first); NULL where every one is unanswered.
struct peer_command *peer_place(struct peer *peer);
struct peer_command *peer_find(struct peer *peer, const char *id);
// Unanswered commands of a kind.
size_t peer_unanswered(const struct peer *peer, enum peer_command_kind kind);
bool peer_step_unanswered(const struct peer *peer, const char *channel);
bool peer_motion_unanswered(const struct peer *peer);

// Takes a sample from an answer with the agent's time t_ms. One that cannot be a clock is passed over; one
// that no steady clock could give together with the samples before it replaces them all.
void peer_add_sample(struct peer *peer, int64_t sent_us, int64_t received_us, int64_t t_ms);
// The agent's clock now, from the sample of the smallest round trip of the last 60 s. False without one.
bool peer_clock(const struct peer *peer, int64_t now_us, int64_t *agent_ms);

#endif
