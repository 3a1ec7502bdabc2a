// SPDX-License-Identifier: MIT
// Header pin -> GPIO chip and line, PWM chip and channel. The table is generated at build time from
// boards.csv (JetPack 4 names for Nano, TX1, TX2; JetPack 5 and later for Xavier, Orin, Thor) and
// boards-l4t32.csv (Xavier NX and AGX under JetPack 4: models ending in _L4T32).
#ifndef NANO_AGENT_BOARD_H
#define NANO_AGENT_BOARD_H

#include <stddef.h>

struct board_pin {
    const char *model;     // JETSON_NANO, …
    unsigned pin;          // 1 to 40
    const char *gpio_chip; // label
    unsigned gpio_line;
    const char *pwm_device; // NULL = no PWM
    unsigned pwm_channel;
};
extern const struct board_pin board_pins[];
extern const size_t board_pin_count;

#define BOARD_COMPATIBLE_PATH "/proc/device-tree/compatible"

// The table's model for this machine from a device tree's `compatible` (NUL-separated), or NULL.
const char *board_detect(const char *compatible_path);
// The same from its contents and the kernel's release ("4.9.253-tegra" is JetPack 4).
const char *board_from_compatible(const char *compatible, size_t len, const char *kernel_release);

const struct board_pin *board_find(const char *model, unsigned pin);
// The pin where a chip's line, or a device's PWM channel, ends; NULL where it is not on the header.
const struct board_pin *board_find_gpio(const char *model, const char *chip, unsigned line);
const struct board_pin *board_find_pwm(const char *model, const char *device, unsigned channel);

// True where the table has this model.
int board_known(const char *model);
// The i-th different model, or NULL after the last.
const char *board_model(size_t i);

#endif
