// SPDX-License-Identifier: MIT
// Reading a status. It comes from anybody who may publish: nothing of it is believed before it was checked.
#include "common/protocol/status.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "common/text.h"

#define say(why, ...) text_sentence((why), PROTOCOL_WHY_SIZE, PROTOCOL_WHY_CHARS, __VA_ARGS__)

enum {
    TENTHS_MAX = 99999,
    RES_MILLI_MAX = 3600 * 1000,
    PULSE_MAX_US = 1000 * 1000,
    REPORT_MAX_MS = 24 * 3600 * 1000,
    REPORT_DEFAULT_MS = 1000,
};

// The largest integer that every JSON reader, those that know only doubles too, takes exactly.
static const int64_t counter_max = INT64_C(1) << 53;

// One object of the status: what error sentences call it, and whether anything in it was wrong.
struct reader {
    const json_t *object;
    const char *prefix; // "", "last.", "channels.tilt.", …
    char *why;
    bool failed;
};

static void fail(struct reader *r, const char *key, const char *expected)
{
    if (!r->failed)
        say(r->why, "%s%s: expected %s", r->prefix, key, expected);
    r->failed = true;
}

// A number times scale, rounded, if that lies between min and max. False, and out untouched, where the key is
// missing or wrong.
static bool read_scaled(struct reader *r, const char *key, int scale, int64_t min, int64_t max, int64_t *out)
{
    const json_t *value = json_object_get(r->object, key);
    if (!value)
        return false;
    if (!json_is_number(value)) {
        fail(r, key, "a number");
        return false;
    }
    int64_t scaled = 0;
    double real = json_number_value(value);
    bool fits = real > -(double)counter_max && real < (double)counter_max;
    if (fits && json_is_integer(value) &&
        !__builtin_mul_overflow(json_integer_value(value), scale, &scaled)) {
        fits = scaled >= min && scaled <= max;
    } else if (fits) {
        real = real * scale + (real < 0 ? -0.5 : 0.5);
        fits = real > (double)min - 1 && real < (double)max + 1;
        if (fits)
            scaled = (int64_t)real;
        fits = fits && scaled >= min && scaled <= max;
    }
    if (fits)
        *out = scaled;
    else
        fail(r, key, "a number in its range");
    return fits;
}

static bool read_int(struct reader *r, const char *key, int scale, int min, int max, int *out)
{
    int64_t value;
    if (!read_scaled(r, key, scale, min, max, &value))
        return false;
    *out = (int)value;
    return true;
}

static int64_t read_counter(struct reader *r, const char *key)
{
    int64_t value = 0;
    read_scaled(r, key, 1, 0, counter_max, &value);
    return value;
}

static bool read_bool(struct reader *r, const char *key, bool *out)
{
    const json_t *value = json_object_get(r->object, key);
    if (!value)
        return false;
    if (!json_is_boolean(value)) {
        fail(r, key, "true or false");
        return false;
    }
    *out = json_is_true(value);
    return true;
}

static const char *read_string(struct reader *r, const char *key, size_t *len)
{
    const json_t *value = json_object_get(r->object, key);
    if (!value)
        return NULL;
    if (!json_is_string(value)) {
        fail(r, key, "a string");
        return NULL;
    }
    *len = json_string_length(value);
    return json_string_value(value);
}

static void read_clean(struct reader *r, const char *key, char *dst, size_t size, size_t max_chars)
{
    size_t len;
    const char *s = read_string(r, key, &len);
    if (s)
        text_clean(dst, size, s, len, max_chars);
}

static const json_t *read_object(struct reader *r, const char *key)
{
    const json_t *value = json_object_get(r->object, key);
    if (value && !json_is_object(value)) {
        fail(r, key, "an object");
        return NULL;
    }
    return value;
}

// Degrees, or null while the device does not know.
static void read_position(struct reader *r, const char *key, int *out, bool *known)
{
    if (!json_is_null(json_object_get(r->object, key)))
        *known = read_int(r, key, 10, -TENTHS_MAX, TENTHS_MAX, out);
}

static void read_servo(struct reader *r, struct status_channel *c)
{
    size_t len;
    const char *axis = read_string(r, "axis", &len);
    if (axis && strcmp(axis, "tilt") == 0)
        c->axis = AXIS_TILT;
    else if (axis && strcmp(axis, "pan") == 0)
        c->axis = AXIS_PAN;
    c->id.pan = c->axis == AXIS_PAN;
    read_position(r, "deg", &c->deg, &c->deg_known);
    read_position(r, "target", &c->target, &c->target_known);
    read_int(r, "min", 10, -TENTHS_MAX, TENTHS_MAX, &c->min);
    read_int(r, "max", 10, -TENTHS_MAX, TENTHS_MAX, &c->max);
    read_int(r, "step", 10, 0, TENTHS_MAX, &c->step);
    read_int(r, "speed", 10, 0, TENTHS_MAX, &c->speed);
    read_int(r, "res", 1000, 0, RES_MILLI_MAX, &c->res_milli);
    read_int(r, "us", 1, 0, PULSE_MAX_US, &c->us);
    read_bool(r, "moving", &c->moving);
    read_bool(r, "driven", &c->driven);
    read_bool(r, "assumed", &c->assumed);
}

// Returns false for a channel to pass over: one of a kind not known.
static bool read_channel(struct reader *r, struct status_channel *c)
{
    size_t len;
    const char *kind = read_string(r, "kind", &len);
    if (!kind) {
        fail(r, "kind", "a string");
        return false;
    }
    c->id.kind = channel_kind_parse(kind);
    switch (c->id.kind) {
    case CHANNEL_SERVO:
        read_servo(r, c);
        return true;
    case CHANNEL_DIMMER:
        read_int(r, "percent", 1, 0, 100, &c->percent);
        read_bool(r, "on", &c->on);
        return true;
    case CHANNEL_SWITCH:
    case CHANNEL_INPUT:
        read_bool(r, "on", &c->on);
        return true;
    case CHANNEL_OTHER:
        break;
    }
    return false;
}

static void read_channels(struct reader *r, struct status *out)
{
    const json_t *channels = read_object(r, "channels");
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
            fail(&channel_reader, "", "an object");
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
    last->n = (uint64_t)read_counter(r, "n");
    read_clean(r, "id", last->id, sizeof last->id, PROTOCOL_ID_MAX);
    read_clean(r, "cmd", last->cmd, sizeof last->cmd, PROTOCOL_ECHO_CHARS);
    read_clean(r, "why", last->why, sizeof last->why, PROTOCOL_WHY_CHARS);
    read_clean(r, "from", last->from, sizeof last->from, PROTOCOL_NAME_MAX);
    read_bool(r, "again", &last->again);
    const char *result = read_string(r, "result", &len);
    if (result) {
        last->result = protocol_result_parse(result);
        if (last->result == RESULT_OTHER)
            text_clean(last->result_name, sizeof last->result_name, result, len, sizeof last->result_name);
    } else if (last->n > 0) {
        fail(r, "result", "a string");
    }
    if (last->n == 0) // no command yet: whatever else stands there says nothing
        memset(last, 0, sizeof *last);
}

static void read_health(struct reader *r, struct status_health *h)
{
    if (read_scaled(r, "up", 1, 0, counter_max, &h->up_s))
        h->has |= HEALTH_UP;
    if (read_int(r, "cpu", 1000, 0, 1000, &h->cpu))
        h->has |= HEALTH_CPU;
    if (read_int(r, "mem", 1000, 0, 1000, &h->mem))
        h->has |= HEALTH_MEM;
    if (read_int(r, "load", 100, 0, 100 * 1000 * 100, &h->load))
        h->has |= HEALTH_LOAD;
    if (read_int(r, "cpu_c", 10, -2740, 10000, &h->cpu_c))
        h->has |= HEALTH_CPU_C;
    if (read_int(r, "gpu_c", 10, -2740, 10000, &h->gpu_c))
        h->has |= HEALTH_GPU_C;
    if (read_int(r, "gpu", 1000, 0, 1000, &h->gpu))
        h->has |= HEALTH_GPU;
    if (read_int(r, "watts", 1000, 0, 1000 * 1000 * 1000, &h->milliwatts))
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
    read_clean(r, "device", out->device, sizeof out->device, PROTOCOL_DEVICE_MAX);
    if (!read_bool(r, "online", &out->online))
        fail(r, "online", "true or false");
    const char *boot = read_string(r, "boot", &len);
    if (boot && protocol_is_boot(boot, len))
        memcpy(out->boot, boot, len + 1);
    else if (boot)
        fail(r, "boot", "at most 32 printable ASCII characters without blanks");
    read_clean(r, "why", out->why, sizeof out->why, PROTOCOL_WHY_CHARS);
    out->seq = (uint64_t)read_counter(r, "seq");
    out->t_ms = read_counter(r, "t");
    if (!read_int(r, "report", 1000, 1, REPORT_MAX_MS, &out->report_ms) && out->online)
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
    last.object = head.failed ? NULL : read_object(&head, "last");
    if (last.object)
        read_last(&last, &out->last);
    health.object = head.failed || last.failed ? NULL : read_object(&head, "health");
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
