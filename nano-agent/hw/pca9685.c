// SPDX-License-Identifier: MIT
#include "nano-agent/hw/pca9685.h"

#include <errno.h>
#include <string.h>

enum {
    PRE_SCALE_MIN = 3,
    PRE_SCALE_MAX = 255,
    LED_FULL = 0x10,           // bit 4 of ON_H: always on; of OFF_H: always off
    OSCILLATOR_PERIOD_NS = 40, // 25 MHz
};

int pca9685_prescale(int64_t period_ns)
{
    int64_t unit = pca9685_period_ns(0);
    int64_t prescale = (period_ns + unit / 2) / unit - 1;
    return prescale < PRE_SCALE_MIN || prescale > PRE_SCALE_MAX ? -EINVAL : (int)prescale;
}

int64_t pca9685_period_ns(int prescale)
{
    return (int64_t)PCA9685_STEPS * OSCILLATOR_PERIOD_NS * (prescale + 1);
}

void pca9685_encode(unsigned steps, unsigned char registers[4])
{
    memset(registers, 0, 4);
    if (steps == 0) {
        registers[3] = LED_FULL;
    } else if (steps >= PCA9685_STEPS) {
        registers[1] = LED_FULL;
    } else {
        registers[2] = (unsigned char)(steps & 0xFF);
        registers[3] = (unsigned char)(steps >> 8);
    }
}

unsigned pca9685_decode(const unsigned char registers[4])
{
    if (registers[3] & LED_FULL) // off wins where both are set
        return 0;
    if (registers[1] & LED_FULL)
        return PCA9685_STEPS;
    unsigned on = registers[0] | (registers[1] & 0x0FU) << 8;
    unsigned off = registers[2] | (registers[3] & 0x0FU) << 8;
    return (off - on) & (PCA9685_STEPS - 1);
}
