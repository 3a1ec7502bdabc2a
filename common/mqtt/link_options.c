// SPDX-License-Identifier: MIT
#include "common/mqtt/link_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mqtt/tls.h"

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

struct tls *link_options_load_tls(const struct link_options *options, char why[LINK_REASON_SIZE])
{
    char sentence[LINK_REASON_SIZE];
    struct tls *tls = NULL;
    bool wanted = false;

    why[0] = '\0';
    for (size_t i = 0; i < options->broker_count; i++)
        wanted = wanted || options->brokers[i].transport == LINK_TLS;
    if (wanted)
        tls = tls_new(&options->tls, NULL, sentence);
    if (wanted && !tls)
        snprintf(why, LINK_REASON_SIZE, "TLS: %.240s", sentence);
    return tls;
}

struct link_news *link_news_new(const struct link_options *options)
{
    struct link_news *news = calloc(1, sizeof *news);

    if (!news)
        return NULL;
    news->options = *options;
    news->tls = link_options_load_tls(options, news->why);
    return news;
}

void link_news_free(struct link_news *news)
{
    if (!news)
        return;
    tls_free(news->tls);
    explicit_bzero(news, sizeof *news);
    free(news);
}
