// SPDX-License-Identifier: MIT
#include "nano-agent/outputs.h"

#include <errno.h>
#include <stdio.h>

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

int outputs_open(
    struct config *config, union agent_output out[PROTOCOL_CHANNELS_MAX], char why[OUTPUTS_WHY_SIZE])
{
    for (size_t i = 0; i < config->agent.count; i++) {
        struct agent_channel_config *channel = &config->agent.channels[i];
        char reason[HW_WHY_SIZE];
        int rc = open_one(channel, &config->outputs[i], &out[i], reason);
        if (rc == 0)
            continue;
        snprintf(why, OUTPUTS_WHY_SIZE, "%s %s: %s", channel_kind_name(channel->id.kind), channel->id.name,
            reason);
        return rc;
    }
    return 0;
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
