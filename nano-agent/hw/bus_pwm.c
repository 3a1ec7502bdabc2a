// SPDX-License-Identifier: MIT
#include "nano-agent/hw/bus_pwm.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "nano-agent/hw/bus.h"

enum { CLOSE_MS = 200 };

// What the output is to be. A newer wish takes the place of one that was not carried out.
struct wish {
    bool pulse_waits, enable_waits, check_waits;
    int64_t pulse_ns;
    bool enable;
};

struct bus_pwm {
    struct bus_job job; // first
    struct hw_pwm base;
    struct hw_pwm *inner; // the thread's alone
    struct bus *bus;
    pthread_mutex_t mutex; // guards what follows
    struct wish wish;
    int rc;     // a failure that was not returned yet
    bool stale; // a reset that was not returned yet
};

static struct bus_pwm *of(struct hw_pwm *base)
{
    return (struct bus_pwm *)((char *)base - offsetof(struct bus_pwm, base));
}

// Carries out what waits. *done are the parts that succeeded.
static int carry_out(struct hw_pwm *inner, const struct wish *wish, struct wish *done)
{
    int rc = 0;
    if (wish->pulse_waits) {
        rc = inner->ops->set(inner, wish->pulse_ns);
        done->pulse_waits = rc == 0;
    }
    if (wish->enable_waits && rc == 0) {
        rc = inner->ops->enable(inner, wish->enable);
        done->enable_waits = rc == 0;
    }
    if (wish->check_waits && rc == 0)
        rc = inner->ops->check(inner);
    return rc;
}

static void run(struct bus_job *job)
{
    struct bus_pwm *pwm = (struct bus_pwm *)job;
    struct wish done = {0};
    pthread_mutex_lock(&pwm->mutex);
    struct wish wish = pwm->wish;
    pwm->wish.check_waits = false;
    pthread_mutex_unlock(&pwm->mutex);
    int rc = carry_out(pwm->inner, &wish, &done);
    pthread_mutex_lock(&pwm->mutex);
    struct wish *now = &pwm->wish; // what was asked for meanwhile still waits
    if (done.pulse_waits && now->pulse_ns == wish.pulse_ns)
        now->pulse_waits = false;
    if (done.enable_waits && now->enable == wish.enable)
        now->enable_waits = false;
    if (rc == -ESTALE)
        pwm->stale = true;
    else
        pwm->rc = rc;
    pthread_mutex_unlock(&pwm->mutex);
}

// Returns the failure that nobody was told of. Where there is none, the caller's wish is taken.
static int take(struct bus_pwm *pwm)
{
    int rc = pwm->rc;
    pwm->rc = 0;
    return rc;
}

static int pwm_set(struct hw_pwm *base, int64_t pulse_ns)
{
    struct bus_pwm *pwm = of(base);
    if (pulse_ns < 0 || pulse_ns > base->period_ns)
        return -EINVAL;
    pthread_mutex_lock(&pwm->mutex);
    int rc = take(pwm);
    if (rc == 0) {
        pwm->wish.pulse_ns = pulse_ns;
        pwm->wish.pulse_waits = true;
    }
    pthread_mutex_unlock(&pwm->mutex);
    if (rc == 0)
        bus_ask(pwm->bus, &pwm->job, false);
    return rc;
}

static int pwm_enable(struct hw_pwm *base, bool on)
{
    struct bus_pwm *pwm = of(base);
    pthread_mutex_lock(&pwm->mutex);
    int rc = take(pwm);
    if (rc == 0) {
        pwm->wish.enable = on;
        pwm->wish.enable_waits = true;
    }
    pthread_mutex_unlock(&pwm->mutex);
    if (rc == 0)
        bus_ask(pwm->bus, &pwm->job, false);
    return rc;
}

static int pwm_check(struct hw_pwm *base)
{
    struct bus_pwm *pwm = of(base);
    pthread_mutex_lock(&pwm->mutex);
    int rc = take(pwm);
    if (pwm->stale) {
        rc = -ESTALE;
        pwm->wish = (struct wish){0};
        pwm->stale = false;
    }
    pwm->wish.check_waits = pwm->inner->ops->check != NULL;
    pthread_mutex_unlock(&pwm->mutex);
    bus_ask(pwm->bus, &pwm->job, false);
    return rc;
}

static void pwm_close(struct hw_pwm *base)
{
    struct bus_pwm *pwm = of(base);
    bool settled = bus_settle(pwm->bus, &pwm->job, CLOSE_MS);
    bus_leave(pwm->bus);
    if (!settled)
        return;
    pwm->inner->ops->close(pwm->inner);
    pthread_mutex_destroy(&pwm->mutex);
    free(pwm);
}

static const struct hw_pwm_ops pwm_ops = {pwm_set, pwm_enable, pwm_close, pwm_check};

int bus_pwm_open(const char *bus, struct hw_pwm *inner, struct hw_pwm **out, char why[HW_WHY_SIZE])
{
    struct bus_pwm *pwm = calloc(1, sizeof *pwm);
    if (pwm)
        pwm->bus = bus_join(bus);
    if (!pwm || !pwm->bus) {
        snprintf(why, HW_WHY_SIZE, "no thread for the bus %s", bus);
        free(pwm);
        inner->ops->close(inner);
        return -ENOMEM;
    }
    pthread_mutex_init(&pwm->mutex, NULL);
    pwm->job.run = run;
    pwm->inner = inner;
    pwm->base = *inner;
    pwm->base.ops = &pwm_ops;
    *out = &pwm->base;
    return 0;
}
