// SPDX-License-Identifier: MIT
// Waits in the event loop for a socket to become readable and writable.
#ifndef COMMON_MQTT_SOCKET_EVENTS_H
#define COMMON_MQTT_SOCKET_EVENTS_H

#include <stdbool.h>

struct event;
struct event_base;

struct socket_events {
    int fd; // -1: not open
    struct event *readable, *writable;
    bool reading, writing;
};

// Watches a duplicate of fd: the library closes its socket unasked, and the loop must not know a descriptor that was
// closed behind its back, or is somebody else's by then. Nothing is waited for yet. 0 or a negative errno; after an
// error socket_events_close as well.
int socket_events_open(struct socket_events *events, struct event_base *base, int fd,
    void (*on_readable)(int, short, void *), void (*on_writable)(int, short, void *), void *ctx);
void socket_events_close(struct socket_events *events);

// What to wait for, without a system call where that has not changed.
void socket_events_set(struct socket_events *events, bool reading, bool writing);

#endif
