// SPDX-License-Identifier: MIT
// systemd's watchdog, which ends a service that hangs: when it is to be fed, and how long it waits.
#ifndef NANO_AGENT_WATCHDOG_H
#define NANO_AGENT_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

// With a motor that may turn, a hung agent must end soon. Fed four times in that time, it also survives a busy moment.
enum { WATCHDOG_HURRIED_US = 1000000 };

struct watchdog {
    int64_t usual_us; // what the unit says, in microseconds; 0 = there is no watchdog
    int64_t fed_us;   // when it was last fed (CLOCK_MONOTONIC)
    bool hurried;     // it waits WATCHDOG_HURRIED_US only
    bool told;        // systemd knows which of the two it is
    bool ready_told;  // systemd knows that the service runs
};

// Takes over what systemd asks for, and tells it that the service runs.
void watchdog_start(struct watchdog *watchdog, int64_t now_us);

// Tells systemd to wait less from now on, or as long as usual again.
void watchdog_hurry(struct watchdog *watchdog, bool hurried, int64_t now_us);

// Feeds it where half of the time until it is due is over: a wake-up for another reason saves one of its own.
void watchdog_feed(struct watchdog *watchdog, int64_t now_us);

// When watchdog_feed is due; INT64_MAX = never.
int64_t watchdog_next_us(const struct watchdog *watchdog);

#endif
