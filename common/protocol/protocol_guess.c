// SPDX-License-Identifier: MIT
// A text that somebody typed, which is no command as it is written and yet says stop.
#include <string.h>

#include "common/protocol/protocol.h"

bool protocol_is_guessed_stop(const char *text)
{
    struct protocol_command command;
    char why[PROTOCOL_WHY_SIZE];
    if (!protocol_says_stop(text, strlen(text)))
        return false;
    if (protocol_parse_text(text, strlen(text), &command, why) < 0)
        return true;
    if (strcmp(command.word, "move") == 0) // a servo may be called stop_arm
        return strcmp(command.second, "stop") == 0;
    return command.second[0] || (command.has_number && protocol_is_stop_word(command.word));
}
