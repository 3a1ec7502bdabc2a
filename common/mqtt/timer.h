// SPDX-License-Identifier: MIT
// Arms timers of libevent.
#ifndef COMMON_MQTT_TIMER_H
#define COMMON_MQTT_TIMER_H

struct event;

// Lets the timer (evtimer_new) go off in so many milliseconds from now; less than 0 counts as 0. "Now" is the clock's:
// the loop's own idea of the time is as old as the current turn, so that a timer armed after something slow would go
// off too early.
void timer_arm(struct event *timer, int ms);

#endif
