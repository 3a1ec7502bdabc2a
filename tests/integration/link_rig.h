// SPDX-License-Identifier: MIT
// What the tests of the link share: a link that notes everything it says, and a mosquitto with default settings.
#ifndef TESTS_LINK_RIG_H
#define TESTS_LINK_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <cmocka.h>

#include "common/mqtt/link.h"
#include "link_peers.h"

enum { DEADLINE_MS = 10000, LOG_SIZE = 4096 };

// One end: a link and everything it said.
struct end {
    struct event_base *base;
    struct link *link;
    char states[LOG_SIZE]; // a letter for each report: w(aiting) c(onnecting) u(p) x (closed)
    char reasons[LOG_SIZE];
    unsigned messages, published, early_published;
    int last_token, last_reason;
    char last[256];
    size_t last_len;
    bool last_retained;
    char last_correlation[32];
    bool echo; // each message is answered on t/status
    int echo_qos;
    bool inside_publish;
    bool free_in_message, close_in_message, closed;
    int64_t opened_us;
};

extern const char *const rig_address;
extern int rig_port;
extern pid_t rig_pid; // 0: the test has ended it

// Set-up and tear-down of a group: a mosquitto on rig_address and rig_port.
int start_broker(void **state);
int end_broker(void **state);

int64_t now_us(void);
struct event_base *new_base(void);
void options_for(struct link_options *options, const char *host, int port);
void open_end_in(struct event_base *base, struct end *end, const struct link_options *options);
void open_end(struct end *end, const struct link_options *options); // in a loop of its own
void close_end(struct end *end);
// Opens an end at the broker and waits until it is up.
void open_up(struct end *end);
enum link_state state_of(const struct end *end);
// Runs the loop for so long, or until something has happened.
void tick(struct event_base *base, int ms);

// Runs the loop until the condition holds; fails with what the link said when it does not in time.
#define WAIT_FOR(end, condition)                                                                             \
    do {                                                                                                     \
        int64_t deadline_us = now_us() + DEADLINE_MS * 1000;                                                 \
        while (!(condition)) {                                                                               \
            if (now_us() > deadline_us)                                                                      \
                fail_msg("waited in vain for %s; states %s; reasons:\n%s", #condition, (end)->states,        \
                    (end)->reasons);                                                                         \
            tick((end)->base, 20);                                                                           \
        }                                                                                                    \
    } while (0)

#endif
