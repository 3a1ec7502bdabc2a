// SPDX-License-Identifier: MIT
// Parses configurations of a Nano and looks at what became of them. For the test files of this folder.
#ifndef TESTS_CONFIG_RIG_H
#define TESTS_CONFIG_RIG_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/config/config.h"

static struct config config; // that the latest text stands for

__attribute__((unused)) static int parse(const char *text, char why[1024])
{
    config_init(&config);
    snprintf(config.board, sizeof config.board, "JETSON_NANO");
    why[0] = '\0';
    return config_parse(text, "f", &config, why);
}

__attribute__((unused)) static void accept(const char *text)
{
    char why[1024];
    if (parse(text, why) != 0)
        fail_msg("refused: %s\n%s", why, text);
}

// Refused, with a line that begins with the place and holds the words.
__attribute__((unused)) static void refuse_at(const char *text, const char *place, const char *words)
{
    char why[1024];
    if (parse(text, why) != -EINVAL)
        fail_msg("accepted, or another error (%s):\n%s", why, text);
    if (strncmp(why, place, strlen(place)) != 0 || !strstr(why, words) || strchr(why, '\n'))
        fail_msg("wanted \"%s … %s\", got \"%s\"", place, words, why);
}

#define SERVO "servo tilt { pwm = \"pin 33\" }\n"

__attribute__((unused)) static const struct agent_channel_config *channel(const char *name)
{
    for (size_t i = 0; i < config.agent.count; i++) {
        if (!strcmp(config.agent.channels[i].id.name, name))
            return &config.agent.channels[i];
    }
    fail_msg("no channel %s", name);
    return NULL;
}

__attribute__((unused)) static const struct config_output *output(const char *name)
{
    return &config.outputs[channel(name) - config.agent.channels];
}

#endif
