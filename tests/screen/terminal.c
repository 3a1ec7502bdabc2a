// SPDX-License-Identifier: MIT
// A terminal for tests: runs a command in a pseudo-terminal with libvterm as the screen, and answers questions
// about what is there. One command a line on standard input, one answer each on standard output:
//
//   bytes HEX           types bytes, in one write                             -> ok
//   wait MS REGEX       until the screen's text matches (POSIX extended)      -> ok MICROSECONDS | timeout | ended
//   gone MS REGEX       until it does not                                     -> ok MICROSECONDS | timeout | ended
//   dump                                                                      -> rows N, then N lines
//   cell ROW COLUMN     -> cell CHARACTER WIDTH FOREGROUND BACKGROUND bold|- reverse|- underline|-
//   cursor                                                                    -> cursor ROW COLUMN visible|hidden
//   modes               -> modes main|alternate paste|- focus|- visible|hidden mouse|- keyboard MAIN ALTERNATE
//                          titles N TITLE; keyboard: how many modes of the kitty protocol each screen has stacked
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
#include <fcntl.h>
#include <inttypes.h>
#include <locale.h>
#include <poll.h>
#include <regex.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
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

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void type(struct test_terminal *terminal, const char *bytes, size_t len)
{
    while (len > 0 && terminal->master >= 0) {
        ssize_t n = write(terminal->master, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

static void answer(const char *bytes, size_t len, void *user)
{
    struct test_terminal *terminal = user;
    if (!terminal->silent)
        type(terminal, bytes, len);
}

static void mode(struct modes *modes, const char *sequence, char final)
{
    if (sequence[0] == '?' && (final == 'h' || final == 'l')) {
        bool on = final == 'h';
        for (const char *at = sequence + 1; at;) {
            long number = strtol(at, NULL, 10);
            if (number == 2004)
                modes->paste = on;
            else if (number == 1004)
                modes->focus = on;
            else if (number == 1049 || number == 47 || number == 1047)
                modes->alternate = on;
            else if (number == 25)
                modes->hidden = !on;
            else if (number == 1000)
                modes->mouse = on;
            else if (number == 1006)
                modes->mouse_sgr = on;
            at = strchr(at, ';');
            if (at)
                at++;
        }
    } else if (final == 'u' && (sequence[0] == '>' || sequence[0] == '<')) {
        modes->keyboard[modes->alternate] += sequence[0] == '>' ? 1 : -1;
    } else if (final == 't' && strncmp(sequence, "22;", 3) == 0) {
        modes->titles++;
    } else if (final == 't' && strncmp(sequence, "23;", 3) == 0) {
        modes->titles--;
    }
}

static void watch(struct test_terminal *terminal, unsigned char byte)
{
    struct modes *modes = &terminal->modes;
    switch (modes->state) {
    case GROUND:
        if (byte == 0x1B)
            modes->state = ESCAPED;
        return;
    case ESCAPED:
        modes->length = 0;
        modes->state = byte == '[' ? CSI : byte == ']' ? OSC : GROUND;
        return;
    case CSI:
        if (byte >= 0x40 && byte <= 0x7E) {
            modes->sequence[modes->length] = '\0';
            mode(modes, modes->sequence, (char)byte);
            modes->state = GROUND;
        } else if (byte == 0x18 || byte == 0x1B) { // CAN, or the next sequence: this one was cut
            modes->state = byte == 0x1B ? ESCAPED : GROUND;
        } else if (modes->length + 1 < sizeof modes->sequence) {
            modes->sequence[modes->length++] = (char)byte;
        }
        return;
    case OSC:
    case OSC_ESCAPED:
        if (byte == 0x07 || (modes->state == OSC_ESCAPED && byte == '\\')) {
            modes->sequence[modes->length] = '\0';
            if (strncmp(modes->sequence, "2;", 2) == 0)
                snprintf(modes->title, sizeof modes->title, "%s", modes->sequence + 2);
            if (strcmp(modes->sequence, "11;?") == 0 && terminal->background)
                answer(terminal->background, strlen(terminal->background), terminal);
            modes->state = GROUND;
        } else if (byte == 0x1B) {
            modes->state = OSC_ESCAPED;
        } else if (modes->length + 1 < sizeof modes->sequence) {
            modes->sequence[modes->length++] = (char)byte;
        }
        return;
    }
}

static void reap(struct test_terminal *terminal)
{
    if (!terminal->ended && waitpid(terminal->child, &terminal->status, WNOHANG) == terminal->child)
        terminal->ended = true;
}

static size_t encode(char *out, uint32_t codepoint)
{
    if (codepoint < 0x80) {
        out[0] = (char)codepoint;
        return 1;
    }
    if (codepoint < 0x800) {
        out[0] = (char)(0xC0 | codepoint >> 6);
        out[1] = (char)(0x80 | (codepoint & 0x3F));
        return 2;
    }
    if (codepoint < 0x10000) {
        out[0] = (char)(0xE0 | codepoint >> 12);
        out[1] = (char)(0x80 | (codepoint >> 6 & 0x3F));
        out[2] = (char)(0x80 | (codepoint & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | (codepoint >> 18 & 0x07));
    out[1] = (char)(0x80 | (codepoint >> 12 & 0x3F));
    out[2] = (char)(0x80 | (codepoint >> 6 & 0x3F));
    out[3] = (char)(0x80 | (codepoint & 0x3F));
    return 4;
}

static bool is_wide(const struct test_terminal *terminal, uint32_t codepoint)
{
    for (size_t i = 0; i < terminal->wide_count; i++) {
        if (codepoint >= terminal->wide[i].first && codepoint <= terminal->wide[i].last)
            return true;
    }
    return false;
}

// What a cell really holds.
static uint32_t put_back(const struct test_terminal *terminal, uint32_t codepoint)
{
    bool moved = codepoint >= WIDE_OFFSET && is_wide(terminal, codepoint - WIDE_OFFSET);
    return moved ? codepoint - WIDE_OFFSET : codepoint;
}

static size_t expected(unsigned char lead)
{
    return lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
}

// Gives bytes to libvterm; characters that are to be wide as others.
static void give(struct test_terminal *terminal, const unsigned char *bytes, size_t len)
{
    if (terminal->wide_count == 0) {
        vterm_input_write(terminal->vterm, (const char *)bytes, len);
        return;
    }
    for (size_t i = 0; i < len; i++) {
        if (terminal->utf8_length == 0 && bytes[i] < 0x80) {
            vterm_input_write(terminal->vterm, (const char *)&bytes[i], 1);
            continue;
        }
        unsigned char *utf8 = terminal->utf8;
        utf8[terminal->utf8_length++] = bytes[i];
        if (terminal->utf8_length < expected(utf8[0]))
            continue;
        char text[4];
        uint32_t codepoint = 0;
        if (terminal->utf8_length == 2)
            codepoint = (utf8[0] & 0x1Fu) << 6 | (utf8[1] & 0x3Fu);
        else if (terminal->utf8_length == 3)
            codepoint = (utf8[0] & 0x0Fu) << 12 | (utf8[1] & 0x3Fu) << 6 | (utf8[2] & 0x3Fu);
        if (codepoint > 0 && is_wide(terminal, codepoint))
            vterm_input_write(terminal->vterm, text, encode(text, codepoint + WIDE_OFFSET));
        else
            vterm_input_write(terminal->vterm, (const char *)utf8, terminal->utf8_length);
        terminal->utf8_length = 0;
    }
}

// How many bytes may be read now.
static size_t allowance(struct test_terminal *terminal, size_t most)
{
    if (terminal->rate < 0)
        return most;
    int64_t now = now_us();
    terminal->budget += terminal->rate * (now - terminal->budget_us) / 1000;
    terminal->budget_us = now;
    if (terminal->budget > terminal->rate * 100) // a tenth of a second of rest is not saved up
        terminal->budget = terminal->rate * 100;
    size_t bytes = (size_t)(terminal->budget / 1000);
    return bytes < most ? bytes : most;
}

// Reads what the program has drawn, waiting for some at most timeout_ms.
static bool pump(struct test_terminal *terminal, int timeout_ms)
{
    struct pollfd ready = {.fd = terminal->master, .events = POLLIN};
    unsigned char bytes[16384];
    bool any = false;
    size_t most;
    if (allowance(terminal, sizeof bytes) == 0 && timeout_ms > 0)
        usleep((useconds_t)timeout_ms * 1000);
    while (terminal->master >= 0 && (most = allowance(terminal, sizeof bytes)) > 0 &&
           poll(&ready, 1, timeout_ms) > 0 && (ready.revents & POLLIN)) {
        ssize_t n = read(terminal->master, bytes, most);
        if (n <= 0)
            break;
        terminal->budget -= n * 1000;
        for (ssize_t i = 0; i < n; i++)
            watch(terminal, bytes[i]);
        size_t kept =
            RECORD_MAX - terminal->recorded < (size_t)n ? RECORD_MAX - terminal->recorded : (size_t)n;
        memcpy(terminal->record + terminal->recorded, bytes, kept);
        terminal->recorded += kept;
        give(terminal, bytes, (size_t)n);
        terminal->drawn += (uint64_t)n;
        any = true;
        timeout_ms = 0;
    }
    reap(terminal);
    return any;
}

// The screen as text into terminal->text: rows without blanks at their end, each with a line end.
static void read_screen(struct test_terminal *terminal)
{
    size_t len = 0;
    for (int row = 0; row < terminal->rows; row++) {
        size_t keep = len;
        for (int column = 0; column < terminal->columns && len < TEXT_MAX - 64;) {
            VTermScreenCell cell;
            vterm_screen_get_cell(terminal->screen, (VTermPos){.row = row, .col = column}, &cell);
            // (uint32_t)-1 is the second half of a wide character.
            for (int i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell.chars[i] && cell.chars[i] != (uint32_t)-1;
                 i++)
                len += encode(terminal->text + len, put_back(terminal, cell.chars[i]));
            if (cell.chars[0] == 0)
                terminal->text[len++] = ' ';
            if (cell.chars[0] != 0 && cell.chars[0] != ' ')
                keep = len;
            column += cell.width > 0 ? cell.width : 1;
        }
        len = keep;
        terminal->text[len++] = '\n';
    }
    terminal->text[len] = '\0';
}

static void wait_for(struct test_terminal *terminal, const char *arguments, bool wanted)
{
    char *pattern;
    int64_t start = now_us(), until = start + strtol(arguments, &pattern, 10) * 1000;
    regex_t regex;
    if (*pattern == ' ')
        pattern++;
    int error = regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB | REG_NEWLINE);
    if (error) {
        printf("bad pattern\n");
        return;
    }
    for (;;) {
        read_screen(terminal);
        if ((regexec(&regex, terminal->text, 0, NULL, 0) == 0) == wanted) {
            printf("ok %" PRId64 "\n", now_us() - start);
            // What came may be the first half of a drawing: questions that follow are about the whole.
            for (int i = 0; i < SETTLE_MAX && pump(terminal, SETTLE_MS); i++)
                ;
            break;
        }
        if (terminal->ended && !pump(terminal, 0)) {
            printf("ended\n");
            break;
        }
        int64_t left = until - now_us();
        if (left <= 0) {
            printf("timeout\n");
            break;
        }
        pump(terminal, left / 1000 < TICK_MS ? (int)(left / 1000) + 1 : TICK_MS);
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

static void tell_cell(struct test_terminal *terminal, const char *arguments)
{
    char *rest, text[8] = " ";
    int row = (int)strtol(arguments, &rest, 10), column = (int)strtol(rest, NULL, 10);
    VTermScreenCell cell;
    if (row < 0 || row >= terminal->rows || column < 0 || column >= terminal->columns) {
        printf("no such cell\n");
        return;
    }
    vterm_screen_get_cell(terminal->screen, (VTermPos){.row = row, .col = column}, &cell);
    if (cell.chars[0] && cell.chars[0] != (uint32_t)-1)
        text[encode(text, put_back(terminal, cell.chars[0]))] = '\0';
    printf("cell %s %d", strcmp(text, " ") == 0 ? "blank" : text, cell.width);
    put_color(&cell.fg);
    put_color(&cell.bg);
    printf(" %s %s %s\n", cell.attrs.bold ? "bold" : "-", cell.attrs.reverse ? "reverse" : "-",
        cell.attrs.underline ? "underline" : "-");
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
    int64_t until = now_us() + strtol(arguments, NULL, 10) * 1000;
    while (!terminal->ended && now_us() < until)
        pump(terminal, TICK_MS);
    while (pump(terminal, 0))
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
    type(terminal, bytes, read_hex(bytes, hex));
    printf("ok\n");
}

static void count_seen(struct test_terminal *terminal, const char *hex)
{
    static char wanted[LINE_MAX_BYTES / 2];
    size_t len = read_hex(wanted, hex), count = 0;
    pump(terminal, 0);
    const unsigned char *at = terminal->record, *end = at + terminal->recorded;
    while (len > 0 && (at = memmem(at, (size_t)(end - at), wanted, len))) {
        count++;
        at++;
    }
    printf("seen %zu\n", count);
}

// Lines of two hexadecimal numbers: the first and the last character of a range.
static int read_ranges(struct test_terminal *terminal, const char *path)
{
    FILE *file = fopen(path, "r");
    unsigned first, last;
    if (!file)
        return -errno;
    while (terminal->wide_count < RANGES_MAX && fscanf(file, "%x %x", &first, &last) == 2) {
        terminal->wide[terminal->wide_count].first = first;
        terminal->wide[terminal->wide_count++].last = last;
    }
    fclose(file);
    return 0;
}

static void resize(struct test_terminal *terminal, const char *arguments)
{
    char *rest;
    int rows = (int)strtol(arguments, &rest, 10), columns = (int)strtol(rest, NULL, 10);
    if (rows < 1 || columns < 1 || rows > 60000 || columns > 60000) {
        printf("no such size\n");
        return;
    }
    pump(terminal, 0);
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
        pump(terminal, 0);
        read_screen(terminal);
        printf("rows %d\n%s", terminal->rows, terminal->text);
    } else if (strcmp(line, "cell") == 0) {
        tell_cell(terminal, arguments);
    } else if (strcmp(line, "cursor") == 0) {
        tell_cursor(terminal);
    } else if (strcmp(line, "modes") == 0) {
        pump(terminal, 0);
        const struct modes *modes = &terminal->modes;
        printf("modes %s %s %s %s %s keyboard %d %d titles %d %s\n", modes->alternate ? "alternate" : "main",
            modes->paste ? "paste" : "-", modes->focus ? "focus" : "-", modes->hidden ? "hidden" : "visible",
            modes->mouse && modes->mouse_sgr ? "mouse" : "-", modes->keyboard[0], modes->keyboard[1],
            modes->titles, modes->title);
    } else if (strcmp(line, "termios") == 0) {
        tell_termios(terminal);
    } else if (strcmp(line, "size") == 0) {
        resize(terminal, arguments);
    } else if (strcmp(line, "drawn") == 0) {
        pump(terminal, 0);
        printf("drawn %" PRIu64 "\n", terminal->drawn);
    } else if (strcmp(line, "rate") == 0) {
        terminal->rate = strtol(arguments, NULL, 10);
        terminal->budget = 0;
        terminal->budget_us = now_us();
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

static int start(struct test_terminal *terminal, char *const argv[], const char *errors)
{
    terminal->master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal->master < 0 || grantpt(terminal->master) != 0 || unlockpt(terminal->master) != 0)
        return -errno;
    // Ours stays open, so that the modes the program leaves behind can be read after its end.
    terminal->slave = open(ptsname(terminal->master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal->slave < 0)
        return -errno;
    struct winsize size = {
        .ws_row = (unsigned short)terminal->rows, .ws_col = (unsigned short)terminal->columns};
    ioctl(terminal->master, TIOCSWINSZ, &size);
    terminal->child = fork();
    if (terminal->child < 0)
        return -errno;
    if (terminal->child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        setsid();
        ioctl(terminal->slave, TIOCSCTTY, 0);
        dup2(terminal->slave, STDIN_FILENO);
        dup2(terminal->slave, STDOUT_FILENO);
        int fd = errors ? open(errors, O_WRONLY | O_CREAT | O_APPEND, 0600) : -1;
        dup2(fd >= 0 ? fd : terminal->slave, STDERR_FILENO);
        if (fd > STDERR_FILENO)
            close(fd);
        execvp(argv[0], argv);
        _exit(127);
    }
    return 0;
}

int main(int argc, char *argv[])
{
    static struct test_terminal terminal = {.rows = 24, .columns = 80, .rate = -1};
    static char background[64];
    const char *errors = NULL;
    for (int option; (option = getopt(argc, argv, "+r:c:e:w:b:s")) != -1;) {
        if (option == 'r')
            terminal.rows = (int)strtol(optarg, NULL, 10);
        else if (option == 'c')
            terminal.columns = (int)strtol(optarg, NULL, 10);
        else if (option == 'e')
            errors = optarg;
        else if (option == 'w' && read_ranges(&terminal, optarg) == 0)
            continue;
        else if (option == 'b')
            snprintf(background, sizeof background, "\033]11;rgb:%s\033\\", optarg);
        else if (option == 's')
            terminal.silent = true;
        else
            return 2;
    }
    terminal.background = background[0] ? background : NULL;
    terminal.record = malloc(RECORD_MAX);
    if (!terminal.record)
        return 1;
    if (optind >= argc || terminal.rows < 1 || terminal.columns < 1) {
        fprintf(stderr,
            "usage: terminal [-r ROWS] [-c COLUMNS] [-e STDERR_FILE] [-w FILE_OF_WIDE_RANGES] [-b BACKGROUND] [-s] "
            "COMMAND …\n");
        return 2;
    }
    setlocale(LC_CTYPE, "C.UTF-8"); // patterns are of characters, whatever locale the program under test gets
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    terminal.vterm = vterm_new(terminal.rows, terminal.columns);
    vterm_set_utf8(terminal.vterm, 1);
    terminal.screen = vterm_obtain_screen(terminal.vterm);
    vterm_screen_enable_altscreen(terminal.screen, 1);
    vterm_screen_reset(terminal.screen, 1);
    vterm_output_set_callback(terminal.vterm, answer, &terminal);
    int error = start(&terminal, argv + optind, errors);
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
        pump(&terminal, 0);
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
