// SPDX-License-Identifier: MIT
#include "nano-agent/agent/repertoire.h"

#include <stdio.h>
#include <string.h>

#include "nano-agent/agent/agent.h"
#include "nano-agent/agent/execute.h"

size_t repertoire_ids(const struct agent_channel_config *channels, size_t count, const struct pose *poses,
    size_t pose_count, struct channel_id out[PROTOCOL_NAMES_MAX])
{
    for (size_t i = 0; i < count; i++)
        out[i] = channels[i].id;
    for (size_t i = 0; i < pose_count; i++) {
        out[count + i] = (struct channel_id){.kind = CHANNEL_POSE};
        memcpy(out[count + i].name, poses[i].name, sizeof out[count + i].name);
    }
    return count + pose_count;
}

void repertoire_init(struct repertoire *repertoire, const struct agent_config *config, struct status *status)
{
    repertoire->id_count =
        repertoire_ids(config->channels, config->count, config->poses, config->pose_count, repertoire->ids);
    memcpy(repertoire->poses, config->poses, sizeof repertoire->poses);
    memcpy(repertoire->tables, config->words, sizeof repertoire->tables);
    repertoire->table_count = config->words_count;
    status->pose_count = config->pose_count;
    for (size_t i = 0; i < config->pose_count; i++)
        memcpy(status->poses[i], config->poses[i].name, sizeof status->poses[i]);
}

bool repertoire_deaf(const struct repertoire *repertoire, unsigned tables, struct status *status,
    char sentence[REPERTOIRE_SENTENCE_SIZE])
{
    static const char mend[] = "; its access control list must let this user read them";
    char before[PROTOCOL_WORDS_MAX][PROTOCOL_WORDS_TOPIC_MAX + 1];
    memcpy(before, status->deaf, sizeof before);
    memset(status->deaf, 0, sizeof status->deaf);
    status->deaf_count = 0;
    size_t used = 0;
    for (size_t i = 0; i < repertoire->table_count; i++) {
        const char *topic = repertoire->tables[i].topic;
        if (!(tables >> i & 1u))
            continue;
        memcpy(status->deaf[status->deaf_count++], topic, strlen(topic) + 1);
        int len = snprintf(sentence + used, REPERTOIRE_SENTENCE_SIZE - used, "%s%s",
            used > 0 ? ", " : "the broker refused the subscription to ", topic);
        used = used + (size_t)len < REPERTOIRE_SENTENCE_SIZE - sizeof mend
                   ? used + (size_t)len
                   : REPERTOIRE_SENTENCE_SIZE - sizeof mend;
    }
    if (used > 0)
        memcpy(sentence + used, mend, sizeof mend);
    else
        snprintf(sentence, REPERTOIRE_SENTENCE_SIZE, "the broker lets every topic with words be heard again");
    return memcmp(before, status->deaf, sizeof before) != 0;
}

void repertoire_read(const struct repertoire *repertoire, struct request *out,
    const struct agent_command *command, const char *device, const char *boot)
{
    const struct words_table *table = words_find(repertoire->tables, repertoire->table_count, command->topic);
    if (table)
        words_read(out, command, table, repertoire->ids, repertoire->id_count);
    else
        request_read(out, command, repertoire->ids, repertoire->id_count, device, boot);
}

void repertoire_begin_local(const struct repertoire *repertoire, const char *text, const char *from,
    struct vocabulary_match *match, struct status_last *last)
{
    struct protocol_command command;
    char why[PROTOCOL_WHY_SIZE];
    protocol_parse_text(text, strlen(text), &command, why);
    request_begin(&command, last);
    memcpy(last->from, from, strlen(from) + 1);
    last->result = vocabulary_match(repertoire->ids, repertoire->id_count, &command, match, last->why);
}

enum protocol_result repertoire_execute(const struct repertoire *repertoire, struct channel *channels,
    size_t count, const struct vocabulary_match *match, bool late, int64_t now_us,
    char why[PROTOCOL_WHY_SIZE])
{
    if (match->verb == VERB_POSE)
        return execute_pose(channels, &repertoire->poses[match->pose], now_us, why);
    return execute(channels, count, match, late, now_us, why);
}
