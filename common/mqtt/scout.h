// SPDX-License-Identifier: MIT
// Asks while a link is connected to a later broker of its list whether an earlier one answers again: TCP, and the handshake of
// TLS, never CONNECT. A broker that has just come back may go again, so that it must answer several times in a row.
#ifndef COMMON_MQTT_SCOUT_H
#define COMMON_MQTT_SCOUT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/mqtt/link_options.h"

struct event_base;
struct scout;
struct tls;

// options must outlive the scout. every_ms: from one question to the next. found is called from the loop after enough good
// answers in a row, and then every tenth of that time, until scout_rest is called or the broker no longer answers. NULL without
// memory.
struct scout *scout_new(struct event_base *base, const struct link_options *options, int every_ms,
    void (*found)(void *ctx), void *ctx);
void scout_free(struct scout *scout); // NULL is allowed

// The link is connected to the broker with this index: asks those before it; what was found of them before is forgotten.
// tls: for those that speak it, NULL = none can be asked. A scout of NULL is allowed, as below.
void scout_begin(struct scout *scout, size_t before, const struct tls *tls);
// The link leaves its broker for the one that was found. That costs a gap: where the next scout_begin tells that it was in vain, twice
// as many good answers are wanted as before, up to 96 in a row, so that a broker that answers and lets nobody in disturbs little.
void scout_leave(struct scout *scout);
void scout_rest(struct scout *scout);

#endif
