// SPDX-License-Identifier: MIT
#include "nano-agent/agent/channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct channel_ops *const kinds[] = {
    [CHANNEL_SERVO] = &channel_servo,
    [CHANNEL_SWITCH] = &channel_switch,
    [CHANNEL_DIMMER] = &channel_dimmer,
    [CHANNEL_INPUT] = &channel_input,
    [CHANNEL_MOTOR] = &channel_motor,
};
_Static_assert(sizeof kinds / sizeof kinds[0] == CHANNEL_KINDS, "every kind has a row");

enum channel_port channel_port(enum channel_kind kind)
{
    return kinds[kind]->port;
}

bool channel_keeps_position(enum channel_kind kind)
{
    return kinds[kind]->keeps_position;
}

bool channel_is_first(enum channel_kind kind)
{
    return kinds[kind]->is_first;
}

int channel_init(struct channel *c, const struct agent_channel_config *config, union agent_output out,
    const struct position *kept, int64_t now_us)
{
    memset(c, 0, sizeof *c);
    c->config = *config;
    c->out = out;
    c->ops = kinds[config->id.kind];
    c->idle_us = c->retry_us = INT64_MAX;
    c->stopped_us = INT64_MIN / 2;
    return c->ops->init(c, kept, now_us);
}

void channel_advise(const struct channel *c, char *out, size_t size)
{
    out[0] = '\0';
    // A dimmer has no angles that a step could be measured in.
    int res = c->ops->keeps_position ? motion_res_milli(&c->config.motion) : 0;
    if (res <= c->config.step * 100)
        return;
    char step[16];
    snprintf(out, size,
        "servo %s: this PWM moves it by %d.%d degrees at least, more than its step of %s; a PCA9685 is finer, and so is a "
        "higher hz where the servo is a digital one",
        c->config.id.name, res / 1000, res % 1000 / 100, protocol_format_tenths(step, c->config.step));
}

int channel_execute(
    struct channel *c, const struct vocabulary_match *match, int64_t now_us, char limit[PROTOCOL_WHY_SIZE])
{
    limit[0] = '\0';
    return c->ops->execute ? c->ops->execute(c, match, now_us, limit) : 0;
}

int channel_apply(struct channel *c, enum policy policy, int64_t now_us)
{
    return c->ops->apply ? c->ops->apply(c, policy, now_us) : 0;
}

void channel_cut(struct channel *c)
{
    if (c->ops->cut)
        c->ops->cut(c);
}

int channel_stop(struct channel *c, bool refuses, int64_t now_us)
{
    if (!c->ops->stop || (c->ops->stops_by_choice && !c->config.id.stops_off))
        return 0;
    if (refuses)
        c->stopped_us = now_us;
    return c->ops->stop(c, now_us);
}

bool channel_is_stopped(const struct channel *c, int64_t now_us)
{
    return now_us - c->stopped_us < (int64_t)PROTOCOL_STOP_HOLD_MS * 1000;
}

int channel_finish(struct channel *c, int64_t now_us)
{
    int rc = channel_apply(c, c->config.exit, now_us);
    c->idle_us = INT64_MAX;
    debounce_finish(&c->debounce);
    return rc;
}

int channel_check(struct channel *c)
{
    int rc = c->ops->port == PORT_PWM ? pwm_output_check(&c->pwm) : 0;
    if (rc == -ESTALE)
        c->ops->unpowered(c);
    return rc;
}

int channel_tick(struct channel *c, int64_t now_us, bool *changed)
{
    return c->ops->tick ? c->ops->tick(c, now_us, changed) : 0;
}

int64_t channel_next_us(const struct channel *c)
{
    return c->ops->next_us(c);
}

void channel_report(const struct channel *c, struct status_channel *out)
{
    memset(out, 0, sizeof *out);
    memcpy(&out->id, &c->config.id, sizeof out->id);
    c->ops->report(c, out);
}
