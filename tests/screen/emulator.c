// SPDX-License-Identifier: MIT
#include "tests/screen/emulator.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

int64_t emulator_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void emulator_type(struct test_terminal *terminal, const char *bytes, size_t len)
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
        emulator_type(terminal, bytes, len);
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
        modes->flags[modes->alternate] = sequence[0] == '>' ? (int)strtol(sequence + 1, NULL, 10) : 0;
    } else if (final == 'u' && sequence[0] == '=') {
        modes->flags[modes->alternate] = (int)strtol(sequence + 1, NULL, 10);
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
            if (byte == 'u' && strcmp(modes->sequence, "?") == 0 && terminal->kitty)
                answer("\033[?0u", 5, terminal);
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

size_t emulator_encode(char *out, uint32_t codepoint)
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

uint32_t emulator_put_back(const struct test_terminal *terminal, uint32_t codepoint)
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
            vterm_input_write(terminal->vterm, text, emulator_encode(text, codepoint + WIDE_OFFSET));
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
    int64_t now = emulator_now_us();
    terminal->budget += terminal->rate * (now - terminal->budget_us) / 1000;
    terminal->budget_us = now;
    if (terminal->budget > terminal->rate * 100) // a tenth of a second of rest is not saved up
        terminal->budget = terminal->rate * 100;
    size_t bytes = (size_t)(terminal->budget / 1000);
    return bytes < most ? bytes : most;
}

bool emulator_pump(struct test_terminal *terminal, int timeout_ms)
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

void emulator_read_screen(struct test_terminal *terminal)
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
                len += emulator_encode(terminal->text + len, emulator_put_back(terminal, cell.chars[i]));
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

int emulator_read_ranges(struct test_terminal *terminal, const char *path)
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

int emulator_start(struct test_terminal *terminal, char *const argv[], const char *errors)
{
    terminal->vterm = vterm_new(terminal->rows, terminal->columns);
    vterm_set_utf8(terminal->vterm, 1);
    terminal->screen = vterm_obtain_screen(terminal->vterm);
    vterm_screen_enable_altscreen(terminal->screen, 1);
    vterm_screen_reset(terminal->screen, 1);
    vterm_output_set_callback(terminal->vterm, answer, terminal);
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
