// SPDX-License-Identifier: MIT
// PCA9685s on I2C buses that exist in this process only: the linker leads open and ioctl of the code under test here
// (--wrap). A bus can hang, and a transfer can fail before or after it took effect.
#ifndef TESTS_I2C_RIG_H
#define TESTS_I2C_RIG_H

#include <stdbool.h>
#include <stdint.h>

enum { RIG_TRANSFERS_MAX = 512, RIG_FIRST_CHIP = 0x5c, RIG_CHIPS = 4 };

struct rig_transfer {
    unsigned address, reg, len; // len: bytes of a block, 1 of a byte
    bool reads;
    unsigned char bytes[32];
};

// Chips at RIG_FIRST_CHIP and after it, fresh from power-up, on every bus. No bus hangs, nothing fails.
void rig_power_up(void);
// The chip alone, as after its supply broke down.
void rig_reset_chip(unsigned address);

unsigned rig_register(unsigned address, unsigned reg);
// Steps of a channel's pulse.
unsigned rig_steps(unsigned address, unsigned channel);

// The transfers since the last call of rig_forget.
void rig_forget(void);
unsigned rig_count(void);
struct rig_transfer rig_transfer(unsigned index);

// The transfer of this number from now on (1 = the next) fails, and so often; it takes effect before that or not at all.
void rig_fail(unsigned number, unsigned times, bool takes_effect);
// A register of the chip takes nothing over any more, though it says so.
void rig_stick(unsigned address, unsigned reg);

// Transfers on the bus begin and do not end, until it is freed.
void rig_hang(void);
void rig_wait_until_hung(void);
void rig_free(void);

#endif
