// SPDX-License-Identifier: MIT
#include <stdio.h>
#include <string.h>

#include "nano-agent/config/section.h"

static const struct key keys[] = {
    {"gpio", KEY_ADDRESS, 1, 0, 0, 0, {NULL}, NULL, NULL},
    {"active_low", KEY_WORD, 1, 0, 0, 0, {"false"}, "false true", NULL},
    {"bias", KEY_WORD, 1, 0, 0, 0, {"none"}, "none up down", NULL},
    {"debounce", KEY_NUMBER, 1, 1, 0, 1000, {"20"}, NULL, "0 to 1000 milliseconds"},
    {"press", KEY_COMMAND, 1, 0, 0, 0, {""}, NULL, NULL},
    {"release", KEY_COMMAND, 1, 0, 0, 0, {""}, NULL, NULL},
};

static enum hw_bias read_bias(const struct config_file *file, const struct place *at)
{
    const char *bias = section_word(file, at, "bias");
    return strcmp(bias, "up") == 0 ? HW_BIAS_UP : strcmp(bias, "down") == 0 ? HW_BIAS_DOWN : HW_BIAS_NONE;
}

static int read_command(struct config_file *file, const struct place *at, const char *key, char *out)
{
    const char *text = section_word(file, at, key);
    if (strlen(text) >= PROTOCOL_CMD_SIZE)
        return section_refuse(file, at, key, "%s: too long for a command", key);
    snprintf(out, PROTOCOL_CMD_SIZE, "%s", text);
    return 0;
}

static int read_keys(
    struct config_file *file, const struct place *at, struct agent_channel_config *c, struct config_output *o)
{
    o->gpio.active_low = section_is_true(file, at, "active_low");
    o->gpio.bias = read_bias(file, at);
    c->debounce_ms = section_number(file, at, "debounce", 0);
    int rc = read_command(file, at, "press", c->press);
    return rc ? rc : read_command(file, at, "release", c->release);
}

static void describe(
    const struct agent_channel_config *channel, const struct config_output *output, char *out, size_t size)
{
    snprintf(out, size, "%s, debounce %d ms, press \"%s\", release \"%s\"",
        output->gpio.active_low ? ", active low" : "", channel->debounce_ms, channel->press,
        channel->release);
}

const struct section section_input = {keys, sizeof keys / sizeof *keys, read_keys, describe};
