// SPDX-License-Identifier: MIT
// Small files in the user's home, which may be on a disk or a network that does not answer: a thread writes them and
// waits, the event loop never does.
#ifndef PC_TUI_FILE_WRITER_H
#define PC_TUI_FILE_WRITER_H

struct event_base;
struct file_writer;

enum { FILE_WRITER_GOODBYE_MS = 100 }; // at the end: a text that is not written by then is lost

// saved is called from the loop with the result of each save: 0 or a negative errno. NULL without memory.
struct file_writer *file_writer_new(
    struct event_base *base, const char *path, void (*saved)(void *ctx, int rc), void *ctx);
// Waits for the text that is being written, at most FILE_WRITER_GOODBYE_MS, and frees. NULL is allowed.
void file_writer_free(struct file_writer *writer);
// Has text written, and frees it. It replaces a text that still waits. NULL counts as a lack of memory.
void file_writer_save(struct file_writer *writer, char *text);
const char *file_writer_path(const struct file_writer *writer);

// What the thread does: writes a file, mode 0600, whole or not at all, and makes its directory (0700). 0 or a negative
// errno.
int file_writer_write(const char *path, const char *text);

#endif
