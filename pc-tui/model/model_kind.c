// SPDX-License-Identifier: MIT
#include "pc-tui/model/model_kind.h"

#include <stdio.h>
#include <stdlib.h>

#include "pc-tui/model/model_trace.h"

char *model_degrees(char out[MODEL_VALUE_SIZE], int tenths)
{
    snprintf(out, MODEL_VALUE_SIZE, "%s%d.%d", tenths < 0 ? "−" : "", abs(tenths / 10), abs(tenths % 10));
    return out;
}

static void servo_value(char out[MODEL_VALUE_SIZE], const struct status_channel *channel)
{
    char degrees[MODEL_VALUE_SIZE];
    if (!channel->driven)
        snprintf(out, MODEL_VALUE_SIZE, "off"); // without power it may be anywhere
    else if (!channel->deg_known)
        snprintf(out, MODEL_VALUE_SIZE, "unknown");
    else
        snprintf(out, MODEL_VALUE_SIZE, "%.56s°", model_degrees(degrees, channel->deg));
}

static int servo_sample(const struct status_channel *channel)
{
    return channel->deg_known && channel->driven ? channel->deg : TRACE_GAP;
}

static void switch_value(char out[MODEL_VALUE_SIZE], const struct status_channel *channel)
{
    snprintf(out, MODEL_VALUE_SIZE, "%s", channel->on ? "on" : "off");
}

static int switch_sample(const struct status_channel *channel)
{
    return channel->on;
}

static void dimmer_value(char out[MODEL_VALUE_SIZE], const struct status_channel *channel)
{
    if (channel->on)
        snprintf(out, MODEL_VALUE_SIZE, "%d %%", channel->percent);
    else
        switch_value(out, channel);
}

static int dimmer_sample(const struct status_channel *channel)
{
    return channel->on ? channel->percent : 0;
}

static void motor_value(char out[MODEL_VALUE_SIZE], const struct status_channel *channel)
{
    snprintf(out, MODEL_VALUE_SIZE, "%s%d %%", channel->percent < 0 ? "−" : "", abs(channel->percent));
}

static int motor_sample(const struct status_channel *channel)
{
    return channel->percent;
}

static const struct model_kind kinds[] = {
    [CHANNEL_SERVO] = {SELECTION_SERVO, UNIT_DEGREES, servo_value, servo_sample},
    [CHANNEL_SWITCH] = {SELECTION_OUTPUT, UNIT_NONE, switch_value, switch_sample},
    [CHANNEL_DIMMER] = {SELECTION_OUTPUT, UNIT_PERCENT, dimmer_value, dimmer_sample},
    [CHANNEL_INPUT] = {SELECTION_NONE, UNIT_NONE, switch_value, switch_sample},
    [CHANNEL_MOTOR] = {SELECTION_NONE, UNIT_NONE, motor_value, motor_sample},
};

const struct model_kind *model_kind(enum channel_kind kind)
{
    static const struct model_kind unknown = {SELECTION_NONE, UNIT_NONE, NULL, NULL};
    return (unsigned)kind < sizeof kinds / sizeof *kinds ? &kinds[kind] : &unknown;
}

char *model_value(char out[MODEL_VALUE_SIZE], const struct status_channel *channel)
{
    const struct model_kind *kind = model_kind(channel->id.kind);
    out[0] = '\0';
    if (kind->value)
        kind->value(out, channel);
    return out;
}

char *model_target(char out[MODEL_VALUE_SIZE], const struct status_channel *channel)
{
    struct status_channel there = *channel;
    if (there.target_known) {
        there.deg = there.target;
        there.deg_known = true;
    }
    return model_value(out, &there);
}
