// SPDX-License-Identifier: MIT
// Opens what a configuration names, by the back end that each address asks for.
#ifndef NANO_AGENT_OUTPUTS_H
#define NANO_AGENT_OUTPUTS_H

#include "nano-agent/config/config.h"
#include "nano-agent/system/guardian.h"

enum { OUTPUTS_WHY_SIZE = 512 };

// Opens the hardware of every channel, that of motors first, and stores in config which period and steps it has. Powers
// nothing. Waits for udev where that is late, 2 s at most in all. A channel whose hardware cannot be opened gets the reason as its `fault` in
// config, and its output stays NULL. Returns how many those are.
size_t outputs_open(struct config *config, union agent_output out[PROTOCOL_CHANNELS_MAX]);

// What becomes of one channel in outputs_try. fault is the reason why its hardware still cannot be opened, NULL = it is
// opened now and *output is its hardware.
typedef void outputs_tried(void *ctx, size_t channel, const char *fault, const union agent_output *output);

// Tries once more to open what has a `fault` in config, and clears that where it is opened. A switch is opened at off, whatever
// its `start` says. Never waits for udev. Where hardware takes long to answer, as behind a bus that hangs, the rest waits
// for the next call, which goes on from there. *next is where that is; 0 at the beginning. Returns how many channels are
// still without hardware. While a motor may turn, nothing is tried: it must not wait for a bus that hangs.
size_t outputs_try(struct config *config, union agent_output out[PROTOCOL_CHANNELS_MAX], size_t *next,
    outputs_tried *tried, void *ctx);

// Whether a motor turns, or is not known to have stopped.
bool outputs_may_turn(const struct config *config, union agent_output outputs[PROTOCOL_CHANNELS_MAX]);

// The motors of a configuration. Returns how many there are.
size_t outputs_motors(const struct config *config, const struct hw_motor_options *out[PROTOCOL_CHANNELS_MAX]);

// Whether there may be anything to guard: a motor, or a configuration that is wrong and may name one when it is right.
bool outputs_want_guardian(const struct config *config);

// The work of the guardian of outputs_guard_motors.
void outputs_last(char *text, bool silent);

// Writes down what has to be switched off when this process is not there any more to do it (motor_list.h), and arms the
// guardian with it, before it is opened. A guardian that has nothing to guard is dismissed. 0, or a negative errno with one
// sentence in why.
int outputs_guard_motors(const struct config *config, struct guardian *guardian, char why[OUTPUTS_WHY_SIZE]);

// Closes what is open. Motors are stopped, first of all. A PWM goes on as it is, a GPIO line loses its level.
void outputs_close(const struct config *config, union agent_output outputs[PROTOCOL_CHANNELS_MAX]);

#endif
