// SPDX-License-Identifier: MIT
// What goes into the registers of a PCA9685: NXP PCA9685 data sheet, rev. 4, chapter 7.3.
#ifndef NANO_AGENT_HW_PCA9685_H
#define NANO_AGENT_HW_PCA9685_H

#include <stdint.h>

enum { PCA9685_CHANNELS = 16, PCA9685_STEPS = 4096, PCA9685_HZ_MIN = 24, PCA9685_HZ_MAX = 1526 };

// The register PRE_SCALE for a period: round(25 MHz * period / 4096) - 1 (7.3.5), which is 3 to 255. -EINVAL where the
// chip cannot have that period.
int pca9685_prescale(int64_t period_ns);
// The period that the chip then really has.
int64_t pca9685_period_ns(int prescale);

// A channel's four registers ON_L, ON_H, OFF_L, OFF_H for a pulse of so many steps, 0 to PCA9685_STEPS
// (7.3.3). A pulse of no steps and one of all steps have bits of their own.
void pca9685_encode(unsigned steps, unsigned char registers[4]);
// The steps of the pulse that four registers stand for. Other programs write the same pulse in other ways.
unsigned pca9685_decode(const unsigned char registers[4]);

#endif
