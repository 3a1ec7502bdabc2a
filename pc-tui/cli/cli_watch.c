// SPDX-License-Identifier: MIT
// `pc-tui watch`: a line a change, for pipes and screen readers.
#include <errno.h>
#include <event2/event.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/clock.h"
#include "common/hash.h"
#include "common/log.h"
#include "common/text.h"
#include "pc-tui/cli/cli.h"
#include "pc-tui/cli/cli_frame.h"
#include "pc-tui/cli/cli_words.h"

// A status that is none comes again with every heartbeat: the same complaint is told once a minute.
enum { COMPLAINTS = 64, COMPLAINT_MS = 60000, LINE_MAX_BYTES = 8192 };

struct watch {
    const struct tui_options *options;
    struct cli_frame frame;
    struct status *status; // scratch
    struct {
        uint64_t hash;
        int64_t until_ms;
    } complaints[COMPLAINTS];
    enum link_state state; // as it was told last
    char reason[LINK_REASON_SIZE];
    bool ended;
};

static void end(struct watch *watch)
{
    if (watch->ended)
        return;
    watch->ended = true;
    session_close(watch->frame.session);
}

static void print_json(struct watch *watch, const struct link_message *message)
{
    // Bytes between the tokens may be line ends; within strings JSON has no raw ones.
    char line[PROTOCOL_STATUS_MAX];
    char cleaned[4 * PROTOCOL_STATUS_MAX + 1];
    memcpy(line, message->payload, message->len);
    for (size_t i = 0; i < message->len; i++) {
        if (line[i] == '\n' || line[i] == '\r' || line[i] == '\t')
            line[i] = ' ';
    }
    size_t len = text_clean(cleaned, sizeof cleaned, line, message->len, sizeof cleaned - 1);
    cli_output_put(watch->frame.out, cleaned, len);
}

struct watch_line {
    char text[LINE_MAX_BYTES];
    size_t len;
};

static void __attribute__((format(printf, 2, 3))) add(struct watch_line *line, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line->text + line->len, sizeof line->text - line->len, format, args);
    va_end(args);
    if (n > 0)
        line->len +=
            (size_t)n < sizeof line->text - line->len ? (size_t)n : sizeof line->text - line->len - 1;
}

static void print_words(struct watch *watch, const char *device, bool retained)
{
    const struct status *status = watch->status;
    bool ascii = watch->options->ascii;
    char value[CLI_VALUE_SIZE];
    struct watch_line line = {.len = 0};
    struct timespec now;
    struct tm local;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    add(&line, "%02d:%02d:%02d.%03ld  %s", local.tm_hour, local.tm_min, local.tm_sec, now.tv_nsec / 1000000,
        device[0] ? device : watch->options->broker.root);
    char why[PROTOCOL_WHY_SIZE];
    if (!status->online)
        add(&line, "  offline%s%s", status->why[0] ? ": " : "",
            status->fault[0] ? model_fault(why, status->fault, status->why) : status->why);
    for (size_t i = 0; status->online && i < status->count; i++)
        add(&line, "  %s", cli_words_channel(value, &status->channels[i], ascii));
    const struct status_last *last = &status->last;
    if (status->online && last->n > 0)
        add(&line, "  last %s %s%s%s", last->cmd,
            last->result == RESULT_OTHER ? last->result_name : protocol_result_name(last->result),
            last->why[0] ? ": " : "", last->why);
    if (retained)
        add(&line, "  (retained)");
    cli_output_put(watch->frame.out, line.text, line.len);
}

static bool says_something_new(const struct watch *watch, const char *name)
{
    const struct status *now = watch->status;
    const struct model_device *device = model_find(session_model(watch->frame.session), name, NULL);
    if (!device || device->tutorial || device->offline == now->online)
        return true;
    if (!now->online) // a will that comes again
        return strcmp(now->fault, device->fault) != 0 ||
               (now->fault[0] &&
                   (strcmp(now->why, device->why) != 0 || now->last.n != device->status->last.n));
    const struct status *before = device->status;
    return strcmp(now->boot, before->boot) != 0 || now->last.n != before->last.n ||
           now->count != before->count ||
           memcmp(now->channels, before->channels, now->count * sizeof now->channels[0]) != 0;
}

static void complain(struct watch *watch, const char *topic, const char *why)
{
    uint64_t hash = hash64_bytes(HASH64_START, topic, strlen(topic) + 1);
    hash = hash64_bytes(hash, why, strlen(why));
    int64_t now_ms = clock_now_ms();
    size_t slot = hash % COMPLAINTS;
    if (watch->complaints[slot].hash == hash && now_ms < watch->complaints[slot].until_ms)
        return;
    watch->complaints[slot].hash = hash;
    watch->complaints[slot].until_ms = now_ms + COMPLAINT_MS;
    cli_frame_tell(&watch->frame, "%s: %s", topic, why);
}

static void on_status(void *ctx, const char *device, const struct link_message *message)
{
    struct watch *watch = ctx;
    char why[PROTOCOL_WHY_SIZE] = "";
    const char *wanted = watch->options->broker.device;
    if (message->len == 0 || watch->ended || (wanted[0] != '\0' && strcmp(wanted, device) != 0))
        return;
    if (status_parse(message->payload, message->len, watch->status, why) < 0) {
        complain(watch, message->topic, why);
        return;
    }
    if (!watch->options->all && !says_something_new(watch, device))
        return;
    unsigned long lost = cli_output_lost(watch->frame.out);
    if (lost > 0)
        cli_frame_tell(&watch->frame, "%lu lines lost: whoever reads them is too slow", lost);
    if (watch->options->json)
        print_json(watch, message);
    else
        print_words(watch, device, message->retained);
}

static void on_changed(void *ctx)
{
    struct watch *watch = ctx;
    const struct link_report *link = session_link(watch->frame.session);
    if (watch->ended || (link->state == watch->state && strcmp(link->reason, watch->reason) == 0))
        return;
    if (link->state == LINK_UP)
        cli_frame_tell(&watch->frame, "connected to %s:%d", link->broker.host, link->broker.port);
    else if (link->reason[0] && strcmp(link->reason, watch->reason) != 0)
        cli_frame_tell(&watch->frame, "%s", link->reason);
    watch->state = link->state;
    if (link->state == LINK_UP || link->reason[0])
        snprintf(watch->reason, sizeof watch->reason, "%s", link->reason);
}

static void on_signal(void *ctx, int number)
{
    (void)number;
    end(ctx);
}

// A closed pipe is the end of the wish to watch.
static void on_deaf(void *ctx, int rc)
{
    (void)rc;
    end(ctx);
}

static void on_closed(void *ctx)
{
    struct watch *watch = ctx;
    event_base_loopbreak(watch->frame.base);
}

int cli_watch(const struct tui_options *options)
{
    static const struct session_events session_events = {
        .changed = on_changed, .status = on_status, .closed = on_closed};
    static const struct cli_frame_events frame_events = {.signal = on_signal, .deaf = on_deaf};
    struct watch *watch = calloc(1, sizeof *watch);
    int status = CLI_NO_BROKER, rc = -ENOMEM;
    if (watch)
        watch->status = malloc(sizeof *watch->status);
    if (!watch || !watch->status)
        goto free_watch;
    watch->options = options;
    watch->state = LINK_CLOSED;
    rc = cli_frame_open(&watch->frame, options, true, &session_events, &frame_events, watch);
    if (rc == 0) {
        event_base_dispatch(watch->frame.base);
        status = CLI_OK;
    }
    status = cli_frame_close(&watch->frame, status);
free_watch:
    if (rc < 0)
        log_error("%s", strerror(-rc));
    if (watch)
        free(watch->status);
    free(watch);
    return status;
}
