// SPDX-License-Identifier: MIT
// The running daemon's state, and what the agent's core asks of the world outside it.
#ifndef NANO_AGENT_DAEMON_IO_H
#define NANO_AGENT_DAEMON_IO_H

#include <event2/event.h>

#include "nano-agent/command_log.h"
#include "nano-agent/config/config.h"
#include "nano-agent/mqtt_session.h"
#include "nano-agent/system/about_watch.h"
#include "nano-agent/system/guardian.h"
#include "nano-agent/system/health_reader.h"
#include "nano-agent/system/identity.h"
#include "nano-agent/system/position_store.h"
#include "nano-agent/system/stop_signals.h"
#include "nano-agent/system/watchdog.h"

struct daemon_edge {     // an input's or a motor's event, which knows its daemon and its channel
    struct event *event; // NULL = this channel has nothing to tell
    struct daemon *daemon;
    size_t channel;
};

struct daemon {
    struct config *config;
    union agent_output outputs[PROTOCOL_CHANNELS_MAX];
    struct daemon_edge edges[PROTOCOL_CHANNELS_MAX];
    struct agent *agent;
    struct health_reader *health;
    struct about_watch *about; // NULL: there was no memory for it
    struct store *store;       // NULL: positions are not kept
    struct event_base *base;
    struct link *link;
    struct event *timer, *log_event;
    struct stop_signals signals;
    int timer_fd;
    char boot[IDENTITY_BOOT_SIZE];
    int argc; // of the program, to read the configuration again
    char **argv;
    struct config_watch *watch;
    struct mqtt_session session;
    struct command_log commands;
    const char *because;  // why the agent is called just now, for the log of each status
    bool up;              // the link is up
    bool guarding;        // the link was up, and its loss has not been acted on yet
    int64_t heard_ms;     // when the broker was last heard, on this connection or the one before
    int heartbeat;        // token of the heartbeat that the broker has not acknowledged; -1 = none
    size_t heartbeat_len; // its bytes
    int refusal;  // why the broker does not take our reports, as it was logged last; 0 = it takes them
    int clearing; // token of the message that clears cleared_topic; -1 = none
    char cleared_topic[PROTOCOL_TOPIC_MAX];
    int64_t armed_us; // when the timer goes off; INT64_MAX = never
    struct watchdog watchdog;
    struct guardian *guardian;
    struct event *guardian_event; // the guardian has ended
    size_t absent;                // channels without hardware
    size_t next_try;              // the channel that outputs_try begins with
    int64_t try_us;               // when it is called next; INT64_MAX = all hardware is there
    bool stopping;
    int64_t stop_by_us;
    char reason[LINK_REASON_SIZE]; // why there is no link, as it was logged last
    char note[LINK_REASON_SIZE];   // what the broker does not offer, as told last
};

int64_t daemon_boot_ms(void); // CLOCK_BOOTTIME

// The functions that the core calls; their ctx is a struct daemon.
extern const struct agent_io daemon_io;

// Logs what became of the link, each reason once, and tells systemd.
void daemon_tell_link(struct daemon *daemon, const struct link_report *report);

// Logs once why the broker does not take a report of len bytes: code as of refusal_sentence, 0 = it takes them again.
void daemon_tell_refusal(struct daemon *daemon, size_t len, int code);

// Logs what the link says, and tells systemd: each sentence once.
void daemon_tell_link(struct daemon *daemon, const struct link_report *report);

// True where nothing moves, so that the link may change over to another broker: a callback of link, ctx is a struct daemon.
bool daemon_rests(void *ctx);

// Publishes who this board is: a callback of about_watch, ctx is a struct daemon.
void daemon_publish_about(void *ctx, const char *json);

// Writes the log lines of commands that are due: an event's callback, arg is a struct daemon.
void daemon_log_commands(evutil_socket_t fd, short what, void *arg);

#endif
