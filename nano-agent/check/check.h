// SPDX-License-Identifier: MIT
// nano-agent check: whether configuration, hardware and broker are as they should be. Changes nothing. Each
// finding is a line that begins with "ok" or "!!"; after a "!!" comes a line with what mends it.
#ifndef NANO_AGENT_CHECK_H
#define NANO_AGENT_CHECK_H

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
    FILE *out;
    unsigned wrong; // findings so far that are not ok
};

// The machine that this program runs on.
void check_init(struct check *check, const struct config *config, FILE *out);

// A finding. mend: what to do or write, without a line's end.
void check_ok(struct check *check, const char *format, ...) __attribute__((format(printf, 2, 3)));
void check_wrong(struct check *check, const char *mend, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

void check_software(struct check *check); // configuration, libgpiod and kernel, board, user
void check_outputs(
    struct check *check); // of each channel: there, ours to open, nobody else's, its pin what it should be
void check_brokers(struct check *check); // each broker: reachable within 3 s, login and subscription allowed

// All of it. Returns the exit status: 0 all is well, 1 something is not.
int check_run(const struct config *config, FILE *out);

#endif
