// SPDX-License-Identifier: MIT
// A terminal for tests: runs a command in a pseudo-terminal with libvterm as the screen, and answers
// questions about what is there. One command a line on standard input, one answer each on standard output:
//   bytes HEX           types bytes, in one write                          -> ok
//   wait MS REGEX       until the screen's text matches (POSIX extended)   -> ok MICROSECONDS | timeout |
//   ended gone MS REGEX       until it does not                                  -> ok MICROSECONDS | timeout
//   | ended dump                -> rows N, then N lines cell ROW COLUMN     -> cell CHARACTER WIDTH
//   FOREGROUND BACKGROUND bold|- reverse|- underline|- cursor              -> cursor ROW COLUMN
//   visible|hidden modes               -> modes main|alternate paste|- focus|- visible|hidden titles N TITLE
//   termios             -> termios cooked|raw HEX: input, output, control and local flags
//   size ROWS COLUMNS   -> ok
//   drawn               -> drawn BYTES: what the program has written so far
//   signal NUMBER       -> ok
//   pid                 -> pid NUMBER
//   exited MS           -> exit STATUS | signal NUMBER | timeout
//   hangup              closes the terminal                                -> ok
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

enum { TEXT_MAX = 512 * 1024, LINE_MAX_BYTES = 64 * 1024, TICK_MS = 20, SETTLE_MS = 8, SETTLE_MAX = 25 };

struct modes { // what programs must undo, read from their output
    bool paste, focus, alternate, hidden;
    int titles; // pushed and not popped
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
    int ambiguous; // columns that an answer about the cursor claims for a character
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
    int row, column;
    char text[64];
    if (terminal->ambiguous > 1 && len < sizeof text && bytes[len - 1] == 'R') {
        memcpy(text, bytes, len);
        text[len] = '\0';
        if (sscanf(text, "\033[%d;%dR", &row, &column) == 2) {
            int n = snprintf(text, sizeof text, "\033[%d;%dR", row, column + terminal->ambiguous - 1);
            type(terminal, text, (size_t)n);
            return;
        }
    }
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
            at = strchr(at, ';');
            if (at)
                at++;
        }
    } else if (final == 't' && strncmp(sequence, "22;", 3) == 0) {
        modes->titles++;
    } else if (final == 't' && strncmp(sequence, "23;", 3) == 0) {
        modes->titles--;
    }
}

static void watch(struct modes *modes, unsigned char byte)
{
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

// Reads what the program has drawn, waiting for some at most timeout_ms.
static bool pump(struct test_terminal *terminal, int timeout_ms)
{
    struct pollfd ready = {.fd = terminal->master, .events = POLLIN};
    char bytes[16384];
    bool any = false;
    while (terminal->master >= 0 && poll(&ready, 1, timeout_ms) > 0 && (ready.revents & POLLIN)) {
        ssize_t n = read(terminal->master, bytes, sizeof bytes);
        if (n <= 0)
            break;
        for (ssize_t i = 0; i < n; i++)
            watch(&terminal->modes, (unsigned char)bytes[i]);
        vterm_input_write(terminal->vterm, bytes, (size_t)n);
        terminal->drawn += (uint64_t)n;
        any = true;
        timeout_ms = 0;
    }
    reap(terminal);
    return any;
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
                len += encode(terminal->text + len, cell.chars[i]);
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
        text[encode(text, cell.chars[0])] = '\0';
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

static void type_hex(struct test_terminal *terminal, const char *hex)
{
    static char bytes[LINE_MAX_BYTES / 2];
    size_t len = 0;
    while (hex[0] && hex[1] && len < sizeof bytes) {
        char pair[3] = {hex[0], hex[1], '\0'};
        bytes[len++] = (char)strtol(pair, NULL, 16);
        hex += 2;
    }
    type(terminal, bytes, len);
    printf("ok\n");
}

static void resize(struct test_terminal *terminal, const char *arguments)
{
    char *rest;
    int rows = (int)strtol(arguments, &rest, 10), columns = (int)strtol(rest, NULL, 10);
    if (rows < 1 || columns < 1 || rows > 500 || columns > 500) {
        printf("no such size\n");
        return;
    }
    pump(terminal, 0);
    terminal->rows = rows;
    terminal->columns = columns;
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
        printf("modes %s %s %s %s titles %d %s\n", modes->alternate ? "alternate" : "main",
            modes->paste ? "paste" : "-", modes->focus ? "focus" : "-", modes->hidden ? "hidden" : "visible",
            modes->titles, modes->title);
    } else if (strcmp(line, "termios") == 0) {
        tell_termios(terminal);
    } else if (strcmp(line, "size") == 0) {
        resize(terminal, arguments);
    } else if (strcmp(line, "drawn") == 0) {
        pump(terminal, 0);
        printf("drawn %" PRIu64 "\n", terminal->drawn);
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
    static struct test_terminal terminal = {.rows = 24, .columns = 80, .ambiguous = 1};
    const char *errors = NULL;
    for (int option; (option = getopt(argc, argv, "+r:c:e:w:")) != -1;) {
        if (option == 'r')
            terminal.rows = (int)strtol(optarg, NULL, 10);
        else if (option == 'c')
            terminal.columns = (int)strtol(optarg, NULL, 10);
        else if (option == 'e')
            errors = optarg;
        else if (option == 'w')
            terminal.ambiguous = (int)strtol(optarg, NULL, 10);
        else
            return 2;
    }
    if (optind >= argc || terminal.rows < 1 || terminal.columns < 1) {
        fprintf(stderr,
            "usage: terminal [-r ROWS] [-c COLUMNS] [-e STDERR_FILE] [-w AMBIGUOUS_WIDTH] COMMAND …\n");
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
