// SPDX-License-Identifier: MIT
#include "i2c_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "nano-agent/hw/pca9685.h"

enum { FILES_MAX = 64, MODE1_AI = 0x20 };

int __real_open(const char *path, int flags, ...);
int __real_ioctl(int fd, unsigned long request, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_ioctl(int fd, unsigned long request, ...);

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned char registers[RIG_CHIPS][256];
    int stuck[RIG_CHIPS]; // a register; -1 = none
    struct rig_transfer transfers[RIG_TRANSFERS_MAX];
    unsigned count;
    unsigned fail_in, fail_times;
    bool fails_late;
    bool hangs;
    int bus;       // a real file: descriptors of it can be locked against each other; 0 = not made yet
    unsigned hung; // threads that wait for it
    unsigned address_of[FILES_MAX]; // by descriptor; 0 = no bus
} rig = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static void reset(unsigned chip)
{
    memset(rig.registers[chip], 0, sizeof rig.registers[chip]);
    rig.registers[chip][0x00] = 0x11; // data sheet, table 4
    rig.registers[chip][0x01] = 0x04;
    rig.registers[chip][0xFE] = 0x1E;
    for (unsigned i = 0; i < PCA9685_CHANNELS; i++)
        rig.registers[chip][9 + 4 * i] = 0x10;
    rig.stuck[chip] = -1;
}

void rig_power_up(void)
{
    pthread_mutex_lock(&rig.mutex);
    for (unsigned i = 0; i < RIG_CHIPS; i++)
        reset(i);
    rig.count = rig.fail_in = rig.fail_times = 0;
    rig.hangs = false;
    if (rig.bus > 0)
        close(rig.bus); // what an earlier test left open is locked no more
    rig.bus = 0;
    pthread_mutex_unlock(&rig.mutex);
}

void rig_reset_chip(unsigned address)
{
    pthread_mutex_lock(&rig.mutex);
    reset(address - RIG_FIRST_CHIP);
    pthread_mutex_unlock(&rig.mutex);
}

unsigned rig_register(unsigned address, unsigned reg)
{
    pthread_mutex_lock(&rig.mutex);
    unsigned value = rig.registers[address - RIG_FIRST_CHIP][reg];
    pthread_mutex_unlock(&rig.mutex);
    return value;
}

unsigned rig_steps(unsigned address, unsigned channel)
{
    unsigned char registers[4];
    for (unsigned i = 0; i < 4; i++)
        registers[i] = (unsigned char)rig_register(address, 6 + 4 * channel + i);
    return pca9685_decode(registers);
}

void rig_forget(void)
{
    pthread_mutex_lock(&rig.mutex);
    rig.count = 0;
    pthread_mutex_unlock(&rig.mutex);
}

unsigned rig_count(void)
{
    pthread_mutex_lock(&rig.mutex);
    unsigned count = rig.count;
    pthread_mutex_unlock(&rig.mutex);
    return count;
}

struct rig_transfer rig_transfer(unsigned index)
{
    pthread_mutex_lock(&rig.mutex);
    struct rig_transfer transfer = rig.transfers[index];
    pthread_mutex_unlock(&rig.mutex);
    return transfer;
}

void rig_fail(unsigned number, unsigned times, bool takes_effect)
{
    pthread_mutex_lock(&rig.mutex);
    rig.fail_in = number;
    rig.fail_times = times;
    rig.fails_late = takes_effect;
    pthread_mutex_unlock(&rig.mutex);
}

void rig_stick(unsigned address, unsigned reg)
{
    pthread_mutex_lock(&rig.mutex);
    rig.stuck[address - RIG_FIRST_CHIP] = (int)reg;
    pthread_mutex_unlock(&rig.mutex);
}

void rig_hang(void)
{
    pthread_mutex_lock(&rig.mutex);
    rig.hangs = true;
    pthread_mutex_unlock(&rig.mutex);
}

void rig_wait_until_hung(void)
{
    pthread_mutex_lock(&rig.mutex);
    while (!rig.hung)
        pthread_cond_wait(&rig.changed, &rig.mutex);
    pthread_mutex_unlock(&rig.mutex);
}

void rig_free(void)
{
    pthread_mutex_lock(&rig.mutex);
    rig.hangs = false;
    pthread_cond_broadcast(&rig.changed);
    while (rig.hung)
        pthread_cond_wait(&rig.changed, &rig.mutex);
    pthread_mutex_unlock(&rig.mutex);
}

static void put(unsigned chip, unsigned reg, unsigned char value)
{
    if (rig.stuck[chip] != (int)reg)
        rig.registers[chip][reg] = value;
}

static void write_bytes(unsigned chip, unsigned reg, const unsigned char *bytes, unsigned len)
{
    bool counts_up = rig.registers[chip][0] & MODE1_AI;
    for (unsigned i = 0; i < len; i++)
        put(chip, counts_up ? reg + i : reg, bytes[i]);
}

static void carry_out(unsigned chip, const struct i2c_smbus_ioctl_data *request)
{
    unsigned char *registers = rig.registers[chip];
    unsigned reg = request->command;
    bool reads = request->read_write == I2C_SMBUS_READ;
    switch (request->size) {
    case I2C_SMBUS_BYTE_DATA:
        if (reads)
            request->data->byte = registers[reg];
        else
            write_bytes(chip, reg, &request->data->byte, 1);
        break;
    case I2C_SMBUS_WORD_DATA: // reads alone
        request->data->word = registers[reg];
        break;
    case I2C_SMBUS_I2C_BLOCK_DATA: // writes alone
        write_bytes(chip, reg, request->data->block + 1, request->data->block[0]);
        break;
    }
}

static void note(unsigned address, const struct i2c_smbus_ioctl_data *request)
{
    if (rig.count == RIG_TRANSFERS_MAX)
        return;
    struct rig_transfer *transfer = &rig.transfers[rig.count++];
    *transfer = (struct rig_transfer){.address = address,
        .reg = request->command,
        .len = 1,
        .reads = request->read_write == I2C_SMBUS_READ};
    transfer->bytes[0] = transfer->reads ? 0 : request->data->byte;
    if (request->size == I2C_SMBUS_I2C_BLOCK_DATA) {
        transfer->len = request->data->block[0];
        memcpy(transfer->bytes, request->data->block + 1, transfer->len);
    }
}

static bool fails_now(void)
{
    if (rig.fail_in > 1) {
        rig.fail_in--;
        return false;
    }
    if (rig.fail_in == 0 || rig.fail_times == 0)
        return false;
    rig.fail_times--;
    return true;
}

static int transfer_with(unsigned address, const struct i2c_smbus_ioctl_data *request)
{
    unsigned chip = address - RIG_FIRST_CHIP;
    if (chip >= RIG_CHIPS) {
        errno = ENXIO;
        return -1;
    }
    pthread_mutex_lock(&rig.mutex);
    note(address, request);
    rig.hung++;
    pthread_cond_broadcast(&rig.changed);
    while (rig.hangs)
        pthread_cond_wait(&rig.changed, &rig.mutex);
    rig.hung--;
    pthread_cond_broadcast(&rig.changed);
    bool fails = fails_now();
    if (!fails || rig.fails_late)
        carry_out(chip, request);
    pthread_mutex_unlock(&rig.mutex);
    if (!fails)
        return 0;
    errno = EREMOTEIO;
    return -1;
}

// The analyzer of clang 14 does not see that va_start is called.
// NOLINTBEGIN(clang-analyzer-valist.Uninitialized)
int __wrap_open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    unsigned mode = 0;
    if (flags & O_CREAT)
        mode = va_arg(ap, unsigned);
    va_end(ap);
    if (strncmp(path, "/dev/i2c-", 9) != 0)
        return __real_open(path, flags, mode);
    char again[64];
    if (rig.bus == 0)
        rig.bus = memfd_create("i2c", MFD_CLOEXEC);
    snprintf(again, sizeof again, "/proc/self/fd/%d", rig.bus);
    int fd = __real_open(again, flags, mode);
    if (fd >= FILES_MAX) {
        errno = EMFILE;
        return -1;
    }
    return fd;
}

int __wrap_ioctl(int fd, unsigned long request, ...)
{
    va_list ap;
    va_start(ap, request);
    unsigned long argument = va_arg(ap, unsigned long);
    va_end(ap);
    switch (request) {
    case I2C_SLAVE:
        rig.address_of[fd] = (unsigned)argument;
        return 0;
    case I2C_TIMEOUT:
    case I2C_RETRIES:
        return 0;
    case I2C_SMBUS:
        return transfer_with(rig.address_of[fd], (const struct i2c_smbus_ioctl_data *)argument);
    default:
        return __real_ioctl(fd, request, argument);
    }
}
// NOLINTEND(clang-analyzer-valist.Uninitialized)
