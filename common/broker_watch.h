// SPDX-License-Identifier: MIT
// What of a configuration may change while a link goes on: how brokers are reached.
#ifndef COMMON_BROKER_WATCH_H
#define COMMON_BROKER_WATCH_H

#include "common/broker_options.h"
#include "common/recheck.h"

// Watches the files that the options name: password, certificates and keys.
void broker_watch(const struct broker_options *options, struct recheck *recheck);

// What link_renew changes, from options that were read again; default_broker as in broker_options_to_link. Reads the certificates,
// so that it may wait for a disk: any thread may call it. NULL without memory.
struct link_news *broker_news(const struct broker_options *options, const char *default_broker);

#endif
