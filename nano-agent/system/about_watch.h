// SPDX-License-Identifier: MIT
// Keeps what about.h finds out, and looks again when the kernel says that an address has changed. A thread does all of it, as
// a driver may take its time.
#ifndef NANO_AGENT_ABOUT_WATCH_H
#define NANO_AGENT_ABOUT_WATCH_H

#include "nano-agent/config/config.h"

struct event_base;
struct about_watch;

// Called from the loop: the board can be reached elsewhere, or about_watch_ask wanted to know. json is valid during the call.
typedef void about_changed(void *ctx, const char *json);

// Copies of config what it needs. boot is the id of this run. NULL without memory, descriptors or a thread.
struct about_watch *about_watch_new(struct event_base *base, const struct config *config, const char *boot,
    about_changed *changed, void *ctx);

// Has everything found out anew, and `changed` called with it. Returns at once. NULL is allowed.
void about_watch_ask(struct about_watch *watch);

// Waits at most wait_ms for the thread. NULL is allowed.
void about_watch_free(struct about_watch *watch, int wait_ms);

#endif
