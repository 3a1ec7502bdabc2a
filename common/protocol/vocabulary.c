// SPDX-License-Identifier: MIT
#include "common/protocol/vocabulary.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/protocol/say.h"
#include "common/text.h"

enum { WORD_SIZE = sizeof((struct protocol_command *)0)->word };

static const struct kind_word words_for_all[] = {
    {"stop", VERB_STOP_ALL, NUMBER_NO, false},
    {"center", VERB_CENTER_ALL, NUMBER_NO, false},
    {"off", VERB_OFF_ALL, NUMBER_NO, false},
    {"status", VERB_STATUS, NUMBER_NO, false},
    {"move", VERB_SET, NUMBER_MUST, false},
};

static bool answers_to(const struct channel_id *channel, const struct kind_word *word)
{
    return channel->pan || !word->pan_only;
}

static size_t first_pose(const struct channel_id *channels, size_t count)
{
    size_t i = 0;
    while (i < count && channels[i].kind != CHANNEL_POSE)
        i++;
    return i;
}

static const struct kind_word *find_word(const struct channel_id *channel, const char *word)
{
    size_t name_len = strlen(channel->name);
    if (strncmp(word, channel->name, name_len) != 0)
        return NULL;
    const struct kind *kind = kind_of(channel->kind);
    for (size_t i = 0; i < kind->word_count; i++)
        if (strcmp(word + name_len, kind->words[i].suffix) == 0 && answers_to(channel, &kind->words[i]))
            return &kind->words[i];
    return NULL;
}

static int find_channel(const struct channel_id *channels, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(channels[i].name, name) == 0)
            return (int)i;
    return -1;
}

// The channel that `move` without a name means.
static int first_servo(const struct channel_id *channels, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (channels[i].kind == CHANNEL_SERVO)
            return (int)i;
    return -1;
}

// Keeps the nearest of the words that pass by.
struct search {
    const char *word;
    char nearest[WORD_SIZE];
};

static bool consider(void *ctx, const char *word, int takes_number)
{
    (void)takes_number;
    struct search *search = ctx;
    const char *pair[] = {search->nearest, word};
    bool none_yet = search->nearest[0] == '\0';
    if (text_nearest(search->word, none_yet ? pair + 1 : pair, none_yet ? 1 : 2) == word)
        snprintf(search->nearest, sizeof search->nearest, "%s", word);
    return true;
}

// "led is a switch: led_on, led_off or led_toggle".
static void tell_words(const struct channel_id *channel, char why[PROTOCOL_WHY_SIZE])
{
    const struct kind *kind = kind_of(channel->kind);
    const char *name = channel->name, *article = strchr("aeio", kind->name[0]) ? "an" : "a";
    char list[PROTOCOL_WHY_SIZE] = "";
    size_t used = 0;
    for (size_t i = 0; i < kind->word_count && used < PROTOCOL_WHY_CHARS; i++) {
        const char *separator = i == 0 ? "" : i + 1 == kind->word_count ? " or " : ", ";
        used += (size_t)snprintf(
            list + used, sizeof list - used, "%s%s%s", separator, name, kind->words[i].suffix);
    }
    if (kind->word_count > 0)
        say(why, "%s is %s %s: %s", name, article, kind->name, list);
    else
        say(why, "%s is %s %s: it takes no commands", name, article, kind->name);
}

static enum protocol_result unknown_word(
    const struct channel_id *channels, size_t count, const char *word, char why[PROTOCOL_WHY_SIZE])
{
    int channel = find_channel(channels, count, word);
    if (channel >= 0) {
        tell_words(&channels[channel], why);
        return RESULT_UNKNOWN;
    }
    struct search search = {.word = word};
    vocabulary_each(channels, count, consider, &search);
    if (search.nearest[0])
        say(why, "no %s here: did you mean %s?", word, search.nearest);
    else
        say(why, "no %s here", word);
    return RESULT_UNKNOWN;
}

static enum protocol_result unknown_servo(
    const struct channel_id *channels, size_t count, const char *name, char why[PROTOCOL_WHY_SIZE])
{
    const char *servos[PROTOCOL_CHANNELS_MAX];
    size_t servo_count = 0;
    for (size_t i = 0; i < count && servo_count < ARRAY_LENGTH(servos); i++)
        if (channels[i].kind == CHANNEL_SERVO)
            servos[servo_count++] = channels[i].name;
    const char *nearest = text_nearest(name, servos, servo_count);
    if (nearest)
        say(why, "no servo %s here: did you mean %s?", name, nearest);
    else
        say(why, "no servo %s here", name);
    return RESULT_UNKNOWN;
}

// `move` never means a motor, which moves the whole car. Who meant one is told how to say so.
static void tell_no_servo(const struct channel_id *channels, size_t count,
    const struct protocol_command *command, char why[PROTOCOL_WHY_SIZE])
{
    char number[16];
    size_t motor = 0;
    while (motor < count && channels[motor].kind != CHANNEL_MOTOR)
        motor++;
    if (motor < count)
        say(why, "move means a servo, and %s is a motor: did you mean %s %s?", channels[motor].name,
            channels[motor].name,
            command->has_number ? protocol_format_tenths(number, command->tenths) : "20");
    else
        say(why, "no servo here to move");
}

static enum protocol_result match_move(const struct channel_id *channels, size_t count,
    const struct protocol_command *command, struct vocabulary_match *out, char why[PROTOCOL_WHY_SIZE])
{
    if (command->second[0]) {
        out->channel = find_channel(channels, count, command->second);
        if (out->channel < 0)
            return unknown_servo(channels, count, command->second, why);
        if (channels[out->channel].kind == CHANNEL_MOTOR) {
            tell_no_servo(&channels[out->channel], 1, command, why);
            return RESULT_UNKNOWN;
        }
        if (channels[out->channel].kind != CHANNEL_SERVO) {
            tell_words(&channels[out->channel], why);
            return RESULT_UNKNOWN;
        }
    } else {
        out->channel = first_servo(channels, count);
        if (out->channel < 0) {
            tell_no_servo(channels, count, command, why);
            return RESULT_UNKNOWN;
        }
    }
    out->verb = VERB_SET;
    if (!command->has_number) {
        say(why, "expected degrees: move DEG or move SERVO DEG, as in move 20");
        return RESULT_INVALID;
    }
    return RESULT_OK;
}

static enum protocol_result check_number(const struct kind_word *word, const struct protocol_command *command,
    const char *unit, bool takes_zero, char why[PROTOCOL_WHY_SIZE])
{
    if (!command->has_number && word->number == NUMBER_MUST) {
        say(why, "expected %s, as in %s 20", unit, command->word);
        return RESULT_INVALID;
    }
    if (command->has_number && word->number == NUMBER_NO) {
        say(why, "%s takes no number", command->word);
        return RESULT_INVALID;
    }
    if (!command->has_number || word->number != NUMBER_MAY || command->tenths > 0)
        return RESULT_OK;
    if (!takes_zero)
        say(why, "expected a step greater than 0, as in %s 5", command->word);
    else if (command->tenths < 0)
        say(why, "expected %s of at least 0, as in %s 20", unit, command->word);
    else
        return RESULT_OK;
    return RESULT_INVALID;
}

// "led_on, lamp_on": what switches with that verb. False where nothing does.
static bool list_switching(const struct channel_id *channels, size_t count, enum verb verb, char *list)
{
    size_t used = 0;
    list[0] = '\0';
    for (size_t i = 0; i < count && used < PROTOCOL_WHY_CHARS / 2; i++) {
        const struct kind *kind = kind_of(channels[i].kind);
        for (size_t k = 0; k < kind->word_count && kind_has_verb(channels[i].kind, VERB_TOGGLE); k++)
            if (kind->words[k].verb == verb)
                used += (size_t)snprintf(list + used, PROTOCOL_WHY_SIZE - used, "%s%s%s",
                    used > 0 ? ", " : "", channels[i].name, kind->words[k].suffix);
    }
    return used > 0;
}

// Knows the words that other programs send, without a name, to the only thing that they switch. Returns true for such a word.
static bool is_nameless(const struct protocol_command *command, enum verb *verb)
{
    static const struct {
        const char *word;
        enum verb verb;
    } words[] = {{"on", VERB_ON}, {"true", VERB_ON}, {"false", VERB_OFF}, {"toggle", VERB_TOGGLE}};
    bool number = command->has_number && command->word[0] == '\0';
    if (number && (command->tenths == 10 || command->tenths == 0)) {
        *verb = command->tenths ? VERB_ON : VERB_OFF;
        return true;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(words) && !command->has_number && !command->second[0]; i++) {
        if (strcmp(command->word, words[i].word) == 0) {
            *verb = words[i].verb;
            return true;
        }
    }
    return false;
}

static enum protocol_result match_nameless(const struct channel_id *channels, size_t count,
    const struct protocol_command *command, enum verb verb, char why[PROTOCOL_WHY_SIZE])
{
    char list[PROTOCOL_WHY_SIZE];
    if (list_switching(channels, count, verb, list))
        say(why, "say which: %s", list);
    else
        say(why, "nothing here is switched by %s", command->cmd);
    return RESULT_UNKNOWN;
}

static enum protocol_result match_number_alone(const struct channel_id *channels, size_t count,
    const struct protocol_command *command, char why[PROTOCOL_WHY_SIZE])
{
    int servo = first_servo(channels, count);
    if (servo >= 0)
        say(why, "%s alone: say which servo, as in %s %s", command->cmd, channels[servo].name, command->cmd);
    else
        say(why, "%s alone: expected a command", command->cmd);
    return RESULT_INVALID;
}

static bool is_channel_word(const struct channel_id *channels, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++)
        if (find_word(&channels[i], word))
            return true;
    return false;
}

// `led on` is a command that wants its underscore.
static bool wants_underscore(const struct channel_id *channels, size_t count,
    const struct protocol_command *command, char why[PROTOCOL_WHY_SIZE])
{
    char joined[sizeof command->word + sizeof command->second], number[16] = "";
    snprintf(joined, sizeof joined, "%s_%s", command->word, command->second);
    if (!is_channel_word(channels, count, joined))
        return false;
    if (command->has_number)
        protocol_format_tenths(number, command->tenths);
    say(why, "no %s here: did you mean %s%s%s?", command->cmd, joined, number[0] ? " " : "", number);
    return true;
}

static enum protocol_result check_argument(const struct kind_word *word,
    const struct protocol_command *command, const struct kind *kind, char why[PROTOCOL_WHY_SIZE])
{
    if (!command->second[0])
        return check_number(word, command, kind->unit, kind->zero_stops >> word->verb & 1u, why);
    if (word->number == NUMBER_NO)
        say(why, "“%s” is too much: %s takes nothing", command->second, command->word);
    else
        say(why, "“%s” is not a number: expected %s 20", command->second, command->word);
    return RESULT_INVALID;
}

static enum protocol_result match_word_for_all(const struct channel_id *channels, size_t count,
    const struct protocol_command *command, const struct kind_word *word, struct vocabulary_match *out,
    char why[PROTOCOL_WHY_SIZE])
{
    char list[PROTOCOL_WHY_SIZE];
    if (word->verb == VERB_SET)
        return match_move(channels, count, command, out, why);
    out->verb = word->verb;
    out->guessed = word->verb == VERB_OFF_ALL && command->has_capital;
    if (!out->guessed || command->has_number || command->second[0])
        return check_argument(word, command, kind_of(CHANNEL_OTHER), why);
    out->verb = VERB_STOP_ALL;
    bool any = list_switching(channels, count, VERB_OFF, list);
    say(why, "say which: %s%soff", any ? list : "", any ? ", or " : "");
    return RESULT_OK;
}

enum protocol_result vocabulary_match(const struct channel_id *channels, size_t count,
    const struct protocol_command *command, struct vocabulary_match *out, char why[PROTOCOL_WHY_SIZE])
{
    enum verb verb;
    why[0] = '\0';
    *out = (struct vocabulary_match){
        .channel = -1, .has_number = command->has_number, .tenths = command->tenths};
    if (is_nameless(command, &verb) && !is_channel_word(channels, count, command->word))
        return match_nameless(channels, count, command, verb, why);
    if (command->word[0] == '\0')
        return match_number_alone(channels, count, command, why);
    for (size_t i = 0; i < ARRAY_LENGTH(words_for_all); i++)
        if (strcmp(command->word, words_for_all[i].suffix) == 0)
            return match_word_for_all(channels, count, command, &words_for_all[i], out, why);
    if (command->second[0] && wants_underscore(channels, count, command, why))
        return RESULT_UNKNOWN;
    for (size_t i = 0; i < count; i++) {
        const struct kind_word *word = find_word(&channels[i], command->word);
        if (!word)
            continue;
        out->verb = word->verb;
        out->channel = (int)i;
        if (channels[i].kind == CHANNEL_POSE) {
            out->channel = -1;
            out->pose = (int)(i - first_pose(channels, count));
        }
        const struct kind *kind = kind_of(channels[i].kind);
        if (command->has_number && command->tenths == 0 && (kind->zero_stops >> word->verb & 1u))
            out->verb = VERB_STOP;
        return check_argument(word, command, kind, why);
    }
    return unknown_word(channels, count, command->word, why);
}

static bool is_among(unsigned verbs, enum verb verb)
{
    return (verbs >> verb & 1u) != 0;
}

bool vocabulary_is_motion(const struct vocabulary_match *match, const struct channel_id *channels)
{
    if (match->channel < 0)
        return match->verb == VERB_CENTER_ALL || match->verb == VERB_POSE;
    const struct channel_id *channel = &channels[match->channel];
    const struct kind *kind = kind_of(channel->kind);
    if (!channel->stops_off)
        return is_among(kind->motion, match->verb);
    bool off = match->verb == VERB_SET && match->tenths <= 0;
    return is_among(kind->motion_stops_off, match->verb) && !off;
}

bool vocabulary_needs_deadline(const struct vocabulary_match *match, const struct channel_id *channels)
{
    return vocabulary_is_motion(match, channels) ||
           (match->channel >= 0 && is_among(kind_of(channels[match->channel].kind)->timely, match->verb));
}

bool vocabulary_is_halt(const struct vocabulary_match *match, const struct channel_id *channels)
{
    return match->channel >= 0 && is_among(kind_of(channels[match->channel].kind)->halts, match->verb);
}

int vocabulary_check(
    const struct channel_id *channels, size_t count, size_t *culprit, char why[PROTOCOL_WHY_SIZE])
{
    size_t poses_at = first_pose(channels, count);
    why[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        *culprit = i;
        bool is_pose = i >= poses_at;
        if (i >= (is_pose ? poses_at + PROTOCOL_POSES_MAX : PROTOCOL_CHANNELS_MAX)) {
            say(why, "%zu %s: a device has at most %d", is_pose ? count - poses_at : poses_at,
                is_pose ? "poses" : "channels", is_pose ? PROTOCOL_POSES_MAX : PROTOCOL_CHANNELS_MAX);
            return -EINVAL;
        }
        const char *name = channels[i].name;
        int rc = is_pose ? protocol_check_pose(name, why) : protocol_check_name(name, why);
        if (rc != 0)
            return rc;
        for (size_t j = 0; j < i; j++) {
            const char *other = channels[j].name;
            if (strcmp(name, other) == 0) {
                say(why, "%s is given twice", name);
                return -EINVAL;
            }
            // A suffix has its only _ in front, so none ends in another: two words can be equal only where
            // one channel's name is a word of the other.
            bool longer = strlen(name) > strlen(other);
            if (find_word(longer ? &channels[j] : &channels[i], longer ? name : other)) {
                say(why, "%s is a command of %s %s: a %s cannot have that name", longer ? name : other,
                    channel_kind_name(channels[longer ? j : i].kind), longer ? other : name,
                    channels[longer ? i : j].kind == CHANNEL_POSE ? "pose" : "channel");
                return -EINVAL;
            }
        }
    }
    return 0;
}

static bool each_word(
    const struct channel_id *channel, bool (*each)(void *ctx, const char *word, int takes_number), void *ctx)
{
    char word[WORD_SIZE];
    const struct kind *kind = kind_of(channel->kind);
    for (size_t i = 0; i < kind->word_count; i++) {
        if (!answers_to(channel, &kind->words[i]))
            continue;
        snprintf(word, sizeof word, "%s%s", channel->name, kind->words[i].suffix);
        if (!each(ctx, word, (int)kind->words[i].number))
            return false;
    }
    return true;
}

void vocabulary_each(const struct channel_id *channels, size_t count,
    bool (*each)(void *ctx, const char *word, int takes_number), void *ctx)
{
    for (size_t i = 0; i < count; i++)
        if (!each_word(&channels[i], each, ctx))
            return;
    for (size_t i = 0; i < ARRAY_LENGTH(words_for_all); i++) {
        bool is_move = words_for_all[i].verb == VERB_SET;
        if (is_move && first_servo(channels, count) < 0)
            continue;
        if (!each(ctx, words_for_all[i].suffix, (int)words_for_all[i].number))
            return;
    }
}
