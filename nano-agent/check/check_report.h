// SPDX-License-Identifier: MIT
// What a check is about, and how it tells what it finds.
#ifndef NANO_AGENT_CHECK_REPORT_H
#define NANO_AGENT_CHECK_REPORT_H

#include <stdio.h>

#include "nano-agent/config/config.h"
#include "nano-agent/hw/gpio.h"

struct check {
    const struct config *config;
    const char *model;       // NULL = no known board
    const char *root;        // in front of /sys, for tests
    const char *device_tree; // its folder
    const char *kernel;      // its release: "4.9.253-tegra"
    const char *user;        // who asks
    const char *gpio_version;
    int (*gpio_look)(const struct hw_address *at, struct gpio_look *out, char why[HW_WHY_SIZE]);
    int (*pca9685_probe)(const struct hw_address *at, char why[HW_WHY_SIZE]);
    int (*pad_read)(uint32_t address, uint32_t *value); // as board_pad_read
    bool wants_jetson_io; // a PWM pin is not switched to PWM, as far as can be seen
    FILE *out;
    unsigned wrong; // findings so far that are not ok
};

// Prints a finding: a line that begins with "ok" or with "!!". After a "!!" comes a line with `mend`, which is what to
// do or to write, without a line end.
void check_ok(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
void check_wrong(struct check *check, const char *mend, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Whether a kernel's release ("4.9.253-tegra") is older than that version.
bool check_older_than(const char *release, int major, int minor);

#endif
