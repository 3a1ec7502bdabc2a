// SPDX-License-Identifier: MIT
#include "nano-agent/agent/agent.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nano-agent/agent/agent_internal.h"

void agent_trouble(struct agent *agent, const char *format, ...)
{
    char sentence[SENTENCE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    agent->io.trouble(agent->ctx, sentence);
}

const char *agent_fault_words(int error)
{
    return error == -ERANGE ? "this output can emit no pulse inside the limits" : strerror(-error);
}

void agent_fault(struct agent *agent, const struct channel *c, int error)
{
    const struct channel_id *id = &c->config.id;
    agent->changed = true;
    agent_trouble(agent, "%s %s: %s", channel_kind_name(id->kind), id->name, agent_fault_words(error));
}

static void refresh(struct agent *agent)
{
    for (size_t i = 0; i < agent->count; i++)
        channel_report(&agent->channels[i], &agent->status.channels[i]);
}

void agent_publish(struct agent *agent, struct now now, bool heartbeat)
{
    refresh(agent);
    agent->status.seq++;
    agent->status.t_ms = now.boot_ms;
    agent->published_us = now.us;
    agent->changed = agent->edge = false;
    int len = status_write(agent->writer, &agent->status, agent->json);
    if (len < 0) {
        if (!agent->unwritable_told)
            agent_trouble(agent, "status: %s (too many channels for one message?)", strerror(-len));
        agent->unwritable_told = true;
        return;
    }
    int rc = agent->io.status(agent->ctx, agent->json, (size_t)len, heartbeat, false);
    if (rc == 0)
        agent->heartbeat_outstanding = agent->heartbeat_outstanding || heartbeat;
    else if (rc != -ENOTCONN) // while not connected there is nobody to tell again: agent_link_up will
        agent->changed = true;
}

static void warn_of_coarse_steps(struct agent *agent, const struct channel *c)
{
    if (c->config.id.kind != CHANNEL_SERVO) // a dimmer has no angles that a step could be measured in
        return;
    int res = motion_res_milli(&c->config.motion);
    if (res <= c->config.step * 100)
        return;
    char step[16];
    agent_trouble(agent,
        "servo %s: this PWM moves it by %d.%d degrees at least, more than its step of %s; a PCA9685 is "
        "finer, "
        "and so is a higher hz where the servo is a digital one",
        c->config.id.name, res / 1000, res % 1000 / 100, protocol_format_tenths(step, c->config.step));
}

struct agent *agent_new(const struct agent_config *config, const union agent_output *outputs,
    const struct positions *kept, const char *boot, const struct agent_io *io, void *ctx, int64_t now_us,
    int64_t boot_ms)
{
    struct agent *agent = calloc(1, sizeof *agent);
    if (!agent)
        return NULL;
    agent->writer = status_writer_new();
    if (!agent->writer) {
        free(agent);
        return NULL;
    }
    agent->io = *io;
    agent->ctx = ctx;
    agent->report_us = (int64_t)config->report_ms * MS_US;
    agent->heartbeat_us = INT64_MAX;
    agent->edge_us = INT64_MIN / 2;
    agent->count = config->count;
    struct status *status = &agent->status;
    snprintf(status->device, sizeof status->device, "%s", config->device);
    snprintf(status->boot, sizeof status->boot, "%s", boot);
    status->online = true;
    status->t_ms = boot_ms;
    status->report_ms = config->report_ms;
    status->count = config->count;
    agent->kept_us = INT64_MIN / 2;
    if (kept)
        agent_believe(agent, config, kept);
    for (size_t i = 0; i < config->count; i++) {
        struct channel *c = &agent->channels[i];
        agent->ids[i] = config->channels[i].id;
        const struct position *position = &agent->kept[i].position;
        int rc =
            channel_init(c, &config->channels[i], outputs[i], position->name[0] ? position : NULL, now_us);
        if (rc < 0)
            agent_fault(agent, c, rc);
        warn_of_coarse_steps(agent, c);
    }
    return agent;
}

void agent_free(struct agent *agent)
{
    if (!agent)
        return;
    status_writer_free(agent->writer);
    free(agent);
}

void agent_link_up(struct agent *agent, int64_t now_us, int64_t boot_ms)
{
    if (agent->stopped)
        return;
    agent->up = true;
    agent->heartbeat_outstanding = false;
    agent->heartbeat_us = now_us + agent->report_us;
    agent_publish(agent, (struct now){now_us, boot_ms}, false);
}

void agent_heartbeat_done(struct agent *agent)
{
    agent->heartbeat_outstanding = false;
}

// Acts as `lost` says. Returns what was done in a word, NULL where nothing had to be.
static const char *lose(struct agent *agent, struct channel *c, int64_t now_us)
{
    enum agent_lost lost = c->config.lost;
    bool was_moving = c->motion.moving, was_driven = c->driven, was_on = c->on, limit;
    bool is_servo = c->config.id.kind == CHANNEL_SERVO;
    if (c->config.id.kind == CHANNEL_INPUT)
        return NULL;
    if (lost == LOST_HOLD && is_servo)
        channel_hold(c, now_us);
    int rc = 0;
    if (lost == LOST_CENTER && is_servo && was_driven) // what is not driven is not powered by a lost link
        rc = channel_go(c, 0, now_us, &limit);
    else if (lost == LOST_OFF)
        rc = channel_off(c, now_us);
    else if (lost == LOST_ON && !is_servo)
        rc = channel_switch(c, true, now_us);
    if (rc < 0) {
        agent_fault(agent, c, rc);
        return "failed";
    }
    if (is_servo && lost == LOST_CENTER)
        return was_driven ? "to its centre" : NULL;
    if (is_servo && was_moving && c->driven)
        return "stopped where it was";
    if (is_servo)
        return was_driven && !c->driven ? "off" : NULL;
    return c->on == was_on ? NULL : c->on ? "on" : "off";
}

void agent_link_lost(struct agent *agent, int64_t now_us, int64_t boot_ms)
{
    (void)boot_ms;
    if (!agent->up || agent->stopped)
        return;
    agent->up = false;
    agent->heartbeat_outstanding = false;
    char done[SENTENCE_SIZE - 64] = "";
    size_t used = 0;
    for (size_t i = 0; i < agent->count; i++) {
        struct channel *c = &agent->channels[i];
        const char *word = lose(agent, c, now_us);
        if (!word || used >= sizeof done)
            continue;
        int len = snprintf(
            done + used, sizeof done - used, "%s%s %s", used > 0 ? ", " : "", c->config.id.name, word);
        used += len > 0 ? (size_t)len : 0;
    }
    agent_trouble(
        agent, "nothing heard from the broker: %s", used > 0 ? done : "every output stays as it is");
}

enum { REPORT_GAP_US = SECOND_US / PROTOCOL_STATUS_PER_SECOND };

void agent_report_edge(struct agent *agent, struct now now)
{
    if (!agent->up || !agent->edge || now.us < agent->edge_us + REPORT_GAP_US)
        return;
    agent->edge_us = now.us;
    agent_publish(agent, now, false);
}

static void do_reports(struct agent *agent, struct now now)
{
    if (!agent->up)
        return;
    if (now.us >= agent->heartbeat_us) {
        agent->heartbeat_us += agent->report_us;
        if (agent->heartbeat_us <= now.us) // late by more than one: no burst to make up for it
            agent->heartbeat_us = now.us + agent->report_us;
        memset(&agent->status.health, 0, sizeof agent->status.health);
        agent->io.health(agent->ctx, &agent->status.health);
        agent_publish(agent, now, !agent->heartbeat_outstanding);
    } else if (agent->changed && now.us >= agent->published_us + REPORT_GAP_US) {
        agent_publish(agent, now, false);
    }
}

void agent_tick(struct agent *agent, int64_t now_us, int64_t boot_ms)
{
    struct now now = {now_us, boot_ms};
    for (size_t i = 0; i < agent->count; i++) {
        struct channel *c = &agent->channels[i];
        int rc = channel_tick(c, now_us, &agent->changed);
        if (rc < 0)
            agent_fault(agent, c, rc);
    }
    if (agent->stopped)
        return;
    for (size_t i = 0; i < agent->count; i++)
        agent_tick_input(agent, &agent->channels[i], now);
    agent_report_edge(agent, now);
    do_reports(agent, now);
    if (now_us >= agent_keep_due_us(agent))
        agent_keep(agent, now_us);
}

int64_t agent_next_us(const struct agent *agent)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < agent->count; i++) {
        int64_t due = channel_next_us(&agent->channels[i]);
        next = due < next ? due : next;
    }
    if (agent->stopped)
        return next;
    int64_t keep_us = agent_keep_due_us(agent);
    next = keep_us < next ? keep_us : next;
    if (!agent->up)
        return next;
    int64_t report_us = agent->heartbeat_us;
    int64_t changed_us = agent->published_us + REPORT_GAP_US;
    if (agent->changed && changed_us < report_us)
        report_us = changed_us;
    return report_us < next ? report_us : next;
}

void agent_stop(struct agent *agent, int64_t now_us, int64_t boot_ms)
{
    (void)boot_ms;
    if (agent->stopped)
        return;
    agent->stopped = true;
    for (size_t i = 0; i < agent->count; i++)
        if (agent->channels[i].config.id.kind == CHANNEL_SERVO)
            channel_hold(&agent->channels[i], now_us);
    // Before `exit` is applied: what the end of the agent switches off, nobody has switched off.
    if (agent_keep_due_us(agent) != INT64_MAX)
        agent_keep(agent, now_us);
    for (size_t i = 0; i < agent->count; i++) {
        struct channel *c = &agent->channels[i];
        int rc = 0;
        if (c->config.id.kind == CHANNEL_INPUT) {
            c->settle_us = c->owed_us = INT64_MAX;
            continue;
        }
        if (c->config.exit == EXIT_OFF)
            rc = channel_off(c, now_us);
        c->idle_us = INT64_MAX;
        if (rc < 0)
            agent_fault(agent, c, rc);
    }
    const struct status *status = &agent->status;
    int len = status_write_offline(agent->json, status->device, status->boot, "stopped");
    if (len < 0)
        agent_trouble(agent, "offline status: %s", strerror(-len));
    else
        agent->io.status(agent->ctx, agent->json, (size_t)len, false, true);
}

const struct status *agent_status(struct agent *agent)
{
    refresh(agent);
    return &agent->status;
}
