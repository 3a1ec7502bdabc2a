// SPDX-License-Identifier: MIT
#include "nano-agent/config/config_channels.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nano-agent/config/address.h"
#include "nano-agent/hw/pca9685.h"

enum { PULSE_MIN_US = 400, PULSE_MAX_US = 2600 }; // what hobby servos take before they grind at their stops

static const char *const kinds[] = {"servo", "switch", "dimmer", "input"};

struct place { // a channel's section in the file
    cfg_t *section;
    int kind;
};

static int in_file_order(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    if (x->section->line != y->section->line)
        return x->section->line < y->section->line ? -1 : 1;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

static int int_of(const struct config_file *file, const struct place *at, const char *key, unsigned index)
{
    return (int)config_file_number(file, at->section, at->kind, key, index);
}

static const char *word_of(const struct config_file *file, const struct place *at, const char *key)
{
    return config_file_text(file, at->section, at->kind, key);
}

// The index of a word among those an enumeration of agent.h has, in its order.
static int pick(const char *word, const char *const *names, int count)
{
    for (int i = 0; i < count; i++) {
        if (!strcmp(names[i], word))
            return i;
    }
    return 0;
}

static void read_policies(
    const struct config_file *file, const struct place *at, struct agent_channel_config *c)
{
    static const char *const start[] = {"off", "last", "center", "on"};
    static const char *const lost[] = {"hold", "center", "off", "on"};
    static const char *const safe[] = {"off", "hold", "center", "on"};
    static const char *const end[] = {"hold", "off"};
    if (at->kind == CHANNEL_INPUT)
        return;
    c->start = (enum agent_start)pick(word_of(file, at, "start"), start, 4);
    c->lost = (enum agent_lost)pick(word_of(file, at, "lost"), lost, 4);
    c->safe = (enum agent_safe)pick(word_of(file, at, "safe"), safe, 4);
    if (at->kind != CHANNEL_SWITCH)
        c->exit = (enum agent_exit)pick(word_of(file, at, "exit"), end, 2);
}

// The pulse at an angle, along the line through the two calibration points.
static long pulse_at(const struct motion_config *m, int angle)
{
    long span = m->angle[1] - m->angle[0];
    long rise = (long)(m->pulse_us[1] - m->pulse_us[0]) * (angle - m->angle[0]);
    return m->pulse_us[0] + (rise + (rise < 0 ? -span : span) / 2) / span;
}

static int check_servo(struct config_file *file, const struct place *at, const struct motion_config *m)
{
    const char *name = cfg_title(at->section);
    unsigned line = config_file_line(file, at->section, "pulse");
    if (m->pulse_us[0] == m->pulse_us[1])
        return config_file_refuse(file, line,
            "servo %s: pulse: both are %d us; give the pulses of two different angles", name, m->pulse_us[0]);
    line = config_file_line(file, at->section, "angle");
    if (m->angle[0] >= m->angle[1])
        return config_file_refuse(file, line,
            "servo %s: angle: the first must be less than the second; to mirror the servo swap the pulses",
            name);
    bool own_limit = config_file_has(file, at->section, "limit");
    line = config_file_line(file, at->section, own_limit ? "limit" : "angle");
    if (m->limit[0] >= m->limit[1])
        return config_file_refuse(
            file, line, "servo %s: limit: the first must be less than the second", name);
    for (int i = 0; i < 2; i++) {
        long us = pulse_at(m, m->limit[i]);
        char tenths[16];
        if (us < PULSE_MIN_US || us > PULSE_MAX_US)
            return config_file_refuse(file, line,
                "servo %s: limit: %s degrees would be a pulse of %ld us; only %d to %d us are allowed", name,
                protocol_format_tenths(tenths, m->limit[i]), us, PULSE_MIN_US, PULSE_MAX_US);
        if (us * 1000 >= m->period_ns)
            return config_file_refuse(file, config_file_line(file, at->section, "hz"),
                "servo %s: hz: a pulse of %ld us does not fit in a period of %lld us; less hz is wanted",
                name, us, (long long)(m->period_ns / 1000));
    }
    return 0;
}

static int read_servo(
    struct config_file *file, const struct place *at, struct agent_channel_config *c, struct config_output *o)
{
    struct motion_config *m = &c->motion;
    bool own_limit = config_file_has(file, at->section, "limit");
    for (unsigned i = 0; i < 2; i++) {
        m->pulse_us[i] = int_of(file, at, "pulse", i);
        m->angle[i] = int_of(file, at, "angle", i);
        m->limit[i] = int_of(file, at, own_limit ? "limit" : "angle", i);
    }
    m->speed = int_of(file, at, "speed", 0);
    m->accel = int_of(file, at, "accel", 0);
    o->period_ns = m->period_ns = 1000000000LL / int_of(file, at, "hz", 0);
    c->step = int_of(file, at, "step", 0);
    c->idle_off_ms = int_of(file, at, "idle_off", 0);
    static const char *const axes[] = {"none", "tilt", "pan"};
    c->axis = (enum servo_axis)pick(word_of(file, at, "axis"), axes, 3);
    c->id.pan = c->axis == AXIS_PAN;
    return check_servo(file, at, m);
}

static int read_command(struct config_file *file, const struct place *at, const char *key, char *out)
{
    const char *text = word_of(file, at, key);
    if (strlen(text) >= PROTOCOL_CMD_SIZE)
        return config_file_refuse(file, config_file_line(file, at->section, key),
            "input %s: %s: too long for a command", cfg_title(at->section), key);
    snprintf(out, PROTOCOL_CMD_SIZE, "%s", text);
    return 0;
}

static int read_channel(struct config_file *file, const struct place *at, const char *model,
    struct agent_channel_config *c, struct config_output *o)
{
    const char *name = cfg_title(at->section);
    char why[PROTOCOL_WHY_SIZE];
    if (protocol_check_name(name, why) < 0)
        return config_file_refuse(
            file, (unsigned)at->section->line, "%s %.64s: %s", kinds[at->kind], name, why);
    c->id.kind = (enum channel_kind)at->kind;
    snprintf(c->id.name, sizeof c->id.name, "%s", name);

    bool pwm = at->kind == CHANNEL_SERVO || at->kind == CHANNEL_DIMMER;
    const char *key = pwm ? "pwm" : "gpio";
    const char *address = word_of(file, at, key);
    o->line = (int)config_file_line(file, at->section, key);
    if (address_parse(address, pwm, model, &o->address, why) < 0)
        return config_file_refuse(
            file, (unsigned)o->line, "%s %s: %s = %.64s; %s", kinds[at->kind], name, key, address, why);
    o->gpio.consumer = "nano-agent";
    read_policies(file, at, c);
    switch (at->kind) {
    case CHANNEL_SERVO:
        return read_servo(file, at, c, o);
    case CHANNEL_DIMMER:
        o->period_ns = c->motion.period_ns = 1000000000LL / int_of(file, at, "hz", 0);
        return 0;
    case CHANNEL_SWITCH:
        o->gpio.active_low = !strcmp(word_of(file, at, "active_low"), "true");
        o->gpio.initial = c->start == START_ON;
        return 0;
    default: {
        static const char *const bias[] = {"none", "up", "down"};
        o->gpio.active_low = !strcmp(word_of(file, at, "active_low"), "true");
        o->gpio.bias = pick(word_of(file, at, "bias"), bias, 3);
        c->debounce_ms = int_of(file, at, "debounce", 0);
        int status = read_command(file, at, "press", c->press);
        return status ? status : read_command(file, at, "release", c->release);
    }
    }
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
            say_free_pins(config, model, y->kind == CHANNEL_SERVO || y->kind == CHANNEL_DIMMER, left);
            // On the Nano a GPIO request takes the pad away from its PWM for good (pinctrl-tegra210).
            return config_file_refuse(file, (unsigned)b->line, "%s %s: %s is already %s %s's (line %d)%s; %s",
                kinds[y->kind], y->name, b->address.text, kinds[x->kind], x->name, a->line,
                a->address.kind == b->address.kind ? "" : ", and one pin is GPIO or PWM, never both", left);
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
            return config_file_refuse(file, line, "%s %s: hz = %ld; a PCA9685 does %d to %d", kinds[y->kind],
                y->name, hz_of(b), PCA9685_HZ_MIN, PCA9685_HZ_MAX);
        for (size_t j = 0; j < i; j++) {
            const struct config_output *a = &config->outputs[j];
            const struct channel_id *x = &config->agent.channels[j].id;
            if (!on_one_chip(&a->address, &b->address) || a->period_ns == b->period_ns)
                continue;
            return config_file_refuse(file, line,
                "%s %s: hz = %ld, but %s %s (line %d) on the same PCA9685 has %ld; one chip has one "
                "frequency",
                kinds[y->kind], y->name, hz_of(b), kinds[x->kind], x->name, a->line, hz_of(a));
        }
    }
    return 0;
}

static int check_commands(struct config_file *file, const struct place *places, const struct config *config)
{
    struct channel_id ids[PROTOCOL_CHANNELS_MAX];
    char why[PROTOCOL_WHY_SIZE];
    size_t count = config->agent.count, culprit = 0;
    for (size_t i = 0; i < count; i++)
        ids[i] = config->agent.channels[i].id;
    if (vocabulary_check(ids, count, &culprit, why) < 0)
        return config_file_refuse(file, (unsigned)places[culprit].section->line, "%s %s: %s",
            kinds[ids[culprit].kind], ids[culprit].name, why);

    for (size_t i = 0; i < count; i++) {
        const struct agent_channel_config *c = &config->agent.channels[i];
        const char *const texts[] = {c->press, c->release};
        for (int k = 0; k < 2 && c->id.kind == CHANNEL_INPUT; k++) {
            struct protocol_command command;
            struct vocabulary_match match;
            if (!*texts[k])
                continue;
            const char *key = k ? "release" : "press";
            why[0] = '\0';
            if (protocol_parse_text(texts[k], strlen(texts[k]), &command, why) < 0 ||
                vocabulary_match(ids, count, &command, &match, why) != RESULT_OK)
                return config_file_refuse(file, config_file_line(file, places[i].section, key),
                    "input %s: %s = %.64s; %s", c->id.name, key, texts[k],
                    why[0] ? why : "a command of this configuration is wanted");
        }
    }
    return 0;
}

int config_channels_build(struct config_file *file, const char *model, struct config *out)
{
    struct place places[PROTOCOL_CHANNELS_MAX];
    size_t count = 0;
    for (int kind = 0; kind < 4; kind++) {
        for (unsigned i = 0; i < cfg_size(file->cfg, kinds[kind]); i++) {
            cfg_t *section = cfg_getnsec(file->cfg, kinds[kind], i);
            if (count == PROTOCOL_CHANNELS_MAX)
                return config_file_refuse(file, (unsigned)section->line, "%s %.64s: more than %d channels",
                    kinds[kind], cfg_title(section), PROTOCOL_CHANNELS_MAX);
            places[count++] = (struct place){section, kind};
        }
    }
    if (count == 0)
        return config_file_refuse(file, 0, "no channel; write at least one servo, switch, dimmer or input");
    qsort(places, count, sizeof *places, in_file_order);

    out->agent.count = count;
    memset(out->agent.channels, 0, sizeof out->agent.channels);
    memset(out->outputs, 0, sizeof out->outputs);
    int status = 0;
    for (size_t i = 0; i < count && !status; i++)
        status = read_channel(file, &places[i], model, &out->agent.channels[i], &out->outputs[i]);
    if (!status)
        status = check_pins(file, model, out);
    if (!status)
        status = check_frequencies(file, places, out);
    if (!status)
        status = check_commands(file, places, out);
    for (size_t i = 0; i < count && !status && out->sim; i++) {
        struct hw_address *address = &out->outputs[i].address;
        if (address->kind != HW_SIM) {
            address->kind = HW_SIM;
            address->line = 0;
        }
    }
    for (size_t i = 0; i < count && !status; i++) {
        struct agent_channel_config *c = &out->agent.channels[i];
        const struct hw_address *at = &out->outputs[i].address;
        char output[HW_CHIP_MAX + 64];
        snprintf(output, sizeof output, "%d %s %x %u", (int)at->kind, at->chip, at->i2c_address, at->line);
        c->fingerprint = positions_fingerprint(&c->motion, output);
    }
    return status;
}
