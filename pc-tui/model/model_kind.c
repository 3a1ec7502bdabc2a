// SPDX-License-Identifier: MIT
#include "pc-tui/model/model_kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

static void servo_arrive(struct status_channel *channel)
{
    if (!channel->target_known)
        return;
    channel->deg = channel->target;
    channel->deg_known = true;
}

// An ASCII sign, which every script reads as a number.
static void put_plain_degrees(char out[MODEL_VALUE_SIZE], int tenths, bool ascii)
{
    snprintf(out, MODEL_VALUE_SIZE, "%s%d.%d%s", tenths < 0 ? "-" : "", abs(tenths / 10), abs(tenths % 10),
        ascii ? " deg" : "°");
}

static void servo_plain(char out[MODEL_VALUE_SIZE], const struct status_channel *channel, bool ascii)
{
    char target[MODEL_VALUE_SIZE];
    bool both = channel->deg_known && channel->target_known && channel->deg != channel->target;
    if (!channel->deg_known && !channel->target_known) {
        snprintf(out, MODEL_VALUE_SIZE, "unknown");
        return;
    }
    put_plain_degrees(out, channel->deg_known ? channel->deg : channel->target, ascii);
    size_t len = strlen(out);
    put_plain_degrees(target, channel->target, ascii);
    if (both)
        snprintf(out + len, MODEL_VALUE_SIZE - len, " -> %s", target);
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

static void motor_plain(char out[MODEL_VALUE_SIZE], const struct status_channel *channel, bool ascii)
{
    (void)ascii;
    if (channel->percent == channel->target)
        snprintf(out, MODEL_VALUE_SIZE, "%d %%", channel->percent);
    else
        snprintf(out, MODEL_VALUE_SIZE, "%d %% -> %d %%", channel->percent, channel->target);
}

static void motor_arrive(struct status_channel *channel)
{
    channel->percent = channel->target;
}

static int motor_sample(const struct status_channel *channel)
{
    return channel->percent;
}

static const struct model_kind kinds[] = {
    [CHANNEL_SERVO] = {.selection = SELECTION_SERVO,
        .step = UNIT_DEGREES,
        .value = servo_value,
        .sample = servo_sample,
        .arrive = servo_arrive,
        .plain = servo_plain},
    [CHANNEL_SWITCH] = {.selection = SELECTION_OUTPUT, .value = switch_value, .sample = switch_sample},
    [CHANNEL_DIMMER] = {.selection = SELECTION_OUTPUT,
        .step = UNIT_PERCENT,
        .value = dimmer_value,
        .sample = dimmer_sample},
    [CHANNEL_INPUT] = {.value = switch_value, .sample = switch_sample},
    [CHANNEL_MOTOR] = {.selection = SELECTION_MOTOR,
        .value = motor_value,
        .sample = motor_sample,
        .arrive = motor_arrive,
        .plain = motor_plain},
};

const struct model_kind *model_kind(enum channel_kind kind)
{
    static const struct model_kind unknown = {.selection = SELECTION_NONE};
    return (unsigned)kind < sizeof kinds / sizeof *kinds ? &kinds[kind] : &unknown;
}

char *model_value(char out[MODEL_VALUE_SIZE], const struct status_channel *channel)
{
    const struct model_kind *kind = model_kind(channel->id.kind);
    out[0] = '\0';
    if (channel->fault[0])
        snprintf(out, MODEL_VALUE_SIZE, "fault");
    else if (kind->value)
        kind->value(out, channel);
    return out;
}

char *model_target(char out[MODEL_VALUE_SIZE], const struct status_channel *channel)
{
    struct status_channel there = *channel;
    const struct model_kind *kind = model_kind(channel->id.kind);
    if (kind->arrive)
        kind->arrive(&there);
    return model_value(out, &there);
}

char *model_plain(char out[MODEL_VALUE_SIZE], const struct status_channel *channel, bool ascii)
{
    const struct model_kind *kind = model_kind(channel->id.kind);
    if (!kind->plain)
        return model_value(out, channel);
    kind->plain(out, channel, ascii);
    return out;
}
