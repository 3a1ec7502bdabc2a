// SPDX-License-Identifier: MIT
// What a connection asks of its TCP socket beyond reading and writing.
#ifndef COMMON_MQTT_TCP_H
#define COMMON_MQTT_TCP_H

#include <stdint.h>

// For a new socket. Small writes must not wait for the acknowledgement of the write before (Nagle's algorithm), and
// bytes that are not acknowledged for 4 s mean that the peer is gone.
void tcp_prepare(int fd);

// Small writes of the peer wait for our acknowledgement where its own TCP_NODELAY is off, and our kernel delays that by
// 40 ms: a QoS 1 round trip against a broker with default settings takes 44 to 88 ms without this. The option falls
// back by itself, so it is set again after every read.
void tcp_acknowledge_at_once(int fd);

// How a connect() that was under way went: 0 or a positive errno.
int tcp_connect_error(int fd);

// Bytes that have arrived and are not yet read; less than 0 on an error.
int tcp_waiting(int fd);

// How many bytes of the stream have been read, by whomever; less than 0 where the kernel (before 4.1) does not say.
int64_t tcp_consumed(int fd);

#endif
