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
#include <wchar.h>

#include "common/text.h"

enum { REPLACEMENT = 0xFFFD, FORMAT_MAX = 1024, UNDO_MAX = 256, COMBINING_MAX = CCHARW_MAX - 1 };

struct screen {
    SCREEN *curses;
    struct terminal *terminal;
    bool utf8;       // the locale's encoding
    bool ascii_only; // --ascii, or a locale that knows no more
    bool wide;       // the terminal shows ambiguous characters two columns wide
    bool left;
    attr_t attributes[ROLE_COUNT];
    short pairs[ROLE_COUNT];
};

// The second table of signs, one cell for one: what stands for each where the first cannot be shown.
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

// How a role looks: attributes, and the foreground for 8, 16 and 256 colours; -1 is the terminal's own.
static const struct {
    attr_t mono, colored;
    short eight, sixteen, many, background;
} looks[ROLE_COUNT] = {
    [ROLE_TEXT] = {A_NORMAL, A_NORMAL, -1, -1, -1, -1},
    [ROLE_LABEL] = {A_DIM, A_NORMAL, -1, 8, 245, -1},
    [ROLE_MOVING] = {A_BOLD, A_BOLD, -1, -1, -1, -1},
    [ROLE_FOCUS] = {A_UNDERLINE, A_NORMAL, COLOR_CYAN, COLOR_CYAN, COLOR_CYAN, -1},
    [ROLE_LIVE] = {A_NORMAL, A_NORMAL, COLOR_GREEN, COLOR_GREEN, COLOR_GREEN, -1},
    [ROLE_NOTICE] = {A_NORMAL, A_NORMAL, COLOR_YELLOW, COLOR_YELLOW, COLOR_YELLOW, -1},
    [ROLE_WRONG] = {A_UNDERLINE, A_NORMAL, COLOR_RED, COLOR_RED, COLOR_RED, -1},
    [ROLE_STOP] = {A_REVERSE, A_NORMAL, COLOR_WHITE, 15, 15, COLOR_RED},
    [ROLE_ALARM] = {A_REVERSE, A_BOLD, COLOR_WHITE, 15, 15, COLOR_RED},
};

#define LENGTH(array) (sizeof array / sizeof array[0])

static void set_roles(struct screen *screen, bool no_color)
{
    bool colors = !no_color && has_colors() && start_color() != ERR && COLORS >= 8;
    if (colors && use_default_colors() == ERR)
        colors = false; // a background of our own would be worse than no colour
    for (int role = 0; role < ROLE_COUNT; role++) {
        screen->attributes[role] = colors ? looks[role].colored : looks[role].mono;
        if (!colors)
            continue;
        short foreground = COLORS >= 256  ? looks[role].many
                           : COLORS >= 16 ? looks[role].sixteen
                                          : looks[role].eight;
        // Eight colours have no grey; dim is its nearest.
        if (role == ROLE_LABEL && COLORS < 16)
            screen->attributes[role] = A_DIM;
        if (foreground == -1 && looks[role].background == -1)
            continue;
        if (init_pair((short)(role + 1), foreground, looks[role].background) != ERR)
            screen->pairs[role] = (short)(role + 1);
    }
}

// Appends a terminfo string without its `$<…>` delays, which only a running curses could keep.
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

int screen_open(struct screen **out, struct terminal *terminal, const struct screen_options *options,
    char why[TERMINAL_WHY_SIZE])
{
    static const int touched[] = {SIGINT, SIGTERM, SIGTSTP, SIGWINCH, SIGQUIT};
    struct sigaction handlers[LENGTH(touched)];
    struct screen *screen = calloc(1, sizeof *screen);
    if (!screen) {
        snprintf(why, TERMINAL_WHY_SIZE, "screen: %s", strerror(ENOMEM));
        return -ENOMEM;
    }
    setlocale(LC_CTYPE, ""); // numbers stay in the C locale
    screen->terminal = terminal;
    screen->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    const char *term = getenv("TERM");
    // The Linux console decodes UTF-8, but its fonts have few of these signs.
    screen->ascii_only = options->ascii || !screen->utf8 || (term && strcmp(term, "linux") == 0);
    screen_ambiguous(screen, terminal_ambiguous_columns(terminal));

    for (size_t i = 0; i < LENGTH(touched); i++)
        sigaction(touched[i], NULL, &handlers[i]);
    FILE *stream = terminal_stream(terminal);
    if (term && *term)
        screen->curses = newterm(term, stream, stream);
    if (!screen->curses)
        screen->curses = newterm("xterm-256color", stream, stream);
    // The event loop has the signals: curses in a signal handler would draw in the middle of a drawing.
    for (size_t i = 0; i < LENGTH(touched); i++)
        sigaction(touched[i], &handlers[i], NULL);
    if (!screen->curses) {
        snprintf(why, TERMINAL_WHY_SIZE,
            "TERM=%.40s is not known here, nor is xterm-256color: sudo apt install ncurses-term",
            term ? term : "");
        free(screen);
        return -ENOENT;
    }
    raw();
    noecho();
    nonl();
    keypad(stdscr, FALSE);
    meta(stdscr, TRUE);
    typeahead(-1); // a key that waits must not hold back the picture it is pressed for
    def_prog_mode();
    const char *no_color = getenv("NO_COLOR");
    set_roles(screen, options->no_color || (no_color && *no_color));

    char undo[UNDO_MAX] = "";
    append_capability(undo, "sgr0");
    append_capability(undo, "op");
    append_capability(undo, "cnorm");
    append_capability(undo, "rmcup");
    terminal_on_crash(terminal, undo);

    int rows, columns;
    terminal_size(terminal, &rows, &columns);
    screen_resize(screen, rows, columns);
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
    free(screen);
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
    return screen->ascii_only || screen->wide;
}

void screen_resize(struct screen *screen, int rows, int columns)
{
    (void)screen;
    if (rows != LINES || columns != COLS)
        resize_term(rows, columns);
    clearok(curscr, TRUE); // what the terminal did with the old cells is its own business
}

void screen_ambiguous(struct screen *screen, int columns)
{
    screen->wide = columns == 2;
}

void screen_begin(struct screen *screen)
{
    (void)screen;
    erase();
}

void screen_end(struct screen *screen, int cursor_row, int cursor_column, bool visible)
{
    if (screen->left)
        return;
    curs_set(visible ? 1 : 0);
    if (cursor_row < 0 || cursor_row >= LINES)
        cursor_row = LINES - 1;
    if (cursor_column < 0 || cursor_column >= COLS)
        cursor_column = COLS - 1;
    move(cursor_row, cursor_column);
    refresh();
}

void screen_repaint(struct screen *screen)
{
    (void)screen;
    clearok(curscr, TRUE);
}

void screen_leave(struct screen *screen)
{
    if (!screen->left)
        endwin();
    screen->left = true;
    fflush(terminal_stream(screen->terminal));
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

// The next character of text, and what of it is no character.
static uint32_t next(const char **text)
{
    unsigned codepoint;
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
    // Where only the ambiguous ones are in doubt, a character that is wide for everybody may stay.
    if (!screen->ascii_only && width == 2)
        return codepoint;
    for (size_t i = 0; i < LENGTH(substitutes); i++) {
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
    if (row < 0 || row >= LINES || column < 0 || column >= COLS)
        return 0;
    if (columns > COLS - column)
        columns = COLS - column;
    wchar_t cell[COMBINING_MAX + 1];
    size_t length = 0;
    int used = 0, cell_at = 0;
    while (*text) {
        uint32_t codepoint = next(&text);
        int width = cells(codepoint);
        if (used + width > columns)
            break;
        uint32_t sign = shown(screen, codepoint, width);
        bool combines = width == 0;
        if (combines && (length == 0 || length >= COMBINING_MAX || sign < 0x80))
            continue;
        // A wide character that is replaced leaves no gap.
        int copies = !combines && sign != codepoint ? width : 1;
        for (int i = 0; i < copies; i++) {
            if (!combines) {
                length = 0;
                cell_at = used + i;
            }
            cell[length++] = (wchar_t)sign;
            cell[length] = L'\0';
            cchar_t complete;
            if (setcchar(&complete, cell, screen->attributes[role], screen->pairs[role], NULL) != ERR)
                mvadd_wch(
                    row, column + cell_at, &complete); // ERR in the last cell: drawn, the cursor has no place
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
