// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pc-tui/controller/controller.h"
#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_pane.h"

enum { PARTS_MAX = 8, PART_SIZE = 384, OTHERS_SHOWN_US = 10000000 };

struct part {
    enum screen_role role;
    char text[PART_SIZE];
};

struct parts {
    struct part part[PARTS_MAX];
    size_t count;
    int width;
};

__attribute__((format(printf, 3, 4))) static void add(
    struct parts *parts, enum screen_role role, const char *format, ...)
{
    if (parts->count == PARTS_MAX)
        return;
    struct part *part = &parts->part[parts->count++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(part->text, sizeof part->text, format, arguments);
    va_end(arguments);
    part->role = role;
    parts->width += screen_width(part->text);
}

// The first part is cut where it is too long; others that have no room are left out.
static void put(const struct pane *pane, const struct parts *parts, int column, int end)
{
    for (size_t i = 0; i < parts->count && column < end; i++) {
        if (i > 0 && column + screen_width(parts->part[i].text) > end)
            continue;
        column += view_put(pane, pane->row, column, end - column, parts->part[i].role, parts->part[i].text);
    }
}

static void milliseconds(char out[VIEW_NUMBER_SIZE], int64_t us)
{
    if (us < 100000)
        snprintf(out, VIEW_NUMBER_SIZE, "%d.%d", (int)(us / 1000), (int)(us / 100 % 10));
    else
        snprintf(out, VIEW_NUMBER_SIZE, "%lld", (long long)(us / 1000));
}

static void link_parts(const struct view *view, struct parts *parts)
{
    const struct link_report *link = &view->model->link;
    enum screen_role role;
    const char *sign = view_link_sign(view, &role);
    if (link->state == LINK_UP) {
        add(parts, role, "%s connected", sign);
        return;
    }
    if (link->state == LINK_CLOSED) {
        add(parts, role, "%s closed", sign);
        return;
    }
    if (link->trouble == TROUBLE_NONE && !link->reason[0]) {
        if (link->broker.host[0])
            add(parts, role, "%s connecting to %s:%d", sign, link->broker.host, link->broker.port);
        else
            add(parts, role, "%s connecting", sign);
        return;
    }
    add(parts, role, "%s %s", sign, link->reason[0] ? link->reason : "disconnected");
    int64_t left_us = view->model->link_since_us + (int64_t)link->retry_ms * 1000 - view->now_us;
    if (link->state == LINK_CONNECTING)
        add(parts, ROLE_LABEL, "  trying");
    else if (left_us > 0)
        add(parts, ROLE_LABEL, "  again in %d s", (int)((left_us + 999999) / 1000000));
}

// version: with that of MQTT.
static void left_parts(const struct view *view, struct parts *parts, bool version)
{
    const struct link_report *link = &view->model->link;
    *parts = (struct parts){.count = 0};
    enum controller_stop stop = controller_stop_state(view->controller);
    if (stop == CONTROLLER_STOP_NOT_SENT || stop == CONTROLLER_STOP_REFUSED) {
        add(parts, ROLE_ALARM, stop == CONTROLLER_STOP_NOT_SENT ? " ✗ STOP NOT SENT " : " ✗ STOP REFUSED ");
        add(parts, ROLE_TEXT, "  ");
    } else if (stop == CONTROLLER_STOP_SENT) {
        add(parts, ROLE_NOTICE, "STOP sent, no echo yet  ");
    }
    if (view->ui->all)
        add(parts, ROLE_ALARM, " ALL ");
    if (view->ui->all)
        add(parts, ROLE_TEXT, "  ");
    add(parts, ROLE_TEXT, "%s", view->root);
    // Where the link is in trouble, its reason names the broker already.
    if (link->state == LINK_UP)
        add(parts, ROLE_LABEL, " · %s:%d", link->broker.host, link->broker.port);
    if (link->state == LINK_UP && version)
        add(parts, ROLE_LABEL, " · MQTT %s", link->version == 5 ? "5" : "3.1.1");
    if (controller_read_only(view->controller))
        add(parts, ROLE_NOTICE, " · read-only");
    const struct model_others *others = &view->model->others;
    if (others->at_us > 0 && view->now_us - others->at_us < OTHERS_SHOWN_US)
        add(parts, ROLE_NOTICE, others->from[0] ? " · %s… commands too" : " · others command too",
            others->from);
}

// The last answer's time and the statistics.
static void times_parts(const struct view *view, struct parts *parts)
{
    const struct model_trips *trips = &view->model->trips;
    char last[VIEW_NUMBER_SIZE], median[VIEW_NUMBER_SIZE], max[VIEW_NUMBER_SIZE];
    if (view->model->link.state != LINK_UP || trips->count == 0)
        return;
    milliseconds(last, trips->last_us);
    milliseconds(median, trips->median_us);
    milliseconds(max, trips->max_us);
    add(parts, ROLE_TEXT, "   %s ms", last);
    add(parts, ROLE_LABEL, "  median %s  max %s", median, max);
}

// A stop that has not left, ALL and the root stay in sight in any case. Returns how wide they are.
static int least_width(const struct parts *left)
{
    int width = 0;
    for (size_t i = 0; i < left->count && (i == 0 || left->part[i - 1].role != ROLE_TEXT ||
                                              strcmp(left->part[i - 1].text, "  ") == 0);
         i++)
        width += screen_width(left->part[i].text);
    return width;
}

void view_header(const struct pane *pane)
{
    const struct view *view = pane->view;
    struct parts left, link = {.count = 0}, times = {.count = 0};
    char clock[VIEW_NUMBER_SIZE];
    left_parts(view, &left, true);
    link_parts(view, &link);
    times_parts(view, &times);
    int margin = pane->columns > 4 ? 1 : 0, end = pane->columns - margin;
    // A terminal that is slow shows a picture late. Its ages were true at the time that stands beside them.
    int clock_width = screen_width(view_clock(clock, view->wall_ms, false)) + 2;
    if (2 * margin + least_width(&left) + 2 + link.width + clock_width <= pane->columns) {
        end -= clock_width;
        view_put(pane, pane->row, end + 2, clock_width, ROLE_LABEL, clock);
    }
    int room = end - margin;
    // Where there is little room the protocol's version goes first, then the statistics, then the last time, then the left
    // end: the link's state is worth more than the address that it leads to.
    if (left.width + 2 + link.width + times.width > room)
        left_parts(view, &left, false);
    while (times.count > 0 && left.width + 2 + link.width + times.width > room)
        times.width -= screen_width(times.part[--times.count].text);
    int column = end - link.width - times.width, least = least_width(&left);
    if (column < margin + left.width + 2)
        column = column > margin + least + 2 ? column : margin + least + 2;
    put(pane, &left, margin, column - 2 > margin ? column - 2 : pane->columns);
    put(pane, &link, column, end);
    put(pane, &times, column + link.width, end);
}
