// SPDX-License-Identifier: MIT
// Any bytes as a command: what may be shown is clean, what is accepted is canonical, a refusal leaves nothing
// that could be carried out.
#include <string.h>

#include "common/array.h"
#include "common/protocol/protocol.h"
#include "common/protocol/vocabulary.h"
#include "common/text.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_clean(const char *s, size_t max_chars)
{
    char clean[4 * PROTOCOL_WHY_CHARS + 1];
    text_clean(clean, sizeof clean, s, strlen(s), max_chars);
    REQUIRE(strcmp(clean, s) == 0);
}

static void require_same_meaning(const struct protocol_command *command)
{
    struct protocol_command again;
    char why[PROTOCOL_WHY_SIZE];
    REQUIRE(protocol_parse_text(command->cmd, strlen(command->cmd), &again, why) == 0);
    REQUIRE(strcmp(again.cmd, command->cmd) == 0);
    REQUIRE(strcmp(again.word, command->word) == 0);
    REQUIRE(strcmp(again.second, command->second) == 0);
    REQUIRE(again.has_number == command->has_number && again.tenths == command->tenths);
    REQUIRE(protocol_is_stop(&again) == protocol_is_stop(command));

    char envelope[PROTOCOL_COMMAND_MAX + 1];
    int len = protocol_format_envelope(envelope, sizeof envelope, command->cmd, command->id, command->boot,
        command->by_ms, command->has_stops ? command->stops : -1);
    REQUIRE(len > 0);
    REQUIRE(protocol_parse_command(envelope, (size_t)len, &again, why) == 0);
    REQUIRE(strcmp(again.cmd, command->cmd) == 0 && strcmp(again.id, command->id) == 0);
    REQUIRE(strcmp(again.boot, command->boot) == 0);
    REQUIRE(!command->has_stops || (again.has_stops && again.stops == command->stops));
    REQUIRE(!command->has_by || (again.has_by && again.by_ms == command->by_ms));
}

static void require_sound_match(const struct protocol_command *command)
{
    static const struct channel_id channels[] = {{"tilt", CHANNEL_SERVO, false, false},
        {"pan", CHANNEL_SERVO, true, false}, {"led", CHANNEL_SWITCH, false, false},
        {"lamp", CHANNEL_DIMMER, false, true}, {"button", CHANNEL_INPUT, false, false},
        {"drive", CHANNEL_MOTOR, false, false}};
    struct vocabulary_match match;
    char why[PROTOCOL_WHY_SIZE];
    enum protocol_result result = vocabulary_match(channels, ARRAY_LENGTH(channels), command, &match, why);
    REQUIRE(result == RESULT_OK || result == RESULT_UNKNOWN || result == RESULT_INVALID);
    REQUIRE((result == RESULT_OK && !match.guessed) == (why[0] == '\0'));
    REQUIRE(match.channel >= -1 && match.channel < (int)ARRAY_LENGTH(channels));
    require_clean(why, PROTOCOL_WHY_CHARS);
    if (result == RESULT_OK && (match.verb == VERB_UP || match.verb == VERB_DOWN) && match.has_number)
        REQUIRE(match.tenths > 0);
    if (result == RESULT_OK && (match.verb == VERB_FORWARD || match.verb == VERB_BACKWARD) &&
        match.has_number)
        REQUIRE(match.tenths > 0);
    if (result == RESULT_OK) {
        REQUIRE(!vocabulary_is_motion(&match, channels) || vocabulary_needs_deadline(&match, channels));
        REQUIRE(!vocabulary_is_motion(&match, channels) || !vocabulary_is_halt(&match, channels));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct protocol_command command;
    char why[PROTOCOL_WHY_SIZE];
    int rc = protocol_parse_command(data, size, &command, why);
    require_clean(command.cmd, PROTOCOL_ECHO_CHARS);
    require_clean(command.id, PROTOCOL_ID_MAX);
    require_clean(command.boot, PROTOCOL_BOOT_MAX);
    require_clean(why, PROTOCOL_WHY_CHARS);
    REQUIRE((rc == 0) == (why[0] == '\0'));
    REQUIRE(!command.has_by || (command.by_ms >= 0 && command.boot[0]));
    if (rc == 0) {
        REQUIRE(size <= PROTOCOL_COMMAND_MAX);
        require_same_meaning(&command);
        require_sound_match(&command);
    } else {
        REQUIRE(command.word[0] == '\0' && !command.has_number && !protocol_is_stop(&command));
    }
    return 0;
}
