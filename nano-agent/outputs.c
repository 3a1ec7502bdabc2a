// SPDX-License-Identifier: MIT
#include "nano-agent/outputs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/text.h"
#include "nano-agent/hw/bus_pwm.h"
#include "nano-agent/hw/motor_list.h"
#include "nano-agent/hw/opening.h"
#include "nano-agent/hw/patience.h"
#include "nano-agent/hw/pwm_sysfs.h"
#include "nano-agent/hw/zero.h"

size_t outputs_motors(const struct config *config, const struct hw_motor_options *out[PROTOCOL_CHANNELS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < config->agent.count; i++) {
        if (channel_port(config->agent.channels[i].id.kind) == PORT_MOTOR)
            out[count++] = &config->outputs[i].motor;
    }
    return count;
}

// The I2C bus that an output is on. False where it is on none.
static bool bus_of(const struct hw_address *at, char bus[PWM_SYSFS_NAME_SIZE])
{
    if (at->kind == HW_PWM_SYSFS)
        return pwm_sysfs_bus("/sys", at->chip, bus);
    snprintf(bus, PWM_SYSFS_NAME_SIZE, "%s", at->chip);
    return at->kind == HW_PCA9685;
}

static bool has_output_on(const struct hw_address *at, unsigned count, const char *bus)
{
    char other[PWM_SYSFS_NAME_SIZE];
    for (unsigned i = 0; i < count; i++) {
        if (bus_of(&at[i], other) && !strcmp(bus, other))
            return true;
    }
    return false;
}

// Whether a motor of the configuration is on a bus, also one whose hardware is not there yet.
static bool drives_motor(const struct config *config, const char *bus)
{
    const struct hw_motor_options *motors[PROTOCOL_CHANNELS_MAX];
    size_t count = outputs_motors(config, motors);
    for (size_t i = 0; i < count; i++) {
        const struct hw_motor_options *motor = motors[i];
        if (has_output_on(motor->forward, motor->forward_count, bus) ||
            has_output_on(motor->backward, motor->backward_count, bus) ||
            has_output_on(motor->pwm, motor->pwm_count, bus))
            return true;
    }
    return false;
}

static int open_pwm(struct config *config, size_t i, const struct hw_backend *backend, struct hw_pwm **out,
    char why[HW_WHY_SIZE])
{
    const struct config_output *output = &config->outputs[i];
    struct motion_config *motion = &config->agent.channels[i].motion;
    char bus[PWM_SYSFS_NAME_SIZE];
    struct hw_pwm *pwm;
    int rc = backend->open_pwm(&output->address, output->period_ns, &pwm, why);
    // A motor's bus has a thread, because it may hang while the motor must be stopped. Whatever else is on that bus must
    // not hold up the loop either.
    if (rc == 0 && bus_of(&output->address, bus) && drives_motor(config, bus))
        rc = bus_pwm_open(bus, pwm, &pwm, why);
    if (rc < 0)
        return rc;
    motion->period_ns = pwm->period_ns;
    motion->steps = pwm->steps;
    *out = pwm;
    return 0;
}

static int open_one(struct config *config, size_t i, union agent_output *out, char why[HW_WHY_SIZE])
{
    const struct agent_channel_config *channel = &config->agent.channels[i];
    const struct config_output *output = &config->outputs[i];
    const struct hw_address *at = &output->address;
    const struct hw_backend *backend = hw_backend_of(at->kind);
    enum channel_port port = channel_port(channel->id.kind);
    hw_sim_name_next(channel->id.name);
    if (port == PORT_MOTOR)
        return hw_motor_open(&output->motor, &out->motor, why);
    snprintf(why, HW_WHY_SIZE, "%s can be no %s", at->text, channel_kind_name(channel->id.kind));
    if (backend && port == PORT_PWM && backend->open_pwm)
        return open_pwm(config, i, backend, &out->pwm, why);
    if (backend && port == PORT_SWITCH && backend->open_switch)
        return backend->open_switch(at, &output->gpio, &out->sw, why);
    if (backend && port == PORT_INPUT && backend->open_input)
        return backend->open_input(at, &output->gpio, &out->input, why);
    return -ENOTSUP;
}

static void set_fault(struct agent_channel_config *channel, const char *reason)
{
    text_clean(channel->fault, sizeof channel->fault, reason, strlen(reason), PROTOCOL_FAULT_CHARS);
}

// Opens the motors, or everything else. Returns how many channels have no hardware.
static size_t open_some(struct config *config, bool motors, union agent_output out[PROTOCOL_CHANNELS_MAX])
{
    size_t absent = 0;
    for (size_t i = 0; i < config->agent.count; i++) {
        struct agent_channel_config *channel = &config->agent.channels[i];
        char reason[HW_WHY_SIZE];
        if ((channel_port(channel->id.kind) == PORT_MOTOR) != motors)
            continue;
        channel->fault[0] = '\0';
        if (open_one(config, i, &out[i], reason) == 0)
            continue;
        out[i].pwm = NULL;
        set_fault(channel, reason);
        absent++;
    }
    return absent;
}

size_t outputs_open(struct config *config, union agent_output out[PROTOCOL_CHANNELS_MAX])
{
    opening_allow_ms(OPENING_START_MS);
    // The motors first: one that still turns from before must not wait for the others.
    size_t absent = open_some(config, true, out);
    absent += open_some(config, false, out);
    opening_allow_ms(0);
    return absent;
}

bool outputs_may_turn(const struct config *config, union agent_output outputs[PROTOCOL_CHANNELS_MAX])
{
    for (size_t i = 0; i < config->agent.count; i++) {
        if (channel_port(config->agent.channels[i].id.kind) == PORT_MOTOR && outputs[i].motor &&
            outputs[i].motor->may_turn)
            return true;
    }
    return false;
}

size_t outputs_try(struct config *config, union agent_output out[PROTOCOL_CHANNELS_MAX], size_t *next,
    outputs_tried *tried, void *ctx)
{
    size_t count = config->agent.count, absent = 0;
    bool slow = outputs_may_turn(config, out); // a motor that turns must not wait until hardware answers
    for (size_t n = 0, i = *next; n < count && !slow; n++, i = (i + 1) % count) {
        struct agent_channel_config *channel = &config->agent.channels[i];
        struct config_output *output = &config->outputs[i];
        char reason[HW_WHY_SIZE];
        if (!channel->fault[0])
            continue;
        output->gpio.initial = false;
        int64_t began_us = clock_now_us();
        bool open = open_one(config, i, &out[i], reason) == 0;
        slow = clock_now_us() - began_us > PATIENCE_SLOW_US;
        *next = (i + 1) % count;
        if (open)
            channel->fault[0] = '\0';
        else
            out[i].pwm = NULL;
        tried(ctx, i, open ? NULL : reason, &out[i]);
    }
    for (size_t i = 0; i < count; i++)
        absent += config->agent.channels[i].fault[0] != '\0';
    return absent;
}

bool outputs_want_guardian(const struct config *config)
{
    const struct hw_motor_options *motors[PROTOCOL_CHANNELS_MAX];
    return !config->sim && (config->mistake[0] || outputs_motors(config, motors) > 0);
}

void outputs_last(char *text, bool silent)
{
    char path[MOTOR_LIST_PATH_SIZE];
    motor_list_path(path);
    zero_guard(path, text, silent);
}

// 0 where the guardian knows what it has to do, or has nothing to do.
static int arm(struct guardian *guardian, const struct hw_motor_options *const *motors, size_t count)
{
    char *text = motor_list_text(motors, count, GUARDIAN_TEXT_MAX);
    int rc = text ? guardian_arm(guardian, text) : 0;
    if (!text)
        guardian_dismiss(guardian, GUARDIAN_DISMISS_MS);
    free(text);
    return rc;
}

int outputs_guard_motors(const struct config *config, struct guardian *guardian, char why[OUTPUTS_WHY_SIZE])
{
    const struct hw_motor_options *motors[PROTOCOL_CHANNELS_MAX];
    char path[MOTOR_LIST_PATH_SIZE];
    if (config->sim) // the file may be that of an agent which drives real ones
        return 0;
    size_t count = outputs_motors(config, motors);
    motor_list_path(path);
    int rc = motor_list_write(path, motors, count);
    int armed = arm(guardian, motors, count);
    if (armed < 0)
        snprintf(why, OUTPUTS_WHY_SIZE,
            "guardian: %s; a motor goes on turning where this program ends without a word", strerror(-armed));
    else if (rc < 0 && count > 0)
        snprintf(why, OUTPUTS_WHY_SIZE, "%s: %s; `nano-agent zero` cannot know what there is to switch off",
            path, strerror(-rc));
    return armed < 0 ? armed : count > 0 ? rc : 0;
}

static void close_one(enum channel_port port, union agent_output *output)
{
    switch (port) {
    case PORT_SWITCH:
        output->sw->ops->close(output->sw);
        break;
    case PORT_INPUT:
        output->input->ops->close(output->input);
        break;
    case PORT_MOTOR:
        output->motor->ops->close(output->motor);
        break;
    case PORT_PWM:
        output->pwm->ops->close(output->pwm);
        break;
    }
    output->pwm = NULL;
}

static void close_some(
    const struct config *config, bool motors, union agent_output outputs[PROTOCOL_CHANNELS_MAX])
{
    for (size_t i = 0; i < config->agent.count; i++) {
        enum channel_port port = channel_port(config->agent.channels[i].id.kind);
        // The members of the union are pointers, and this one is as NULL as the others.
        if (outputs[i].pwm && (port == PORT_MOTOR) == motors)
            close_one(port, &outputs[i]);
    }
}

void outputs_close(const struct config *config, union agent_output outputs[PROTOCOL_CHANNELS_MAX])
{
    close_some(config, true, outputs);
    close_some(config, false, outputs);
}
