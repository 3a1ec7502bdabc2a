// SPDX-License-Identifier: MIT
// A command, with or without its envelope, from bytes to struct protocol_command.
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "common/protocol/protocol.h"
#include "common/protocol/protocol_text.h"
#include "common/protocol/say.h"

// Printable ASCII without blanks.
static bool is_token(const char *s, size_t len, size_t max)
{
    if (len < 1 || len > max)
        return false;
    for (size_t i = 0; i < len; i++)
        if (s[i] <= 0x20 || s[i] >= 0x7f)
            return false;
    return true;
}

bool protocol_is_boot(const char *s, size_t len)
{
    return is_token(s, len, PROTOCOL_BOOT_MAX);
}

static int read_token(
    const json_t *value, const char *key, size_t max, char *dst, char why[PROTOCOL_WHY_SIZE])
{
    if (!value)
        return 0;
    if (!json_is_string(value) || !is_token(json_string_value(value), json_string_length(value), max)) {
        say(why, "%s: expected a string of 1 to %zu printable ASCII characters without blanks", key, max);
        return -EINVAL;
    }
    memcpy(dst, json_string_value(value), json_string_length(value) + 1);
    return 0;
}

// A whole number of at least 0, written as an integer or a real. Above 2^53 a real no longer says which number it means.
static bool read_whole(const json_t *value, int64_t *out)
{
    if (json_is_integer(value) && json_integer_value(value) >= 0) {
        *out = json_integer_value(value);
        return true;
    }
    double real = json_is_real(value) ? json_real_value(value) : -1;
    if (!(real >= 0 && real < 0x1p53 && real == (double)(int64_t)real))
        return false;
    *out = (int64_t)real;
    return true;
}

static int read_stops(const json_t *value, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    if (!value)
        return 0;
    if (!read_whole(value, &out->stops)) {
        say(why, "stops: expected the whole number of the status that was seen last");
        return -EINVAL;
    }
    if (out->boot[0] == '\0') {
        say(why, "stops without boot: expected the boot of the status that the number was read from");
        return -EINVAL;
    }
    out->has_stops = true;
    return 0;
}

static int read_deadline(const json_t *value, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    if (!value)
        return 0;
    if (!read_whole(value, &out->by_ms)) {
        say(why, "by: expected whole milliseconds of the device's clock, at least 0");
        return -EINVAL;
    }
    if (out->boot[0] == '\0') {
        say(why, "by without boot: expected the boot of the status that the clock was read from");
        return -EINVAL;
    }
    out->has_by = true;
    return 0;
}

// The members of an envelope that mean something here. NULL: it has none of that name.
struct members {
    const json_t *cmd, *id, *boot, *by, *stops, *v;
};

static struct members members_of(const json_t *object)
{
    return (struct members){
        .cmd = json_object_get(object, "cmd"),
        .id = json_object_get(object, "id"),
        .boot = json_object_get(object, "boot"),
        .by = json_object_get(object, "by"),
        .stops = json_object_get(object, "stops"),
        .v = json_object_get(object, "v"),
    };
}

static bool is_report(const struct members *m)
{
    return m->v && !m->cmd;
}

// id, boot, by and stops; each that is right is taken, whatever is wrong with the others.
static int read_extras(const struct members *m, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    char ignored[PROTOCOL_WHY_SIZE];
    int rc = read_token(m->id, "id", PROTOCOL_ID_MAX, out->id, why);
    int boot_rc = read_token(m->boot, "boot", PROTOCOL_BOOT_MAX, out->boot, rc ? ignored : why);
    if (rc == 0)
        rc = boot_rc;
    int by_rc = read_deadline(m->by, out, rc ? ignored : why);
    if (rc == 0)
        rc = by_rc;
    int stops_rc = read_stops(m->stops, out, rc ? ignored : why);
    return rc ? rc : stops_rc;
}

static int read_cmd(
    const json_t *cmd, struct span *text, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    if (!json_is_string(cmd)) {
        say(why, cmd ? "cmd: expected a string, as in {\"cmd\":\"tilt_up\"}"
                     : "no cmd: expected {\"cmd\":\"tilt_up\"}");
        return -EINVAL;
    }
    *text = (struct span){json_string_value(cmd), json_string_length(cmd)};
    int rc = protocol_text_check(*text, why);
    return rc == 0 ? protocol_text_parse(*text, out, why) : rc;
}

static int parse_envelope(struct span payload, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    json_error_t error;
    json_t *object = json_loadb(payload.at, payload.len, JSON_REJECT_DUPLICATES, &error);
    if (!object) {
        say(why, "broken JSON: %s", error.text);
        protocol_text_refuse(out, payload);
        return -EINVAL;
    }

    struct span text = payload;
    struct members members = members_of(object);
    int rc = read_cmd(members.cmd, &text, out, why);
    char extras_why[PROTOCOL_WHY_SIZE] = "";
    int extras_rc = read_extras(&members, out, extras_why);
    // A stop is carried out whatever by, boot, stops and id say, so what is wrong with them cannot refuse it.
    if (rc == 0 && extras_rc != 0 && !protocol_is_stop(out)) {
        rc = extras_rc;
        say(why, "%s", extras_why);
    }
    if (rc == 0)
        protocol_text_write_canonical(out);
    else
        protocol_text_refuse(out, text);
    out->is_report = is_report(&members);
    json_decref(object);
    return rc;
}

// A report may be longer than any command.
static bool is_long_report(struct span payload)
{
    if (payload.len > PROTOCOL_STATUS_MAX)
        return false;
    json_t *object = json_loadb(payload.at, payload.len, 0, NULL);
    struct members members = members_of(object);
    bool report = is_report(&members);
    json_decref(object);
    return report;
}

int protocol_parse_command(
    const void *payload, size_t len, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE])
{
    struct span whole = {payload, len}, span = span_trim(whole);
    if (span.len == 0 || span.at[0] != '{')
        return protocol_parse_text(whole.at, len, out, why);

    *out = (struct protocol_command){.is_envelope = true};
    why[0] = '\0';
    int rc = protocol_text_check_length(len, why);
    if (rc != 0)
        out->is_report = is_long_report(span);
    if (rc == 0)
        rc = protocol_text_check(span, why);
    if (rc == 0)
        return parse_envelope(span, out, why);
    protocol_text_refuse(out, span);
    return rc;
}
