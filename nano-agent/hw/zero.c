// SPDX-License-Identifier: MIT
#include "nano-agent/hw/zero.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nano-agent/hw/motor_list.h"
#include "nano-agent/hw/pca9685_wire.h"
#include "nano-agent/hw/pwm_sysfs.h"
#include "nano-agent/system/sysfs.h"

enum { LINE_SIZE = 256, TRIES = 3 };

// Lines that are held until the end.
struct held {
    struct hw_switch *lines[MOTOR_LIST_MAX];
    size_t count;
};

static int hold_line(struct held *held, const struct motor_list_entry *entry, char why[HW_WHY_SIZE])
{
    struct hw_gpio_options off = {.consumer = "nano-agent zero", .active_low = entry->active_low};
    if (held->count == MOTOR_LIST_MAX) {
        snprintf(why, HW_WHY_SIZE, "too many lines");
        return -E2BIG;
    }
    int rc = hw_gpio.open_switch(&entry->at, &off, &held->lines[held->count], why);
    if (rc == 0)
        held->count++;
    return rc;
}

static int zero_pwm(const struct hw_address *at, char why[HW_WHY_SIZE])
{
    char chip[PWM_SYSFS_NAME_SIZE], path[PWM_SYSFS_NAME_SIZE + 64];
    int rc = pwm_sysfs_find("/sys", at->chip, chip, why);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof path, "/sys/class/pwm/%s/pwm%u/duty_cycle", chip, at->line);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    rc = fd < 0 ? -errno : sysfs_write_number_to(fd, 0);
    if (fd >= 0)
        close(fd);
    if (rc == -ENOENT) // nobody has exported it: nothing comes out
        return 0;
    if (rc < 0)
        snprintf(why, HW_WHY_SIZE, "%.300s: %s", path, strerror(-rc));
    return rc;
}

// The chip's frequency and modes stay as they are: other channels of it may drive servos, which must not move.
static int zero_channel(const struct hw_address *at, char why[HW_WHY_SIZE])
{
    struct pca9685_wire wire;
    pca9685_wire_hurry(at->chip);
    int rc = pca9685_wire_attach(&wire, at->chip, at->i2c_address);
    if (rc == 0) {
        for (int i = 0; i < TRIES; i++) {
            rc = pca9685_wire_write_now(&wire, PCA9685_LED0_OFF_H + 4 * at->line, PCA9685_LED_FULL);
            if (rc == 0)
                break;
        }
        pca9685_wire_close(&wire);
    }
    if (rc < 0)
        snprintf(why, HW_WHY_SIZE, "%s", strerror(-rc));
    return rc;
}

static int zero_output(struct held *held, const struct motor_list_entry *entry, char why[HW_WHY_SIZE])
{
    switch (entry->at.kind) {
    case HW_GPIO:
        return hold_line(held, entry, why);
    case HW_PWM_SYSFS:
        return zero_pwm(&entry->at, why);
    case HW_PCA9685:
        return zero_channel(&entry->at, why);
    case HW_SIM:
        break;
    }
    return 0;
}

static int zero_line(struct held *held, char *line)
{
    struct motor_list_entry entry;
    char why[HW_WHY_SIZE] = "no line of this file";
    line[strcspn(line, "\n")] = '\0';
    int rc = motor_list_parse(line, &entry);
    if (rc > 0)
        rc = zero_output(held, &entry, why);
    if (rc < 0)
        fprintf(stderr, "nano-agent zero: %s: %s\n", line, why);
    return rc;
}

int zero_run(const char *path)
{
    static struct held held;
    char line[LINE_SIZE];
    int status = EXIT_SUCCESS;
    FILE *file = fopen(path, "re");
    if (!file && errno == ENOENT)
        return EXIT_SUCCESS;
    if (!file) {
        fprintf(stderr, "nano-agent zero: %s: %s\n", path, strerror(errno));
        return EXIT_FAILURE;
    }
    held.count = 0;
    while (fgets(line, sizeof line, file)) {
        if (zero_line(&held, line) < 0)
            status = EXIT_FAILURE;
    }
    fclose(file);
    for (size_t i = 0; i < held.count; i++)
        held.lines[i]->ops->close(held.lines[i]);
    return status;
}
