// SPDX-License-Identifier: MIT
#include "pc-tui/cli/cli_words.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/protocol/protocol.h"
#include "common/text.h"
#include "pc-tui/config/duration.h"
#include "pc-tui/model/model_kind.h"

bool cli_words_is_sleep(const char *text, const char **duration)
{
    text += strspn(text, " \t");
    if (strncmp(text, "sleep", 5) != 0 || (text[5] != '\0' && !strchr(" \t", text[5])))
        return false;
    *duration = text + 5 + strspn(text + 5, " \t");
    return true;
}

int cli_words_check(const char *text, char why[PROTOCOL_WHY_SIZE])
{
    const char *duration;
    int ms;
    if (cli_words_is_sleep(text, &duration)) {
        if (duration_parse_ms(duration, &ms) == 0)
            return 0;
        snprintf(why, PROTOCOL_WHY_SIZE, "sleep wants a duration: 'sleep 500ms'");
        return -EINVAL;
    }
    const char *digits = text + strspn(text, " \t+-");
    if (*digits != '\0' && digits[strspn(digits, "0123456789. \t")] == '\0') {
        snprintf(why, PROTOCOL_WHY_SIZE,
            "a number alone is no command; quote command and number together: 'tilt %.40s'",
            text + strspn(text, " \t"));
        return -EINVAL;
    }
    if (protocol_is_guessed_stop(text))
        return 0;
    struct protocol_command command;
    return protocol_parse_text(text, strlen(text), &command, why) < 0 ? -EINVAL : 0;
}

int cli_words_check_all(const char *const *commands, int count, char why[CLI_WHY_SIZE])
{
    char reason[PROTOCOL_WHY_SIZE], shown[PROTOCOL_CMD_SIZE];
    for (int i = 0; i < count; i++) {
        if (strcmp(commands[i], "-") == 0 || cli_words_check(commands[i], reason) == 0)
            continue;
        text_clean(shown, sizeof shown, commands[i], strlen(commands[i]), PROTOCOL_ECHO_CHARS);
        snprintf(why, CLI_WHY_SIZE, "%s: %s", shown, reason);
        return -EINVAL;
    }
    return 0;
}

char *cli_words_channel(char out[CLI_VALUE_SIZE], const struct status_channel *channel, bool ascii)
{
    char value[MODEL_VALUE_SIZE];
    if (channel->fault[0]) {
        snprintf(out, CLI_VALUE_SIZE, "%s fault: %s", channel->id.name, channel->fault);
        return out;
    }
    model_plain(value, channel, ascii);
    snprintf(out, CLI_VALUE_SIZE, "%s%s%s", channel->id.name, value[0] ? " " : "",
        channel->unreadable ? " cannot be read" : value);
    return out;
}
