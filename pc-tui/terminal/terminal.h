// SPDX-License-Identifier: MIT
// The tty: raw mode, bracketed paste, focus reports, the title, and all of it undone again: at the end, for a
// suspension, after a crash. Hands up raw bytes; draws nothing.
#ifndef PC_TUI_TERMINAL_H
#define PC_TUI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "pc-tui/keys/input.h"

enum { TERMINAL_WHY_SIZE = 256, TERMINAL_TITLE_MAX = 200 };

struct terminal;

// Takes the terminal: standard input's and output's where both are one, else /dev/tty. Saves its modes, goes
// raw (Ctrl-C, Ctrl-Z and Ctrl-S become keys), asks for bracketed paste and focus reports, installs the crash
// handler (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT: write and tcsetattr only, then the signal goes on), and,
// where measure is true, writes one ambiguous character and waits at most 100 ms for the terminal to say how
// wide it was. Order: terminal_open, screen_open, …, screen_close, terminal_close. 0, or a negative errno
// with a sentence in why (-ENOTTY: there is no terminal).
int terminal_open(struct terminal **out, bool measure, char why[TERMINAL_WHY_SIZE]);
// Puts every mode back and frees. NULL is allowed. After a hang-up nothing is written.
void terminal_close(struct terminal *terminal);

// To be watched for reading (also with epoll; the descriptor is the terminal's own, never O_NONBLOCK, never
// 0).
int terminal_fd(const struct terminal *terminal);
// Reads without waiting, at most size bytes (INPUT_READ_MAX). Call it once before the loop starts: what was
// typed while terminal_open measured waits here, where poll does not see it. > 0: bytes; 0: nothing there;
// -EIO: the terminal is gone (stop and leave); other negative errno: as good as gone.
ssize_t terminal_read(struct terminal *terminal, void *bytes, size_t size);

// Rows and columns; 24 × 80 where the terminal does not know. After SIGWINCH: read, then screen_resize().
void terminal_size(const struct terminal *terminal, int *rows, int *columns);

// The window's title; "" takes ours away. Cut at TERMINAL_TITLE_MAX bytes; controls are left out. Only on
// terminals known to have one.
void terminal_title(struct terminal *terminal, const char *title);

// A KEYCODE_CURSOR_AT event that input_feed emitted: a late answer to the measuring. Returns true if
// terminal_ambiguous_columns changed: then screen_ambiguous() must be told.
bool terminal_answer(struct terminal *terminal, const struct key_event *key);
// Columns of an East-Asian ambiguous character: 1 or 2; 0 while not known.
int terminal_ambiguous_columns(const struct terminal *terminal);

// True if the session came over the network (SSH_CONNECTION, SSH_TTY): for input_init.
bool terminal_is_remote(void);

// Ctrl-Z. Undoes every mode, stops the process group as the shell's own SIGTSTP would, and takes the terminal
// again when the process is continued (returns then; at once where there is no shell to continue us). Between
// screen_leave and screen_return. 0, or a negative errno where the terminal is gone.
int terminal_suspend(struct terminal *terminal);
// After a SIGCONT that terminal_suspend did not wait for (kill -STOP from outside): takes the modes again.
// Then screen_repaint.
void terminal_retake(struct terminal *terminal);

// For screen.c: the stream to draw on, and what undoes the drawing's own modes after a crash.
FILE *terminal_stream(struct terminal *terminal);
void terminal_on_crash(struct terminal *terminal, const char *undo);

#endif
