// SPDX-License-Identifier: MIT
// Reading a status. It comes from anybody who may publish: nothing of it is believed before it was checked.
#include "common/protocol/status.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "common/protocol/reader.h"
#include "common/text.h"

#define say(why, ...) text_sentence((why), PROTOCOL_WHY_SIZE, PROTOCOL_WHY_CHARS, __VA_ARGS__)

enum { REPORT_MAX_MS = 24 * 3600 * 1000, REPORT_DEFAULT_MS = 1000 };

// Returns false for a channel to pass over: one of a kind not known.
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
    return c->id.kind != CHANNEL_OTHER;
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
        // A name that no command can address: of a newer agent, or of nobody we need to show.
        if (protocol_check_name(name, ignored) != 0)
            continue;
        if (out->count == PROTOCOL_CHANNELS_MAX || r->failed)
            return;
        char prefix[sizeof "channels.." + PROTOCOL_NAME_MAX];
        text_sentence(prefix, sizeof prefix, sizeof prefix, "channels.%s.", name);
        struct reader channel_reader = {.object = value, .prefix = prefix, .why = r->why};
        struct status_channel *channel = &out->channels[out->count];
        if (!json_is_object(value)) {
            prefix[strlen(prefix) - 1] = '\0';
            reader_fail(&channel_reader, "", "an object");
        } else if (read_channel(&channel_reader, channel)) {
            memcpy(channel->id.name, name, strlen(name) + 1);
            out->count++;
        } else {
            memset(channel, 0, sizeof *channel);
        }
        r->failed = channel_reader.failed;
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

static void read_health(struct reader *r, struct status_health *h)
{
    if (reader_number(r, "up", 1, 0, READER_COUNTER_MAX, &h->up_s))
        h->has |= HEALTH_UP;
    if (reader_int(r, "cpu", 1000, 0, 1000, &h->cpu))
        h->has |= HEALTH_CPU;
    if (reader_int(r, "mem", 1000, 0, 1000, &h->mem))
        h->has |= HEALTH_MEM;
    if (reader_int(r, "load", 100, 0, 100 * 1000 * 100, &h->load))
        h->has |= HEALTH_LOAD;
    if (reader_int(r, "cpu_c", 10, -2740, 10000, &h->cpu_c))
        h->has |= HEALTH_CPU_C;
    if (reader_int(r, "gpu_c", 10, -2740, 10000, &h->gpu_c))
        h->has |= HEALTH_GPU_C;
    if (reader_int(r, "gpu", 1000, 0, 1000, &h->gpu))
        h->has |= HEALTH_GPU;
    if (reader_int(r, "watts", 1000, 0, 1000 * 1000 * 1000, &h->milliwatts))
        h->has |= HEALTH_WATTS;
}

// 0, or what is wrong with `v`.
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
    out->seq = (uint64_t)reader_counter(r, "seq");
    out->t_ms = reader_counter(r, "t");
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
    struct reader last = {.prefix = "last.", .why = why};
    struct reader health = {.prefix = "health.", .why = why};
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
    last.object = head.failed ? NULL : reader_object(&head, "last");
    if (last.object)
        read_last(&last, &out->last);
    health.object = head.failed || last.failed ? NULL : reader_object(&head, "health");
    if (health.object)
        read_health(&health, &out->health);
    if (!head.failed && !last.failed && !health.failed)
        rc = 0;
done:
    if (rc != 0)
        memset(out, 0, sizeof *out);
    json_decref(object);
    return rc;
}
