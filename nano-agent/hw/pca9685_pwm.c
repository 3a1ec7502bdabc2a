// SPDX-License-Identifier: MIT
// A PCA9685 over /dev/i2c-N, for buses where the kernel's driver is not bound to it.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nano-agent/hw/backend.h"
#include "nano-agent/hw/pca9685.h"
#include "nano-agent/hw/pca9685_chip.h"

struct pca9685_pwm {
    struct hw_pwm base;
    struct pca9685_chip *chip;
    unsigned channel;
    unsigned resets; // those of the chip that this channel has told of
    unsigned steps;  // the pulse that it emits while it is enabled
    bool enabled;
};

static int pwm_set(struct hw_pwm *base, int64_t pulse_ns)
{
    struct pca9685_pwm *pwm = (struct pca9685_pwm *)base;
    if (pulse_ns < 0 || pulse_ns > base->period_ns)
        return -EINVAL;
    unsigned steps = (unsigned)((pulse_ns * PCA9685_STEPS + base->period_ns / 2) / base->period_ns);
    if (steps == pwm->steps)
        return 0;
    int rc = pwm->enabled ? pca9685_chip_write(pwm->chip, pwm->channel, steps) : 0;
    if (rc == 0)
        pwm->steps = steps;
    return rc;
}

static int pwm_enable(struct hw_pwm *base, bool on)
{
    struct pca9685_pwm *pwm = (struct pca9685_pwm *)base;
    if (pwm->enabled == on)
        return 0;
    int rc = on ? pca9685_chip_check(pwm->chip) : 0;
    if (rc == 0)
        rc = pca9685_chip_write(pwm->chip, pwm->channel, on ? pwm->steps : 0);
    if (rc == 0)
        pwm->enabled = on;
    if (rc == 0 && on)
        pwm->resets = pca9685_chip_resets(pwm->chip);
    return rc;
}

// Where another agent found the chip reset before us, it is set up and our channel is off.
static int check_channel(const struct pca9685_pwm *pwm)
{
    unsigned steps;
    if (!pwm->enabled || !pca9685_chip_is_shared(pwm->chip))
        return 0;
    int rc = pca9685_chip_read(pwm->chip, pwm->channel, &steps);
    return rc < 0 ? rc : steps == pwm->steps ? 0 : -ESTALE;
}

static int pwm_check(struct hw_pwm *base)
{
    struct pca9685_pwm *pwm = (struct pca9685_pwm *)base;
    int rc = pca9685_chip_check(pwm->chip);
    if (rc == 0)
        rc = pwm->resets != pca9685_chip_resets(pwm->chip) ? -ESTALE : check_channel(pwm);
    if (rc != -ESTALE)
        return rc;
    pwm->resets = pca9685_chip_resets(pwm->chip);
    pwm->steps = 0;
    pwm->enabled = false;
    return rc;
}

static void pwm_close(struct hw_pwm *base)
{
    struct pca9685_pwm *pwm = (struct pca9685_pwm *)base;
    pca9685_chip_release(pwm->chip, pwm->channel);
    pca9685_chip_close(pwm->chip);
    free(pwm);
}

static const struct hw_pwm_ops pwm_ops = {pwm_set, pwm_enable, pwm_close, pwm_check};

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
    int rc = pca9685_chip_open(at, prescale, &pwm->chip, why);
    if (rc < 0)
        goto free_pwm;
    rc = pca9685_chip_claim(pwm->chip, at->line);
    if (rc < 0) {
        snprintf(
            why, HW_WHY_SIZE, "%s: another nano-agent, or another channel of this one, drives it", at->text);
        goto leave_chip;
    }
    pwm->channel = at->line;
    pwm->resets = pca9685_chip_resets(pwm->chip);
    rc = pca9685_chip_read(pwm->chip, pwm->channel, &pwm->steps);
    if (rc < 0) {
        snprintf(why, HW_WHY_SIZE, "%s: %s", at->text, strerror(-rc));
        goto unclaim;
    }
    pwm->base =
        (struct hw_pwm){.ops = &pwm_ops, .period_ns = pca9685_period_ns(prescale), .steps = PCA9685_STEPS};
    pwm->enabled = pwm->base.was_enabled = pwm->steps > 0;
    pwm->base.found_ns = pwm->base.period_ns * pwm->steps / PCA9685_STEPS;
    *out = &pwm->base;
    return 0;

unclaim:
    pca9685_chip_release(pwm->chip, at->line);
leave_chip:
    pca9685_chip_close(pwm->chip);
free_pwm:
    free(pwm);
    return rc;
}

const struct hw_backend hw_pca9685 = {.name = "pca9685", .kind = HW_PCA9685, .open_pwm = open_pwm};
