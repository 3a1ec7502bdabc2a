// SPDX-License-Identifier: MIT
#include "common/mqtt/broker.h"

#include <string.h>

#include "common/mqtt/gateway.h"
#include "common/mqtt/link_reason.h"

enum {
    OLD_MS = 60000,     // so long a broker that refused MQTT 5 is not asked for it again
    DOUBTS = 2,         // so many unclear failures are forgiven where MQTT 5 has worked
    LIMITS_MS = 600000, // so long one that refused the will is not sent the same will again
};

static const struct link_limits no_limits = {.max_qos = 2, .retains = true};

void broker_init(struct broker *broker, struct event_base *base, const struct link_broker *place, int newest,
    bool has_will, void (*answered)(void *ctx, struct broker *broker), void *ctx)
{
    memset(broker, 0, sizeof *broker);
    broker->place = place;
    broker->newest = broker->version = newest;
    broker->has_will = has_will;
    broker->limits = no_limits;
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
    broker->version = broker->old_until_ms != 0 || broker->old_once ? 4 : broker->newest;
    broker->old_once = broker->refused_5 = false;
    if (now_ms >= broker->limits_until_ms)
        broker->limits = no_limits;
    broker->unresolved[0] = '\0';
    if (broker->place->transport == LINK_UNIX) {
        broker->known.count = 1;
        return BROKER_LOOKUP_KNOWN;
    }
    if (gateway_is_meant(broker->place->host)) {
        gateway_find("", &broker->known);
        if (broker->known.count == 0)
            link_reason_no_gateway(broker->unresolved);
        return BROKER_LOOKUP_KNOWN;
    }
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
    if (broker->place->transport == LINK_UNIX)
        return broker->place->host;
    return broker->addresses.addresses[broker->address];
}

const char *broker_verified(const struct broker *broker)
{
    // No certificate has the word `gateway`.
    return gateway_is_meant(broker->place->host) ? broker_address(broker) : broker->place->host;
}

// The will goes out with the CONNECT, before the broker has said what it takes. MQTT 5 has codes for it; a broker of 3.1.1
// hangs up.
static bool ask_for_less(struct broker *broker, const struct connection_end *end)
{
    bool hung_up = broker->version == 4 && broker->has_will && end->trouble == TROUBLE_NETWORK;

    if (end->trouble == TROUBLE_TLS)
        return false;

    if ((hung_up || link_reason_is_qos(end->code)) && broker->limits.max_qos > 0) {
        broker->limits.max_qos = 0;
        return true;
    }
    if ((hung_up || link_reason_is_retain(end->code)) && broker->limits.retains) {
        broker->limits.retains = false;
        return true;
    }
    broker->limits = no_limits; // that was not the reason
    return false;
}

// A broker that does not know MQTT 5 says so, or answers in one of several wrong ways, or hangs up, or is silent. Only the
// first is certain: the others happen to brokers that know it as well, so they are not remembered, and hardly believed of a
// broker that has spoken it.
static bool ask_for_3_1_1(struct broker *broker, const struct connection_end *end)
{
    // Under TLS, whoever stands in between could force the older version by ending connections, or by silence.
    bool could_be_forced = broker->place->transport == LINK_TLS && !end->proven;

    broker->refused_5 = link_reason_is_old_version(end->code);
    if (end->trouble == TROUBLE_TLS || could_be_forced)
        return false;
    if (!broker->refused_5 && broker->doubts > 0) {
        broker->doubts--;
        return false;
    }
    if (broker->refused_5 || end->trouble == TROUBLE_PROTOCOL || end->trouble == TROUBLE_NETWORK) {
        broker->version = 4;
        return true;
    }
    // The next broker of the list must not wait for a second silence.
    broker->old_once = end->trouble == TROUBLE_SILENT;
    return false;
}

bool broker_try_again(struct broker *broker, const struct connection_end *end)
{
    if (end->phase == PHASE_HELLO)
        return (broker->version == 5 && ask_for_3_1_1(broker, end)) || ask_for_less(broker, end);
    if (end->phase <= PHASE_TLS && broker->address + 1 < broker->addresses.count) {
        broker->address++;
        return true;
    }
    return false;
}

void broker_is_up(struct broker *broker, int64_t now_ms)
{
    if (broker->version == 5)
        broker->doubts = DOUBTS;
    if (broker->refused_5 && broker->old_until_ms == 0)
        broker->old_until_ms = now_ms + OLD_MS;
    if (!broker->limits.retains || broker->limits.max_qos < 2)
        broker->limits_until_ms = now_ms + LIMITS_MS;
}
