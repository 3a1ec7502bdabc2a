// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/protocol/say.h"
#include "common/text.h"
#include "nano-agent/agent/agent_internal.h"

enum { PERCENT_MAX = 100, DIMMER_STEP = 10 };

// What was done on one or several channels, together: a fault tells more than a refusal, that more than a
// limit.
struct deed {
    enum protocol_result result;
    char *why;
};

static void add_outcome(struct deed *deed, const struct channel *c, int rc, bool limit)
{
    if (rc < 0 && deed->result != RESULT_FAULT) {
        deed->result = RESULT_FAULT;
        say(deed->why, "%s %s: %s", channel_kind_name(c->config.id.kind), c->config.id.name,
            agent_fault_words(rc));
    } else if (rc == 0 && limit && deed->result == RESULT_OK) {
        deed->result = RESULT_LIMIT;
    }
}

static void add_refusal(struct deed *deed)
{
    if (deed->result == RESULT_FAULT)
        return;
    deed->result = RESULT_REFUSED;
    say(deed->why, "stopped");
}

static void go(struct deed *deed, struct channel *c, int tenths, int64_t now_us)
{
    bool limit;
    int rc = channel_go(c, tenths, now_us, &limit);
    add_outcome(deed, c, rc, limit);
}

static void to_safe(struct deed *deed, struct channel *c, int64_t now_us)
{
    switch (c->config.safe) {
    case SAFE_OFF:
        add_outcome(deed, c, channel_off(c, now_us), false);
        break;
    case SAFE_HOLD:
        if (c->config.id.kind == CHANNEL_SERVO)
            channel_hold(c, now_us);
        break;
    case SAFE_CENTER:
        if (channel_is_stopped(c, now_us))
            add_refusal(deed);
        else if (c->driven) // `off` powers nothing
            go(deed, c, 0, now_us);
        break;
    case SAFE_ON:
        add_outcome(deed, c, channel_switch(c, true, now_us), false);
        break;
    }
}

static void all(struct agent *agent, struct deed *deed, enum verb verb, int64_t now_us)
{
    for (size_t i = 0; i < agent->count; i++) {
        struct channel *c = &agent->channels[i];
        bool is_servo = c->config.id.kind == CHANNEL_SERVO;
        if (verb == VERB_STOP_ALL && is_servo)
            channel_stop(c, now_us);
        else if (verb == VERB_CENTER_ALL && is_servo)
            go(deed, c, 0, now_us);
        else if (verb == VERB_OFF_ALL && c->config.id.kind != CHANNEL_INPUT)
            to_safe(deed, c, now_us);
    }
}

static void servo(struct deed *deed, struct channel *c, const struct vocabulary_match *match, int64_t now_us)
{
    bool limit = false;
    int rc;
    int step = match->has_number ? match->tenths : c->config.step;
    switch (match->verb) {
    case VERB_SET:
        go(deed, c, match->tenths, now_us);
        break;
    case VERB_CENTER:
        go(deed, c, 0, now_us);
        break;
    case VERB_UP:
    case VERB_DOWN:
        rc = channel_step(c, match->verb == VERB_UP ? step : -step, now_us, &limit);
        add_outcome(deed, c, rc, limit);
        break;
    case VERB_STOP:
        channel_stop(c, now_us);
        break;
    default:
        add_outcome(deed, c, channel_off(c, now_us), false);
        break;
    }
}

static int percent_of(int tenths)
{
    return (tenths + (tenths < 0 ? -5 : 5)) / 10;
}

static void dim(struct deed *deed, struct channel *c, int percent, int64_t now_us)
{
    int possible = percent < 0 ? 0 : percent > PERCENT_MAX ? PERCENT_MAX : percent;
    add_outcome(deed, c, channel_dim(c, possible, now_us), possible != percent);
}

static void lamp(struct deed *deed, struct channel *c, const struct vocabulary_match *match, int64_t now_us)
{
    int step = match->has_number ? percent_of(match->tenths) : DIMMER_STEP;
    if (step < 1)
        step = 1;
    switch (match->verb) {
    case VERB_SET:
        dim(deed, c, percent_of(match->tenths), now_us);
        break;
    case VERB_UP:
        dim(deed, c, c->percent + step, now_us);
        break;
    case VERB_DOWN:
        dim(deed, c, c->percent - step, now_us);
        break;
    default: {
        bool on = match->verb == VERB_ON || (match->verb == VERB_TOGGLE && !c->on);
        add_outcome(deed, c, channel_switch(c, on, now_us), false);
        break;
    }
    }
}

static bool is_refused(const struct agent *agent, const struct vocabulary_match *match, int64_t now_us)
{
    const struct channel *c = match->channel >= 0 ? &agent->channels[match->channel] : NULL;
    if (!vocabulary_is_motion(match->verb, c ? c->config.id.kind : CHANNEL_OTHER))
        return false;
    if (c)
        return channel_is_stopped(c, now_us);
    for (size_t i = 0; i < agent->count; i++)
        if (channel_is_stopped(&agent->channels[i], now_us))
            return true;
    return false;
}

static enum protocol_result carry_out(
    struct agent *agent, const struct protocol_command *command, char why[PROTOCOL_WHY_SIZE], int64_t now_us)
{
    struct vocabulary_match match;
    enum protocol_result found = vocabulary_match(agent->ids, agent->count, command, &match, why);
    if (found != RESULT_OK)
        return found;
    struct deed deed = {RESULT_OK, why};
    if (is_refused(agent, &match, now_us))
        add_refusal(&deed);
    else if (match.channel < 0)
        all(agent, &deed, match.verb, now_us);
    else if (agent->ids[match.channel].kind == CHANNEL_SERVO)
        servo(&deed, &agent->channels[match.channel], &match, now_us);
    else
        lamp(&deed, &agent->channels[match.channel], &match, now_us);
    return deed.result;
}

// Why a command that is a stranger to this run or came too late is not carried out.
static bool is_expired(const struct agent *agent, const struct protocol_command *command, int64_t boot_ms,
    char why[PROTOCOL_WHY_SIZE])
{
    if (command->boot[0] && strcmp(command->boot, agent->status.boot) != 0) {
        say(why, "meant for another run of this device");
        return true;
    }
    if (command->has_by && boot_ms > command->by_ms) {
        say(why, "%" PRId64 " ms too late", boot_ms - command->by_ms);
        return true;
    }
    return false;
}

static void begin_last(struct agent *agent, const struct protocol_command *command)
{
    struct status_last *last = &agent->status.last;
    uint64_t n = last->n;
    // Wholly, so that the writer's comparison sees only what differs.
    memset(last, 0, sizeof *last);
    last->n = n + 1;
    memcpy(last->id, command->id, strlen(command->id) + 1);
    memcpy(last->cmd, command->cmd, strlen(command->cmd) + 1);
}

static void repeat_first_result(struct status_last *last, const struct duplicate *first)
{
    if (strcmp(first->cmd, last->cmd) != 0) {
        last->result = RESULT_INVALID;
        say(last->why, "this id was used for another command: %s", first->cmd);
        return;
    }
    last->result = first->result;
    memcpy(last->why, first->why, strlen(first->why) + 1);
    last->again = true;
}

// Judges a command from the wire and carries out what may be: fills `last`. parsed: what the parser returned.
static void judge(struct agent *agent, const struct agent_command *command,
    const struct protocol_command *words, int parsed, const char *parse_why, struct now now)
{
    struct status_last *last = &agent->status.last;
    bool stop = parsed == 0 && protocol_is_stop(words);
    if (command->retained && !stop) {
        last->result = RESULT_RETAINED;
        say(last->why, "a retained command is an old command");
        return; // and not remembered: the same id may come again as a live one
    }
    const struct duplicate *first = words->id[0] ? duplicates_find(&agent->duplicates, words->id) : NULL;
    if (first && !stop) {
        repeat_first_result(last, first);
        return;
    }
    if (parsed < 0) {
        last->result = RESULT_INVALID;
        memcpy(last->why, parse_why, strlen(parse_why) + 1);
    } else if (!stop && is_expired(agent, words, now.boot_ms, last->why)) {
        last->result = RESULT_EXPIRED;
    } else {
        last->result = carry_out(agent, words, last->why, now.us);
    }
    if (words->id[0] && !first)
        duplicates_add(&agent->duplicates, last);
}

// On the topic that all share, what names another run is another agent's. A stop that means one of our
// channels is carried out all the same: stopping too much harms nobody.
static bool is_for_others(const struct agent *agent, const struct agent_command *command,
    const struct protocol_command *words, int parsed)
{
    struct vocabulary_match match;
    char why[PROTOCOL_WHY_SIZE];
    if (!command->shared || words->boot[0] == '\0' || strcmp(words->boot, agent->status.boot) == 0)
        return false;
    return parsed < 0 || !protocol_is_stop(words) ||
           vocabulary_match(agent->ids, agent->count, words, &match, why) != RESULT_OK;
}

static int64_t clock_us(const struct agent *agent)
{
    return agent->io.clock_us ? agent->io.clock_us(agent->ctx) : 0;
}

static void reply(struct agent *agent, const struct agent_command *command)
{
    char json[PROTOCOL_REPLY_MAX];
    if (!command->response_topic || !protocol_reply_allowed(command->response_topic))
        return;
    int len = status_write_reply(json, agent->status.device, &agent->status.last);
    if (len < 0)
        agent_trouble(agent, "reply to %s: %s", command->response_topic, strerror(-len));
    else
        agent->io.reply(agent->ctx, command->response_topic, json, (size_t)len, command->correlation,
            command->correlation_len);
}

void agent_command(struct agent *agent, const struct agent_command *command, int64_t now_us, int64_t boot_ms)
{
    struct protocol_command words;
    char parse_why[PROTOCOL_WHY_SIZE];
    struct now now = {now_us, boot_ms};
    if (command->len == 0 || agent->stopped)
        return;
    int64_t start_us = clock_us(agent);
    int parsed = protocol_parse_command(command->payload, command->len, &words, parse_why);
    if (is_for_others(agent, command, &words, parsed))
        return;
    begin_last(agent, &words);
    judge(agent, command, &words, parsed, parse_why, now);
    int64_t took_us = clock_us(agent) - start_us;

    agent_publish(agent, now, false);
    reply(agent, command);
    if (command->retained && !agent->retained_cleared) {
        agent->retained_cleared = true;
        agent->io.clear_retained(agent->ctx, command->topic);
    }
    agent->io.done(agent->ctx, &agent->status.last, took_us);
}

void agent_run_local(
    struct agent *agent, const struct protocol_command *command, const char *from, struct now now)
{
    int64_t start_us = clock_us(agent);
    begin_last(agent, command);
    struct status_last *last = &agent->status.last;
    memcpy(last->from, from, strlen(from) + 1);
    last->result = carry_out(agent, command, last->why, now.us);
    int64_t took_us = clock_us(agent) - start_us;
    agent_publish(agent, now, false);
    agent->io.done(agent->ctx, last, took_us);
}
