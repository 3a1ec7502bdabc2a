// SPDX-License-Identifier: MIT
// The brokers of a link, the one of them that has its turn, and the certificates that all of them share.
#ifndef COMMON_MQTT_BROKER_LIST_H
#define COMMON_MQTT_BROKER_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "common/mqtt/broker.h"
#include "common/mqtt/link_options.h"

struct broker_list {
    const struct link_options *options;
    struct broker brokers[LINK_BROKERS_MAX];
    size_t count;
    size_t at;       // whose turn it is
    size_t last_up;  // the one that was connected last
    struct tls *tls; // NULL = not loaded
};

// options must outlive the list. answered: as in broker_init.
void broker_list_init(struct broker_list *list, const struct link_options *options, struct event_base *base,
    void (*answered)(void *ctx, struct broker *broker), void *ctx);
void broker_list_finish(struct broker_list *list);

struct broker *broker_list_current(struct broker_list *list);
// True if the one whose turn it is was connected last.
bool broker_list_is_last_up(const struct broker_list *list);
// The next one has its turn. False after the last one; then it is the first.
bool broker_list_next(struct broker_list *list);

// Fills in what a connection to the current broker is told, beyond what all of them are. 0, or -EINVAL with a sentence where
// the certificates cannot be loaded.
int broker_list_prepare(
    struct broker_list *list, struct connection_options *wanted, char why[LINK_REASON_SIZE]);
// Certificates are loaded anew for the next connection. Not while there is a connection.
void broker_list_drop_tls(struct broker_list *list);

#endif
