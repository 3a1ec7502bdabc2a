// SPDX-License-Identifier: MIT
#include "pc-tui/model/journal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

int journal_init(struct journal *journal)
{
    journal->next = 1;
    journal->ring = calloc(JOURNAL_MAX, sizeof(*journal->ring));
    return journal->ring ? 0 : -ENOMEM;
}

void journal_finish(struct journal *journal)
{
    free(journal->ring);
    journal->ring = NULL;
}

struct journal_event *journal_add(
    struct journal *journal, enum journal_kind kind, int64_t wall_ms, const char *device, const char *text)
{
    struct journal_event *event = &journal->ring[journal->next % JOURNAL_MAX];
    memset(event, 0, sizeof *event);
    event->serial = journal->next++;
    event->kind = kind;
    event->wall_ms = wall_ms;
    event->broker_us = -1;
    event->echo_us = -1;
    text_clean(event->device, sizeof event->device, device, strlen(device), PROTOCOL_DEVICE_MAX);
    text_clean(event->text, sizeof event->text, text, strlen(text), sizeof event->text - 1);
    return event;
}

void journal_note(struct journal *journal, enum journal_kind kind, int64_t wall_ms, const char *device,
    const char *format, ...)
{
    char text[PROTOCOL_CMD_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);

    char cleaned[PROTOCOL_CMD_SIZE];
    text_clean(cleaned, sizeof cleaned, text, strlen(text), sizeof cleaned - 1);
    if (journal_count(journal) > 0) {
        struct journal_event *newest = &journal->ring[(journal->next - 1) % JOURNAL_MAX];
        if (newest->kind == kind && strcmp(newest->text, cleaned) == 0 &&
            strcmp(newest->device, device) == 0) {
            newest->wall_ms = wall_ms;
            return;
        }
    }
    journal_add(journal, kind, wall_ms, device, cleaned);
}

size_t journal_count(const struct journal *journal)
{
    uint64_t count = journal->next - 1;
    return count < JOURNAL_MAX ? (size_t)count : JOURNAL_MAX;
}

const struct journal_event *journal_at(const struct journal *journal, size_t back)
{
    if (back >= journal_count(journal))
        return NULL;
    return &journal->ring[(journal->next - 1 - back) % JOURNAL_MAX];
}

struct journal_event *journal_find(struct journal *journal, uint64_t serial)
{
    if (serial == 0 || serial >= journal->next || journal->next - serial > JOURNAL_MAX)
        return NULL;
    return &journal->ring[serial % JOURNAL_MAX];
}

bool journal_alike(const struct journal_event *a, const struct journal_event *b)
{
    bool ended = a->kind != JOURNAL_COMMAND || a->stage >= JOURNAL_DONE;
    return ended && a->kind == b->kind && a->stage == b->stage && a->result == b->result &&
           a->reason == b->reason && strcmp(a->device, b->device) == 0 && strcmp(a->text, b->text) == 0 &&
           strcmp(a->from, b->from) == 0 && strcmp(a->result_name, b->result_name) == 0 &&
           strcmp(a->why, b->why) == 0 && strcmp(a->value, b->value) == 0;
}

bool journal_failed(const struct journal_event *event)
{
    switch (event->kind) {
    case JOURNAL_NOTICE:
        return false;
    case JOURNAL_PROBLEM:
        return true;
    case JOURNAL_OTHERS:
        return !protocol_result_is_success(event->result);
    case JOURNAL_COMMAND:
        break;
    }
    switch (event->stage) {
    case JOURNAL_WAITING:
    case JOURNAL_SENT:
    case JOURNAL_BROKER:
        return false;
    case JOURNAL_DONE:
        return !protocol_result_is_success(event->result);
    case JOURNAL_PLAIN:
        return event->reason != 0;
    case JOURNAL_NO_ECHO:
    case JOURNAL_DROPPED:
        break;
    }
    return true;
}

// A line that grows from left to right. What does not fit any more is left out.
struct line_out {
    char *at;
    size_t left;
};

static void __attribute__((format(printf, 2, 3))) put(struct line_out *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(out->at, out->left, format, args);
    va_end(args);
    if (n <= 0)
        return;
    size_t used = (size_t)n < out->left ? (size_t)n : out->left - 1;
    out->at += used;
    out->left -= used;
}

static void put_ms(struct line_out *out, int64_t us)
{
    if (us < 1000000)
        put(out, " %lld.%lld ms", (long long)(us / 1000), (long long)(us % 1000 / 100));
    else
        put(out, " %lld.%lld s", (long long)(us / 1000000), (long long)(us % 1000000 / 100000));
}

// The command has named its channel already: then the state alone says enough.
static const char *short_value(const struct journal_event *event)
{
    size_t name = strcspn(event->value, " ");
    bool named = event->value[name] && strncmp(event->text, event->value, name) == 0;
    return named ? event->value + name + 1 : event->value;
}

static void put_result(struct line_out *out, const struct journal_event *event)
{
    put(out, "%s", event->result_name);
    if (event->why[0]) // "already at 45.0°" says where it is
        put(out, ": %s", event->why);
    else if (event->value[0])
        put(out, " %s", short_value(event));
}

static void put_command(
    struct line_out *out, const struct journal_event *event, const char *device, unsigned flags)
{
    bool ascii = flags & JOURNAL_ASCII, names = flags & JOURNAL_NAMES;
    // MQTT 5: reason codes of 128 and above say that the broker did not take it.
    const char *taken = event->reason >= 128 ? (ascii ? "x" : "✗") : (ascii ? "ok" : "✓");
    const char *check = ascii ? "ok" : "✓";
    if (event->stage == JOURNAL_DROPPED) {
        put(out, "not sent%s%s: %s", names ? " to " : "", names ? device : "", event->why);
        return;
    }
    if (event->stage == JOURNAL_WAITING) {
        put(out, "%s", event->why[0] ? event->why : "waits for the device's clock");
        return;
    }
    put(out, "sent");
    if (event->repeats > 0)
        put(out, " %u times", event->repeats + 1);
    if (names && event->stage != JOURNAL_DONE)
        put(out, " to %s", device);
    if (event->broker_us >= 0) {
        put(out, "  %s broker", taken);
        put_ms(out, event->broker_us);
    }
    if (event->stage == JOURNAL_DONE) {
        put(out, "  %s %s", check, device);
        put_ms(out, event->echo_us);
        put(out, "%s  ", event->late ? " late" : "");
        put_result(out, event);
    } else if (event->stage == JOURNAL_PLAIN) {
        if (event->broker_us < 0)
            put(out, "  %s broker", taken);
        put(out, " %s %s", ascii ? "-" : "—", event->why);
    } else if (event->stage == JOURNAL_NO_ECHO) {
        put(out, "  %s", event->why);
    }
}

char *journal_describe(
    char out[JOURNAL_LINE_SIZE], const struct journal_event *event, const char *root, unsigned flags)
{
    struct line_out line = {.at = out, .left = JOURNAL_LINE_SIZE};
    const char *device = event->device[0] ? event->device : root;
    out[0] = '\0';
    switch (event->kind) {
    case JOURNAL_COMMAND:
        put_command(&line, event, device, flags);
        break;
    case JOURNAL_OTHERS:
        if (event->from[0])
            put(&line, "from %s%s  ", event->from, event->named ? "" : flags & JOURNAL_ASCII ? ".." : "…");
        if (flags & JOURNAL_NAMES)
            put(&line, "to %s  ", device);
        put_result(&line, event);
        break;
    case JOURNAL_NOTICE:
    case JOURNAL_PROBLEM:
        break;
    }
    return out;
}
