// SPDX-License-Identifier: MIT
#include "nano-agent/hw/motor_group.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "nano-agent/hw/bus.h"
#include "nano-agent/hw/pca9685.h"
#include "nano-agent/hw/pca9685_chip.h"
#include "nano-agent/hw/pca9685_wire.h"
#include "nano-agent/hw/pwm_sysfs.h"

enum { OUTPUTS_MAX = 16, PERMILLE = 1000 };

// Either a channel of a PCA9685 that is ours, or one that a driver of the kernel has.
struct group_output {
    enum motor_side side;
    struct pca9685_chip *chip; // NULL: it is `pwm`
    unsigned channel;
    unsigned steps; // that it was told to emit
    struct hw_pwm *pwm;
};

// The mutex guards what the loop and the thread of the bus both use; the outputs are the thread's alone while a request
// waits or runs.
struct motor_group {
    struct bus_job job; // first
    struct bus *bus;
    char bus_name[HW_CHIP_MAX + 1];
    int event_fd;
    struct group_output outputs[OUTPUTS_MAX];
    unsigned count;
    bool on;         // some output may be
    unsigned resets; // those of all chips that are known
    pthread_mutex_t mutex;
    bool coast_waits, turn_waits;
    bool looks; // the turn that waits is none: the chips are only looked at
    enum hw_motor_turn turn;
    int permille;
    unsigned asked, done; // numbers of the newest request, and of the newest that was carried out
    int rc;               // of that one
    int64_t done_us;
};

bool motor_side_is_on(enum motor_side side, enum hw_motor_turn turn)
{
    switch (turn) {
    case HW_MOTOR_COAST:
        break;
    case HW_MOTOR_FORWARD:
        return side != MOTOR_SIDE_BACKWARD;
    case HW_MOTOR_BACKWARD:
        return side != MOTOR_SIDE_FORWARD;
    case HW_MOTOR_SHORT:
        return true;
    }
    return false;
}

static unsigned steps_of(const struct group_output *output, enum hw_motor_turn turn, int permille)
{
    if (!motor_side_is_on(output->side, turn))
        return 0;
    return (unsigned)(permille * PCA9685_STEPS + PERMILLE / 2) / PERMILLE;
}

// How many outputs from `first` on are channels of one chip side by side. The outputs are in order.
static unsigned span_of(const struct motor_group *group, unsigned first)
{
    const struct group_output *from = &group->outputs[first];
    unsigned count = 1;
    while (from->chip && count < PCA9685_SPAN_MAX && first + count < group->count &&
           from[count].chip == from->chip && from[count].channel == from->channel + count)
        count++;
    return count;
}

// Every output is tried, whatever became of those before it. Returns the first failure.
static int switch_off(struct motor_group *group)
{
    int first_rc = 0;
    for (unsigned i = 0, count; i < group->count; i += count) {
        struct group_output *output = &group->outputs[i];
        count = span_of(group, i);
        int rc = output->chip ? pca9685_chip_zero_span(output->chip, output->channel, count)
                              : pwm_sysfs_zero(output->pwm);
        if (rc < 0 && first_rc == 0)
            first_rc = rc;
    }
    if (first_rc == 0)
        group->on = false;
    return first_rc;
}

// Finds out whether a chip lost its supply since that was looked for last. Where the chips are not asked, somebody else on the
// bus may have found it out.
static int check_chips(struct motor_group *group, bool ask)
{
    unsigned resets = 0;
    for (unsigned i = 0; i < group->count; i++) {
        struct pca9685_chip *chip = group->outputs[i].chip;
        int rc = chip && ask ? pca9685_chip_check(chip) : 0;
        if (rc < 0)
            return rc;
        resets += chip ? pca9685_chip_resets(chip) : 0;
    }
    bool stale = resets != group->resets;
    group->resets = resets;
    return stale ? -ESTALE : 0;
}

// Another agent that drives channels of the chip may have found it reset before us: it is set up again then, and our channels
// are off.
static int check_channel(const struct group_output *output)
{
    unsigned steps;
    if (!output->chip || output->steps == 0 || !pca9685_chip_is_shared(output->chip))
        return 0;
    int rc = pca9685_chip_read(output->chip, output->channel, &steps);
    return rc < 0 ? rc : steps == output->steps ? 0 : -ESTALE;
}

static int look(struct motor_group *group)
{
    int rc = check_chips(group, true);
    for (unsigned i = 0; i < group->count && rc == 0; i++)
        rc = check_channel(&group->outputs[i]);
    return rc;
}

static int switch_on(struct motor_group *group, enum hw_motor_turn turn, int permille)
{
    int rc = check_chips(group, !group->on);
    if (rc < 0)
        return rc;
    group->on = true;
    for (unsigned i = 0, count; i < group->count && rc == 0; i += count) {
        struct group_output *output = &group->outputs[i];
        unsigned steps[PCA9685_SPAN_MAX] = {0};
        count = span_of(group, i);
        for (unsigned n = 0; n < count; n++)
            steps[n] = output[n].steps = steps_of(&output[n], turn, permille);
        if (output->chip)
            rc = pca9685_chip_write_span(output->chip, output->channel, steps, count);
        else
            rc = output->pwm->ops->set(output->pwm, output->pwm->period_ns * steps[0] / PCA9685_STEPS);
    }
    return rc;
}

static void finish_request(struct motor_group *group, unsigned number, int rc)
{
    pthread_mutex_lock(&group->mutex);
    group->done = number;
    group->rc = rc;
    group->done_us = clock_now_us();
    pthread_mutex_unlock(&group->mutex);
    eventfd_write(group->event_fd, 1);
}

static void run(struct bus_job *job)
{
    struct motor_group *group = (struct motor_group *)job;
    pthread_mutex_lock(&group->mutex);
    bool coast = group->coast_waits;
    bool more = coast && group->turn_waits;
    bool looks = group->looks;
    bool nothing = !coast && !group->turn_waits; // the run before has taken the request over already
    enum hw_motor_turn turn = group->turn;
    int permille = group->permille;
    unsigned number = more ? group->asked - 1 : group->asked;
    if (coast)
        group->coast_waits = false;
    else
        group->turn_waits = false;
    pthread_mutex_unlock(&group->mutex);
    if (nothing)
        return;
    int rc = coast ? switch_off(group) : looks ? look(group) : switch_on(group, turn, permille);
    finish_request(group, number, rc);
    if (more)
        bus_ask(group->bus, &group->job, false);
}

struct motor_group *motor_group_new(const char *bus, int event_fd)
{
    struct motor_group *group = calloc(1, sizeof *group);
    if (!group)
        return NULL;
    pca9685_wire_hurry(bus);
    // A descriptor of its own: where the bus hangs at the end, the thread still has it.
    group->event_fd = fcntl(event_fd, F_DUPFD_CLOEXEC, 0);
    group->bus = group->event_fd < 0 ? NULL : bus_join(bus);
    if (!group->bus) {
        if (group->event_fd >= 0)
            close(group->event_fd);
        free(group);
        return NULL;
    }
    group->job.run = run;
    snprintf(group->bus_name, sizeof group->bus_name, "%s", bus);
    pthread_mutex_init(&group->mutex, NULL);
    return group;
}

bool motor_group_is_on(const struct motor_group *group, const char *bus)
{
    return !strcmp(group->bus_name, bus);
}

static int open_channel(
    struct group_output *output, const struct hw_address *at, int64_t *period_ns, char why[HW_WHY_SIZE])
{
    int prescale = pca9685_prescale(*period_ns);
    if (prescale < 0) {
        snprintf(why, HW_WHY_SIZE, "%s: a PCA9685 runs at %d to %d Hz; another hz is wanted", at->text,
            PCA9685_HZ_MIN, PCA9685_HZ_MAX);
        return prescale;
    }
    int rc = pca9685_chip_open(at, prescale, &output->chip, why);
    if (rc < 0)
        return rc;
    rc = pca9685_chip_claim(output->chip, at->line);
    if (rc < 0) {
        snprintf(
            why, HW_WHY_SIZE, "%s: another nano-agent, or another channel of this one, drives it", at->text);
        pca9685_chip_close(output->chip);
        return rc;
    }
    output->channel = at->line;
    *period_ns = pca9685_period_ns(prescale);
    rc = pca9685_chip_zero_span(output->chip, output->channel, 1);
    if (rc < 0)
        snprintf(why, HW_WHY_SIZE, "%s: switching it off: %s", at->text, strerror(-rc));
    return rc;
}

static int open_pwm(
    struct group_output *output, const struct hw_address *at, int64_t *period_ns, char why[HW_WHY_SIZE])
{
    int rc = pwm_sysfs_open_at_zero("/sys", at, *period_ns, &output->pwm, why);
    if (rc == 0)
        *period_ns = output->pwm->period_ns;
    return rc;
}

static void close_output(struct group_output *output)
{
    if (output->pwm)
        output->pwm->ops->close(output->pwm);
    if (!output->chip)
        return;
    pca9685_chip_release(output->chip, output->channel);
    pca9685_chip_close(output->chip);
}

static bool belongs_before(const struct group_output *a, const struct group_output *b)
{
    return a->chip == b->chip ? a->channel < b->channel : (uintptr_t)a->chip < (uintptr_t)b->chip;
}

int motor_group_add(struct motor_group *group, const struct hw_address *at, enum motor_side side,
    int64_t *period_ns, char why[HW_WHY_SIZE])
{
    struct group_output output = {.side = side};
    if (group->count == OUTPUTS_MAX) {
        snprintf(why, HW_WHY_SIZE, "%s: a motor has at most %d outputs on one bus", at->text, OUTPUTS_MAX);
        return -E2BIG;
    }
    int rc = at->kind == HW_PCA9685 ? open_channel(&output, at, period_ns, why)
                                    : open_pwm(&output, at, period_ns, why);
    if (rc < 0) {
        close_output(&output);
        return rc;
    }
    unsigned i = group->count++;
    for (; i > 0 && belongs_before(&output, &group->outputs[i - 1]); i--)
        group->outputs[i] = group->outputs[i - 1];
    group->outputs[i] = output;
    group->resets += output.chip ? pca9685_chip_resets(output.chip) : 0;
    return 0;
}

void motor_group_ask(struct motor_group *group, enum hw_motor_turn turn, int permille)
{
    bool coast = turn == HW_MOTOR_COAST;
    pthread_mutex_lock(&group->mutex);
    group->asked++;
    group->coast_waits = group->coast_waits || coast;
    group->turn_waits = !coast;
    group->looks = false;
    group->turn = turn;
    group->permille = permille;
    pthread_mutex_unlock(&group->mutex);
    bus_ask(group->bus, &group->job, coast);
}

void motor_group_check(struct motor_group *group)
{
    pthread_mutex_lock(&group->mutex);
    bool waits = group->coast_waits || group->turn_waits;
    if (!waits) {
        group->asked++;
        group->turn_waits = group->looks = true;
    }
    pthread_mutex_unlock(&group->mutex);
    if (!waits)
        bus_ask(group->bus, &group->job, false);
}

int motor_group_result(struct motor_group *group, int64_t *done_us)
{
    pthread_mutex_lock(&group->mutex);
    int rc = group->done == group->asked ? group->rc : -EINPROGRESS;
    *done_us = group->done_us;
    pthread_mutex_unlock(&group->mutex);
    return rc;
}

void motor_group_free(struct motor_group *group, int wait_ms)
{
    if (!group)
        return;
    bool settled = bus_settle(group->bus, &group->job, wait_ms);
    bus_leave(group->bus);
    if (!settled)
        return;
    for (unsigned i = 0; i < group->count; i++)
        close_output(&group->outputs[i]);
    close(group->event_fd);
    pthread_mutex_destroy(&group->mutex);
    free(group);
}
