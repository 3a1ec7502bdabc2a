// SPDX-License-Identifier: MIT
#include "pc-tui/view/view_format.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/text.h"
#include "pc-tui/ui/ui.h"

int view_put(
    const struct pane *pane, int row, int column, int columns, enum screen_role role, const char *text)
{
    if (column < 0 || column >= pane->columns)
        return 0;
    if (columns > pane->columns - column)
        columns = pane->columns - column;
    return screen_put(pane->screen, row, pane->left + column, columns, role, text);
}

int view_put_cut(
    const struct pane *pane, int row, int column, int columns, enum screen_role role, const char *text)
{
    int used = view_put(pane, row, column, columns, role, text);
    int room = columns < pane->columns - column ? columns : pane->columns - column;
    if (room > 0 && screen_width(text) > room) {
        view_put(pane, row, column + room - 1, 1, role, "…");
        return room;
    }
    return used;
}

int view_putf(
    const struct pane *pane, int row, int column, int columns, enum screen_role role, const char *format, ...)
{
    char text[VIEW_SENTENCE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return view_put(pane, row, column, columns, role, text);
}

int view_repeat(
    const struct pane *pane, int row, int column, int count, enum screen_role role, const char *sign)
{
    char text[VIEW_REPEAT_MAX * 4 + 1];
    size_t len = strlen(sign), used = 0;
    for (int i = 0; i < count && used + len < sizeof text; i++, used += len)
        memcpy(text + used, sign, len);
    text[used] = '\0';
    return view_put(pane, row, column, count, role, text);
}

char *view_cut_middle(char out[VIEW_NAME_SIZE], const char *name, int width)
{
    int len = (int)strlen(name);
    // A root may hold other letters than ASCII; it is cut at its end then, as everything else.
    if (len <= width || width < 3 || screen_width(name) != len) {
        snprintf(out, VIEW_NAME_SIZE, "%s", name);
        return out;
    }
    int head = (width - 1) / 2, tail = width - 1 - head;
    snprintf(out, VIEW_NAME_SIZE, "%.*s…%s", head, name, name + len - tail);
    return out;
}

const struct model_device *view_device(const struct view *view)
{
    int index = ui_device(view->ui);
    if (index < 0 || (size_t)index >= view->model->count)
        return NULL;
    return view->model->devices[index];
}

const char *view_name(const struct view *view, const struct model_device *device)
{
    return model_label(view->model, device);
}

enum screen_role view_age_role(enum presence presence, enum screen_role live)
{
    return presence == PRESENCE_LIVE || presence == PRESENCE_TUTORIAL ? live : ROLE_LABEL;
}

char *view_degrees(char out[VIEW_NUMBER_SIZE], int tenths, bool whole)
{
    int size = abs(tenths);
    const char *sign = tenths < 0 ? "−" : "";
    if (whole && size % 10 == 0)
        snprintf(out, VIEW_NUMBER_SIZE, "%s%d", sign, size / 10);
    else
        snprintf(out, VIEW_NUMBER_SIZE, "%s%d.%d", sign, size / 10, size % 10);
    return out;
}

char *view_clock(char out[VIEW_NUMBER_SIZE], int64_t wall_ms, bool milliseconds)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm local;
    if (!localtime_r(&seconds, &local)) {
        snprintf(out, VIEW_NUMBER_SIZE, "--:--:--");
        return out;
    }
    size_t len = strftime(out, VIEW_NUMBER_SIZE, "%H:%M:%S", &local);
    if (milliseconds)
        snprintf(out + len, VIEW_NUMBER_SIZE - len, ".%03d", (int)(wall_ms % 1000));
    return out;
}

char *view_span(char out[VIEW_NUMBER_SIZE], int64_t us)
{
    if (us < 0)
        us = 0;
    int64_t s = us / 1000000;
    if (s < 10)
        snprintf(out, VIEW_NUMBER_SIZE, "%" PRId64 ".%" PRId64 " s", s, us / 100000 % 10);
    else if (s < 120)
        snprintf(out, VIEW_NUMBER_SIZE, "%" PRId64 " s", s);
    else if (s < 7200)
        snprintf(out, VIEW_NUMBER_SIZE, "%" PRId64 " min", s / 60);
    else
        snprintf(out, VIEW_NUMBER_SIZE, "%" PRId64 " h", s / 3600);
    return out;
}

const char *view_link_sign(const struct view *view, enum screen_role *role)
{
    switch (view->model->link.state) {
    case LINK_UP:
        *role = ROLE_LIVE;
        return "◉";
    case LINK_CONNECTING:
        // A next attempt after a failure is still a failure until it succeeds.
        *role = view->model->link.trouble == TROUBLE_NONE ? ROLE_NOTICE : ROLE_WRONG;
        return view->model->link.trouble == TROUBLE_NONE ? "◌" : "✗";
    case LINK_WAITING:
    case LINK_CLOSED:
        break;
    }
    *role = ROLE_WRONG;
    return "✗";
}

// How many bytes of text fit into so many columns, at least one character. It is cut at its last blank where it has one.
static size_t first_line(const char *text, int columns)
{
    size_t fits = 0, blank = 0;
    int width = 0;
    while (text[fits]) {
        unsigned codepoint;
        size_t used = text_decode(text + fits, strnlen(text + fits, 4), &codepoint);
        if (used == 0)
            used = 1;
        char character[5] = "";
        memcpy(character, text + fits, used);
        width += screen_width(character);
        if (text[fits] == ' ')
            blank = fits;
        if (width > columns && fits > 0)
            return blank > 0 ? blank : fits;
        fits += used;
    }
    return fits;
}

int view_wrap(
    const struct pane *pane, int row, int rows, int columns, enum screen_role role, const char *text)
{
    int lines = 0;
    if (columns < 1)
        return *text ? 1 : 0;
    while (*text && lines < VIEW_SENTENCE_LINES) {
        char line[VIEW_SENTENCE_SIZE];
        size_t len = first_line(text, columns);
        snprintf(line, sizeof line, "%.*s", (int)len, text);
        if (pane && lines < rows)
            view_put(pane, row + lines, pane->columns > 2 ? 1 : 0, columns, role, line);
        lines++;
        text += len;
        while (*text == ' ')
            text++;
    }
    return lines;
}

void view_put_right(
    const struct pane *pane, int row, int column, int width, enum screen_role role, const char *text)
{
    int used = screen_width(text);
    view_put(pane, row, used < width ? column + width - used : column, width, role, text);
}
