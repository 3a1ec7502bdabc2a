// SPDX-License-Identifier: MIT
// What link.c (the way from attempt to attempt) and link_io.c (one connection through libmosquitto) share.
// For these two alone.
#ifndef COMMON_LINK_INTERNAL_H
#define COMMON_LINK_INTERNAL_H

#include <event2/event.h>
#include <mosquitto.h>

#include "common/mqtt/link.h"

enum {
    LINK_ADDRESSES_MAX = 8, // of one name
    LINK_ADDRESS_SIZE = 64, // a numeric address, with a scope ("fe80::1%enp0s31f6")
    LINK_DONE_MAX = 64,
};

// The library's own state cannot be asked, and its external loop hangs where connect() is still under way: so
// the way from a socket to a subscription is followed here.
enum phase { PHASE_IDLE, PHASE_TCP, PHASE_HELLO, PHASE_SUBSCRIBE, PHASE_UP };

struct link {
    struct event_base *base;
    struct link_options options;
    const struct link_events *events;
    void *ctx;
    struct link_report report;

    struct mosquitto *mosq; // a new one for every attempt: an old one would send what it still holds
    enum phase phase;
    int watched;                       // our own duplicate of the library's socket, which it closes unasked
    struct event *readable, *writable; // of that
    struct event *timer;               // next attempt, end of the attempt, end of closing: as phase says
    struct event *misc;
    struct event *wake; // what must not happen inside a caller's call
    bool writing, paused;
    int depth; // event handlers on the stack: link_free waits for the outermost
    bool free_later;
    bool publishing;
    bool closing, disconnecting;

    size_t broker;  // index of the one being tried
    size_t address; // of addresses
    size_t address_count;
    char addresses[LINK_ADDRESSES_MAX][LINK_ADDRESS_SIZE];
    int64_t old_until[LINK_BROKERS_MAX]; // 3.1.1 is spoken with this broker until then
    bool fall_back;                      // the next attempt speaks 3.1.1

    enum link_trouble verdict; // found inside the library, carried out when it has returned
    char verdict_reason[LINK_REASON_SIZE];
    bool taken_over;
    bool round_patient; // every failure of this walk through the list wants patience
    int backoff_ms;
    int short_lives; // connections in a row that did not last
    int oversized;   // connections in a row that a message ended right after subscribing

    size_t subacks_missing;
    int64_t up_ms, last_read_ms, last_misc_ms;
    size_t unsent;              // QoS 0, not yet handed to the socket
    size_t unacked;             // QoS 1 and 2
    uint8_t unacked_mids[8192]; // a bit each: tells what a PUBACK and what a write ended
    int done[LINK_DONE_MAX];    // QoS 0 written inside link_publish, not yet reported
    size_t done_count;
};

// link.c

int64_t link_now_ms(void);
void link_arm(struct event *timer, int ms);
const struct link_broker *link_current_broker(const struct link *link);
// Around everything that may call the owner: a link that is freed meanwhile goes when the outermost leaves.
void link_enter(struct link *link);
void link_leave(struct link *link);
void link_notify(struct link *link);
// The first verdict counts; it is carried out when the library has returned.
void link_judge(struct link *link, enum link_trouble trouble, const char *reason);
void link_carry_out_verdict(struct link *link);
void link_now_up(struct link *link);
void link_report_closed(struct link *link);

// link_io.c

// Begins to connect. Returns a code of libmosquitto.
int link_io_open(struct link *link, const char *address);
// Closes at once and forgets all that belonged to the connection.
void link_io_drop(struct link *link);
int link_io_publish(struct link *link, const char *topic, const void *payload, size_t len, int qos,
    bool retain, const void *correlation, size_t correlation_len, int *mid);
// Keeps the two socket events as they must be, without a system call where they already are.
void link_io_watch(struct link *link);
// What follows every call of the library that was made from the loop: rc is its code, error its errno.
void link_io_after(struct link *link, int rc, int error);
void link_io_judge_code(struct link *link, int rc, int error);
// The library's housekeeping (keep-alive): when next, where nothing is read until then.
void link_io_arm_misc(struct link *link);
void link_io_on_misc(evutil_socket_t fd, short what, void *arg);

#endif
