// SPDX-License-Identifier: MIT
// The signals that ask the agent to end: TERM, INT and HUP, which a terminal sends that is closed.
#ifndef NANO_AGENT_STOP_SIGNALS_H
#define NANO_AGENT_STOP_SIGNALS_H

struct event;
struct event_base;

enum { STOP_SIGNALS = 3 };

struct stop_signals { // all zero at the beginning
    struct event *events[STOP_SIGNALS];
};

// Calls arrived from the loop with the number of the signal. HUP is left alone where it is ignored: nohup(1) starts a program so,
// and means it. 0 or -ENOMEM; stop_signals_free is right in both cases.
int stop_signals_catch(struct stop_signals *signals, struct event_base *base,
    void (*arrived)(int number, short what, void *ctx), void *ctx);
void stop_signals_free(struct stop_signals *signals);

// "SIGTERM"
const char *stop_signals_name(int number);

#endif
