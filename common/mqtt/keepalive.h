// SPDX-License-Identifier: MIT
// libmosquitto's housekeeping: PINGREQ, and noticing that the peer no longer answers it. It wants to be called about once
// a second and counts in whole seconds. As long as something is read every second or two, calling it then pushes its
// timer away, which therefore wakes nobody.
#ifndef COMMON_MQTT_KEEPALIVE_H
#define COMMON_MQTT_KEEPALIVE_H

#include <stdbool.h>
#include <stdint.h>

struct event;
struct event_base;
struct mosquitto;

struct keepalive {
    struct mosquitto *mosq;
    struct event *timer;
    int every_ms;
    int64_t last_ms;
};

// on_timer has to call keepalive_run. seconds: the keep-alive of the connection. 0 or -ENOMEM.
int keepalive_init(struct keepalive *keepalive, struct event_base *base, struct mosquitto *mosq, int seconds,
    void (*on_timer)(int, short, void *), void *ctx);
void keepalive_finish(struct keepalive *keepalive);
// The connection is up at now_ms.
void keepalive_start(struct keepalive *keepalive, int64_t now_ms);
// True if it should run along with what was read at now_ms.
bool keepalive_is_due(const struct keepalive *keepalive, int64_t now_ms);
// Returns a code of libmosquitto.
int keepalive_run(struct keepalive *keepalive, int64_t now_ms);

#endif
