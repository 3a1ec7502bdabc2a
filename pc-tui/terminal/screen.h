// SPDX-License-Identifier: MIT
// Cells on the terminal: text clipped by columns, colours by role, signs that every terminal can show. The
// only module that includes <curses.h>.
#ifndef PC_TUI_SCREEN_H
#define PC_TUI_SCREEN_H

#include <stdbool.h>

#include "pc-tui/terminal/roles.h"
#include "pc-tui/terminal/terminal.h"

struct screen;

struct screen_options {
    bool ascii; // --ascii: nothing above U+007E is ever written
};

// Starts drawing on an open terminal: enters the alternate screen and asks the terminal's questions there (TERM;
// xterm-256color where that is not known). Sets LC_CTYPE from the environment, and leaves every signal handler as
// it found it. 0, or a negative errno with a sentence in why.
int screen_open(struct screen **out, struct terminal *terminal, const struct screen_options *options,
    char why[TERMINAL_WHY_SIZE]);
void screen_close(struct screen *screen); // NULL is allowed

// An event of the keyboard's input that may be an answer to the questions. True where the whole picture must be
// drawn again: other signs or other colours.
bool screen_answer(struct screen *screen, const struct key_event *event);
// Until when the first picture should wait for answers, in milliseconds of CLOCK_MONOTONIC; INT64_MIN: not.
int64_t screen_wait_until_ms(const struct screen *screen);

// Asks the terminal to tell when a key is let go, or not to, where it has answered that it can.
void screen_tell_releases(struct screen *screen, bool on);

int screen_rows(const struct screen *screen);
int screen_columns(const struct screen *screen);
// True while the ASCII signs are in use: asked for, the locale is not UTF-8, the Linux console, or a terminal
// that shows ambiguous characters two columns wide.
bool screen_is_ascii(const struct screen *screen);
// Follows the terminal's size. Everything must be drawn anew.
void screen_resize(struct screen *screen, int rows, int columns);
// A drawing: screen_begin empties the cells, screen_put fills them, screen_end sends what changed. cursor_row
// and cursor_column: where the hardware cursor rests; visible: as a text cursor.
void screen_begin(struct screen *screen);
void screen_end(struct screen *screen, int cursor_row, int cursor_column, bool visible);

// Writes UTF-8 text from (row, column) on, in at most columns cells: never half a wide character, never past
// the right edge, nothing at all outside. Signs that the terminal cannot show are replaced one for one.
// Controls and broken bytes show as U+FFFD. Returns the cells used.
int screen_put(
    struct screen *screen, int row, int column, int columns, enum screen_role role, const char *text);
// The same for a formatted text (at most 1023 bytes).
int screen_putf(struct screen *screen, int row, int column, int columns, enum screen_role role,
    const char *format, ...) __attribute__((format(printf, 6, 7)));
// Returns how many cells text takes. It needs no screen, so the layout can use it. LC_CTYPE must be set.
int screen_width(const char *text);

// The next screen_end paints every cell (Ctrl-L).
void screen_repaint(struct screen *screen);
// To be called before and after terminal_suspend.
void screen_leave(struct screen *screen);
void screen_return(struct screen *screen);

#endif
