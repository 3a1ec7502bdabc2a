// SPDX-License-Identifier: MIT
#include "nano-agent/agent/channel.h"

static int set(struct channel *c, bool on, int64_t now_us)
{
    int rc = c->out.sw->ops->set(c->out.sw, on);
    c->held = c->held && !on;
    c->retry_us = rc < 0 && !on ? now_us + OUTPUT_RETRY_US : INT64_MAX;
    if (rc == 0)
        c->on = on;
    return rc;
}

static int init(struct channel *c, const struct position *kept, int64_t now_us)
{
    (void)kept;
    (void)now_us;
    c->on = c->config.start == POLICY_ON;
    return 0;
}

// The row of every kind has this type.
// NOLINTBEGIN(readability-non-const-parameter)
static int execute(
    struct channel *c, const struct vocabulary_match *match, int64_t now_us, char limit[PROTOCOL_WHY_SIZE])
// NOLINTEND(readability-non-const-parameter)
{
    (void)limit;
    return set(c, match->verb == VERB_ON || (match->verb == VERB_TOGGLE && !c->on), now_us);
}

static int stop(struct channel *c, int64_t now_us)
{
    c->held = true;
    return set(c, false, now_us);
}

static int apply(struct channel *c, enum policy policy, int64_t now_us)
{
    return policy == POLICY_OFF || policy == POLICY_ON ? set(c, policy == POLICY_ON, now_us) : 0;
}

// What it refused before was told; a refusal once more is nothing new.
static int tick(struct channel *c, int64_t now_us, bool *changed)
{
    if (now_us >= c->retry_us && set(c, false, now_us) == 0)
        *changed = true;
    return 0;
}

static int64_t next_us(const struct channel *c)
{
    return c->retry_us;
}

static void report(const struct channel *c, struct status_channel *out)
{
    out->on = c->on;
}

const struct channel_ops channel_switch = {
    .port = PORT_SWITCH,
    .stops_by_choice = true,
    .init = init,
    .execute = execute,
    .apply = apply,
    .stop = stop,
    .tick = tick,
    .next_us = next_us,
    .report = report,
};
