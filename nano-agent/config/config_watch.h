// SPDX-License-Identifier: MIT
// Reads the configuration again when its files change, or those that it names, or when the clock is set.
#ifndef NANO_AGENT_CONFIG_WATCH_H
#define NANO_AGENT_CONFIG_WATCH_H

#include "nano-agent/config/config.h"

struct config_watch;
struct event_base;
struct recheck;

// Watches the files that this configuration was read from, and those that it names, in place of what was watched before.
void config_watch_files(const struct config *config, struct recheck *recheck);

// config: as it was read; argv and ctx must outlive the watch. The files are read in a thread. Then changed is called from the loop
// with what they say of brokers, which is the callee's; never with a configuration that has a mistake: that is logged once. NULL
// without memory.
struct config_watch *config_watch_new(struct event_base *base, const struct config *config, int argc,
    char **argv, void (*changed)(void *ctx, struct link_news *news), void *ctx);
// Waits at most wait_ms for a reading that is under way. NULL is allowed.
void config_watch_free(struct config_watch *watch, int wait_ms);

#endif
