// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "pc-tui/controller/controller.h"
#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_pane.h"

enum { ITEMS_MAX = 48, GAP = 2, GAP_MIN = 1 };

static int item_width(const struct footer_item *item)
{
    return screen_width(item->keys) + (item->keys[0] && item->label[0]) + screen_width(item->label);
}

static int width_of(const struct footer_item *items, size_t count, int gap)
{
    int width = -gap;
    for (size_t i = 1; i < count; i++)
        width += item_width(&items[i]) + gap;
    return width;
}

// The item that is worth least, the last of several; 0 where there is none left but STOP.
static size_t least(const struct footer_item *items, size_t count, bool only_long)
{
    size_t found = 0;
    for (size_t i = 1; i < count; i++) {
        if (only_long && strcmp(items[i].label, items[i].brief) == 0)
            continue;
        if (found == 0 || items[i].worth >= items[found].worth)
            found = i;
    }
    return found;
}

static void remove_item(struct footer_item *items, size_t *count, size_t at)
{
    memmove(&items[at], &items[at + 1], (*count - at - 1) * sizeof items[0]);
    (*count)--;
}

// Makes the items fit: first the labels get brief, then the gaps get narrow, then whole items go, always what is worth
// least. Returns the gap.
static int fit(struct footer_item *items, size_t *count, int room)
{
    int gap = GAP;
    while (width_of(items, *count, gap) > room) {
        size_t at = least(items, *count, true);
        if (at == 0)
            break;
        memcpy(items[at].label, items[at].brief, sizeof items[at].label);
    }
    if (width_of(items, *count, gap) > room)
        gap = GAP_MIN;
    while (*count > 1 && width_of(items, *count, gap) > room)
        remove_item(items, count, least(items, *count, false));
    return width_of(items, *count, GAP) <= room ? GAP : gap;
}

// The label of the STOP key. While a stop has not left, the label says so where no header can.
static const char *stop_label(enum controller_stop state, bool header_shown, int width)
{
    if (!header_shown && state == CONTROLLER_STOP_NOT_SENT)
        return width >= 17 ? " ✗ STOP NOT SENT " : "NOT SENT";
    if (!header_shown && state == CONTROLLER_STOP_REFUSED)
        return width >= 16 ? " ✗ STOP REFUSED " : "REFUSED";
    return width >= 12 ? " SPACE STOP " : width >= 10 ? "SPACE STOP" : "STOP";
}

static void put_items(
    const struct pane *pane, int row, int column, const struct footer_item *items, size_t count, int gap)
{
    int end = pane->columns;
    for (size_t i = 1; i < count; i++) {
        column += view_put(pane, row, column, end - column, ROLE_TEXT, items[i].keys);
        if (items[i].keys[0] && items[i].label[0])
            column++;
        column += view_put(pane, row, column, end - column, ROLE_LABEL, items[i].label) + gap;
    }
}

static const struct footer_item *find(const struct footer_item *items, size_t count, const char *keys)
{
    for (size_t i = 1; i < count; i++) {
        if (strcmp(items[i].keys, keys) == 0)
            return &items[i];
    }
    return NULL;
}

// Keys that the footer shows without a word, or not at all, stand with their words in the row above.
// items: all of them; what has no room is taken out.
static void put_rest(const struct pane *pane, const struct footer_item *shown, size_t shown_count,
    struct footer_item *items, size_t every)
{
    size_t count = 1;
    int room = pane->columns - 2;
    for (size_t i = 1; i < every; i++) {
        const struct footer_item *item = find(shown, shown_count, items[i].keys);
        if (items[i].label[0] && (!item || !item->label[0]))
            items[count++] = items[i];
    }
    while (count > 1 && width_of(items, count, GAP) > room)
        remove_item(items, &count, least(items, count, false));
    put_items(pane, pane->row - 1, 1, items, count, GAP);
}

void view_footer(const struct pane *pane, bool header_shown)
{
    static struct footer_item items[ITEMS_MAX], shown[ITEMS_MAX];
    const struct view *view = pane->view;
    struct pane whole = *pane;
    int row = pane->row;
    enum screen_role link_role;
    const char *sign = view_link_sign(view, &link_role);
    if (!header_shown) {
        whole.columns--;
        view_put(pane, row, whole.columns, 1, link_role, sign);
    }
    enum controller_stop state = controller_stop_state(view->controller);
    enum screen_role role = !header_shown && state >= CONTROLLER_STOP_REFUSED ? ROLE_ALARM : ROLE_STOP;
    int column =
        view_put(&whole, row, 0, whole.columns, role, stop_label(state, header_shown, whole.columns)) + 1;
    size_t every = ui_footer(view->ui, screen_is_ascii(pane->screen), items, ITEMS_MAX), count = every;
    if (every == 0)
        return;
    memcpy(shown, items, every * sizeof items[0]);
    int gap = fit(shown, &count, whole.columns - column);
    put_items(&whole, row, column, shown, count, gap);
    if (pane->rows > 1)
        put_rest(pane, shown, count, items, every);
}
