// SPDX-License-Identifier: MIT
#include "common/mqtt/socket_events.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <unistd.h>

int socket_events_open(struct socket_events *events, struct event_base *base, int fd,
    void (*on_readable)(int, short, void *), void (*on_writable)(int, short, void *), void *ctx)
{
    *events = (struct socket_events){.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0)};
    if (events->fd < 0)
        return -errno;
    events->readable = event_new(base, events->fd, EV_READ | EV_PERSIST, on_readable, ctx);
    events->writable = event_new(base, events->fd, EV_WRITE | EV_PERSIST, on_writable, ctx);
    return events->readable && events->writable ? 0 : -ENOMEM;
}

void socket_events_close(struct socket_events *events)
{
    if (events->readable)
        event_free(events->readable);
    if (events->writable)
        event_free(events->writable);
    if (events->fd >= 0)
        close(events->fd);
    *events = (struct socket_events){.fd = -1};
}

static void set(struct event *event, bool *is, bool wanted)
{
    if (wanted == *is)
        return;
    if (wanted)
        event_add(event, NULL);
    else
        event_del(event);
    *is = wanted;
}

void socket_events_set(struct socket_events *events, bool reading, bool writing)
{
    set(events->readable, &events->reading, reading);
    set(events->writable, &events->writing, writing);
}
