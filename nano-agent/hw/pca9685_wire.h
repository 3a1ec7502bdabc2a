// SPDX-License-Identifier: MIT
// The registers of one PCA9685, read and written over /dev/i2c-N: NXP PCA9685 data sheet, rev. 4, chapter 7.3.
#ifndef NANO_AGENT_PCA9685_WIRE_H
#define NANO_AGENT_PCA9685_WIRE_H

#include "nano-agent/hw/backend.h"
#include "nano-agent/hw/patience.h"

enum {
    PCA9685_MODE1 = 0x00,
    PCA9685_MODE1_AI = 0x20,    // the register address counts up within one transfer
    PCA9685_MODE1_SLEEP = 0x10, // oscillator off; PRE_SCALE is writable only then
    PCA9685_MODE2 = 0x01,
    PCA9685_MODE2_OUTDRV = 0x04, // totem pole: a servo's input needs both levels; outputs change at STOP
    PCA9685_LED0_ON_L = 0x06,    // four registers a channel
    PCA9685_LED0_OFF_H = 0x09,
    PCA9685_LED_FULL = 0x10, // bit 4 of ON_H: always on; of OFF_H: always off, which wins
    PCA9685_PRE_SCALE = 0xFE,
    PCA9685_LOCK_CHIP = 16, // after those of the channels
    PCA9685_LOCKS = 32,     // bytes of the bus's file for each address
    PCA9685_BLOCK_MAX = 32, // bytes in one transfer (linux/i2c.h, I2C_SMBUS_BLOCK_MAX)
};

struct pca9685_wire {
    int fd;
    struct patience patience;
};

// Opens the bus for transfers with whatever is at an address, and touches nothing. 0 or a negative errno: -EBUSY where a
// kernel driver has the address.
int pca9685_wire_attach(struct pca9685_wire *wire, const char *bus, unsigned address);
// The same, and makes sure that a PCA9685 is there which can be driven: a chip answers, and it is no INA3221. Changes
// nothing. 0, or a negative errno with a sentence in why.
int pca9685_wire_open(struct pca9685_wire *wire, const struct hw_address *at, char why[HW_WHY_SIZE]);
void pca9685_wire_close(struct pca9685_wire *wire);

// Locks (F_WRLCK, F_RDLCK) or unlocks (F_UNLCK) one of the bytes of the bus's file that stand for a chip: that of a channel, or
// PCA9685_LOCK_CHIP for what the channels share. Other agents see the lock. It ends when the wire is closed, also by the end of
// a process that crashed. 0 or a negative errno.
int pca9685_wire_lock(const struct pca9685_wire *wire, unsigned address, unsigned which, short type);

// Asks the adapter of a bus to give up on a transfer after 50 ms and to try no transfer twice. That holds for everybody on
// the bus from now on.
void pca9685_wire_hurry(const char *bus);

// 0 or a negative errno. They fail at once with -ETIMEDOUT for a while after a transfer that took long (patience.h).
int pca9685_wire_read(struct pca9685_wire *wire, unsigned reg, unsigned *value);
int pca9685_wire_write(struct pca9685_wire *wire, unsigned reg, unsigned value);
// At most PCA9685_BLOCK_MAX bytes for registers that follow each other, in one transfer. The chip takes them over
// together, at its STOP, and ends the running pulse first (7.3.3).
int pca9685_wire_write_block(struct pca9685_wire *wire, unsigned reg, const unsigned char *bytes, size_t len);

// The same for what stops a motor: the bus is asked however long it took the time before.
int pca9685_wire_read_now(const struct pca9685_wire *wire, unsigned reg, unsigned *value);
int pca9685_wire_write_now(const struct pca9685_wire *wire, unsigned reg, unsigned value);
int pca9685_wire_write_block_now(
    const struct pca9685_wire *wire, unsigned reg, const unsigned char *bytes, size_t len);

#endif
