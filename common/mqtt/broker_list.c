// SPDX-License-Identifier: MIT
#include "common/mqtt/broker_list.h"

#include <errno.h>
#include <stdio.h>

#include "common/mqtt/gateway.h"
#include "common/mqtt/tls.h"

void broker_list_init(struct broker_list *list, const struct link_options *options, struct event_base *base,
    void (*answered)(void *ctx, struct broker *broker), void *ctx)
{
    list->options = options;
    list->count = options->broker_count;
    list->at = list->last_up = 0;
    list->tls = NULL;
    for (size_t i = 0; i < list->count; i++)
        broker_init(&list->brokers[i], base, &options->brokers[i], options->version == 4 ? 4 : 5,
            options->will_topic != NULL, answered, ctx);
}

void broker_list_finish(struct broker_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        broker_finish(&list->brokers[i]);
    broker_list_drop_tls(list);
}

struct broker *broker_list_current(struct broker_list *list)
{
    return &list->brokers[list->at];
}

bool broker_list_is_last_up(const struct broker_list *list)
{
    return list->at == list->last_up;
}

bool broker_list_next(struct broker_list *list)
{
    list->at = (list->at + 1) % list->count;
    return list->at > 0;
}

static int load_tls(struct broker_list *list, const char *host, char why[LINK_REASON_SIZE])
{
    char sentence[LINK_REASON_SIZE];

    if (!list->tls)
        list->tls = tls_new(&list->options->tls, NULL, sentence);
    if (!list->tls) {
        snprintf(why, LINK_REASON_SIZE, "TLS: %.240s", sentence);
        return -EINVAL;
    }
    if (tls_expect(list->tls, host) < 0) {
        snprintf(why, LINK_REASON_SIZE, "out of memory");
        return -EINVAL;
    }
    return 0;
}

int broker_list_prepare(
    struct broker_list *list, struct connection_options *wanted, char why[LINK_REASON_SIZE])
{
    const struct broker *broker = broker_list_current(list);
    bool tls = broker->place->transport == LINK_TLS;
    // No certificate has the word `gateway`: without a name of its own it must have the address.
    const char *host = gateway_is_meant(broker->place->host) ? broker_address(broker) : broker->place->host;
    int rc = tls ? load_tls(list, host, why) : 0;

    wanted->name = broker->name;
    wanted->port = broker->place->port;
    wanted->tls = tls ? list->tls : NULL;
    wanted->mqtt.tls = tls && rc == 0 ? tls_context(list->tls) : NULL;
    wanted->mqtt.version = broker->version;
    wanted->mqtt.limits = broker->limits;
    return rc;
}

void broker_list_drop_tls(struct broker_list *list)
{
    tls_free(list->tls);
    list->tls = NULL;
}
