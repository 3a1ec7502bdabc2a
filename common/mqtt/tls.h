// SPDX-License-Identifier: MIT
// Certificates and names become an SSL_CTX, which libmosquitto takes over. Each handshake notes here how far it came and why
// it failed, since the library tells neither.
#ifndef COMMON_MQTT_TLS_H
#define COMMON_MQTT_TLS_H

#include <stdbool.h>

#include "common/mqtt/link_types.h"
#include "common/mqtt/tls_options.h"
#include "common/mqtt/tls_reason.h"

struct ssl_ctx_st;
struct ssl_st;
struct tls; // for one connection after the other

// Files are read by tls_new alone, which any thread may call; except that capath, and the system's authorities, are directories in
// which the handshake looks for the one that it needs.

// Loads what the options name; they are not needed afterwards. NULL with a sentence in why that begins with the key, and in
// *key (may be NULL) the key that is at fault: "cafile", "capath", "cert" or "key".
struct tls *tls_new(const struct tls_options *options, const char **key, char why[LINK_REASON_SIZE]);
void tls_free(struct tls *tls);
// For one more connection at the same time, with what was loaded: no file is read. NULL without memory.
struct tls *tls_copy(const struct tls *tls);

// Before each connection: the host of the broker, a name or an address, is what the certificate must have, unless the options
// have a name. What was noted of the last connection is forgotten. 0, or -ENOMEM.
int tls_expect(struct tls *tls, const char *host);

// Whether the session may read from its socket and write to it. Neither before the connection of TCP is there, and not
// reading later except for what somebody looks at first. What may not be done looks as if the socket were not ready.
void tls_let(struct tls *tls, bool read, bool write);

struct ssl_ctx_st *tls_context(const struct tls *tls);
// The session of the connection, which is libmosquitto's: it is gone when the library has closed its socket. NULL before the
// handshake.
struct ssl_st *tls_session(const struct tls *tls);
// Bytes of the socket wait in a buffer of the session, so that the socket does not announce them. The session must be there.
bool tls_has_read_ahead(const struct tls *tls);
bool tls_is_set_up(const struct tls *tls); // the handshake is over
bool tls_is_closed(const struct tls *tls); // the broker itself has ended the session, which nobody else can
const struct tls_failure *tls_failure(const struct tls *tls);
bool tls_has_cert(const struct tls *tls);

#endif
