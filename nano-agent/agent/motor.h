// SPDX-License-Identifier: MIT
// One motor on a bridge: it turns for a while, never with both sides on, and its zero is written until it is known to have
// been obeyed. Pure: hardware is behind hw.h, now_us (CLOCK_MONOTONIC microseconds) is a parameter.
//
//              motor_go                    the zero is acknowledged
//   TURNING <----------- RESTING <------------------------------------ ZEROING <- the start, and every way to stop
//      |                   |  ^                                           ^
//      |                   |  | `brake = short`: `dead` after the zero    |
//      |                   v  |                                           |
//      |                  BRAKING ----------------------------------------|
//      `------------------------------------------------------------------'
//
// Between two sides lies ZEROING, and `dead` in RESTING. A failed write leads to ZEROING, which is left by nothing but a
// zero that was read. So the interlock does not depend on what was written before.
#ifndef NANO_AGENT_MOTOR_H
#define NANO_AGENT_MOTOR_H

#include "nano-agent/agent/hw.h"

enum {
    MOTOR_FULL = 1000,        // permille
    MOTOR_FRAME_US = 20000,   // between two steps of a ramp
    MOTOR_RETRY_US = 20000,   // between two attempts to write a zero that failed
    MOTOR_LATE_US = 100000,   // a request without a result for so long means that the bus hangs
    MOTOR_CHECK_US = 500000,  // between two looks whether the hardware of a motor that turns was reset
    MOTOR_RESET_US = 2000000, // so long a reset is told as a fault, unless the motor is asked to turn again
    MOTOR_BRAKE_US = 500000,  // so long a motor is short-circuited
    MOTOR_DEAD_EXTRA_MS = 5,  // `dead` is a period of the PWM and so long, at least
};

struct motor_config {
    int min, max; // permille; what turns it, 1 <= min <= max <= MOTOR_FULL
    int start_at; // permille, min to max: the speed at the start
    int ramp;     // permille a second; 0 = none
    int dead_us;  // between the last acknowledged zero and another side
    bool brake_short;
};

enum motor_phase { MOTOR_ZEROING, MOTOR_RESTING, MOTOR_TURNING, MOTOR_BRAKING };

struct motor {
    struct motor_config config;
    struct hw_motor *hw; // owned by whoever opened it
    enum motor_phase phase;
    int target;       // permille, negative = backward: where the ramp ends; 0 = it is to rest
    int value;        // permille: what was asked of the outputs last
    int speed;        // permille: what a command without a number means
    int side;         // -1 or 1: that it turned to last; 0 = not known, or both
    bool brake;       // it brakes once it is at zero
    bool waits;       // the newest request has no result yet
    bool late_told;   // that the result is late was returned
    bool reset;       // its hardware was reset a moment ago
    bool interrupted; // a reset ended what it was asked for; whoever takes note of that clears it
    int error;        // why it is faulted, a negative errno; 0 = it is not
    int64_t until_us; // when the run ends; INT64_MAX = it is to rest
    int64_t asked_us; // when the newest request was made
    int64_t retry_us; // when a failed zero is written again; INT64_MAX = it did not fail
    int64_t off_us;   // RESTING: when the last output acknowledged zero
    int64_t check_us; // TURNING, BRAKING: when the hardware is looked at next
    int64_t reset_us; // until when `reset` is told at least, nothing is due then; INT64_MAX = it is not told
    int64_t frame_us; // TURNING: when the ramp made its last step
    int64_t brake_until_us;
};

// Each of these returns 0, or the negative errno of a fault that was not returned before. The motor is then asked for zero.

// Writes zero. The motor turns no sooner than that was acknowledged.
int motor_init(struct motor *m, const struct motor_config *config, struct hw_motor *hw, int64_t now_us);

// Turns towards permille (not 0; its size from min to max) until until_us, which takes the place of every earlier end. A
// faulted motor stays at rest, and what it suffers from is returned again.
int motor_go(struct motor *m, int permille, int64_t until_us, int64_t now_us);

// Writes zero, at once. brakes: with `brake = short` the motor brakes afterwards; one that brakes goes on doing so.
int motor_rest(struct motor *m, bool brakes, int64_t now_us);

// Takes the power away in the fastest way there is, where the driver has an enable input. motor_rest has to follow.
void motor_cut(struct motor *m);

// Does what is due, and takes the results of requests. To be called when motor_next_us has come and when hw->fd is
// readable. *changed is set where what the motor does has changed.
int motor_tick(struct motor *m, int64_t now_us, bool *changed);
int64_t motor_next_us(const struct motor *m); // INT64_MAX = nothing is due

// False only where every output is known to be off.
bool motor_is_driven(const struct motor *m);

#endif
