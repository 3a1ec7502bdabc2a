// SPDX-License-Identifier: MIT
// What `send`, `watch` and `devices` have in common: an event loop with a session, signals that end it, lines to stdout and
// stderr that never hold it up.
#ifndef PC_TUI_CLI_FRAME_H
#define PC_TUI_CLI_FRAME_H

#include <stdbool.h>

#include "pc-tui/cli/cli_output.h"
#include "pc-tui/session.h"

enum { CLI_SIGNALS = 3 };

struct cli_frame_events {
    void (*signal)(void *ctx, int number); // SIGINT, SIGTERM or SIGHUP: end soon
    void (*deaf)(void *ctx, int rc);       // stdout takes no lines any more; -EPIPE: its reader went away
};

struct cli_frame {
    struct event_base *base;
    struct session *session;
    struct cli_output *out, *err;
    int signal; // that came first; 0 = none
    // Private.
    struct tui_options *silent; // a copy of the options for who only looks; NULL = not needed
    struct event *signals[CLI_SIGNALS], *reader;
    const struct cli_frame_events *events;
    void *ctx;
};

// frame must be zero. looks_only: publishes nothing, not even to tidy up. 0 or a negative errno; cli_frame_close is right in both
// cases. ctx goes to both tables of events.
int cli_frame_open(struct cli_frame *frame, const struct tui_options *options, bool looks_only,
    const struct session_events *session_events, const struct cli_frame_events *events, void *ctx);
// Frees everything. status is the exit status so far. Returns the one to end with: CLI_REFUSED where stdout could not
// be written for another reason than that its reader went away, which is told.
int cli_frame_close(struct cli_frame *frame, int status);

// A line on stdout or, behind "pc-tui: ", on stderr. The format has no line end.
void cli_frame_print(struct cli_frame *frame, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cli_frame_tell(struct cli_frame *frame, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
