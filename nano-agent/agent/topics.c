// SPDX-License-Identifier: MIT
#include "nano-agent/agent/topics.h"

#include <stdio.h>
#include <string.h>

static const int64_t second_us = 1000000;

struct topic *topics_find(struct topics *topics, const char *name)
{
    for (size_t i = 0; i < topics->count; i++)
        if (strncmp(topics->of[i].name, name, PROTOCOL_TOPIC_MAX - 1) == 0)
            return &topics->of[i];
    if (topics->count == TOPICS_MAX)
        return &topics->of[TOPICS_MAX - 1];
    struct topic *topic = &topics->of[topics->count++];
    memset(topic, 0, sizeof *topic);
    snprintf(topic->name, sizeof topic->name, "%s", name);
    topic->refused_us = topic->noisy_us = INT64_MIN / 2;
    for (size_t i = 0; i < TOPICS_NOISE_A_MINUTE; i++)
        topic->guesses_us[i] = INT64_MIN / 2;
    return topic;
}

bool topics_guess(struct topic *topic, int64_t now_us)
{
    int64_t *oldest_us = &topic->guesses_us[topic->guess_next];
    if (now_us - *oldest_us < 60 * second_us)
        topic->noisy_us = now_us;
    *oldest_us = now_us;
    topic->guess_next = (topic->guess_next + 1) % TOPICS_NOISE_A_MINUTE;
    if (now_us - topic->refused_us < TOPICS_GUESS_GAP_S * second_us)
        return false;
    topic->refused_us = now_us;
    return true;
}

struct topic *topics_noisy(struct topics *topics, int64_t now_us)
{
    for (size_t i = 0; i < topics->count; i++)
        if (now_us - topics->of[i].noisy_us < 60 * second_us)
            return &topics->of[i];
    return NULL;
}

bool topics_is_first(bool *told)
{
    bool first = !*told;
    *told = true;
    return first;
}
