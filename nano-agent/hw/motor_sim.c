// SPDX-License-Identifier: MIT
#include "nano-agent/hw/motor_sim.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/clock.h"
#include "nano-agent/hw/sim_lines.h"

enum { WHAT_SIZE = 40, PERMILLE = 1000 };

struct sim_motor {
    struct hw_motor base;
    char name[SIM_NAME_SIZE];
    char shown[WHAT_SIZE]; // what was printed last
    bool enabled;
    enum hw_motor_turn turn;
    int64_t done_us;
};

// A change is printed. What stays as it is says nothing new.
static void show(struct sim_motor *m, const char *what)
{
    if (!strcmp(what, m->shown))
        return;
    snprintf(m->shown, sizeof m->shown, "%s", what);
    sim_lines_say(m->name, what);
}

static int sim_set(struct hw_motor *base, enum hw_motor_turn turn, int permille)
{
    static const char *const words[] = {"coast", "forward", "backward", "short"};
    struct sim_motor *m = (struct sim_motor *)base;
    if (permille < 0 || permille > PERMILLE || (turn == HW_MOTOR_SHORT && !base->can_short))
        return -EINVAL;
    if (turn != HW_MOTOR_COAST && m->turn != HW_MOTOR_COAST && m->turn != turn)
        return -EBUSY;
    char what[WHAT_SIZE];
    if (turn == HW_MOTOR_COAST)
        snprintf(what, sizeof what, "%s", words[turn]);
    else
        snprintf(what, sizeof what, "%s %d.%d %%", words[turn], permille / 10, permille % 10);
    show(m, what);
    m->turn = turn;
    base->may_turn = turn != HW_MOTOR_COAST;
    m->done_us = clock_now_us();
    return 0;
}

static int sim_enable(struct hw_motor *base, bool on)
{
    struct sim_motor *m = (struct sim_motor *)base;
    if (base->has_enable && m->enabled != on)
        sim_lines_say(m->name, on ? "enable high" : "enable low");
    m->enabled = on;
    return 0;
}

static int sim_zero(struct hw_motor *base)
{
    sim_enable(base, false);
    return sim_set(base, HW_MOTOR_COAST, 0);
}

static int sim_result(struct hw_motor *base, int64_t *done_us)
{
    *done_us = ((struct sim_motor *)base)->done_us;
    return 0;
}

static void sim_close(struct hw_motor *base)
{
    sim_zero(base);
    sim_lines_leave();
    free(base);
}

static const struct hw_motor_ops sim_ops = {
    .set = sim_set, .zero = sim_zero, .enable = sim_enable, .result = sim_result, .close = sim_close};

static bool all_are_simulated(const struct hw_address *at, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if (at[i].kind != HW_SIM)
            return false;
    }
    return true;
}

bool motor_sim_is_meant(const struct hw_motor_options *options)
{
    const struct hw_motor_line *const lines[] = {
        &options->enable, &options->direction, &options->in1, &options->in2};
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++) {
        if (lines[i]->is_set && lines[i]->at.kind != HW_SIM)
            return false;
    }
    return all_are_simulated(options->forward, options->forward_count) &&
           all_are_simulated(options->backward, options->backward_count) &&
           all_are_simulated(options->pwm, options->pwm_count);
}

int motor_sim_open(const struct hw_motor_options *options, struct hw_motor **out, char why[HW_WHY_SIZE])
{
    struct sim_motor *m = calloc(1, sizeof *m);
    if (!m) {
        snprintf(why, HW_WHY_SIZE, "out of memory");
        return -ENOMEM;
    }
    int rc = sim_lines_hold(why);
    if (rc < 0) {
        free(m);
        return rc;
    }
    m->base = (struct hw_motor){.ops = &sim_ops,
        .fd = -1,
        .period_ns = options->period_ns,
        .has_enable = options->enable.is_set,
        .can_short = hw_motor_can_short(options)};
    snprintf(m->name, sizeof m->name, "%s", options->name);
    sim_zero(&m->base);
    *out = &m->base;
    return 0;
}
