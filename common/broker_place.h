// SPDX-License-Identifier: MIT
// One broker as people write it: HOST, HOST:PORT, [IPV6]:PORT, with mqtt:// or mqtts:// before it, or unix:/PATH.
#ifndef COMMON_BROKER_PLACE_H
#define COMMON_BROKER_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/mqtt/link_types.h"
#include "common/protocol/protocol.h"

struct broker_place {
    struct link_broker broker; // port 0: none was written; without a scheme the transport is LINK_TCP
    bool has_scheme;
};

// Reads the len bytes of text. 0, or -EINVAL with what would be right in why.
int broker_place_parse(const char *text, size_t len, struct broker_place *place, char why[PROTOCOL_WHY_SIZE]);

// True where what is sent stays on this computer: a unix socket, localhost, or an address of loopback.
bool broker_place_is_local(const struct link_broker *broker);

enum { BROKER_PLACE_SIZE = LINK_HOST_MAX + 32 };
// Writes it so that broker_place_parse reads the same: "mqtts://[::1]:8883". Without a port where that is 0. Returns out.
const char *broker_place_write(char out[BROKER_PLACE_SIZE], const struct broker_place *place);

#endif
