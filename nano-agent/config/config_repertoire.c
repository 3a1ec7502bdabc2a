// SPDX-License-Identifier: MIT
#include "nano-agent/config/config_repertoire.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nano-agent/agent/repertoire.h"
#include "nano-agent/config/free_keys.h"

struct entry {
    const char *key, *value;
    unsigned line;
};

// The keys of a section with free keys, in the order written: *at counts through the keys of the whole file, from 0.
static bool next_entry(const struct config_file *file, cfg_t *section, size_t *at, struct entry *out)
{
    unsigned count = cfg_num(section);
    while (*at < file->seen_count) {
        const struct seen *seen = &file->seen[(*at)++];
        for (unsigned i = 0; i < count; i++) {
            cfg_opt_t *opt = cfg_getnopt(section, i);
            if (opt != seen->opt)
                continue;
            *out = (struct entry){cfg_opt_name(opt), cfg_opt_getnstr(opt, 0), seen->line};
            return true;
        }
    }
    return false;
}

static cfg_t *section_at(const struct config_file *file, enum free_section kind, size_t index)
{
    const char *name = free_sections[kind].name;
    return index < cfg_size(file->cfg, name) ? cfg_getnsec(file->cfg, name, (unsigned)index) : NULL;
}

static int find_channel(const struct config *config, const char *name)
{
    for (size_t i = 0; i < config->agent.count; i++)
        if (strcmp(config->agent.channels[i].id.name, name) == 0)
            return (int)i;
    return -1;
}

// Reads what a channel is set to by a pose. Where it cannot be: false, with what would be right in why.
static bool read_step(const struct agent_channel_config *c, const char *value, struct pose_step *out,
    char why[PROTOCOL_WHY_SIZE])
{
    enum channel_kind kind = c->id.kind;
    const char *unit = kind_of(kind)->unit;
    bool switches = kind_has_verb(kind, VERB_ON), degrees = strcmp(unit, "degrees") == 0;
    bool percent = switches && strcmp(unit, "percent") == 0;
    bool is_on = strcmp(value, "on") == 0;
    const int *limit = c->motion.limit;
    char low[16], high[16];
    long tenths = 0;
    if (!switches && !degrees) {
        snprintf(why, PROTOCOL_WHY_SIZE, "a pose sets servos, switches and dimmers; %s is none of them",
            channel_kind_name(kind));
        return false;
    }
    out->verb = is_on ? VERB_ON : VERB_OFF;
    if (switches && (is_on || strcmp(value, "off") == 0))
        return true;
    out->verb = VERB_SET;
    bool is_number = (degrees || percent) && config_read_decimal(value, 10, &tenths);
    out->tenths = (int)tenths;
    if (degrees && is_number && tenths >= limit[0] && tenths <= limit[1])
        return true;
    if (percent && is_number && tenths >= 0 && tenths <= 1000 && tenths % 10 == 0)
        return true;
    if (degrees)
        snprintf(why, PROTOCOL_WHY_SIZE, "its limit is %s to %s degrees",
            protocol_format_tenths(low, limit[0]), protocol_format_tenths(high, limit[1]));
    else
        snprintf(why, PROTOCOL_WHY_SIZE, "on%s or off is wanted", percent ? ", 0 to 100 percent" : "");
    return false;
}

static int read_pose(struct config_file *file, cfg_t *section, struct config *config, struct pose *pose)
{
    const char *name = cfg_title(section);
    char why[PROTOCOL_WHY_SIZE];
    struct entry entry;
    size_t at = 0;
    if (protocol_check_pose(name, why) < 0)
        return config_file_refuse(file, (unsigned)section->line, "pose %.64s: %s", name, why);
    *pose = (struct pose){0};
    snprintf(pose->name, sizeof pose->name, "%s", name);
    while (next_entry(file, section, &at, &entry)) {
        int channel = find_channel(config, entry.key);
        struct pose_step step = {.channel = (uint8_t)channel};
        if (channel < 0)
            return config_file_refuse(
                file, entry.line, "pose %s: %.64s is no channel of this configuration", name, entry.key);
        if (!read_step(&config->agent.channels[channel], entry.value, &step, why))
            return config_file_refuse(
                file, entry.line, "pose %s: %s = %.64s; %s", name, entry.key, entry.value, why);
        pose->steps[pose->count++] = step;
    }
    if (pose->count == 0)
        return config_file_refuse(
            file, (unsigned)section->line, "pose %s is empty; write CHANNEL = VALUE, as in pan = 90", name);
    return 0;
}

int config_poses_build(struct config_file *file, struct config *out)
{
    struct agent_config *agent = &out->agent;
    struct channel_id ids[PROTOCOL_NAMES_MAX] = {0};
    char why[PROTOCOL_WHY_SIZE];
    size_t culprit;
    cfg_t *section;
    agent->pose_count = 0;
    while ((section = section_at(file, FREE_POSE, agent->pose_count))) {
        int rc = read_pose(file, section, out, &agent->poses[agent->pose_count]);
        if (rc < 0)
            return rc;
        agent->pose_count++;
        size_t count = repertoire_ids(agent->channels, agent->count, agent->poses, agent->pose_count, ids);
        if (vocabulary_check(ids, count, &culprit, why) < 0)
            return config_file_refuse(
                file, (unsigned)section->line, "pose %.64s: %s", cfg_title(section), why);
    }
    return 0;
}

// A command of this configuration, from what stands on a right side. False with what is wrong in why.
static bool read_command(const struct agent_config *agent, const char *text, char out[WORDS_COMMAND_SIZE],
    bool *is_stop, char why[PROTOCOL_WHY_SIZE])
{
    struct channel_id ids[PROTOCOL_NAMES_MAX];
    struct vocabulary_match match = {0};
    struct protocol_command command;
    size_t count = repertoire_ids(agent->channels, agent->count, agent->poses, agent->pose_count, ids);
    if (protocol_parse_text(text, strlen(text), &command, why) < 0 ||
        vocabulary_match(ids, count, &command, &match, why) != RESULT_OK || match.guessed) {
        if (!why[0] || match.guessed)
            snprintf(why, PROTOCOL_WHY_SIZE, "a command of this configuration is wanted");
        return false;
    }
    snprintf(out, WORDS_COMMAND_SIZE, "%.*s", WORDS_COMMAND_SIZE - 1, command.cmd);
    *is_stop = protocol_is_stop(&command) || vocabulary_is_halt(&match, ids);
    return true;
}

// number = "steer * 30"
static bool read_number(const struct agent_config *agent, const char *text, struct words_table *table,
    char why[PROTOCOL_WHY_SIZE])
{
    char word[WORDS_COMMAND_SIZE], probe[WORDS_COMMAND_SIZE + 2], ignored[WORDS_COMMAND_SIZE];
    bool is_stop;
    size_t len = strcspn(text, "*");
    const char *star = text[len] ? text + len + 1 + strspn(text + len + 1, " ") : NULL;
    long factor = 10;
    while (len > 0 && text[len - 1] == ' ')
        len--;
    if (star &&
        (!config_read_decimal(star, 10, &factor) || factor < WORDS_FACTOR_MIN || factor > WORDS_FACTOR_MAX)) {
        snprintf(why, PROTOCOL_WHY_SIZE, "behind * a factor from 0.1 to 1000 is wanted");
        return false;
    }
    if (len >= sizeof word) {
        snprintf(why, PROTOCOL_WHY_SIZE, "too long for a command");
        return false;
    }
    snprintf(word, sizeof word, "%.*s", (int)len, text);
    snprintf(probe, sizeof probe, "%s 1", word);
    if (!read_command(agent, probe, ignored, &is_stop, why))
        return false;
    snprintf(table->number, sizeof table->number, "%s", word);
    table->factor = (int)factor;
    return true;
}

static bool read_word(const struct agent_config *agent, const struct entry *entry, struct words_table *table,
    char why[PROTOCOL_WHY_SIZE])
{
    struct words_entry *word = &table->entries[table->count];
    bool is_stop;
    if (table->count == WORDS_ENTRIES_MAX) {
        snprintf(why, PROTOCOL_WHY_SIZE, "more than %d words", WORDS_ENTRIES_MAX);
        return false;
    }
    if (!entry->key[0] || strlen(entry->key) >= sizeof word->word) {
        snprintf(why, PROTOCOL_WHY_SIZE, "a word has 1 to %zu bytes", sizeof word->word - 1);
        return false;
    }
    for (size_t i = 0; i < table->count; i++) {
        if (words_equal(table->entries[i].word, entry->key)) {
            snprintf(why, PROTOCOL_WHY_SIZE, "upper and lower case are one word, and it is there already");
            return false;
        }
    }
    if (!read_command(agent, entry->value, word->command, &is_stop, why))
        return false;
    if (protocol_says_stop(entry->key, strlen(entry->key)) && !is_stop) {
        snprintf(
            why, PROTOCOL_WHY_SIZE, "a word that says stop must stop: stop, or the NAME_stop of a channel");
        return false;
    }
    snprintf(word->word, sizeof word->word, "%s", entry->key);
    table->count++;
    return true;
}

static int read_table(
    struct config_file *file, cfg_t *section, const struct config *config, struct words_table *table)
{
    const char *topic = cfg_title(section);
    char why[PROTOCOL_WHY_SIZE] = "";
    struct entry entry;
    size_t at = 0;
    memset(table, 0, sizeof *table);
    if (protocol_check_words_topic(topic, config->broker.root, why) < 0)
        return config_file_refuse(file, (unsigned)section->line, "words \"%.64s\": %s", topic, why);
    snprintf(table->topic, sizeof table->topic, "%s", topic);
    while (next_entry(file, section, &at, &entry)) {
        bool is_right = strcmp(entry.key, "number") == 0
                            ? read_number(&config->agent, entry.value, table, why)
                            : read_word(&config->agent, &entry, table, why);
        if (!is_right)
            return config_file_refuse(
                file, entry.line, "words \"%s\": %.64s = \"%.64s\"; %s", topic, entry.key, entry.value, why);
    }
    if (table->count == 0 && !table->number[0])
        return config_file_refuse(file, (unsigned)section->line,
            "words \"%s\" is empty; write WORD = \"COMMAND\", as in up = \"tilt_up\"", topic);
    return 0;
}

int config_words_build(struct config_file *file, struct config *out)
{
    struct agent_config *agent = &out->agent;
    cfg_t *section;
    agent->words_count = 0;
    while ((section = section_at(file, FREE_WORDS, agent->words_count))) {
        int rc = read_table(file, section, out, &agent->words[agent->words_count]);
        if (rc < 0)
            return rc;
        agent->words_count++;
    }
    return 0;
}

int config_words_check_root(const struct config *config, char why[PROTOCOL_WHY_SIZE])
{
    for (size_t i = 0; i < config->agent.words_count; i++) {
        const char *topic = config->agent.words[i].topic;
        char wrong[PROTOCOL_WHY_SIZE];
        if (protocol_check_words_topic(topic, config->broker.root, wrong) < 0) {
            snprintf(why, PROTOCOL_WHY_SIZE, "words \"%s\": %.512s", topic, wrong);
            return -EINVAL;
        }
    }
    return 0;
}
