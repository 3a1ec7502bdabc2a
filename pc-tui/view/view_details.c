// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pc-tui/model/model_kind.h"
#include "pc-tui/ui/ui.h"
#include "pc-tui/view/view_graph.h"
#include "pc-tui/view/view_pane.h"

enum {
    LABEL_COLUMN = 1,
    VALUE_COLUMN = 14,
    GRAPH_COLUMN = 9, // behind the scale
    GRAPH_CELLS = 60, // a minute: each cell shows two points, and a point is half a second
    GRAPH_ROWS = 6,
    GRAPH_ROWS_MIN = 3,
};

// The pane while it is filled from top to bottom.
struct column {
    struct pane pane;
    int row, end;
    enum screen_role role; // of values, by the age of the report
};

static bool has_room(const struct column *column, int rows)
{
    return column->row + rows <= column->end;
}

static void put_value(struct column *column, const char *label, const char *value)
{
    if (!has_room(column, 1))
        return;
    view_put(&column->pane, column->row, LABEL_COLUMN, VALUE_COLUMN - LABEL_COLUMN - 1, ROLE_LABEL, label);
    view_put_cut(&column->pane, column->row++, VALUE_COLUMN, column->pane.columns, column->role, value);
}

static void put_angle(struct column *column, const char *label, int tenths)
{
    char number[VIEW_NUMBER_SIZE], value[VIEW_NUMBER_SIZE + 4];
    snprintf(value, sizeof value, "%s°", view_degrees(number, tenths, false));
    put_value(column, label, value);
}

static void put_fault(struct column *column, const struct status_channel *channel)
{
    struct pane text = column->pane;
    text.left += LABEL_COLUMN;
    int room = column->end - column->row;
    if (room > 0)
        column->row +=
            view_wrap(&text, column->row, room, text.columns - LABEL_COLUMN - 1, ROLE_WRONG, channel->fault);
}

static void put_servo(struct column *column, const struct status_channel *channel)
{
    char low[VIEW_NUMBER_SIZE], high[VIEW_NUMBER_SIZE], value[3 * VIEW_NUMBER_SIZE];
    if (!channel->driven)
        put_value(column, "angle", "off: may be anywhere");
    else if (channel->deg_known)
        put_angle(column, "angle", channel->deg);
    else
        put_value(column, "angle", "unknown");
    if (channel->driven && channel->target_known && channel->target != channel->deg)
        put_angle(column, "going to", channel->target);
    else if (channel->driven && channel->assumed)
        put_value(column, "", "assumed, not measured");
    if (channel->max > channel->min) {
        snprintf(value, sizeof value, "%s° to %s°", view_degrees(low, channel->min, true),
            view_degrees(high, channel->max, true));
        put_value(column, "limits", value);
    }
    if (channel->driven && channel->us > 0) {
        snprintf(value, sizeof value, "%d µs", channel->us);
        put_value(column, "pulse", value);
    }
    if (channel->res_milli > 0) {
        snprintf(value, sizeof value, "%d.%02d° a hardware step", channel->res_milli / 1000,
            channel->res_milli % 1000 / 10);
        put_value(column, "resolution", value);
    }
    if (channel->speed > 0) {
        snprintf(value, sizeof value, "%s° a second at most", view_degrees(low, channel->speed, true));
        put_value(column, "speed", value);
    }
    put_value(column, "driven", channel->driven ? "yes" : "no");
}

static void put_percent(struct column *column, const char *label, int percent)
{
    char value[VIEW_NUMBER_SIZE];
    snprintf(value, sizeof value, "%s%d %%", percent < 0 ? "−" : "", abs(percent));
    put_value(column, label, value);
}

static void put_motor(struct column *column, const struct status_channel *channel)
{
    char value[VIEW_NUMBER_SIZE];
    put_percent(column, "emits", channel->percent);
    if (channel->target != channel->percent)
        put_percent(column, "going to", channel->target);
    snprintf(value, sizeof value, "%d %%", ui_speed(column->pane.view->ui));
    put_value(column, "w and s", value);
    if (channel->max > 0) {
        snprintf(value, sizeof value, "%d %% to %d %%", channel->min, channel->max);
        put_value(column, "limits", value);
    }
    if (channel->run_ms > 0) {
        snprintf(
            value, sizeof value, "%d.%d s a command", channel->run_ms / 1000, channel->run_ms / 100 % 10);
        put_value(column, "runs", value);
    }
    put_value(column, "driven", channel->driven ? "yes" : "no");
}

static void put_scale(const struct column *column, int row, const char *text)
{
    view_put_right(&column->pane, row, LABEL_COLUMN, GRAPH_COLUMN - LABEL_COLUMN - 1, ROLE_LABEL, text);
}

static void put_graph(struct column *column, const char *title, const struct view_graph *graph,
    const char *top, const char *foot)
{
    int left = column->end - column->row - 2;
    int rows = left < GRAPH_ROWS ? left : GRAPH_ROWS;
    int cells = column->pane.columns - GRAPH_COLUMN - 1;
    cells = cells < GRAPH_CELLS ? cells : GRAPH_CELLS;
    if (rows < GRAPH_ROWS_MIN || cells < 8)
        return;
    column->row++;
    view_put(&column->pane, column->row++, LABEL_COLUMN, column->pane.columns, ROLE_LABEL, title);
    put_scale(column, column->row, top);
    put_scale(column, column->row + rows - 1, foot);
    view_graph(&column->pane, column->row, GRAPH_COLUMN, rows, cells, column->role, graph);
    column->row += rows;
}

static void put_channel_graph(
    struct column *column, const struct model_device *device, int index, const struct status_channel *channel)
{
    int values[TRACE_POINTS];
    char top[VIEW_NUMBER_SIZE], foot[VIEW_NUMBER_SIZE];
    const struct model_kind *kind = model_kind(channel->id.kind);
    if (!device->trace || !kind->sample)
        return;
    model_trace_channel(
        device->trace, (size_t)index, model_stale_after_us(device), column->pane.view->now_us, values);
    struct view_graph graph = {.values = values, .count = TRACE_POINTS, .min = 0, .max = 1};
    const char *title = "state, the last minute";
    snprintf(top, sizeof top, "on");
    snprintf(foot, sizeof foot, "off");
    if (kind->step == UNIT_DEGREES && channel->max > channel->min) {
        char number[VIEW_NUMBER_SIZE];
        title = "angle, the last minute";
        graph.min = channel->min;
        graph.max = channel->max;
        snprintf(top, sizeof top, "%.40s°", view_degrees(number, channel->max, true));
        snprintf(foot, sizeof foot, "%.40s°", view_degrees(number, channel->min, true));
    } else if (model_is_motor(channel)) {
        title = "percent, the last minute";
        graph.min = -100;
        graph.max = 100;
        snprintf(top, sizeof top, "100 %%");
        snprintf(foot, sizeof foot, "−100 %%");
    } else if (kind->step == UNIT_PERCENT) {
        title = "percent, the last minute";
        graph.max = 100;
        snprintf(top, sizeof top, "100 %%");
        snprintf(foot, sizeof foot, "0 %%");
    }
    put_graph(column, title, &graph, top, foot);
}

// The smallest of 1, 2, 5, 10, 20, 50 and so on that is no less than the longest answer, in milliseconds.
static int scale_ms(const int values[TRACE_POINTS])
{
    static const int factors[] = {2, 5, 10};
    int longest = 0;
    for (int i = 0; i < TRACE_POINTS; i++)
        longest = values[i] > longest ? values[i] : longest;
    int scale = 1;
    for (int decade = 1; scale * 1000 < longest && decade < 1000000; decade *= 10)
        for (size_t i = 0; i < 3 && scale * 1000 < longest; i++)
            scale = decade * factors[i];
    return scale;
}

static void put_answers_graph(struct column *column, const struct model_device *device)
{
    int values[TRACE_POINTS];
    char top[VIEW_NUMBER_SIZE];
    if (!device->trace)
        return;
    model_trace_trips(device->trace, column->pane.view->now_us, values);
    int scale = scale_ms(values);
    struct view_graph graph = {.values = values, .count = TRACE_POINTS, .min = 0, .max = scale * 1000};
    snprintf(top, sizeof top, "%d ms", scale);
    put_graph(column, "answers, the last minute", &graph, top, "0 ms");
}

void view_details(const struct pane *pane)
{
    const struct view *view = pane->view;
    const struct model_device *device = view_device(view);
    if (!device || device->tutorial)
        return;
    enum presence presence = model_presence(device, view->now_us);
    struct column column = {.pane = *pane,
        .row = pane->row,
        .end = pane->row + pane->rows,
        .role = view_age_role(presence, ROLE_TEXT)};
    int index = ui_focused(view->ui);
    if (index >= 0) {
        const struct status_channel *channel = &device->status->channels[index];
        char name[VIEW_NAME_SIZE];
        int used = view_put(pane, column.row, LABEL_COLUMN, pane->columns, ROLE_FOCUS, channel->id.name);
        used += view_putf(pane, column.row, LABEL_COLUMN + used, pane->columns, ROLE_LABEL, "  %s of ",
            channel_kind_name(channel->id.kind));
        int room = pane->columns - LABEL_COLUMN - used;
        view_put(pane, column.row++, LABEL_COLUMN + used, room, ROLE_TEXT,
            view_cut_middle(name, view_name(view, device), room));
        char value[MODEL_VALUE_SIZE];
        if (channel->fault[0])
            put_fault(&column, channel);
        else if (model_is_servo(channel))
            put_servo(&column, channel);
        else if (model_is_motor(channel))
            put_motor(&column, channel);
        else
            put_value(&column, "state", model_value(value, channel));
        if (channel->id.stops_off)
            put_value(&column, "STOP", "turns it off");
        put_channel_graph(&column, device, index, channel);
    }
    put_answers_graph(&column, device);
    struct pane health = column.pane;
    health.row = column.row + 1;
    health.rows = column.end - health.row;
    if (health.rows > 0)
        view_health_histories(&health);
}
