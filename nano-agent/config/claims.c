// SPDX-License-Identifier: MIT
#include "nano-agent/config/claims.h"

#include <stdio.h>
#include <string.h>

#include "nano-agent/config/address.h"
#include "nano-agent/hw/pca9685.h"

static size_t add(
    struct claim *out, size_t used, const char *key, const struct hw_address *at, unsigned count, bool pwm)
{
    for (unsigned i = 0; i < count; i++)
        out[used++] = (struct claim){key, &at[i], pwm};
    return used;
}

static size_t claims_of_motor(const struct hw_motor_options *motor, struct claim out[CLAIMS_MAX])
{
    size_t used = add(out, 0, "forward", motor->forward, motor->forward_count, true);
    used = add(out, used, "backward", motor->backward, motor->backward_count, true);
    used = add(out, used, "pwm", motor->pwm, motor->pwm_count, true);
    used = add(out, used, "direction", &motor->direction.at, motor->direction.is_set, false);
    used = add(out, used, "in1", &motor->in1.at, motor->in1.is_set, false);
    used = add(out, used, "in2", &motor->in2.at, motor->in2.is_set, false);
    return add(out, used, "enable", &motor->enable.at, motor->enable.is_set, false);
}

size_t claims_of(const struct agent_channel_config *channel, const struct config_output *output,
    struct claim out[CLAIMS_MAX])
{
    enum channel_port port = channel_port(channel->id.kind);
    if (port == PORT_MOTOR)
        return claims_of_motor(&output->motor, out);
    return add(out, 0, port == PORT_PWM ? "pwm" : "gpio", &output->address, 1, port == PORT_PWM);
}

// A claim, and whose it is.
struct owned {
    struct claim claim;
    const struct channel_id *id;
    unsigned line; // of its key
    int64_t period_ns;
    cfg_t *section;
};

// All claims of a configuration, one after another.
struct walk {
    const struct config_file *file;
    const struct place *places;
    const struct config *config;
    size_t channel, at, count;
    struct claim claims[CLAIMS_MAX];
};

static bool next(struct walk *w, struct owned *out)
{
    while (w->at == w->count) {
        if (w->count > 0)
            w->channel++;
        if (w->channel == w->config->agent.count)
            return false;
        w->count =
            claims_of(&w->config->agent.channels[w->channel], &w->config->outputs[w->channel], w->claims);
        w->at = 0;
    }
    const struct agent_channel_config *channel = &w->config->agent.channels[w->channel];
    const struct config_output *output = &w->config->outputs[w->channel];
    bool motor = channel_port(channel->id.kind) == PORT_MOTOR;
    cfg_t *section = w->places[w->channel].section;
    struct claim claim = w->claims[w->at++];
    *out = (struct owned){.claim = claim,
        .id = &channel->id,
        .line = config_file_line(w->file, section, claim.key),
        .period_ns = motor ? output->motor.period_ns : output->period_ns,
        .section = section};
    return true;
}

// What to write in the place of an output that is taken: the header's pins of its kind that are left.
static void say_free_pins(const struct walk *all, const char *model, bool pwm, char out[256])
{
    uint64_t taken = 0;
    char pins[200];
    struct walk walk = {.file = all->file, .places = all->places, .config = all->config};
    struct owned owned;
    while (next(&walk, &owned))
        taken |= UINT64_C(1) << owned.claim.at->pin;
    snprintf(out, 256, "every output wants a pin of its own");
    if (!model)
        return;
    address_list_pins(model, pwm, taken, pins, sizeof pins);
    snprintf(out, 256, "%s left: %s", pwm ? "PWM" : "GPIO", pins[0] ? pins : "none; use a PCA9685 board");
}

static int refuse_pin(struct config_file *file, const struct walk *all, const char *model,
    const struct owned *a, const struct owned *b)
{
    char left[256];
    say_free_pins(all, model, b->claim.pwm, left);
    // On the Nano a GPIO request takes the pad away from its PWM for good (pinctrl-tegra210).
    return config_file_refuse(file, b->line, "%s %s: %s is already %s %s's (line %u)%s; %s",
        channel_kind_name(b->id->kind), b->id->name, b->claim.at->text, channel_kind_name(a->id->kind),
        a->id->name, a->line,
        a->claim.at->kind == b->claim.at->kind ? "" : ", and one pin is GPIO or PWM, never both", left);
}

static long hz_of(int64_t period_ns)
{
    return (long)((INT64_C(1000000000) + period_ns / 2) / period_ns);
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

static int check_range(struct config_file *file, const struct owned *b)
{
    if (!is_pca9685(b->claim.at) || pca9685_prescale(b->period_ns) >= 0)
        return 0;
    return config_file_refuse(file, config_file_line(file, b->section, "hz"),
        "%s %s: hz = %ld; a PCA9685 does %d to %d", channel_kind_name(b->id->kind), b->id->name,
        hz_of(b->period_ns), PCA9685_HZ_MIN, PCA9685_HZ_MAX);
}

// The channels of a PCA9685 share its one frequency.
static int check_frequency(struct config_file *file, const struct owned *a, const struct owned *b)
{
    if (!is_pca9685(b->claim.at) || !on_one_chip(a->claim.at, b->claim.at) || a->period_ns == b->period_ns)
        return 0;
    return config_file_refuse(file, config_file_line(file, b->section, "hz"),
        "%s %s: hz = %ld, but %s %s (line %u) on the same PCA9685 has %ld; one chip has one frequency",
        channel_kind_name(b->id->kind), b->id->name, hz_of(b->period_ns), channel_kind_name(a->id->kind),
        a->id->name, a->line, hz_of(a->period_ns));
}

// pins: two claims of one pin; else what is wrong with the frequency of b.
static int check_claim(
    struct config_file *file, const struct walk *upto, const char *model, const struct owned *b, bool pins)
{
    struct walk walk = {.file = upto->file, .places = upto->places, .config = upto->config};
    struct owned a;
    int rc = pins ? 0 : check_range(file, b);
    while (rc == 0 && next(&walk, &a) && (walk.channel != upto->channel || walk.at != upto->at)) {
        if (!pins)
            rc = check_frequency(file, &a, b);
        else if (address_same(a.claim.at, b->claim.at))
            rc = refuse_pin(file, upto, model, &a, b);
    }
    return rc;
}

int claims_check(
    struct config_file *file, const struct place *places, const char *model, const struct config *config)
{
    int rc = 0;
    for (int pins = 1; pins >= 0 && rc == 0; pins--) {
        struct walk walk = {.file = file, .places = places, .config = config};
        struct owned owned;
        while (rc == 0 && next(&walk, &owned))
            rc = check_claim(file, &walk, model, &owned, pins);
    }
    return rc;
}
