// SPDX-License-Identifier: MIT
// The port between the agent and real things: a switch, a PWM output and an input, each a struct of function
// pointers. The agent is given opened ones and does not know what is behind them. nano-agent/hw/backend.h opens
// them.
#ifndef NANO_AGENT_HW_H
#define NANO_AGENT_HW_H

#include <stdbool.h>
#include <stdint.h>

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
    // Finds out whether the hardware still does what it was told; NULL where it forgets nothing by itself. 0, or a
    // negative errno. -ESTALE, once: it was reset (its power broke down) and has been set up again. It is then not
    // enabled, and its pulse is 0.
    int (*check)(struct hw_pwm *pwm);
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

#endif
