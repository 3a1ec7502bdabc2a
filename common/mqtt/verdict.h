// SPDX-License-Identifier: MIT
// Why a connection ends. The first verdict counts: it is found inside the library and carried out when the library has
// returned. Pure.
#ifndef COMMON_MQTT_VERDICT_H
#define COMMON_MQTT_VERDICT_H

#include <stdbool.h>

#include "common/mqtt/intake.h"
#include "common/mqtt/link_reason.h"
#include "common/mqtt/link_types.h"

enum { CONNECTION_TOPIC_SIZE = 128 };

enum connection_phase {
    PHASE_TCP,       // connect() is under way
    PHASE_TLS,       // certificates are shown and looked at; without TLS left out
    PHASE_HELLO,     // CONNECT is sent
    PHASE_SUBSCRIBE, // CONNACK has come, SUBSCRIBE is sent
    PHASE_UP,        // every SUBACK has come
};

struct tls;

struct connection_end {
    enum connection_phase phase; // how far it had come
    enum link_trouble trouble;   // TROUBLE_NONE: closed as asked
    char reason[LINK_REASON_SIZE];
    char topic[CONNECTION_TOPIC_SIZE]; // of the message that was too large (TROUBLE_MEMORY); "" = not known
    bool permanent;                    // only a person can mend it
    bool proven; // the broker itself ended it: always without TLS, where nobody can know better
    int code;    // of the CONNACK or DISCONNECT that ended it (MQTT 5: 128 and above), else 0
};

struct verdict {
    struct link_reason_peer peer;
    const struct tls *tls;       // NULL = without
    enum connection_phase phase; // how far the connection has come; its owner keeps it up to date
    bool given;
    struct connection_end end; // where given
};

void verdict_give(struct verdict *verdict, enum link_trouble trouble, const char *reason);
// rc: a code of libmosquitto; error: errno after it.
void verdict_by_code(struct verdict *verdict, int rc, int error);
void verdict_by_errno(struct verdict *verdict, int error);
// The handshake failed. cut: the connection ended, else the broker or we refused to go on; error: errno of that, or 0.
void verdict_by_tls(struct verdict *verdict, bool cut, int error);
void verdict_by_connack(struct verdict *verdict, int code);
void verdict_by_disconnect(struct verdict *verdict, int code);
void verdict_by_denial(struct verdict *verdict, const char *topic);
void verdict_by_malformed(struct verdict *verdict, const char *what);
// What waits in the socket is not to be read. topic: of the message that is too large, "" = not known.
void verdict_by_intake(struct verdict *verdict, enum intake_verdict intake, const char *topic);
// A message on this topic ("" = not known) does not fit into memory.
void verdict_by_size(struct verdict *verdict, const char *topic);

#endif
