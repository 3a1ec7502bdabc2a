// SPDX-License-Identifier: MIT
#include "nano-agent/system/stop_signals.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/array.h"

static const struct {
    int number;
    const char *name;
} stopping[] = {{SIGTERM, "SIGTERM"}, {SIGINT, "SIGINT"}, {SIGHUP, "SIGHUP"}};
_Static_assert(ARRAY_LENGTH(stopping) == STOP_SIGNALS, "each signal has an event");

static bool is_ignored(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int stop_signals_catch(struct stop_signals *signals, struct event_base *base,
    void (*arrived)(int number, short what, void *ctx), void *ctx)
{
    for (size_t i = 0; i < STOP_SIGNALS; i++) {
        if (stopping[i].number == SIGHUP && is_ignored(SIGHUP))
            continue;
        signals->events[i] = evsignal_new(base, stopping[i].number, arrived, ctx);
        if (!signals->events[i] || event_add(signals->events[i], NULL) < 0)
            return -ENOMEM;
    }
    return 0;
}

void stop_signals_free(struct stop_signals *signals)
{
    for (size_t i = 0; i < STOP_SIGNALS; i++) {
        if (signals->events[i])
            event_free(signals->events[i]);
    }
}

const char *stop_signals_name(int number)
{
    for (size_t i = 0; i < STOP_SIGNALS; i++) {
        if (stopping[i].number == number)
            return stopping[i].name;
    }
    return "a signal";
}
