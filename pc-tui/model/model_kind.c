// SPDX-License-Identifier: MIT
#include "pc-tui/model/model_kind.h"

#include <stdio.h>
#include <stdlib.h>

char *model_degrees(char out[MODEL_VALUE_SIZE], int tenths)
{
    snprintf(out, MODEL_VALUE_SIZE, "%s%d.%d", tenths < 0 ? "−" : "", abs(tenths / 10), abs(tenths % 10));
    return out;
}

static void servo_value(char out[MODEL_VALUE_SIZE], const struct status_channel *channel)
{
    char degrees[MODEL_VALUE_SIZE];
    if (!channel->deg_known)
        snprintf(out, MODEL_VALUE_SIZE, "unknown");
    else
        snprintf(out, MODEL_VALUE_SIZE, "%.56s°", model_degrees(degrees, channel->deg));
}

static void switch_value(char out[MODEL_VALUE_SIZE], const struct status_channel *channel)
{
    snprintf(out, MODEL_VALUE_SIZE, "%s", channel->on ? "on" : "off");
}

static void dimmer_value(char out[MODEL_VALUE_SIZE], const struct status_channel *channel)
{
    if (channel->on)
        snprintf(out, MODEL_VALUE_SIZE, "%d %%", channel->percent);
    else
        switch_value(out, channel);
}

static const struct model_kind kinds[] = {
    [CHANNEL_SERVO] = {SELECTION_SERVO, UNIT_DEGREES, servo_value},
    [CHANNEL_SWITCH] = {SELECTION_OUTPUT, UNIT_NONE, switch_value},
    [CHANNEL_DIMMER] = {SELECTION_OUTPUT, UNIT_PERCENT, dimmer_value},
    [CHANNEL_INPUT] = {SELECTION_NONE, UNIT_NONE, switch_value},
};

const struct model_kind *model_kind(enum channel_kind kind)
{
    static const struct model_kind unknown = {SELECTION_NONE, UNIT_NONE, NULL};
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
