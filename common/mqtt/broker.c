// SPDX-License-Identifier: MIT
#include "common/mqtt/broker.h"

#include <string.h>

#include "common/mqtt/link_reason.h"

enum {
    OLD_MS = 600000, // so long a broker that knew only 3.1.1 is not asked for MQTT 5 again
};

void broker_init(struct broker *broker, struct event_base *base, const struct link_broker *place, int newest,
    void (*answered)(void *ctx, struct broker *broker), void *ctx)
{
    memset(broker, 0, sizeof *broker);
    broker->place = place;
    broker->newest = broker->version = newest;
    broker->base = base;
    broker->answered = answered;
    broker->ctx = ctx;
    link_reason_place(broker->name, place->host, place->port);
}

void broker_finish(struct broker *broker)
{
    resolver_cancel(broker->question);
    broker->question = NULL;
}

static void on_answer(void *ctx, const struct resolver_answer *answer)
{
    struct broker *broker = ctx;

    broker->question = NULL;
    broker->fresh = answer->count > 0;
    if (broker->fresh)
        broker->known = *answer;
    else
        link_reason_unresolved(broker->unresolved, broker->place->host, answer->why);
    broker->answered(broker->ctx, broker);
}

enum broker_lookup broker_begin(struct broker *broker, int64_t now_ms)
{
    struct resolver_answer answer;
    bool asked_before = broker->question != NULL;

    if (now_ms >= broker->old_until_ms)
        broker->old_until_ms = 0;
    broker->version = broker->old_until_ms == 0 ? broker->newest : 4;
    broker->unresolved[0] = '\0';
    if (resolver_knows(broker->place->host, &answer)) {
        broker->known = answer;
        return BROKER_LOOKUP_KNOWN;
    }
    if (broker->fresh)
        return BROKER_LOOKUP_KNOWN;
    if (!asked_before)
        broker->question = resolver_ask(broker->base, broker->place->host, on_answer, broker);
    if (!broker->question)
        return BROKER_LOOKUP_NO_MEMORY;
    return asked_before ? BROKER_LOOKUP_ASKED_YET : BROKER_LOOKUP_ASKED;
}

void broker_give_up_asking(struct broker *broker, int timeout_ms)
{
    link_reason_unanswered_name(broker->unresolved, broker->place->host, timeout_ms);
}

bool broker_take_addresses(struct broker *broker)
{
    broker->fresh = false;
    broker->addresses = broker->known;
    broker->address = 0;
    return broker->addresses.count > 0;
}

const char *broker_address(const struct broker *broker)
{
    return broker->addresses.addresses[broker->address];
}

bool broker_try_again(struct broker *broker, const struct connection_end *end)
{
    // A broker that does not know MQTT 5 answers in one of several wrong ways, or hangs up.
    if (broker->version == 5 && end->phase == PHASE_HELLO &&
        (end->trouble == TROUBLE_PROTOCOL || end->trouble == TROUBLE_NETWORK)) {
        broker->version = 4;
        return true;
    }
    if (end->phase == PHASE_TCP && broker->address + 1 < broker->addresses.count) {
        broker->address++;
        return true;
    }
    return false;
}

void broker_is_up(struct broker *broker, int64_t now_ms)
{
    if (broker->version < broker->newest && broker->old_until_ms == 0)
        broker->old_until_ms = now_ms + OLD_MS;
}
