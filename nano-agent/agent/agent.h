// SPDX-License-Identifier: MIT
// The heart of nano-agent: command in -> outputs moved -> status out. Pure: hardware is behind hw.h, the wire
// behind struct agent_io, time is a parameter. now_us is CLOCK_MONOTONIC, boot_ms is CLOCK_BOOTTIME (what `t`
// and `by` count).
#ifndef NANO_AGENT_AGENT_H
#define NANO_AGENT_AGENT_H

#include "common/protocol/status.h"
#include "nano-agent/agent/hw.h"
#include "nano-agent/agent/positions.h"

enum { AGENT_SAVE_MS = 5000 }; // between two saves at least: an SD card wears with each

enum agent_start { START_OFF, START_LAST, START_CENTER, START_ON };
enum agent_lost { LOST_HOLD, LOST_CENTER, LOST_OFF, LOST_ON };
enum agent_safe {
    SAFE_OFF,
    SAFE_HOLD,
    SAFE_CENTER,
    SAFE_ON
}; // switch and dimmer: off, hold or on; servo: off, hold or center
enum agent_exit { EXIT_HOLD, EXIT_OFF };

struct agent_channel_config {
    struct channel_id id;
    struct motion_config motion; // servo
    uint32_t fingerprint;        // servo: positions_fingerprint; what was kept of another is not believed
    enum servo_axis axis;
    int step;        // tenths of a degree, 1 to 900
    int idle_off_ms; // 0 = never
    enum agent_start start;
    enum agent_safe safe;
    enum agent_lost lost;
    enum agent_exit exit;
    char press[PROTOCOL_CMD_SIZE];   // input: command run on the edge to on (one that parses), "" = none
    char release[PROTOCOL_CMD_SIZE]; // … to off
    int debounce_ms;                 // input
};

struct agent_config {
    char device[PROTOCOL_DEVICE_MAX + 1];
    int report_ms; // heartbeat, 100 to 3,600,000
    size_t count;
    struct agent_channel_config channels[PROTOCOL_CHANNELS_MAX];
};

// The opened hardware of a channel; which member is set follows from its kind. Owned by the caller. A switch
// was opened at the level that its `start` says. The period and the steps of a servo are those of its PWM:
// agent_new puts them in the place of motion.period_ns and motion.steps.
union agent_output {
    struct hw_pwm *pwm;     // servo, dimmer
    struct hw_switch *sw;   // switch
    struct hw_input *input; // input
};

struct agent_io {
    // A status to publish retained on the agent's status topic. heartbeat: at QoS 1, never asked for while
    // one is outstanding; else QoS 0. final: the offline status of a clean stop. 0, or -ENOTCONN: kept
    // nowhere, the state is reported after the next connect.
    int (*status)(void *ctx, const char *json, size_t len, bool heartbeat, bool final);
    // A reply to an MQTT 5 response topic (already checked by protocol_reply_allowed). QoS 0, not retained.
    void (*reply)(void *ctx, const char *topic, const char *json, size_t len, const void *correlation,
        size_t correlation_len);
    // Clear a retained command from topic with an empty retained publish.
    void (*clear_retained)(void *ctx, const char *topic);
    // A command was carried out or refused: for the log. took_us: from agent_command's start to the pin.
    void (*done)(void *ctx, const struct status_last *last, int64_t took_us);
    // Something that a person should know: one sentence ("pwm tilt: …: Permission denied").
    void (*trouble)(void *ctx, const char *sentence);
    // Reads the figures of the machine; called on the heartbeat only.
    void (*health)(void *ctx, struct status_health *out);
    // Where the servos are at rest, to be kept over a restart: after each motion or switching off, when all
    // of it differs from what was kept last, not more often than every AGENT_SAVE_MS, and at a clean stop. A
    // servo under way is told where it rested last. Must not wait for the disk. NULL = nothing is kept.
    void (*save)(void *ctx, const struct positions *positions);
    // CLOCK_MONOTONIC microseconds, for took_us alone; NULL = 0.
    int64_t (*clock_us)(void *ctx);
};

struct agent;

// Copies config and io. outputs[i] belongs to config->channels[i]. kept: where an earlier run left the
// servos, NULL = not known. boot: this run's random id. Powers and moves nothing except what `start` says;
// takes over a PWM found running. NULL without memory.
struct agent *agent_new(const struct agent_config *config, const union agent_output *outputs,
    const struct positions *kept, const char *boot, const struct agent_io *io, void *ctx, int64_t now_us,
    int64_t boot_ms);
void agent_free(struct agent *agent); // frees no hardware

struct agent_command { // valid during the call only
    const char *topic; // where it came from, for clear_retained
    bool shared; // came on ROOT/control while this agent has a name: envelopes for other boots are not ours
    const void *payload;
    size_t len;
    bool retained;
    const char *response_topic; // NULL = none
    const void *correlation;
    size_t correlation_len;
};

// Carries out or refuses one command: moves the pin first, then reports. An empty payload is ignored.
void agent_command(struct agent *agent, const struct agent_command *command, int64_t now_us, int64_t boot_ms);

// An edge was seen on an input channel, or its debounce time has passed (the agent asks by agent_next_us and
// reads it itself).
void agent_input(struct agent *agent, size_t channel, bool level, int64_t now_us, int64_t boot_ms);

// The link came up (publishes at once), or was lost for longer than the configuration allows (acts as `lost`
// says; told through trouble() and by the channels of the first status afterwards). Losing it twice without
// coming up between acts once.
void agent_link_up(struct agent *agent, int64_t now_us, int64_t boot_ms);
void agent_link_lost(struct agent *agent, int64_t now_us, int64_t boot_ms);
// The outstanding heartbeat was acknowledged: the next may go at QoS 1.
void agent_heartbeat_done(struct agent *agent);

// Does what is due: frames of motion, coalesced status, heartbeat, debounce, idle_off, saving. Call when
// agent_next_us has passed.
void agent_tick(struct agent *agent, int64_t now_us, int64_t boot_ms);
// When agent_tick is next due (CLOCK_MONOTONIC us); INT64_MAX = nothing is, never so while the link is up.
int64_t agent_next_us(const struct agent *agent);

// Clean stop: freezes motion, saves where the servos are, applies `exit`, publishes the offline status.
// Nothing moves afterwards; where `exit` powers a PWM down, agent_tick disables it one frame later
// (agent_next_us says when).
void agent_stop(struct agent *agent, int64_t now_us, int64_t boot_ms);

// The state as it would be reported now. Valid until the next call.
const struct status *agent_status(struct agent *agent);

#endif
