// SPDX-License-Identifier: MIT
#include "nano-agent/agent/channel.h"

static int init(struct channel *c, const struct position *kept, int64_t now_us)
{
    (void)kept;
    (void)now_us;
    bool level = false;
    int rc = c->out.input->ops->get(c->out.input, &level);
    debounce_init(&c->debounce, &c->config.press[0], &c->config.release[0], c->config.debounce_ms, level);
    return rc;
}

static int64_t next_us(const struct channel *c)
{
    return debounce_next_us(&c->debounce);
}

static void report(const struct channel *c, struct status_channel *out)
{
    out->on = c->debounce.level;
}

// Nobody commands an input. Its edges go through debounce.h, and the agent runs the commands that come of them.
const struct channel_ops channel_input = {
    .port = PORT_INPUT, .init = init, .next_us = next_us, .report = report};
