// SPDX-License-Identifier: MIT
// What stands between a session of TLS and its socket: a BIO, as OpenSSL calls it. It takes all that the socket has in one call of
// the kernel, where OpenSSL itself reads the head of a record and then its rest, and it knows whether there is more.
#ifndef COMMON_MQTT_TLS_SOCKET_H
#define COMMON_MQTT_TLS_SOCKET_H

#include <stdbool.h>

struct bio_st;

// What the session may do. What it may not do looks as if the socket were not ready.
struct tls_gate {
    bool read, write;
};

// fd, which does not block, stays the caller's; gate as well, and both must be there as long as the BIO is. The BIO belongs to who
// asks for it; a session that is given it frees it. NULL without memory.
// BIO_pending tells how many bytes were taken from the socket and not read yet.
// A peer that refuses us says why and hangs up: a write that fails looks as if the socket were not ready, so that what the peer
// said last can still be read.
struct bio_st *tls_socket_new(int fd, const struct tls_gate *gate);

#endif
