// SPDX-License-Identifier: MIT
#include "common/mqtt/link_reason.h"

#include <ctype.h>
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *link_reason_place(char out[LINK_PLACE_SIZE], const char *host, int port)
{
    if (port == 0) {
        snprintf(out, LINK_PLACE_SIZE, "%s", host);
        return out;
    }
    bool v6 = strchr(host, ':') != NULL;

    snprintf(out, LINK_PLACE_SIZE, v6 ? "[%s]:%d" : "%s:%d", host, port);
    return out;
}

// A long host name shortens the sentence, never breaks it.
__attribute__((format(printf, 2, 3))) static void say(char out[LINK_REASON_SIZE], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(out, LINK_REASON_SIZE, format, args);
    va_end(args);
}

// System messages begin with a capital; ours stand in the middle of a line.
static const char *lower_first(char out[128], const char *text)
{
    snprintf(out, 128, "%s", text);
    if (out[0] != '\0' && islower((unsigned char)out[1]))
        out[0] = (char)tolower((unsigned char)out[0]);
    return out;
}

enum link_trouble link_reason_errno(char out[LINK_REASON_SIZE], const char *at, int error)
{
    char text[128];

    switch (error) {
    case ECONNREFUSED:
        say(out, "connection refused at %s", at);
        return TROUBLE_REFUSED;
    case ETIMEDOUT:
        say(out, "no answer from %s: what was sent is not acknowledged", at);
        return TROUBLE_TIMEOUT;
    case ECONNRESET:
    case EPIPE:
        say(out, "connection lost to %s", at);
        return TROUBLE_NETWORK;
    default:
        say(out, "%s: %s", at, lower_first(text, strerror(error)));
        return error == ENOMEM ? TROUBLE_MEMORY : TROUBLE_NETWORK;
    }
}

enum link_trouble link_reason_code(
    char out[LINK_REASON_SIZE], const struct link_reason_peer *peer, int rc, int error, bool unanswered)
{
    const char *at = peer->at;
    char text[128];

    if (unanswered && peer->tls_port && !peer->tls && rc != MOSQ_ERR_NOMEM && rc != MOSQ_ERR_KEEPALIVE) {
        say(out, "%s does not answer to plain MQTT: 8883 is the port for TLS; write mqtts:// before the host",
            at);
        return rc == MOSQ_ERR_ERRNO || rc == MOSQ_ERR_CONN_LOST ? TROUBLE_NETWORK : TROUBLE_PROTOCOL;
    }
    switch (rc) {
    case MOSQ_ERR_ERRNO:
        if (error != 0 && !(unanswered && (error == ECONNRESET || error == EPIPE)))
            return link_reason_errno(out, at, error);
        // fall through
    case MOSQ_ERR_CONN_LOST:
    case MOSQ_ERR_NO_CONN:
        if (unanswered && peer->tls)
            say(out, "%s closed the connection without an answer: is that an MQTT broker?", at);
        else if (unanswered)
            say(out,
                "%s closed the connection without an answer: is that an MQTT broker? One with TLS wants mqtts://",
                at);
        else
            say(out, "connection lost to %s", at);
        return TROUBLE_NETWORK;
    case MOSQ_ERR_NOMEM:
        say(out,
            "a message from %s does not fit in memory: max_packet_size in its configuration keeps such out",
            at);
        return TROUBLE_MEMORY;
    case MOSQ_ERR_KEEPALIVE:
        say(out, "no answer from %s within the keep-alive", at);
        return TROUBLE_TIMEOUT;
    default:
        if (unanswered)
            say(out, "%s does not speak MQTT as we do (%s)", at, lower_first(text, mosquitto_strerror(rc)));
        else
            say(out, "%s broke the protocol (%s)", at, lower_first(text, mosquitto_strerror(rc)));
        return TROUBLE_PROTOCOL;
    }
}

void link_reason_malformed(char out[LINK_REASON_SIZE], const char *at, const char *what)
{
    say(out, "%s broke the protocol (%s)", at, what);
}

enum link_trouble link_reason_refusal(
    char out[LINK_REASON_SIZE], const struct link_reason_peer *peer, int code)
{
    const char *at = peer->at;
    char text[128];

    switch (code) {
    case CONNACK_REFUSED_BAD_USERNAME_PASSWORD:
    case MQTT_RC_BAD_USERNAME_OR_PASSWORD:
        say(out, "login refused at %s: bad user name or password", at);
        return TROUBLE_LOGIN;
    case CONNACK_REFUSED_NOT_AUTHORIZED:
    case MQTT_RC_NOT_AUTHORIZED:
        if (peer->has_login)
            say(out, "login refused at %s: not authorized (wrong user name or password)", at);
        else
            say(out,
                "login refused at %s: not authorized without a user name; mosquitto lets everybody in with the lines listener 1883 and allow_anonymous true",
                at);
        return TROUBLE_LOGIN;
    case MQTT_RC_BANNED:
    case MQTT_RC_BAD_AUTHENTICATION_METHOD:
        say(out, "login refused at %s: %s", at, lower_first(text, mosquitto_reason_string(code)));
        return TROUBLE_LOGIN;
    case CONNACK_REFUSED_PROTOCOL_VERSION:
    case MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION:
        say(out, "%s does not know this version of MQTT", at);
        return TROUBLE_PROTOCOL;
    case CONNACK_REFUSED_IDENTIFIER_REJECTED:
    case MQTT_RC_CLIENTID_NOT_VALID:
        say(out, "%s refused the client id", at);
        return TROUBLE_CLOSED;
    default:
        say(out, "%s refused the connection: %s", at,
            lower_first(text, code < 128 ? mosquitto_connack_string(code) : mosquitto_reason_string(code)));
        return TROUBLE_CLOSED;
    }
}

void link_reason_goodbye(char out[LINK_REASON_SIZE], const char *at, int code)
{
    char text[128];

    if (code == MQTT_RC_SESSION_TAKEN_OVER)
        say(out, "%s: another client connected with the same client id", at);
    else
        say(out, "closed by %s: %s", at, lower_first(text, mosquitto_reason_string(code)));
}

bool link_reason_is_old_version(int code)
{
    return code == CONNACK_REFUSED_PROTOCOL_VERSION || code == MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION;
}

bool link_reason_is_qos(int code)
{
    return code == MQTT_RC_QOS_NOT_SUPPORTED;
}

bool link_reason_is_retain(int code)
{
    return code == MQTT_RC_RETAIN_NOT_SUPPORTED;
}

void link_reason_limits(char out[LINK_REASON_SIZE], const char *at, const struct link_limits *limits)
{
    out[0] = '\0';
    if (!limits->retains && limits->max_qos == 0)
        say(out,
            "%s keeps no retained messages and takes QoS 0 only: who subscribes later waits for the next report",
            at);
    else if (!limits->retains)
        say(out, "%s keeps no retained messages: who subscribes later waits for the next report", at);
    else if (limits->max_qos == 0)
        say(out, "%s takes QoS 0 only: it acknowledges nothing", at);
}

bool link_reason_is_takeover(int code)
{
    return code == MQTT_RC_SESSION_TAKEN_OVER;
}

void link_reason_unresolved(char out[LINK_REASON_SIZE], const char *host, const char *why)
{
    char text[128];

    say(out, "no address for %s: %s", host, lower_first(text, why));
}

void link_reason_no_gateway(char out[LINK_REASON_SIZE])
{
    say(out, "no gateway: this computer has no default route now; is it in a network?");
}

void link_reason_unanswered_name(char out[LINK_REASON_SIZE], const char *host, int timeout_ms)
{
    say(out, "no address for %s: no answer from the name server within %d ms", host, timeout_ms);
}

void link_reason_rival(char out[LINK_REASON_SIZE], const char *at, const char *client_id)
{
    say(out,
        "%s closes each connection soon after it was made, as where another client connects with the same client id (%s)",
        at, client_id[0] != '\0' ? client_id : "random");
}

void link_reason_change_over(char out[LINK_REASON_SIZE], const char *at)
{
    say(out, "changing over to %s, which answers again", at);
}

void link_reason_denied(char out[LINK_REASON_SIZE], const char *at, const char *topic)
{
    say(out, "%s refused the subscription to %s: see its access control list", at, topic);
}

void link_reason_oversized(char out[LINK_REASON_SIZE], const char *host, int port, const char *topic)
{
    char at[LINK_PLACE_SIZE];

    link_reason_place(at, host, port);
    if (strpbrk(topic, "+#"))
        say(out, "a retained message under %s at %s does not fit in memory: clear it", topic, at);
    else
        say(out,
            "a retained message at %s does not fit in memory; clear it: mosquitto_pub -h %s -p %d -t %s -r -n",
            at, host, port, topic);
}

void link_reason_timeout(
    char out[LINK_REASON_SIZE], const char *at, int timeout_ms, enum link_reason_step step)
{
    switch (step) {
    case STEP_CONNECT:
        say(out, "no answer from %s within %d ms", at, timeout_ms);
        break;
    case STEP_TLS:
        say(out, "%s accepted the connection but TLS was not set up within %d ms", at, timeout_ms);
        break;
    case STEP_CONNACK:
        say(out, "%s accepted the connection but did not answer within %d ms", at, timeout_ms);
        break;
    case STEP_SUBACK:
        say(out, "%s did not acknowledge the subscription within %d ms", at, timeout_ms);
        break;
    }
}
