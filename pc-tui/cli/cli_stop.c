// SPDX-License-Identifier: MIT
#include "pc-tui/cli/cli_stop.h"

#include <stdio.h>
#include <string.h>

// What the broker retains comes in one burst after subscribing. Before it has come, nobody knows who is there.
enum { SETTLE_US = 150000 };

bool cli_stop_is(const char *text)
{
    char why[PROTOCOL_WHY_SIZE];
    struct protocol_command command;
    if (protocol_is_guessed_stop(text))
        return true;
    return protocol_parse_text(text, strlen(text), &command, why) == 0 && strcmp(command.word, "stop") == 0;
}

static void add_name(char names[CLI_STOP_NAMES_SIZE], const char *name)
{
    size_t used = strlen(names);
    size_t room = CLI_STOP_NAMES_SIZE - used;
    if (room < PROTOCOL_ROOT_MAX + 8) { // the next one might not fit
        if (strcmp(names + used - 3, "…") != 0)
            snprintf(names + used, room, "…");
        return;
    }
    snprintf(names + used, room, "%s%s", used ? ", " : "", name);
}

struct cli_stop cli_stop_look(const struct controller *controller, const struct model *model,
    const char *root, const char *device, int64_t since_us, int64_t now_us)
{
    struct cli_stop out = {.complete = now_us - since_us >= SETTLE_US};
    for (size_t i = 0; i < model->count; i++) {
        const struct model_device *other = model->devices[i];
        if (other->tutorial || (device[0] && strcmp(device, other->name) != 0))
            continue;
        const char *name = other->name[0] ? other->name : root;
        if (controller_stop_echoed(controller, other)) {
            out.echoed++;
            add_name(out.echoed_names, name);
            continue;
        }
        // A retained status may be all that is left of a device. It may also be that of a device that hangs, and a stop
        // that was not confirmed must not look like one that was.
        enum presence presence = model_presence(other, now_us);
        if (presence != PRESENCE_LIVE && presence != PRESENCE_RETAINED)
            continue;
        out.silent++;
        add_name(out.silent_names, name);
    }
    out.complete = out.complete && out.echoed > 0 && out.silent == 0;
    return out;
}
