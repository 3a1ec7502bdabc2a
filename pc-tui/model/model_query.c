// SPDX-License-Identifier: MIT
// The questions that views, ui and controller ask of the model. None of them changes it.
#include <stdio.h>
#include <string.h>

#include "pc-tui/model/model.h"
#include "pc-tui/model/model_kind.h"

// What a device claims about its reports is bounded before it decides what is stale.
enum {
    REPORT_MIN_MS = 100,
    REPORT_MAX_MS = 3600000,
};

int64_t model_stale_after_us(const struct model_device *device)
{
    int report_ms = device->status->report_ms;
    if (report_ms < REPORT_MIN_MS)
        report_ms = REPORT_MIN_MS;
    if (report_ms > REPORT_MAX_MS)
        report_ms = REPORT_MAX_MS;
    return (int64_t)report_ms * 1000 * MODEL_STALE_REPORTS;
}

enum presence model_presence(const struct model_device *device, int64_t now_us)
{
    if (device->tutorial)
        return PRESENCE_TUTORIAL;
    if (device->offline)
        return PRESENCE_OFFLINE;
    if (device->heard_us == 0)
        return PRESENCE_RETAINED;
    return now_us - device->heard_us > model_stale_after_us(device) ? PRESENCE_STALE : PRESENCE_LIVE;
}

int64_t model_age_us(const struct model_device *device, int64_t now_us)
{
    return device->heard_us == 0 ? -1 : now_us - device->heard_us;
}

int64_t model_next_us(const struct model *model, int64_t now_us)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < model->count; i++) {
        const struct model_device *device = model->devices[i];
        if (model_presence(device, now_us) != PRESENCE_LIVE)
            continue;
        int64_t stale_us = device->heard_us + model_stale_after_us(device) + 1;
        if (stale_us < next)
            next = stale_us;
    }
    return next;
}

bool model_fell_silent(const struct model *model, int64_t since_us, int64_t now_us)
{
    for (size_t i = 0; i < model->count; i++) {
        const struct model_device *device = model->devices[i];
        if (model_presence(device, now_us) == PRESENCE_STALE &&
            since_us - device->heard_us <= model_stale_after_us(device))
            return true;
    }
    return false;
}

// Where the number of the line begins in "/etc/nano-agent.conf:12: …", NULL where there is none.
static const char *line_of(const char *why)
{
    for (const char *at = strchr(why, ':'); at; at = strchr(at + 1, ':')) {
        size_t digits = strspn(at + 1, "0123456789");
        if (digits > 0 && at[1 + digits] == ':')
            return at + 1;
    }
    return NULL;
}

char *model_fault(char out[PROTOCOL_WHY_SIZE], const char *fault, const char *why)
{
    const char *line = line_of(why);
    if (line)
        snprintf(out, PROTOCOL_WHY_SIZE, "%.40s line %.*s", fault, PROTOCOL_WHY_CHARS, line);
    else
        snprintf(out, PROTOCOL_WHY_SIZE, "%.40s: %.*s", fault, PROTOCOL_WHY_CHARS, why);
    return out;
}

char *model_offline(char out[PROTOCOL_WHY_SIZE], const char *label, const struct model_device *device)
{
    char words[PROTOCOL_WHY_SIZE] = "";
    if (device->fault[0])
        model_fault(words, device->fault, device->why);
    snprintf(out, PROTOCOL_WHY_SIZE, "%.128s is offline%s%.*s", label, words[0] ? ": " : "",
        PROTOCOL_WHY_CHARS + 60, words);
    return out;
}

char *model_fault_file(char out[PROTOCOL_WHY_SIZE], const char *why)
{
    const char *line = line_of(why);
    snprintf(out, PROTOCOL_WHY_SIZE, "%.*s", line ? (int)(line - why - 1) : 0, why);
    return out;
}

bool model_shared(const struct model_device *device, int64_t now_us)
{
    return device->shared_us != 0 && now_us - device->shared_us < MODEL_SHARED_US;
}

bool model_moves(const struct model_device *device)
{
    for (size_t i = 0; i < device->status->count; i++) {
        if (kind_moves(&device->status->channels[i]))
            return true;
    }
    return false;
}

int model_channel(const struct model_device *device, const char *name)
{
    for (size_t i = 0; i < device->status->count; i++) {
        if (strcmp(device->status->channels[i].id.name, name) == 0)
            return (int)i;
    }
    return -1;
}

size_t model_channel_ids(const struct model_device *device, struct channel_id out[PROTOCOL_NAMES_MAX])
{
    for (size_t i = 0; i < device->status->count; i++)
        out[i] = device->status->channels[i].id;
    size_t count = device->status->count;
    for (size_t i = 0; i < device->status->pose_count; i++) {
        struct channel_id *pose = &out[count++];
        *pose = (struct channel_id){.kind = CHANNEL_POSE};
        memcpy(pose->name, device->status->poses[i], sizeof pose->name);
    }
    return count;
}

// It goes left and right, so ↑ and ↓ do not mean it.
static bool is_sideways(const struct status_channel *channel)
{
    return status_axis_is_sideways(channel->axis) ||
           (channel->axis == AXIS_NONE && strcmp(channel->id.name, "pan") == 0);
}

static int servo_of_axis(const struct model_device *device, enum servo_axis axis, const char *name)
{
    int named = -1;
    for (size_t i = 0; i < device->status->count; i++) {
        const struct status_channel *channel = &device->status->channels[i];
        if (!model_is_servo(channel))
            continue;
        if (channel->axis == axis)
            return (int)i;
        if (named < 0 && channel->axis == AXIS_NONE && strcmp(channel->id.name, name) == 0)
            named = (int)i;
    }
    return named;
}

int model_pan_servo(const struct model_device *device)
{
    return servo_of_axis(device, AXIS_PAN, "pan");
}

int model_steer_servo(const struct model_device *device)
{
    return servo_of_axis(device, AXIS_STEER, "");
}

int model_drive_motor(const struct model_device *device)
{
    for (size_t i = 0; i < device->status->count; i++) {
        const struct status_channel *channel = &device->status->channels[i];
        if (model_is_motor(channel) && channel->axis == AXIS_DRIVE)
            return (int)i;
    }
    return -1;
}

int model_tilt_servo(const struct model_device *device, int selected)
{
    const struct status *status = device->status;
    int tilt = servo_of_axis(device, AXIS_TILT, "tilt");
    if (tilt >= 0)
        return tilt;
    if (selected >= 0 && (size_t)selected < status->count && model_is_servo(&status->channels[selected]) &&
        !is_sideways(&status->channels[selected]))
        return selected;
    for (size_t i = 0; i < status->count; i++) {
        if (model_is_servo(&status->channels[i]) && !is_sideways(&status->channels[i]))
            return (int)i;
    }
    return -1;
}
