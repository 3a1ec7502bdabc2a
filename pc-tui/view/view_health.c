// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>

#include "pc-tui/view/view_graph.h"
#include "pc-tui/view/view_pane.h"

enum {
    CPU_FOOT = 300, // tenths of a degree: the foot of the bars, a cool board
    CPU_TOP = 1000, // their top: these boards throttle at 97 °C and above
    HOT = 800,
    TOO_HOT = 950,
    BAR_CELLS = 8,
    LOAD_TOP = 400,    // hundredths: four processors busy
    WATTS_TOP = 10000, // milliwatts: what the barrel jack's mode of a Nano may take
    LABEL_COLUMN = 1,  // of the histories
    VALUE_COLUMN = 6,
    HISTORY_COLUMN = 15,
};

static void up_time(char out[VIEW_NUMBER_SIZE], int64_t s)
{
    if (s < 3600)
        snprintf(out, VIEW_NUMBER_SIZE, "%" PRId64 " min", s / 60);
    else if (s < 86400)
        snprintf(out, VIEW_NUMBER_SIZE, "%" PRId64 " h %02" PRId64, s / 3600, s / 60 % 60);
    else
        snprintf(out, VIEW_NUMBER_SIZE, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
}

static enum screen_role heat_role(int cpu_c)
{
    return cpu_c >= TOO_HOT ? ROLE_WRONG : cpu_c >= HOT ? ROLE_NOTICE : ROLE_TEXT;
}

static const char *heat_words(int cpu_c)
{
    return cpu_c >= TOO_HOT ? " ✗ too hot" : cpu_c >= HOT ? " hot" : "";
}

static const struct model_device *device_with_health(const struct view *view)
{
    const struct model_device *device = view_device(view);
    return device && !device->tutorial && device->status->health.has != 0 ? device : NULL;
}

// One figure of the row: its name, its value and a gap. Returns the cells used.
static int put_figure(
    const struct pane *pane, int column, const char *name, enum screen_role role, const char *value)
{
    int used = view_put(pane, pane->row, column, pane->columns, ROLE_LABEL, name);
    return used + view_put(pane, pane->row, column + used, pane->columns, role, value) + 3;
}

// Writes a figure's value with its unit; false where the machine does not tell it.
static bool figure_value(
    char out[VIEW_NUMBER_SIZE], const struct status_health *health, enum model_figure figure)
{
    switch (figure) {
    case FIGURE_CPU_C:
        snprintf(out, VIEW_NUMBER_SIZE, "%d °C", (health->cpu_c + 5) / 10);
        return health->has & HEALTH_CPU_C;
    case FIGURE_LOAD:
        snprintf(out, VIEW_NUMBER_SIZE, "%d.%02d", health->load / 100, health->load % 100);
        return health->has & HEALTH_LOAD;
    case FIGURE_MEM:
        snprintf(out, VIEW_NUMBER_SIZE, "%d %%", (health->mem + 5) / 10);
        return health->has & HEALTH_MEM;
    case FIGURE_GPU:
        snprintf(out, VIEW_NUMBER_SIZE, "%d %%", (health->gpu + 5) / 10);
        return health->has & HEALTH_GPU;
    case FIGURE_MILLIWATTS:
        snprintf(out, VIEW_NUMBER_SIZE, "%d.%d W", health->milliwatts / 1000, health->milliwatts / 100 % 10);
        return health->has & HEALTH_WATTS;
    case FIGURE_COUNT:
        break;
    }
    return false;
}

static const struct {
    const char *name;
    int min, max;
} figures[FIGURE_COUNT] = {
    [FIGURE_CPU_C] = {"CPU", CPU_FOOT, CPU_TOP},
    [FIGURE_LOAD] = {"load", 0, LOAD_TOP},
    [FIGURE_MEM] = {"mem", 0, 1000},
    [FIGURE_GPU] = {"GPU", 0, 1000},
    [FIGURE_MILLIWATTS] = {"power", 0, WATTS_TOP},
};

static struct view_graph history_of(const struct model_device *device, enum model_figure figure)
{
    return (struct view_graph){.values = device->history[figure],
        .count = (int)device->history_count,
        .min = figures[figure].min,
        .max = figures[figure].max};
}

bool view_health(const struct pane *pane)
{
    const struct view *view = pane->view;
    const struct model_device *device = device_with_health(view);
    if (!device)
        return false;
    if (pane->rows <= 0)
        return true;
    const struct status_health *health = &device->status->health;
    enum presence presence = model_presence(device, view->now_us);
    enum screen_role role = view_age_role(presence, ROLE_TEXT);
    char value[VIEW_NUMBER_SIZE];
    int column = 1;
    if (figure_value(value, health, FIGURE_CPU_C)) {
        enum screen_role heat = view_age_role(presence, heat_role(health->cpu_c));
        struct view_graph history = history_of(device, FIGURE_CPU_C);
        column += put_figure(pane, column, "CPU ", heat, value) - 3;
        column += view_put(pane, pane->row, column, 12, heat, heat_words(health->cpu_c)) + 1;
        column += view_bars(pane, pane->row, column, BAR_CELLS, heat, &history) + 3;
    }
    if (figure_value(value, health, FIGURE_LOAD)) {
        column += put_figure(pane, column, "load ", role, value);
    } else if (health->has & HEALTH_CPU) {
        snprintf(value, sizeof value, "%d %%", (health->cpu + 5) / 10);
        column += put_figure(pane, column, "busy ", role, value);
    }
    if (figure_value(value, health, FIGURE_MEM))
        column += put_figure(pane, column, "mem ", role, value);
    if (figure_value(value, health, FIGURE_GPU))
        column += put_figure(pane, column, "GPU ", role, value);
    if (figure_value(value, health, FIGURE_MILLIWATTS))
        column += put_figure(pane, column, "", role, value);
    if (health->has & HEALTH_UP) {
        up_time(value, health->up_s);
        put_figure(pane, column, "up ", role, value);
    }
    return true;
}

int view_health_histories(const struct pane *pane)
{
    const struct view *view = pane->view;
    const struct model_device *device = device_with_health(view);
    int used = 0;
    if (!device)
        return 0;
    const struct status_health *health = &device->status->health;
    enum presence presence = model_presence(device, view->now_us);
    for (int i = 0; i < FIGURE_COUNT && used < pane->rows; i++) {
        char value[VIEW_NUMBER_SIZE];
        enum model_figure figure = (enum model_figure)i;
        if (!figure_value(value, health, figure))
            continue;
        enum screen_role role =
            view_age_role(presence, figure == FIGURE_CPU_C ? heat_role(health->cpu_c) : ROLE_TEXT);
        int row = pane->row + used++;
        struct view_graph history = history_of(device, figure);
        view_put(pane, row, LABEL_COLUMN, 5, ROLE_LABEL, figures[i].name);
        view_put_right(pane, row, VALUE_COLUMN, HISTORY_COLUMN - VALUE_COLUMN - 2, role, value);
        view_bars(pane, row, HISTORY_COLUMN, pane->columns - HISTORY_COLUMN - 1, role, &history);
    }
    if (used < pane->rows && (health->has & HEALTH_UP)) {
        char value[VIEW_NUMBER_SIZE];
        up_time(value, health->up_s);
        view_put(pane, pane->row + used, LABEL_COLUMN, 5, ROLE_LABEL, "up");
        view_put(pane, pane->row + used++, VALUE_COLUMN + 1, 24, view_age_role(presence, ROLE_TEXT), value);
    }
    return used;
}
