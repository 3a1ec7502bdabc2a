// SPDX-License-Identifier: MIT
#include "common/mqtt/link_reason.h"

#include <ctype.h>
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WHERE_SIZE = LINK_HOST_MAX + 16 };

static const char *where(char out[WHERE_SIZE], const struct link_broker *broker)
{
    const bool v6 = strchr(broker->host, ':') != NULL;

    snprintf(out, WHERE_SIZE, v6 ? "[%s]:%d" : "%s:%d", broker->host, broker->port);
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

enum link_trouble link_words_errno(char out[LINK_REASON_SIZE], const struct link_broker *broker, int error)
{
    char at[WHERE_SIZE], text[128];

    where(at, broker);
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

enum link_trouble link_words_code(
    char out[LINK_REASON_SIZE], const struct link_broker *broker, int rc, int error, bool unanswered)
{
    char at[WHERE_SIZE], text[128];

    where(at, broker);
    switch (rc) {
    case MOSQ_ERR_ERRNO:
        if (error != 0)
            return link_words_errno(out, broker, error);
        // fall through
    case MOSQ_ERR_CONN_LOST:
    case MOSQ_ERR_NO_CONN:
        if (unanswered)
            say(out, "%s closed the connection without an answer: is that an MQTT broker?", at);
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

enum link_trouble link_words_refusal(char out[LINK_REASON_SIZE], const struct link_broker *broker, int code)
{
    char at[WHERE_SIZE], text[128];

    where(at, broker);
    switch (code) {
    case CONNACK_REFUSED_BAD_USERNAME_PASSWORD:
    case MQTT_RC_BAD_USERNAME_OR_PASSWORD:
        say(out, "login refused at %s: bad user name or password", at);
        return TROUBLE_LOGIN;
    case CONNACK_REFUSED_NOT_AUTHORIZED:
    case MQTT_RC_NOT_AUTHORIZED:
        say(out, "login refused at %s: not authorized (no or wrong user name or password)", at);
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

void link_words_goodbye(char out[LINK_REASON_SIZE], const struct link_broker *broker, int code)
{
    char at[WHERE_SIZE], text[128];

    where(at, broker);
    if (code == MQTT_RC_SESSION_TAKEN_OVER)
        say(out, "%s: another client connected with the same client id", at);
    else
        say(out, "closed by %s: %s", at, lower_first(text, mosquitto_reason_string(code)));
}

void link_words_unresolved(char out[LINK_REASON_SIZE], const struct link_broker *broker, const char *why)
{
    char text[128];

    say(out, "no address for %s: %s", broker->host, lower_first(text, why));
}

void link_words_denied(char out[LINK_REASON_SIZE], const struct link_broker *broker, const char *topic)
{
    char at[WHERE_SIZE];

    say(out, "%s refused the subscription to %s: see its access control list", where(at, broker), topic);
}

void link_words_oversized(char out[LINK_REASON_SIZE], const struct link_broker *broker, const char *topic)
{
    char at[WHERE_SIZE];

    where(at, broker);
    if (strpbrk(topic, "+#"))
        say(out, "a retained message under %s at %s does not fit in memory: clear it", topic, at);
    else
        say(out,
            "a retained message at %s does not fit in memory; clear it: mosquitto_pub -h %s -p %d -t %s -r "
            "-n",
            at, broker->host, broker->port, topic);
}

void link_words_timeout(char out[LINK_REASON_SIZE], const struct link_broker *broker, int timeout_ms,
    bool connecting, bool subscribing)
{
    char at[WHERE_SIZE];

    where(at, broker);
    if (connecting)
        say(out, "no answer from %s within %d ms", at, timeout_ms);
    else if (subscribing)
        say(out, "%s did not acknowledge the subscription within %d ms", at, timeout_ms);
    else
        say(out, "%s accepted the connection but did not answer within %d ms", at, timeout_ms);
}
