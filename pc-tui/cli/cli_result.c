// SPDX-License-Identifier: MIT
#include "pc-tui/cli/cli_result.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pc-tui/cli/cli_words.h"

enum { REAL_DIGITS = 6 };

// The channel that a command was for, as it will be once the command is carried out. False where it is for none, or
// nobody knows the device.
static bool find_channel(
    const struct model *model, const struct journal_event *event, struct status_channel *channel)
{
    const struct model_device *device = model_find(model, event->device, NULL);
    struct protocol_command command;
    struct vocabulary_match match;
    struct channel_id ids[PROTOCOL_NAMES_MAX];
    char why[PROTOCOL_WHY_SIZE];
    if (!device || event->stage != JOURNAL_DONE || !protocol_result_is_success(event->result) ||
        protocol_parse_text(event->text, strlen(event->text), &command, why) != 0 ||
        vocabulary_match(ids, model_channel_ids(device, ids), &command, &match, why) != RESULT_OK ||
        match.channel < 0)
        return false;
    *channel = device->status->channels[match.channel];
    // Where it is going is what the command did; where it is now says little a moment after it.
    if (channel->target_known) {
        channel->deg = channel->target;
        channel->deg_known = true;
    }
    return true;
}

static const char *result_of(const struct journal_event *event)
{
    switch (event->stage) {
    case JOURNAL_DONE:
        return event->result_name;
    case JOURNAL_PLAIN:
        return event->reason >= 128 ? "refused" : "sent";
    default:
        return "no echo";
    }
}

static void put_words(
    char out[CLI_RESULT_SIZE], const struct model *model, const struct journal_event *event, bool ascii)
{
    struct status_channel channel;
    char value[CLI_VALUE_SIZE];
    if (event->stage == JOURNAL_PLAIN) {
        snprintf(out, CLI_RESULT_SIZE, "%s  sent  %s", event->text, event->why);
        return;
    }
    if (event->stage != JOURNAL_DONE) {
        snprintf(out, CLI_RESULT_SIZE, "%s  no echo", event->text);
        return;
    }
    bool known = find_channel(model, event, &channel);
    snprintf(out, CLI_RESULT_SIZE, "%s  %s%s%s%s%s  %lld.%lld ms%s", event->text, event->result_name,
        event->why[0] ? ": " : "", event->why, known ? "  " : "",
        known ? cli_words_channel(value, &channel, ascii) : "", (long long)(event->echo_us / 1000),
        (long long)(event->echo_us % 1000 / 100), event->late ? " late" : "");
}

static void put_channel(json_t *object, const struct status_channel *channel)
{
    json_object_set_new(object, "channel", json_string(channel->id.name));
    switch (channel->id.kind) {
    case CHANNEL_SERVO:
        if (channel->deg_known)
            json_object_set_new(object, "deg", json_real(channel->deg / 10.0));
        break;
    case CHANNEL_DIMMER:
        json_object_set_new(object, "percent", json_integer(channel->percent));
        json_object_set_new(object, "on", json_boolean(channel->on));
        break;
    case CHANNEL_MOTOR:
        json_object_set_new(object, "percent", json_integer(channel->percent));
        json_object_set_new(object, "target", json_integer(channel->target));
        break;
    case CHANNEL_SWITCH:
    case CHANNEL_INPUT:
        json_object_set_new(object, "on", json_boolean(channel->on));
        break;
    case CHANNEL_OTHER:
    case CHANNEL_POSE:
        break;
    }
}

static void put_json(char out[CLI_RESULT_SIZE], const struct model *model, const struct journal_event *event)
{
    struct status_channel channel;
    json_t *object = json_object();
    json_object_set_new(object, "cmd", json_string(event->text));
    if (event->stage == JOURNAL_DONE)
        json_object_set_new(object, "device", json_string(event->device));
    json_object_set_new(object, "result", json_string(result_of(event)));
    if (event->why[0])
        json_object_set_new(object, "why", json_string(event->why));
    if (event->stage == JOURNAL_DONE) {
        int64_t tenths = event->echo_us / 100;
        json_object_set_new(object, "ms", json_real((double)tenths / 10.0));
    }
    if (event->late)
        json_object_set_new(object, "late", json_true());
    if (find_channel(model, event, &channel))
        put_channel(object, &channel);
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(REAL_DIGITS));
    snprintf(out, CLI_RESULT_SIZE, "%s", text ? text : "{}");
    free(text);
    json_decref(object);
}

char *cli_result(char out[CLI_RESULT_SIZE], const struct model *model, const struct journal_event *event,
    bool json, bool ascii)
{
    if (json)
        put_json(out, model, event);
    else
        put_words(out, model, event, ascii);
    return out;
}

char *cli_result_stop(char out[CLI_RESULT_SIZE], const char *names, bool json)
{
    if (!json) {
        snprintf(out, CLI_RESULT_SIZE, "stop  ok  %s", names);
        return out;
    }
    json_t *object = json_pack("{s:s, s:s, s:s}", "cmd", "stop", "result", "ok", "devices", names);
    char *text = json_dumps(object, JSON_COMPACT);
    snprintf(out, CLI_RESULT_SIZE, "%s", text ? text : "{}");
    free(text);
    json_decref(object);
    return out;
}
