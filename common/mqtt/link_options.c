// SPDX-License-Identifier: MIT
#include "common/mqtt/link_options.h"

#include <stdlib.h>
#include <string.h>

void link_options_for_connection(const struct link_options *options, struct connection_options *out)
{
    struct handle_options *mqtt = &out->mqtt;

    *out = (struct connection_options){.unsent_max = options->unsent_max};
    mqtt->client_id = options->client_id;
    mqtt->user = options->user;
    mqtt->password = options->password;
    mqtt->keepalive_s = options->keepalive_s;
    mqtt->topic_count = options->topic_count;
    mqtt->will_topic = options->will_topic;
    mqtt->will_payload = options->will_payload;
    memcpy(mqtt->topics, options->topics, sizeof mqtt->topics);
    memcpy(mqtt->topic_qos, options->topic_qos, sizeof mqtt->topic_qos);
    memcpy(mqtt->topic_as_published, options->topic_as_published, sizeof mqtt->topic_as_published);
    memcpy(mqtt->topic_may_be_refused, options->topic_may_be_refused, sizeof mqtt->topic_may_be_refused);
}

void link_options_renew(struct link_options *options, const struct link_options *next)
{
    memcpy(options->brokers, next->brokers, sizeof options->brokers);
    options->broker_count = next->broker_count;
    memcpy(options->user, next->user, sizeof options->user);
    memcpy(options->password, next->password, sizeof options->password);
    options->tls = next->tls;
}

void link_options_forget(struct link_options **options)
{
    if (*options)
        explicit_bzero(*options, sizeof **options);
    free(*options);
    *options = NULL;
}
