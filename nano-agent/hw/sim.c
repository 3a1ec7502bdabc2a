// SPDX-License-Identifier: MIT
// Outputs that are lines on stdout: what an operator would see at the pins, without the pins.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "nano-agent/hw/sim_lines.h"

struct sim_switch {
    struct hw_switch base;
    char name[SIM_NAME_SIZE];
    bool on;
};

struct sim_pwm {
    struct hw_pwm base;
    char name[SIM_NAME_SIZE];
    int64_t pulse_ns;
    int64_t shown_us; // the pulse that was printed last; -1 = "off"
    bool enabled;
};

struct sim_input {
    struct hw_input base;
};

static int switch_set(struct hw_switch *base, bool on)
{
    struct sim_switch *sw = (struct sim_switch *)base;
    if (sw->on != on)
        sim_lines_say(sw->name, on ? "on" : "off");
    sw->on = on;
    return 0;
}

static void switch_close(struct hw_switch *base)
{
    sim_lines_leave();
    free(base);
}

static const struct hw_switch_ops switch_ops = {switch_set, switch_close};

static int open_switch(const struct hw_address *at, const struct hw_gpio_options *options,
    struct hw_switch **out, char why[HW_WHY_SIZE])
{
    (void)at;
    struct sim_switch *sw = calloc(1, sizeof *sw);
    if (!sw) {
        snprintf(why, HW_WHY_SIZE, "out of memory");
        return -ENOMEM;
    }
    int rc = sim_lines_hold(why);
    if (rc < 0) {
        free(sw);
        return rc;
    }
    sw->base.ops = &switch_ops;
    sim_lines_name(sw->name);
    switch_set(&sw->base, options->initial);
    *out = &sw->base;
    return 0;
}

static void pwm_show(struct sim_pwm *pwm)
{
    int64_t us = pwm->enabled ? (pwm->pulse_ns + 500) / 1000 : -1;
    if (us == pwm->shown_us)
        return;
    pwm->shown_us = us;
    char text[32] = "off";
    if (us >= 0)
        snprintf(text, sizeof text, "%" PRId64 " us", us);
    sim_lines_say(pwm->name, text);
}

static int pwm_set(struct hw_pwm *base, int64_t pulse_ns)
{
    struct sim_pwm *pwm = (struct sim_pwm *)base;
    if (pulse_ns < 0 || pulse_ns > base->period_ns)
        return -EINVAL;
    if (base->steps) {
        // To the nearest step, as Tegra's PWM does (pwm-tegra.c).
        int64_t step = (pulse_ns * base->steps + base->period_ns / 2) / base->period_ns;
        pulse_ns = base->period_ns * step / base->steps;
    }
    pwm->pulse_ns = pulse_ns;
    pwm_show(pwm);
    return 0;
}

static int pwm_enable(struct hw_pwm *base, bool on)
{
    struct sim_pwm *pwm = (struct sim_pwm *)base;
    pwm->enabled = on;
    pwm_show(pwm);
    return 0;
}

static void pwm_close(struct hw_pwm *base)
{
    sim_lines_leave();
    free(base);
}

static const struct hw_pwm_ops pwm_ops = {.set = pwm_set, .enable = pwm_enable, .close = pwm_close};

static int open_pwm(
    const struct hw_address *at, int64_t period_ns, struct hw_pwm **out, char why[HW_WHY_SIZE])
{
    struct sim_pwm *pwm = calloc(1, sizeof *pwm);
    if (!pwm) {
        snprintf(why, HW_WHY_SIZE, "out of memory");
        return -ENOMEM;
    }
    int rc = sim_lines_hold(why);
    if (rc < 0) {
        free(pwm);
        return rc;
    }
    pwm->base.ops = &pwm_ops;
    pwm->base.period_ns = period_ns;
    pwm->base.steps = at->line;
    pwm->shown_us = -1;
    sim_lines_name(pwm->name);
    *out = &pwm->base;
    return 0;
}

static int input_read_edges(struct hw_input *base, bool *level, unsigned *edges)
{
    (void)base;
    *level = false;
    *edges = 0;
    return -EAGAIN;
}

static int input_get(struct hw_input *base, bool *level)
{
    (void)base;
    *level = false;
    return 0;
}

static void input_close(struct hw_input *base)
{
    free(base);
}

static const struct hw_input_ops input_ops = {input_read_edges, input_get, input_close};

static int open_input(const struct hw_address *at, const struct hw_gpio_options *options,
    struct hw_input **out, char why[HW_WHY_SIZE])
{
    (void)at;
    (void)options;
    struct sim_input *input = calloc(1, sizeof *input);
    if (!input) {
        snprintf(why, HW_WHY_SIZE, "out of memory");
        return -ENOMEM;
    }
    input->base.ops = &input_ops;
    input->base.fd = -1;
    *out = &input->base;
    return 0;
}

const struct hw_backend hw_sim = {"sim", HW_SIM, open_switch, open_pwm, open_input};
