// SPDX-License-Identifier: MIT
#include "common/mqtt/broker_list.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/mqtt/link_reason.h"
#include "common/mqtt/tls.h"

enum { JUST_SUBSCRIBED_MS = 2000 }; // what arrives so soon was retained

static void begin(struct broker_list *list)
{
    const struct link_options *options = list->options;

    list->count = options->broker_count;
    for (size_t i = 0; i < list->count; i++)
        broker_init(&list->brokers[i], list->base, &options->brokers[i], options->version == 4 ? 4 : 5,
            options->will_topic != NULL, list->answered, list->ctx);
}

void broker_list_init(struct broker_list *list, const struct link_options *options, struct event_base *base,
    void (*answered)(void *ctx, struct broker *broker), void *ctx)
{
    list->base = base;
    list->answered = answered;
    list->ctx = ctx;
    list->options = options;
    list->at = list->last_up = 0;
    list->tls = link_options_load_tls(options, list->tls_why);
    list->up_ms = 0;
    list->permanent = false;
    backoff_init(&list->backoff);
    begin(list);
}

void broker_list_renew(struct broker_list *list, struct link_news *news)
{
    broker_list_finish(list);
    list->tls = news->tls;
    news->tls = NULL;
    memcpy(list->tls_why, news->why, sizeof list->tls_why);
    list->at = list->last_up = 0;
    begin(list);
}

void broker_list_finish(struct broker_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        broker_finish(&list->brokers[i]);
    tls_free(list->tls);
}

struct broker *broker_list_current(struct broker_list *list)
{
    return &list->brokers[list->at];
}

void broker_list_is_up(struct broker_list *list, int64_t now_ms)
{
    list->last_up = list->at;
    list->up_ms = now_ms;
    backoff_succeeded(&list->backoff);
    broker_is_up(broker_list_current(list), now_ms);
}

bool broker_list_says_little(struct broker_list *list, const struct connection_end *end)
{
    bool refused = list->permanent && list->at > 0;

    return end->phase == PHASE_TCP && (refused || broker_list_current(list)->address > 0);
}

// A retained message that is too large for us comes again with each subscription: tells how to be rid of it.
static bool is_oversized(struct broker_list *list, struct connection_end *end, bool was_up, int64_t now_ms)
{
    const struct link_broker *place = broker_list_current(list)->place;
    bool early = end->phase == PHASE_SUBSCRIBE || (was_up && now_ms - list->up_ms < JUST_SUBSCRIBED_MS);
    const char *topic = end->topic;

    if (!was_up && end->phase != PHASE_SUBSCRIBE)
        return false;
    if (!backoff_is_oversized(&list->backoff, end->trouble == TROUBLE_MEMORY, early))
        return false;
    if (topic[0] == '\0') // the library ran out of memory before it knew
        topic = list->options->topic_count > 0 ? list->options->topics[0] : "#";
    link_reason_oversized(end->reason, place->host, place->port, topic);
    return true;
}

bool broker_list_is_permanent(
    struct broker_list *list, struct connection_end *end, bool was_up, int64_t now_ms)
{
    if (is_oversized(list, end, was_up, now_ms))
        return true;
    if (!broker_list_says_little(list, end))
        list->permanent = end->permanent;
    return list->permanent;
}

bool broker_list_failed(struct broker_list *list, bool permanent)
{
    backoff_failed(&list->backoff, permanent, list->at == list->last_up);
    return backoff_suspects_rival(&list->backoff);
}

bool broker_list_lost(struct broker_list *list, struct connection_end *end, bool permanent, int64_t now_ms)
{
    enum backoff_end how = BACKOFF_OTHER;

    if (link_reason_is_takeover(end->code))
        how = BACKOFF_RIVAL;
    else if (end->trouble == TROUBLE_NETWORK)
        how = BACKOFF_LOST;
    backoff_ended(&list->backoff, now_ms - list->up_ms, permanent, how);
    bool rival = backoff_suspects_rival(&list->backoff);
    if (how == BACKOFF_LOST && rival)
        link_reason_rival(end->reason, broker_list_current(list)->name, list->options->client_id);
    return rival;
}

bool broker_list_next(struct broker_list *list)
{
    list->at = (list->at + 1) % list->count;
    return list->at > 0;
}

static int expect(struct broker_list *list, const char *host, char why[LINK_REASON_SIZE])
{
    snprintf(why, LINK_REASON_SIZE, "%s", list->tls ? "out of memory" : list->tls_why);
    return list->tls && tls_expect(list->tls, host) == 0 ? 0 : -EINVAL;
}

int broker_list_prepare(
    struct broker_list *list, struct connection_options *wanted, char why[LINK_REASON_SIZE])
{
    const struct broker *broker = broker_list_current(list);
    bool tls = broker->place->transport == LINK_TLS;
    int rc = tls ? expect(list, broker_verified(broker), why) : 0;

    wanted->name = broker->name;
    wanted->port = broker->place->port;
    wanted->tls = tls ? list->tls : NULL;
    wanted->mqtt.tls = tls && rc == 0 ? tls_context(list->tls) : NULL;
    wanted->mqtt.version = broker->version;
    wanted->mqtt.limits = broker->limits;
    return rc;
}
