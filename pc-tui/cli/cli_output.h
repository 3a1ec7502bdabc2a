// SPDX-License-Identifier: MIT
// Lines to a descriptor that may take none for as long as it likes (a pipe that nobody reads, a terminal after
// Ctrl-S): a thread writes and waits, the event loop never does. Errors are told, since whoever reads relies on the
// lines.
#ifndef PC_TUI_CLI_OUTPUT_H
#define PC_TUI_CLI_OUTPUT_H

#include <stdarg.h>
#include <stddef.h>

struct event_base;
struct cli_output;

enum { CLI_OUTPUT_QUEUE = 1 << 20 }; // bytes that may wait

// failed is called once, from the loop, with a negative errno, where a line cannot be written; later lines are
// dropped then. NULL is allowed for it. fd stays the caller's. NULL without memory or threads.
struct cli_output *cli_output_new(
    struct event_base *base, int fd, void (*failed)(void *ctx, int rc), void *ctx);
// Has a line written; text has no line end. Returns at once. Lines for which there is no room are lost and counted.
void cli_output_put(struct cli_output *output, const char *text, size_t len);
// The lines that were lost since this was last asked.
unsigned long cli_output_lost(struct cli_output *output);
// Waits until everything is written, at most wait_ms (-1: as long as it takes), and frees. 0, or the negative errno of
// the first line that could not be written; -ETIMEDOUT where some were left. NULL is allowed.
int cli_output_free(struct cli_output *output, int wait_ms);

#endif
