// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "nano-agent/agent/agent_internal.h"

void agent_believe(struct agent *agent, const struct agent_config *config, const struct positions *kept)
{
    char changed[SENTENCE_SIZE - 192] = "";
    size_t used = 0;
    for (size_t i = 0; i < config->count; i++) {
        const struct agent_channel_config *c = &config->channels[i];
        const struct position *position = positions_find(kept, c->id.name);
        if (!position || c->id.kind != CHANNEL_SERVO)
            continue;
        if (position->fingerprint == c->fingerprint)
            agent->kept[i].position = *position;
        else if (used < sizeof changed)
            used += (size_t)snprintf(
                changed + used, sizeof changed - used, "%s%s", used > 0 ? ", " : "", c->id.name);
    }
    if (used > 0)
        agent_trouble(agent,
            "servo %s: pwm, pulse or angle has changed since the position was saved, so the position is not "
            "known; the first command starts from the centre",
            changed);
}

// Where a servo will be found after a restart is known; under way, it is not yet.
static bool is_at_rest(const struct channel *c)
{
    return c->config.id.kind == CHANNEL_SERVO && c->motion.known && !c->motion.moving;
}

static bool has_changed(const struct channel *c, const struct kept *kept)
{
    const struct position *before = &kept->position;
    if (before->name[0] == '\0' || before->driven != c->driven)
        return true;
    return kept->exact != c->motion.position && before->tenths != motion_tenths(&c->motion);
}

int64_t agent_keep_due_us(const struct agent *agent)
{
    if (!agent->io.save)
        return INT64_MAX;
    for (size_t i = 0; i < agent->count; i++) {
        const struct channel *c = &agent->channels[i];
        if (is_at_rest(c) && has_changed(c, &agent->kept[i]))
            return agent->kept_us + (int64_t)AGENT_SAVE_MS * MS_US;
    }
    return INT64_MAX;
}

void agent_keep(struct agent *agent, int64_t now_us)
{
    struct positions all;
    all.count = 0;
    for (size_t i = 0; i < agent->count; i++) {
        const struct channel *c = &agent->channels[i];
        struct kept *kept = &agent->kept[i];
        if (is_at_rest(c)) {
            struct position *p = &kept->position;
            memcpy(p->name, c->config.id.name, sizeof p->name);
            p->tenths = motion_tenths(&c->motion);
            p->fingerprint = c->config.fingerprint;
            p->driven = c->driven;
            kept->exact = c->motion.position;
        }
        if (kept->position.name[0])
            all.of[all.count++] = kept->position;
    }
    agent->kept_us = now_us;
    agent->io.save(agent->ctx, &all);
}
