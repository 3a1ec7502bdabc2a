// SPDX-License-Identifier: MIT
#include "nano-agent/agent/channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"

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
    c->ops = kinds[config->id.kind];
    c->idle_us = c->retry_us = INT64_MAX;
    c->stopped_us = INT64_MIN / 2;
    debounce_init(&c->debounce, "", "", 0, false);
    if (channel_is_absent(c))
        return 0;
    c->out = out;
    return c->ops->init(c, kept, now_us);
}

bool channel_is_absent(const struct channel *c)
{
    return c->config.fault[0] != '\0';
}

bool channel_set_fault(struct channel *c, const char *fault)
{
    char before[PROTOCOL_FAULT_SIZE];
    memcpy(before, c->config.fault, sizeof before);
    text_clean(c->config.fault, sizeof c->config.fault, fault, strlen(fault), PROTOCOL_FAULT_CHARS);
    return strcmp(before, c->config.fault) != 0;
}

int channel_return(struct channel *c, union agent_output out, const struct position *kept, int64_t now_us)
{
    struct channel before = *c;
    struct agent_channel_config config = c->config;
    config.fault[0] = '\0';
    config.start = POLICY_OFF;
    int rc = channel_init(c, &config, out, kept, now_us);
    // What was stopped while the hardware was away is stopped.
    c->stopped_us = before.stopped_us;
    c->held = before.held;
    return rc;
}

void channel_advise(const struct channel *c, char *out, size_t size)
{
    out[0] = '\0';
    // A dimmer has no angles that a step could be measured in.
    int res = c->ops->keeps_position && !channel_is_absent(c) ? motion_res_milli(&c->config.motion) : 0;
    if (res <= c->config.step * 100)
        return;
    char step[16];
    snprintf(out, size,
        "servo %s: this PWM moves it by %d.%d degrees at least, more than its step of %s; a PCA9685 is finer, and so is a "
        "higher hz where the servo is a digital one",
        c->config.id.name, res / 1000, res % 1000 / 100, protocol_format_tenths(step, c->config.step));
}

const char *channel_fault_words(const struct channel *c, int error)
{
    if (channel_is_absent(c))
        return c->config.fault;
    if (error == -ERANGE)
        return "this output can emit no pulse inside the limits";
    if (error == -ESTALE)
        return "its chip was reset, as by a supply that breaks down; the chip is set up again, and this output is off";
    if (error == -ETIMEDOUT)
        return "its bus does not answer";
    return strerror(-error);
}

int channel_execute(
    struct channel *c, const struct vocabulary_match *match, int64_t now_us, char limit[PROTOCOL_WHY_SIZE])
{
    limit[0] = '\0';
    if (channel_is_absent(c))
        return -ENODEV;
    return c->ops->execute ? c->ops->execute(c, match, now_us, limit) : 0;
}

int channel_apply(struct channel *c, enum policy policy, int64_t now_us)
{
    if (!c->ops->apply || (channel_is_absent(c) && policy == POLICY_HOLD))
        return 0;
    return channel_is_absent(c) ? -ENODEV : c->ops->apply(c, policy, now_us);
}

void channel_cut(struct channel *c)
{
    if (c->ops->cut && !channel_is_absent(c))
        c->ops->cut(c);
}

int channel_stop(struct channel *c, bool refuses, int64_t now_us)
{
    if (!c->ops->stop || (c->ops->stops_by_choice && !c->config.id.stops_off))
        return 0;
    if (channel_is_absent(c))
        c->held = true;
    if (refuses)
        c->stopped_us = now_us;
    return channel_is_absent(c) ? 0 : c->ops->stop(c, now_us);
}

bool channel_is_stopped(const struct channel *c, int64_t now_us)
{
    return now_us - c->stopped_us < (int64_t)PROTOCOL_STOP_HOLD_MS * 1000;
}

int channel_finish(struct channel *c, int64_t now_us)
{
    int rc = channel_is_absent(c) ? 0 : channel_apply(c, c->config.exit, now_us);
    c->idle_us = INT64_MAX;
    debounce_finish(&c->debounce);
    return rc;
}

int channel_check(struct channel *c)
{
    int rc = c->ops->port == PORT_PWM && !channel_is_absent(c) ? pwm_output_check(&c->pwm) : 0;
    if (rc == -ESTALE)
        c->ops->unpowered(c);
    return rc;
}

unsigned channel_interruptions(struct channel *channels, size_t count)
{
    unsigned interruptions = 0;
    for (size_t i = 0; i < count; i++) {
        struct channel *c = &channels[i];
        interruptions += c->ops->interrupted && !channel_is_absent(c) && c->ops->interrupted(c);
    }
    return interruptions;
}

int channel_tick(struct channel *c, int64_t now_us, bool *changed)
{
    return c->ops->tick && !channel_is_absent(c) ? c->ops->tick(c, now_us, changed) : 0;
}

int64_t channel_next_us(const struct channel *c)
{
    return channel_is_absent(c) ? INT64_MAX : c->ops->next_us(c);
}

void channel_report(const struct channel *c, struct status_channel *out)
{
    memset(out, 0, sizeof *out);
    memcpy(&out->id, &c->config.id, sizeof out->id);
    int error = channel_is_absent(c) ? -ENODEV : c->ops->fault ? c->ops->fault(c) : 0;
    if (error == 0) {
        c->ops->report(c, out);
        return;
    }
    const char *words = channel_fault_words(c, error);
    out->axis = c->config.axis;
    text_clean(out->fault, sizeof out->fault, words, strlen(words), PROTOCOL_FAULT_CHARS);
}
