// SPDX-License-Identifier: MIT
// A terminal for tests: runs a command in a pseudo-terminal with libvterm as the screen, and answers questions
// about what is there. One command a line on standard input, one answer each on standard output:
//
//   bytes HEX           types bytes, in one write                             -> ok
//   wait MS REGEX       until the screen's text matches (POSIX extended)      -> ok MICROSECONDS | timeout | ended
//   gone MS REGEX       until it does not                                     -> ok MICROSECONDS | timeout | ended
//   dump                                                                      -> rows N, then N lines
//   cell ROW COLUMN     -> cell CHARACTER WIDTH FOREGROUND BACKGROUND bold|- reverse|- underline|-
//   cells ROW           -> cells N, then N lines as `cell` has them: the row's characters, each with its width
//   cursor                                                                    -> cursor ROW COLUMN visible|hidden
//   modes               -> modes main|alternate paste|- focus|- visible|hidden mouse|- keyboard MAIN ALTERNATE
//                          titles N TITLE; keyboard: how many modes of the kitty protocol each screen has stacked
//   keyboard            -> keyboard MAIN ALTERNATE: the flags on top of each screen's stack
//   termios             -> termios cooked|raw HEX: input, output, control and local flags
//   size ROWS COLUMNS                                                         -> ok
//   rate BYTES          reads so many bytes a second; 0 nothing, -1 all       -> ok
//   flow off|on         stops the output as Ctrl-S does, or lets it go on     -> ok
//   drawn               -> drawn BYTES: what the program has written so far
//   seen HEX            -> seen COUNT: how often these bytes are among them
//   signal NUMBER                                                             -> ok
//   pid                                                                       -> pid NUMBER
//   exited MS                                                                 -> exit STATUS | signal NUMBER | timeout
//   hangup              closes the terminal                                   -> ok
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "tests/screen/emulator.h"

static void wait_for(struct test_terminal *terminal, const char *arguments, bool wanted)
{
    char *pattern;
    int64_t start = emulator_now_us(), until = start + strtol(arguments, &pattern, 10) * 1000;
    regex_t regex;
    if (*pattern == ' ')
        pattern++;
    int error = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
    if (error) {
        printf("bad pattern\n");
        return;
    }
    for (;;) {
        emulator_read_screen(terminal);
        if ((regexec(&regex, terminal->text, 0, NULL, 0) == 0) == wanted) {
            printf("ok %" PRId64 "\n", emulator_now_us() - start);
            // What came may be the first half of a drawing: questions that follow are about the whole.
            for (int i = 0; i < SETTLE_MAX && emulator_pump(terminal, SETTLE_MS); i++)
                ;
            break;
        }
        if (terminal->ended && !emulator_pump(terminal, 0)) {
            printf("ended\n");
            break;
        }
        int64_t left = until - emulator_now_us();
        if (left <= 0) {
            printf("timeout\n");
            break;
        }
        emulator_pump(terminal, left / 1000 < TICK_MS ? (int)(left / 1000) + 1 : TICK_MS);
    }
    regfree(&regex);
}

static void put_color(const VTermColor *color)
{
    if (VTERM_COLOR_IS_DEFAULT_FG(color) || VTERM_COLOR_IS_DEFAULT_BG(color))
        printf(" default");
    else if (VTERM_COLOR_IS_INDEXED(color))
        printf(" %d", color->indexed.idx);
    else
        printf(" #%02x%02x%02x", color->rgb.red, color->rgb.green, color->rgb.blue);
}

// Prints a cell, and returns how many columns it takes.
static int tell_cell_at(struct test_terminal *terminal, int row, int column)
{
    char text[8] = " ";
    VTermScreenCell cell;
    vterm_screen_get_cell(terminal->screen, (VTermPos){.row = row, .col = column}, &cell);
    if (cell.chars[0] && cell.chars[0] != (uint32_t)-1)
        text[emulator_encode(text, emulator_put_back(terminal, cell.chars[0]))] = '\0';
    printf("cell %s %d", strcmp(text, " ") == 0 ? "blank" : text, cell.width);
    put_color(&cell.fg);
    put_color(&cell.bg);
    printf(" %s %s %s\n", cell.attrs.bold ? "bold" : "-", cell.attrs.reverse ? "reverse" : "-",
        cell.attrs.underline ? "underline" : "-");
    return cell.width > 0 ? cell.width : 1;
}

static void tell_cell(struct test_terminal *terminal, const char *arguments)
{
    char *rest;
    int row = (int)strtol(arguments, &rest, 10), column = (int)strtol(rest, NULL, 10);
    if (row < 0 || row >= terminal->rows || column < 0 || column >= terminal->columns)
        printf("no such cell\n");
    else
        tell_cell_at(terminal, row, column);
}

static void tell_cells(struct test_terminal *terminal, const char *arguments)
{
    int row = (int)strtol(arguments, NULL, 10), count = 0;
    if (row < 0 || row >= terminal->rows) {
        printf("no such row\n");
        return;
    }
    for (int column = 0; column < terminal->columns; count++) {
        VTermScreenCell cell;
        vterm_screen_get_cell(terminal->screen, (VTermPos){.row = row, .col = column}, &cell);
        column += cell.width > 0 ? cell.width : 1;
    }
    printf("cells %d\n", count);
    for (int column = 0; column < terminal->columns;)
        column += tell_cell_at(terminal, row, column);
}

static void tell_cursor(struct test_terminal *terminal)
{
    VTermPos position;
    vterm_state_get_cursorpos(vterm_obtain_state(terminal->vterm), &position);
    printf("cursor %d %d %s\n", position.row, position.col, terminal->modes.hidden ? "hidden" : "visible");
}

static void tell_termios(struct test_terminal *terminal)
{
    struct termios modes;
    if (tcgetattr(terminal->slave, &modes) != 0) {
        printf("termios unknown\n");
        return;
    }
    printf("termios %s %x %x %x %x\n", (modes.c_lflag & (ICANON | ECHO | ISIG)) ? "cooked" : "raw",
        modes.c_iflag, modes.c_oflag, modes.c_cflag, modes.c_lflag);
}

static void tell_end(struct test_terminal *terminal, const char *arguments)
{
    int64_t until = emulator_now_us() + strtol(arguments, NULL, 10) * 1000;
    while (!terminal->ended && emulator_now_us() < until)
        emulator_pump(terminal, TICK_MS);
    while (emulator_pump(terminal, 0))
        ;
    if (!terminal->ended)
        printf("timeout\n");
    else if (WIFSIGNALED(terminal->status))
        printf("signal %d\n", WTERMSIG(terminal->status));
    else
        printf("exit %d\n", WEXITSTATUS(terminal->status));
}

static size_t read_hex(char bytes[LINE_MAX_BYTES / 2], const char *hex)
{
    size_t len = 0;
    while (hex[0] && hex[1] && len < LINE_MAX_BYTES / 2) {
        char pair[3] = {hex[0], hex[1], '\0'};
        bytes[len++] = (char)strtol(pair, NULL, 16);
        hex += 2;
    }
    return len;
}

static void type_hex(struct test_terminal *terminal, const char *hex)
{
    static char bytes[LINE_MAX_BYTES / 2];
    emulator_type(terminal, bytes, read_hex(bytes, hex));
    printf("ok\n");
}

static void count_seen(struct test_terminal *terminal, const char *hex)
{
    static char wanted[LINE_MAX_BYTES / 2];
    size_t len = read_hex(wanted, hex), count = 0;
    emulator_pump(terminal, 0);
    const unsigned char *at = terminal->record, *end = at + terminal->recorded;
    while (len > 0 && (at = memmem(at, (size_t)(end - at), wanted, len))) {
        count++;
        at++;
    }
    printf("seen %zu\n", count);
}

// Lines of two hexadecimal numbers: the first and the last character of a range.
static void resize(struct test_terminal *terminal, const char *arguments)
{
    char *rest;
    int rows = (int)strtol(arguments, &rest, 10), columns = (int)strtol(rest, NULL, 10);
    if (rows < 1 || columns < 1 || rows > 60000 || columns > 60000) {
        printf("no such size\n");
        return;
    }
    emulator_pump(terminal, 0);
    terminal->rows = rows;
    terminal->columns = columns;
    if (rows <= 500 && columns <= 500) // of larger ones only the program is told
        vterm_set_size(terminal->vterm, rows, columns);
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};
    ioctl(terminal->master, TIOCSWINSZ, &size);
    printf("ok\n");
}

static void obey(struct test_terminal *terminal, char *line)
{
    char *arguments = line + strcspn(line, " ");
    if (*arguments)
        *arguments++ = '\0';
    if (strcmp(line, "bytes") == 0) {
        type_hex(terminal, arguments);
    } else if (strcmp(line, "wait") == 0) {
        wait_for(terminal, arguments, true);
    } else if (strcmp(line, "gone") == 0) {
        wait_for(terminal, arguments, false);
    } else if (strcmp(line, "dump") == 0) {
        emulator_pump(terminal, 0);
        emulator_read_screen(terminal);
        printf("rows %d\n%s", terminal->rows, terminal->text);
    } else if (strcmp(line, "cell") == 0) {
        tell_cell(terminal, arguments);
    } else if (strcmp(line, "cells") == 0) {
        tell_cells(terminal, arguments);
    } else if (strcmp(line, "cursor") == 0) {
        tell_cursor(terminal);
    } else if (strcmp(line, "modes") == 0) {
        emulator_pump(terminal, 0);
        const struct modes *modes = &terminal->modes;
        printf("modes %s %s %s %s %s keyboard %d %d titles %d %s\n", modes->alternate ? "alternate" : "main",
            modes->paste ? "paste" : "-", modes->focus ? "focus" : "-", modes->hidden ? "hidden" : "visible",
            modes->mouse && modes->mouse_sgr ? "mouse" : "-", modes->keyboard[0], modes->keyboard[1],
            modes->titles, modes->title);
    } else if (strcmp(line, "keyboard") == 0) {
        emulator_pump(terminal, 0);
        printf("keyboard %d %d\n", terminal->modes.flags[0], terminal->modes.flags[1]);
    } else if (strcmp(line, "termios") == 0) {
        tell_termios(terminal);
    } else if (strcmp(line, "size") == 0) {
        resize(terminal, arguments);
    } else if (strcmp(line, "drawn") == 0) {
        emulator_pump(terminal, 0);
        printf("drawn %" PRIu64 "\n", terminal->drawn);
    } else if (strcmp(line, "rate") == 0) {
        terminal->rate = strtol(arguments, NULL, 10);
        terminal->budget = 0;
        terminal->budget_us = emulator_now_us();
        printf("ok\n");
    } else if (strcmp(line, "flow") == 0) {
        tcflow(terminal->slave, strcmp(arguments, "off") == 0 ? TCOOFF : TCOON);
        printf("ok\n");
    } else if (strcmp(line, "seen") == 0) {
        count_seen(terminal, arguments);
    } else if (strcmp(line, "signal") == 0) {
        if (!terminal->ended)
            kill(terminal->child, (int)strtol(arguments, NULL, 10));
        printf("ok\n");
    } else if (strcmp(line, "pid") == 0) {
        printf("pid %d\n", (int)terminal->child);
    } else if (strcmp(line, "exited") == 0) {
        tell_end(terminal, arguments);
    } else if (strcmp(line, "hangup") == 0) {
        close(terminal->slave);
        close(terminal->master);
        terminal->master = terminal->slave = -1;
        printf("ok\n");
    } else {
        printf("no such command\n");
    }
    fflush(stdout);
}

int main(int argc, char *argv[])
{
    static struct test_terminal terminal = {.rows = 24, .columns = 80, .rate = -1};
    static char background[64];
    const char *errors = NULL;
    for (int option; (option = getopt(argc, argv, "+r:c:e:w:b:sk")) != -1;) {
        if (option == 'r')
            terminal.rows = (int)strtol(optarg, NULL, 10);
        else if (option == 'c')
            terminal.columns = (int)strtol(optarg, NULL, 10);
        else if (option == 'e')
            errors = optarg;
        else if (option == 'w' && emulator_read_ranges(&terminal, optarg) == 0)
            continue;
        else if (option == 'b')
            snprintf(background, sizeof background, "\033]11;rgb:%s\033\\", optarg);
        else if (option == 's')
            terminal.silent = true;
        else if (option == 'k')
            terminal.kitty = true;
        else
            return 2;
    }
    terminal.background = background[0] ? background : NULL;
    terminal.record = malloc(RECORD_MAX);
    if (!terminal.record)
        return 1;
    if (optind >= argc || terminal.rows < 1 || terminal.columns < 1) {
        fprintf(stderr,
            "usage: terminal [-r ROWS] [-c COLUMNS] [-e STDERR_FILE] [-w FILE_OF_WIDE_RANGES] [-b BACKGROUND] [-s] [-k] "
            "COMMAND …\n");
        return 2;
    }
    setlocale(LC_CTYPE, "C.UTF-8"); // patterns are of characters, whatever locale the program under test gets
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int error = emulator_start(&terminal, argv + optind, errors);
    if (error) {
        fprintf(stderr, "terminal: %s\n", strerror(-error));
        return 1;
    }
    // Standard input is read by hand: what stdio had buffered poll would not see.
    static char line[LINE_MAX_BYTES];
    size_t len = 0;
    for (;;) {
        struct pollfd ready[2] = {
            {.fd = STDIN_FILENO, .events = POLLIN}, {.fd = terminal.master, .events = POLLIN}};
        if (poll(ready, 2, TICK_MS) < 0 && errno != EINTR)
            break;
        emulator_pump(&terminal, 0);
        if (!(ready[0].revents & (POLLIN | POLLHUP)))
            continue;
        ssize_t n = read(STDIN_FILENO, line + len, sizeof line - 1 - len);
        if (n <= 0)
            break;
        len += (size_t)n;
        line[len] = '\0';
        for (char *end; (end = strchr(line, '\n'));) {
            *end = '\0';
            obey(&terminal, line);
            len -= (size_t)(end + 1 - line);
            memmove(line, end + 1, len + 1);
        }
    }
    if (!terminal.ended) {
        kill(terminal.child, SIGKILL);
        waitpid(terminal.child, &terminal.status, 0);
    }
    vterm_free(terminal.vterm);
    return 0;
}
