// SPDX-License-Identifier: MIT
#include "nano-agent/system/watchdog.h"

#include <inttypes.h>
#include <stdio.h>

#include "nano-agent/system/notify.h"

enum { USUAL_FEEDS = 2, HURRIED_FEEDS = 4 }; // so often within its time

static int64_t limit_us(const struct watchdog *watchdog)
{
    return watchdog->hurried && watchdog->usual_us > WATCHDOG_HURRIED_US ? WATCHDOG_HURRIED_US
                                                                         : watchdog->usual_us;
}

static int64_t gap_us(const struct watchdog *watchdog)
{
    return limit_us(watchdog) / (watchdog->hurried ? HURRIED_FEEDS : USUAL_FEEDS);
}

static void tell_ready(struct watchdog *watchdog)
{
    if (!watchdog->ready_told && notify_send("READY=1") == 0)
        watchdog->ready_told = true;
}

void watchdog_start(struct watchdog *watchdog, int64_t now_us)
{
    *watchdog = (struct watchdog){.usual_us = notify_watchdog_us(), .fed_us = now_us, .told = true};
    tell_ready(watchdog);
}

static void feed(struct watchdog *watchdog, int64_t now_us)
{
    char state[64] = "WATCHDOG=1";
    if (!watchdog->told)
        snprintf(state, sizeof state, "WATCHDOG=1\nWATCHDOG_USEC=%" PRId64, limit_us(watchdog));
    watchdog->fed_us = now_us;
    if (notify_send(state) == 0)
        watchdog->told = true;
    else // systemd is too busy to read: after half of the time again
        watchdog->fed_us -= gap_us(watchdog) / 2;
    tell_ready(watchdog);
}

void watchdog_hurry(struct watchdog *watchdog, bool hurried, int64_t now_us)
{
    if (hurried == watchdog->hurried)
        return;
    watchdog->hurried = hurried;
    watchdog->told = false;
    if (watchdog->usual_us)
        feed(watchdog, now_us);
}

void watchdog_feed(struct watchdog *watchdog, int64_t now_us)
{
    if (watchdog->usual_us && now_us - watchdog->fed_us >= gap_us(watchdog) / 2)
        feed(watchdog, now_us);
}

int64_t watchdog_next_us(const struct watchdog *watchdog)
{
    return watchdog->usual_us ? watchdog->fed_us + gap_us(watchdog) : INT64_MAX;
}
