// SPDX-License-Identifier: MIT
#include "nano-agent/agent/keeper.h"

#include <stdio.h>
#include <string.h>

void keeper_init(struct keeper *k, const struct positions *kept, const struct agent_channel_config *configs,
    size_t count, char *changed, size_t changed_size)
{
    size_t used = 0;
    memset(k, 0, sizeof *k);
    k->saved_us = INT64_MIN / 2;
    changed[0] = '\0';
    if (!kept)
        return;
    k->others = *kept;
    for (size_t i = 0; i < count; i++) {
        const struct agent_channel_config *c = &configs[i];
        const struct position *position = positions_find(kept, c->id.name);
        if (!position || !channel_keeps_position(c->id.kind))
            continue;
        if (position->fingerprint == c->fingerprint)
            k->kept[i].position = *position;
        else if (used < changed_size)
            used += (size_t)snprintf(
                changed + used, changed_size - used, "%s%s", used > 0 ? ", " : "", c->id.name);
    }
}

const struct position *keeper_position(const struct keeper *k, size_t channel)
{
    const struct position *position = &k->kept[channel].position;
    return position->name[0] ? position : NULL;
}

// Where a servo will be found after a restart is known; of a servo under way it is not yet.
static bool is_at_rest(const struct channel *c)
{
    return c->ops->keeps_position && c->motion.known && !c->motion.moving;
}

static bool has_changed(const struct channel *c, const struct kept *kept)
{
    const struct position *before = &kept->position;
    if (before->name[0] == '\0' || before->driven != c->pwm.driven)
        return true;
    return kept->exact != c->motion.position && before->tenths != motion_tenths(&c->motion);
}

int64_t keeper_due_us(const struct keeper *k, const struct channel *channels, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_at_rest(&channels[i]) && has_changed(&channels[i], &k->kept[i]))
            return k->saved_us + (int64_t)KEEPER_GAP_MS * 1000;
    return INT64_MAX;
}

static void note(struct kept *kept, const struct channel *c)
{
    struct position *p = &kept->position;
    memcpy(p->name, c->config.id.name, sizeof p->name);
    p->tenths = motion_tenths(&c->motion);
    p->fingerprint = c->config.fingerprint;
    p->driven = c->pwm.driven;
    kept->exact = c->motion.position;
}

void keeper_take(
    struct keeper *k, const struct channel *channels, size_t count, int64_t now_us, struct positions *out)
{
    out->count = 0;
    for (size_t i = 0; i < count; i++) {
        if (is_at_rest(&channels[i]))
            note(&k->kept[i], &channels[i]);
        if (k->kept[i].position.name[0])
            out->of[out->count++] = k->kept[i].position;
    }
    for (size_t i = 0; i < k->others.count && out->count < PROTOCOL_CHANNELS_MAX; i++)
        if (!positions_find(out, k->others.of[i].name))
            out->of[out->count++] = k->others.of[i];
    k->saved_us = now_us;
}
