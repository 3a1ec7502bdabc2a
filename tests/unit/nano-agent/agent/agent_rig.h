// SPDX-License-Identifier: MIT
// An agent on hardware that only remembers, in a time that only the test moves.
#ifndef TESTS_AGENT_RIG_H
#define TESTS_AGENT_RIG_H

#include "nano-agent/agent/agent.h"

#define RIG_BOOT "9f31c2aa"

enum { RIG_EVENTS_MAX = 4096, RIG_BOOT_OFFSET_MS = 70000, RIG_MOTOR_SHORT = 10000 };

enum rig_kind {
    RIG_SET,     // a PWM's pulse: value = nanoseconds
    RIG_ENABLE,  // value = 0 or 1, of a PWM or a motor's driver
    RIG_SWITCH,  // value = 0 or 1
    RIG_MOTOR,   // value = permille, negative = backward; RIG_MOTOR_SHORT
    RIG_STATUS,  // value = 1 for a heartbeat at QoS 1
    RIG_FINAL,   // the offline status
    RIG_REPLY,   // …
    RIG_CLEAR,   // a retained command was cleared
    RIG_DONE,    // value = enum protocol_result
    RIG_TROUBLE, // …
    RIG_HEALTH,  // the machine's figures were read
};

struct rig_event {
    enum rig_kind kind;
    size_t channel; // for the hardware's
    int64_t value;
    int64_t at_us;
};

struct rig_hardware {
    struct hw_pwm pwm; // which of the four is used follows from the channel's kind
    struct hw_switch sw;
    struct hw_motor motor;
    struct hw_input input;
    int64_t pulse_ns; // as set
    int permille;     // of a motor, negative = backward
    bool enabled;
    bool level;      // a switch's output, an input's level
    int error;       // what the next calls return
    bool reset;      // a PWM's supply broke down, which nobody has found out yet
    bool reset_seen; // of a motor: the newest result tells it
    int check_error; // what asking a PWM for that returns
    int reads;
};

struct rig {
    struct agent *agent;
    struct agent_config config;
    struct rig_hardware hardware[PROTOCOL_CHANNELS_MAX];
    int64_t now_us;
    int64_t suspended_ms; // so long CLOCK_MONOTONIC, which is now_us, stood still
    struct rig_event events[RIG_EVENTS_MAX];
    size_t event_count;
    int link_rc;                        // what io.status returns
    char json[PROTOCOL_STATUS_MAX + 1]; // the latest status, reply or offline status
    struct status seen;                 // the latest status that was published
    char reply_topic[256];
    char correlation[64];
    size_t correlation_len;
    char cleared_topic[256];
    char trouble[512];
    char done_cmd[PROTOCOL_CMD_SIZE];
    int64_t took_us;
    struct positions kept;  // by an earlier run, before rig_boot
    struct positions saved; // the latest
    int64_t saved_us;
    size_t saves;
};

// The tutorial's device: servo `tilt` and switch `led`, not started.
struct rig *rig_new(void);
// Channels for the configuration, before rig_start.
struct agent_channel_config *rig_add(struct rig *rig, const char *name, enum channel_kind kind);
// The index of a channel.
size_t rig_index(const struct rig *rig, const char *name);
// A channel of the configuration, before rig_start.
struct agent_channel_config *rig_config(struct rig *rig, const char *name);
struct rig_hardware *rig_hardware(struct rig *rig, const char *name);
// Makes the agent; the link is up. rig_boot without the link.
void rig_boot(struct rig *rig);
void rig_start(struct rig *rig);
// The hardware of a channel whose configuration had a `fault` is there now.
void rig_plug(struct rig *rig, const char *name);
void rig_start_afresh(struct rig *rig); // and forgets what the start did
void rig_free(struct rig *rig);

int64_t rig_boot_ms(const struct rig *rig);
// A command as it arrives on the agent's own topic. Returns its result as the published status tells it, or
// RESULT_NONE where no status came.
enum protocol_result rig_send(struct rig *rig, const char *payload);
enum protocol_result rig_deliver(struct rig *rig, struct agent_command command);
struct agent_command rig_message(const char *payload);
// Calls agent_tick whenever it asked to be called, for so long.
void rig_run_ms(struct rig *rig, int64_t ms);
// An edge on an input.
void rig_edge(struct rig *rig, const char *name, bool level);

void rig_forget(struct rig *rig); // the events so far
size_t rig_count(const struct rig *rig, enum rig_kind kind);
// The n-th event of that kind, which must be there.
const struct rig_event *rig_event(const struct rig *rig, enum rig_kind kind, size_t n);
// The only writes since rig_forget released one PWM without a cut pulse, beginning at_us.
void rig_assert_released(const struct rig *rig, int64_t at_us);
// A channel of the latest published status.
const struct status_channel *rig_seen(const struct rig *rig, const char *name);

#endif
