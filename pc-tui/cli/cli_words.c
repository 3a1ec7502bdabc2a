// SPDX-License-Identifier: MIT
#include "pc-tui/cli/cli_words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/protocol/protocol.h"
#include "common/text.h"
#include "pc-tui/config/duration.h"

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

static const char *put_degrees(char out[24], int tenths, bool ascii)
{
    snprintf(out, 24, "%s%d.%d%s", tenths < 0 ? "-" : "", abs(tenths / 10), abs(tenths % 10),
        ascii ? " deg" : "°");
    return out;
}

char *cli_words_channel(char out[CLI_VALUE_SIZE], const struct status_channel *channel, bool ascii)
{
    char deg[24];
    char target[24];
    const char *name = channel->id.name;
    if (channel->fault[0]) {
        snprintf(out, CLI_VALUE_SIZE, "%s fault: %s", name, channel->fault);
        return out;
    }
    switch (channel->id.kind) {
    case CHANNEL_SERVO:
        put_degrees(deg, channel->deg, ascii);
        put_degrees(target, channel->target, ascii);
        if (!channel->target_known && !channel->deg_known)
            snprintf(out, CLI_VALUE_SIZE, "%s unknown", name);
        else if (!channel->deg_known || !channel->target_known || channel->deg == channel->target)
            snprintf(out, CLI_VALUE_SIZE, "%s %s", name, channel->deg_known ? deg : target);
        else
            snprintf(out, CLI_VALUE_SIZE, "%s %s -> %s", name, deg, target);
        return out;
    case CHANNEL_SWITCH:
    case CHANNEL_INPUT:
        snprintf(out, CLI_VALUE_SIZE, "%s %s", name, channel->on ? "on" : "off");
        return out;
    case CHANNEL_DIMMER:
        if (channel->on)
            snprintf(out, CLI_VALUE_SIZE, "%s %d %%", name, channel->percent);
        else
            snprintf(out, CLI_VALUE_SIZE, "%s off", name);
        return out;
    case CHANNEL_MOTOR:
        if (channel->percent == channel->target)
            snprintf(out, CLI_VALUE_SIZE, "%s %d %%", name, channel->percent);
        else
            snprintf(out, CLI_VALUE_SIZE, "%s %d %% -> %d %%", name, channel->percent, channel->target);
        return out;
    case CHANNEL_OTHER:
    case CHANNEL_POSE:
        break;
    }
    snprintf(out, CLI_VALUE_SIZE, "%s%s", name, channel->unreadable ? " cannot be read" : "");
    return out;
}
