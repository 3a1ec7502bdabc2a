// SPDX-License-Identifier: MIT
// Asks while a link is connected to a later broker of its list whether an earlier one answers again: TCP, and the handshake of
// TLS, never CONNECT. A broker that has just come back may go again, so that it must answer three times in a row.
#ifndef COMMON_MQTT_SCOUT_H
#define COMMON_MQTT_SCOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/mqtt/link_options.h"

struct event_base;
struct scout;
struct tls;

// options must outlive the scout. every_ms: from one question to the next. found is called from the loop after the third good
// answer in a row, and then every tenth of that time, until scout_rest is called or the broker no longer answers. NULL without
// memory.
struct scout *scout_new(struct event_base *base, const struct link_options *options, int every_ms,
    void (*found)(void *ctx), void *ctx);
void scout_free(struct scout *scout); // NULL is allowed

// tls: for those that speak it, NULL = none can be asked. Asks the brokers before the one with this index; what was found of them before is forgotten.
void scout_begin(struct scout *scout, size_t before, const struct tls *tls); // NULL is allowed, as below
void scout_rest(struct scout *scout);

#endif
