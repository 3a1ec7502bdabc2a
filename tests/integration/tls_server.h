// SPDX-License-Identifier: MIT
// A server that speaks TLS as it should and MQTT as no broker does.
#ifndef TESTS_TLS_SERVER_H
#define TESTS_TLS_SERVER_H

#include <stddef.h>
#include <sys/types.h>

enum { TLS_SERVER_TOLD = 256 };

// What it does after the CONNECT.
enum deed {
    DEED_CUT,   // closes the connection of TCP
    DEED_CLOSE, // ends the session
    DEED_SPEAK, // sends a good CONNACK, and the words in answer to SUBSCRIBE
    DEED_SPELL, // the same, with a record for each byte of the words
};

struct tls_server {
    pid_t pid;
    int port;
    int told; // a line for each connection: the protocol level of its CONNECT, and the name that it asked for
};

// On a port of 127.0.0.1, which server->port tells. Paths of PEM files; words may be NULL where none are said.
void tls_server_start(struct tls_server *server, const char *certificate, const char *key, enum deed deed,
    const char *words, size_t len);

// Ends it and returns what it was told.
void tls_server_end(struct tls_server *server, char told[TLS_SERVER_TOLD]);

#endif
