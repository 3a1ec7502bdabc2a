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

static void put(const struct pane *pane, const struct parts *parts, int column, int end)
{
    for (size_t i = 0; i < parts->count && column < end; i++)
        column += view_put(pane, pane->row, column, end - column, parts->part[i].role, parts->part[i].text);
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

static void left_parts(const struct view *view, struct parts *parts)
{
    const struct link_report *link = &view->model->link;
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
    // Where the link is in trouble its reason names the broker.
    if (link->state == LINK_UP)
        add(parts, ROLE_LABEL, " · %s:%d · MQTT %s", link->broker.host, link->broker.port,
            link->version == 5 ? "5" : "3.1.1");
    if (controller_read_only(view->controller))
        add(parts, ROLE_NOTICE, " · read-only");
    const struct model_others *others = &view->model->others;
    if (others->at_us > 0 && view->now_us - others->at_us < OTHERS_SHOWN_US)
        add(parts, ROLE_NOTICE, others->from[0] ? " · %s… commands too" : " · others command too",
            others->from);
}

void view_header(const struct pane *pane)
{
    const struct model_trips *trips = &pane->view->model->trips;
    struct parts left = {.count = 0}, link = {.count = 0}, times = {.count = 0};
    left_parts(pane->view, &left);
    link_parts(pane->view, &link);
    bool up = pane->view->model->link.state == LINK_UP;
    int margin = pane->columns > 4 ? 1 : 0;
    int room = pane->columns - 2 * margin;
    if (up && trips->count > 0) {
        char last[VIEW_NUMBER_SIZE], median[VIEW_NUMBER_SIZE], max[VIEW_NUMBER_SIZE];
        milliseconds(last, trips->last_us);
        milliseconds(median, trips->median_us);
        milliseconds(max, trips->max_us);
        add(&times, ROLE_TEXT, "   %s ms", last);
        add(&times, ROLE_LABEL, "  median %s  max %s", median, max);
        // Narrow: the statistics go first, then the last time, then the left end.
        while (times.count > 0 && left.width + 2 + link.width + times.width > room)
            times.width -= screen_width(times.part[--times.count].text);
    }
    int right = link.width + times.width;
    // The link's state is worth more than where it leads to; but STOP NOT SENT, ALL and the root stay in
    // sight.
    int least = 0;
    for (size_t i = 0; i < left.count && (i == 0 || left.part[i - 1].role != ROLE_TEXT ||
                                             strcmp(left.part[i - 1].text, "  ") == 0);
         i++)
        least += screen_width(left.part[i].text);
    int column = pane->columns - margin - right;
    if (column < margin + left.width + 2)
        column = column > margin + least + 2 ? column : margin + least + 2;
    put(pane, &left, margin, column - 2 > margin ? column - 2 : pane->columns);
    put(pane, &link, column, pane->columns - margin);
    put(pane, &times, column + link.width, pane->columns - margin);
}
