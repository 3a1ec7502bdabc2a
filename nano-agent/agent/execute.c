// SPDX-License-Identifier: MIT
#include "nano-agent/agent/execute.h"

#include <stdio.h>
#include <string.h>

#include "common/protocol/say.h"
#include "common/text.h"

// The result of what was done to one or several channels together: a fault tells more than a limit.
struct outcome {
    enum protocol_result result;
    char *why;
};

// limit: where a limit cut it short, "" = it did not.
static void add(struct outcome *outcome, const struct channel *c, int rc, const char *limit)
{
    if (rc < 0 && outcome->result != RESULT_FAULT) {
        outcome->result = RESULT_FAULT;
        say(outcome->why, "%s %s: %s", channel_kind_name(c->config.id.kind), c->config.id.name,
            channel_fault_words(c, rc));
    } else if (rc == 0 && limit[0] && outcome->result == RESULT_OK) {
        outcome->result = RESULT_LIMIT;
        say(outcome->why, "%s", limit);
    }
}

static void center_all(struct outcome *outcome, struct channel *channels, size_t count, int64_t now_us)
{
    struct vocabulary_match center = {.verb = VERB_CENTER};
    char limit[PROTOCOL_WHY_SIZE], named[PROTOCOL_WHY_SIZE];
    for (size_t i = 0; i < count; i++) {
        if (!kind_has_verb(channels[i].config.id.kind, VERB_CENTER))
            continue;
        int rc = channel_execute(&channels[i], &center, now_us, limit);
        say(named, "%s: %s", channels[i].config.id.name, limit);
        add(outcome, &channels[i], rc, limit[0] ? named : "");
    }
}

static void cut_all(struct channel *channels, size_t count)
{
    for (size_t i = 0; i < count; i++)
        channel_cut(&channels[i]);
}

// The channel that is dealt with n-th where outputs are switched off: motors are before all others.
static struct channel *in_order(struct channel *channels, size_t count, size_t n)
{
    size_t first = 0;
    for (size_t i = 0; i < count; i++)
        first += channel_is_first(channels[i].config.id.kind);
    bool wanted = n < first;
    size_t left = wanted ? n : n - first, i = 0;
    while (channel_is_first(channels[i].config.id.kind) != wanted || left-- > 0)
        i++;
    return &channels[i];
}

// The names of the servos that should have been centred and may not move.
struct stayed {
    char names[PROTOCOL_WHY_SIZE];
    size_t used;
};

// A servo that would have to move and may not is held in place of that; so is what `stop` switches off and `safe` turns on.
static enum policy safe_of(const struct channel *c, bool may_move, struct stayed *stayed)
{
    enum policy safe = c->config.safe;
    if (may_move || (safe != POLICY_CENTER && !(safe == POLICY_ON && c->config.id.stops_off)))
        return safe;
    if (safe == POLICY_CENTER && c->pwm.driven && stayed->used < PROTOCOL_WHY_CHARS)
        stayed->used += (size_t)snprintf(stayed->names + stayed->used, sizeof stayed->names - stayed->used,
            "%s%s", stayed->used > 0 ? ", " : "", c->config.id.name);
    return POLICY_HOLD;
}

// Brings every output to its safe state.
static void off_all(
    struct outcome *outcome, struct channel *channels, size_t count, bool late, int64_t now_us)
{
    struct stayed stayed = {"", 0};
    cut_all(channels, count);
    for (size_t i = 0; i < count; i++) {
        struct channel *c = in_order(channels, count, i);
        enum policy safe = safe_of(c, !late && !channel_is_stopped(c, now_us), &stayed);
        add(outcome, c, channel_apply(c, safe, now_us), "");
    }
    if (stayed.used > 0 && outcome->result == RESULT_OK)
        say(outcome->why, "%s: not centred: %s", late ? "too late" : "stopped", stayed.names);
}

enum protocol_result execute_stop(
    struct channel *channels, size_t count, bool refuses, int64_t now_us, char why[PROTOCOL_WHY_SIZE])
{
    struct outcome outcome = {RESULT_OK, why};
    why[0] = '\0';
    cut_all(channels, count);
    for (size_t i = 0; i < count; i++) {
        struct channel *c = in_order(channels, count, i);
        add(&outcome, c, channel_stop(c, refuses, now_us), "");
    }
    return outcome.result;
}

enum protocol_result execute_halt(
    struct channel *channels, size_t count, int64_t now_us, char why[PROTOCOL_WHY_SIZE])
{
    struct outcome outcome = {RESULT_OK, why};
    why[0] = '\0';
    cut_all(channels, count);
    for (size_t i = 0; i < count; i++)
        if (channel_is_first(channels[i].config.id.kind) && !channel_is_absent(&channels[i]))
            add(&outcome, &channels[i], channel_apply(&channels[i], POLICY_OFF, now_us), "");
    return outcome.result;
}

static bool is_motion(const struct channel *channels, const struct vocabulary_match *match)
{
    struct vocabulary_match alone = *match;
    if (match->channel < 0)
        return vocabulary_is_motion(match, NULL);
    alone.channel = 0;
    return vocabulary_is_motion(&alone, &channels[match->channel].config.id);
}

static bool is_refused(
    const struct channel *channels, size_t count, const struct vocabulary_match *match, int64_t now_us)
{
    if (!is_motion(channels, match))
        return false;
    if (match->channel >= 0)
        return channel_is_stopped(&channels[match->channel], now_us);
    for (size_t i = 0; i < count; i++)
        if (channel_is_stopped(&channels[i], now_us))
            return true;
    return false;
}

// A stop is remembered even so: what comes back meanwhile has been stopped.
static enum protocol_result refuse_absent(
    struct channel *c, const struct vocabulary_match *match, int64_t now_us, char why[PROTOCOL_WHY_SIZE])
{
    if (match->verb == VERB_STOP)
        channel_stop(c, true, now_us);
    say(why, "%s", c->config.fault);
    return RESULT_FAULT;
}

enum protocol_result execute(struct channel *channels, size_t count, const struct vocabulary_match *match,
    bool late, int64_t now_us, char why[PROTOCOL_WHY_SIZE])
{
    struct outcome outcome = {RESULT_OK, why};
    char limit[PROTOCOL_WHY_SIZE];
    why[0] = '\0';
    if (is_refused(channels, count, match, now_us)) {
        say(why, "stopped");
        return RESULT_REFUSED;
    }
    if (match->channel >= 0) {
        struct channel *c = &channels[match->channel];
        if (channel_is_absent(c))
            return refuse_absent(c, match, now_us, why);
        int rc = channel_execute(c, match, now_us, limit);
        add(&outcome, c, rc, limit);
    } else if (match->verb == VERB_STOP_ALL) {
        outcome.result = execute_stop(channels, count, true, now_us, why);
    } else if (match->verb == VERB_CENTER_ALL) {
        center_all(&outcome, channels, count, now_us);
    } else if (match->verb == VERB_OFF_ALL) {
        off_all(&outcome, channels, count, late, now_us);
    }
    return outcome.result;
}

enum protocol_result execute_pose(
    struct channel *channels, const struct pose *pose, int64_t now_us, char why[PROTOCOL_WHY_SIZE])
{
    struct outcome outcome = {RESULT_OK, why};
    char limit[PROTOCOL_WHY_SIZE], named[PROTOCOL_WHY_SIZE];
    why[0] = '\0';
    for (size_t i = 0; i < pose->count; i++) {
        if (channel_is_stopped(&channels[pose->steps[i].channel], now_us)) {
            say(why, "stopped");
            return RESULT_REFUSED;
        }
    }
    for (size_t i = 0; i < pose->count; i++) {
        const struct pose_step *step = &pose->steps[i];
        struct channel *c = &channels[step->channel];
        struct vocabulary_match match = {.verb = step->verb,
            .channel = step->channel,
            .has_number = step->verb == VERB_SET,
            .tenths = step->tenths};
        int rc = channel_execute(c, &match, now_us, limit);
        say(named, "%s: %s", c->config.id.name, limit);
        add(&outcome, c, rc, limit[0] ? named : "");
    }
    return outcome.result;
}

// Does what the `lost` of a channel says. *done: a few words for the log, or NULL where nothing had to be done.
static int lose(struct channel *c, int64_t now_us, const char **done)
{
    struct status_channel before, after;
    enum policy lost = c->config.lost;
    if ((lost == POLICY_CENTER || lost == POLICY_ON) && c->held) // after a stop nothing moves by itself
        lost = POLICY_HOLD;
    *done = NULL;
    if (channel_is_absent(c))
        return 0;
    channel_report(c, &before);
    int rc = channel_apply(c, lost, now_us);
    channel_report(c, &after);
    if (rc < 0)
        *done = "failed";
    else if (lost == POLICY_CENTER && after.driven)
        *done = "to its centre";
    else if (before.driven && !after.driven)
        *done = "off";
    else if (before.moving && !after.moving)
        *done = "stopped where it was";
    else if (before.on != after.on)
        *done = after.on ? "on" : "off";
    return rc;
}

void execute_lost(
    struct channel *channels, size_t count, int64_t now_us, int rcs[], char *done, size_t done_size)
{
    size_t used = 0;
    done[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *word;
        rcs[i] = lose(&channels[i], now_us, &word);
        if (!word || used >= done_size)
            continue;
        int len = snprintf(
            done + used, done_size - used, "%s%s %s", used > 0 ? ", " : "", channels[i].config.id.name, word);
        used += len > 0 ? (size_t)len : 0;
    }
}
