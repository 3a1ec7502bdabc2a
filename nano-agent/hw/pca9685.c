// SPDX-License-Identifier: MIT
// A PCA9685 over /dev/i2c-N, for buses where the kernel's driver is not bound to it.
#include "nano-agent/hw/pca9685.h"

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

enum {
    MODE1 = 0x00,
    MODE1_EXTCLK = 0x40, // cleared by a reset of the chip alone
    MODE1_AI = 0x20,     // the register address counts up within one transfer
    MODE1_SLEEP = 0x10,  // oscillator off; PRE_SCALE is writable only then
    MODE2 = 0x01,
    MODE2_OUTDRV = 0x04, // totem pole: a servo's input needs both levels; outputs change at STOP
    LED0_ON_L = 0x06,    // four registers a channel
    LED_FULL = 0x10,     // bit 4 of ON_H: always on; of OFF_H: always off
    PRE_SCALE = 0xFE,
    PRE_SCALE_MIN = 3,
    PRE_SCALE_MAX = 255,
    OSCILLATOR_PERIOD_NS = 40, // 25 MHz
    OSCILLATOR_START_NS = 500000,
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

struct chip {
    char bus[HW_CHIP_MAX + 1];
    unsigned address;
    int prescale;
    struct wire wire;
    unsigned used; // bit N is set while channel N is open
    struct chip *next;
};

struct pca9685_pwm {
    struct hw_pwm base;
    struct chip *chip;
    unsigned channel;
    unsigned steps; // the pulse that it emits while it is enabled
    bool enabled;
};

static struct chip *chips; // the channels of one chip share its file and its frequency

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
static int write_channel(struct chip *chip, unsigned channel, unsigned steps)
{
    union i2c_smbus_data data = {.block = {4}};
    pca9685_encode(steps, data.block + 1);
    return transfer(&chip->wire, I2C_SMBUS_WRITE, LED0_ON_L + 4 * channel, I2C_SMBUS_I2C_BLOCK_DATA, &data);
}

static int read_channel(struct chip *chip, unsigned channel, unsigned *steps)
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

static int pwm_set(struct hw_pwm *base, int64_t pulse_ns)
{
    struct pca9685_pwm *pwm = (struct pca9685_pwm *)base;
    if (pulse_ns < 0 || pulse_ns > base->period_ns)
        return -EINVAL;
    unsigned steps = (unsigned)((pulse_ns * PCA9685_STEPS + base->period_ns / 2) / base->period_ns);
    if (steps == pwm->steps)
        return 0;
    int rc = pwm->enabled ? write_channel(pwm->chip, pwm->channel, steps) : 0;
    if (rc == 0)
        pwm->steps = steps;
    return rc;
}

static int pwm_enable(struct hw_pwm *base, bool on)
{
    struct pca9685_pwm *pwm = (struct pca9685_pwm *)base;
    if (pwm->enabled == on)
        return 0;
    int rc = write_channel(pwm->chip, pwm->channel, on ? pwm->steps : 0);
    if (rc == 0)
        pwm->enabled = on;
    return rc;
}

// Locks or unlocks one byte of the bus's file. Other agents see the lock. It ends when the file is closed, also by the
// end of a process that crashed.
static int lock_byte(const struct chip *chip, unsigned which, short type)
{
    struct flock lock = {.l_type = type,
        .l_whence = SEEK_SET,
        .l_start = (off_t)chip->address * LOCKS_A_CHIP + which,
        .l_len = 1};
    return fcntl(chip->wire.fd, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
}

static void release_chip(struct chip *chip, unsigned channel)
{
    lock_byte(chip, channel, F_UNLCK);
    chip->used &= ~(1U << channel);
    if (chip->used)
        return;
    for (struct chip **link = &chips; *link; link = &(*link)->next) {
        if (*link == chip) {
            *link = chip->next;
            break;
        }
    }
    close(chip->wire.fd);
    free(chip);
}

static void pwm_close(struct hw_pwm *base)
{
    struct pca9685_pwm *pwm = (struct pca9685_pwm *)base;
    release_chip(pwm->chip, pwm->channel);
    free(pwm);
}

static const struct hw_pwm_ops pwm_ops = {pwm_set, pwm_enable, pwm_close};

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

// Switches all channels off, puts the chip to sleep, sets the frequency and wakes it. All are off because a number of
// steps is another pulse at another frequency, and because what a sleeping chip holds was written by a program that has
// gone: neither may come to life together with the clock.
static int restart(struct chip *chip)
{
    int rc = 0;
    for (unsigned i = 0; i < PCA9685_CHANNELS && !rc; i++)
        rc = write_channel(chip, i, 0);
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

// Brings the chip to our frequency. A chip that runs at it already is left alone, so that its pulses go on.
static int start(struct chip *chip, char why[HW_WHY_SIZE])
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

static struct chip *find_chip(const struct hw_address *at)
{
    struct chip *chip = chips;
    while (chip && (chip->address != at->i2c_address || strcmp(chip->bus, at->chip) != 0))
        chip = chip->next;
    return chip;
}

static int open_chip(const struct hw_address *at, int prescale, struct chip **out, char why[HW_WHY_SIZE])
{
    struct chip *chip = find_chip(at);
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

static int open_pwm(
    const struct hw_address *at, int64_t period_ns, struct hw_pwm **out, char why[HW_WHY_SIZE])
{
    int prescale = pca9685_prescale(period_ns);
    if (prescale < 0) {
        snprintf(why, HW_WHY_SIZE, "a PCA9685 runs at %d to %d Hz; another hz is wanted", PCA9685_HZ_MIN,
            PCA9685_HZ_MAX);
        return prescale;
    }
    struct pca9685_pwm *pwm = calloc(1, sizeof *pwm);
    if (!pwm) {
        snprintf(why, HW_WHY_SIZE, "out of memory");
        return -ENOMEM;
    }
    int rc = open_chip(at, prescale, &pwm->chip, why);
    if (rc < 0)
        goto free_pwm;
    if (pwm->chip->used & 1U << at->line || lock_byte(pwm->chip, at->line, F_WRLCK) < 0) {
        rc = -EBUSY;
        snprintf(
            why, HW_WHY_SIZE, "%s: another nano-agent, or another channel of this one, drives it", at->text);
        goto leave_chip;
    }
    pwm->channel = at->line;
    rc = read_channel(pwm->chip, pwm->channel, &pwm->steps);
    if (rc < 0) {
        snprintf(why, HW_WHY_SIZE, "%s: %s", at->text, strerror(-rc));
        goto unlock;
    }
    pwm->chip->used |= 1U << at->line;
    pwm->base =
        (struct hw_pwm){.ops = &pwm_ops, .period_ns = pca9685_period_ns(prescale), .steps = PCA9685_STEPS};
    pwm->enabled = pwm->base.was_enabled = pwm->steps > 0;
    pwm->base.found_ns = pwm->base.period_ns * pwm->steps / PCA9685_STEPS;
    *out = &pwm->base;
    return 0;

unlock:
    lock_byte(pwm->chip, at->line, F_UNLCK);
leave_chip:
    if (!pwm->chip->used)
        release_chip(pwm->chip, at->line);
free_pwm:
    free(pwm);
    return rc;
}

const struct hw_backend hw_pca9685 = {.name = "pca9685", .kind = HW_PCA9685, .open_pwm = open_pwm};
