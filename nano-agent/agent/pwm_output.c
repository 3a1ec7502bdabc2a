// SPDX-License-Identifier: MIT
#include "nano-agent/agent/pwm_output.h"

#include <errno.h>

enum { FRAME_US = 20000 }; // no output is disabled sooner after its last pulse, whatever its period

static int disable(struct pwm_output *o, int64_t now_us)
{
    int rc = o->pwm->ops->enable(o->pwm, false);
    o->disable_us = rc < 0 ? now_us + OUTPUT_RETRY_US : INT64_MAX;
    if (rc == 0)
        o->enabled = false;
    return rc;
}

int pwm_output_init(struct pwm_output *o, struct hw_pwm *pwm, int64_t now_us)
{
    *o = (struct pwm_output){.pwm = pwm, .disable_us = INT64_MAX, .retry_us = INT64_MAX};
    if (!pwm->was_enabled)
        return 0;
    o->enabled = true;
    // A pulse longer than the period was cut off when the period was set: nothing comes out.
    if (pwm->found_ns <= 0 || pwm->found_ns > pwm->period_ns)
        return disable(o, now_us);
    o->driven = true;
    o->pulse_ns = pwm->found_ns;
    return 0;
}

int pwm_output_drive(struct pwm_output *o, int64_t pulse_ns)
{
    if (!o->driven || pulse_ns != o->pulse_ns || o->retry_us != INT64_MAX) {
        int rc = o->pwm->ops->set(o->pwm, pulse_ns);
        if (rc < 0)
            return rc;
        o->pulse_ns = pulse_ns;
    }
    o->retry_us = o->disable_us = INT64_MAX;
    if (!o->enabled) {
        int rc = o->pwm->ops->enable(o->pwm, true);
        if (rc < 0)
            return rc;
        o->enabled = true;
    }
    o->driven = true;
    return 0;
}

// Disabling cuts the running pulse on most hardware, and a servo follows a cut pulse. So the output emits pulse 0 for a
// whole period first.
int pwm_output_release(struct pwm_output *o, int64_t now_us)
{
    if (!o->driven)
        return 0;
    int rc = o->pwm->ops->set(o->pwm, 0);
    if (rc < 0) {
        o->retry_us = now_us + OUTPUT_RETRY_US;
        return rc;
    }
    int64_t period_us = o->pwm->period_ns / 1000;
    o->driven = false;
    o->pulse_ns = 0;
    o->retry_us = INT64_MAX;
    o->disable_us = now_us + (period_us > FRAME_US ? period_us : FRAME_US);
    return 0;
}

int pwm_output_check(struct pwm_output *o)
{
    int rc = o->pwm->ops->check ? o->pwm->ops->check(o->pwm) : 0;
    if (rc == -ESTALE) {
        o->enabled = o->driven = false;
        o->pulse_ns = 0;
        o->disable_us = o->retry_us = INT64_MAX;
    }
    bool again = o->check_refused;
    o->check_refused = rc < 0 && rc != -ESTALE;
    return o->check_refused && again ? 0 : rc;
}

int pwm_output_tick(struct pwm_output *o, int64_t now_us)
{
    if (now_us >= o->retry_us)
        pwm_output_release(o, now_us); // Its first refusal was returned; one more is nothing new.
    if (now_us < o->disable_us)
        return 0;
    bool again = o->disable_refused;
    int rc = disable(o, now_us);
    o->disable_refused = rc < 0;
    return again ? 0 : rc;
}

int64_t pwm_output_next_us(const struct pwm_output *o)
{
    return o->retry_us < o->disable_us ? o->retry_us : o->disable_us;
}
