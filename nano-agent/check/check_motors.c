// SPDX-License-Identifier: MIT
#include "nano-agent/check/check_motors.h"

#include <string.h>

#include "common/array.h"
#include "nano-agent/board/board.h"
#include "nano-agent/check/device_tree.h"

// nvidia,pull of a pad in the device tree (dt-bindings/pinctrl/pinctrl-tegra.h).
enum { PULL_NONE, PULL_DOWN, PULL_UP };

// The first I2C bus among the outputs of a motor; NULL = none is on one.
static const char *find_bus(const struct hw_motor_options *motor)
{
    const struct hw_address *lists[] = {motor->forward, motor->backward, motor->pwm};
    unsigned counts[] = {motor->forward_count, motor->backward_count, motor->pwm_count};
    for (size_t k = 0; k < ARRAY_LENGTH(lists); k++)
        for (unsigned i = 0; i < counts[k]; i++)
            if (lists[k][i].kind == HW_PCA9685)
                return lists[k][i].chip;
    return NULL;
}

static void check_plain_words(struct check *check, const char *name, int run_ms)
{
    int plain_ms = run_ms < PROTOCOL_RUN_PLAIN_MS ? run_ms : PROTOCOL_RUN_PLAIN_MS;
    check_ok(check, "motor %s: a command runs it %d.%d s, a plain word or number without a deadline %d.%d s",
        name, run_ms / 1000, run_ms % 1000 / 100, plain_ms / 1000, plain_ms % 1000 / 100);
}

static void check_enable(struct check *check, const char *name, const struct hw_motor_options *motor)
{
    const char *bus = find_bus(motor);
    unsigned pin = motor->enable.at.pin;
    if (!motor->enable.is_set) {
        if (bus)
            check_ok(check,
                "motor %s: no enable: while %s hangs no software can stop it; docs/car.md says what can",
                name, bus);
        return;
    }
    // What takes the power away is the level at which the driver is off, when the kernel has the line back.
    int pull = pin ? device_tree_pull(check->device_tree, pin) : -1;
    int off = motor->enable.active_low ? PULL_UP : PULL_DOWN;
    if (pull == off)
        check_ok(check, "motor %s: enable is pin %u, which the board itself pulls to off", name, pin);
    else if (pull == PULL_UP || pull == PULL_DOWN)
        check_wrong(check, "another pin, whose pull is off, or a transistor (docs/car.md)",
            "motor %s: enable is pin %u, which the board pulls to on when the agent is gone", name, pin);
    else
        check_ok(check,
            "motor %s: enable: how the board pulls it cannot be seen from here; measure that it is off while the "
            "agent is stopped (docs/car.md)",
            name);
}

void check_motors(struct check *check)
{
    const struct config *config = check->config;
    for (size_t i = 0; i < config->agent.count; i++) {
        const struct agent_channel_config *channel = &config->agent.channels[i];
        if (channel_port(channel->id.kind) != PORT_MOTOR)
            continue;
        check_plain_words(check, channel->id.name, channel->run_ms);
        check_enable(check, channel->id.name, &config->outputs[i].motor);
    }
}
