// SPDX-License-Identifier: MIT
// Any text as nano-agent's configuration file: a refusal is one clean line that begins with the file, and the line of it where
// it speaks of one; what is accepted is within what the manual promises, so that nothing behind it has to check again.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "nano-agent/agent/repertoire.h"
#include "nano-agent/config/address.h"
#include "nano-agent/config/config.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_refusal(const char *why)
{
    char clean[4 * 1024 + 1];
    int line = 1, end = 0;

    if (strncmp(why, "f.conf: ", 8) != 0)
        REQUIRE(sscanf(why, "f.conf:%d: %n", &line, &end) == 1 && end > 0 && line >= 1 && why[end]);
    text_clean(clean, sizeof clean, why, strlen(why), 1024);
    REQUIRE(strcmp(clean, why) == 0);
}

static void require_servo(const struct agent_channel_config *c, int64_t period_ns)
{
    const struct motion_config *m = &c->motion;

    REQUIRE(m->angle[0] < m->angle[1] && m->limit[0] < m->limit[1]);
    REQUIRE(m->pulse_us[0] > 0 && m->pulse_us[1] > 0 && m->pulse_us[0] != m->pulse_us[1]);
    // The limits may lie beyond the angles of the calibration; their pulses fit in a period all the same.
    for (int end = 0; end < 2; end++) {
        int64_t us = m->pulse_us[0] + (int64_t)(m->pulse_us[1] - m->pulse_us[0]) *
                                          (m->limit[end] - m->angle[0]) / (m->angle[1] - m->angle[0]);
        REQUIRE(us > 0 && us * 1000 < period_ns);
    }
    REQUIRE(m->speed >= 1 && m->speed <= PROTOCOL_SPEED_MAX && m->accel >= 0);
    REQUIRE(c->step >= 1 && c->idle_off_ms >= 0);
}

static void require_pose(const struct config *config, const struct pose *pose)
{
    REQUIRE(pose->count >= 1 && pose->count <= config->agent.count);
    for (size_t i = 0; i < pose->count; i++) {
        const struct pose_step *step = &pose->steps[i];
        REQUIRE(step->channel < config->agent.count);
        const struct agent_channel_config *c = &config->agent.channels[step->channel];
        if (c->id.kind == CHANNEL_SERVO)
            REQUIRE(step->verb == VERB_SET && step->tenths >= c->motion.limit[0] &&
                    step->tenths <= c->motion.limit[1]);
        else
            REQUIRE(step->verb == VERB_ON || step->verb == VERB_OFF || c->id.kind == CHANNEL_DIMMER);
    }
}

// Every right side means something, and a word that says stop stops.
static void require_words(
    const struct config *config, const struct words_table *table, const struct channel_id *ids, size_t count)
{
    struct protocol_command parsed;
    struct vocabulary_match match;
    char why[PROTOCOL_WHY_SIZE];

    REQUIRE(protocol_check_words_topic(table->topic, config->broker.root, why) == 0);
    REQUIRE(table->count <= WORDS_ENTRIES_MAX && (table->count > 0 || table->number[0]));
    for (size_t i = 0; i < table->count; i++) {
        const struct words_entry *entry = &table->entries[i];
        REQUIRE(protocol_parse_text(entry->command, strlen(entry->command), &parsed, why) == 0);
        REQUIRE(vocabulary_match(ids, count, &parsed, &match, why) == RESULT_OK);
        if (protocol_says_stop(entry->word, strlen(entry->word)))
            REQUIRE(protocol_is_stop(&parsed) || vocabulary_is_halt(&match, ids));
    }
    if (table->number[0])
        REQUIRE(table->factor >= WORDS_FACTOR_MIN && table->factor <= WORDS_FACTOR_MAX);
}

static void require_sound(const struct config *config)
{
    struct channel_id ids[PROTOCOL_NAMES_MAX];
    char why[PROTOCOL_WHY_SIZE];
    size_t culprit;

    REQUIRE(config->agent.count <= PROTOCOL_CHANNELS_MAX);
    REQUIRE(config->agent.report_ms >= 100 && config->agent.report_ms <= 3600000);
    REQUIRE(config->lost_after_ms >= 1000 && config->lost_after_ms <= 3600000);
    REQUIRE(config->memory_limit_mib >= 0);
    REQUIRE(config->broker.broker_count <= LINK_BROKERS_MAX);
    REQUIRE(config->state[0] == '\0' || config->state[0] == '/');
    for (size_t i = 0; i < config->agent.count; i++) {
        const struct agent_channel_config *c = &config->agent.channels[i];
        const struct config_output *output = &config->outputs[i];
        struct protocol_command parsed;

        REQUIRE(c->id.kind < CHANNEL_OTHER);
        if (c->id.kind == CHANNEL_SERVO)
            require_servo(c, output->period_ns);
        if (c->id.kind == CHANNEL_SERVO || c->id.kind == CHANNEL_DIMMER)
            REQUIRE(output->period_ns > 0);
        REQUIRE(!c->press[0] || protocol_parse_text(c->press, strlen(c->press), &parsed, why) == 0);
        REQUIRE(!c->release[0] || protocol_parse_text(c->release, strlen(c->release), &parsed, why) == 0);
        for (size_t j = 0; j < i; j++)
            REQUIRE(!address_same(&output->address, &config->outputs[j].address));
    }
    size_t count = repertoire_ids(
        config->agent.channels, config->agent.count, config->agent.poses, config->agent.pose_count, ids);
    REQUIRE(vocabulary_check(ids, count, &culprit, why) == 0);
    for (size_t i = 0; i < config->agent.pose_count; i++)
        require_pose(config, &config->agent.poses[i]);
    for (size_t i = 0; i < config->agent.words_count; i++)
        require_words(config, &config->agent.words[i], ids, count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct config config;
    static char text[8192];
    char why[1024] = "";

    if (size >= sizeof text || memchr(data, '\0', size))
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    config_init(&config);
    snprintf(config.board, sizeof config.board, "JETSON_NANO");
    int rc = config_parse(text, "f.conf", &config, why);
    REQUIRE(rc == 0 || rc == -EINVAL);
    if (rc < 0)
        require_refusal(why);
    else
        require_sound(&config);
    return 0;
}
