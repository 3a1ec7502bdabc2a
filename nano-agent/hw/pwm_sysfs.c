// SPDX-License-Identifier: MIT
// The kernel's PWM files (Documentation/ABI/testing/sysfs-class-pwm). Nanoseconds; duty_cycle may never be
// above period; polarity is never written: Tegra's driver has none.
#include "nano-agent/hw/pwm_sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/clock.h"
#include "nano-agent/hw/opening.h"
#include "nano-agent/hw/patience.h"
#include "nano-agent/hw/pca9685.h"
#include "nano-agent/system/sysfs.h"

enum { TEGRA_STEPS = 256, NAME_SIZE = PWM_SYSFS_NAME_SIZE, ADDRESS_DIGITS = 4, BUS_DIGITS_MAX = 9 };

struct sysfs_pwm {
    struct hw_pwm base;
    int duty_fd; // stays open, so that setting a pulse is one pwrite
    int enable_fd;
    int64_t duty_ns;
    bool enabled;
    struct patience patience; // a chip of the kernel's drivers may be behind I2C
    bool shares_period;       // all channels of the chip have the same period
};

// Steps of a period by the driver behind a chip. The duty of Tegra's PWM is 8 bits wide (pwm-tegra.c,
// PWM_DUTY_WIDTH), a PCA9685's 12 (pwm-pca9685.c, PCA9685_COUNTER_RANGE).
static uint32_t steps_of_driver(const char *driver)
{
    if (!strcmp(driver, "tegra-pwm"))
        return TEGRA_STEPS;
    if (!strcmp(driver, "pca9685-pwm"))
        return PCA9685_STEPS;
    return 0;
}

// The period that the hardware will really have when it is asked for period_ns.
static int64_t real_period_ns(const char *driver, int64_t period_ns)
{
    int prescale = strcmp(driver, "pca9685-pwm") ? -EINVAL : pca9685_prescale(period_ns);
    return prescale < 0 ? period_ns : pca9685_period_ns(prescale);
}

static int refuse(char why[HW_WHY_SIZE], const char *path, int error)
{
    const char *hint = "";
    if (error == EACCES || error == EPERM)
        hint = " (is this user in group gpio, and is the udev rule 60-nano-agent.rules installed?)";
    snprintf(why, HW_WHY_SIZE, "%.300s: %s%s", path, strerror(error), hint);
    return -error;
}

static bool link_name(const char *path, char out[NAME_SIZE])
{
    char target[PATH_MAX];
    ssize_t len = readlink(path, target, sizeof target - 1);
    if (len < 0)
        return false;
    target[len] = '\0';
    return snprintf(out, NAME_SIZE, "%s", basename(target)) < NAME_SIZE;
}

static void driver_of(const char *root, const char *chip, char driver[NAME_SIZE])
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/class/pwm/%s/device/driver", root, chip);
    if (!link_name(path, driver))
        driver[0] = '\0';
}

uint32_t pwm_sysfs_steps(const char *root, const char *chip)
{
    char driver[NAME_SIZE];
    driver_of(root, chip, driver);
    return steps_of_driver(driver);
}

int pwm_sysfs_find(const char *root, const char *wanted, char chip[NAME_SIZE], char why[HW_WHY_SIZE])
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/class/pwm", root);
    DIR *dir = opendir(path);
    char there[200] = "";
    size_t len = 0;
    struct dirent *entry;
    chip[0] = '\0';
    while (dir && !chip[0] && (entry = readdir(dir))) {
        char device[NAME_SIZE] = "?";
        if (strncmp(entry->d_name, "pwmchip", 7) != 0)
            continue;
        snprintf(path, sizeof path, "%s/class/pwm/%s/device", root, entry->d_name);
        link_name(path, device);
        if (!strcmp(entry->d_name, wanted) || !strcmp(device, wanted))
            snprintf(chip, NAME_SIZE, "%s", entry->d_name);
        else if (len < sizeof there)
            len += (size_t)snprintf(
                there + len, sizeof there - len, "%s%s (%s)", len ? ", " : "", device, entry->d_name);
    }
    if (dir)
        closedir(dir);
    if (chip[0])
        return 0;
    snprintf(why, HW_WHY_SIZE,
        "%s/class/pwm has no chip %s%s%s (on a Jetson, jetson-io.py switches a pin to PWM)", root, wanted,
        there[0] ? ", only " : "", there);
    return -ENODEV;
}

bool pwm_sysfs_bus(const char *root, const char *wanted, char bus[NAME_SIZE])
{
    char chip[NAME_SIZE], device[NAME_SIZE], path[PATH_MAX], why[HW_WHY_SIZE];
    if (pwm_sysfs_find(root, wanted, chip, why) < 0)
        return false;
    snprintf(path, sizeof path, "%s/class/pwm/%s/device", root, chip);
    if (!link_name(path, device))
        return false;
    // An I2C device is named by its bus and its address (i2c-core-base.c, i2c_dev_set_name): 1-0040.
    size_t digits = strspn(device, "0123456789");
    if (!digits || digits > BUS_DIGITS_MAX || device[digits] != '-' ||
        strlen(device) != digits + 1 + ADDRESS_DIGITS ||
        strspn(device + digits + 1, "0123456789abcdef") != ADDRESS_DIGITS)
        return false;
    snprintf(bus, NAME_SIZE, "i2c-%.*s", (int)digits, device);
    return true;
}

// Opens a file that may not be there yet, or not be ours yet: after an export, and early in the boot, udev makes it so
// some time later (opening.h). Kernels before 4.20 send udev no event for an export.
static int open_patiently(const char *path, int flags, char why[HW_WHY_SIZE])
{
    for (;;) {
        int fd = open(path, flags | O_CLOEXEC), error = errno;
        if (fd >= 0)
            return fd;
        if ((error != EACCES && error != ENOENT) || !opening_wait())
            return refuse(why, path, error);
    }
}

static int export_channel(const char *chip_path, unsigned channel, char why[HW_WHY_SIZE])
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/pwm%u", chip_path, channel);
    if (access(path, F_OK) == 0)
        return 0;
    snprintf(path, sizeof path, "%s/export", chip_path);
    int fd = open_patiently(path, O_WRONLY, why);
    if (fd < 0)
        return fd;
    int rc = sysfs_write_number_to(fd, channel);
    close(fd);
    if (rc == -EBUSY) // exported meanwhile, by udev or an agent that crashed: the files tell
        return 0;
    if (rc == -ENODEV || rc == -EINVAL) {
        snprintf(why, HW_WHY_SIZE, "%.300s: the chip has no channel %u", chip_path, channel);
        return rc;
    }
    return rc < 0 ? refuse(why, path, -rc) : 0;
}

static int write_patiently(struct sysfs_pwm *pwm, int fd, int64_t number)
{
    int64_t began_us = clock_now_us();
    int rc = patience_begin(&pwm->patience, began_us);
    if (rc < 0)
        return rc;
    rc = sysfs_write_number_to(fd, number);
    patience_end(&pwm->patience, began_us, clock_now_us());
    return rc;
}

static int pwm_set(struct hw_pwm *base, int64_t pulse_ns)
{
    struct sysfs_pwm *pwm = (struct sysfs_pwm *)base;
    if (pulse_ns < 0 || pulse_ns > base->period_ns)
        return -EINVAL;
    if (pulse_ns == pwm->duty_ns) // each write cuts the running period short on Tegra
        return 0;
    int rc = write_patiently(pwm, pwm->duty_fd, pulse_ns);
    if (!rc)
        pwm->duty_ns = pulse_ns;
    return rc;
}

static int pwm_enable(struct hw_pwm *base, bool on)
{
    struct sysfs_pwm *pwm = (struct sysfs_pwm *)base;
    if (pwm->enabled == on)
        return 0;
    int rc = write_patiently(pwm, pwm->enable_fd, on);
    if (!rc)
        pwm->enabled = on;
    return rc;
}

int pwm_sysfs_zero(struct hw_pwm *base)
{
    struct sysfs_pwm *pwm = (struct sysfs_pwm *)base;
    int rc = sysfs_write_number_to(pwm->duty_fd, 0);
    if (rc == 0)
        pwm->duty_ns = 0;
    return rc;
}

static void pwm_close(struct hw_pwm *base)
{
    struct sysfs_pwm *pwm = (struct sysfs_pwm *)base;
    close(pwm->duty_fd);
    close(pwm->enable_fd);
    free(pwm);
}

static const struct hw_pwm_ops pwm_ops = {.set = pwm_set, .enable = pwm_enable, .close = pwm_close};

// A channel's file as a number; -1 where it cannot be read.
static int64_t number_of(const char *dir, const char *file)
{
    int64_t n;
    return sysfs_read_number_in(dir, file, &n) ? n : -1;
}

// Disables the channels of a PCA9685 that emit no pulse. Its driver counts a channel as enabled from the moment that it
// is exported, and refuses to change the period while two are enabled (pwm-pca9685.c, pca9685_prescaler_can_change).
static void disable_idle_channels(const char *chip_path)
{
    // The driver has one channel more, which stands for all of them at once: it is left alone.
    for (unsigned channel = 0; channel < PCA9685_CHANNELS; channel++) {
        char dir[PATH_MAX / 2], path[PATH_MAX];
        snprintf(dir, sizeof dir, "%s/pwm%u", chip_path, channel);
        if (number_of(dir, "enable") != 1 || number_of(dir, "duty_cycle") != 0)
            continue;
        snprintf(path, sizeof path, "%s/enable", dir);
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        int rc = sysfs_write_text_to(fd, "0");
        (void)rc; // where this matters, writing the period fails again
        close(fd);
    }
}

// Brings the channel to our period. duty_cycle is never above the period meanwhile, and a channel that runs goes on.
static int set_period(
    struct sysfs_pwm *pwm, const char *chip_path, const char *dir, int64_t period_ns, char why[HW_WHY_SIZE])
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/period", dir);
    int fd = open_patiently(path, O_RDWR, why);
    if (fd < 0)
        return fd;
    int64_t now = 0;
    int rc = sysfs_read_number_of(fd, &now);
    if (!rc && pwm->duty_ns > period_ns) {
        rc = sysfs_write_number_to(pwm->duty_fd, 0);
        pwm->duty_ns = pwm->base.found_ns = 0; // what was found is not emitted any more
    }
    if (!rc && now != period_ns)
        rc = sysfs_write_number_to(fd, period_ns);
    if (rc == -EBUSY && pwm->shares_period) {
        disable_idle_channels(chip_path);
        pwm->enabled = number_of(dir, "enable") == 1;
        rc = sysfs_write_number_to(fd, period_ns);
    }
    close(fd);
    if (rc == -EINVAL) {
        snprintf(why, HW_WHY_SIZE,
            "%.300s: the chip cannot do a period of %" PRId64 " ns; another hz is wanted", path, period_ns);
        return rc;
    }
    if (rc == -EBUSY) {
        snprintf(why, HW_WHY_SIZE,
            "%.200s: other channels of the chip run with another period; all must have one hz (what runs "
            "from before: "
            "echo 0 > %.100s/pwmN/enable)",
            path, chip_path);
        return rc;
    }
    return rc < 0 ? refuse(why, path, -rc) : 0;
}

static int read_state(struct sysfs_pwm *pwm, const char *dir, char why[HW_WHY_SIZE])
{
    int64_t enabled = 0;
    int rc = sysfs_read_number_of(pwm->enable_fd, &enabled);
    if (!rc)
        rc = sysfs_read_number_of(pwm->duty_fd, &pwm->duty_ns);
    if (rc < 0)
        return refuse(why, dir, -rc);
    pwm->enabled = enabled != 0;
    // The channels of a PCA9685 always read as enabled (pwm-pca9685.c, get_state), so one without a pulse does not count.
    pwm->base.was_enabled = pwm->enabled && pwm->duty_ns > 0;
    pwm->base.found_ns = pwm->base.was_enabled ? pwm->duty_ns : 0;
    return 0;
}

int pwm_sysfs_open(const char *root, const struct hw_address *at, int64_t period_ns, struct hw_pwm **out,
    char why[HW_WHY_SIZE])
{
    char chip[NAME_SIZE], driver[NAME_SIZE], chip_path[PATH_MAX / 4], dir[PATH_MAX / 2], path[PATH_MAX];
    int rc = pwm_sysfs_find(root, at->chip, chip, why);
    if (rc < 0)
        return rc;
    driver_of(root, chip, driver);
    snprintf(chip_path, sizeof chip_path, "%s/class/pwm/%s", root, chip);
    rc = export_channel(chip_path, at->line, why);
    if (rc < 0)
        return rc;
    snprintf(dir, sizeof dir, "%s/pwm%u", chip_path, at->line);

    struct sysfs_pwm *pwm = calloc(1, sizeof *pwm);
    if (!pwm) {
        snprintf(why, HW_WHY_SIZE, "out of memory");
        return -ENOMEM;
    }
    period_ns = real_period_ns(driver, period_ns);
    pwm->base = (struct hw_pwm){.ops = &pwm_ops, .period_ns = period_ns, .steps = steps_of_driver(driver)};
    pwm->shares_period = !strcmp(driver, "pca9685-pwm");
    snprintf(path, sizeof path, "%s/duty_cycle", dir);
    pwm->duty_fd = rc = open_patiently(path, O_RDWR, why);
    if (rc < 0)
        goto free_pwm;
    if (flock(pwm->duty_fd, LOCK_EX | LOCK_NB) < 0) {
        rc = -errno;
        snprintf(
            why, HW_WHY_SIZE, "%.300s: another nano-agent, or another channel of this one, drives it", dir);
        goto close_duty;
    }
    snprintf(path, sizeof path, "%s/enable", dir);
    pwm->enable_fd = rc = open_patiently(path, O_RDWR, why);
    if (rc < 0)
        goto close_duty;
    rc = read_state(pwm, dir, why);
    if (!rc)
        rc = set_period(pwm, chip_path, dir, period_ns, why);
    if (rc < 0)
        goto close_enable;
    *out = &pwm->base;
    return 0;
close_enable:
    close(pwm->enable_fd);
close_duty:
    close(pwm->duty_fd);
free_pwm:
    free(pwm);
    return rc;
}

static int open_pwm(
    const struct hw_address *at, int64_t period_ns, struct hw_pwm **out, char why[HW_WHY_SIZE])
{
    return pwm_sysfs_open("/sys", at, period_ns, out, why);
}

int pwm_sysfs_open_at_zero(const char *root, const struct hw_address *at, int64_t period_ns,
    struct hw_pwm **out, char why[HW_WHY_SIZE])
{
    int rc = pwm_sysfs_open(root, at, period_ns, out, why);
    if (rc < 0)
        return rc;
    struct hw_pwm *pwm = *out;
    rc = pwm_sysfs_zero(pwm);
    if (rc == 0)
        rc = pwm_enable(pwm, true);
    if (rc < 0) {
        snprintf(why, HW_WHY_SIZE, "%s: switching it off: %s", at->text, strerror(-rc));
        pwm_close(pwm);
        *out = NULL;
    }
    return rc;
}

const struct hw_backend hw_pwm_sysfs = {"pwm", HW_PWM_SYSFS, NULL, open_pwm, NULL};
