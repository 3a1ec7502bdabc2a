// SPDX-License-Identifier: MIT
#include "pc-tui/terminal/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "common/array.h"
#include "common/clock.h"
#include "pc-tui/terminal/crash.h"
#include "pc-tui/terminal/output.h"

// xterm's names: 2004 bracketed paste, 1004 focus, 1000 mouse buttons and the wheel, 1006 their modern form;
// 22;2t and 23;2t keep and give back the window's title.
#define MODES_ON    "\033[?2004h\033[?1004h"
#define MODES_OFF   "\033[?1004l\033[?2004l"
#define MOUSE_ON    "\033[?1000h\033[?1006h"
#define MOUSE_OFF   "\033[?1006l\033[?1000l"
#define TITLE_KEEP  "\033[22;2t"
#define TITLE_BACK  "\033[23;2t"
#define TITLE_BEGIN "\033]2;"
#define TITLE_END   "\a"
// The kitty keyboard protocol: another program may have left key releases on. Putting 0 on top switches them off,
// and taking that away again gives back what was. While they are wanted, the entry on top is 3: special keys as
// sequences, and releases. 8, all keys as sequences, is never asked for: after a kill nobody could type `reset`.
#define KEYBOARD_PUSH     "\033[>0u"
#define KEYBOARD_PLAIN    "\033[=0u"
#define KEYBOARD_RELEASES "\033[=3u"
#define KEYBOARD_POP      "\033[<u"
// Ends a sequence that was cut, so that the terminal understands the one behind it.
#define CANCEL "\030"

enum { CRASH_TEXT_MAX = 512, DRAIN_STEP_MS = 10 };

struct terminal {
    int fd;
    struct termios saved;
    struct output output;
    bool has_modes; // understands private modes at all
    bool is_modern; // of xterm's family: has a title, and skips what it does not understand
    bool mouse;
    bool title_kept;
    bool taken;
    bool entered;  // the alternate screen
    bool releases; // it tells when a key is let go
    bool gone;
    char title[TERMINAL_TITLE_MAX + 1];
};

void terminal_write(struct terminal *terminal, const void *bytes, size_t len)
{
    if (terminal->gone)
        return;
    if (output_add(&terminal->output, bytes, len) < 0)
        terminal->gone = true; // a picture with a hole would lie
    else
        terminal_flush(terminal);
}

void terminal_flush(struct terminal *terminal)
{
    if (!terminal->gone && output_flush(&terminal->output, terminal->fd) < 0)
        terminal->gone = true;
}

bool terminal_is_behind(const struct terminal *terminal)
{
    return !terminal->gone && !output_is_empty(&terminal->output);
}

static void put(struct terminal *terminal, const char *text)
{
    terminal_write(terminal, text, strlen(text));
}

// True once the terminal has taken everything. A serial line's driver keeps bytes of its own.
static bool is_drained(struct terminal *terminal)
{
    int kept = 0;
    return !terminal_is_behind(terminal) && (ioctl(terminal->fd, TIOCOUTQ, &kept) < 0 || kept == 0);
}

static bool drain(struct terminal *terminal, int ms)
{
    int64_t until_ms = clock_now_ms() + ms;
    while (!is_drained(terminal)) {
        if (terminal->gone || clock_now_ms() >= until_ms)
            return false;
        struct pollfd ready = {.fd = terminal->fd, .events = terminal_is_behind(terminal) ? POLLOUT : 0};
        if (poll(&ready, 1, DRAIN_STEP_MS) < 0 && errno != EINTR)
            return false;
        terminal_flush(terminal);
    }
    return true;
}

bool terminal_is_remote(void)
{
    return getenv("SSH_CONNECTION") || getenv("SSH_TTY");
}

static int refuse(char why[TERMINAL_WHY_SIZE], const char *reason)
{
    snprintf(why, TERMINAL_WHY_SIZE,
        "the screen needs a terminal, and %s; without one: pc-tui send, pc-tui watch", reason);
    return -ENOTTY;
}

// The tty is opened anew, because O_NONBLOCK on the shell's descriptor would be set for everybody who shares it.
// O_NONBLOCK also keeps open() from waiting for a modem.
static int open_tty(char why[TERMINAL_WHY_SIZE])
{
    enum { FLAGS = O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK };
    char name[256];
    int fd = -1;
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && ttyname_r(STDIN_FILENO, name, sizeof name) == 0)
        fd = open(name, FLAGS);
    if (fd < 0)
        fd = open("/dev/tty", FLAGS);
    if (fd >= 0 && fd <= STDERR_FILENO) { // libevent takes 0 for standard input, and 2 is for messages
        int other = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        close(fd);
        fd = other;
    }
    return fd >= 0 ? fd : refuse(why, "there is none");
}

static void know(struct terminal *terminal)
{
    static const char *const modern[] = {"xterm", "screen", "tmux", "rxvt", "alacritty", "foot", "st",
        "kitty", "gnome", "konsole", "vte", "putty", "mintty", "wezterm", "contour", "ghostty", "iterm",
        "mlterm"};
    const char *term = getenv("TERM");
    terminal->has_modes = term != NULL;
    // The Linux console takes the beginning of a title for a palette and prints the rest.
    for (size_t i = 0; term && i < ARRAY_LENGTH(modern); i++) {
        size_t len = strlen(modern[i]);
        if (strncmp(term, modern[i], len) == 0 && (term[len] == '\0' || term[len] == '-' || term[len] == '.'))
            terminal->is_modern = true;
    }
}

static void show_title(struct terminal *terminal)
{
    char text[sizeof TITLE_BEGIN + TERMINAL_TITLE_MAX + sizeof TITLE_END];
    if (!terminal->is_modern || !terminal->title[0])
        return;
    if (!terminal->title_kept)
        put(terminal, TITLE_KEEP);
    terminal->title_kept = true;
    snprintf(text, sizeof text, TITLE_BEGIN "%s" TITLE_END, terminal->title);
    put(terminal, text);
}

static void hide_title(struct terminal *terminal)
{
    if (terminal->title_kept)
        put(terminal, TITLE_BACK);
    terminal->title_kept = false;
}

// TCSANOW: the other ways wait until the terminal has read everything.
static void set_modes(struct terminal *terminal, const struct termios *modes)
{
    while (tcsetattr(terminal->fd, TCSANOW, modes) != 0 && errno == EINTR)
        ;
}

static void take(struct terminal *terminal)
{
    if (terminal->taken || terminal->gone)
        return;
    struct termios raw = terminal->saved;
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 1; // a read of nothing then means that the terminal is gone
    raw.c_cc[VTIME] = 0;
    set_modes(terminal, &raw);
    if (terminal->has_modes)
        put(terminal, MODES_ON);
    if (terminal->has_modes && terminal->mouse)
        put(terminal, MOUSE_ON);
    show_title(terminal);
    terminal->taken = true;
    crash_arm(1);
}

// Returns the text that undoes the modes that take() set.
static const char *undo_modes(const struct terminal *terminal)
{
    if (!terminal->has_modes)
        return "";
    return terminal->mouse ? MOUSE_OFF MODES_OFF : MODES_OFF;
}

// In the background the terminal is somebody else's, and its modes are his.
static bool is_foreground(const struct terminal *terminal)
{
    pid_t group = tcgetpgrp(terminal->fd);
    return group < 0 || group == getpgrp();
}

static void give_back(struct terminal *terminal)
{
    if (!terminal->taken)
        return;
    crash_arm(0);
    terminal->taken = false;
    if (terminal->gone || !is_foreground(terminal))
        return;
    bool title = terminal->title_kept;
    hide_title(terminal);
    put(terminal, undo_modes(terminal));
    if (!drain(terminal, TERMINAL_GOODBYE_MS)) {
        // Closing a tty may wait until its output is read, so nothing is left there.
        output_drop(&terminal->output);
        tcflush(terminal->fd, TCOFLUSH);
        put(terminal, CANCEL);
        put(terminal, title ? TITLE_BACK : "");
        put(terminal, undo_modes(terminal));
        if (!drain(terminal, DRAIN_STEP_MS))
            tcflush(terminal->fd, TCOFLUSH);
        output_drop(&terminal->output);
    }
    tcflush(terminal->fd, TCIFLUSH); // keys pressed for us are not a command line for the shell
    set_modes(terminal, &terminal->saved);
}

void terminal_on_crash(struct terminal *terminal, const char *undo)
{
    char text[CRASH_TEXT_MAX];
    // The main screen comes back before the modes: they are the terminal's, not the screen's. The keyboard's are
    // the screen's.
    snprintf(text, sizeof text, CANCEL "%s%s%s%s", terminal->is_modern ? KEYBOARD_POP : "", undo,
        undo_modes(terminal), terminal->is_modern ? TITLE_BACK : "");
    crash_undo(text);
}

int terminal_open(struct terminal **out, const struct terminal_options *options, char why[TERMINAL_WHY_SIZE])
{
    const char *term = getenv("TERM");
    if (term && strcmp(term, "dumb") == 0)
        return refuse(why, "TERM=dumb is none");
    int fd = open_tty(why);
    if (fd < 0)
        return fd;
    struct terminal *terminal = calloc(1, sizeof *terminal);
    int rc = terminal ? 0 : -ENOMEM;
    if (rc == 0 && tcgetattr(fd, &terminal->saved) != 0)
        rc = -errno;
    if (rc < 0) {
        free(terminal);
        close(fd);
        snprintf(why, TERMINAL_WHY_SIZE, "terminal: %s", strerror(-rc));
        return rc;
    }
    terminal->fd = fd;
    terminal->mouse = options->mouse;
    know(terminal);
    crash_catch(fd, &terminal->saved);
    terminal_on_crash(terminal, "");
    signal(SIGTTOU, SIG_IGN); // to set modes from the background would stop us for good
    take(terminal);
    *out = terminal;
    return 0;
}

void terminal_close(struct terminal *terminal)
{
    if (!terminal)
        return;
    give_back(terminal);
    crash_let_go();
    close(terminal->fd);
    output_finish(&terminal->output);
    free(terminal);
}

int terminal_fd(const struct terminal *terminal)
{
    return terminal->fd;
}

ssize_t terminal_read(struct terminal *terminal, void *bytes, size_t size)
{
    ssize_t n = read(terminal->fd, bytes, size);
    if (n > 0)
        return n;
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    terminal->gone = true;
    return n < 0 ? -errno : -EIO;
}

static int within(int value, int most)
{
    return value < most ? value : most;
}

void terminal_size(const struct terminal *terminal, int *rows, int *columns)
{
    struct winsize size;
    *rows = 24;
    *columns = 80;
    if (ioctl(terminal->fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        *rows = within(size.ws_row, TERMINAL_ROWS_MAX);
        *columns = within(size.ws_col, TERMINAL_COLUMNS_MAX);
    }
}

void terminal_title(struct terminal *terminal, const char *title)
{
    char clean[TERMINAL_TITLE_MAX + 1];
    size_t len = 0;
    for (const char *c = title; *c && len < TERMINAL_TITLE_MAX; c++) {
        if ((unsigned char)*c >= 0x20 && *c != 0x7F)
            clean[len++] = *c;
    }
    // A cut must not leave half a character for the terminal to wait on.
    if (len == TERMINAL_TITLE_MAX) {
        while (len > 0 && ((unsigned char)clean[len - 1] & 0xC0) == 0x80)
            len--;
        if (len > 0 && (unsigned char)clean[len - 1] >= 0xC0)
            len--;
    }
    clean[len] = '\0';
    if (strcmp(clean, terminal->title) == 0)
        return;
    memcpy(terminal->title, clean, len + 1);
    if (!terminal->taken)
        return;
    if (len > 0)
        show_title(terminal);
    else
        hide_title(terminal);
}

void terminal_ask(struct terminal *terminal, struct questions *questions, bool modern)
{
    char text[QUESTIONS_SIZE];
    int rows, columns;
    *questions = (struct questions){.until_ms = INT64_MIN};
    terminal_size(terminal, &rows, &columns);
    if (terminal->has_modes && rows >= 2 && columns >= 8)
        put(terminal, questions_ask(questions, clock_now_ms(), modern && terminal->is_modern, text));
}

void terminal_entered(struct terminal *terminal)
{
    if (!terminal->entered && terminal->is_modern)
        put(terminal, terminal->releases ? KEYBOARD_PUSH KEYBOARD_RELEASES : KEYBOARD_PUSH);
    terminal->entered = true;
}

void terminal_leaving(struct terminal *terminal)
{
    if (terminal->entered && terminal->is_modern)
        put(terminal, KEYBOARD_POP);
    terminal->entered = false;
}

static void set_keyboard(struct terminal *terminal)
{
    if (terminal->entered && terminal->is_modern)
        put(terminal, terminal->releases ? KEYBOARD_RELEASES : KEYBOARD_PLAIN);
}

void terminal_tell_releases(struct terminal *terminal, bool on)
{
    if (terminal->releases == on)
        return;
    terminal->releases = on;
    set_keyboard(terminal);
}

int terminal_suspend(struct terminal *terminal)
{
    struct sigaction saved, usual = {.sa_handler = SIG_DFL};
    sigset_t stop, mask;
    give_back(terminal);
    if (terminal->gone)
        return -EIO;
    sigemptyset(&usual.sa_mask);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    sigaction(SIGTSTP, &usual, &saved);
    sigprocmask(SIG_UNBLOCK, &stop, &mask);
    kill(0, SIGTSTP); // to the whole process group, as the terminal's driver would send it
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGTSTP, &saved, NULL);
    take(terminal);
    return terminal->gone ? -EIO : 0;
}

void terminal_retake(struct terminal *terminal)
{
    if (terminal->gone)
        return;
    // The program that ran meanwhile has set modes of its own, so ours have to be set again.
    terminal->taken = false;
    terminal->title_kept = false;
    take(terminal);
    set_keyboard(terminal);
}
