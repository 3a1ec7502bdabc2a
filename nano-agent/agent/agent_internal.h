// SPDX-License-Identifier: MIT
// What the files of the agent share, and nobody else includes: agent.c (its life, time, status), commands.c
// (what becomes of a command), inputs.c (what becomes of an edge), keeping.c (what outlasts a run).
#ifndef NANO_AGENT_AGENT_INTERNAL_H
#define NANO_AGENT_AGENT_INTERNAL_H

#include "nano-agent/agent/agent.h"
#include "nano-agent/agent/channel.h"
#include "nano-agent/agent/duplicates.h"

enum { SENTENCE_SIZE = 512, MS_US = 1000, SECOND_US = 1000000 };

struct now { // both clocks at one instant
    int64_t us;
    int64_t boot_ms;
};

struct agent {
    struct agent_io io;
    void *ctx;
    int64_t report_us;
    size_t count;
    struct channel channels[PROTOCOL_CHANNELS_MAX];
    struct channel_id ids[PROTOCOL_CHANNELS_MAX]; // the same channels as vocabulary_match wants them
    struct status status; // `last` is kept here; the channels are filled when asked for
    struct status_writer *writer;
    struct duplicates duplicates;
    bool up;
    bool stopped;
    bool retained_cleared;      // the one attempt of this run is spent
    bool unwritable_told;       // a status could not be written, and that was said
    bool heartbeat_outstanding; // one at QoS 1 is on its way
    bool changed;               // something that no status has told yet
    bool edge;                  // … and it is an input's edge
    int64_t edge_us;            // when an edge was told at once, outside the rhythm of the other changes
    int64_t published_us;
    int64_t heartbeat_us; // when the next is due
    struct kept {
        struct position position;  // as saved last; no name: none
        int64_t exact;             // motion.position then: where this is the same, so is all of it
    } kept[PROTOCOL_CHANNELS_MAX]; // by channel
    int64_t kept_us;               // when that was
    char json[PROTOCOL_STATUS_MAX];
};

// agent.c
void agent_publish(struct agent *agent, struct now now, bool heartbeat);
// Tells an edge at once, unless another was told so less than a 20th of a second ago.
void agent_report_edge(struct agent *agent, struct now now);
void agent_trouble(struct agent *agent, const char *format, ...) __attribute__((format(printf, 2, 3)));
// Says that the hardware of a channel refused.
void agent_fault(struct agent *agent, const struct channel *c, int error);
// The system's words for what channel_… returned.
const char *agent_fault_words(int error);

// commands.c: runs the command of an input.
void agent_run_local(
    struct agent *agent, const struct protocol_command *command, const char *from, struct now now);

// keeping.c: believes what was kept of the servos that there are, and says which have changed. Before the
// channels are made.
void agent_believe(struct agent *agent, const struct agent_config *config, const struct positions *kept);
// When the positions are to be saved; INT64_MAX: nothing has changed.
int64_t agent_keep_due_us(const struct agent *agent);
// Saves what has changed, now.
void agent_keep(struct agent *agent, int64_t now_us);

// inputs.c: debounce and commands that had to wait, as far as due.
void agent_tick_input(struct agent *agent, struct channel *c, struct now now);

#endif
