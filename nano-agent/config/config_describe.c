// SPDX-License-Identifier: MIT
#include "nano-agent/config/config_describe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "nano-agent/config/config_channels.h"

__attribute__((format(printf, 2, 3))) static void say(void (*line)(const char *text), const char *format, ...)
{
    char text[CONFIG_LINE_SIZE];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    line(text);
}

static void describe_brokers(const struct broker_options *broker, void (*line)(const char *text))
{
    for (size_t i = 0; i < broker->broker_count; i++)
        say(line, "broker %s:%d", broker->brokers[i].host,
            broker->brokers[i].port ? broker->brokers[i].port : broker->default_port);
    if (broker->broker_count == 0)
        say(line, "broker %s:%d", CONFIG_DEFAULT_BROKER, broker->default_port);
    say(line, "root %s, device \"%s\", user \"%s\", %s, qos %d, keepalive %d s, MQTT %s", broker->root,
        broker->device, broker->user, broker->password[0] ? "a password" : "no password", broker->qos,
        broker->keepalive_s, broker->version == 5 ? "5, or 3.1.1" : "3.1.1");
}

// "pin 33 = 7000a000.pwm:2".
static void describe_place(const struct hw_address *at, char *out, size_t size)
{
    int len = snprintf(out, size, "%s", at->text);
    if (at->pin && len > 0 && (size_t)len < size && at->kind != HW_SIM)
        snprintf(out + len, size - (size_t)len, " = %s:%u", at->chip, at->line);
    else if (at->kind == HW_SIM && len > 0 && (size_t)len < size)
        snprintf(out + len, size - (size_t)len, ", simulated");
}

static void describe_channel(const struct agent_channel_config *channel, const struct config_output *output,
    void (*line)(const char *text))
{
    char place[2 * HW_CHIP_MAX + 32], rest[CONFIG_LINE_SIZE / 2];
    describe_place(&output->address, place, sizeof place);
    config_channels_describe(channel, output, rest, sizeof rest);
    say(line, "%s %s: %s%s", channel_kind_name(channel->id.kind), channel->id.name, place, rest);
}

static void describe_words(const struct words_table *table, void (*line)(const char *text))
{
    char factor[16];
    for (size_t i = 0; i < table->count; i++)
        say(line, "words \"%s\": %s = %s", table->topic, table->entries[i].word, table->entries[i].command);
    if (table->number[0])
        say(line, "words \"%s\": a number, times %s, is %s", table->topic,
            protocol_format_tenths(factor, table->factor), table->number);
}

void config_describe(const struct config *config, void (*line)(const char *text))
{
    say(line, "configuration %s", config->path[0] ? config->path : "built in");
    if (config->joined[0])
        say(line, "the broker of %.400s/broker.conf", config->joined);
    describe_brokers(&config->broker, line);
    say(line, "report %d ms, lost_after %d ms, memory_limit %d MiB, state \"%.300s\"",
        config->agent.report_ms, config->lost_after_ms, config->memory_limit_mib, config->state);
    for (size_t i = 0; i < config->agent.count; i++)
        describe_channel(&config->agent.channels[i], &config->outputs[i], line);
    for (size_t i = 0; i < config->agent.pose_count; i++)
        say(line, "pose %s: %zu channels", config->agent.poses[i].name, config->agent.poses[i].count);
    for (size_t i = 0; i < config->agent.words_count; i++)
        describe_words(&config->agent.words[i], line);
}
