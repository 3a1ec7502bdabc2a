// SPDX-License-Identifier: MIT
// The seam between the agent and real things: a switch, a PWM output, an input, each a struct of function
// pointers, opened by the back end that its address names. Back ends live in nano-agent/hw/, one file a real
// thing.
#ifndef NANO_AGENT_HW_H
#define NANO_AGENT_HW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HW_WHY_SIZE = 512, HW_CHIP_MAX = 63 };

enum hw_bus { HW_SIM, HW_GPIO, HW_PWM_SYSFS, HW_PCA9685 };

// Where an output is, after `pin N` was looked up in the board's table.
struct hw_address {
    enum hw_bus bus;
    char
        chip[HW_CHIP_MAX + 1]; // GPIO chip label, PWM device name (7000a000.pwm) or pwmchipN, I2C bus (i2c-1)
    unsigned line;             // GPIO line, PWM channel, PCA9685 channel
    unsigned i2c_address;      // PCA9685 only
    unsigned pin;              // header pin it came from, 0 = none
    char text[HW_CHIP_MAX + 1]; // as the configuration wrote it, for messages
};

struct hw_switch;
struct hw_switch_ops {
    int (*set)(struct hw_switch *sw, bool on); // 0 or a negative errno
    void (*close)(struct hw_switch *sw);       // frees sw
};
struct hw_switch {
    const struct hw_switch_ops *ops;
};

// A PWM output. Pulses are nanoseconds of each period.
struct hw_pwm;
struct hw_pwm_ops {
    // Sets the pulse, 0 <= pulse_ns <= period_ns, rounding as the hardware does. 0 or a negative errno.
    int (*set)(struct hw_pwm *pwm, int64_t pulse_ns);
    // Starts or stops the output. Enabling emits the pulse set last. 0 or a negative errno.
    int (*enable)(struct hw_pwm *pwm, bool on);
    void (*close)(struct hw_pwm *pwm); // frees pwm; leaves the output as it is
};
struct hw_pwm {
    const struct hw_pwm_ops *ops;
    int64_t period_ns;
    uint32_t steps;   // a period has so many steps: the pulse is period_ns * k / steps; 0 = any nanosecond
    bool was_enabled; // found running when opened (after a crash)
    int64_t found_ns; // the pulse it was then running with
};

struct hw_input;
struct hw_input_ops {
    // Consumes what made fd readable. *level gets the logical level of the last edge seen, *edges how many
    // there were. 0 or a negative errno; -EAGAIN where nothing waits.
    int (*read_edges)(struct hw_input *input, bool *level, unsigned *edges);
    int (*get)(struct hw_input *input, bool *level); // the level now
    void (*close)(struct hw_input *input);           // frees input
};
struct hw_input {
    const struct hw_input_ops *ops;
    int fd; // readable when an edge came; -1 where there is none to wait for
};

struct hw_gpio_options {
    const char *consumer; // shown by gpioinfo
    bool active_low;
    bool initial; // logical level a switch starts with, from the first instant
    int bias;     // inputs: 0 as is, 1 pull-up, 2 pull-down
};

// A table of named back ends: hw.c chooses by bus, never the simulated one unless the address says so.
struct hw_backend {
    const char *name;
    enum hw_bus bus;
    // Each returns 0, or a negative errno with one sentence in why (path, pin or line, what would be right).
    // NULL = cannot.
    int (*open_switch)(const struct hw_address *at, const struct hw_gpio_options *options,
        struct hw_switch **out, char why[HW_WHY_SIZE]);
    int (*open_pwm)(
        const struct hw_address *at, int64_t period_ns, struct hw_pwm **out, char why[HW_WHY_SIZE]);
    int (*open_input)(const struct hw_address *at, const struct hw_gpio_options *options,
        struct hw_input **out, char why[HW_WHY_SIZE]);
};
extern const struct hw_backend hw_sim, hw_gpio, hw_pwm_sysfs, hw_pca9685;
const struct hw_backend *hw_backend_of(enum hw_bus bus);

// What the simulated outputs do with each change: prints it, by default to stdout ("12.345 tilt 1500 us").
// The line is flushed at once.
void hw_sim_name_next(const char *channel); // the channel that the next output opened belongs to

#endif
