// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "nano-agent/agent/channel.h"

enum { STEP = 100 }; // permille that NAME_faster and NAME_slower without a number change

static int init(struct channel *c, const struct position *kept, int64_t now_us)
{
    (void)kept;
    return motor_init(&c->motor, &c->config.motor, c->out.motor, now_us);
}

// "60", "12.5": permille as percent. Both count tenths.
static const char *percent(char out[16], int permille)
{
    return protocol_format_tenths(out, permille);
}

// What can be emitted of a wish that is not 0. limit says where it was cut.
static int within(const struct motor_config *config, int wish, char limit[PROTOCOL_WHY_SIZE])
{
    char text[16];
    int size = abs(wish);
    if (size > config->max) {
        size = config->max;
        snprintf(limit, PROTOCOL_WHY_SIZE, "cut at %s %%", percent(text, size));
    } else if (size < config->min) {
        size = config->min;
        snprintf(limit, PROTOCOL_WHY_SIZE, "%s %%: less does not turn it", percent(text, size));
    }
    return wish < 0 ? -size : size;
}

static int go(struct channel *c, int wish, int64_t now_us, char limit[PROTOCOL_WHY_SIZE])
{
    int run_ms = c->config.run_ms;
    if (c->brief && run_ms > PROTOCOL_RUN_PLAIN_MS)
        run_ms = PROTOCOL_RUN_PLAIN_MS;
    return motor_go(
        &c->motor, within(&c->config.motor, wish, limit), now_us + (int64_t)run_ms * 1000, now_us);
}

// A speed of 0 is allowed and turns nothing: a slider that is moved to its end must not leave the motor at min.
static int set_speed(struct channel *c, int wish, char limit[PROTOCOL_WHY_SIZE])
{
    c->motor.speed = wish > 0 ? within(&c->config.motor, wish, limit) : 0;
    if (wish < 0)
        snprintf(limit, PROTOCOL_WHY_SIZE, "cut at 0 %%");
    return 0;
}

static int change_speed(struct channel *c, int by, char limit[PROTOCOL_WHY_SIZE])
{
    char text[16];
    int before = c->motor.speed, wish = before + by;
    if (before == 0 && by < 0)
        wish = 0;
    else if (wish < c->config.motor.min)
        wish = c->config.motor.min;
    set_speed(c, wish, limit);
    if (c->motor.speed == before)
        snprintf(limit, PROTOCOL_WHY_SIZE, "already at %s %%", percent(text, before));
    return 0;
}

static int turn(
    struct channel *c, const struct vocabulary_match *match, int64_t now_us, char limit[PROTOCOL_WHY_SIZE])
{
    int size = match->has_number ? match->tenths : c->motor.speed;
    if (size > 0)
        return go(c, match->verb == VERB_FORWARD ? size : -size, now_us, limit);
    snprintf(limit, PROTOCOL_WHY_SIZE, "its speed is 0 %%");
    return motor_rest(&c->motor, true, now_us);
}

static int execute(
    struct channel *c, const struct vocabulary_match *match, int64_t now_us, char limit[PROTOCOL_WHY_SIZE])
{
    int step = match->has_number ? match->tenths : STEP;
    switch (match->verb) {
    case VERB_SET:
        return go(c, match->tenths, now_us, limit);
    case VERB_FORWARD:
    case VERB_BACKWARD:
        return turn(c, match, now_us, limit);
    case VERB_SPEED:
        return set_speed(c, match->tenths, limit);
    case VERB_FASTER:
        return change_speed(c, step, limit);
    case VERB_SLOWER:
        return change_speed(c, -step, limit);
    case VERB_STOP:
        return motor_rest(&c->motor, true, now_us);
    default:
        return motor_rest(&c->motor, false, now_us);
    }
}

static int stop(struct channel *c, int64_t now_us)
{
    return motor_rest(&c->motor, false, now_us);
}

// No policy holds a motor or turns it.
static int apply(struct channel *c, enum policy policy, int64_t now_us)
{
    (void)policy;
    return motor_rest(&c->motor, false, now_us);
}

static void cut(struct channel *c)
{
    motor_cut(&c->motor);
}

static int tick(struct channel *c, int64_t now_us, bool *changed)
{
    return motor_tick(&c->motor, now_us, changed);
}

static int64_t next_us(const struct channel *c)
{
    return motor_next_us(&c->motor);
}

static int whole_percent(int permille)
{
    return (permille + (permille < 0 ? -5 : 5)) / 10;
}

static int left_ms(const struct channel *c)
{
    int64_t left_us = c->motor.target != 0 ? c->motor.until_us - c->report_us : 0;
    int ms = left_us > 0 ? (int)((left_us + 999) / 1000) : 0;
    return ms < c->config.run_ms ? ms : c->config.run_ms;
}

static void report(const struct channel *c, struct status_channel *out)
{
    const struct motor *m = &c->motor;
    out->axis = c->config.axis;
    out->percent = whole_percent(m->value);
    out->target = whole_percent(m->target);
    out->speed = whole_percent(m->speed);
    out->min = whole_percent(m->config.min);
    out->max = whole_percent(m->config.max);
    out->run_ms = c->config.run_ms;
    out->left_ms = left_ms(c);
    out->driven = motor_is_driven(m);
}

// A motor that may not be at zero is told in the place of figures that may be wrong, and for a while one that was
// stopped because its chip was reset.
static int fault(const struct channel *c)
{
    return c->motor.error < 0 ? c->motor.error : c->motor.reset ? -ESTALE : 0;
}

static bool interrupted(struct channel *c)
{
    bool was = c->motor.interrupted;
    c->motor.interrupted = false;
    return was;
}

const struct channel_ops channel_motor = {
    .port = PORT_MOTOR,
    .is_first = true,
    .init = init,
    .execute = execute,
    .apply = apply,
    .stop = stop,
    .cut = cut,
    .tick = tick,
    .next_us = next_us,
    .fault = fault,
    .interrupted = interrupted,
    .report = report,
};
