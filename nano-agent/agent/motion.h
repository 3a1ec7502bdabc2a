// SPDX-License-Identifier: MIT
// A servo's way from where it is to where it should be: with a limited speed and acceleration, inside soft limits, and
// quantised to what the hardware can emit. Pure. Angles are tenths of a degree outside, finer inside; pulses are
// nanoseconds; time is CLOCK_MONOTONIC microseconds, a parameter.
#ifndef NANO_AGENT_MOTION_H
#define NANO_AGENT_MOTION_H

#include <stdbool.h>
#include <stdint.h>

enum { MOTION_FRAME_US = 20000 }; // one period of a hobby servo at 50 Hz: nothing finer reaches the horn

struct motion_config {
    int64_t period_ns;
    uint32_t steps;  // steps of a period (struct hw_pwm), 0 = any nanosecond
    int pulse_us[2]; // the calibration: the pulses at the two angles; they may fall (a mirrored servo)
    int angle[2];    // those angles in tenths, angle[0] < angle[1]
    int limit[2];    // soft limits (tenths), limit[0] < limit[1]
    int speed;       // degrees a second, 1 to 10000
    int accel;       // degrees a second squared, 0 to 1000000; 0 = no ramp
};

struct motion {
    struct motion_config config;
    // The first and the last hardware step whose pulse is inside the limits; min > max: there is none.
    int64_t step_min, step_max;
    bool known;   // the position is known or assumed
    bool assumed; // it is not really known, only assumed
    bool moving;
    int64_t position; // millionths of a degree
    int64_t asked;    // what was asked for, inside the limits: steps count from it, so that they never drift
    int64_t target;   // the same as the hardware can emit it: where the servo comes to rest
    int64_t velocity; // millionths of a degree a second, signed
    int64_t frame_us; // when the last frame was computed
};

// The position stays unknown until motion_found, motion_restore or the first motion.
void motion_init(struct motion *m, const struct motion_config *config);

// False where no pulse that the hardware can emit is inside the limits: such a servo must never be driven.
bool motion_possible(const struct motion *m);

// Takes the position from the pulse that the hardware was found emitting, clamped into the limits.
void motion_found(struct motion *m, int64_t pulse_ns);

// Takes the position that was kept of an earlier run, clamped into the limits.
void motion_restore(struct motion *m, int tenths);

// Sets the target: clamped into the limits, then the nearest angle that the hardware can emit inside them. Returns true
// where it was cut by a limit. An unknown position becomes 0 degrees (clamped), marked assumed. A target ahead that is too
// near for `accel` is not passed: there the servo brakes as hard as motion_stop does.
bool motion_go(struct motion *m, int tenths, int64_t now_us);
// Moves the target relative to the angle that was asked for last, by at least one hardware step. Returns true where nothing
// or less than asked was possible.
bool motion_step(struct motion *m, int delta_tenths, int64_t now_us);
// Holds the servo where it is, now: the target becomes the angle that is emitted, the velocity 0.
void motion_stop(struct motion *m);

// Advances to now_us (frames of MOTION_FRAME_US; the first is due at once). A frame that comes late moves as
// far as its time allows, but never further than two frames. Returns true while still moving afterwards.
bool motion_frame(struct motion *m, int64_t now_us);

// The pulse to emit at the present position: a step of the hardware, never outside the pulses of the limits.
// 0 while the position is unknown and where motion is not possible.
int64_t motion_pulse_ns(const struct motion *m);
int motion_tenths(const struct motion *m); // the angle of that pulse, rounded
int motion_target_tenths(const struct motion *m);
// Degrees of one hardware step in thousandths, at most the whole range of `angle`; 0 where the hardware takes any
// nanosecond.
int motion_res_milli(const struct motion_config *config);

#endif
