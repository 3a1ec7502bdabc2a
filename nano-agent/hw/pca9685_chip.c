// SPDX-License-Identifier: MIT
#include "nano-agent/hw/pca9685_chip.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "nano-agent/hw/pca9685.h"
#include "nano-agent/hw/pca9685_wire.h"

enum {
    OSCILLATOR_START_US = 500,
    CHECK_GAP_US = 100000,
};

struct pca9685_chip {
    char bus[HW_CHIP_MAX + 1];
    unsigned address;
    int prescale;
    struct pca9685_wire wire;
    _Atomic unsigned
        resets; // how often it was found to have been reset; the loop reads it when it opens a channel
    int64_t checked_us; // when that was looked for last
    unsigned used;      // bit N is set while channel N is open
    struct pca9685_chip *next;
};

static struct pca9685_chip *chips; // the channels of one chip share its file and its frequency

int pca9685_chip_write_span(struct pca9685_chip *chip, unsigned first, const unsigned *steps, unsigned count)
{
    unsigned char registers[PCA9685_BLOCK_MAX] = {0};
    for (unsigned i = 0; i < count; i++)
        pca9685_encode(steps[i], registers + (size_t)4 * i);
    return pca9685_wire_write_block(&chip->wire, PCA9685_LED0_ON_L + 4 * first, registers, (size_t)4 * count);
}

int pca9685_chip_write(struct pca9685_chip *chip, unsigned channel, unsigned steps)
{
    return pca9685_chip_write_span(chip, channel, &steps, 1);
}

// 0 where the channel is off, 1 where it is not, or a negative errno. The one register is right also in a chip that was
// reset, where the registers' addresses do not count up and a block has gone elsewhere.
static int is_not_off(const struct pca9685_chip *chip, unsigned channel)
{
    unsigned off_h = 0;
    int rc = pca9685_wire_read_now(&chip->wire, PCA9685_LED0_OFF_H + 4 * channel, &off_h);
    return rc < 0 ? rc : !(off_h & PCA9685_LED_FULL);
}

static int make_sure_off(const struct pca9685_chip *chip, unsigned channel)
{
    int rc = is_not_off(chip, channel);
    if (rc <= 0)
        return rc;
    int written = pca9685_wire_write_now(&chip->wire, PCA9685_LED0_OFF_H + 4 * channel, PCA9685_LED_FULL);
    rc = is_not_off(chip, channel);
    return rc <= 0 ? rc : written < 0 ? written : -EIO;
}

int pca9685_chip_zero_span(struct pca9685_chip *chip, unsigned first, unsigned count)
{
    unsigned char registers[PCA9685_BLOCK_MAX] = {0};
    for (unsigned i = 0; i < count; i++)
        pca9685_encode(0, registers + (size_t)4 * i);
    // What is read afterwards counts, not the answer: a transfer that failed may have taken effect, and the other way round.
    pca9685_wire_write_block_now(&chip->wire, PCA9685_LED0_ON_L + 4 * first, registers, (size_t)4 * count);
    int first_rc = 0;
    for (unsigned i = 0; i < count; i++) {
        int rc = make_sure_off(chip, first + i);
        if (rc < 0 && first_rc == 0)
            first_rc = rc;
    }
    return first_rc;
}

int pca9685_chip_read(struct pca9685_chip *chip, unsigned channel, unsigned *steps)
{
    unsigned char registers[4];
    for (unsigned i = 0; i < 4; i++) {
        unsigned value;
        int rc = pca9685_wire_read(&chip->wire, PCA9685_LED0_ON_L + 4 * channel + i, &value);
        if (rc < 0)
            return rc;
        registers[i] = (unsigned char)value;
    }
    *steps = pca9685_decode(registers);
    return 0;
}

static int lock_byte(const struct pca9685_chip *chip, unsigned which, short type)
{
    return pca9685_wire_lock(&chip->wire, chip->address, which, type);
}

// Whether another agent drives channels of the chip.
bool pca9685_chip_is_shared(const struct pca9685_chip *chip)
{
    struct flock lock = {.l_type = F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = (off_t)chip->address * PCA9685_LOCKS,
        .l_len = PCA9685_LOCKS};
    return fcntl(chip->wire.fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

// Switches all channels off, puts the chip to sleep, sets the frequency and wakes it. All are off because a number of
// steps is another pulse at another frequency, and because what a sleeping chip holds was written by a program that has
// gone: neither may come to life together with the clock.
static int restart(struct pca9685_chip *chip)
{
    int rc = 0;
    for (unsigned i = 0; i < PCA9685_CHANNELS && !rc; i++)
        rc = pca9685_chip_write(chip, i, 0);
    if (!rc)
        rc = pca9685_wire_write(&chip->wire, PCA9685_MODE1, PCA9685_MODE1_AI | PCA9685_MODE1_SLEEP);
    if (!rc)
        rc = pca9685_wire_write(&chip->wire, PCA9685_PRE_SCALE, (unsigned)chip->prescale);
    if (!rc)
        rc = pca9685_wire_write(&chip->wire, PCA9685_MODE1, PCA9685_MODE1_AI);
    clock_pause_us(OSCILLATOR_START_US);
    return rc;
}

// Finds out whether the chip lost its supply for a moment: it then sleeps, at 200 Hz (table 4 of the data sheet), and
// emits nothing whatever its registers are told. Sets it up again. Looks at most ten times a second.
int pca9685_chip_check(struct pca9685_chip *chip)
{
    unsigned mode1 = 0, prescale = 0;
    int64_t now_us = clock_now_us();
    if (now_us - chip->checked_us < CHECK_GAP_US)
        return 0;
    int rc = pca9685_wire_read(&chip->wire, PCA9685_MODE1, &mode1);
    if (rc == 0)
        rc = pca9685_wire_read(&chip->wire, PCA9685_PRE_SCALE, &prescale);
    if (rc < 0)
        return rc;
    if ((mode1 & PCA9685_MODE1_SLEEP) || !(mode1 & PCA9685_MODE1_AI) || (int)prescale != chip->prescale) {
        // First so that the registers' addresses count up in the transfers that follow.
        rc = pca9685_wire_write(&chip->wire, PCA9685_MODE1, PCA9685_MODE1_AI | PCA9685_MODE1_SLEEP);
        if (rc == 0)
            rc = pca9685_wire_write(&chip->wire, PCA9685_MODE2, PCA9685_MODE2_OUTDRV);
        if (rc == 0)
            rc = restart(chip);
        if (rc < 0)
            return rc;
        chip->resets++;
    }
    chip->checked_us = now_us;
    return 0;
}

int pca9685_chip_claim(struct pca9685_chip *chip, unsigned channel)
{
    if (chip->used & 1U << channel || lock_byte(chip, channel, F_WRLCK) < 0)
        return -EBUSY;
    chip->used |= 1U << channel;
    return 0;
}

void pca9685_chip_release(struct pca9685_chip *chip, unsigned channel)
{
    lock_byte(chip, channel, F_UNLCK);
    chip->used &= ~(1U << channel);
}

void pca9685_chip_close(struct pca9685_chip *chip)
{
    if (chip->used)
        return;
    for (struct pca9685_chip **link = &chips; *link; link = &(*link)->next) {
        if (*link == chip) {
            *link = chip->next;
            break;
        }
    }
    pca9685_wire_close(&chip->wire);
    free(chip);
}

unsigned pca9685_chip_resets(const struct pca9685_chip *chip)
{
    return chip->resets;
}

// Brings the chip to our frequency. A chip that runs at it already is left alone, so that its pulses go on.
static int start(struct pca9685_chip *chip, char why[HW_WHY_SIZE])
{
    unsigned mode1, mode2, prescale;
    bool alone = lock_byte(chip, PCA9685_LOCK_CHIP, F_WRLCK) == 0;
    int rc = pca9685_wire_read(&chip->wire, PCA9685_MODE1, &mode1);
    if (!rc)
        rc = pca9685_wire_read(&chip->wire, PCA9685_MODE2, &mode2);
    if (!rc)
        rc = pca9685_wire_read(&chip->wire, PCA9685_PRE_SCALE, &prescale);
    if (!rc && !(mode1 & PCA9685_MODE1_AI)) // block writes need it before anything else
        rc = pca9685_wire_write(&chip->wire, PCA9685_MODE1, (mode1 & PCA9685_MODE1_SLEEP) | PCA9685_MODE1_AI);
    if (!rc && mode2 != PCA9685_MODE2_OUTDRV)
        rc = pca9685_wire_write(&chip->wire, PCA9685_MODE2, PCA9685_MODE2_OUTDRV);
    bool ours = !rc && (int)prescale == chip->prescale && !(mode1 & PCA9685_MODE1_SLEEP);
    if (!rc && !ours && !alone) {
        snprintf(why, HW_WHY_SIZE,
            "another nano-agent drives the chip at 0x%02x of %s at another frequency; use its hz",
            chip->address, chip->bus);
        return -EBUSY;
    }
    if (!rc && !ours)
        rc = restart(chip);
    if (rc < 0)
        snprintf(why, HW_WHY_SIZE, "setting up the chip at 0x%02x of /dev/%s: %s", chip->address, chip->bus,
            strerror(-rc));
    else
        lock_byte(chip, PCA9685_LOCK_CHIP, F_RDLCK);
    return rc;
}

int pca9685_probe(const struct hw_address *at, char why[HW_WHY_SIZE])
{
    struct pca9685_wire wire;
    int rc = pca9685_wire_open(&wire, at, why);
    if (rc == 0)
        pca9685_wire_close(&wire);
    return rc;
}

static struct pca9685_chip *find_chip(const struct hw_address *at)
{
    struct pca9685_chip *chip = chips;
    while (chip && (chip->address != at->i2c_address || strcmp(chip->bus, at->chip) != 0))
        chip = chip->next;
    return chip;
}

int pca9685_chip_open(
    const struct hw_address *at, int prescale, struct pca9685_chip **out, char why[HW_WHY_SIZE])
{
    struct pca9685_chip *chip = find_chip(at);
    if (chip) {
        *out = chip;
        if (chip->prescale == prescale)
            return 0;
        snprintf(why, HW_WHY_SIZE, "the channels of one chip share one frequency; all must have one hz");
        return -EINVAL;
    }
    chip = calloc(1, sizeof *chip);
    if (!chip) {
        snprintf(why, HW_WHY_SIZE, "out of memory");
        return -ENOMEM;
    }
    snprintf(chip->bus, sizeof chip->bus, "%s", at->chip);
    chip->address = at->i2c_address;
    chip->prescale = prescale;
    int rc = pca9685_wire_open(&chip->wire, at, why);
    if (rc < 0)
        goto free_chip;
    rc = start(chip, why);
    if (rc < 0)
        goto close_fd;
    chip->next = chips;
    chips = chip;
    *out = chip;
    return 0;

close_fd:
    pca9685_wire_close(&chip->wire);
free_chip:
    free(chip);
    return rc;
}
