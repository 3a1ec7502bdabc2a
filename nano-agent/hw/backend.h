// SPDX-License-Identifier: MIT
// Where an output is, and the table of back ends that open it. A back end is one file of this folder for one real
// thing.
#ifndef NANO_AGENT_BACKEND_H
#define NANO_AGENT_BACKEND_H

#include <stddef.h>

#include "nano-agent/agent/hw.h"

enum { HW_WHY_SIZE = 512, HW_CHIP_MAX = 63 };

// The kind of back end that drives an output.
enum hw_backend_kind { HW_SIM, HW_GPIO, HW_PWM_SYSFS, HW_PCA9685 };

// Where an output is, after `pin N` was looked up in the board's table.
struct hw_address {
    enum hw_backend_kind kind;
    // The label of a GPIO chip, the name of a PWM device (7000a000.pwm) or pwmchipN, or an I2C bus (i2c-1).
    char chip[HW_CHIP_MAX + 1];
    unsigned line;              // GPIO line, PWM channel, PCA9685 channel
    unsigned i2c_address;       // PCA9685 only
    unsigned pin;               // header pin it came from, 0 = none
    char text[HW_CHIP_MAX + 1]; // as the configuration wrote it, for messages
};

enum hw_bias { HW_BIAS_NONE, HW_BIAS_UP, HW_BIAS_DOWN };

struct hw_gpio_options {
    const char *consumer; // shown by gpioinfo
    bool active_low;
    bool initial;      // logical level a switch starts with, from the first instant
    enum hw_bias bias; // inputs; none = as the line is
};

// A back end opens outputs of its kind. The simulated one is used only where the address asks for it.
struct hw_backend {
    const char *name;
    enum hw_backend_kind kind;
    // Each function returns 0, or a negative errno with one sentence in why (path, pin or line, what would be
    // right). A function is NULL where this back end has no such output.
    int (*open_switch)(const struct hw_address *at, const struct hw_gpio_options *options,
        struct hw_switch **out, char why[HW_WHY_SIZE]);
    int (*open_pwm)(
        const struct hw_address *at, int64_t period_ns, struct hw_pwm **out, char why[HW_WHY_SIZE]);
    int (*open_input)(const struct hw_address *at, const struct hw_gpio_options *options,
        struct hw_input **out, char why[HW_WHY_SIZE]);
};
extern const struct hw_backend hw_sim, hw_gpio, hw_pwm_sysfs, hw_pca9685;
// The back end of a kind; NULL where the build has none.
const struct hw_backend *hw_backend_of(enum hw_backend_kind kind);

// Tells the simulated back end which channel the next output opened belongs to. The simulated outputs print each
// change under that name to stdout ("12.345 tilt 1500 us").
void hw_sim_name_next(const char *channel);

#endif
