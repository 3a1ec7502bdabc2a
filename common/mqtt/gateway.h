// SPDX-License-Identifier: MIT
// The word `gateway` as a broker's host: the next hop of the default route, so the computer whose hotspot or network this one
// is in. It is read anew at each attempt, from files of /proc that answer at once.
#ifndef COMMON_MQTT_GATEWAY_H
#define COMMON_MQTT_GATEWAY_H

#include <stdbool.h>

#include "common/mqtt/resolver.h"

// True where a host means the gateway.
bool gateway_is_meant(const char *host);

// Fills the answer with the next hops of the default routes, those of IPv4 first, of the smallest metric first; count 0 where
// there is none. root goes in front of /proc: "" except in tests.
void gateway_find(const char *root, struct resolver_answer *answer);

#endif
