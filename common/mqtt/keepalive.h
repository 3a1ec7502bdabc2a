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
struct stream;

struct keepalive {
    struct mosquitto *mosq;
    struct event *timer;
    int every_ms;
    int64_t last_ms;
    int64_t
        probed_ms; // a probe was sent, and its answer has not come yet; 0 = none. Its owner sees the answer
};

// on_timer has to call keepalive_run. 0 or -ENOMEM.
int keepalive_init(struct keepalive *keepalive, struct event_base *base, struct mosquitto *mosq,
    void (*on_timer)(int, short, void *), void *ctx);
void keepalive_finish(struct keepalive *keepalive);
// The connection is up at now_ms. seconds: the keep-alive that holds for it.
void keepalive_start(struct keepalive *keepalive, int seconds, int64_t now_ms);
// True if it should run along with what was read at now_ms.
bool keepalive_is_due(const struct keepalive *keepalive, int64_t now_ms);
// Returns a code of libmosquitto.
int keepalive_run(struct keepalive *keepalive, int64_t now_ms);

// Asks the broker for a sign of life now, unless it has been asked just before. A message of QoS 1 does that by itself;
// this is for where the broker takes QoS 0 only. The library sends PINGREQ only after a keep-alive without any traffic, so
// it is written here, which is possible where the library has nothing half written.
void keepalive_probe(struct keepalive *keepalive, struct stream *stream, int64_t now_ms);

#endif
