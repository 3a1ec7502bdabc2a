// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "pc-tui/controller/controller.h"
#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_pane.h"

enum { ITEMS_MAX = 32, GAP = 2 };

static int item_width(const struct footer_item *item)
{
    return screen_width(item->keys) + (item->keys[0] && item->label[0]) + screen_width(item->label);
}

// The way to all the others, and the way out: in sight before anything else is.
static bool leads(const struct footer_item *item)
{
    return strcmp(item->keys, "?") == 0 || strcmp(item->keys, "q") == 0;
}

// Leaves out whole items, from the end on, until the rest fits.
static size_t fit(struct footer_item *items, size_t count, int room)
{
    int width = -GAP;
    for (size_t i = 1; i < count; i++)
        width += item_width(&items[i]) + GAP;
    for (int even_those = 0; even_those < 2; even_those++) {
        for (size_t i = count - 1; i > 0 && width > room; i--) {
            if (!even_those && leads(&items[i]))
                continue;
            width -= item_width(&items[i]) + GAP;
            memmove(&items[i], &items[i + 1], (count - i - 1) * sizeof items[0]);
            count--;
        }
    }
    return count;
}

void view_footer(const struct pane *pane, bool header_shown)
{
    static struct footer_item items[ITEMS_MAX];
    const struct view *view = pane->view;
    struct screen *screen = pane->screen;
    int row = pane->row, end = pane->columns;
    enum screen_role link_role, role = ROLE_STOP;
    const char *sign = view_link_sign(view, &link_role);
    if (!header_shown) {
        end--;
        screen_put(screen, row, end, 1, link_role, sign);
    }
    const char *stop = " SPACE STOP ";
    if (end < 12)
        stop = end >= 10 ? "SPACE STOP" : "STOP";
    if (!header_shown && controller_stop_state(view->controller) == CONTROLLER_STOP_NOT_SENT) {
        role = ROLE_ALARM;
        stop = end >= 17 ? " ✗ STOP NOT SENT " : "NOT SENT";
    }
    int column = screen_put(screen, row, 0, end, role, stop) + 1;
    size_t count = ui_footer(view->ui, screen_is_ascii(screen), items, ITEMS_MAX);
    if (count == 0)
        return;
    count = fit(items, count, end - column);
    for (size_t i = 1; i < count; i++) {
        column += screen_put(screen, row, column, end - column, ROLE_TEXT, items[i].keys);
        if (items[i].keys[0] && items[i].label[0])
            column++;
        column += screen_put(screen, row, column, end - column, ROLE_LABEL, items[i].label) + GAP;
    }
}
