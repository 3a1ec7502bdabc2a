// SPDX-License-Identifier: MIT
// One PCA9685 on an I2C bus. Its channels share its file, its frequency and its fate: a chip whose supply breaks down for
// a moment forgets everything. Several agents may drive channels of one chip; locks on the bus's file keep them apart.
#ifndef NANO_AGENT_PCA9685_CHIP_H
#define NANO_AGENT_PCA9685_CHIP_H

#include "nano-agent/hw/backend.h"

enum { PCA9685_SPAN_MAX = 8 }; // as many as an SMBus transfer has room for

struct pca9685_chip;

// Whether the chip of `at` could be driven: the bus is there and this user may open it, no kernel driver has the address,
// a chip answers there, and it is no INA3221. Changes nothing. 0, or a negative errno with a sentence in why.
int pca9685_probe(const struct hw_address *at, char why[HW_WHY_SIZE]);

// Finds the chip of `at`, or opens it and brings it to the frequency of prescale. A chip that runs at it already is left
// alone, so that its pulses go on. 0, or a negative errno with a sentence in why.
int pca9685_chip_open(
    const struct hw_address *at, int prescale, struct pca9685_chip **out, char why[HW_WHY_SIZE]);
// Closes the chip where none of its channels is claimed any more.
void pca9685_chip_close(struct pca9685_chip *chip);

// Makes a channel ours. 0, or -EBUSY where another agent or another channel of this one has it.
int pca9685_chip_claim(struct pca9685_chip *chip, unsigned channel);
void pca9685_chip_release(struct pca9685_chip *chip, unsigned channel);

// The pulse of a channel in steps of its period, 0 to PCA9685_STEPS. 0 or a negative errno.
int pca9685_chip_write(struct pca9685_chip *chip, unsigned channel, unsigned steps);
int pca9685_chip_read(struct pca9685_chip *chip, unsigned channel, unsigned *steps);

// The pulses of channels side by side in one transfer, PCA9685_SPAN_MAX at most: they change at the same moment.
int pca9685_chip_write_span(struct pca9685_chip *chip, unsigned first, const unsigned *steps, unsigned count);
// Switches channels side by side off in one transfer, whatever was written before and however long the bus took then, and
// reads that back. A chip that did not take the transfer over is told once more, channel by channel. 0, or a negative
// errno: -EIO where a channel does not read as off.
int pca9685_chip_zero_span(struct pca9685_chip *chip, unsigned first, unsigned count);

// Finds out whether the chip lost its supply for a moment, and sets it up again where it did, with all channels off. Looks
// at most ten times a second. 0 or a negative errno. pca9685_chip_resets counts how often that was found.
int pca9685_chip_check(struct pca9685_chip *chip);
unsigned pca9685_chip_resets(const struct pca9685_chip *chip);

// Whether another agent drives channels of the chip.
bool pca9685_chip_is_shared(const struct pca9685_chip *chip);

#endif
