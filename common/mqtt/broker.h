// SPDX-License-Identifier: MIT
// One broker of a link's list: how it is reached, and what is remembered of it from attempt to attempt. An attempt is a
// look-up of its name and then one connection after the other, to each address and in each version of MQTT that is worth
// trying. This module says what to try next; it opens no connection and decides on no wait.
#ifndef COMMON_MQTT_BROKER_H
#define COMMON_MQTT_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/mqtt/connection.h"
#include "common/mqtt/link_types.h"
#include "common/mqtt/resolver.h"

struct event_base;

struct broker {
    const struct link_broker *place;
    char name[LINK_PLACE_SIZE]; // in sentences, "localhost:1883"
    int newest;                 // the newest version of MQTT to speak with it: 5, or 4 for 3.1.1
    bool has_will;
    struct event_base *base;
    void (*answered)(void *ctx, struct broker *broker);
    void *ctx;

    struct resolver_question *question; // a look-up of its name, which may outlast the attempt that began it
    struct resolver_answer known;       // the last good answer
    bool fresh;                         // no attempt has used it yet
    int64_t old_until_ms;               // 3.1.1 is spoken with this broker until then
    unsigned doubts;                    // how many unclear failures more show that it does not speak MQTT 5
    bool old_once;                      // the next attempt speaks 3.1.1
    struct link_limits limits;          // what its refusals have taught; the will is made by it
    int64_t limits_until_ms;            // then they are forgotten

    // The attempt under way.
    struct resolver_answer addresses;
    size_t address;                    // index of the one being tried
    int version;                       // being tried
    bool refused_5;                    // in this attempt it said that it does not know MQTT 5
    char unresolved[LINK_REASON_SIZE]; // why older addresses are being tried; "" = they are not
};

// place must outlive the broker. answered is called from the loop for each look-up that ends.
void broker_init(struct broker *broker, struct event_base *base, const struct link_broker *place, int newest,
    bool has_will, void (*answered)(void *ctx, struct broker *broker), void *ctx);
void broker_finish(struct broker *broker);

enum broker_lookup {
    BROKER_LOOKUP_NO_MEMORY,
    BROKER_LOOKUP_KNOWN,     // nobody is asked
    BROKER_LOOKUP_ASKED,     // `answered` will be called
    BROKER_LOOKUP_ASKED_YET, // the same, for a question of an earlier attempt that is still not answered
};

// Begins an attempt at now_ms with looking up the name. A look-up cannot be broken off: one that takes longer than the
// attempt goes on for the sake of the next.
enum broker_lookup broker_begin(struct broker *broker, int64_t now_ms);
// The look-up took longer than this.
void broker_give_up_asking(struct broker *broker, int timeout_ms);
// Takes the addresses that are known, also older ones that a failed look-up left. False if there are none;
// broker->unresolved says why.
bool broker_take_addresses(struct broker *broker);
// The address to try now.
const char *broker_address(const struct broker *broker);
// The name or address that its certificate must have, unless the options name one.
const char *broker_verified(const struct broker *broker);
// A connection of the attempt ended like this. True if the attempt goes on: with another address,
// with 3.1.1, or with less of a will.
bool broker_try_again(struct broker *broker, const struct connection_end *end);
// A connection of the attempt is up.
void broker_is_up(struct broker *broker, int64_t now_ms);

#endif
