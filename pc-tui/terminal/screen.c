// SPDX-License-Identifier: MIT
#define NCURSES_WIDECHAR 1
#include "pc-tui/terminal/screen.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wchar.h>

#include "common/array.h"
#include "common/text.h"
#include "pc-tui/terminal/cells.h"

enum { REPLACEMENT = 0xFFFD, FORMAT_MAX = 1024, UNDO_MAX = 256, RUN_MAX = 128 };

struct screen {
    SCREEN *curses;
    FILE *
        stream; // memory that curses writes to: to the terminal it would wait, and spin where that says EAGAIN
    int memory; // the stream's descriptor
    struct terminal *terminal;
    struct questions questions;
    bool utf8;       // the locale's encoding
    bool ascii_only; // --ascii, or a locale that knows no more
    bool left;
    int colors; // as the roles know them; 0 without
    struct cells cells;
    cchar_t blanks[ROLE_COUNT + 1]; // a blank in each role's look, and that of an empty cell
};

// The ASCII sign that stands for each sign where that cannot be shown. Both take one cell.
static const struct {
    uint32_t sign;
    char ascii;
} substitutes[] = {
    {0x25C9, '@'}, // ◉ live, on
    {0x25CC, 'o'}, // ◌ off, not there yet
    {0x2717, 'x'}, // ✗
    {0x2713, '+'}, // ✓
    {0x26A0, '!'}, // ⚠
    {0x25B8, '>'}, // ▸ selected
    {0x25B4, '^'}, // ▴
    {0x25BE, 'v'}, // ▾
    {0x25C2, '<'}, // ◂
    {0x25B9, '>'}, // ▹ target
    {0x25C3, '<'}, // ◃
    {0x25AE, '#'}, // ▮ here
    {0x251C, '['}, // ├
    {0x2524, ']'}, // ┤
    {0x253C, '|'}, // ┼
    {0x2500, '-'}, // ─
    {0x2588, '#'}, // █ and the eighths of the sparkline
    {0x2581, '_'},
    {0x2582, '_'},
    {0x2583, '.'},
    {0x2584, '-'},
    {0x2585, '-'},
    {0x2586, '='},
    {0x2587, '^'},
    {0x2190, '<'}, // arrows
    {0x2191, '^'},
    {0x2192, '>'},
    {0x2193, 'v'},
    {0x2212, '-'}, // minus
    {0x2013, '-'},
    {0x2014, '-'},
    {0x2026, '~'}, // …
    {0x00B7, '|'}, // ·
    {0x00B0, 'd'}, // °
    {0x00B5, 'u'}, // µ
    {0x00D7, 'x'}, // ×
    {0x00B1, '+'}, // ±
    {0x2018, '\''},
    {0x2019, '\''},
    {0x201C, '"'},
    {0x201D, '"'},
};

static void set_role(struct screen *screen, enum screen_role role, enum roles_background background)
{
    struct roles_look look = roles_look(role, screen->colors, background);
    attr_t attributes = A_NORMAL;
    if (look.attributes & ROLES_BOLD)
        attributes |= A_BOLD;
    if (look.attributes & ROLES_UNDERLINE)
        attributes |= A_UNDERLINE;
    if (look.attributes & ROLES_REVERSE)
        attributes |= A_REVERSE;
    short pair = 0;
    bool own = look.foreground == ROLES_OWN && look.background == ROLES_OWN;
    if (!own && init_pair((short)(role + 1), look.foreground, look.background) != ERR)
        pair = (short)(role + 1);
    setcchar(&screen->blanks[role], L" ", attributes, pair, NULL);
}

static void set_roles(struct screen *screen)
{
    enum roles_background background = ROLES_UNKNOWN;
    if (screen->questions.background_known)
        background = roles_background_of(screen->questions.background);
    for (int role = 0; role < ROLE_COUNT; role++)
        set_role(screen, (enum screen_role)role, background);
    setcchar(&screen->blanks[CELL_EMPTY], L" ", A_NORMAL, 0, NULL);
    screen->cells.all = true;
}

static void find_colors(struct screen *screen)
{
    const char *no_color = getenv("NO_COLOR");
    if (no_color && *no_color)
        return;
    // Colours are used only on the terminal's own background: one of ours would be worse than no colour.
    if (has_colors() && start_color() != ERR && COLORS >= 8 && use_default_colors() != ERR)
        screen->colors = COLORS;
}

// Hands over what curses has written since the last time.
static void send(struct screen *screen)
{
    char bytes[16384];
    off_t end = lseek(screen->memory, 0, SEEK_CUR);
    for (off_t at = 0; at < end;) {
        size_t wanted = end - at < (off_t)sizeof bytes ? (size_t)(end - at) : sizeof bytes;
        ssize_t n = pread(screen->memory, bytes, wanted, at);
        if (n <= 0)
            break;
        terminal_write(screen->terminal, bytes, (size_t)n);
        at += n;
    }
    lseek(screen->memory, 0, SEEK_SET);
}

// Appends a terminfo string without its delays (`$<5>`), which only a running curses could keep.
static void append_capability(char undo[UNDO_MAX], const char *name)
{
    char writable[16];
    snprintf(writable, sizeof writable, "%s", name);
    const char *value = tigetstr(writable);
    if (!value || value == (const char *)-1)
        return;
    size_t len = strlen(undo);
    for (const char *c = value; *c && len + 1 < UNDO_MAX; c++) {
        if (c[0] == '$' && c[1] == '<' && strchr(c, '>')) {
            c = strchr(c, '>');
            continue;
        }
        undo[len++] = *c;
    }
    undo[len] = '\0';
}

static int open_stream(struct screen *screen)
{
    screen->memory = memfd_create("pc-tui's picture", MFD_CLOEXEC);
    if (screen->memory < 0)
        return -errno;
    screen->stream = fdopen(screen->memory, "w+");
    if (screen->stream)
        return 0;
    int rc = -errno;
    close(screen->memory);
    return rc;
}

// curses installs handlers of its own, which would draw in the middle of a drawing: the event loop has the
// signals.
static int open_curses(struct screen *screen, const char *term)
{
    static const int touched[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH, SIGQUIT};
    struct sigaction handlers[ARRAY_LENGTH(touched)];
    for (size_t i = 0; i < ARRAY_LENGTH(touched); i++)
        sigaction(touched[i], NULL, &handlers[i]);
    setenv("NCURSES_NO_PADDING", "1", 0); // curses would sleep for terminals that were slow 40 years ago
    if (term && *term)
        screen->curses = newterm(term, screen->stream, screen->stream);
    if (!screen->curses)
        screen->curses = newterm("xterm-256color", screen->stream, screen->stream);
    for (size_t i = 0; i < ARRAY_LENGTH(touched); i++)
        sigaction(touched[i], &handlers[i], NULL);
    return screen->curses ? 0 : -ENOENT;
}

static void undo_on_crash(struct screen *screen)
{
    char undo[UNDO_MAX] = "";
    append_capability(undo, "sgr0");
    append_capability(undo, "op");
    append_capability(undo, "cnorm");
    append_capability(undo, "rmcup");
    terminal_on_crash(screen->terminal, undo);
}

int screen_open(struct screen **out, struct terminal *terminal, const struct screen_options *options,
    char why[TERMINAL_WHY_SIZE])
{
    const char *term = getenv("TERM");
    struct screen *screen = calloc(1, sizeof *screen);
    int rc = screen ? open_stream(screen) : -ENOMEM;
    if (rc < 0) {
        snprintf(why, TERMINAL_WHY_SIZE, "screen: %s", strerror(-rc));
        free(screen);
        return rc;
    }
    setlocale(LC_CTYPE, ""); // numbers stay in the C locale
    screen->terminal = terminal;
    screen->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    // The Linux console decodes UTF-8, but its fonts have few of these signs.
    screen->ascii_only = options->ascii || !screen->utf8 || (term && strcmp(term, "linux") == 0);
    rc = open_curses(screen, term);
    if (rc < 0) {
        snprintf(why, TERMINAL_WHY_SIZE,
            "TERM=%.40s is not known here, nor is xterm-256color: sudo apt install ncurses-term",
            term ? term : "");
        fclose(screen->stream);
        free(screen);
        return rc;
    }
    nonl();
    typeahead(-1); // a key that waits must not hold back the picture it is pressed for
    int rows, columns;
    terminal_size(terminal, &rows, &columns);
    screen_resize(screen, rows, columns);
    find_colors(screen);
    refresh(); // the alternate screen, empty
    send(screen);
    terminal_entered(terminal);
    undo_on_crash(screen);
    terminal_ask(terminal, &screen->questions, screen->colors >= 8);
    set_roles(screen);
    *out = screen;
    return 0;
}

void screen_close(struct screen *screen)
{
    if (!screen)
        return;
    if (!screen->left)
        screen_leave(screen);
    delscreen(screen->curses);
    fclose(screen->stream);
    cells_finish(&screen->cells);
    free(screen);
}

bool screen_answer(struct screen *screen, const struct key_event *event)
{
    if (!questions_take(&screen->questions, event))
        return false;
    set_roles(screen);
    screen_repaint(screen);
    return true;
}

int64_t screen_wait_until_ms(const struct screen *screen)
{
    return screen->questions.until_ms;
}

void screen_tell_releases(struct screen *screen, bool on)
{
    terminal_tell_releases(screen->terminal, on && screen->questions.tells_releases);
}

int screen_rows(const struct screen *screen)
{
    (void)screen;
    return LINES;
}

int screen_columns(const struct screen *screen)
{
    (void)screen;
    return COLS;
}

bool screen_is_ascii(const struct screen *screen)
{
    return screen->ascii_only || screen->questions.ambiguous == 2;
}

void screen_resize(struct screen *screen, int rows, int columns)
{
    if (rows != LINES || columns != COLS)
        resize_term(rows, columns);
    if (screen->cells.rows != LINES || screen->cells.columns != COLS)
        cells_resize(&screen->cells, LINES, COLS); // without memory nothing is drawn, until the next size
    clearok(curscr, TRUE);                         // nobody knows what the terminal has made of the old cells
}

void screen_begin(struct screen *screen)
{
    cells_clear(&screen->cells);
}

static void draw_row(const struct screen *screen, int row, const struct cell *cells)
{
    cchar_t run[RUN_MAX];
    int count = 0, start = 0;
    for (int column = 0; column < screen->cells.columns; column++) {
        const struct cell *cell = &cells[column];
        if (cell->is_tail)
            continue;
        if (count == RUN_MAX) {
            mvadd_wchnstr(row, start, run, count);
            count = 0;
        }
        if (count == 0)
            start = column;
        run[count] = screen->blanks[cell->role];
        // X/Open leaves the members of a cchar_t to setcchar. ncurses documents them, and this is much less work.
        memcpy(run[count++].chars, cell->signs, sizeof cell->signs);
    }
    mvadd_wchnstr(row, start, run, count);
}

// curses compares each cell of a row that was written to. It is not asked about rows that are as before.
static void draw_rows(struct screen *screen)
{
    for (int row = 0; row < screen->cells.rows; row++) {
        const struct cell *cells = cells_take(&screen->cells, row);
        if (cells)
            draw_row(screen, row, cells);
    }
    cells_taken(&screen->cells);
}

void screen_end(struct screen *screen, int cursor_row, int cursor_column, bool visible)
{
    if (screen->left)
        return;
    draw_rows(screen);
    curs_set(visible ? 1 : 0);
    if (cursor_row < 0 || cursor_row >= LINES)
        cursor_row = LINES - 1;
    if (cursor_column < 0 || cursor_column >= COLS)
        cursor_column = COLS - 1;
    move(cursor_row, cursor_column);
    refresh();
    send(screen);
    terminal_entered(screen->terminal); // after a suspension it was curses' first drawing that entered it
}

void screen_repaint(struct screen *screen)
{
    (void)screen;
    clearok(curscr, TRUE);
}

void screen_leave(struct screen *screen)
{
    if (screen->left)
        return;
    screen->left = true;
    terminal_leaving(screen->terminal);
    endwin();
    send(screen);
}

void screen_return(struct screen *screen)
{
    int rows, columns;
    screen->left = false;
    terminal_size(screen->terminal, &rows, &columns);
    screen_resize(screen, rows, columns);
}

static int cells(uint32_t codepoint)
{
    if (codepoint < 0x7F)
        return 1;
    int width = wcwidth((wchar_t)codepoint);
    return width < 0 ? 1 : width;
}

// Takes the next character of text. A control or a broken byte is U+FFFD.
static uint32_t next(const char **text)
{
    unsigned codepoint;
    if (text_is_plain(**text)) // most of what is drawn
        return (unsigned char)*(*text)++;
    size_t used = text_decode(*text, strnlen(*text, 4), &codepoint);
    if (used == 0) {
        (*text)++;
        return REPLACEMENT;
    }
    *text += used;
    if (codepoint < 0x20 || (codepoint >= 0x7F && codepoint < 0xA0))
        return REPLACEMENT;
    return codepoint;
}

static uint32_t shown(const struct screen *screen, uint32_t codepoint, int width)
{
    if (codepoint < 0x80 || !screen_is_ascii(screen))
        return codepoint;
    // Where only ambiguous characters are in doubt, a character that every terminal shows wide may stay.
    if (!screen->ascii_only && width == 2)
        return codepoint;
    for (size_t i = 0; i < ARRAY_LENGTH(substitutes); i++) {
        if (substitutes[i].sign == codepoint)
            return (unsigned char)substitutes[i].ascii;
    }
    return '?';
}

int screen_width(const char *text)
{
    int width = 0;
    while (*text)
        width += cells(next(&text));
    return width;
}

int screen_put(
    struct screen *screen, int row, int column, int columns, enum screen_role role, const char *text)
{
    struct cells *drawn = &screen->cells;
    if (row < 0 || row >= drawn->rows || column < 0 || column >= drawn->columns)
        return 0;
    if (columns > drawn->columns - column)
        columns = drawn->columns - column;
    int used = 0, last = -1; // where the last character stands
    while (*text) {
        uint32_t codepoint = next(&text);
        int width = cells(codepoint);
        if (used + width > columns)
            break;
        uint32_t sign = shown(screen, codepoint, width);
        if (width == 0) {
            if (last >= 0 && sign >= 0x80)
                cells_combine(drawn, row, last, (wchar_t)sign);
            continue;
        }
        // A wide character that is replaced leaves no gap.
        bool replaced = sign != codepoint;
        for (int i = 0; i < (replaced ? width : 1); i++) {
            last = column + used + i;
            cells_put(drawn, row, last, (wchar_t)sign, replaced ? 1 : width, role);
        }
        used += width;
    }
    return used;
}

int screen_putf(
    struct screen *screen, int row, int column, int columns, enum screen_role role, const char *format, ...)
{
    char text[FORMAT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return screen_put(screen, row, column, columns, role, text);
}
