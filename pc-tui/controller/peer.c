// SPDX-License-Identifier: MIT
#include "pc-tui/controller/peer.h"

#include <stdlib.h>
#include <string.h>

#include "pc-tui/controller/controller.h"
#include "pc-tui/model/model_kind.h"

enum { TRIP_LIFE_US = 10000000 };

// Two good clocks drift apart by 200 ppm at most, which is 12 ms in the life of a sample, and `t` is cut to the
// millisecond.
enum { CLOCK_SLACK_US = 20000 };

struct peer_command *peer_place(struct peer *peer)
{
    struct peer_command *oldest = NULL;
    for (size_t i = 0; i < PEER_COMMANDS_MAX; i++) {
        struct peer_command *command = &peer->commands[i];
        if (!command->used)
            return command;
        if (command->given_up && (!oldest || command->sent_us < oldest->sent_us))
            oldest = command;
    }
    return oldest;
}

struct peer_command *peer_find(struct peer *peer, const char *id)
{
    for (size_t i = 0; i < PEER_COMMANDS_MAX; i++) {
        if (peer->commands[i].used && strcmp(peer->commands[i].id, id) == 0)
            return &peer->commands[i];
    }
    return NULL;
}

static bool is_unanswered(const struct peer_command *command)
{
    return command->used && !command->given_up;
}

size_t peer_unanswered(const struct peer *peer, enum peer_command_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < PEER_COMMANDS_MAX; i++)
        count += is_unanswered(&peer->commands[i]) && peer->commands[i].kind == kind;
    return count;
}

bool peer_step_unanswered(const struct peer *peer, const char *channel)
{
    if (peer->waiting.used && peer->waiting.kind == COMMAND_STEP &&
        strcmp(peer->waiting.channel, channel) == 0)
        return true;
    for (size_t i = 0; i < PEER_COMMANDS_MAX; i++) {
        const struct peer_command *command = &peer->commands[i];
        if (is_unanswered(command) && command->kind == COMMAND_STEP && strcmp(command->channel, channel) == 0)
            return true;
    }
    return false;
}

bool peer_motion_unanswered(const struct peer *peer)
{
    for (size_t i = 0; i < PEER_COMMANDS_MAX; i++) {
        if (is_unanswered(&peer->commands[i]) && peer->commands[i].motion)
            return true;
    }
    return false;
}

// The device's clock lay within half a round trip of what a sample says, so two samples of steady clocks overlap. Where
// they do not, one of the clocks has jumped: a machine was suspended, or a virtual machine stood still.
static bool samples_agree(const struct peer_sample *a, const struct peer_sample *b)
{
    int64_t apart_us =
        a->offset_us > b->offset_us ? a->offset_us - b->offset_us : b->offset_us - a->offset_us;
    return apart_us <= (a->trip_us + b->trip_us) / 2 + CLOCK_SLACK_US;
}

void peer_add_sample(struct peer *peer, int64_t sent_us, int64_t received_us, int64_t t_ms)
{
    // This is a millennium: far beyond any uptime, and far from where microseconds overflow.
    const int64_t t_max_ms = (int64_t)1000 * 366 * 86400 * 1000;
    if (t_ms < 0 || t_ms > t_max_ms || received_us < sent_us)
        return;
    struct peer_sample sample = {.at_us = received_us, .trip_us = received_us - sent_us};
    sample.offset_us = t_ms * 1000 - (sent_us + sample.trip_us / 2);
    for (size_t i = 0; i < peer->sample_count; i++) {
        if (samples_agree(&peer->samples[i], &sample))
            continue;
        // What was learnt before the jump is worth nothing, however short its round trip was.
        peer->sample_count = 0;
        break;
    }
    // A sample that is older and worse than this one will never be the best again. What remains is sorted, the oldest and
    // best first, so that a burst of answers cannot push out the best sample of a minute.
    while (peer->sample_count > 0 && peer->samples[peer->sample_count - 1].trip_us >= sample.trip_us)
        peer->sample_count--;
    if (peer->sample_count == PEER_SAMPLES_MAX)
        peer->sample_count--;
    peer->samples[peer->sample_count++] = sample;
}

bool peer_clock(const struct peer *peer, int64_t now_us, int64_t *agent_ms)
{
    const struct peer_sample *best = NULL;
    for (size_t i = 0; i < peer->sample_count && !best; i++) {
        if (now_us - peer->samples[i].at_us <= CONTROLLER_SAMPLE_LIFE_US)
            best = &peer->samples[i];
    }
    if (!best)
        return false;
    int64_t agent_us = now_us + best->offset_us;
    *agent_ms = agent_us > 0 ? agent_us / 1000 : 0;
    return true;
}

void peer_add_trip(struct peer *peer, int64_t us, int64_t now_us)
{
    size_t at = peer->trip_count++ % PEER_TRIPS_MAX;
    peer->trips[at].at_us = now_us;
    peer->trips[at].us = us;
}

static int compare_us(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

int64_t peer_trip(const struct peer *peer, int64_t now_us)
{
    int64_t recent[PEER_TRIPS_MAX];
    size_t count = 0, kept = peer->trip_count < PEER_TRIPS_MAX ? peer->trip_count : PEER_TRIPS_MAX;
    for (size_t i = 0; i < kept; i++) {
        if (now_us - peer->trips[i].at_us <= TRIP_LIFE_US)
            recent[count++] = peer->trips[i].us;
    }
    if (count == 0)
        return kept > 0 ? peer->trips[(peer->trip_count - 1) % PEER_TRIPS_MAX].us : -1;
    qsort(recent, count, sizeof recent[0], compare_us);
    return recent[(count - 1) / 2];
}

bool peer_moves(const struct peer *peer)
{
    const struct status *status = peer->device->status;
    for (size_t i = 0; i < status->count; i++) {
        const struct status_channel *channel = &status->channels[i];
        bool ours = peer->set_going >> i & 1u;
        if (kind_moves(channel) && (ours || model_is_servo(channel)))
            return true;
        if (ours && channel->id.stops_off && channel->on)
            return true;
    }
    return false;
}
