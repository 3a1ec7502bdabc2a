// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "nano-agent/config/section.h"

static const struct key keys[] = {
    {"pwm", KEY_ADDRESS, 1, 0, 0, 0, {NULL}, NULL, NULL},
    {"hz", KEY_NUMBER, 1, 1, 1, 100000, {"1000"}, NULL, "1 to 100000"},
    {"start", KEY_WORD, 1, 0, 0, 0, {"off"}, "off on", NULL},
    {"safe", KEY_WORD, 1, 0, 0, 0, {"off"}, "off hold on", NULL},
    {"lost", KEY_WORD, 1, 0, 0, 0, {"hold"}, "hold off on", NULL},
    {"stop", KEY_WORD, 1, 0, 0, 0, {"hold"}, "hold off", NULL},
    {"exit", KEY_WORD, 1, 0, 0, 0, {"hold"}, "hold off", NULL},
};

static int read_keys(
    struct config_file *file, const struct place *at, struct agent_channel_config *c, struct config_output *o)
{
    c->start = section_policy(file, at, "start");
    c->safe = section_policy(file, at, "safe");
    c->lost = section_policy(file, at, "lost");
    c->id.stops_off = section_policy(file, at, "stop") == POLICY_OFF;
    c->exit = section_policy(file, at, "exit");
    o->period_ns = c->motion.period_ns = section_period_ns(section_number(file, at, "hz", 0));
    return 0;
}

static void describe(
    const struct agent_channel_config *channel, const struct config_output *output, char *out, size_t size)
{
    (void)channel;
    snprintf(out, size, ", period %lld us", (long long)(output->period_ns / 1000));
}

const struct section section_dimmer = {keys, sizeof keys / sizeof *keys, read_keys, describe};
