// SPDX-License-Identifier: MIT
// Why TLS failed, in sentences that an operator can act on. `at` names the broker as link_reason_place writes it. Pure.
#ifndef COMMON_MQTT_TLS_REASON_H
#define COMMON_MQTT_TLS_REASON_H

#include <stdbool.h>
#include <stdint.h>

#include "common/mqtt/link_types.h"

enum { TLS_NAMES_SIZE = 128 };

// What is known of a handshake that failed, or of a session that ended.
struct tls_failure {
    const char *wanted;          // the name or address that the certificate must have
    int verify;                  // X509_V_ERR_* of the broker's certificate; 0 = it was not refused
    bool authority;              // not the broker's own certificate is at fault, but one above it
    int64_t from_s, until_s;     // of the certificate at fault: when it is valid, seconds since 1970
    char names[TLS_NAMES_SIZE];  // that the certificate has, "a, b, 10.0.0.1"
    char issuer[TLS_NAMES_SIZE]; // who signed it
    int alert;                   // the fatal alert that the broker sent (RFC 8446, section 6.2); -1 = none
    bool answered;               // it has spoken TLS
};

// now_s: what this computer's clock says. has_cert: we have a certificate of our own to show. True if only a person can mend
// it.
bool tls_reason(char out[LINK_REASON_SIZE], const char *at, const struct tls_failure *failure, bool has_cert,
    int64_t now_s);

// The connection ended during the handshake, by closing or by a reset.
void tls_reason_cut(char out[LINK_REASON_SIZE], const char *at, const struct tls_failure *failure);

#endif
