// SPDX-License-Identifier: MIT
// The heart of nano-agent: a command comes in, outputs move, a status goes out. Of the files of this folder it alone
// publishes and complains. Pure: hardware is behind hw.h, the wire is behind struct agent_io, and time is a parameter:
// now_us is CLOCK_MONOTONIC in microseconds, boot_ms is CLOCK_BOOTTIME in milliseconds, which `t` and `by` count.
#ifndef NANO_AGENT_AGENT_H
#define NANO_AGENT_AGENT_H

#include "nano-agent/agent/channel.h"
#include "nano-agent/agent/pose.h"
#include "nano-agent/agent/request.h"
#include "nano-agent/agent/words.h"

struct agent_config {
    char root[PROTOCOL_ROOT_MAX + 1];
    char device[PROTOCOL_DEVICE_MAX + 1];
    int report_ms; // heartbeat, 100 to 3,600,000
    size_t count;
    struct agent_channel_config channels[PROTOCOL_CHANNELS_MAX];
    size_t pose_count;
    struct pose poses[PROTOCOL_POSES_MAX];
    size_t words_count;
    struct words_table words[PROTOCOL_WORDS_MAX];
};

struct agent_io {
    // Publishes a status, retained, on the agent's status topic. heartbeat: at QoS 1, and never while another such is
    // on its way; else at QoS 0. final: the offline status of a clean stop. Returns 0, or -ENOTCONN where there is no
    // link: the status is then kept nowhere, and the agent reports its state after the next connect.
    int (*status)(void *ctx, const char *json, size_t len, bool heartbeat, bool final);
    // Publishes a reply on an MQTT 5 response topic, which protocol_reply_allowed has passed. QoS 0, not retained.
    void (*reply)(void *ctx, const char *topic, const char *json, size_t len, const void *correlation,
        size_t correlation_len);
    // Clears a retained command from a topic with an empty retained publish.
    void (*clear_retained)(void *ctx, const char *topic);
    // Logs that a command was carried out or refused. took_us: from the start of agent_command to the pin.
    void (*done)(void *ctx, const struct status_last *last, int64_t took_us);
    // Tells a person something in one sentence ("pwm tilt: /sys/class/pwm/…: Permission denied").
    void (*trouble)(void *ctx, const char *sentence);
    // Reads the figures of the machine; called on the heartbeat only.
    void (*health)(void *ctx, struct status_health *out);
    // Keeps where the servos are over a restart; keeper.h says what and when, and a clean stop saves too. Must not wait
    // for the disk. NULL = nothing is kept.
    void (*save)(void *ctx, const struct positions *positions);
    // CLOCK_MONOTONIC microseconds, for took_us alone; NULL = 0.
    int64_t (*clock_us)(void *ctx);
};

struct agent;

// Makes an agent; copies config and io. outputs[i] is the hardware of config->channels[i]. kept is where an earlier run left
// the servos, NULL where that is not known. boot is the random id of this run. Nothing is powered or moved except as
// `start` says, and a PWM that is found running is taken over. Returns NULL where memory is short.
struct agent *agent_new(const struct agent_config *config, const union agent_output *outputs,
    const struct positions *kept, const char *boot, const struct agent_io *io, void *ctx, int64_t now_us,
    int64_t boot_ms);
void agent_free(struct agent *agent); // frees no hardware

// Carries out or refuses one command. The pin changes first, then the report goes out. An empty payload is ignored.
void agent_command(struct agent *agent, const struct agent_command *command, int64_t now_us, int64_t boot_ms);

// Tells the agent that an edge was seen on an input channel. What follows from its debounce time the agent does by itself in
// agent_tick.
void agent_input(struct agent *agent, size_t channel, bool level, int64_t now_us, int64_t boot_ms);

// The hardware of a channel whose config.fault said that it is not there: it is still not there, for this reason now, or it
// is opened and the channel lives. The next status tells it. A channel that is not absent is left as it is.
void agent_channel_fault(struct agent *agent, size_t channel, const char *fault);
void agent_channel_return(struct agent *agent, size_t channel, union agent_output output, int64_t now_us);

// The link came up: a status is published at once. Or it was lost for longer than the configuration allows: the agent
// acts as `lost` says, tells so through trouble(), and the first status afterwards shows it. Losing the link twice without
// its coming up in between acts once.
void agent_link_up(struct agent *agent, int64_t now_us, int64_t boot_ms);
void agent_link_lost(struct agent *agent, int64_t now_us, int64_t boot_ms);
// The link has just gone down: all motors are off when this returns, as far as the hardware allows. To be called before anything
// else is done about the link.
void agent_link_down(struct agent *agent, int64_t now_us);
// The broker does not let the agent hear the topics of these tables (bit i = words[i]). Complains where that is new. To be
// called before agent_link_up, whose status tells it.
void agent_deaf(struct agent *agent, unsigned tables);
// The outstanding heartbeat was acknowledged: the next may go at QoS 1.
void agent_heartbeat_done(struct agent *agent);

// Does everything that is due: frames of motion, statuses, heartbeat, debounce, idle_off, saving. It is to be called when the
// time that agent_next_us returns has come.
void agent_tick(struct agent *agent, int64_t now_us, int64_t boot_ms);
// When agent_tick is next due (CLOCK_MONOTONIC us); INT64_MAX = nothing is, never so while the link is up.
int64_t agent_next_us(const struct agent *agent);

// Clean stop: freezes motion, saves where the servos are, applies `exit` and publishes the offline status. Nothing moves
// afterwards. What `exit` switches off may not be finished yet: agent_tick is to be called while agent_next_us is not
// INT64_MAX.
void agent_stop(struct agent *agent, int64_t now_us, int64_t boot_ms);

// The state as it would be reported now. Valid until the next call.
const struct status *agent_status(struct agent *agent);

#endif
