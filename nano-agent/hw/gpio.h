// SPDX-License-Identifier: MIT
// What gpio_v1.c and gpio_v2.c share: finding a chip by its label, the sentences of what can go wrong; and
// what both tell of a line without taking it.
#ifndef NANO_AGENT_HW_GPIO_H
#define NANO_AGENT_HW_GPIO_H

#include "nano-agent/hw/backend.h"

enum {
    GPIO_PATH_SIZE = 280,
    GPIO_HOLDER_SIZE = 64,
    GPIO_EDGES_AT_ONCE = 64, // read_edges takes about so many at most
};

// Asks label(path, …) of each /dev/gpiochip* until one is `wanted`; its path goes to path. By label, because
// chip numbers change from boot to boot; and not by libgpiod 1's own search, which gives up where any chip is
// closed to us, without saying which. label returns 0 or a negative errno. 0, or a negative errno with a
// sentence in why.
int gpio_find_chip(const char *wanted, int (*label)(const char *path, char out[HW_CHIP_MAX + 1]),
    char path[GPIO_PATH_SIZE], char why[HW_WHY_SIZE]);

// 0 where a chip with so many lines has the line of `at`; else -EINVAL with a sentence in why.
int gpio_check_range(const struct hw_address *at, size_t lines, char why[HW_WHY_SIZE]);

// The sentence for what failed with a positive errno. holder: the consumer of a busy line, NULL = it has no
// name. Returns -error.
int gpio_refuse(const struct hw_address *at, int error, const char *holder, char why[HW_WHY_SIZE]);

struct gpio_look {
    bool used;
    char holder[GPIO_HOLDER_SIZE]; // "" = nobody, or one without a name
};

// Who holds a line, taking nothing. 0, or a negative errno with a sentence in why: the chip or the line is
// not there, or not for this user.
int gpio_look(const struct hw_address *at, struct gpio_look *out, char why[HW_WHY_SIZE]);

// The version of libgpiod at run time: "1.6.3".
const char *gpio_library_version(void);

#endif
