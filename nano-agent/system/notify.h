// SPDX-License-Identifier: MIT
// systemd's notification protocol: one datagram to $NOTIFY_SOCKET (sd_notify(3)), without libsystemd.
#ifndef NANO_AGENT_NOTIFY_H
#define NANO_AGENT_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

// Sends "READY=1", "WATCHDOG=1", "STOPPING=1" or "STATUS=…". 0, also where nobody asked for it; else a negative errno.
// Never waits: -EAGAIN where systemd does not read its socket, which is worth another try later.
int notify_send(const char *state);

// Whether somebody asked to be told: a service started us, and not a person at a terminal.
bool notify_is_wanted(void);

// How often systemd wants to hear WATCHDOG=1 at the least, in microseconds; 0 = it does not.
int64_t notify_watchdog_us(void);

#endif
