// SPDX-License-Identifier: MIT
#include "pc-tui/terminal/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

enum { MEASURE_MS = 100, CRASH_TEXT_MAX = 512, TYPED_AHEAD_MAX = 512, CRASH_STACK = 65536 };

// xterm's names: 2004 bracketed paste, 1004 focus; 22;2t and 23;2t keep and give back the window's title.
#define MODES_ON    "\033[?2004h\033[?1004h"
#define MODES_OFF   "\033[?1004l\033[?2004l"
#define TITLE_KEEP  "\033[22;2t"
#define TITLE_BACK  "\033[23;2t"
#define TITLE_BEGIN "\033]2;"
#define TITLE_END   "\a"

struct terminal {
    int fd;
    FILE *stream;
    struct termios saved;
    bool has_modes; // the terminal understands private modes at all
    bool has_title;
    bool title_kept;
    bool taken;
    bool gone;
    char title[TERMINAL_TITLE_MAX + 1];
    int ambiguous;
    struct input measuring; // recognises the answer among what is typed meanwhile
    unsigned char ahead[TYPED_AHEAD_MAX];
    size_t ahead_len;
    void *crash_stack;
};

// All that the crash handler may touch: prepared beforehand, since it can call write and tcsetattr only.
static struct {
    volatile sig_atomic_t armed;
    int fd;
    struct termios saved;
    char text[CRASH_TEXT_MAX];
    size_t len;
} crash;

static const int crash_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

#define LENGTH(array) (sizeof array / sizeof array[0])

static void on_crash(int number)
{
    if (crash.armed) {
        crash.armed = 0;
        size_t done = 0;
        while (done < crash.len) {
            ssize_t n = write(crash.fd, crash.text + done, crash.len - done);
            if (n <= 0)
                break;
            done += (size_t)n;
        }
        tcsetattr(crash.fd, TCSANOW, &crash.saved);
    }
    // SA_RESETHAND has put the default action back: a fault happens again on return, a signal sent must be
    // sent on.
    raise(number);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void put(struct terminal *terminal, const char *text)
{
    size_t len = strlen(text);
    while (len > 0 && !terminal->gone) {
        ssize_t n = write(terminal->fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EIO)
            terminal->gone = true;
        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

bool terminal_is_remote(void)
{
    return getenv("SSH_CONNECTION") || getenv("SSH_TTY");
}

// A descriptor of our own: modes of the open file (such as O_NONBLOCK, set by whoever shares the shell's)
// stay apart.
static int open_tty(char why[TERMINAL_WHY_SIZE])
{
    char name[256];
    int fd = -1;
    if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && ttyname_r(STDIN_FILENO, name, sizeof name) == 0)
        fd = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        snprintf(why, TERMINAL_WHY_SIZE,
            "the screen needs a terminal, and there is none; without one: pc-tui send, pc-tui watch");
        return -ENOTTY;
    }
    if (fd == 0) { // libevent and others take 0 for standard input
        int other = fcntl(fd, F_DUPFD_CLOEXEC, 3);
        close(fd);
        fd = other;
    }
    return fd;
}

static void know(struct terminal *terminal)
{
    static const char *const titled[] = {"xterm", "screen", "tmux", "rxvt", "alacritty", "foot", "st",
        "kitty", "gnome", "konsole", "vte", "putty", "mintty", "wezterm", "contour", "ghostty", "iterm",
        "mlterm"};
    const char *term = getenv("TERM");
    // The Linux console takes the beginning of a title for a palette and prints the rest.
    terminal->has_modes = term && strcmp(term, "dumb") != 0;
    for (size_t i = 0; term && i < LENGTH(titled); i++) {
        size_t len = strlen(titled[i]);
        if (strncmp(term, titled[i], len) == 0 && (term[len] == '\0' || term[len] == '-' || term[len] == '.'))
            terminal->has_title = true;
    }
}

static void show_title(struct terminal *terminal)
{
    char text[sizeof TITLE_BEGIN + TERMINAL_TITLE_MAX + sizeof TITLE_END];
    if (!terminal->has_title || !terminal->title[0])
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

static void set_raw(struct terminal *terminal)
{
    struct termios raw = terminal->saved;
    cfmakeraw(&raw);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    while (tcsetattr(terminal->fd, TCSADRAIN, &raw) != 0 && errno == EINTR)
        ;
}

static void take(struct terminal *terminal)
{
    if (terminal->taken || terminal->gone)
        return;
    set_raw(terminal);
    if (terminal->has_modes)
        put(terminal, MODES_ON);
    show_title(terminal);
    terminal->taken = true;
    crash.armed = 1;
}

static void give_back(struct terminal *terminal)
{
    if (!terminal->taken)
        return;
    crash.armed = 0;
    terminal->taken = false;
    if (terminal->gone)
        return;
    hide_title(terminal);
    if (terminal->has_modes)
        put(terminal, MODES_OFF);
    // TCSAFLUSH: keys pressed for us are not a command line for the shell.
    while (tcsetattr(terminal->fd, TCSAFLUSH, &terminal->saved) != 0 && errno == EINTR)
        ;
}

static void catch_crashes(struct terminal *terminal)
{
    crash.fd = terminal->fd;
    crash.saved = terminal->saved;
    terminal_on_crash(terminal, "");
    // A stack of its own, for the crash that is a stack overflow.
    terminal->crash_stack = malloc(CRASH_STACK);
    if (terminal->crash_stack) {
        stack_t stack = {.ss_sp = terminal->crash_stack, .ss_size = CRASH_STACK};
        sigaltstack(&stack, NULL);
    }
    struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK)};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < LENGTH(crash_signals); i++)
        sigaction(crash_signals[i], &action, NULL);
}

static void let_crash(struct terminal *terminal)
{
    crash.armed = 0;
    for (size_t i = 0; i < LENGTH(crash_signals); i++)
        signal(crash_signals[i], SIG_DFL);
    if (terminal->crash_stack) {
        stack_t none = {.ss_flags = SS_DISABLE};
        sigaltstack(&none, NULL);
        free(terminal->crash_stack);
    }
}

void terminal_on_crash(struct terminal *terminal, const char *undo)
{
    // The main screen last of what is drawn: the modes are the terminal's, not the screen's.
    int len = snprintf(crash.text, sizeof crash.text, "%s%s%s", terminal->has_modes ? MODES_OFF : "",
        terminal->has_title ? TITLE_BACK : "", undo);
    crash.len = len < 0 ? 0 : (size_t)len < sizeof crash.text ? (size_t)len : sizeof crash.text - 1;
}

static void measured(void *ctx, const struct key_event *key)
{
    struct terminal *terminal = ctx;
    if (key->code == KEYCODE_CURSOR_AT)
        terminal_answer(terminal, key);
}

static void measure(struct terminal *terminal)
{
    int rows, columns;
    terminal_size(terminal, &rows, &columns);
    // On the first row the answer looks like F3 with modifiers, so the second is needed.
    if (!terminal->has_modes || rows < 2 || columns < 4)
        return;
    // U+25C9, the sign of a live device, is of ambiguous width; the cursor's place is kept and given back.
    put(terminal, "\0337\033[2;1H\342\227\211\033[6n\033[2;1H  \0338");
    int64_t until = now_ms() + MEASURE_MS;
    input_init(&terminal->measuring, false);
    while (terminal->ambiguous == 0 && terminal->ahead_len < sizeof terminal->ahead) {
        struct pollfd ready = {.fd = terminal->fd, .events = POLLIN};
        int64_t left = until - now_ms();
        if (left <= 0 || (poll(&ready, 1, (int)left) < 0 && errno != EINTR))
            break;
        if (!(ready.revents & POLLIN))
            continue;
        ssize_t n = read(terminal->fd, terminal->ahead + terminal->ahead_len,
            sizeof terminal->ahead - terminal->ahead_len);
        if (n <= 0)
            break;
        // Everything is kept for terminal_read: what was typed meanwhile are keys, and the answer is known
        // again.
        input_feed(&terminal->measuring, terminal->ahead + terminal->ahead_len, (size_t)n, now_ms(), measured,
            terminal);
        terminal->ahead_len += (size_t)n;
    }
}

int terminal_open(struct terminal **out, bool measure_glyphs, char why[TERMINAL_WHY_SIZE])
{
    int fd = open_tty(why);
    if (fd < 0)
        return fd;
    struct terminal *terminal = calloc(1, sizeof *terminal);
    int error = -ENOMEM;
    if (!terminal)
        goto close_fd;
    terminal->fd = fd;
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (copy < 0 || !(terminal->stream = fdopen(copy, "w"))) {
        error = -errno;
        if (copy >= 0)
            close(copy);
        goto free_terminal;
    }
    if (tcgetattr(fd, &terminal->saved) != 0) {
        error = -errno;
        goto close_stream;
    }
    know(terminal);
    catch_crashes(terminal);
    take(terminal);
    if (measure_glyphs)
        measure(terminal);
    *out = terminal;
    return 0;

close_stream:
    fclose(terminal->stream);
free_terminal:
    free(terminal);
close_fd:
    close(fd);
    snprintf(why, TERMINAL_WHY_SIZE, "terminal: %s", strerror(-error));
    return error;
}

void terminal_close(struct terminal *terminal)
{
    if (!terminal)
        return;
    give_back(terminal);
    let_crash(terminal);
    fclose(terminal->stream);
    close(terminal->fd);
    free(terminal);
}

int terminal_fd(const struct terminal *terminal)
{
    return terminal->fd;
}

FILE *terminal_stream(struct terminal *terminal)
{
    return terminal->stream;
}

ssize_t terminal_read(struct terminal *terminal, void *bytes, size_t size)
{
    if (terminal->ahead_len > 0 && size > 0) {
        size_t n = terminal->ahead_len < size ? terminal->ahead_len : size;
        memcpy(bytes, terminal->ahead, n);
        memmove(terminal->ahead, terminal->ahead + n, terminal->ahead_len - n);
        terminal->ahead_len -= n;
        return (ssize_t)n;
    }
    struct pollfd ready = {.fd = terminal->fd, .events = POLLIN};
    int count = poll(&ready, 1, 0);
    if (count < 0)
        return errno == EINTR ? 0 : -errno;
    if (count == 0)
        return 0;
    if (ready.revents & (POLLHUP | POLLERR | POLLNVAL)) {
        terminal->gone = true;
        return -EIO;
    }
    ssize_t n = read(terminal->fd, bytes, size);
    if (n > 0)
        return n;
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return 0;
    terminal->gone = true;
    return -EIO;
}

void terminal_size(const struct terminal *terminal, int *rows, int *columns)
{
    struct winsize size;
    *rows = 24;
    *columns = 80;
    if (ioctl(terminal->fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
        *rows = size.ws_row;
        *columns = size.ws_col;
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
    fflush(terminal->stream);
    if (len > 0)
        show_title(terminal);
    else
        hide_title(terminal);
}

bool terminal_answer(struct terminal *terminal, const struct key_event *key)
{
    if (key->code != KEYCODE_CURSOR_AT || key->row != 2 || (key->column != 2 && key->column != 3))
        return false;
    bool changed = terminal->ambiguous != key->column - 1;
    terminal->ambiguous = key->column - 1;
    return changed;
}

int terminal_ambiguous_columns(const struct terminal *terminal)
{
    return terminal->ambiguous;
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
    kill(0, SIGTSTP); // the whole group, as the terminal driver would: also what a pipe ties to us
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigaction(SIGTSTP, &saved, NULL);
    take(terminal);
    return terminal->gone ? -EIO : 0;
}

void terminal_retake(struct terminal *terminal)
{
    if (terminal->gone)
        return;
    // Whoever ran meanwhile has set modes of his own; what we had is not what is there.
    terminal->taken = false;
    terminal->title_kept = false;
    take(terminal);
}
