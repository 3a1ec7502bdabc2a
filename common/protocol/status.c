// SPDX-License-Identifier: MIT
// Reads a status. It comes from anybody who may publish, so that nothing of it is used before it was checked.
#include "common/protocol/status.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "common/protocol/reader.h"
#include "common/protocol/say.h"
#include "common/text.h"

enum { REPORT_MAX_MS = 24 * 3600 * 1000, REPORT_DEFAULT_MS = 1000 };

// Returns false where the kind is not known: such a channel is passed over.
static bool read_channel(struct reader *r, struct status_channel *c)
{
    size_t len;
    const char *kind = reader_string(r, "kind", &len);
    if (!kind) {
        reader_fail(r, "kind", "a string");
        return false;
    }
    c->id.kind = channel_kind_parse(kind);
    kind_of(c->id.kind)->read(r, c);
    reader_clean(r, "fault", c->fault, sizeof c->fault, PROTOCOL_FAULT_CHARS);
    return c->id.kind != CHANNEL_OTHER;
}

// Takes a channel, unless its kind is not known. What is wrong with it is told of the first such channel.
static void take_channel(const char *name, const json_t *value, struct status *out, char *why)
{
    char prefix[sizeof "channels.." + PROTOCOL_NAME_MAX], wrong[PROTOCOL_WHY_SIZE];
    text_sentence(prefix, sizeof prefix, sizeof prefix, "channels.%s.", name);
    struct reader r = {.object = value, .prefix = prefix, .why = wrong};
    struct status_channel *channel = &out->channels[out->count];
    bool known = false;
    if (json_is_object(value)) {
        known = read_channel(&r, channel);
    } else {
        prefix[strlen(prefix) - 1] = '\0';
        reader_fail(&r, "", "an object");
    }
    if (!known || r.failed)
        memset(channel, 0, sizeof *channel);
    if (!known && !r.failed)
        return;
    if (r.failed) {
        channel->unreadable = true;
        channel->id.kind = CHANNEL_OTHER;
        if (why[0] == '\0')
            memcpy(why, wrong, sizeof wrong);
    }
    memcpy(channel->id.name, name, strlen(name) + 1);
    out->count++;
}

static void read_channels(struct reader *r, struct status *out)
{
    const json_t *channels = reader_object(r, "channels");
    char ignored[PROTOCOL_WHY_SIZE];
    const char *name;
    json_t *value;
    // The macro's iterator takes no const object; nothing here changes it.
    json_object_foreach((json_t *)channels, name, value)
    {
        if (out->count == PROTOCOL_CHANNELS_MAX)
            return;
        // A name that no command can address: of a newer agent, or of nobody we need to show.
        if (protocol_check_name(name, ignored) == 0)
            take_channel(name, value, out, r->why);
    }
}

// Passed over are poses whose name is no command, or is that of a channel or of a pose before it.
static void read_poses(const json_t *array, struct status *out)
{
    for (size_t i = 0; i < json_array_size(array) && out->pose_count < PROTOCOL_POSES_MAX; i++) {
        const char *name = json_string_value(json_array_get(array, i));
        char ignored[PROTOCOL_WHY_SIZE];
        bool is_new = name && protocol_check_pose(name, ignored) == 0;
        for (size_t k = 0; k < out->count && is_new; k++)
            is_new = strcmp(out->channels[k].id.name, name) != 0;
        for (size_t k = 0; k < out->pose_count && is_new; k++)
            is_new = strcmp(out->poses[k], name) != 0;
        if (is_new)
            memcpy(out->poses[out->pose_count++], name, strlen(name) + 1);
    }
}

static void read_deaf(const json_t *array, struct status *out)
{
    for (size_t i = 0; i < json_array_size(array) && out->deaf_count < PROTOCOL_WORDS_MAX; i++) {
        const json_t *topic = json_array_get(array, i);
        if (json_is_string(topic))
            text_clean(out->deaf[out->deaf_count++], sizeof out->deaf[0], json_string_value(topic),
                json_string_length(topic), PROTOCOL_WORDS_TOPIC_MAX);
    }
}

static void read_last(struct reader *r, struct status_last *last)
{
    size_t len;
    last->n = (uint64_t)reader_counter(r, "n");
    reader_clean(r, "id", last->id, sizeof last->id, PROTOCOL_ID_MAX);
    reader_clean(r, "cmd", last->cmd, sizeof last->cmd, PROTOCOL_ECHO_CHARS);
    reader_clean(r, "why", last->why, sizeof last->why, PROTOCOL_WHY_CHARS);
    reader_clean(r, "from", last->from, sizeof last->from, PROTOCOL_NAME_MAX);
    reader_clean(r, "on", last->on, sizeof last->on, PROTOCOL_WORDS_TOPIC_MAX);
    reader_bool(r, "again", &last->again);
    const char *result = reader_string(r, "result", &len);
    if (result) {
        last->result = protocol_result_parse(result);
        if (last->result == RESULT_OTHER)
            text_clean(last->result_name, sizeof last->result_name, result, len, sizeof last->result_name);
    } else if (last->n > 0) {
        reader_fail(r, "result", "a string");
    }
    if (last->n == 0) // no command yet: whatever else stands there says nothing
        memset(last, 0, sizeof *last);
}

// A figure that cannot be read is left out, as those that are missing are.
static void read_health(const json_t *object, struct status_health *h)
{
    char ignored[PROTOCOL_WHY_SIZE];
    const struct {
        const char *key;
        unsigned flag;
        int scale, min, max;
        int *out;
    } figures[] = {
        {"cpu", HEALTH_CPU, 1000, 0, 1000, &h->cpu},
        {"mem", HEALTH_MEM, 1000, 0, 1000, &h->mem},
        {"load", HEALTH_LOAD, 100, 0, 100 * 1000 * 100, &h->load},
        {"cpu_c", HEALTH_CPU_C, 10, -2740, 10000, &h->cpu_c},
        {"gpu_c", HEALTH_GPU_C, 10, -2740, 10000, &h->gpu_c},
        {"gpu", HEALTH_GPU, 1000, 0, 1000, &h->gpu},
        {"watts", HEALTH_WATTS, 1000, 0, 1000 * 1000 * 1000, &h->milliwatts},
    };
    struct reader r = {.object = object, .prefix = "health.", .why = ignored};
    if (reader_number(&r, "up", 1, 0, READER_COUNTER_MAX, &h->up_s))
        h->has |= HEALTH_UP;
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (reader_int(&r, figures[i].key, figures[i].scale, figures[i].min, figures[i].max, figures[i].out))
            h->has |= figures[i].flag;
    reader_clean(&r, "noise", h->noise, sizeof h->noise, PROTOCOL_TOPIC_MAX);
}

// Returns 0, or a negative errno with what is wrong with `v` in why.
static int check_version(const json_t *object, char why[PROTOCOL_WHY_SIZE])
{
    const json_t *v = json_object_get(object, "v");
    if (!json_is_number(v) || !(json_number_value(v) >= 1)) {
        say(why, "v: expected the version of the protocol, %d", PROTOCOL_VERSION);
        return -EINVAL;
    }
    if (json_number_value(v) > PROTOCOL_VERSION) {
        say(why, "the device speaks version %.6g of the protocol, this program only %d: update this program",
            json_number_value(v), PROTOCOL_VERSION);
        return -EPROTONOSUPPORT;
    }
    return 0;
}

static void read_head(struct reader *r, struct status *out)
{
    size_t len;
    reader_clean(r, "device", out->device, sizeof out->device, PROTOCOL_DEVICE_MAX);
    if (!reader_bool(r, "online", &out->online))
        reader_fail(r, "online", "true or false");
    const char *boot = reader_string(r, "boot", &len);
    if (boot && protocol_is_boot(boot, len))
        memcpy(out->boot, boot, len + 1);
    else if (boot)
        reader_fail(r, "boot", "at most 32 printable ASCII characters without blanks");
    reader_clean(r, "why", out->why, sizeof out->why, PROTOCOL_WHY_CHARS);
    reader_clean(r, "fault", out->fault, sizeof out->fault, STATUS_FAULT_CHARS);
    out->seq = (uint64_t)reader_counter(r, "seq");
    out->t_ms = reader_counter(r, "t");
    out->stops = (uint64_t)reader_counter(r, "stops");
    if (!reader_int(r, "report", 1000, 1, REPORT_MAX_MS, &out->report_ms) && out->online)
        out->report_ms = REPORT_DEFAULT_MS;
}

int status_parse(const void *payload, size_t len, struct status *out, char why[PROTOCOL_WHY_SIZE])
{
    memset(out, 0, sizeof *out);
    why[0] = '\0';
    if (len > PROTOCOL_STATUS_MAX) {
        say(why, "%zu bytes: a status has at most %d", len, PROTOCOL_STATUS_MAX);
        return -EMSGSIZE;
    }
    json_error_t error;
    json_t *object = len > 0 ? json_loadb(payload, len, JSON_REJECT_DUPLICATES, &error) : NULL;
    if (!object) {
        say(why, "%s%s", len > 0 ? "broken JSON: " : "empty", len > 0 ? error.text : "");
        return -EINVAL;
    }

    struct reader head = {.object = object, .prefix = "", .why = why};
    char last_why[PROTOCOL_WHY_SIZE] = "";
    struct reader last = {.prefix = "last.", .why = last_why};
    int rc = -EINVAL;
    if (!json_is_object(object)) {
        say(why, "expected a JSON object");
        goto done;
    }
    rc = check_version(object, why);
    if (rc != 0)
        goto done;
    rc = -EINVAL;
    read_head(&head, out);
    if (!head.failed)
        read_channels(&head, out);
    read_poses(json_object_get(object, "poses"), out);
    read_deaf(json_object_get(object, "deaf"), out);
    last.object = head.failed ? NULL : reader_object(&head, "last");
    if (last.object)
        read_last(&last, &out->last);
    read_health(json_object_get(object, "health"), &out->health);
    if (!head.failed && !last.failed)
        rc = 0;
    if (last.failed)
        memcpy(why, last_why, sizeof last_why);
done:
    if (rc != 0)
        memset(out, 0, sizeof *out);
    json_decref(object);
    return rc;
}
