// SPDX-License-Identifier: MIT
#include "nano-agent/hw/pca9685_chip.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "nano-agent/hw/patience.h"
#include "nano-agent/hw/pca9685.h"

enum {
    MODE1 = 0x00,
    MODE1_EXTCLK = 0x40, // cleared by a reset of the chip alone
    MODE1_AI = 0x20,     // the register address counts up within one transfer
    MODE1_SLEEP = 0x10,  // oscillator off; PRE_SCALE is writable only then
    MODE2 = 0x01,
    MODE2_OUTDRV = 0x04, // totem pole: a servo's input needs both levels; outputs change at STOP
    LED0_ON_L = 0x06,    // four registers a channel
    PRE_SCALE = 0xFE,
    OSCILLATOR_START_NS = 500000,
    CHECK_GAP_US = 100000,
    // "TI" at 0xFE, as an SMBus word (TI INA3221 data sheet, 8.6.2.20): a power monitor that these boards
    // have at 0x40 of other buses.
    INA3221_MANUFACTURER = 0x4954,
    // Agents lock bytes of the bus's file: of LOCKS_A_CHIP for each chip one for each channel, and one for what the
    // channels share.
    LOCKS_A_CHIP = 32,
    LOCK_CHIP = PCA9685_CHANNELS,
};

struct wire { // to one chip
    int fd;
    struct patience patience;
};

struct pca9685_chip {
    char bus[HW_CHIP_MAX + 1];
    unsigned address;
    int prescale;
    struct wire wire;
    unsigned resets;    // how often it was found to have been reset
    int64_t checked_us; // when that was looked for last
    unsigned used;      // bit N is set while channel N is open
    struct pca9685_chip *next;
};

static struct pca9685_chip *chips; // the channels of one chip share its file and its frequency

static int transfer(
    struct wire *wire, unsigned char direction, unsigned reg, unsigned size, union i2c_smbus_data *data)
{
    struct i2c_smbus_ioctl_data request = {
        .read_write = direction, .command = (unsigned char)reg, .size = size, .data = data};
    int64_t began_us = clock_now_us();
    int rc = patience_begin(&wire->patience, began_us);
    if (rc < 0)
        return rc;
    rc = ioctl(wire->fd, I2C_SMBUS, &request) < 0 ? -errno : 0;
    patience_end(&wire->patience, began_us, clock_now_us());
    return rc;
}

static int read_register(struct wire *wire, unsigned reg, unsigned *value)
{
    union i2c_smbus_data data = {0};
    int rc = transfer(wire, I2C_SMBUS_READ, reg, I2C_SMBUS_BYTE_DATA, &data);
    *value = data.byte;
    return rc;
}

static int write_register(struct wire *wire, unsigned reg, unsigned value)
{
    union i2c_smbus_data data = {.byte = (unsigned char)value};
    return transfer(wire, I2C_SMBUS_WRITE, reg, I2C_SMBUS_BYTE_DATA, &data);
}

// All four registers in one transfer: the chip takes them over together, at its STOP, and ends the running
// pulse first (7.3.3). So no pulse is half old, half new.
int pca9685_chip_write(struct pca9685_chip *chip, unsigned channel, unsigned steps)
{
    union i2c_smbus_data data = {.block = {4}};
    pca9685_encode(steps, data.block + 1);
    return transfer(&chip->wire, I2C_SMBUS_WRITE, LED0_ON_L + 4 * channel, I2C_SMBUS_I2C_BLOCK_DATA, &data);
}

int pca9685_chip_read(struct pca9685_chip *chip, unsigned channel, unsigned *steps)
{
    unsigned char registers[4];
    for (unsigned i = 0; i < 4; i++) {
        unsigned value;
        int rc = read_register(&chip->wire, LED0_ON_L + 4 * channel + i, &value);
        if (rc < 0)
            return rc;
        registers[i] = (unsigned char)value;
    }
    *steps = pca9685_decode(registers);
    return 0;
}

// Locks or unlocks one byte of the bus's file. Other agents see the lock. It ends when the file is closed, also by the
// end of a process that crashed.
static int lock_byte(const struct pca9685_chip *chip, unsigned which, short type)
{
    struct flock lock = {.l_type = type,
        .l_whence = SEEK_SET,
        .l_start = (off_t)chip->address * LOCKS_A_CHIP + which,
        .l_len = 1};
    return fcntl(chip->wire.fd, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
}

// Whether another agent drives channels of the chip.
bool pca9685_chip_is_shared(const struct pca9685_chip *chip)
{
    struct flock lock = {.l_type = F_WRLCK,
        .l_whence = SEEK_SET,
        .l_start = (off_t)chip->address * LOCKS_A_CHIP,
        .l_len = LOCKS_A_CHIP};
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
        rc = write_register(&chip->wire, MODE1, MODE1_AI | MODE1_SLEEP);
    if (!rc)
        rc = write_register(&chip->wire, PRE_SCALE, (unsigned)chip->prescale);
    if (!rc)
        rc = write_register(&chip->wire, MODE1, MODE1_AI);
    struct timespec pause = {0, OSCILLATOR_START_NS};
    nanosleep(&pause, NULL);
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
    int rc = read_register(&chip->wire, MODE1, &mode1);
    if (rc == 0)
        rc = read_register(&chip->wire, PRE_SCALE, &prescale);
    if (rc < 0)
        return rc;
    if ((mode1 & MODE1_SLEEP) || !(mode1 & MODE1_AI) || (int)prescale != chip->prescale) {
        // First so that the registers' addresses count up in the transfers that follow.
        rc = write_register(&chip->wire, MODE1, MODE1_AI | MODE1_SLEEP);
        if (rc == 0)
            rc = write_register(&chip->wire, MODE2, MODE2_OUTDRV);
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
    close(chip->wire.fd);
    free(chip);
}

unsigned pca9685_chip_resets(const struct pca9685_chip *chip)
{
    return chip->resets;
}

// The name of the kernel driver that owns an address ("pca9685-pwm"); "" where none is known.
static void driver_of(const struct hw_address *at, char out[NAME_MAX + 1])
{
    char path[128], target[PATH_MAX];
    snprintf(
        path, sizeof path, "/sys/bus/i2c/devices/%s-%04x/driver", at->chip + strlen("i2c-"), at->i2c_address);
    ssize_t len = readlink(path, target, sizeof target - 1);
    target[len < 0 ? 0 : len] = '\0';
    snprintf(out, NAME_MAX + 1, "%s", len < 0 ? "" : basename(target));
}

static void refuse_busy(const struct hw_address *at, char why[HW_WHY_SIZE])
{
    char driver[NAME_MAX + 1];
    driver_of(at, driver);
    const char *number = at->chip + strlen("i2c-");
    if (!strcmp(driver, "pca9685-pwm"))
        snprintf(why, HW_WHY_SIZE,
            "address 0x%02x of /dev/%s: busy, the kernel driver %s has the chip; write pwm = \"%s-%04x:%u\"",
            at->i2c_address, at->chip, driver, number, at->i2c_address, at->line);
    else
        snprintf(why, HW_WHY_SIZE,
            "address 0x%02x of /dev/%s: busy, the kernel driver %.100s has a chip there; is this the "
            "header's bus?",
            at->i2c_address, at->chip, driver[0] ? driver : "(without a name)");
}

// Opens the bus and finds the chip, changing nothing. The caller closes wire->fd. 0, or a negative errno with a sentence
// in why.
static int open_bus(const struct hw_address *at, struct wire *wire, char why[HW_WHY_SIZE])
{
    char path[HW_CHIP_MAX + 8];
    snprintf(path, sizeof path, "/dev/%s", at->chip);
    *wire = (struct wire){.fd = open(path, O_RDWR | O_CLOEXEC)};
    if (wire->fd < 0) {
        int error = errno;
        snprintf(why, HW_WHY_SIZE, "%s: %s%s", path, strerror(error),
            error == EACCES   ? " (is this user in group i2c?)"
            : error == ENOENT ? " (no such bus; i2cdetect -l lists them; is the module i2c-dev loaded?)"
                              : "");
        return -error;
    }
    // I2C_SLAVE, never I2C_SLAVE_FORCE: what a kernel driver owns is refused.
    int rc = ioctl(wire->fd, I2C_SLAVE, (unsigned long)at->i2c_address) < 0 ? -errno : 0;
    if (rc == -EBUSY) {
        refuse_busy(at, why);
        goto close_fd;
    }
    if (rc < 0) {
        snprintf(why, HW_WHY_SIZE, "%s: %s (no I2C bus?)", path, strerror(-rc));
        goto close_fd;
    }
    unsigned mode1;
    rc = read_register(wire, MODE1, &mode1);
    if (rc < 0) {
        snprintf(why, HW_WHY_SIZE,
            "no chip answers at address 0x%02x of %s: %s (wiring, power; i2cdetect -y -r %s)",
            at->i2c_address, path, strerror(-rc), at->chip + strlen("i2c-"));
        goto close_fd;
    }
    union i2c_smbus_data word = {0};
    if (transfer(wire, I2C_SMBUS_READ, PRE_SCALE, I2C_SMBUS_WORD_DATA, &word) == 0 &&
        word.word == INA3221_MANUFACTURER) {
        rc = -ENODEV;
        snprintf(why, HW_WHY_SIZE,
            "an INA3221 power monitor of the board answers at 0x%02x of %s, no PCA9685: use the header's bus",
            at->i2c_address, path);
        goto close_fd;
    }
    if (mode1 & MODE1_EXTCLK) {
        rc = -ENOTSUP;
        snprintf(why, HW_WHY_SIZE,
            "the chip at 0x%02x of %s runs from an external clock, whose frequency cannot be known; switch "
            "its power off "
            "and on",
            at->i2c_address, path);
        goto close_fd;
    }
    return 0;

close_fd:
    close(wire->fd);
    return rc;
}

int pca9685_probe(const struct hw_address *at, char why[HW_WHY_SIZE])
{
    struct wire wire;
    int rc = open_bus(at, &wire, why);
    if (rc == 0)
        close(wire.fd);
    return rc;
}

// Brings the chip to our frequency. A chip that runs at it already is left alone, so that its pulses go on.
static int start(struct pca9685_chip *chip, char why[HW_WHY_SIZE])
{
    unsigned mode1, mode2, prescale;
    bool alone = lock_byte(chip, LOCK_CHIP, F_WRLCK) == 0;
    int rc = read_register(&chip->wire, MODE1, &mode1);
    if (!rc)
        rc = read_register(&chip->wire, MODE2, &mode2);
    if (!rc)
        rc = read_register(&chip->wire, PRE_SCALE, &prescale);
    if (!rc && !(mode1 & MODE1_AI)) // block writes need it before anything else
        rc = write_register(&chip->wire, MODE1, (mode1 & MODE1_SLEEP) | MODE1_AI);
    if (!rc && mode2 != MODE2_OUTDRV)
        rc = write_register(&chip->wire, MODE2, MODE2_OUTDRV);
    bool ours = !rc && (int)prescale == chip->prescale && !(mode1 & MODE1_SLEEP);
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
        lock_byte(chip, LOCK_CHIP, F_RDLCK);
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
    int rc = open_bus(at, &chip->wire, why);
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
    close(chip->wire.fd);
free_chip:
    free(chip);
    return rc;
}
