// SPDX-License-Identifier: MIT
// Writing a status. A command changes `last` and one channel, so the text of every part is kept and encoded
// again only where its bytes changed.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/protocol/status.h"
#include "common/text.h"

enum {
    HEAD_SIZE = 320,
    COUNTERS_SIZE = 80,
    CHANNEL_SIZE = 512, // a servo with every key and 7-character numbers takes 260
    HEALTH_SIZE = 320,
    LAST_SIZE = 2048, // every character of `cmd`, `why`, `id` and `from` escaped, and the keys, take 1400
};

// Bytes, not members: padding that differs costs one more encoding and nothing else.
static bool is_same(const void *a, const void *b, size_t size)
{
    return memcmp(a, b, size) == 0;
}

// What is in front of the counters that change each time.
struct head {
    char device[PROTOCOL_DEVICE_MAX + 1];
    bool online;
    char boot[PROTOCOL_BOOT_MAX + 1];
    char why[PROTOCOL_WHY_SIZE];
};

struct channel_text {
    struct status_channel of;
    size_t len; // 0 = nothing encoded yet
    char text[CHANNEL_SIZE];
};

struct status_writer {
    struct head head;
    size_t head_len;
    char head_text[HEAD_SIZE + PROTOCOL_WHY_SIZE * 2];
    struct status_last last;
    size_t last_len;
    char last_text[LAST_SIZE];
    struct status_health health;
    size_t health_len;
    char health_text[HEALTH_SIZE];
    struct channel_text channels[PROTOCOL_CHANNELS_MAX];
};

struct status_writer *status_writer_new(void)
{
    return calloc(1, sizeof(struct status_writer));
}

void status_writer_free(struct status_writer *writer)
{
    free(writer);
}

// Text that grows in a buffer of fixed size; what does not fit is remembered, not written.
struct sink {
    char *at;
    size_t size, len;
    bool full;
};

static void put_bytes(struct sink *s, const char *bytes, size_t len)
{
    if (s->full || len >= s->size - s->len) {
        s->full = true;
        return;
    }
    memcpy(s->at + s->len, bytes, len);
    s->len += len;
    s->at[s->len] = '\0';
}

static void put(struct sink *s, const char *text)
{
    put_bytes(s, text, strlen(text));
}

static void put_bool(struct sink *s, const char *key, bool value)
{
    put(s, key);
    put(s, value ? "true" : "false");
}

// The decimal number value / 10^decimals without trailing zeros. From integers, so that no locale can turn
// its point into a comma.
static void put_fixed(struct sink *s, const char *key, int64_t value, int decimals)
{
    char digits[32];
    char *end = digits + sizeof digits, *p = end;
    uint64_t magnitude = value < 0 ? 0u - (uint64_t)value : (uint64_t)value;
    for (; decimals > 0 && magnitude % 10 == 0; decimals--)
        magnitude /= 10;
    if (decimals > 0) {
        for (; decimals > 0; decimals--, magnitude /= 10)
            *--p = (char)('0' + magnitude % 10);
        *--p = '.';
    }
    do {
        *--p = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude != 0);
    if (value < 0)
        *--p = '-';
    put(s, key);
    put_bytes(s, p, (size_t)(end - p));
}

static void put_position(struct sink *s, const char *key, bool known, int tenths)
{
    if (known) {
        put_fixed(s, key, tenths, 1);
    } else {
        put(s, key);
        put(s, "null");
    }
}

static void put_servo(struct sink *s, const struct status_channel *c)
{
    if (c->axis != AXIS_NONE)
        put(s, c->axis == AXIS_PAN ? ",\"axis\":\"pan\"" : ",\"axis\":\"tilt\"");
    put_position(s, ",\"deg\":", c->deg_known, c->deg);
    put_position(s, ",\"target\":", c->target_known, c->target);
    put_fixed(s, ",\"min\":", c->min, 1);
    put_fixed(s, ",\"max\":", c->max, 1);
    put_fixed(s, ",\"step\":", c->step, 1);
    put_fixed(s, ",\"speed\":", c->speed, 1);
    put_fixed(s, ",\"res\":", c->res_milli, 3);
    put_fixed(s, ",\"us\":", c->us, 0);
    put_bool(s, ",\"moving\":", c->moving);
    put_bool(s, ",\"driven\":", c->driven);
    if (c->assumed)
        put(s, ",\"assumed\":true");
}

// A channel has no text but its name, which holds nothing that JSON escapes, and words of ours.
static int encode_channel(const struct status_channel *c, struct channel_text *out)
{
    struct sink s = {.at = out->text, .size = sizeof out->text};
    put(&s, "\"");
    put(&s, c->id.name);
    put(&s, "\":{\"kind\":\"");
    put(&s, channel_kind_name(c->id.kind));
    put(&s, "\"");
    if (c->id.kind == CHANNEL_SERVO)
        put_servo(&s, c);
    else
        put_bool(&s, ",\"on\":", c->on);
    if (c->id.kind == CHANNEL_DIMMER)
        put_fixed(&s, ",\"percent\":", c->percent, 0);
    put(&s, "}");
    if (s.full)
        return -EMSGSIZE;
    memcpy(&out->of, c, sizeof *c);
    out->len = s.len;
    return 0;
}

// Cleans what foreign words or the system's own may have left in it: a text that is no UTF-8 would cost the
// whole status. Of what is left, JSON escapes two characters.
static void put_text(struct sink *s, const char *key, const char *text, size_t max_chars)
{
    char clean[PROTOCOL_WHY_SIZE];
    size_t len = text_clean(clean, sizeof clean, text, strlen(text), max_chars);
    put(s, key);
    put(s, "\"");
    for (size_t from = 0; from < len;) {
        size_t plain = strcspn(clean + from, "\"\\");
        put_bytes(s, clean + from, plain);
        from += plain;
        if (from < len) {
            put(s, "\\");
            put_bytes(s, clean + from, 1);
            from++;
        }
    }
    put(s, "\"");
}

// The same, left out where the text is "".
static void put_text_if_any(struct sink *s, const char *key, const char *text, size_t max_chars)
{
    if (text[0])
        put_text(s, key, text, max_chars);
}

static void put_last(struct sink *s, const struct status_last *last)
{
    const char *result = last->result_name[0] ? last->result_name : protocol_result_name(last->result);
    put_fixed(s, "{\"n\":", (int64_t)last->n, 0);
    put_text_if_any(s, ",\"id\":", last->id, PROTOCOL_ID_MAX);
    put_text(s, ",\"cmd\":", last->cmd, PROTOCOL_ECHO_CHARS);
    put_text(s, ",\"result\":", result, sizeof last->result_name);
    put_text_if_any(s, ",\"why\":", last->why, PROTOCOL_WHY_CHARS);
    put_text_if_any(s, ",\"from\":", last->from, PROTOCOL_NAME_MAX);
    put(s, last->again ? ",\"again\":true}" : "}");
}

// Without the brace that closes it.
static void put_head(struct sink *s, const struct head *head)
{
    put_fixed(s, "{\"v\":", PROTOCOL_VERSION, 0);
    put_text(s, ",\"device\":", head->device, PROTOCOL_DEVICE_MAX);
    put_bool(s, ",\"online\":", head->online);
    put_text_if_any(s, ",\"boot\":", head->boot, PROTOCOL_BOOT_MAX);
    put_text_if_any(s, ",\"why\":", head->why, PROTOCOL_WHY_CHARS);
}

static int encode_head(struct status_writer *w, const struct status *status)
{
    struct head head;
    memset(&head, 0, sizeof head);
    memcpy(head.device, status->device, sizeof head.device);
    memcpy(head.boot, status->boot, sizeof head.boot);
    memcpy(head.why, status->why, sizeof head.why);
    head.online = status->online;
    if (w->head_len > 0 && is_same(&head, &w->head, sizeof head))
        return 0;
    struct sink s = {.at = w->head_text, .size = sizeof w->head_text};
    put_head(&s, &head);
    w->head_len = 0;
    if (s.full)
        return -EMSGSIZE;
    memcpy(&w->head, &head, sizeof head);
    w->head_len = s.len;
    return 0;
}

static int encode_last(struct status_writer *w, const struct status_last *last)
{
    if (w->last_len > 0 && is_same(last, &w->last, sizeof *last))
        return 0;
    struct sink s = {.at = w->last_text, .size = sizeof w->last_text};
    put_last(&s, last);
    w->last_len = 0;
    if (s.full)
        return -EMSGSIZE;
    memcpy(&w->last, last, sizeof *last);
    w->last_len = s.len;
    return 0;
}

static int encode_health(struct status_writer *w, const struct status_health *h)
{
    if (w->health_len > 0 && is_same(h, &w->health, sizeof *h))
        return 0;
    const struct {
        const char *key;
        int64_t value;
        unsigned flag;
        int decimals;
    } figures[] = {
        {",\"up\":", h->up_s, HEALTH_UP, 0},
        {",\"cpu\":", h->cpu, HEALTH_CPU, 3},
        {",\"mem\":", h->mem, HEALTH_MEM, 3},
        {",\"load\":", h->load, HEALTH_LOAD, 2},
        {",\"cpu_c\":", h->cpu_c, HEALTH_CPU_C, 1},
        {",\"gpu_c\":", h->gpu_c, HEALTH_GPU_C, 1},
        {",\"gpu\":", h->gpu, HEALTH_GPU, 3},
        {",\"watts\":", h->milliwatts, HEALTH_WATTS, 3},
    };
    struct sink s = {.at = w->health_text, .size = sizeof w->health_text};
    put(&s, "{");
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (h->has & figures[i].flag)
            put_fixed(&s, figures[i].key + (s.len == 1), figures[i].value, figures[i].decimals);
    put(&s, "}");
    w->health_len = 0;
    if (s.full)
        return -EMSGSIZE;
    memcpy(&w->health, h, sizeof *h);
    w->health_len = s.len;
    return 0;
}

static int encode_changed(struct status_writer *w, const struct status *status)
{
    int rc = encode_head(w, status);
    for (size_t i = 0; i < status->count && rc == 0; i++) {
        struct channel_text *channel = &w->channels[i];
        if (channel->len == 0 || !is_same(&status->channels[i], &channel->of, sizeof channel->of))
            rc = encode_channel(&status->channels[i], channel);
    }
    if (rc == 0 && status->last.n > 0)
        rc = encode_last(w, &status->last);
    if (rc == 0 && status->health.has != 0)
        rc = encode_health(w, &status->health);
    return rc;
}

int status_write(struct status_writer *writer, const struct status *status, char out[PROTOCOL_STATUS_MAX])
{
    int rc = encode_changed(writer, status);
    if (rc != 0)
        return rc;
    struct sink s = {.size = PROTOCOL_STATUS_MAX};
    s.at = out;
    put_bytes(&s, writer->head_text, writer->head_len);
    put_fixed(&s, ",\"seq\":", (int64_t)status->seq, 0);
    put_fixed(&s, ",\"t\":", status->t_ms, 0);
    if (status->report_ms > 0)
        put_fixed(&s, ",\"report\":", status->report_ms, 3);
    put(&s, ",\"channels\":{");
    for (size_t i = 0; i < status->count; i++) {
        if (i > 0)
            put(&s, ",");
        put_bytes(&s, writer->channels[i].text, writer->channels[i].len);
    }
    put(&s, "}");
    if (status->last.n > 0) {
        put(&s, ",\"last\":");
        put_bytes(&s, writer->last_text, writer->last_len);
    }
    if (status->health.has != 0) {
        put(&s, ",\"health\":");
        put_bytes(&s, writer->health_text, writer->health_len);
    }
    put(&s, "}");
    return s.full ? -EMSGSIZE : (int)s.len;
}

int status_write_offline(char out[PROTOCOL_STATUS_MAX], const char *device, const char *boot, const char *why)
{
    struct head head;
    memset(&head, 0, sizeof head);
    snprintf(head.device, sizeof head.device, "%s", device);
    snprintf(head.boot, sizeof head.boot, "%s", boot);
    snprintf(head.why, sizeof head.why, "%s", why);
    struct sink s = {.size = PROTOCOL_STATUS_MAX};
    s.at = out;
    put_head(&s, &head);
    put(&s, "}");
    return s.full ? -EMSGSIZE : (int)s.len;
}

int status_write_reply(char out[PROTOCOL_REPLY_MAX], const char *device, const struct status_last *last)
{
    struct sink s = {.size = PROTOCOL_REPLY_MAX};
    s.at = out;
    put_fixed(&s, "{\"v\":", PROTOCOL_VERSION, 0);
    put_text(&s, ",\"device\":", device, PROTOCOL_DEVICE_MAX);
    put(&s, ",\"last\":");
    put_last(&s, last);
    put(&s, "}");
    return s.full ? -EMSGSIZE : (int)s.len;
}
