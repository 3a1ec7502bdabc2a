// SPDX-License-Identifier: MIT
#include "nano-agent/hw/gpio.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int only_gpiochips(const struct dirent *entry)
{
    return !strncmp(entry->d_name, "gpiochip", 8);
}

static const char *hint_of(int error)
{
    return error == EACCES || error == EPERM ? " (is this user in group gpio?)" : "";
}

// The kernel of JetPack 7 and the one without NVIDIA's changes give the chip of a Thor different labels.
static bool is_label(const char *label, const char *wanted)
{
    static const char *const thor[] = {"tegra264-gpio", "tegra264-gpio-main"};
    if (!strcmp(label, wanted))
        return true;
    return (!strcmp(label, thor[0]) && !strcmp(wanted, thor[1])) ||
           (!strcmp(label, thor[1]) && !strcmp(wanted, thor[0]));
}

int gpio_find_chip(const char *wanted, int (*label)(const char *path, char out[HW_CHIP_MAX + 1]),
    char path[GPIO_PATH_SIZE], char why[HW_WHY_SIZE])
{
    struct dirent **entries = NULL;
    int count = scandir("/dev", &entries, only_gpiochips, versionsort);
    char closed[400] = "", there[200] = "";
    size_t len = 0;
    bool found = false;
    int error = -ENODEV;
    for (int i = 0; i < count; i++) {
        char candidate[GPIO_PATH_SIZE], name[HW_CHIP_MAX + 1];
        snprintf(candidate, sizeof candidate, "/dev/%s", entries[i]->d_name);
        free(entries[i]);
        if (found)
            continue;
        int rc = label(candidate, name);
        if (rc == 0 && is_label(name, wanted)) {
            snprintf(path, GPIO_PATH_SIZE, "%s", candidate);
            found = true;
        } else if (rc == 0 && len < sizeof there) {
            len += (size_t)snprintf(there + len, sizeof there - len, "%s%s", len ? ", " : "", name);
        } else if (rc < 0 && !closed[0]) {
            error = rc;
            snprintf(closed, sizeof closed, "%s: %s%s", candidate, strerror(-rc), hint_of(-rc));
        }
    }
    free(entries);
    if (found)
        return 0;
    if (closed[0])
        snprintf(why, HW_WHY_SIZE, "gpiochip %s: not among those that open; %s", wanted, closed);
    else
        snprintf(
            why, HW_WHY_SIZE, "gpiochip %s: not there%s%s", wanted, there[0] ? "; there is " : "", there);
    return error;
}

int gpio_check_range(const struct hw_address *at, size_t lines, char why[HW_WHY_SIZE])
{
    if (at->line < lines)
        return 0;
    snprintf(why, HW_WHY_SIZE, "%s has lines 0 to %zu, no %u", at->chip, lines - 1, at->line);
    return -EINVAL;
}

int gpio_refuse(const struct hw_address *at, int error, const char *holder, char why[HW_WHY_SIZE])
{
    if (error == EBUSY)
        snprintf(why, HW_WHY_SIZE, "%s:%u is held by %s; stop that, or use another pin", at->chip, at->line,
            holder ? holder : "the kernel or a program without a name");
    else
        snprintf(why, HW_WHY_SIZE, "%s:%u: %s%s", at->chip, at->line, strerror(error), hint_of(error));
    return -error;
}
