// SPDX-License-Identifier: MIT
// What gpio_v1.c and gpio_v2.c have in common: how a chip is found by its label, and the sentences for what can go
// wrong. Each of the two files implements gpio_look and gpio_library_version.
#ifndef NANO_AGENT_HW_GPIO_H
#define NANO_AGENT_HW_GPIO_H

#include "nano-agent/hw/backend.h"

enum {
    GPIO_PATH_SIZE = 280,
    GPIO_HOLDER_SIZE = 64,
    GPIO_EDGES_AT_ONCE = 64, // read_edges takes about so many at most
};

// Finds the chip whose label is `wanted` and copies its path (/dev/gpiochipN). The numbers of chips change from boot to
// boot, so they are of no use. label reads the label of the chip at a path and returns 0 or a negative errno. The search
// of libgpiod 1 is not used: it gives up at the first chip that this user may not open, and does not say which that is.
// Returns 0, or a negative errno with a sentence in why.
int gpio_find_chip(const char *wanted, int (*label)(const char *path, char out[HW_CHIP_MAX + 1]),
    char path[GPIO_PATH_SIZE], char why[HW_WHY_SIZE]);

// Checks that a chip with so many lines has the line of `at`. 0, or -EINVAL with a sentence in why.
int gpio_check_range(const struct hw_address *at, size_t lines, char why[HW_WHY_SIZE]);

// Writes the sentence for a request that failed with the positive errno `error`. holder is the consumer of a busy line,
// NULL = it has no name. Returns -error.
int gpio_refuse(const struct hw_address *at, int error, const char *holder, char why[HW_WHY_SIZE]);

struct gpio_look {
    bool used;
    char holder[GPIO_HOLDER_SIZE]; // "" = nobody, or one without a name
};

// Finds out who holds a line, without requesting it. 0, or a negative errno with a sentence in why: the chip or the line
// is not there, or this user may not open it.
int gpio_look(const struct hw_address *at, struct gpio_look *out, char why[HW_WHY_SIZE]);

// The version of libgpiod at run time: "1.6.3".
const char *gpio_library_version(void);

#endif
