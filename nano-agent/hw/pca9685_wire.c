// SPDX-License-Identifier: MIT
#include "nano-agent/hw/pca9685_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/clock.h"

enum {
    MODE1_EXTCLK = 0x40, // cleared by a reset of the chip alone
    // "TI" at 0xFE, as an SMBus word (TI INA3221 data sheet, 8.6.2.20): a power monitor that these boards
    // have at 0x40 of other buses.
    INA3221_MANUFACTURER = 0x4954,
    HURRY_TIMEOUT = 5, // in units of 10 ms (linux/i2c-dev.h, I2C_TIMEOUT)
};

static int transfer_now(const struct pca9685_wire *wire, unsigned char direction, unsigned reg, unsigned size,
    union i2c_smbus_data *data)
{
    struct i2c_smbus_ioctl_data request = {
        .read_write = direction, .command = (unsigned char)reg, .size = size, .data = data};
    return ioctl(wire->fd, I2C_SMBUS, &request) < 0 ? -errno : 0;
}

static int transfer(struct pca9685_wire *wire, unsigned char direction, unsigned reg, unsigned size,
    union i2c_smbus_data *data)
{
    int64_t began_us = clock_now_us();
    int rc = patience_begin(&wire->patience, began_us);
    if (rc < 0)
        return rc;
    rc = transfer_now(wire, direction, reg, size, data);
    patience_end(&wire->patience, began_us, clock_now_us());
    return rc;
}

int pca9685_wire_read(struct pca9685_wire *wire, unsigned reg, unsigned *value)
{
    union i2c_smbus_data data = {0};
    int rc = transfer(wire, I2C_SMBUS_READ, reg, I2C_SMBUS_BYTE_DATA, &data);
    *value = data.byte;
    return rc;
}

int pca9685_wire_write(struct pca9685_wire *wire, unsigned reg, unsigned value)
{
    union i2c_smbus_data data = {.byte = (unsigned char)value};
    return transfer(wire, I2C_SMBUS_WRITE, reg, I2C_SMBUS_BYTE_DATA, &data);
}

static union i2c_smbus_data block_of(const unsigned char *bytes, size_t len)
{
    union i2c_smbus_data data = {.block = {(unsigned char)len}};
    memcpy(data.block + 1, bytes, len);
    return data;
}

int pca9685_wire_write_block(struct pca9685_wire *wire, unsigned reg, const unsigned char *bytes, size_t len)
{
    union i2c_smbus_data data = block_of(bytes, len);
    return transfer(wire, I2C_SMBUS_WRITE, reg, I2C_SMBUS_I2C_BLOCK_DATA, &data);
}

int pca9685_wire_read_now(const struct pca9685_wire *wire, unsigned reg, unsigned *value)
{
    union i2c_smbus_data data = {0};
    int rc = transfer_now(wire, I2C_SMBUS_READ, reg, I2C_SMBUS_BYTE_DATA, &data);
    *value = data.byte;
    return rc;
}

int pca9685_wire_write_now(const struct pca9685_wire *wire, unsigned reg, unsigned value)
{
    union i2c_smbus_data data = {.byte = (unsigned char)value};
    return transfer_now(wire, I2C_SMBUS_WRITE, reg, I2C_SMBUS_BYTE_DATA, &data);
}

int pca9685_wire_write_block_now(
    const struct pca9685_wire *wire, unsigned reg, const unsigned char *bytes, size_t len)
{
    union i2c_smbus_data data = block_of(bytes, len);
    return transfer_now(wire, I2C_SMBUS_WRITE, reg, I2C_SMBUS_I2C_BLOCK_DATA, &data);
}

static int open_bus(const char *bus)
{
    char path[HW_CHIP_MAX + 8];
    snprintf(path, sizeof path, "/dev/%s", bus);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

void pca9685_wire_hurry(const char *bus)
{
    int fd = open_bus(bus);
    if (fd < 0) // whoever uses the bus finds out why
        return;
    // An adapter that does not obey refuses, or ignores it: nothing is lost.
    (void)ioctl(fd, I2C_TIMEOUT, (unsigned long)HURRY_TIMEOUT);
    (void)ioctl(fd, I2C_RETRIES, 0UL);
    close(fd);
}

int pca9685_wire_attach(struct pca9685_wire *wire, const char *bus, unsigned address)
{
    *wire = (struct pca9685_wire){.fd = open_bus(bus)};
    if (wire->fd < 0)
        return wire->fd;
    // I2C_SLAVE, never I2C_SLAVE_FORCE: what a kernel driver owns is refused.
    if (ioctl(wire->fd, I2C_SLAVE, (unsigned long)address) == 0)
        return 0;
    int error = errno;
    pca9685_wire_close(wire);
    return -error;
}

void pca9685_wire_close(struct pca9685_wire *wire)
{
    close(wire->fd);
    wire->fd = -1;
}

int pca9685_wire_lock(const struct pca9685_wire *wire, unsigned address, unsigned which, short type)
{
    struct flock lock = {
        .l_type = type, .l_whence = SEEK_SET, .l_start = (off_t)address * PCA9685_LOCKS + which, .l_len = 1};
    return fcntl(wire->fd, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
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

static int refuse_attach(const struct hw_address *at, int error, char why[HW_WHY_SIZE])
{
    if (error == EBUSY)
        refuse_busy(at, why);
    else
        snprintf(why, HW_WHY_SIZE, "/dev/%s: %s%s", at->chip, strerror(error),
            error == EACCES   ? " (is this user in group i2c?)"
            : error == ENOENT ? " (no such bus; i2cdetect -l lists them; is the module i2c-dev loaded?)"
            : error == ENOTTY ? " (no I2C bus?)"
                              : "");
    return -error;
}

int pca9685_wire_open(struct pca9685_wire *wire, const struct hw_address *at, char why[HW_WHY_SIZE])
{
    unsigned mode1;
    int rc = pca9685_wire_attach(wire, at->chip, at->i2c_address);
    if (rc < 0)
        return refuse_attach(at, -rc, why);
    rc = pca9685_wire_read(wire, PCA9685_MODE1, &mode1);
    if (rc < 0) {
        snprintf(why, HW_WHY_SIZE,
            "no chip answers at address 0x%02x of /dev/%s: %s (wiring, power; i2cdetect -y -r %s)",
            at->i2c_address, at->chip, strerror(-rc), at->chip + strlen("i2c-"));
        goto close_wire;
    }
    union i2c_smbus_data word = {0};
    if (transfer(wire, I2C_SMBUS_READ, PCA9685_PRE_SCALE, I2C_SMBUS_WORD_DATA, &word) == 0 &&
        word.word == INA3221_MANUFACTURER) {
        rc = -ENODEV;
        snprintf(why, HW_WHY_SIZE,
            "an INA3221 power monitor of the board answers at 0x%02x of /dev/%s, no PCA9685: use the header's bus",
            at->i2c_address, at->chip);
        goto close_wire;
    }
    if (mode1 & MODE1_EXTCLK) {
        rc = -ENOTSUP;
        snprintf(why, HW_WHY_SIZE,
            "the chip at 0x%02x of /dev/%s runs from an external clock, whose frequency cannot be known; switch "
            "its power off "
            "and on",
            at->i2c_address, at->chip);
        goto close_wire;
    }
    return 0;

close_wire:
    pca9685_wire_close(wire);
    return rc;
}
