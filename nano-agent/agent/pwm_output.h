// SPDX-License-Identifier: MIT
// One PWM output and what is known of it: driven with a pulse, released without a cut pulse, released again until the
// hardware obeys. Pure: hardware is behind hw.h, now_us (CLOCK_MONOTONIC microseconds) is a parameter.
#ifndef NANO_AGENT_PWM_OUTPUT_H
#define NANO_AGENT_PWM_OUTPUT_H

#include "nano-agent/agent/hw.h"

enum { OUTPUT_RETRY_US = 250000 }; // between two attempts to switch off what refused to be

struct pwm_output {
    struct hw_pwm *pwm;
    bool enabled;         // the PWM runs, if only with pulse 0
    bool driven;          // it runs with a pulse
    int64_t pulse_ns;     // that pulse; 0 while it is not driven
    int64_t disable_us;   // pulse 0 was set, and at this time it has lasted for a period; INT64_MAX = not
    bool disable_refused; // the hardware refused to disable it, and that was returned
    bool check_refused;   // the hardware could not be asked, and that was returned
    int64_t retry_us; // the hardware refused to release it; then it is asked again; INT64_MAX = it did not
};

// Takes over what the hardware was found doing. A PWM that runs has outlived an agent: with a pulse it is driven,
// without one its release was cut short and is completed. 0, or the negative errno of the hardware.
int pwm_output_init(struct pwm_output *o, struct hw_pwm *pwm, int64_t now_us);

// Emits a pulse, and enables the output where it is not. 0, or the negative errno of the hardware, which then still does
// what it did before.
int pwm_output_drive(struct pwm_output *o, int64_t pulse_ns);

// Emits no pulse from now on; the output is disabled one period later by pwm_output_tick. Where the hardware refuses,
// pwm_output_tick tries again until it obeys or pwm_output_drive is called. 0, or the negative errno of the hardware.
int pwm_output_release(struct pwm_output *o, int64_t now_us);

// Asks the hardware whether it still does what it was told. -ESTALE where it was reset: it is then not driven. Another
// negative errno where it cannot be asked, once until it can be.
int pwm_output_check(struct pwm_output *o);

// Does what is due. Returns the negative errno of a refusal that was not returned before, else 0.
int pwm_output_tick(struct pwm_output *o, int64_t now_us);
// When pwm_output_tick is next due; INT64_MAX = nothing is.
int64_t pwm_output_next_us(const struct pwm_output *o);

#endif
