// SPDX-License-Identifier: MIT
// The hardware of the fuzzed agent: it fails when it is told to, and requires by itself what must hold at each write.
#ifndef TESTS_FUZZ_AGENT_WORLD_H
#define TESTS_FUZZ_AGENT_WORLD_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "nano-agent/agent/agent.h"
#include "tests/fuzz/require.h"

enum {
    CHANNELS = 6,
    TILT = 0,
    PAN = 1,
    LED = 2,
    LAMP = 3,
    BUTTON = 4,
    DRIVE = 5,
    RUN_MS = 2000,
    DEAD_US = 20000,
    SERVOS = 2,
    PERIOD_NS = 20000000,
    BOOT_MS = 70000
};

struct output {
    struct hw_pwm pwm;
    struct hw_switch sw;
    struct hw_input input;
    struct hw_motor motor;
    enum hw_motor_turn turn, last; // of a motor: now, and the one before it was off
    int64_t off_us;                // when it was switched off last
    int64_t pulse_ns, least_ns, most_ns;
    bool enabled, level, fails;
    int64_t moved_us; // when the pulse last became another one, off not counted
};

static const char words_topic[] = "car/control";

static struct world {
    struct agent *agent;
    struct agent_config config;
    struct output outputs[CHANNELS];
    int64_t now_us;
    bool up, stopped, refuses, anything_fails;
    unsigned results; // of commands from outside, since last counted
    enum protocol_result result;
    uint64_t n;         // of the latest result
    int64_t stop_us;    // of the latest stop that was carried out, INT64_MIN = none
    int64_t command_us; // of the latest command or edge: nothing else may have begun a run
    bool saved_sound;
} world;

static struct output *output_of(const void *member)
{
    return &world.outputs[((const char *)member - (const char *)world.outputs) /
                          (ptrdiff_t)sizeof world.outputs[0]];
}

static bool is_servo(const struct output *output)
{
    return output - world.outputs < SERVOS;
}

static void require_within(const struct output *output, int64_t pulse_ns)
{
    REQUIRE(pulse_ns == 0 || (pulse_ns >= output->least_ns && pulse_ns <= output->most_ns));
}

static int pwm_set(struct hw_pwm *pwm, int64_t pulse_ns)
{
    struct output *output = output_of(pwm);

    REQUIRE(!world.stopped || pulse_ns == 0 || pulse_ns == output->pulse_ns);
    REQUIRE(pulse_ns >= 0 && pulse_ns <= pwm->period_ns);
    require_within(output, pulse_ns); // whether it is obeyed or not
    if (output->fails)
        return -EIO;
    if (is_servo(output) && pulse_ns != 0 && pulse_ns != output->pulse_ns) {
        output->moved_us = world.now_us;
        REQUIRE(world.stop_us == INT64_MIN || world.now_us >= world.stop_us + PROTOCOL_STOP_HOLD_MS * 1000);
    }
    output->pulse_ns = pulse_ns;
    return 0;
}

static int pwm_enable(struct hw_pwm *pwm, bool on)
{
    struct output *output = output_of(pwm);

    REQUIRE(!world.stopped || !on);
    if (on && is_servo(output))
        REQUIRE(output->pulse_ns != 0); // enabling emits the pulse set last
    if (output->fails)
        return -EIO;
    output->enabled = on;
    return 0;
}

static int switch_set(struct hw_switch *sw, bool on)
{
    struct output *output = output_of(sw);

    if (output->fails)
        return -EIO;
    output->level = on;
    return 0;
}

// A failing bus obeys in part of the cases: a transfer may take effect and return an error.
static int motor_set(struct hw_motor *motor, enum hw_motor_turn turn, int permille)
{
    struct output *output = output_of(motor);
    bool on = turn != HW_MOTOR_COAST;

    REQUIRE(permille >= 0 && permille <= MOTOR_FULL && (on || permille == 0));
    REQUIRE(!on || !world.stopped);
    if (on) {
        const struct motor_config *config = &world.config.channels[DRIVE].motor;
        REQUIRE(permille >= config->min || turn == HW_MOTOR_SHORT);
        REQUIRE(permille <= config->max || turn == HW_MOTOR_SHORT);
        REQUIRE(output->turn == HW_MOTOR_COAST || output->turn == turn);
        REQUIRE(output->turn == turn || output->last == turn || world.now_us >= output->off_us + DEAD_US);
    }
    if (turn == HW_MOTOR_FORWARD || turn == HW_MOTOR_BACKWARD) {
        REQUIRE(world.now_us < world.command_us + RUN_MS * 1000);
        REQUIRE(world.stop_us == INT64_MIN || world.now_us >= world.stop_us + PROTOCOL_STOP_HOLD_MS * 1000);
    }
    if (output->fails && (world.now_us & 1))
        return -EIO;
    if (!on && output->turn != HW_MOTOR_COAST)
        output->off_us = world.now_us;
    output->last = on ? turn : output->last;
    output->turn = turn;
    return 0;
}

static int motor_zero(struct hw_motor *motor)
{
    output_of(motor)->enabled = false;
    return motor_set(motor, HW_MOTOR_COAST, 0);
}

static int motor_enable(struct hw_motor *motor, bool on)
{
    REQUIRE(!on || !world.stopped);
    output_of(motor)->enabled = on;
    return 0;
}

static int motor_result(struct hw_motor *motor, int64_t *done_us)
{
    *done_us = world.now_us;
    return output_of(motor)->fails ? -EREMOTEIO : 0;
}

static int input_get(struct hw_input *input, bool *level)
{
    if (output_of(input)->fails)
        return -EIO;
    *level = output_of(input)->level;
    return 0;
}

static const struct hw_pwm_ops pwm_ops = {.set = pwm_set, .enable = pwm_enable};
static const struct hw_switch_ops switch_ops = {.set = switch_set};
static const struct hw_motor_ops motor_ops = {
    .set = motor_set, .zero = motor_zero, .enable = motor_enable, .result = motor_result};
static const struct hw_input_ops input_ops = {.get = input_get};

#endif
