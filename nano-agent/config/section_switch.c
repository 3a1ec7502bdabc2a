// SPDX-License-Identifier: MIT
#include "nano-agent/config/section.h"

static const struct key keys[] = {
    {"gpio", KEY_ADDRESS, 1, 0, 0, 0, {NULL}, NULL, NULL},
    {"active_low", KEY_WORD, 1, 0, 0, 0, {"false"}, "false true", NULL},
    {"start", KEY_WORD, 1, 0, 0, 0, {"off"}, "off on", NULL},
    {"safe", KEY_WORD, 1, 0, 0, 0, {"off"}, "off hold on", NULL},
    {"lost", KEY_WORD, 1, 0, 0, 0, {"hold"}, "hold off on", NULL},
    {"stop", KEY_WORD, 1, 0, 0, 0, {"hold"}, "hold off", NULL},
};

static int read_keys(
    struct config_file *file, const struct place *at, struct agent_channel_config *c, struct config_output *o)
{
    c->start = section_policy(file, at, "start");
    c->safe = section_policy(file, at, "safe");
    c->lost = section_policy(file, at, "lost");
    c->id.stops_off = section_policy(file, at, "stop") == POLICY_OFF;
    o->gpio.active_low = section_is_true(file, at, "active_low");
    o->gpio.initial = c->start == POLICY_ON;
    return 0;
}

const struct section section_switch = {keys, sizeof keys / sizeof *keys, read_keys, section_describe_line};
