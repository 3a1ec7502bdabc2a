// SPDX-License-Identifier: MIT
#include "nano-agent/outputs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "nano-agent/hw/opening.h"
#include "nano-agent/hw/patience.h"

static int open_one(struct agent_channel_config *channel, const struct config_output *output,
    union agent_output *out, char why[HW_WHY_SIZE])
{
    const struct hw_address *at = &output->address;
    const struct hw_backend *backend = hw_backend_of(at->kind);
    enum channel_port port = channel_port(channel->id.kind);
    int rc = -ENOTSUP;
    snprintf(why, HW_WHY_SIZE, "%s can be no %s", at->text, channel_kind_name(channel->id.kind));
    if (!backend)
        return rc;
    hw_sim_name_next(channel->id.name);
    if (port == PORT_PWM && backend->open_pwm)
        rc = backend->open_pwm(at, output->period_ns, &out->pwm, why);
    else if (port == PORT_SWITCH && backend->open_switch)
        rc = backend->open_switch(at, &output->gpio, &out->sw, why);
    else if (port == PORT_INPUT && backend->open_input)
        rc = backend->open_input(at, &output->gpio, &out->input, why);
    if (rc == 0 && port == PORT_PWM) {
        channel->motion.period_ns = out->pwm->period_ns;
        channel->motion.steps = out->pwm->steps;
    }
    return rc;
}

static void set_fault(struct agent_channel_config *channel, const char *reason)
{
    text_clean(channel->fault, sizeof channel->fault, reason, strlen(reason), PROTOCOL_FAULT_CHARS);
}

size_t outputs_open(struct config *config, union agent_output out[PROTOCOL_CHANNELS_MAX])
{
    size_t absent = 0;
    opening_allow_ms(OPENING_START_MS);
    for (size_t i = 0; i < config->agent.count; i++) {
        struct agent_channel_config *channel = &config->agent.channels[i];
        char reason[HW_WHY_SIZE];
        channel->fault[0] = '\0';
        if (open_one(channel, &config->outputs[i], &out[i], reason) == 0)
            continue;
        out[i].pwm = NULL;
        set_fault(channel, reason);
        absent++;
    }
    opening_allow_ms(0);
    return absent;
}

size_t outputs_try(struct config *config, union agent_output out[PROTOCOL_CHANNELS_MAX], size_t *next,
    outputs_tried *tried, void *ctx)
{
    size_t count = config->agent.count, absent = 0;
    bool slow = false;
    for (size_t n = 0, i = *next; n < count && !slow; n++, i = (i + 1) % count) {
        struct agent_channel_config *channel = &config->agent.channels[i];
        struct config_output *output = &config->outputs[i];
        char reason[HW_WHY_SIZE];
        if (!channel->fault[0])
            continue;
        output->gpio.initial = false;
        int64_t began_us = clock_now_us();
        bool open = open_one(channel, output, &out[i], reason) == 0;
        slow = clock_now_us() - began_us > PATIENCE_SLOW_US;
        *next = (i + 1) % count;
        if (open)
            channel->fault[0] = '\0';
        else
            out[i].pwm = NULL;
        tried(ctx, i, open ? NULL : reason, &out[i]);
    }
    for (size_t i = 0; i < count; i++)
        absent += config->agent.channels[i].fault[0] != '\0';
    return absent;
}

void outputs_close(const struct config *config, union agent_output outputs[PROTOCOL_CHANNELS_MAX])
{
    for (size_t i = 0; i < config->agent.count; i++) {
        union agent_output *output = &outputs[i];
        if (!output->pwm) // the members of the union are pointers, and this one is as NULL as the others
            continue;
        enum channel_port port = channel_port(config->agent.channels[i].id.kind);
        if (port == PORT_SWITCH)
            output->sw->ops->close(output->sw);
        else if (port == PORT_INPUT)
            output->input->ops->close(output->input);
        else
            output->pwm->ops->close(output->pwm);
        output->pwm = NULL;
    }
}
