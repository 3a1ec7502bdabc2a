// SPDX-License-Identifier: MIT
// Writes a status. A command changes `last` and one channel, so the text of each part is kept, and is encoded again only
// where the part has changed.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/protocol/sink.h"
#include "common/protocol/status.h"

enum {
    HEAD_SIZE = 320,
    CHANNEL_SIZE = 512, // a servo with every key and 7-character numbers takes 260
    FAULT_BYTES = 152,  // of a channel's `fault`, escaped: it takes no more room than a servo that works
    FAULT_CUT = 10,     // characters that it loses at a time until it fits
    HEALTH_SIZE = 320 + 3 * PROTOCOL_TOPIC_MAX,
    LAST_SIZE =
        2048,       // every character of `cmd`, `why`, `id`, `from` and `on` escaped, and the keys, take 1700
    KEYS_SIZE = 32, // of `last` and `health`, and the brace at the end
    DEAF_SIZE = PROTOCOL_WORDS_MAX * (2 * PROTOCOL_WORDS_TOPIC_MAX + 3) + 16, // each character may be escaped
};

// Compares the bytes and not the members. Padding that differs costs one more encoding and nothing else.
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

// A fault that is long once it is escaped is cut, so that a status of 64 channels still fits.
static void put_fault(struct sink *s, const char *fault)
{
    struct sink shorter = *s;
    for (size_t chars = PROTOCOL_FAULT_CHARS; chars > 0; chars -= FAULT_CUT) {
        shorter = *s;
        sink_text(&shorter, ",\"fault\":", fault, chars);
        if (!shorter.full && shorter.len - s->len <= FAULT_BYTES)
            break;
    }
    *s = shorter;
}

// Nothing is known of a channel whose hardware is not there but what the configuration says.
static void put_state(struct sink *s, const struct status_channel *c)
{
    if (!c->fault[0]) {
        kind_of(c->id.kind)->write(s, c);
        return;
    }
    if (c->axis != AXIS_NONE)
        sink_put(s, c->axis == AXIS_PAN ? ",\"axis\":\"pan\"" : ",\"axis\":\"tilt\"");
    put_fault(s, c->fault);
}

static int encode_channel(const struct status_channel *c, struct channel_text *out)
{
    struct sink s = {.at = out->text, .size = sizeof out->text};
    sink_put(&s, "\"");
    sink_put(&s, c->id.name);
    sink_put(&s, "\":{\"kind\":\"");
    sink_put(&s, channel_kind_name(c->id.kind));
    sink_put(&s, "\"");
    put_state(&s, c);
    sink_put(&s, "}");
    if (s.full)
        return -EMSGSIZE;
    memcpy(&out->of, c, sizeof *c);
    out->len = s.len;
    return 0;
}

static void put_last(struct sink *s, const struct status_last *last)
{
    const char *result = last->result_name[0] ? last->result_name : protocol_result_name(last->result);
    sink_fixed(s, "{\"n\":", (int64_t)last->n, 0);
    sink_text_if_any(s, ",\"id\":", last->id, PROTOCOL_ID_MAX);
    sink_text(s, ",\"cmd\":", last->cmd, PROTOCOL_ECHO_CHARS);
    sink_text(s, ",\"result\":", result, sizeof last->result_name);
    sink_text_if_any(s, ",\"why\":", last->why, PROTOCOL_WHY_CHARS);
    sink_text_if_any(s, ",\"from\":", last->from, PROTOCOL_NAME_MAX);
    sink_text_if_any(s, ",\"on\":", last->on, PROTOCOL_WORDS_TOPIC_MAX);
    sink_put(s, last->again ? ",\"again\":true}" : "}");
}

// Leaves out the brace that closes the object.
static void put_head(struct sink *s, const struct head *head)
{
    sink_fixed(s, "{\"v\":", PROTOCOL_VERSION, 0);
    sink_text(s, ",\"device\":", head->device, PROTOCOL_DEVICE_MAX);
    sink_bool(s, ",\"online\":", head->online);
    sink_text_if_any(s, ",\"boot\":", head->boot, PROTOCOL_BOOT_MAX);
    sink_text_if_any(s, ",\"why\":", head->why, PROTOCOL_WHY_CHARS);
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
    sink_put(&s, "{");
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (h->has & figures[i].flag)
            sink_fixed(&s, figures[i].key + (s.len == 1), figures[i].value, figures[i].decimals);
    sink_text_if_any(&s, s.len == 1 ? "\"noise\":" : ",\"noise\":", h->noise, PROTOCOL_TOPIC_MAX);
    sink_put(&s, "}");
    w->health_len = 0;
    if (s.full)
        return -EMSGSIZE;
    memcpy(&w->health, h, sizeof *h);
    w->health_len = s.len;
    return 0;
}

// A name of a pose holds nothing that JSON escapes.
static void put_poses(struct sink *s, const struct status *status)
{
    if (status->pose_count == 0)
        return;
    sink_put(s, ",\"poses\":[");
    for (size_t i = 0; i < status->pose_count; i++) {
        sink_put(s, i > 0 ? ",\"" : "\"");
        sink_put(s, status->poses[i]);
        sink_put(s, "\"");
    }
    sink_put(s, "]");
}

// What stands behind `deaf` counts more than it does.
static void put_deaf(struct sink *s, const struct status *status, size_t rest)
{
    char text[DEAF_SIZE];
    struct sink list = {.at = text, .size = sizeof text};
    if (status->deaf_count == 0)
        return;
    sink_put(&list, ",\"deaf\":[");
    for (size_t i = 0; i < status->deaf_count; i++)
        sink_text(&list, i > 0 ? "," : "", status->deaf[i], PROTOCOL_WORDS_TOPIC_MAX);
    sink_put(&list, "]");
    if (!list.full && s->len + list.len + rest < s->size)
        sink_bytes(s, text, list.len);
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
    if (rc == 0 && (status->health.has != 0 || status->health.noise[0]))
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
    sink_bytes(&s, writer->head_text, writer->head_len);
    sink_fixed(&s, ",\"seq\":", (int64_t)status->seq, 0);
    sink_fixed(&s, ",\"t\":", status->t_ms, 0);
    if (status->report_ms > 0)
        sink_fixed(&s, ",\"report\":", status->report_ms, 3);
    sink_fixed(&s, ",\"stops\":", (int64_t)status->stops, 0);
    sink_put(&s, ",\"channels\":{");
    for (size_t i = 0; i < status->count; i++) {
        if (i > 0)
            sink_put(&s, ",");
        sink_bytes(&s, writer->channels[i].text, writer->channels[i].len);
    }
    sink_put(&s, "}");
    put_poses(&s, status);
    put_deaf(&s, status, writer->last_len + writer->health_len + KEYS_SIZE);
    if (status->last.n > 0) {
        sink_put(&s, ",\"last\":");
        sink_bytes(&s, writer->last_text, writer->last_len);
    }
    if (status->health.has != 0 || status->health.noise[0]) {
        sink_put(&s, ",\"health\":");
        sink_bytes(&s, writer->health_text, writer->health_len);
    }
    sink_put(&s, "}");
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
    sink_put(&s, "}");
    return s.full ? -EMSGSIZE : (int)s.len;
}

int status_write_fault(char out[PROTOCOL_STATUS_MAX], const struct status *status)
{
    struct head head;
    memset(&head, 0, sizeof head);
    memcpy(head.device, status->device, sizeof head.device);
    memcpy(head.boot, status->boot, sizeof head.boot);
    memcpy(head.why, status->why, sizeof head.why);
    struct sink s = {.size = PROTOCOL_STATUS_MAX};
    s.at = out;
    put_head(&s, &head);
    sink_text_if_any(&s, ",\"fault\":", status->fault, STATUS_FAULT_CHARS);
    if (status->last.n > 0) {
        sink_put(&s, ",\"last\":");
        put_last(&s, &status->last);
    }
    sink_put(&s, "}");
    return s.full ? -EMSGSIZE : (int)s.len;
}

int status_write_reply(char out[PROTOCOL_REPLY_MAX], const char *device, const struct status_last *last)
{
    struct sink s = {.size = PROTOCOL_REPLY_MAX};
    s.at = out;
    sink_fixed(&s, "{\"v\":", PROTOCOL_VERSION, 0);
    sink_text(&s, ",\"device\":", device, PROTOCOL_DEVICE_MAX);
    sink_put(&s, ",\"last\":");
    put_last(&s, last);
    sink_put(&s, "}");
    return s.full ? -EMSGSIZE : (int)s.len;
}
