// SPDX-License-Identifier: MIT
#include "nano-agent/config/config_describe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common/broker_place.h"
#include "nano-agent/config/claims.h"
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
    struct link_options link;
    char place[BROKER_PLACE_SIZE];
    broker_options_to_link(broker, CONFIG_DEFAULT_BROKER, &link);
    for (size_t i = 0; i < link.broker_count; i++) {
        struct broker_place at = {link.brokers[i], link.brokers[i].transport != LINK_TCP};
        say(line, "broker %s", broker_place_write(place, &at));
    }
    explicit_bzero(link.password, sizeof link.password);
    say(line, "root %s, device \"%s\", user \"%s\", %s, qos %d, keepalive %d s, MQTT %s", broker->root,
        broker->device, broker->user, broker->password[0] ? "a password" : "no password", broker->qos,
        broker->keepalive_s, broker->version == 5 ? "5, or 3.1.1" : "3.1.1");
}

static void describe_tls(const struct broker_tls *tls, void (*line)(const char *text))
{
    const struct tls_options *is = &tls->options;
    if (!tls->wanted)
        return;
    const char *store = is->cafile[0] || is->capath[0] ? "" : " (the system's)";
    const char *name = is->name[0] || is->insecure ? "" : " (that of the broker)";
    say(line, "tls with cafile \"%.200s\", capath \"%.200s\"%s, cert \"%.200s\"", is->cafile, is->capath,
        store, is->cert);
    say(line, "tls %s, name \"%s\"%s%s", is->version == 13 ? "1.3" : "1.2 or newer", is->name, name,
        is->insecure ? ", insecure" : "");
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
    const char *kind = channel_kind_name(channel->id.kind), *name = channel->id.name;
    char place[2 * HW_CHIP_MAX + 32], rest[CONFIG_LINE_SIZE / 2];
    struct claim claims[CLAIMS_MAX];
    size_t count = claims_of(channel, output, claims);
    config_channels_describe(channel, output, rest, sizeof rest);
    for (size_t i = 0; i < count; i++) {
        describe_place(claims[i].at, place, sizeof place);
        if (channel_port(channel->id.kind) == PORT_MOTOR)
            say(line, "%s %s: %s %s", kind, name, claims[i].key, place);
        else
            say(line, "%s %s: %s%s", kind, name, place, rest);
    }
    if (channel_port(channel->id.kind) == PORT_MOTOR)
        say(line, "%s %s%s", kind, name, rest);
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
    describe_tls(&config->broker.tls, line);
    say(line, "report %d ms, lost_after %d ms, memory_limit %d MiB, state \"%.300s\"",
        config->agent.report_ms, config->lost_after_ms, config->memory_limit_mib, config->state);
    for (size_t i = 0; i < config->agent.count; i++)
        describe_channel(&config->agent.channels[i], &config->outputs[i], line);
    for (size_t i = 0; i < config->agent.pose_count; i++)
        say(line, "pose %s: %zu channels", config->agent.poses[i].name, config->agent.poses[i].count);
    for (size_t i = 0; i < config->agent.words_count; i++)
        describe_words(&config->agent.words[i], line);
}
