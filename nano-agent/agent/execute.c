// SPDX-License-Identifier: MIT
#include "nano-agent/agent/execute.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/protocol/say.h"
#include "common/text.h"

// The result of what was done to one or several channels together: a fault tells more than a limit.
struct outcome {
    enum protocol_result result;
    char *why;
};

const char *execute_fault_words(int error)
{
    if (error == -ERANGE)
        return "this output can emit no pulse inside the limits";
    if (error == -ESTALE)
        return "its chip was reset, as by a supply that breaks down; the chip is set up again, and this output is off";
    return strerror(-error);
}

// limit: where a limit cut it short, "" = it did not.
static void add(struct outcome *outcome, const struct channel *c, int rc, const char *limit)
{
    if (rc < 0 && outcome->result != RESULT_FAULT) {
        outcome->result = RESULT_FAULT;
        say(outcome->why, "%s %s: %s", channel_kind_name(c->config.id.kind), c->config.id.name,
            execute_fault_words(rc));
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

// Brings every output to its safe state. A servo that would have to move for that and may not is held instead, and `why`
// names it.
static void off_all(
    struct outcome *outcome, struct channel *channels, size_t count, bool late, int64_t now_us)
{
    char stayed[PROTOCOL_WHY_SIZE] = "";
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        struct channel *c = &channels[i];
        enum policy safe = c->config.safe;
        bool may_move = !late && !channel_is_stopped(c, now_us);
        if (safe == POLICY_CENTER && !may_move) {
            safe = POLICY_HOLD;
            if (c->pwm.driven && used < PROTOCOL_WHY_CHARS)
                used += (size_t)snprintf(
                    stayed + used, sizeof stayed - used, "%s%s", used > 0 ? ", " : "", c->config.id.name);
        }
        add(outcome, c, channel_apply(c, safe, now_us), "");
    }
    if (used > 0 && outcome->result == RESULT_OK)
        say(outcome->why, "%s: not centred: %s", late ? "too late" : "stopped", stayed);
}

void execute_stop(struct channel *channels, size_t count, bool refuses, int64_t now_us)
{
    for (size_t i = 0; i < count; i++)
        channel_stop(&channels[i], refuses, now_us);
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
        int rc = channel_execute(c, match, now_us, limit);
        add(&outcome, c, rc, limit);
    } else if (match->verb == VERB_STOP_ALL) {
        execute_stop(channels, count, true, now_us);
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

int execute_lost(struct channel *c, int64_t now_us, const char **done)
{
    struct status_channel before, after;
    enum policy lost = c->config.lost;
    if (lost == POLICY_CENTER && c->held) // after a stop nothing moves by itself
        lost = POLICY_HOLD;
    channel_report(c, &before);
    int rc = channel_apply(c, lost, now_us);
    channel_report(c, &after);
    *done = NULL;
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
