// SPDX-License-Identifier: MIT
#include "nano-agent/check/check_broker.h"

#include <event2/event.h>
#include <string.h>
#include <unistd.h>

enum { ATTEMPT_S = 3 };

struct attempt {
    struct event_base *base;
    struct link_report report;
};

static void on_link(void *ctx, const struct link_report *report)
{
    struct attempt *attempt = ctx;
    attempt->report = *report;
    // A broker that knows no MQTT 5 is tried again in the old way.
    bool older = report->trouble == TROUBLE_PROTOCOL && report->version == 5;
    if (report->state == LINK_UP ||
        (report->state == LINK_WAITING && report->trouble != TROUBLE_NONE && !older))
        event_base_loopbreak(attempt->base);
}

static void on_message(void *ctx, const struct link_message *message)
{
    (void)ctx;
    (void)message;
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
        return "ping it: the cable, its address, the firewall there (port 1883)";
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

static void check_broker(struct check *check, struct event_base *base, struct link_options *options)
{
    static const struct link_events events = {on_link, on_message, NULL};
    const struct link_broker *broker = &options->brokers[0];
    struct attempt attempt = {.base = base};
    // A client id of our own: with the agent's the broker would throw out the one that runs.
    snprintf(options->client_id, sizeof options->client_id, "nano-check-%ld", (long)getpid());
    struct link *link = link_new(base, options, &events, &attempt);
    if (!link) {
        check_wrong(check, "free some memory", "broker %s:%d: out of memory", broker->host, broker->port);
        return;
    }
    struct timeval limit = {2L * ATTEMPT_S, 0};
    event_base_loopexit(base, &limit);
    event_base_dispatch(base);
    const struct link_report *report = &attempt.report;
    if (report->state == LINK_UP)
        check_ok(check, "broker %s:%d: connected, MQTT %s, subscription allowed", broker->host, broker->port,
            report->version == 5 ? "5" : "3.1.1");
    else
        check_wrong(check, mend_of(report->trouble ? report->trouble : TROUBLE_TIMEOUT), "broker %s:%d: %s",
            broker->host, broker->port, report->reason[0] ? report->reason : "no answer");
    link_free(link);
}

void check_brokers(struct check *check)
{
    const struct broker_options *broker = &check->config->broker;
    struct link_options options = {0};
    char control[PROTOCOL_TOPIC_MAX], own_control[PROTOCOL_TOPIC_MAX];
    broker_options_to_link(broker, CONFIG_DEFAULT_BROKER, &options);
    protocol_topic(control, broker->root, "", "control");
    protocol_topic(own_control, broker->root, broker->device, "control");
    options.topics[0] = own_control;
    options.topics[1] = control;
    options.topic_count = broker->device[0] ? 2 : 1;
    options.attempt_ms = ATTEMPT_S * 1000;
    struct link_options one = options;
    one.broker_count = 1;
    for (size_t i = 0; i < options.broker_count; i++) {
        // Each with a loop of its own: a time limit left over from the last would end the next.
        struct event_base *base = event_base_new();
        one.brokers[0] = options.brokers[i];
        if (base)
            check_broker(check, base, &one);
        else
            check_wrong(check, "free some memory", "broker: out of memory");
        if (base)
            event_base_free(base);
    }
    explicit_bzero(options.password, sizeof options.password);
    explicit_bzero(one.password, sizeof one.password);
}
