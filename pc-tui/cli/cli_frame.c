// SPDX-License-Identifier: MIT
#include "pc-tui/cli/cli_frame.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "pc-tui/cli/cli.h"
#include "pc-tui/word_cache.h"

enum { HURRY_MS = 200, LINE_SIZE_MAX = 4200 };

static const int stopping[CLI_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

// An event loop that takes files and /dev/null as stdin too (epoll refuses those).
static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();
    if (!config)
        return NULL;
    event_config_require_features(config, EV_FEATURE_FDS);
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static void on_signal(evutil_socket_t number, short what, void *ctx)
{
    struct cli_frame *frame = ctx;
    (void)what;
    if (frame->signal)
        return;
    frame->signal = (int)number;
    frame->events->signal(frame->ctx, (int)number);
}

static void on_out_failed(void *ctx, int rc)
{
    struct cli_frame *frame = ctx;
    frame->events->deaf(frame->ctx, rc);
}

static void on_reader_left(evutil_socket_t fd, short what, void *ctx)
{
    struct cli_frame *frame = ctx;
    (void)fd;
    (void)what;
    frame->events->deaf(frame->ctx, -EPIPE);
}

// Whoever prints only changes may have nothing to write for hours, and would not notice that nobody reads any more.
// The writing end of a pipe becomes "readable" when its last reader has left, and never else.
static int watch_reader(struct cli_frame *frame)
{
    struct stat stdout_is;
    if (fstat(STDOUT_FILENO, &stdout_is) < 0 || !S_ISFIFO(stdout_is.st_mode))
        return 0;
    frame->reader = event_new(frame->base, STDOUT_FILENO, EV_READ, on_reader_left, frame);
    return frame->reader && event_add(frame->reader, NULL) == 0 ? 0 : -ENOMEM;
}

static const struct tui_options *make_silent(struct cli_frame *frame, const struct tui_options *options)
{
    frame->silent = malloc(sizeof *frame->silent);
    if (!frame->silent)
        return NULL;
    *frame->silent = *options;
    frame->silent->ui.read_only = true;
    return frame->silent;
}

int cli_frame_open(struct cli_frame *frame, const struct tui_options *options, bool looks_only,
    const struct session_events *session_events, const struct cli_frame_events *events, void *ctx)
{
    frame->events = events;
    frame->ctx = ctx;
    signal(SIGPIPE, SIG_IGN);
    frame->base = new_base();
    if (looks_only)
        options = make_silent(frame, options);
    if (!frame->base || !options)
        return -ENOMEM;
    frame->out = cli_output_new(frame->base, STDOUT_FILENO, on_out_failed, frame);
    frame->err = cli_output_new(frame->base, STDERR_FILENO, NULL, NULL);
    if (!frame->out || !frame->err)
        return -ENOMEM;
    for (size_t i = 0; i < CLI_SIGNALS; i++) {
        frame->signals[i] = evsignal_new(frame->base, stopping[i], on_signal, frame);
        if (!frame->signals[i] || event_add(frame->signals[i], NULL) < 0)
            return -ENOMEM;
    }
    int rc = watch_reader(frame);
    if (rc < 0)
        return rc;
    frame->session = session_new(frame->base, options, session_events, ctx);
    return frame->session ? 0 : -errno;
}

int cli_frame_close(struct cli_frame *frame, int status)
{
    if (frame->session)
        word_cache_keep(frame->base, session_model(frame->session));
    session_free(frame->session);
    // From here on a signal ends the process as usual, so the last lines may take as long as their reader wants.
    for (size_t i = 0; i < CLI_SIGNALS; i++) {
        if (frame->signals[i])
            event_free(frame->signals[i]);
    }
    if (frame->reader)
        event_free(frame->reader);
    int rc = cli_output_free(frame->out, frame->signal ? HURRY_MS : -1);
    cli_output_free(frame->err, HURRY_MS);
    if (rc < 0 && rc != -EPIPE && rc != -ETIMEDOUT) {
        log_error("standard output: %s", strerror(-rc));
        status = CLI_REFUSED;
    }
    if (frame->base)
        event_base_free(frame->base);
    if (frame->silent)
        explicit_bzero(frame->silent, sizeof *frame->silent); // it holds the password
    free(frame->silent);
    return status;
}

void cli_frame_print(struct cli_frame *frame, const char *format, ...)
{
    char line[LINE_SIZE_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    cli_output_put(frame->out, line, strlen(line));
}

void cli_frame_tell(struct cli_frame *frame, const char *format, ...)
{
    static const char name[] = "pc-tui: ";
    char line[LINE_SIZE_MAX];
    va_list args;
    memcpy(line, name, sizeof name);
    va_start(args, format);
    vsnprintf(line + sizeof name - 1, sizeof line - sizeof name + 1, format, args);
    va_end(args);
    cli_output_put(frame->err, line, strlen(line));
}
