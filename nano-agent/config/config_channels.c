// SPDX-License-Identifier: MIT
#include "nano-agent/config/config_channels.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nano-agent/agent/repertoire.h"
#include "nano-agent/config/address.h"
#include "nano-agent/config/config_repertoire.h"
#include "nano-agent/config/section.h"
#include "nano-agent/hw/pca9685.h"

static const struct section *const sections[CHANNEL_KINDS] = {
    [CHANNEL_SERVO] = &section_servo,
    [CHANNEL_SWITCH] = &section_switch,
    [CHANNEL_DIMMER] = &section_dimmer,
    [CHANNEL_INPUT] = &section_input,
};

const struct key_table *config_channels_keys(struct key_table out[CHANNEL_KINDS])
{
    for (int i = 0; i < CHANNEL_KINDS; i++)
        out[i] = (struct key_table){channel_kind_name((enum channel_kind)i),
            sections[i] ? sections[i]->keys : NULL, sections[i] ? sections[i]->key_count : 0};
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

static bool is_pwm(enum channel_kind kind)
{
    return channel_port(kind) == PORT_PWM;
}

static int read_channel(struct config_file *file, const struct place *at, const char *model,
    struct agent_channel_config *c, struct config_output *o)
{
    const char *name = cfg_title(at->section), *kind = channel_kind_name(at->kind);
    char why[PROTOCOL_WHY_SIZE];
    if (!sections[at->kind])
        return config_file_refuse(file, (unsigned)at->section->line, "%s: not in this version", kind);
    if (protocol_check_name(name, why) < 0)
        return config_file_refuse(file, (unsigned)at->section->line, "%s %.64s: %s", kind, name, why);
    c->id.kind = at->kind;
    snprintf(c->id.name, sizeof c->id.name, "%s", name);

    bool pwm = is_pwm(at->kind);
    const char *key = pwm ? "pwm" : "gpio";
    const char *address = section_word(file, at, key);
    o->line = (int)config_file_line(file, at->section, key);
    if (address_parse(address, pwm, model, &o->address, why) < 0)
        return config_file_refuse(
            file, (unsigned)o->line, "%s %s: %s = %.64s; %s", kind, name, key, address, why);
    o->gpio.consumer = "nano-agent";
    return sections[at->kind]->read(file, at, c, o);
}

// What to write in the place of an output that is taken: the header's pins of its kind that are left.
static void say_free_pins(const struct config *config, const char *model, bool pwm, char out[256])
{
    uint64_t taken = 0;
    char pins[200];
    for (size_t i = 0; i < config->agent.count; i++)
        taken |= UINT64_C(1) << config->outputs[i].address.pin;
    snprintf(out, 256, "every channel wants a pin of its own");
    if (!model)
        return;
    address_list_pins(model, pwm, taken, pins, sizeof pins);
    snprintf(out, 256, "%s left: %s", pwm ? "PWM" : "GPIO", pins[0] ? pins : "none; use a PCA9685 board");
}

static int check_pins(struct config_file *file, const char *model, const struct config *config)
{
    for (size_t i = 1; i < config->agent.count; i++) {
        for (size_t j = 0; j < i; j++) {
            const struct config_output *a = &config->outputs[j], *b = &config->outputs[i];
            if (!address_same(&a->address, &b->address))
                continue;
            const struct channel_id *x = &config->agent.channels[j].id, *y = &config->agent.channels[i].id;
            char left[256];
            say_free_pins(config, model, is_pwm(y->kind), left);
            // On the Nano a GPIO request takes the pad away from its PWM for good (pinctrl-tegra210).
            return config_file_refuse(file, (unsigned)b->line, "%s %s: %s is already %s %s's (line %d)%s; %s",
                channel_kind_name(y->kind), y->name, b->address.text, channel_kind_name(x->kind), x->name,
                a->line, a->address.kind == b->address.kind ? "" : ", and one pin is GPIO or PWM, never both",
                left);
        }
    }
    return 0;
}

static long hz_of(const struct config_output *output)
{
    return (long)((INT64_C(1000000000) + output->period_ns / 2) / output->period_ns);
}

// "1-0040": a PCA9685 that the kernel drives; the one PWM chip behind I2C that there is for a Jetson's
// header.
static bool is_i2c_device(const char *name)
{
    size_t digits = strspn(name, "0123456789");
    return digits && name[digits] == '-' && strlen(name) == digits + 5 &&
           strspn(name + digits + 1, "0123456789abcdef") == 4;
}

static bool is_pca9685(const struct hw_address *at)
{
    return at->kind == HW_PCA9685 || (at->kind == HW_PWM_SYSFS && is_i2c_device(at->chip));
}

static bool on_one_chip(const struct hw_address *a, const struct hw_address *b)
{
    return a->kind == b->kind && a->i2c_address == b->i2c_address && !strcmp(a->chip, b->chip);
}

// The channels of a PCA9685 share its one frequency.
static int check_frequencies(
    struct config_file *file, const struct place *places, const struct config *config)
{
    for (size_t i = 0; i < config->agent.count; i++) {
        const struct config_output *b = &config->outputs[i];
        const struct channel_id *y = &config->agent.channels[i].id;
        unsigned line = is_pca9685(&b->address) ? config_file_line(file, places[i].section, "hz") : 0;
        if (!line)
            continue;
        if (pca9685_prescale(b->period_ns) < 0)
            return config_file_refuse(file, line, "%s %s: hz = %ld; a PCA9685 does %d to %d",
                channel_kind_name(y->kind), y->name, hz_of(b), PCA9685_HZ_MIN, PCA9685_HZ_MAX);
        for (size_t j = 0; j < i; j++) {
            const struct config_output *a = &config->outputs[j];
            const struct channel_id *x = &config->agent.channels[j].id;
            if (!on_one_chip(&a->address, &b->address) || a->period_ns == b->period_ns)
                continue;
            return config_file_refuse(file, line,
                "%s %s: hz = %ld, but %s %s (line %d) on the same PCA9685 has %ld; one chip has one "
                "frequency",
                channel_kind_name(y->kind), y->name, hz_of(b), channel_kind_name(x->kind), x->name, a->line,
                hz_of(a));
        }
    }
    return 0;
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
static struct place *find_places(const struct config_file *file, size_t *count)
{
    size_t all = 0;
    for (int kind = 0; kind < CHANNEL_KINDS; kind++)
        all += cfg_size(file->cfg, file->sections[kind].name);
    struct place *places = calloc(all + 1, sizeof *places);
    *count = 0;
    for (int kind = 0; places && kind < CHANNEL_KINDS; kind++) {
        const char *name = file->sections[kind].name;
        for (unsigned i = 0; i < cfg_size(file->cfg, name); i++)
            places[(*count)++] = (struct place){cfg_getnsec(file->cfg, name, i), (enum channel_kind)kind};
    }
    if (places)
        qsort(places, *count, sizeof *places, in_file_order);
    return places;
}

static void simulate_all(struct config *config)
{
    for (size_t i = 0; i < config->agent.count; i++) {
        struct hw_address *address = &config->outputs[i].address;
        if (address->kind != HW_SIM)
            address->line = 0;
        address->kind = HW_SIM;
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
    struct place *places = find_places(file, &count);
    if (!places)
        return config_file_refuse(file, 0, "out of memory");
    int rc = 0;
    if (count == 0)
        rc = config_file_refuse(file, 0, "no channel; write at least one servo, switch, dimmer or input");
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
        rc = read_channel(file, &places[i], model, &out->agent.channels[i], &out->outputs[i]);
    if (rc == 0)
        rc = check_pins(file, model, out);
    if (rc == 0)
        rc = check_frequencies(file, places, out);
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
