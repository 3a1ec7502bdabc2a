// SPDX-License-Identifier: MIT
#include "common/protocol/kind.h"

#include <string.h>

#include "common/protocol/reader.h"
#include "common/protocol/sink.h"
#include "common/protocol/status.h"

static void read_nothing(struct reader *r, struct status_channel *out)
{
    (void)r;
    (void)out;
}

static void write_nothing(struct sink *s, const struct status_channel *channel)
{
    (void)s;
    (void)channel;
}

static const struct kind other = {.name = "other", .unit = "", .read = read_nothing, .write = write_nothing};

static const struct kind_word pose_words[] = {{"", VERB_POSE, NUMBER_NO, false}};

static const struct kind pose = {.name = "pose",
    .words = pose_words,
    .word_count = sizeof pose_words / sizeof *pose_words,
    .unit = "",
    .motion = 1u << VERB_POSE,
    .read = read_nothing,
    .write = write_nothing};

static const struct kind *const kinds[] = {
    [CHANNEL_SERVO] = &kind_servo,
    [CHANNEL_SWITCH] = &kind_switch,
    [CHANNEL_DIMMER] = &kind_dimmer,
    [CHANNEL_INPUT] = &kind_input,
    [CHANNEL_MOTOR] = &kind_motor,
};
_Static_assert(sizeof kinds / sizeof kinds[0] == CHANNEL_KINDS, "every kind has a row");

const struct kind *kind_of(enum channel_kind kind)
{
    if (kind == CHANNEL_POSE)
        return &pose;
    return (unsigned)kind < CHANNEL_KINDS ? kinds[kind] : &other;
}

bool kind_has_verb(enum channel_kind kind, enum verb verb)
{
    const struct kind *row = kind_of(kind);
    for (size_t i = 0; i < row->word_count; i++)
        if (row->words[i].verb == verb)
            return true;
    return false;
}

bool kind_moves(const struct status_channel *channel)
{
    const struct kind *row = kind_of(channel->id.kind);
    return row->moves && row->moves(channel);
}

const char *channel_kind_name(enum channel_kind kind)
{
    return kind_of(kind)->name;
}

enum channel_kind channel_kind_parse(const char *name)
{
    for (unsigned i = 0; i < CHANNEL_KINDS; i++)
        if (strcmp(name, kinds[i]->name) == 0)
            return (enum channel_kind)i;
    return CHANNEL_OTHER;
}
