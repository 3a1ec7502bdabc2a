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
    while (*count > 1 && width_of(items, *count, gap) > room) {
        size_t at = least(items, *count, false);
        memmove(&items[at], &items[at + 1], (*count - at - 1) * sizeof items[0]);
        (*count)--;
    }
    return width_of(items, *count, GAP) <= room ? GAP : gap;
}

// The label of the STOP key; while a stop has not left, that is what it says where no header can say it.
static const char *stop_label(enum controller_stop state, bool header_shown, int width)
{
    if (!header_shown && state == CONTROLLER_STOP_NOT_SENT)
        return width >= 17 ? " ✗ STOP NOT SENT " : "NOT SENT";
    if (!header_shown && state == CONTROLLER_STOP_REFUSED)
        return width >= 16 ? " ✗ STOP REFUSED " : "REFUSED";
    return width >= 12 ? " SPACE STOP " : width >= 10 ? "SPACE STOP" : "STOP";
}

void view_footer(const struct pane *pane, bool header_shown)
{
    static struct footer_item items[ITEMS_MAX];
    const struct view *view = pane->view;
    int row = pane->row, end = pane->columns;
    enum screen_role link_role;
    const char *sign = view_link_sign(view, &link_role);
    if (!header_shown) {
        end--;
        view_put(pane, row, end, 1, link_role, sign);
    }
    enum controller_stop state = controller_stop_state(view->controller);
    enum screen_role role = !header_shown && state >= CONTROLLER_STOP_REFUSED ? ROLE_ALARM : ROLE_STOP;
    int column = view_put(pane, row, 0, end, role, stop_label(state, header_shown, end)) + 1;
    size_t count = ui_footer(view->ui, screen_is_ascii(pane->screen), items, ITEMS_MAX);
    if (count == 0)
        return;
    int gap = fit(items, &count, end - column);
    for (size_t i = 1; i < count; i++) {
        column += view_put(pane, row, column, end - column, ROLE_TEXT, items[i].keys);
        if (items[i].keys[0] && items[i].label[0])
            column++;
        column += view_put(pane, row, column, end - column, ROLE_LABEL, items[i].label) + gap;
    }
}
