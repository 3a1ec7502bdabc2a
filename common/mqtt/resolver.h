// SPDX-License-Identifier: MIT
// Turns a host name into addresses without ever making the event loop wait. getaddrinfo runs in a thread of its own, so
// /etc/hosts, mDNS and all else in nsswitch.conf count; the answer comes back through an eventfd.
//
// At most one look-up of a name is under way: a question for a name that is being asked joins it. There are at most
// RESOLVER_LOOKUPS_MAX of them in the whole process. A look-up cannot be broken off: whoever no longer wants the answer
// leaves it, and the thread frees what is its own when the name server has answered or glibc has given up.
#ifndef COMMON_MQTT_RESOLVER_H
#define COMMON_MQTT_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>

struct event_base;
struct resolver_question;

enum {
    RESOLVER_LOOKUPS_MAX = 8,
    RESOLVER_ADDRESSES_MAX = 8, // further addresses of a name are left out
    RESOLVER_ADDRESS_SIZE = 64, // a numeric address, with a scope ("fe80::1%enp0s31f6")
    RESOLVER_WHY_SIZE = 64,
};

struct resolver_answer {
    size_t count;                                                  // 0: the look-up failed
    char addresses[RESOLVER_ADDRESSES_MAX][RESOLVER_ADDRESS_SIZE]; // numeric, best first
    char why[RESOLVER_WHY_SIZE]; // the words of getaddrinfo where count is 0
};

// True with the answer if nobody needs to be asked: host is a numeric address or "localhost".
bool resolver_knows(const char *host, struct resolver_answer *answer);

// Asks. done is called once, from the loop of base and never before this returned, except after resolver_cancel. The
// question is over when done is called. Returns NULL without memory or descriptors.
struct resolver_question *resolver_ask(struct event_base *base, const char *host,
    void (*done)(void *ctx, const struct resolver_answer *answer), void *ctx);

// Leaves the question: done will not be called. NULL is allowed.
void resolver_cancel(struct resolver_question *question);

// Look-ups under way in this process, also those that nobody waits for any more.
size_t resolver_lookups(void);

#endif
