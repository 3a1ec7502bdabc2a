// SPDX-License-Identifier: MIT
// The link, the model and the controller wired together on one event loop. The screen, `send` and `watch` use it.
#ifndef PC_TUI_SESSION_H
#define PC_TUI_SESSION_H

#include "common/mqtt/link.h"
#include "pc-tui/config/config.h"
#include "pc-tui/controller/controller.h"
#include "pc-tui/model/model.h"

struct event_base;
struct session;

enum { SESSION_LEAVE_MS = 500 }; // how long the good-bye waits for the PUBACK of the last stop

struct session_events { // each except changed may be NULL
    // The model, the link or the controller changed: something may have to be drawn. Called once for each
    // message; draw later, at most once a frame.
    void (*changed)(void *ctx);
    // A command of ours came to an end.
    void (*finished)(void *ctx, const struct journal_event *event);
    // A message on a status topic, before the model takes it; device is its name.
    void (*status)(void *ctx, const char *device, const struct link_message *message);
    // After session_pause: the terminal may be given away.
    void (*paused)(void *ctx);
    // After session_leave or session_close: everything is sent or given up. Free it now or later.
    void (*closed)(void *ctx);
};

// Connects when the loop runs. options, events and ctx must outlive it. Where the files of the options change, or the
// clock is set, they are read again. NULL without memory or random numbers (errno).
struct session *session_new(struct event_base *base, const struct tui_options *options,
    const struct session_events *events, void *ctx);
void session_free(struct session *session); // NULL is allowed

struct model *session_model(struct session *session);
struct controller *session_controller(struct session *session);
const struct link_report *session_link(const struct session *session);
struct controller_clock session_now(void); // CLOCK_MONOTONIC in µs and CLOCK_REALTIME in ms

void session_retry(struct session *session); // tries to connect now, if it waits
// Stops what we moved, waits for its PUBACK at most SESSION_LEAVE_MS, says good-bye to the broker, then calls
// closed (from the loop, or at once where there is no link).
void session_leave(struct session *session);
// The same without a stop, for `send`: its work is done, and motion that it began goes on.
void session_close(struct session *session);
// For a suspension: sends the same stop and calls paused once the broker has it, or after SESSION_LEAVE_MS; at
// once where nothing of ours moves. The session goes on.
void session_pause(struct session *session);

#endif
