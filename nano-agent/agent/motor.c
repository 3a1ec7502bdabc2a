// SPDX-License-Identifier: MIT
#include "nano-agent/agent/motor.h"

#include <errno.h>
#include <stdlib.h>

#include "common/earlier.h"

static int sign(int value)
{
    return value < 0 ? -1 : value > 0;
}

// Notes why the motor is faulted. Returns the error where it is another than before: that one was told.
static int fault(struct motor *m, int error)
{
    int before = m->error;
    m->error = error;
    m->target = 0;
    m->until_us = INT64_MAX;
    m->brake = false;
    return error == before ? 0 : error;
}

static void asked(struct motor *m, int64_t now_us)
{
    m->waits = true;
    m->late_told = false;
    m->asked_us = now_us;
    m->retry_us = INT64_MAX;
}

// A zero that is on its way already keeps its time, so that a bus that hangs is found out however often somebody stops.
static int ask_zero(struct motor *m, int64_t now_us)
{
    bool again = m->phase == MOTOR_ZEROING && m->waits;
    m->phase = MOTOR_ZEROING;
    m->value = 0;
    int rc = m->hw->ops->zero(m->hw);
    if (rc < 0) {
        m->waits = false;
        m->retry_us = now_us + MOTOR_RETRY_US;
        return fault(m, rc);
    }
    if (!again)
        asked(m, now_us);
    return 0;
}

static void note_reset(struct motor *m, int64_t now_us)
{
    m->reset = m->interrupted = true;
    m->reset_us = now_us + MOTOR_RESET_US;
}

static void forget_reset(struct motor *m)
{
    m->reset = false;
    m->reset_us = INT64_MAX;
}

// The request failed: whatever the outputs do now, zero is what they have to do.
static int fail(struct motor *m, int error, int64_t now_us)
{
    int told = fault(m, error);
    if (error == -ESTALE)
        note_reset(m, now_us);
    int rc = ask_zero(m, now_us);
    return told < 0 ? told : rc;
}

static int ask(struct motor *m, enum hw_motor_turn turn, int permille, int64_t now_us)
{
    int rc = m->hw->ops->set(m->hw, turn, permille);
    if (rc < 0)
        return fail(m, rc, now_us);
    asked(m, now_us);
    return 0;
}

static int find_late(struct motor *m, int64_t now_us)
{
    if (m->late_told || now_us < m->asked_us + MOTOR_LATE_US)
        return 0;
    m->late_told = true;
    return m->phase == MOTOR_ZEROING ? fault(m, -ETIMEDOUT) : fail(m, -ETIMEDOUT, now_us);
}

// Takes the result of the newest request, where it is there. A failure asks for zero.
static int take_newest(struct motor *m, int64_t now_us)
{
    int64_t done_us = now_us;
    if (!m->waits)
        return 0;
    int rc = m->hw->ops->result(m->hw, &done_us);
    if (rc == -EINPROGRESS)
        return find_late(m, now_us);
    m->waits = false;
    if (rc < 0 && m->phase != MOTOR_ZEROING)
        return fail(m, rc, now_us);
    if (rc < 0) {
        m->retry_us = now_us + MOTOR_RETRY_US;
        return fault(m, rc);
    }
    if (m->phase == MOTOR_ZEROING) {
        m->phase = MOTOR_RESTING;
        m->off_us = done_us;
        m->error = 0;
    }
    return 0;
}

static int first_of(int rc, int next)
{
    return rc < 0 ? rc : next;
}

// The result of the zero that a failure asked for may be there at once.
static int take_result(struct motor *m, int64_t now_us)
{
    int rc = take_newest(m, now_us);
    return first_of(rc, take_newest(m, now_us));
}

static int64_t dead_until_us(const struct motor *m)
{
    return m->off_us + m->config.dead_us;
}

// When a motor at rest begins what it has to do next; INT64_MAX = nothing.
static int64_t start_us(const struct motor *m)
{
    if (m->target != 0)
        return m->side == sign(m->target) ? m->off_us : dead_until_us(m);
    return m->brake ? dead_until_us(m) : INT64_MAX;
}

static int enable(struct motor *m, int64_t now_us)
{
    int rc = m->hw->has_enable ? m->hw->ops->enable(m->hw, true) : 0;
    return rc < 0 ? fail(m, rc, now_us) : 0;
}

static int emit(struct motor *m, int value, int64_t now_us)
{
    m->phase = MOTOR_TURNING;
    m->value = value;
    m->side = sign(value);
    m->frame_us = now_us;
    return ask(m, value > 0 ? HW_MOTOR_FORWARD : HW_MOTOR_BACKWARD, abs(value), now_us);
}

static int begin(struct motor *m, int64_t now_us)
{
    int rc = enable(m, now_us);
    m->check_us = now_us + MOTOR_CHECK_US;
    if (rc < 0 || m->phase != MOTOR_RESTING)
        return rc;
    if (m->target != 0)
        return emit(m, m->config.ramp > 0 ? sign(m->target) * m->config.min : m->target, now_us);
    m->phase = MOTOR_BRAKING;
    m->brake = false;
    m->side = 0;
    m->brake_until_us = now_us + MOTOR_BRAKE_US;
    return ask(m, HW_MOTOR_SHORT, MOTOR_FULL, now_us);
}

// Where this side's ramp ends: at the target, or at min where the motor has to turn round there.
static int ramp_end(const struct motor *m)
{
    return sign(m->target) == m->side ? m->target : m->side * m->config.min;
}

static int step(struct motor *m, int64_t now_us)
{
    int end = ramp_end(m);
    bool turns_round = sign(m->target) != m->side;
    if (turns_round && (m->value == end || m->config.ramp == 0))
        return ask_zero(m, now_us);
    int64_t passed_us = now_us - m->frame_us < MOTOR_FRAME_US ? now_us - m->frame_us : MOTOR_FRAME_US;
    int64_t most = m->config.ramp > 0 ? m->config.ramp * passed_us / 1000000 : MOTOR_FULL;
    int distance = abs(end - m->value);
    int part = most < 1 ? 1 : most < distance ? (int)most : distance;
    return emit(m, m->value + sign(end - m->value) * part, now_us);
}

static int64_t step_us(const struct motor *m)
{
    if (m->waits || (m->value == m->target && m->target != 0))
        return INT64_MAX;
    return m->config.ramp > 0 ? m->frame_us + MOTOR_FRAME_US : m->frame_us;
}

// A motor can pull down the supply of the chip that drives it. The chip then forgets what it was told, and takes new pulses
// without emitting them.
static int64_t look_us(const struct motor *m)
{
    return m->hw->ops->check && !m->waits ? m->check_us : INT64_MAX;
}

static int look(struct motor *m, int64_t now_us)
{
    m->check_us = now_us + MOTOR_CHECK_US;
    int rc = m->hw->ops->check(m->hw);
    if (rc < 0)
        return fail(m, rc, now_us);
    asked(m, now_us);
    return 0;
}

// When the phase has something to do, whatever becomes of requests and of the run.
static int64_t due_us(const struct motor *m)
{
    switch (m->phase) {
    case MOTOR_ZEROING:
        return m->retry_us;
    case MOTOR_RESTING:
        return start_us(m);
    case MOTOR_TURNING:
        return earlier(step_us(m), look_us(m));
    case MOTOR_BRAKING:
        return earlier(m->target != 0 ? m->asked_us : m->brake_until_us, look_us(m));
    }
    return INT64_MAX;
}

static int act(struct motor *m, int64_t now_us)
{
    switch (m->phase) {
    case MOTOR_RESTING:
        return begin(m, now_us);
    case MOTOR_TURNING:
        return now_us >= step_us(m) ? step(m, now_us) : look(m, now_us);
    case MOTOR_BRAKING:
        return m->target == 0 && now_us < m->brake_until_us ? look(m, now_us) : ask_zero(m, now_us);
    default:
        return ask_zero(m, now_us);
    }
}

static bool is_over(const struct motor *m, int64_t now_us)
{
    return now_us >= m->until_us;
}

// Each turn of the loop does one thing that is due. A result that is there at once may make the next thing due; after a
// failure nothing is, except the next zero later.
static int advance(struct motor *m, int64_t now_us)
{
    int rc = take_result(m, now_us);
    while (now_us >= due_us(m)) {
        rc = first_of(rc, act(m, now_us));
        rc = first_of(rc, take_result(m, now_us));
    }
    return rc;
}

int motor_init(struct motor *m, const struct motor_config *config, struct hw_motor *hw, int64_t now_us)
{
    *m = (struct motor){.config = *config,
        .hw = hw,
        .speed = config->start_at,
        .until_us = INT64_MAX,
        .retry_us = INT64_MAX,
        .reset_us = INT64_MAX};
    int rc = ask_zero(m, now_us);
    return first_of(rc, advance(m, now_us));
}

int motor_go(struct motor *m, int permille, int64_t until_us, int64_t now_us)
{
    int rc = advance(m, now_us); // the zero that ends a fault may have been read just now
    if (m->error < 0)
        return m->error;
    forget_reset(m);
    m->target = permille;
    m->until_us = until_us;
    m->brake = false;
    return first_of(rc, advance(m, now_us));
}

int motor_rest(struct motor *m, bool brakes, int64_t now_us)
{
    if (brakes && m->phase == MOTOR_BRAKING && m->target == 0)
        return 0;
    bool turned = m->phase == MOTOR_TURNING || m->target != 0 || m->brake;
    m->target = 0;
    m->until_us = INT64_MAX;
    m->brake = brakes && turned && m->config.brake_short && m->error == 0;
    int rc = ask_zero(m, now_us);
    return first_of(rc, advance(m, now_us));
}

void motor_cut(struct motor *m)
{
    // What it returns is of no use: the zero that follows is written until it is read.
    if (m->hw->has_enable)
        m->hw->ops->enable(m->hw, false);
}

int motor_tick(struct motor *m, int64_t now_us, bool *changed)
{
    struct motor before = *m;
    int rc = is_over(m, now_us) ? motor_rest(m, true, now_us) : 0;
    rc = first_of(rc, advance(m, now_us));
    if (now_us >= m->reset_us)
        forget_reset(m);
    *changed = *changed || m->reset != before.reset || m->value != before.value ||
               m->target != before.target || m->error != before.error || m->phase != before.phase;
    return rc;
}

int64_t motor_next_us(const struct motor *m)
{
    int64_t next = due_us(m), late_us = m->asked_us + MOTOR_LATE_US;
    if (m->waits && !m->late_told && late_us < next)
        next = late_us;
    return m->until_us < next ? m->until_us : next;
}

bool motor_is_driven(const struct motor *m)
{
    return m->phase != MOTOR_RESTING;
}
