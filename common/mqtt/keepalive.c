// SPDX-License-Identifier: MIT
#include "common/mqtt/keepalive.h"

#include <errno.h>
#include <event2/event.h>
#include <mosquitto.h>

#include "common/mqtt/stream.h"
#include "common/mqtt/timer.h"

enum {
    LEAST_MS = 1000,
    // Less than a heartbeat of 1 s that comes a little early: with a whole second the timer would add a wake-up.
    ON_READ_MS = 500,
    PROBE_AGAIN_MS = 2000,
};

int keepalive_init(struct keepalive *keepalive, struct event_base *base, struct mosquitto *mosq,
    void (*on_timer)(int, short, void *), void *ctx)
{
    keepalive->mosq = mosq;
    keepalive->timer = evtimer_new(base, on_timer, ctx);
    return keepalive->timer ? 0 : -ENOMEM;
}

void keepalive_finish(struct keepalive *keepalive)
{
    if (keepalive->timer)
        event_free(keepalive->timer);
    keepalive->timer = NULL;
}

static void arm(struct keepalive *keepalive, int64_t now_ms)
{
    keepalive->last_ms = now_ms;
    timer_arm(keepalive->timer, keepalive->every_ms);
}

void keepalive_start(struct keepalive *keepalive, int seconds, int64_t now_ms)
{
    // A quarter of the keep-alive: the broker gives up at one and a half.
    int every_ms = seconds * 250;

    keepalive->every_ms = every_ms > LEAST_MS ? every_ms : LEAST_MS;
    arm(keepalive, now_ms);
}

bool keepalive_is_due(const struct keepalive *keepalive, int64_t now_ms)
{
    return now_ms - keepalive->last_ms >= ON_READ_MS;
}

int keepalive_run(struct keepalive *keepalive, int64_t now_ms)
{
    arm(keepalive, now_ms);
    return mosquitto_loop_misc(keepalive->mosq);
}

void keepalive_probe(struct keepalive *keepalive, struct stream *stream, int64_t now_ms)
{
    static const unsigned char pingreq[] = {0xc0, 0};
    bool waits = keepalive->probed_ms != 0 && now_ms - keepalive->probed_ms < PROBE_AGAIN_MS;

    if (!waits && stream_send(stream, pingreq, sizeof pingreq))
        keepalive->probed_ms = now_ms;
}
