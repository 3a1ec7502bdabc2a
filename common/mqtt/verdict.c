// SPDX-License-Identifier: MIT
#include "common/mqtt/verdict.h"

#include <errno.h>
#include <mosquitto.h>
#include <stdio.h>
#include <time.h>

#include "common/mqtt/tls.h"

static void give(struct verdict *verdict, enum link_trouble trouble, int code, const char *reason)
{
    if (verdict->given)
        return;
    verdict->given = true;
    verdict->end = (struct connection_end){
        .phase = verdict->phase, .trouble = trouble, .permanent = trouble == TROUBLE_LOGIN, .code = code};
    // What was decrypted is the broker's own word; whoever stands in between can end the connection under it.
    verdict->end.proven = !verdict->tls || trouble != TROUBLE_NETWORK || tls_is_closed(verdict->tls);
    snprintf(verdict->end.reason, sizeof verdict->end.reason, "%s", reason);
}

void verdict_give(struct verdict *verdict, enum link_trouble trouble, const char *reason)
{
    give(verdict, trouble, 0, reason);
}

void verdict_by_tls(struct verdict *verdict, bool cut, int error)
{
    char reason[LINK_REASON_SIZE];
    bool permanent = false;

    if (cut && error != 0 && error != ECONNRESET && error != EPIPE) {
        verdict_by_errno(verdict, error);
        return;
    }
    if (cut)
        tls_reason_cut(reason, verdict->peer.at, tls_failure(verdict->tls));
    else
        permanent = tls_reason(
            reason, verdict->peer.at, tls_failure(verdict->tls), tls_has_cert(verdict->tls), time(NULL));
    bool first = !verdict->given;
    give(verdict, TROUBLE_TLS, 0, reason);
    if (first) {
        verdict->end.permanent = permanent;
        verdict->end.proven = false;
    }
}

void verdict_by_code(struct verdict *verdict, int rc, int error)
{
    char reason[LINK_REASON_SIZE];

    // With TLS 1.3 the broker refuses our certificate, or the lack of it, when the handshake is over for us.
    if (verdict->tls && verdict->phase <= PHASE_HELLO && rc != MOSQ_ERR_NOMEM &&
        (verdict->phase == PHASE_TLS || rc == MOSQ_ERR_TLS || tls_failure(verdict->tls)->alert >= 0)) {
        verdict_by_tls(verdict, false, 0);
        return;
    }
    // EPROTO is how the library tells that a session ended.
    if (verdict->tls && (rc == MOSQ_ERR_TLS || (rc == MOSQ_ERR_ERRNO && error == EPROTO)))
        rc = MOSQ_ERR_CONN_LOST;
    enum link_trouble trouble =
        link_reason_code(reason, &verdict->peer, rc, error, verdict->phase <= PHASE_HELLO);
    give(verdict, trouble, 0, reason);
}

void verdict_by_errno(struct verdict *verdict, int error)
{
    char reason[LINK_REASON_SIZE];

    // There was a connection; the library had said CONNECT on it already, and the peer did not like that.
    if (verdict->phase == PHASE_TCP && error == ECONNRESET) {
        verdict->phase = PHASE_HELLO;
        verdict_by_code(verdict, MOSQ_ERR_CONN_LOST, 0);
        return;
    }
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

void verdict_by_intake(struct verdict *verdict, enum intake_verdict intake, const char *topic)
{
    if (intake == INTAKE_MALFORMED)
        verdict_by_malformed(verdict, "a property that MQTT 5 does not know");
    else if (intake == INTAKE_TOO_LARGE)
        verdict_by_size(verdict, topic);
    else if (intake == INTAKE_STUCK)
        verdict_by_malformed(verdict, "the beginning of a packet in pieces that fill every buffer");
}
