// SPDX-License-Identifier: MIT
// The tty: raw mode, what we ask the terminal to report, the title, and all of it undone again: at the end, for a
// suspension, after a crash. Hands up raw bytes; draws nothing. Nothing in here waits for the terminal, except
// that giving it back may take TERMINAL_GOODBYE_MS.
#ifndef PC_TUI_TERMINAL_H
#define PC_TUI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "pc-tui/terminal/questions.h"

enum {
    TERMINAL_WHY_SIZE = 256,
    TERMINAL_TITLE_MAX = 200,
    TERMINAL_GOODBYE_MS = 200, // what the terminal has not read by then is dropped
    // Nobody has a window so large. curses takes 84 bytes a cell and ends the process where it gets none.
    TERMINAL_ROWS_MAX = 400,
    TERMINAL_COLUMNS_MAX = 1000,
};

struct terminal;

struct terminal_options {
    bool mouse; // ask for reports of wheel and clicks
};

// Takes the terminal: standard input's and output's where both are one, else /dev/tty. Opens it anew, so that
// O_NONBLOCK is ours alone. Saves its modes, goes raw (Ctrl-C, Ctrl-Z and Ctrl-S become keys), asks for bracketed
// paste, focus and mouse reports, and installs the crash handler. Order: terminal_open, screen_open, …,
// screen_close, terminal_close. 0, or a negative errno with a sentence in why (-ENOTTY: there is no terminal, or
// TERM says that it understands nothing).
int terminal_open(struct terminal **out, const struct terminal_options *options, char why[TERMINAL_WHY_SIZE]);
// Puts every mode back and frees. NULL is allowed. After a hang-up nothing is written.
void terminal_close(struct terminal *terminal);

// To be watched for reading, and for writing while terminal_is_behind. Never 0, 1 or 2.
int terminal_fd(const struct terminal *terminal);
// Reads at most size bytes (INPUT_READ_MAX). > 0: bytes; 0: nothing there; negative errno: the terminal is gone
// (stop and leave).
ssize_t terminal_read(struct terminal *terminal, void *bytes, size_t size);
// Writes as far as the terminal reads, and keeps the rest. After a hang-up it does nothing.
void terminal_write(struct terminal *terminal, const void *bytes, size_t len);
// Writes more of what was kept.
void terminal_flush(struct terminal *terminal);
// True while something that was written before is still kept: then nothing new should be drawn.
bool terminal_is_behind(const struct terminal *terminal);

// Rows and columns; 24 × 80 where the terminal does not know, at most TERMINAL_ROWS_MAX × TERMINAL_COLUMNS_MAX.
// After SIGWINCH: read, then screen_resize().
void terminal_size(const struct terminal *terminal, int *rows, int *columns);

// The window's title; "" takes ours away. Cut at TERMINAL_TITLE_MAX bytes; controls are left out. Only on
// terminals known to have one.
void terminal_title(struct terminal *terminal, const char *title);

// Asks what questions.h asks, and notes in questions until when answers are waited for. The alternate screen must
// be on. Asks nothing of terminals that would not understand.
void terminal_ask(struct terminal *terminal, struct questions *questions, bool modern);

// True if the session came over the network (SSH_CONNECTION, SSH_TTY): for input_init.
bool terminal_is_remote(void);

// Ctrl-Z. Undoes every mode, stops the process group as the shell's own SIGTSTP would, and takes the terminal
// again when the process is continued (returns then; at once where there is no shell to continue us). Between
// screen_leave and screen_return. 0, or a negative errno where the terminal is gone.
int terminal_suspend(struct terminal *terminal);
// After a SIGCONT that terminal_suspend did not wait for (kill -STOP from outside): takes the modes again.
// Then screen_repaint.
void terminal_retake(struct terminal *terminal);

// For screen.c. What undoes the drawing's own modes after a crash; and that the alternate screen was entered, and
// is about to be left: terminals of the kitty protocol keep a keyboard mode for each screen.
void terminal_on_crash(struct terminal *terminal, const char *undo);
void terminal_entered(struct terminal *terminal);
void terminal_leaving(struct terminal *terminal);
// For screen.c. From now on the terminal tells when a key is let go, or no longer. Only for terminals that have answered
// that they can.
void terminal_tell_releases(struct terminal *terminal, bool on);

#endif
