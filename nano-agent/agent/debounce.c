// SPDX-License-Identifier: MIT
#include <string.h>

#include "nano-agent/agent/agent_internal.h"

static int64_t *oldest_run(struct channel *c)
{
    return &c->runs_us[c->run_next];
}

// Runs the command of the level that the input has now. One too many for this second waits, and what is then
// run is the command of the level then: a release is never lost behind a burst of bounces. A stop never
// waits.
static void run(struct agent *agent, struct channel *c, struct now now)
{
    const char *text = c->on ? c->config.press : c->config.release;
    struct protocol_command command;
    char why[PROTOCOL_WHY_SIZE];
    c->ran = c->on;
    if (text[0] == '\0')
        return;
    protocol_parse_text(text, strlen(text), &command, why);
    if (now.us - *oldest_run(c) < SECOND_US && !protocol_is_stop(&command)) {
        if (c->owed_us == INT64_MAX)
            agent_trouble(agent, "input %s: more than %d commands a second; the latest waits",
                c->config.id.name, INPUT_RUNS_PER_SECOND);
        c->ran = !c->on;
        c->owed_us = *oldest_run(c) + SECOND_US;
        return;
    }
    *oldest_run(c) = now.us;
    c->run_next = (c->run_next + 1) % INPUT_RUNS_PER_SECOND;
    agent_run_local(agent, &command, c->config.id.name, now);
}

static void edge(struct agent *agent, struct channel *c, bool level, struct now now)
{
    c->on = level;
    agent->edge = agent->changed = true;
    if (c->config.debounce_ms > 0)
        c->settle_us = now.us + (int64_t)c->config.debounce_ms * MS_US;
    run(agent, c, now);
}

void agent_input(struct agent *agent, size_t channel, bool level, int64_t now_us, int64_t boot_ms)
{
    struct channel *c = &agent->channels[channel];
    bool settling = c->settle_us != INT64_MAX && now_us < c->settle_us;
    if (agent->stopped || settling || level == c->on)
        return;
    struct now now = {now_us, boot_ms};
    edge(agent, c, level, now);
    agent_report_edge(agent, now);
}

void agent_tick_input(struct agent *agent, struct channel *c, struct now now)
{
    if (now.us >= c->settle_us) {
        bool level = c->on;
        c->settle_us = INT64_MAX;
        int rc = c->out.input->ops->get(c->out.input, &level);
        if (rc < 0)
            agent_fault(agent, c, rc);
        else if (level != c->on)
            edge(agent, c, level, now);
    }
    if (now.us >= c->owed_us) {
        c->owed_us = INT64_MAX;
        if (c->ran != c->on)
            run(agent, c, now);
    }
}
