// SPDX-License-Identifier: MIT
#include "common/mqtt/verdict.h"

#include <mosquitto.h>
#include <stdio.h>

static void give(struct verdict *verdict, enum link_trouble trouble, int code, const char *reason)
{
    if (verdict->given)
        return;
    verdict->given = true;
    verdict->end = (struct connection_end){.phase = verdict->phase, .trouble = trouble, .code = code};
    snprintf(verdict->end.reason, sizeof verdict->end.reason, "%s", reason);
}

void verdict_give(struct verdict *verdict, enum link_trouble trouble, const char *reason)
{
    give(verdict, trouble, 0, reason);
}

void verdict_by_code(struct verdict *verdict, int rc, int error)
{
    char reason[LINK_REASON_SIZE];
    enum link_trouble trouble =
        link_reason_code(reason, &verdict->peer, rc, error, verdict->phase <= PHASE_HELLO);

    give(verdict, trouble, 0, reason);
}

void verdict_by_errno(struct verdict *verdict, int error)
{
    char reason[LINK_REASON_SIZE];
    enum link_trouble trouble = link_reason_errno(reason, verdict->peer.at, error);

    give(verdict, trouble, 0, reason);
}

void verdict_by_connack(struct verdict *verdict, int code)
{
    char reason[LINK_REASON_SIZE];
    enum link_trouble trouble = link_reason_refusal(reason, &verdict->peer, code);

    give(verdict, trouble, code, reason);
}

void verdict_by_disconnect(struct verdict *verdict, int code)
{
    char reason[LINK_REASON_SIZE];

    link_reason_goodbye(reason, verdict->peer.at, code);
    give(verdict, TROUBLE_CLOSED, code, reason);
}

void verdict_by_denial(struct verdict *verdict, const char *topic)
{
    char reason[LINK_REASON_SIZE];

    link_reason_denied(reason, verdict->peer.at, topic);
    give(verdict, TROUBLE_DENIED, 0, reason);
}

void verdict_by_malformed(struct verdict *verdict, const char *what)
{
    char reason[LINK_REASON_SIZE];

    link_reason_malformed(reason, verdict->peer.at, what);
    give(verdict, TROUBLE_PROTOCOL, 0, reason);
}

void verdict_by_size(struct verdict *verdict, const char *topic)
{
    verdict_by_code(verdict, MOSQ_ERR_NOMEM, 0);
    snprintf(verdict->end.topic, sizeof verdict->end.topic, "%s", topic);
}
