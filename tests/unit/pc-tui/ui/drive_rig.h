// SPDX-License-Identifier: MIT
// The operator's side of a motor, whole: keys, ui, controller and model, a link with a latency that keeps the order of its
// messages, and an agent whose motor has a run time of its own. Virtual time; no sleeping.
#ifndef TESTS_UI_DRIVE_RIG_H
#define TESTS_UI_DRIVE_RIG_H

#include "pc-tui/controller/controller.h"
#include "pc-tui/ui/ui.h"
#include "tests/unit/pc-tui/report.h"

enum { RIG_MESSAGES_MAX = 512, RIG_RUNS_MAX = 64, RIG_SENT_MAX = 1024, RIG_MS = 1000, RIG_CHANNELS = 4 };
enum { RIG_MOTOR, RIG_STEER, RIG_LAMP, RIG_LED }; // the channels drive, wheel, lamp (stop = off) and led

// A message on its way to the agent (its text) or from it (its status).
struct rig_message {
    int64_t at_us;
    bool to_agent;
    char topic[PROTOCOL_TOPIC_MAX];
    size_t len;
    char text[1536];
};

struct rig_sent {
    int64_t at_us;
    struct protocol_command command;
};

// A time in which the motor ran without a gap.
struct rig_run {
    int64_t from_us, to_us; // to_us: INT64_MAX while it goes on
};

struct rig {
    int64_t us;
    struct model *model;
    struct controller *controller;
    struct ui ui;
    int64_t wake_us, heartbeat_us;
    uint64_t ids;
    bool up;

    int64_t latency_us;                            // one way
    int64_t jitter_us;                             // at most so much more, by chance
    unsigned lose_every;                           // each n-th of the agent's reports gets lost; 0 = none
    bool deaf;                                     // nothing reaches the agent
    int64_t last_us[2];                            // arrival of the latest message from the agent, and to it
    struct rig_message messages[RIG_MESSAGES_MAX]; // in flight, by arrival
    size_t message_count;
    uint64_t chance;

    struct report report; // the agent
    int64_t run_us, run_until_us, hold_until_us;
    int64_t renewed_us; // when the latest command that ran the motor arrived
    char seen_ids[RIG_SENT_MAX][PROTOCOL_ID_MAX + 1];
    size_t seen_count;
    struct rig_run runs[RIG_RUNS_MAX];
    size_t run_count;

    struct rig_sent sent[RIG_SENT_MAX]; // without requests for the clock
    size_t sent_count;
    unsigned effects;
};

// A screen that shows a live device, its clock known as far as the latency allows. run_ms: the motor's.
struct rig *rig_begin(int latency_ms, int run_ms);
void rig_end(struct rig *rig);
// Lets time pass, with everything that is due in it.
void rig_pass(struct rig *rig, int64_t us);
// Presses keys in the notation of key.h, all at this moment.
void rig_keys(struct rig *rig, const char *keys);
void rig_event(struct rig *rig, enum key_code code, uint32_t codepoint, enum key_phase phase);
// Holds a key down for so long: its first repeat after first_us, the others every interval_us. Returns when the last event
// came.
int64_t rig_hold(struct rig *rig, const char *key, int64_t first_us, int64_t interval_us, int64_t for_us);
// Somebody else's command reaches the agent now.
void rig_others(struct rig *rig, const char *text);
bool rig_runs(const struct rig *rig);
void rig_link(struct rig *rig, bool up);
// How many commands of that text were published since the last rig_forget.
size_t rig_count(const struct rig *rig, const char *text);
void rig_forget(struct rig *rig);
uint64_t rig_chance(struct rig *rig, uint64_t below);

#endif
