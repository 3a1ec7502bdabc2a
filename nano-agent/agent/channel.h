// SPDX-License-Identifier: MIT
// One configured channel and its hardware: what each kind can be made to do, what is due when, what it
// reports. Pure: hardware is behind hw.h, now_us (CLOCK_MONOTONIC microseconds) a parameter. Functions that
// touch the hardware return 0 or the negative errno of the hardware, which then still does what it did
// before.
#ifndef NANO_AGENT_CHANNEL_H
#define NANO_AGENT_CHANNEL_H

#include "nano-agent/agent/agent.h"

enum { INPUT_RUNS_PER_SECOND = 10 };

struct channel {
    struct agent_channel_config config;
    union agent_output out;

    struct motion motion; // servo
    int64_t idle_us;      // servo: when idle_off is due; INT64_MAX = not
    int64_t stopped_us;   // servo: when it was stopped last
    int percent;          // dimmer: emitted now
    int last_percent;     // dimmer: what NAME_on brings back; 0 = none yet
    bool enabled;         // servo, dimmer: the PWM runs, if only with pulse 0
    bool driven;          // … with a pulse
    int64_t pulse_ns;     // … this one
    int64_t disable_us;   // pulse 0 was set, and at this time has lasted for a period; INT64_MAX = not
    bool on;              // switch, dimmer, input

    int64_t settle_us; // input: edges are ignored until then, then it is read; INT64_MAX = not
    int64_t owed_us;   // input: when the command that had to wait may run; INT64_MAX = none waits
    bool ran;          // input: the level whose command ran last
    int64_t runs_us[INPUT_RUNS_PER_SECOND]; // input: when the latest commands ran, a ring
    size_t run_next;
};

// Takes over what the hardware does, then does what `start` says. kept: where an earlier run left this servo,
// NULL = not known.
int channel_init(struct channel *c, const struct agent_channel_config *config, union agent_output out,
    const struct position *kept, int64_t now_us);

// Servo. *limit: cut by a limit. -ERANGE where no pulse inside the limits can be emitted.
int channel_go(struct channel *c, int tenths, int64_t now_us, bool *limit);
int channel_step(struct channel *c, int delta_tenths, int64_t now_us, bool *limit);
// Holds now, and starts the time during which motion is refused. Powers nothing.
void channel_hold(struct channel *c, int64_t now_us);
void channel_stop(struct channel *c, int64_t now_us);
bool channel_is_stopped(const struct channel *c, int64_t now_us);

// Switch and dimmer. percent: 0 to 100.
int channel_switch(struct channel *c, bool on, int64_t now_us);
int channel_dim(struct channel *c, int percent, int64_t now_us);

// Stops driving: a switch is set to off, a PWM emits nothing from now and is disabled a period later.
int channel_off(struct channel *c, int64_t now_us);

// Frames of motion, idle_off and the disabling of a PWM, as far as due. *changed is set where the report did.
int channel_tick(struct channel *c, int64_t now_us, bool *changed);
int64_t channel_next_us(const struct channel *c);

void channel_report(const struct channel *c, struct status_channel *out);

#endif
