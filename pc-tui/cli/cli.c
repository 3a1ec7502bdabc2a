// SPDX-License-Identifier: MIT
#include "pc-tui/cli/cli.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pc-tui/cli/cli_private.h"
#include "pc-tui/config/duration.h"

struct event_base *cli_event_base(void)
{
    struct event_config *config = event_config_new();
    if (!config)
        return NULL;
    event_config_require_features(config, EV_FEATURE_FDS);
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

bool cli_is_sleep(const char *text, const char **duration)
{
    text += strspn(text, " \t");
    if (strncmp(text, "sleep", 5) != 0 || (text[5] != '\0' && !strchr(" \t", text[5])))
        return false;
    *duration = text + 5 + strspn(text + 5, " \t");
    return true;
}

int cli_check_command(const char *text, char why[PROTOCOL_WHY_SIZE])
{
    const char *duration;
    int ms;
    if (cli_is_sleep(text, &duration)) {
        if (duration_parse_ms(duration, &ms) == 0)
            return 0;
        snprintf(why, PROTOCOL_WHY_SIZE, "sleep wants a duration: 'sleep 500ms'");
        return CLI_USAGE;
    }
    const char *digits = text + strspn(text, " \t+-");
    if (*digits != '\0' && digits[strspn(digits, "0123456789. \t")] == '\0') {
        snprintf(why, PROTOCOL_WHY_SIZE,
            "a number alone is no command; quote command and number together: 'tilt %.40s'",
            text + strspn(text, " \t"));
        return CLI_USAGE;
    }
    struct protocol_command command;
    return protocol_parse_text(text, strlen(text), &command, why) < 0 ? CLI_USAGE : 0;
}

static const char *put_degrees(char out[24], int tenths, bool ascii)
{
    snprintf(out, 24, "%s%d.%d%s", tenths < 0 ? "-" : "", abs(tenths / 10), abs(tenths % 10),
        ascii ? " deg" : "°");
    return out;
}

char *cli_channel(char out[CLI_VALUE_SIZE], const struct status_channel *channel, bool ascii)
{
    char deg[24];
    char target[24];
    const char *name = channel->id.name;
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
    case CHANNEL_OTHER:
        break;
    }
    snprintf(out, CLI_VALUE_SIZE, "%s", name);
    return out;
}
