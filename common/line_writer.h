// SPDX-License-Identifier: MIT
// Lines to a descriptor that may take none for as long as it likes: a terminal after Ctrl-S, a pipe into a pager, the
// socket of a journal that hangs, a file on a dead disk. A thread writes and waits; the caller never does. Between the
// two is a queue of a fixed size. A line for which it has no room is lost and counted, and the count is written as a
// line of its own where those lines would have been.
// The descriptor is used as it is: O_NONBLOCK would be set for everybody who shares it, the shell included.
#ifndef COMMON_LINE_WRITER_H
#define COMMON_LINE_WRITER_H

#include <stddef.h>

enum { LINE_WRITER_LINE_MAX = 4096 };

struct line_writer;

// Writes the line that tells of so many lost lines, with its line end, to out; returns its length, which must be less
// than size. Called in the thread.
typedef size_t line_writer_notice(char *out, size_t size, unsigned long lost);

// fd stays the caller's and must be open until line_writer_free has returned. queue: bytes that may wait. NULL without
// memory or without a thread.
struct line_writer *line_writer_new(int fd, size_t queue, line_writer_notice *notice);

// Has a line (at most LINE_WRITER_LINE_MAX bytes, with its line end) written as soon as the descriptor takes it, in
// order and in one piece. Returns at once, from any thread, and keeps errno.
void line_writer_put(struct line_writer *writer, const char *line, size_t len);

// Waits at most wait_ms until everything is written, and frees the writer. What is not written by then never is: a
// thread that hangs in the descriptor is left behind, and ends with the program. NULL is allowed.
void line_writer_free(struct line_writer *writer, int wait_ms);

#endif
