// SPDX-License-Identifier: MIT
// What a link is tested against: a real mosquitto on a private port, and a broker with bad manners.
#ifndef TESTS_LINK_PEERS_H
#define TESTS_LINK_PEERS_H

#include <stdbool.h>
#include <sys/types.h>

// A socket that listens on a port of 127.0.0.1, which it returns too. The caller closes it.
int peers_listen(int *port);
// A port of 127.0.0.1 that nobody listens on.
int peers_free_port(void);

// Starts mosquitto with `listener PORT ADDRESS`, `allow_anonymous` as said and nothing else; returns when it
// accepts connections. The caller ends it.
pid_t peers_start_mosquitto(int port, const char *address, bool anonymous);
// The same with more lines of configuration, which belong to that listener.
pid_t peers_start_mosquitto_with(int port, const char *address, bool anonymous, const char *lines);
// Ends a child with the signal and reaps it.
void peers_end(pid_t pid, int signal);

enum manners {
    MANNERS_HANG_UP,      // closes after the CONNECT
    MANNERS_HANG_UP_ONCE, // the same, but only once
    MANNERS_SILENT,       // never answers
    MANNERS_SILENT_5,     // never answers MQTT 5, but is a good broker of 3.1.1
    MANNERS_ONLY_311,     // answers MQTT 5 as mosquitto 1.4 does: CONNACK 1 in 3.1.1 form, then hangs up
    MANNERS_DENY,         // grants the login, refuses the subscription
    MANNERS_OVERSIZED,    // after the SUBACK announces a message of 256 MB
    MANNERS_SHUT_DOWN,    // after the SUBACK says DISCONNECT 139 (server shutting down)
    MANNERS_TAKEN_OVER,   // after the SUBACK says DISCONNECT 142 (session taken over)
    MANNERS_NO_GRANT,     // a SUBACK without any reason code
};

// What a broker says word for word. A NULL is the good answer.
struct fake_words {
    const char *connack, *suback, *after, *puback; // after: comes right behind the SUBACK
    size_t connack_len, suback_len, after_len, puback_len;
    // The two bytes from the third on of suback and puback are replaced by the id of the packet that they answer.
};

struct fake_broker {
    pid_t pid;
    int port;
    int levels_fd; // one byte for each CONNECT: the protocol level asked for; non-blocking
};

void peers_start_fake(struct fake_broker *fake, enum manners manners);
// Speaks MQTT 5 and says to the n-th connection what words[n] says, to all further ones what the last says.
void peers_start_speaker(struct fake_broker *fake, const struct fake_words *words, size_t count);
void peers_end_fake(struct fake_broker *fake);

#endif
