// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>

#include "pc-tui/view/view_pane.h"

enum {
    SPARK_MIN = 300,  // tenths of a degree: the foot of the sparkline, a cool board
    SPARK_MAX = 1000, // its top: these boards throttle at 97 °C and above
    HOT = 800,
    TOO_HOT = 950,
    SPARK_CELLS = 8,
};

static int put_spark(
    const struct pane *pane, int column, const struct model_device *device, enum screen_role role, int cells)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    size_t count = device->cpu_count, first = count > (size_t)cells ? count - (size_t)cells : 0;
    int start = column;
    for (size_t i = first; i < count; i++) {
        int level = (device->cpu_c[i] - SPARK_MIN) * 8 / (SPARK_MAX - SPARK_MIN);
        level = level < 0 ? 0 : level > 7 ? 7 : level;
        column += screen_put(pane->screen, pane->row, column, 1, role, bars[level]);
    }
    return column - start;
}

static void up_time(char out[VIEW_NUMBER_SIZE], int64_t s)
{
    if (s < 3600)
        snprintf(out, VIEW_NUMBER_SIZE, "%" PRId64 " min", s / 60);
    else if (s < 86400)
        snprintf(out, VIEW_NUMBER_SIZE, "%" PRId64 " h %02" PRId64, s / 3600, s / 60 % 60);
    else
        snprintf(out, VIEW_NUMBER_SIZE, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
}

bool view_health(const struct pane *pane)
{
    const struct view *view = pane->view;
    const struct model_device *device = view_device(view);
    if (!device || device->tutorial || device->status->health.has == 0)
        return false;
    if (pane->rows <= 0)
        return true;
    const struct status_health *health = &device->status->health;
    enum presence presence = model_presence(device, view->now_us);
    enum screen_role label = ROLE_LABEL, value = view_age_role(presence, ROLE_TEXT);
    int column = 1, end = pane->columns, row = pane->row;
    struct screen *screen = pane->screen;
    if (health->has & HEALTH_CPU_C) {
        enum screen_role heat = health->cpu_c >= TOO_HOT ? ROLE_WRONG
                                : health->cpu_c >= HOT   ? ROLE_NOTICE
                                                         : ROLE_TEXT;
        heat = view_age_role(presence, heat);
        column += screen_put(screen, row, column, end, label, "CPU ");
        column += screen_putf(screen, row, column, end, heat, "%d °C%s ", (health->cpu_c + 5) / 10,
            health->cpu_c >= TOO_HOT ? " ✗ too hot"
            : health->cpu_c >= HOT   ? " hot"
                                     : "");
        column += put_spark(pane, column, device, heat, end >= 120 ? 2 * SPARK_CELLS : SPARK_CELLS) + 3;
    }
    if (health->has & HEALTH_LOAD) {
        column += screen_put(screen, row, column, end, label, "load ");
        column +=
            screen_putf(screen, row, column, end, value, "%d.%02d", health->load / 100, health->load % 100) +
            3;
    } else if (health->has & HEALTH_CPU) {
        column += screen_put(screen, row, column, end, label, "busy ");
        column += screen_putf(screen, row, column, end, value, "%d %%", (health->cpu + 5) / 10) + 3;
    }
    if (health->has & HEALTH_MEM) {
        column += screen_put(screen, row, column, end, label, "mem ");
        column += screen_putf(screen, row, column, end, value, "%d %%", (health->mem + 5) / 10) + 3;
    }
    if (health->has & HEALTH_GPU) {
        column += screen_put(screen, row, column, end, label, "GPU ");
        column += screen_putf(screen, row, column, end, value, "%d %%", (health->gpu + 5) / 10) + 3;
    }
    if (health->has & HEALTH_WATTS)
        column += screen_putf(screen, row, column, end, value, "%d.%d W", health->milliwatts / 1000,
                      health->milliwatts / 100 % 10) +
                  3;
    if (health->has & HEALTH_UP) {
        char up[VIEW_NUMBER_SIZE];
        up_time(up, health->up_s);
        column += screen_put(screen, row, column, end, label, "up ");
        screen_put(screen, row, column, end, value, up);
    }
    return true;
}
