// SPDX-License-Identifier: MIT
#include "nano-agent/config/config_channels.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nano-agent/agent/repertoire.h"
#include "nano-agent/config/claims.h"
#include "nano-agent/config/config_repertoire.h"
#include "nano-agent/config/section.h"

static const struct section *const sections[] = {
    [CHANNEL_SERVO] = &section_servo,
    [CHANNEL_SWITCH] = &section_switch,
    [CHANNEL_DIMMER] = &section_dimmer,
    [CHANNEL_INPUT] = &section_input,
    [CHANNEL_MOTOR] = &section_motor,
};
_Static_assert(sizeof sections / sizeof sections[0] == CHANNEL_KINDS, "every kind has a section");

const struct key_table *config_channels_keys(struct key_table out[CHANNEL_KINDS])
{
    for (int i = 0; i < CHANNEL_KINDS; i++)
        out[i] = (struct key_table){
            channel_kind_name((enum channel_kind)i), sections[i]->keys, sections[i]->key_count};
    return out;
}

void config_channels_describe(
    const struct agent_channel_config *channel, const struct config_output *output, char *out, size_t size)
{
    sections[channel->id.kind]->describe(channel, output, out, size);
}

static int in_file_order(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->section->line != y->section->line)
        return x->section->line < y->section->line ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

static int read_channel(
    struct config_file *file, const struct place *at, struct agent_channel_config *c, struct config_output *o)
{
    const char *name = cfg_title(at->section), *kind = channel_kind_name(at->kind);
    char why[PROTOCOL_WHY_SIZE];
    if (protocol_check_name(name, why) < 0)
        return config_file_refuse(file, (unsigned)at->section->line, "%s %.64s: %s", kind, name, why);
    c->id.kind = at->kind;
    snprintf(c->id.name, sizeof c->id.name, "%s", name);

    bool pwm = channel_port(at->kind) == PORT_PWM;
    const char *key = pwm ? "pwm" : "gpio";
    o->line = at->section->line;
    o->gpio.consumer = "nano-agent";
    if (channel_port(at->kind) != PORT_MOTOR) {
        o->line = (int)config_file_line(file, at->section, key);
        if (section_address(file, at, key, pwm, &o->address) < 0)
            return -EINVAL;
    }
    return sections[at->kind]->read(file, at, c, o);
}

static int check_names(struct config_file *file, const struct place *places, const struct config *config)
{
    struct channel_id ids[PROTOCOL_NAMES_MAX] = {0};
    char why[PROTOCOL_WHY_SIZE];
    size_t culprit = 0;
    size_t count = repertoire_ids(config->agent.channels, config->agent.count, NULL, 0, ids);
    if (vocabulary_check(ids, count, &culprit, why) < 0)
        return config_file_refuse(file, (unsigned)places[culprit].section->line, "%s %s: %s",
            channel_kind_name(ids[culprit].kind), ids[culprit].name, why);
    return 0;
}

// What an input runs may be a pose too.
static int check_commands(struct config_file *file, const struct place *places, const struct config *config)
{
    struct channel_id ids[PROTOCOL_NAMES_MAX];
    char why[PROTOCOL_WHY_SIZE];
    const struct agent_config *agent = &config->agent;
    size_t id_count = repertoire_ids(agent->channels, agent->count, agent->poses, agent->pose_count, ids);
    for (size_t i = 0; i < agent->count; i++) {
        const struct agent_channel_config *c = &config->agent.channels[i];
        const char *const texts[] = {c->press, c->release};
        for (int k = 0; k < 2; k++) {
            struct protocol_command command;
            struct vocabulary_match match;
            if (!*texts[k])
                continue;
            const char *key = k ? "release" : "press";
            why[0] = '\0';
            if (protocol_parse_text(texts[k], strlen(texts[k]), &command, why) < 0 ||
                vocabulary_match(ids, id_count, &command, &match, why) != RESULT_OK)
                return config_file_refuse(file, config_file_line(file, places[i].section, key),
                    "%s %s: %s = %.64s; %s", channel_kind_name(c->id.kind), c->id.name, key, texts[k],
                    why[0] ? why : "a command of this configuration is wanted");
        }
    }
    return 0;
}

// Every channel's section in the order of the file, so that the one that is too many is the last. NULL without memory.
static struct place *find_places(const struct config_file *file, const char *model, size_t *count)
{
    size_t all = 0;
    for (int kind = 0; kind < CHANNEL_KINDS; kind++)
        all += cfg_size(file->cfg, file->sections[kind].name);
    struct place *places = calloc(all + 1, sizeof *places);
    *count = 0;
    for (int kind = 0; places && kind < CHANNEL_KINDS; kind++) {
        const char *name = file->sections[kind].name;
        for (unsigned i = 0; i < cfg_size(file->cfg, name); i++)
            places[(*count)++] = (struct place){
                .section = cfg_getnsec(file->cfg, name, i), .kind = (enum channel_kind)kind, .model = model};
    }
    if (places)
        qsort(places, *count, sizeof *places, in_file_order);
    return places;
}

static void simulate(struct hw_address *address)
{
    if (address->kind != HW_SIM)
        address->line = 0;
    address->kind = HW_SIM;
}

static void simulate_motor(struct hw_motor_options *motor)
{
    for (unsigned i = 0; i < HW_MOTOR_OUTPUTS_MAX; i++) {
        simulate(&motor->forward[i]);
        simulate(&motor->backward[i]);
        simulate(&motor->pwm[i]);
    }
    simulate(&motor->direction.at);
    simulate(&motor->in1.at);
    simulate(&motor->in2.at);
    simulate(&motor->enable.at);
}

static void simulate_all(struct config *config)
{
    for (size_t i = 0; i < config->agent.count; i++) {
        simulate(&config->outputs[i].address);
        simulate_motor(&config->outputs[i].motor);
    }
}

static void make_fingerprints(struct config *config)
{
    for (size_t i = 0; i < config->agent.count; i++) {
        struct agent_channel_config *c = &config->agent.channels[i];
        const struct hw_address *at = &config->outputs[i].address;
        char output[HW_CHIP_MAX + 64];
        snprintf(output, sizeof output, "%d %s %x %u", (int)at->kind, at->chip, at->i2c_address, at->line);
        c->fingerprint = positions_fingerprint(&c->motion, output);
    }
}

int config_channels_build(struct config_file *file, const char *model, struct config *out)
{
    size_t count;
    struct place *places = find_places(file, model, &count);
    if (!places)
        return config_file_refuse(file, 0, "out of memory");
    int rc = 0;
    if (count == 0)
        rc = config_file_refuse(
            file, 0, "no channel; write at least one servo, switch, dimmer, motor or input");
    else if (count > PROTOCOL_CHANNELS_MAX)
        rc = config_file_refuse(file, (unsigned)places[PROTOCOL_CHANNELS_MAX].section->line,
            "%s %.64s: more than %d channels", channel_kind_name(places[PROTOCOL_CHANNELS_MAX].kind),
            cfg_title(places[PROTOCOL_CHANNELS_MAX].section), PROTOCOL_CHANNELS_MAX);
    if (rc == 0) {
        out->agent.count = count;
        memset(out->agent.channels, 0, sizeof out->agent.channels);
        memset(out->outputs, 0, sizeof out->outputs);
    }
    for (size_t i = 0; i < count && rc == 0; i++)
        rc = read_channel(file, &places[i], &out->agent.channels[i], &out->outputs[i]);
    if (rc == 0)
        rc = claims_check(file, places, model, out);
    if (rc == 0)
        rc = check_names(file, places, out);
    if (rc == 0)
        rc = config_poses_build(file, out);
    if (rc == 0)
        rc = check_commands(file, places, out);
    free(places);
    if (rc != 0)
        return rc;
    if (out->sim)
        simulate_all(out);
    make_fingerprints(out);
    return 0;
}
