// SPDX-License-Identifier: MIT
#include "common/mqtt/timer.h"

#include <event2/event.h>

void timer_arm(struct event *timer, int ms)
{
    if (ms < 0)
        ms = 0;
    struct timeval delay = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000L};
    event_base_update_cache_time(event_get_base(timer));
    evtimer_add(timer, &delay);
}
