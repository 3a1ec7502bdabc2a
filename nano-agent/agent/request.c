// SPDX-License-Identifier: MIT
#include "nano-agent/agent/request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/protocol/say.h"
#include "common/text.h"

// Whether a payload that is no valid command may be taken as a stop. On ROOT/control it may mean another device: by the
// name of a servo that is not ours, or by another run's boot.
static bool may_guess(const struct request *r, const char *device)
{
    bool on_root = r->command->shared || device[0] == '\0';
    if (!on_root)
        return true;
    bool names_another = r->is_text && r->meaning == RESULT_UNKNOWN && protocol_is_stop_word(r->words.word);
    return !r->foreign && !names_another;
}

void request_read(struct request *out, const struct agent_command *command, const struct channel_id *ids,
    size_t count, const char *device, const char *boot)
{
    memset(out, 0, sizeof *out);
    out->command = command;
    out->on = "";
    out->meaning = RESULT_INVALID;
    out->is_text = protocol_parse_command(command->payload, command->len, &out->words, out->why) == 0;
    if (out->is_text)
        out->meaning = vocabulary_match(ids, count, &out->words, &out->match, out->why);
    out->foreign = out->words.boot[0] && strcmp(out->words.boot, boot) != 0;
    out->halt = out->meaning == RESULT_OK && vocabulary_is_halt(&out->match, ids);
    out->stop = out->halt || (out->is_text && protocol_is_stop(&out->words));
    if (out->meaning == RESULT_OK)
        out->guessed = out->match.guessed;
    else
        out->guessed = may_guess(out, device) && protocol_says_stop(command->payload, command->len);
}

void request_begin(const struct protocol_command *command, struct status_last *last)
{
    uint64_t n = last->n;
    // The whole struct is cleared, so that the writer, which compares bytes, sees no old ones behind a shorter text.
    memset(last, 0, sizeof *last);
    last->n = n + 1;
    memcpy(last->id, command->id, strlen(command->id) + 1);
    memcpy(last->cmd, command->cmd, strlen(command->cmd) + 1);
}

bool request_is_for_others(const struct request *r)
{
    return r->command->shared && r->foreign && (r->halt || !(r->stop && r->meaning == RESULT_OK));
}

bool request_may_reply(
    const struct agent_command *command, const char *root, const char *device, struct status_last *last)
{
    char before[PROTOCOL_WHY_SIZE];
    if (protocol_reply_allowed(command->response_topic, root, device))
        return true;
    memcpy(before, last->why, sizeof before);
    say(last->why, "%s%sno answer to %s: use %s/reply/…", before, before[0] ? "; " : "",
        command->response_topic, root);
    return false;
}

// True for a motion that was sent before a stop that was obeyed since: its sender saw another number of stops.
static bool is_overtaken(const struct request *r, const struct channel_id *ids, uint64_t stops)
{
    return r->words.has_stops && (uint64_t)r->words.stops != stops && vocabulary_is_motion(&r->match, ids);
}

// True where it is meant for another run or comes after its deadline.
static bool is_expired(const struct request *r, int64_t boot_ms, char why[PROTOCOL_WHY_SIZE])
{
    if (r->foreign) {
        say(why, "meant for another run of this device");
        return true;
    }
    if (r->words.has_by && boot_ms > r->words.by_ms) {
        say(why, "%" PRId64 " ms too late", boot_ms - r->words.by_ms);
        return true;
    }
    return false;
}

enum protocol_result request_judge(const struct request *r, const struct channel_id *ids, uint64_t stops,
    int64_t boot_ms, bool *late, char why[PROTOCOL_WHY_SIZE])
{
    bool is_off = r->meaning == RESULT_OK && r->match.verb == VERB_OFF_ALL;
    *late = false;
    if (r->command->retained && !r->stop && !r->guessed) {
        say(why, "retained: publish it without -r (retain: false)");
        return RESULT_RETAINED;
    }
    *late = !r->stop && r->is_text && is_expired(r, boot_ms, why);
    if (*late && !is_off)
        return RESULT_EXPIRED;
    memcpy(why, r->why, strlen(r->why) + 1);
    if (r->meaning != RESULT_OK || !is_overtaken(r, ids, stops))
        return r->meaning;
    say(why, "stopped meanwhile");
    return RESULT_REFUSED;
}
