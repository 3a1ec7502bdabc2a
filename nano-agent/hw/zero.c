// SPDX-License-Identifier: MIT
#include "nano-agent/hw/zero.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/clock.h"
#include "nano-agent/hw/motor_list.h"
#include "nano-agent/hw/pca9685_wire.h"
#include "nano-agent/hw/pwm_sysfs.h"
#include "nano-agent/system/guardian.h"
#include "nano-agent/system/sysfs.h"

enum { LINE_SIZE = 256, TRIES = 3, PAUSE_US = 20000 };

// Lines that are held until the end.
struct held {
    bool yields; // what another agent has is left alone: -EBUSY
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

static int zero_pwm(const struct hw_address *at, bool yields, char why[HW_WHY_SIZE])
{
    char chip[PWM_SYSFS_NAME_SIZE], path[PWM_SYSFS_NAME_SIZE + 64];
    int rc = pwm_sysfs_find("/sys", at->chip, chip, why);
    if (rc < 0)
        return rc;
    snprintf(path, sizeof path, "/sys/class/pwm/%s/pwm%u/duty_cycle", chip, at->line);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    rc = fd < 0 || (yields && flock(fd, LOCK_EX | LOCK_NB) < 0) ? -errno : sysfs_write_number_to(fd, 0);
    if (rc == -EWOULDBLOCK)
        rc = -EBUSY;
    if (fd >= 0)
        close(fd);
    if (rc == -ENOENT) // nobody has exported it: nothing comes out
        return 0;
    if (rc < 0)
        snprintf(why, HW_WHY_SIZE, "%.300s: %s", path, strerror(-rc));
    return rc;
}

// The chip's frequency and modes stay as they are: other channels of it may drive servos, which must not move.
static int zero_channel(const struct hw_address *at, bool yields, char why[HW_WHY_SIZE])
{
    struct pca9685_wire wire;
    pca9685_wire_hurry(at->chip);
    int rc = pca9685_wire_attach(&wire, at->chip, at->i2c_address);
    if (rc == 0) {
        if (yields && pca9685_wire_lock(&wire, at->i2c_address, at->line, F_WRLCK) < 0)
            rc = -EBUSY;
        for (int i = 0; i < TRIES && rc != -EBUSY; i++) {
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
        return zero_pwm(&entry->at, held->yields, why);
    case HW_PCA9685:
        return zero_channel(&entry->at, held->yields, why);
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

static void let_go(struct held *held)
{
    for (size_t i = 0; i < held->count; i++)
        held->lines[i]->ops->close(held->lines[i]);
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
    let_go(&held);
    return status;
}

struct task {
    struct motor_list_entry entry;
    int rc; // of the last attempt; what is not 0 and not -EBUSY is tried again
};

static size_t read_tasks(char *text, struct task tasks[MOTOR_LIST_MAX])
{
    size_t count = 0;
    char *rest = text;
    for (char *line = strsep(&rest, "\n"); line && count < MOTOR_LIST_MAX; line = strsep(&rest, "\n")) {
        if (motor_list_parse(line, &tasks[count].entry) > 0)
            tasks[count++].rc = -EAGAIN;
    }
    return count;
}

static bool is_done(const struct task *task)
{
    return task->rc == 0 || task->rc == -EBUSY;
}

// Tries each output that is not off yet. Returns how many of them are still not.
static size_t try_tasks(struct held *held, struct task *tasks, size_t count)
{
    size_t left = 0;
    char why[HW_WHY_SIZE];
    for (size_t i = 0; i < count; i++) {
        if (!is_done(&tasks[i]))
            tasks[i].rc = zero_output(held, &tasks[i].entry, why);
        left += !is_done(&tasks[i]);
    }
    return left;
}

static void tell_tasks(const struct task *tasks, size_t count, size_t left, bool silent)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_done(&tasks[i]))
            fprintf(stderr, GUARDIAN_NAME ": %s: %s\n", tasks[i].entry.at.text, strerror(-tasks[i].rc));
    }
    fprintf(stderr, GUARDIAN_NAME ": %s; %s\n",
        silent ? "the agent gave no sign of life while a motor turned, and was killed"
               : "the agent ended without a word",
        left ? "a motor may still turn" : "the outputs of its motors are off");
}

void zero_guard(const char *path, char *text, bool silent)
{
    static struct held held = {.yields = true};
    static struct task tasks[MOTOR_LIST_MAX];
    int64_t until_us = clock_now_us() + ZERO_GUARD_MS * INT64_C(1000);
    int lock = motor_list_guard(path);
    size_t count = read_tasks(text, tasks);
    size_t left = try_tasks(&held, tasks, count);
    while (left && clock_now_us() < until_us) {
        clock_pause_us(PAUSE_US);
        left = try_tasks(&held, tasks, count);
    }
    let_go(&held);
    held.count = 0;
    if (lock >= 0)
        close(lock);
    tell_tasks(tasks, count, left, silent);
}
