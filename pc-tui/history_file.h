// SPDX-License-Identifier: MIT
// The file that keeps the command line's history between runs: one entry a line, the newest last.
#ifndef PC_TUI_HISTORY_FILE_H
#define PC_TUI_HISTORY_FILE_H

#include "pc-tui/ui/line_history.h"

struct event_base;
struct history_writer;

enum { HISTORY_GOODBYE_MS = 100 }; // what is not written by then, at the end, is lost

// $XDG_STATE_HOME/pc-tui/history, else ~/.local/state/pc-tui/history. 0, -ENOENT without a home,
// -ENAMETOOLONG.
int history_path(char *out, size_t size);
// Reads it; a file that is not there is an empty one. 0 or a negative errno.
int history_load(const char *path, struct line_history *history);
// Writes it, mode 0600, whole or not at all; makes its directory (0700). 0 or a negative errno. May wait for the
// disk, which is why the event loop uses the writer below.
int history_save(const char *path, const struct line_history *history);

// Saves in a thread, since a home directory may be on a disk or a network that does not answer. saved is called
// from the loop with what history_save returned. NULL without memory or threads.
struct history_writer *history_writer_new(
    struct event_base *base, const char *path, void (*saved)(void *ctx, int rc), void *ctx);
// Waits for what is being written, at most HISTORY_GOODBYE_MS, and frees. NULL is allowed.
void history_writer_free(struct history_writer *writer);
// Takes a copy and has it written; a copy that still waits is replaced by it.
void history_writer_save(struct history_writer *writer, const struct line_history *history);
const char *history_writer_path(const struct history_writer *writer);

#endif
