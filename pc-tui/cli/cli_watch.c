// SPDX-License-Identifier: MIT
// `pc-tui watch`: a line a status, for pipes and screen readers.
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/text.h"
#include "pc-tui/cli/cli.h"
#include "pc-tui/cli/cli_private.h"
#include "pc-tui/session.h"

struct watch {
    const struct tui_options *options;
    struct event_base *base;
    struct session *session;
    struct event *signals[3];
    struct status *status; // scratch
    enum link_state state; // as it was told last
    char reason[LINK_REASON_SIZE];
    bool ended;
};

static void end(struct watch *watch)
{
    if (watch->ended)
        return;
    watch->ended = true;
    session_close(watch->session);
}

static void print_json(const struct link_message *message)
{
    // Bytes between the tokens may be line ends; within strings JSON has no raw ones.
    char line[PROTOCOL_STATUS_MAX];
    char cleaned[4 * PROTOCOL_STATUS_MAX + 1];
    memcpy(line, message->payload, message->len);
    for (size_t i = 0; i < message->len; i++) {
        if (line[i] == '\n' || line[i] == '\r' || line[i] == '\t')
            line[i] = ' ';
    }
    text_clean(cleaned, sizeof cleaned, line, message->len, sizeof cleaned - 1);
    puts(cleaned);
}

static void print_words(struct watch *watch, const char *device, bool retained)
{
    const struct status *status = watch->status;
    bool ascii = watch->options->ascii;
    char value[CLI_VALUE_SIZE];
    struct timespec now;
    struct tm local;
    clock_gettime(CLOCK_REALTIME, &now);
    localtime_r(&now.tv_sec, &local);
    printf("%02d:%02d:%02d.%03ld  %s", local.tm_hour, local.tm_min, local.tm_sec, now.tv_nsec / 1000000,
        device[0] ? device : watch->options->broker.root);
    if (!status->online) {
        printf("  offline%s%s%s\n", status->why[0] ? ": " : "", status->why, retained ? "  (retained)" : "");
        return;
    }
    for (size_t i = 0; i < status->count; i++)
        printf("  %s", cli_channel(value, &status->channels[i], ascii));
    const struct status_last *last = &status->last;
    if (last->n > 0)
        printf("  last %s %s%s%s", last->cmd,
            last->result == RESULT_OTHER ? last->result_name : protocol_result_name(last->result),
            last->why[0] ? ": " : "", last->why);
    printf("%s\n", retained ? "  (retained)" : "");
}

static void on_status(void *ctx, const char *device, const struct link_message *message)
{
    struct watch *watch = ctx;
    char why[PROTOCOL_WHY_SIZE] = "";
    const char *wanted = watch->options->broker.device;
    if (message->len == 0 || watch->ended || (wanted[0] != '\0' && strcmp(wanted, device) != 0))
        return;
    if (status_parse(message->payload, message->len, watch->status, why) < 0) {
        fprintf(stderr, "pc-tui: %s: %s\n", message->topic, why);
        return;
    }
    if (watch->options->json)
        print_json(message);
    else
        print_words(watch, device, message->retained);
    // Whoever reads wants the line now, and a closed pipe is the end of the wish to watch.
    if (fflush(stdout) != 0)
        end(watch);
}

static void on_changed(void *ctx)
{
    struct watch *watch = ctx;
    const struct link_report *link = session_link(watch->session);
    if (watch->ended || (link->state == watch->state && strcmp(link->reason, watch->reason) == 0))
        return;
    if (link->state == LINK_UP)
        fprintf(stderr, "pc-tui: connected to %s:%d\n", link->broker.host, link->broker.port);
    else if (link->reason[0] && strcmp(link->reason, watch->reason) != 0)
        fprintf(stderr, "pc-tui: %s\n", link->reason);
    watch->state = link->state;
    if (link->state == LINK_UP || link->reason[0])
        snprintf(watch->reason, sizeof watch->reason, "%s", link->reason);
}

static void on_signal(evutil_socket_t fd, short what, void *ctx)
{
    (void)fd;
    (void)what;
    end(ctx);
}

static void on_closed(void *ctx)
{
    struct watch *watch = ctx;
    event_base_loopbreak(watch->base);
}

static const struct session_events session_events = {
    .changed = on_changed,
    .status = on_status,
    .closed = on_closed,
};

static int prepare(struct watch *watch, const struct tui_options *silent)
{
    static const int stopping[] = {SIGINT, SIGTERM, SIGHUP};
    watch->base = cli_event_base();
    watch->status = malloc(sizeof(*watch->status));
    if (!watch->base || !watch->status)
        return -ENOMEM;
    for (size_t i = 0; i < sizeof stopping / sizeof stopping[0]; i++) {
        watch->signals[i] = evsignal_new(watch->base, stopping[i], on_signal, watch);
        if (!watch->signals[i] || event_add(watch->signals[i], NULL) < 0)
            return -ENOMEM;
    }
    watch->session = session_new(watch->base, silent, &session_events, watch);
    return watch->session ? 0 : -errno;
}

int cli_watch(const struct tui_options *options)
{
    // Who only watches publishes nothing, not even to tidy up.
    struct tui_options *silent = malloc(sizeof *silent);
    if (!silent)
        return CLI_NO_BROKER;
    *silent = *options;
    silent->ui.read_only = true;

    struct watch watch = {.options = options, .state = LINK_CLOSED};
    signal(SIGPIPE, SIG_IGN);
    int rc = prepare(&watch, silent);
    if (rc == 0)
        event_base_dispatch(watch.base);
    else
        fprintf(stderr, "pc-tui: %s\n", strerror(-rc));
    session_free(watch.session);
    for (size_t i = 0; i < 3; i++) {
        if (watch.signals[i])
            event_free(watch.signals[i]);
    }
    free(watch.status);
    if (watch.base)
        event_base_free(watch.base);
    explicit_bzero(silent, sizeof *silent);
    free(silent);
    return rc == 0 ? CLI_OK : CLI_NO_BROKER;
}
