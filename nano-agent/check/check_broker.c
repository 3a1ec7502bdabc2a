// SPDX-License-Identifier: MIT
// Connects as the agent does, and then tries what cannot be seen otherwise: whether commands arrive, and whether reports
// are taken. A broker may answer as if it allowed both and do neither.
#include "nano-agent/check/check_broker.h"

#include <errno.h>
#include <event2/event.h>
#include <string.h>
#include <unistd.h>

#include "common/mqtt/link_reason.h"
#include "common/protocol/status.h"
#include "nano-agent/mqtt_session.h"
#include "nano-agent/refusal.h"
#include "nano-agent/system/identity.h"

enum { ATTEMPT_S = 3, RETURN_MS = 1000, RETAINED_MS = 300, CLOSE_MS = 1000, REFUSED = 128 };

struct check_peer { // a connection to one broker
    struct event_base *base;
    struct link *link;
    struct link_report report;
    const char *topic; // of which messages are noted
    bool tried;        // it is up, or the attempt has failed
    bool came;         // a message came on topic since this was set to false
    size_t len;        // the first bytes of it
    char payload[PROTOCOL_STATUS_MAX];
    int token;  // of the message under way
    bool acked; // it is done
    int reason;
};

static void on_link(void *ctx, const struct link_report *report)
{
    struct check_peer *peer = ctx;
    peer->report = *report;
    // A broker that knows no MQTT 5 is tried again in the old way.
    bool older = report->trouble == TROUBLE_PROTOCOL && report->version == 5;
    peer->tried = report->state == LINK_UP ||
                  (report->state == LINK_WAITING && report->trouble != TROUBLE_NONE && !older);
}

static void on_message(void *ctx, const struct link_message *message)
{
    struct check_peer *peer = ctx;
    if (strcmp(message->topic, peer->topic) != 0 || message->len > sizeof peer->payload)
        return;
    peer->came = true;
    peer->len = message->len;
    memcpy(peer->payload, message->payload, message->len);
}

static void on_published(void *ctx, int token, int reason)
{
    struct check_peer *peer = ctx;
    if (token != peer->token)
        return;
    peer->acked = true;
    peer->reason = reason;
}

static const struct link_events events = {
    .changed = on_link, .message = on_message, .published = on_published};

static bool is_tried(const struct check_peer *peer)
{
    return peer->tried;
}

static bool has_come(const struct check_peer *peer)
{
    return peer->came;
}

static bool is_acked(const struct check_peer *peer)
{
    return peer->acked || peer->report.state != LINK_UP;
}

static bool is_closed(const struct check_peer *peer)
{
    return peer->report.state == LINK_CLOSED;
}

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
    bool *late = arg;
    (void)fd;
    (void)what;
    *late = true;
}

// Runs the loop until the condition holds, for at most so long. Returns whether it does.
static bool wait_for(struct check_peer *peer, bool (*condition)(const struct check_peer *peer), int ms)
{
    bool late = false;
    struct timeval limit = {ms / 1000, ms % 1000 * 1000L};
    struct event *timeout = evtimer_new(peer->base, on_timeout, &late);
    if (!timeout || event_add(timeout, &limit) < 0)
        late = true;
    while (!late && !condition(peer))
        event_base_loop(peer->base, EVLOOP_ONCE);
    if (timeout)
        event_free(timeout);
    return condition(peer);
}

static bool peer_open(
    struct check_peer *peer, struct event_base *base, const struct link_options *options, const char *topic)
{
    *peer = (struct check_peer){.base = base, .topic = topic, .token = -1};
    peer->link = link_new(base, options, &events, peer);
    if (peer->link)
        wait_for(peer, is_tried, 2 * ATTEMPT_S * 1000);
    return peer->report.state == LINK_UP;
}

// With a DISCONNECT, so that the broker drops the will.
static void peer_close(struct check_peer *peer)
{
    if (!peer->link)
        return;
    link_close(peer->link, CLOSE_MS);
    wait_for(peer, is_closed, 2 * CLOSE_MS);
    link_free(peer->link);
    peer->link = NULL;
}

// Publishes at QoS 1. Returns 0, an MQTT 5 reason code of 128 and above, or a negative errno.
static int peer_publish(
    struct check_peer *peer, const char *topic, const void *payload, size_t len, bool retain)
{
    peer->acked = false;
    int rc = link_publish(peer->link, topic, payload, len, 1, retain, NULL, 0, &peer->token);
    if (rc < 0)
        return rc;
    if (!wait_for(peer, is_acked, RETURN_MS) || !peer->acked)
        return -ETIMEDOUT;
    return peer->reason >= REFUSED ? peer->reason : 0;
}

static const char *mend_of(enum link_trouble trouble)
{
    switch (trouble) {
    case TROUBLE_RESOLVE:
        return "getent hosts NAME must find it; or write its address, broker = {\"192.168.55.100\"}";
    case TROUBLE_REFUSED:
        return "start mosquitto there; version 2 listens on localhost only, until its configuration has "
               "`listener 1883`";
    case TROUBLE_TIMEOUT:
    case TROUBLE_NETWORK:
        return "ping it: the cable, its address, the firewall there, which must let that port in";
    case TROUBLE_SILENT:
        return "it hangs, or the network between loses packets; there: sudo systemctl restart mosquitto";
    case TROUBLE_TLS:
        return "tls { cafile = \"…\" name = \"…\" } in the configuration: the authority and the name of that broker's "
               "certificate; `date` must be right as well";
    case TROUBLE_PROTOCOL:
        return "is this the broker's port, and not that of TLS or of something else?";
    case TROUBLE_LOGIN:
        return "login { user = \"…\" password_file = \"…\" } in the configuration, as the broker knows it";
    case TROUBLE_DENIED:
        return "the broker's acl_file must let this user read ROOT/control and write ROOT/status";
    case TROUBLE_NONE:
    case TROUBLE_MEMORY:
    case TROUBLE_CLOSED:
        break;
    }
    return "the broker's log says more";
}

// An empty message is no command: the agent passes it over. Where it comes back, commands arrive as well.
static void check_commands(struct check *check, struct check_peer *agent)
{
    const char *topic = agent->topic;
    agent->came = false;
    int rc = peer_publish(agent, topic, "", 0, false);
    if (rc == 0 && wait_for(agent, has_come, RETURN_MS))
        check_ok(check, "commands: what is published on %s arrives", topic);
    else if (rc == 0 && agent->report.version == 5)
        check_wrong(check, "the broker's access control list must let this user read that topic",
            "commands: what is published on %s does not arrive, though the subscription was allowed", topic);
    else
        check_ok(check,
            "commands: whether they arrive cannot be proven, as this user may not publish on %s; to see: "
            "mosquitto_pub -t %s -m status, and the agent's log",
            topic, topic);
}

// Where an agent reports now, its reports are taken. Else the report that is there is published once more, or where there
// is none the one of the will, which is not retained and so leaves nothing behind.
static void check_reports(
    struct check *check, struct mqtt_session *session, struct check_peer *agent, struct check_peer *reader)
{
    char sentence[REFUSAL_SIZE];
    struct status found;
    char why[PROTOCOL_WHY_SIZE];
    const char *topic = session->status;
    bool there = wait_for(reader, has_come, RETAINED_MS);
    if (there && status_parse(reader->payload, reader->len, &found, why) == 0 && found.online) {
        check_ok(check, "reports: an agent reports on %s, so the broker takes them", topic);
        return;
    }
    char payload[PROTOCOL_STATUS_MAX];
    size_t len = there ? reader->len : strlen(session->will);
    memcpy(payload, there ? reader->payload : session->will, len);
    reader->came = false;
    int rc = peer_publish(agent, topic, payload, len, there);
    bool came = rc == 0 && wait_for(reader, has_come, RETURN_MS);
    if (rc != 0) {
        refusal_sentence(sentence, topic, (unsigned)len, rc);
        check_wrong(check, "the line says what", "reports: %s", sentence);
        return;
    }
    if (came)
        check_ok(check, "reports: the broker takes them on %s", topic);
    else
        check_ok(check,
            "reports: whether the broker takes them cannot be proven, as this user may not read %s", topic);
}

static void check_topics(
    struct check *check, struct event_base *base, struct mqtt_session *session, struct check_peer *agent)
{
    struct link_options options = session->options;
    struct check_peer reader;
    check_commands(check, agent);
    options.topics[0] = session->status;
    options.topic_count = 1;
    options.topic_qos[0] = 1;
    options.topic_may_be_refused[0] = false;
    options.will_topic = NULL;
    snprintf(options.client_id, sizeof options.client_id, "nano-look-%ld", (long)getpid());
    if (peer_open(&reader, base, &options, session->status))
        check_reports(check, session, agent, &reader);
    else
        check_ok(check,
            "reports: whether the broker takes them cannot be proven, as this user may not read %s",
            session->status);
    peer_close(&reader);
    explicit_bzero(options.password, sizeof options.password);
}

static void check_words(struct check *check, const struct mqtt_session *session, unsigned deaf)
{
    for (size_t i = session->words_at; i < session->options.topic_count; i++) {
        const char *topic = session->options.topics[i];
        if (deaf >> i & 1u)
            check_wrong(check, "the broker's access control list must let this user read that topic",
                "words: the broker refused the subscription to %s; the agent does not hear its words", topic);
        else
            check_ok(check, "words: the subscription to %s is allowed", topic);
    }
}

static void check_broker(struct check *check, struct event_base *base, struct mqtt_session *session)
{
    const struct link_broker *broker = &session->options.brokers[0];
    static struct check_peer agent;
    char place[LINK_PLACE_SIZE];
    link_reason_place(place, broker->host, broker->port);
    if (peer_open(&agent, base, &session->options, session->own_control)) {
        check_ok(check, "broker %s: connected%s, MQTT %s, subscription allowed", place,
            broker->transport == LINK_TLS ? " with TLS" : "", agent.report.version == 5 ? "5" : "3.1.1");
        check_words(check, session, agent.report.deaf);
        check_topics(check, base, session, &agent);
    } else if (!agent.link) {
        check_wrong(check, "free some memory", "broker %s: out of memory", place);
    } else {
        enum link_trouble trouble = agent.report.trouble;
        check_wrong(check, mend_of(trouble ? trouble : TROUBLE_TIMEOUT), "broker %s: %s", place,
            agent.report.reason[0] ? agent.report.reason : "no answer");
    }
    peer_close(&agent);
}

void check_brokers(struct check *check)
{
    static struct mqtt_session session;
    struct link_broker brokers[LINK_BROKERS_MAX];
    char boot[IDENTITY_BOOT_SIZE];
    if (identity_boot(boot) < 0 || mqtt_session_init(&session, check->config, boot) < 0) {
        check_wrong(check, "a shorter device name", "broker: the topics are too long");
        return;
    }
    // A client id of our own: with the agent's the broker would throw out the one that runs.
    snprintf(session.options.client_id, sizeof session.options.client_id, "nano-check-%ld", (long)getpid());
    session.options.attempt_ms = ATTEMPT_S * 1000;
    size_t count = session.options.broker_count;
    memcpy(brokers, session.options.brokers, sizeof brokers);
    session.options.broker_count = 1;
    for (size_t i = 0; i < count; i++) {
        struct event_base *base = event_base_new();
        session.options.brokers[0] = brokers[i];
        if (base)
            check_broker(check, base, &session);
        else
            check_wrong(check, "free some memory", "broker: out of memory");
        if (base)
            event_base_free(base);
    }
    mqtt_session_finish(&session);
}
