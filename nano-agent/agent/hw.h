// SPDX-License-Identifier: MIT
// The port between the agent and real things: a switch, a PWM output, an input and a motor, each a struct of function
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

// What the outputs of a motor do.
enum hw_motor_turn {
    HW_MOTOR_COAST, // all sides off
    HW_MOTOR_FORWARD,
    HW_MOTOR_BACKWARD,
    HW_MOTOR_SHORT, // both sides on: the motor brakes itself
};

// All outputs of one motor, as one thing. A request returns at once and may be carried out later, in order, by the
// thread of the bus; fd says when. A newer request takes the place of one that still waits, but a zero that waits goes
// before everything else and is never dropped.
struct hw_motor;
struct hw_motor_ops {
    // Asks for a turn with a duty cycle of 0 to 1000 permille (COAST: 0). Outputs side by side on one chip change at the
    // same moment. The caller keeps the dead time. 0 or a negative errno.
    int (*set)(struct hw_motor *motor, enum hw_motor_turn turn, int permille);
    // Asks that nothing turns: `enable` low and GPIO lines before anything else and before this returns, then the rest.
    // It is always written, whatever was written before, and read back where the hardware can be read.
    int (*zero)(struct hw_motor *motor);
    // The driver's own enable input; 0 where there is none. Takes effect before it returns. 0 or a negative errno.
    int (*enable)(struct hw_motor *motor, bool on);
    // Asks whether the hardware still does what it was told; NULL where it forgets nothing by itself. It is asked while no other
    // request is outstanding. 0 or a negative errno. The result is -ESTALE where a chip was reset (its power broke down):
    // it has been set up again, and all its channels are off.
    int (*check)(struct hw_motor *motor);
    // What became of the newest request: 0 = every output has acknowledged it (and a zero was read back as zero), *done_us
    // is then when (CLOCK_MONOTONIC microseconds); -EINPROGRESS = not yet; another negative errno = it failed. fd is not
    // readable any longer.
    int (*result)(struct hw_motor *motor, int64_t *done_us);
    void (*close)(struct hw_motor *motor); // writes zero, waits for it 200 ms at most, frees motor
};
struct hw_motor {
    const struct hw_motor_ops *ops;
    int fd; // becomes readable when the result of a request is there; -1 = results are always there at once
    int64_t period_ns; // of its PWM
    bool has_enable;
    bool can_short;
    bool may_turn; // it was asked to turn, and no zero after that is known to have reached all outputs
};

#endif
