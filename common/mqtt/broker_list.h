// SPDX-License-Identifier: MIT
// The brokers of a link: the one of them that has its turn, what its ends mean for the next wait, and the certificates that all
// of them share.
#ifndef COMMON_MQTT_BROKER_LIST_H
#define COMMON_MQTT_BROKER_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/mqtt/backoff.h"
#include "common/mqtt/broker.h"
#include "common/mqtt/link_options.h"

struct broker_list {
    struct event_base *base;
    void (*answered)(void *ctx, struct broker *broker);
    void *ctx;
    const struct link_options *options;
    struct broker brokers[LINK_BROKERS_MAX];
    size_t count;
    size_t at;       // whose turn it is
    size_t last_up;  // the one that was connected last
    struct tls *tls; // NULL: without, or they could not be loaded
    char tls_why[LINK_REASON_SIZE];
    struct backoff backoff;
    int64_t up_ms;  // since when the current one has been connected; of the last one that was
    bool permanent; // only a person can mend what the last attempt's reason tells
};

// Reads the certificates. options must outlive the list. answered: as in broker_init.
void broker_list_init(struct broker_list *list, const struct link_options *options, struct event_base *base,
    void (*answered)(void *ctx, struct broker *broker), void *ctx);
void broker_list_finish(struct broker_list *list);
// The options have become those of the news, whose certificates are taken over. Not while there is a connection.
void broker_list_renew(struct broker_list *list, struct link_news *news);

struct broker *broker_list_current(struct broker_list *list);
// It is connected.
void broker_list_is_up(struct broker_list *list, int64_t now_ms);
// True if this end says little: the first address is the one that people know, and a further broker that cannot be reached
// matters less than one before it that has refused us for good.
bool broker_list_says_little(struct broker_list *list, const struct connection_end *end);
// What an end means for the wait that follows, before broker_try_again is asked; its reason may become another. True if only a
// person can mend it.
bool broker_list_is_permanent(
    struct broker_list *list, struct connection_end *end, bool was_up, int64_t now_ms);
// The attempt is over, or the connection that was up. Both return whether it looks as if another client had our id.
bool broker_list_failed(struct broker_list *list, bool permanent);
bool broker_list_lost(struct broker_list *list, struct connection_end *end, bool permanent, int64_t now_ms);
// The next one has its turn. False after the last one; then it is the first.
bool broker_list_next(struct broker_list *list);

// Fills in what a connection to the current broker is told, beyond what all of them are. 0, or -EINVAL with a sentence where
// the certificates cannot be loaded.
int broker_list_prepare(
    struct broker_list *list, struct connection_options *wanted, char why[LINK_REASON_SIZE]);

#endif
