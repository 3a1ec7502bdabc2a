// SPDX-License-Identifier: MIT
// A program in a pseudo-terminal, with libvterm as the screen: reads what the program draws, notes which modes it has set,
// and can read slowly, or nothing.
#ifndef TESTS_EMULATOR_H
#define TESTS_EMULATOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <vterm.h>

enum {
    TEXT_MAX = 512 * 1024,
    LINE_MAX_BYTES = 64 * 1024,
    RECORD_MAX = 1024 * 1024,
    TICK_MS = 20,
    SETTLE_MS = 8,
    SETTLE_MAX = 25,
    RANGES_MAX = 512,
    // libvterm knows no ambiguous characters. One that is to be wide goes through it as a CJK character of
    // plane 2, which is wide, and is put back when the screen is read.
    WIDE_OFFSET = 0x20000,
};

struct modes { // what programs must undo, read from their output
    bool paste, focus, alternate, hidden, mouse, mouse_sgr;
    int titles;      // pushed and not popped
    int keyboard[2]; // of the main and the alternate screen, the same
    int flags[2];    // what is on top of it
    char title[256];
    enum { GROUND, ESCAPED, CSI, OSC, OSC_ESCAPED } state;
    char sequence[256];
    size_t length;
};

struct test_terminal {
    int master, slave;
    pid_t child;
    bool ended;
    int status;
    int rows, columns;
    bool silent;            // answers no question
    const char *background; // the answer about the background; NULL = none
    bool kitty;             // answers about the keyboard, as kitty and foot do
    struct {
        uint32_t first, last;
    } wide[RANGES_MAX]; // ambiguous characters, where they take two columns
    size_t wide_count;
    unsigned char utf8[4]; // a character cut by the end of a read
    size_t utf8_length;
    int64_t rate; // bytes that are read in a second; -1 = all
    int64_t budget, budget_us;
    unsigned char *record; // the first RECORD_MAX bytes that the program wrote
    size_t recorded;
    VTerm *vterm;
    VTermScreen *screen;
    struct modes modes;
    uint64_t drawn;
    char text[TEXT_MAX];
};

// Microseconds of CLOCK_MONOTONIC.
int64_t emulator_now_us(void);
// Starts argv in the pseudo-terminal; its standard error goes to the file errors, NULL = to the terminal as well. 0 or a
// negative errno.
int emulator_start(struct test_terminal *terminal, char *const argv[], const char *errors);
// Types bytes, in one write.
void emulator_type(struct test_terminal *terminal, const char *bytes, size_t len);
// Reads what the program has drawn, and waits for something to read at most timeout_ms. True where there was something.
bool emulator_pump(struct test_terminal *terminal, int timeout_ms);
// Reads the screen as text into terminal->text: rows without the blanks at their end, each with a line end.
void emulator_read_screen(struct test_terminal *terminal);
// Reads which characters are two columns wide: lines of two hexadecimal numbers, the first and the last one of a range.
// 0 or a negative errno.
int emulator_read_ranges(struct test_terminal *terminal, const char *path);
// What a cell really holds; libvterm was given another character for one that is to be wide.
uint32_t emulator_put_back(const struct test_terminal *terminal, uint32_t codepoint);
// Writes a character as UTF-8; returns its length.
size_t emulator_encode(char *out, uint32_t codepoint);

#endif
