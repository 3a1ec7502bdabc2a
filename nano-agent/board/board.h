// SPDX-License-Identifier: MIT
// Header pin -> GPIO chip and line, PWM chip and channel. The table is generated at build time from
// boards.csv (JetPack 4 names for Nano, TX1, TX2; JetPack 5 and later for Xavier, Orin, Thor) and
// boards-l4t32.csv (Xavier NX and AGX under JetPack 4: models ending in _L4T32).
#ifndef NANO_AGENT_BOARD_H
#define NANO_AGENT_BOARD_H

#include <stdbool.h>
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

enum { BOARD_PINS = 40 };

#define BOARD_DEVICE_TREE "/proc/device-tree"

// The folder of the device tree: $NANO_AGENT_DEVICE_TREE where that is set (containers do not see their
// machine's, tests have their own), else BOARD_DEVICE_TREE.
const char *board_device_tree(void);

// The table's model for this machine from the `compatible` (NUL-separated) of a device tree, or NULL.
const char *board_detect(const char *device_tree);
// The same from its contents and the kernel's release ("4.9.253-tegra" is JetPack 4).
const char *board_from_compatible(const char *compatible, size_t len, const char *kernel_release);

const struct board_pin *board_find(const char *model, unsigned pin);
// The header pin to which a chip's line, or a device's PWM channel, leads; NULL where it leads to none.
const struct board_pin *board_find_gpio(const char *model, const char *chip, unsigned line);
const struct board_pin *board_find_pwm(const char *model, const char *device, unsigned channel);

// The name of a header pin that is no GPIO: "3V3", "5V", "GND", "I2C SDA", "UART TX". NULL for a pin that may be GPIO,
// and for numbers outside 1 to BOARD_PINS. Every board has the same layout, which is that of the Raspberry Pi.
const char *board_legend(unsigned pin);
// True where the pin is power or ground.
bool board_is_power(unsigned pin);

// The bus (N of /dev/i2c-N) on a model's header: that of pins 3 and 5, or if second_bus that of pins 27 and 28. -1 = not
// known.
int board_i2c_bus(const char *model, bool second_bus);

// True where the channel turns the fan of the developer kit (its device tree's node pwm-fan).
bool board_is_fan(const char *model, const char *device, unsigned channel);

// True where the table has this model.
bool board_known(const char *model);
// The i-th different model, or NULL after the last.
const char *board_model(size_t i);

#endif
