// SPDX-License-Identifier: MIT
// A motor on outputs that answer late, refuse, lie about a refusal, or hang, in a time that only the test moves. The
// outputs check by themselves what must never be: both sides on, another side before `dead` has passed, a turn after a
// failure before zero was read.
#ifndef TESTS_MOTOR_RIG_H
#define TESTS_MOTOR_RIG_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/agent/motor.h"

struct fake_motor {
    struct hw_motor base;
    int64_t now_us;
    int64_t dead_us;  // what the outputs insist on
    int64_t delay_us; // so long a request waits for its bus
    int error;        // what writes return; `enable` works all the same
    bool obeys;       // a write that returns an error took effect
    bool hangs;       // nothing on the bus is carried out

    enum hw_motor_turn turn; // at the outputs
    int permille;
    bool enabled;
    int64_t off_us; // since when all sides are off; INT64_MAX = they are not
    int last;       // the side that was on last, 0 = both or none
    bool zero_read; // since the latest failure

    bool waits; // a request that was not carried out yet
    enum hw_motor_turn wish;
    int wish_permille;
    int64_t due_us;
    int rc; // of the newest request
    int64_t done_us;
    unsigned zeros, sets, looks; // that were asked for
    bool was_reset;              // which the next look finds out
    bool looking;                // the request is a look
    int64_t zero_asked_us;
};

static inline int fake_side(enum hw_motor_turn turn)
{
    return turn == HW_MOTOR_FORWARD ? 1 : turn == HW_MOTOR_BACKWARD ? -1 : 0;
}

static inline void fake_motor_take(struct fake_motor *m)
{
    bool on = m->wish != HW_MOTOR_COAST;
    m->waits = false;
    m->done_us = m->now_us;
    m->rc = m->error;
    if (m->looking) {
        m->looking = false;
        m->rc = m->rc ? m->rc : m->was_reset ? -ESTALE : 0;
        m->was_reset = false;
        m->zero_read = m->zero_read && m->rc == 0;
        return;
    }
    if (on)
        assert_true(m->zero_read);
    m->zero_read = m->error == 0 && (m->zero_read || !on);
    if (m->error && !m->obeys)
        return;
    if (on && m->turn != m->wish) {
        // The side before must be off, and long enough, unless it is the same side that goes on.
        assert_int_equal(m->turn, HW_MOTOR_COAST);
        if (fake_side(m->wish) == 0 || m->last != fake_side(m->wish))
            assert_true(m->now_us >= m->off_us + m->dead_us);
    }
    if (!on && m->turn != HW_MOTOR_COAST)
        m->off_us = m->now_us;
    if (on) {
        assert_true(m->enabled || !m->base.has_enable);
        m->off_us = INT64_MAX;
        m->last = fake_side(m->wish);
    }
    m->turn = m->wish;
    m->permille = m->wish_permille;
}

// Lets the bus carry out what is due.
static inline void fake_motor_at(struct fake_motor *m, int64_t now_us)
{
    m->now_us = now_us;
    if (m->waits && !m->hangs && now_us >= m->due_us)
        fake_motor_take(m);
}

static inline int fake_motor_ask(struct fake_motor *m, enum hw_motor_turn turn, int permille)
{
    // A zero that waits is never dropped: what comes after it is carried out after it.
    if (m->waits && m->wish == HW_MOTOR_COAST && turn != HW_MOTOR_COAST)
        fail_msg("asked to turn while a zero waits");
    m->looking = false;
    m->wish = turn;
    m->wish_permille = permille;
    m->due_us = m->now_us + m->delay_us;
    m->waits = true;
    if (m->delay_us == 0 && !m->hangs)
        fake_motor_take(m);
    return 0;
}

static inline int fake_motor_set(struct hw_motor *base, enum hw_motor_turn turn, int permille)
{
    struct fake_motor *m = (struct fake_motor *)base;
    assert_true(permille >= 0 && permille <= 1000);
    m->sets++;
    return fake_motor_ask(m, turn, permille);
}

static inline int fake_motor_zero(struct hw_motor *base)
{
    struct fake_motor *m = (struct fake_motor *)base;
    m->zeros++;
    m->zero_asked_us = m->now_us;
    m->enabled = false;
    return fake_motor_ask(m, HW_MOTOR_COAST, 0);
}

static inline int fake_motor_enable(struct hw_motor *base, bool on)
{
    struct fake_motor *m = (struct fake_motor *)base;
    m->enabled = on;
    return 0;
}

static inline int fake_motor_check(struct hw_motor *base)
{
    struct fake_motor *m = (struct fake_motor *)base;
    assert_false(m->waits);
    m->looks++;
    m->looking = true;
    m->due_us = m->now_us + m->delay_us;
    m->waits = true;
    if (m->delay_us == 0 && !m->hangs)
        fake_motor_take(m);
    return 0;
}

static inline int fake_motor_result(struct hw_motor *base, int64_t *done_us)
{
    struct fake_motor *m = (struct fake_motor *)base;
    *done_us = m->done_us;
    return m->waits ? -EINPROGRESS : m->rc;
}

static const struct hw_motor_ops fake_motor_ops = {
    .set = fake_motor_set, .zero = fake_motor_zero, .enable = fake_motor_enable, .result = fake_motor_result};

// Those of hardware that may forget.
static const struct hw_motor_ops fake_checked_ops = {.set = fake_motor_set,
    .zero = fake_motor_zero,
    .enable = fake_motor_enable,
    .check = fake_motor_check,
    .result = fake_motor_result};

static inline void fake_motor_init(struct fake_motor *m, int64_t dead_us, int64_t now_us)
{
    *m = (struct fake_motor){.base = {.ops = &fake_motor_ops,
                                 .fd = 3,
                                 .period_ns = 5000000,
                                 .has_enable = true,
                                 .can_short = true},
        .now_us = now_us,
        .dead_us = dead_us,
        .off_us = now_us};
}

// When something happens by itself: the motor is due, or its bus has carried something out.
static inline int64_t fake_motor_next_us(const struct fake_motor *hw, const struct motor *m)
{
    int64_t next = motor_next_us(m);
    return hw->waits && !hw->hangs && hw->due_us < next ? hw->due_us : next;
}

// ---- one motor on such outputs

enum { MS = 1000, START = 5000 * MS, DEAD = 20 * MS };

static const struct motor_config usual = {
    .min = 200, .max = 990, .start_at = 600, .ramp = 3000, .dead_us = DEAD, .brake_short = false};

static struct fake_motor hw;
static struct motor motor;
static int told; // the latest fault that motor_tick returned

static inline void fresh_with(const struct motor_config *config)
{
    fake_motor_init(&hw, DEAD, START);
    told = 0;
    assert_int_equal(motor_init(&motor, config, &hw.base, START), 0);
}

static inline int fresh(void **state)
{
    (void)state;
    fresh_with(&usual);
    return 0;
}

static inline void pass(int64_t us)
{
    int64_t end_us = hw.now_us + us, next_us;
    bool changed = false;
    int turns = 0;
    while ((next_us = fake_motor_next_us(&hw, &motor)) <= end_us) {
        assert_true(turns++ < 10000);
        fake_motor_at(&hw, next_us > hw.now_us ? next_us : hw.now_us);
        int rc = motor_tick(&motor, hw.now_us, &changed);
        told = rc < 0 ? rc : told;
        assert_true(motor_next_us(&motor) > hw.now_us);
    }
    fake_motor_at(&hw, end_us);
}

static inline int go(int permille, int run_ms)
{
    return motor_go(&motor, permille, hw.now_us + (int64_t)run_ms * MS, hw.now_us);
}

static inline void assert_off(void)
{
    assert_int_equal(hw.turn, HW_MOTOR_COAST);
    assert_int_equal(hw.permille, 0);
    assert_false(hw.enabled);
    assert_int_equal(motor.value, 0);
}

#endif
