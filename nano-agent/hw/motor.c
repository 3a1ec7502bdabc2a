// SPDX-License-Identifier: MIT
#include "nano-agent/hw/motor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/array.h"
#include "common/clock.h"
#include "nano-agent/hw/motor_group.h"
#include "nano-agent/hw/motor_sim.h"
#include "nano-agent/hw/pwm_sysfs.h"

enum { GROUPS_MAX = 4, PWMS_MAX = 2 * HW_MOTOR_OUTPUTS_MAX, PERMILLE = 1000, CLOSE_MS = 200 };

// A PWM output of the kernel that is on no bus: writing to it does not wait.
struct direct_pwm {
    struct hw_pwm *pwm;
    enum motor_side side;
};

struct motor_outputs {
    struct hw_motor base;
    int event_fd; // of the groups; -1 = there is none
    struct hw_switch *enable, *in1, *in2, *direction;
    struct direct_pwm pwms[PWMS_MAX];
    unsigned pwm_count;
    struct motor_group *groups[GROUPS_MAX];
    unsigned group_count;
    enum hw_motor_turn asked; // the newest request
    enum hw_motor_turn turn;  // the last turn that no zero is known to have ended
    int rc;                   // of what was done at once for the newest request
    int64_t done_us;          // when that was
};

static int first_failure(int first, int second)
{
    return first < 0 ? first : second;
}

static int set_line(struct hw_switch *line, bool on)
{
    return line ? line->ops->set(line, on) : 0;
}

// Takes note of what is known of the newest request.
static int settle(struct motor_outputs *m, int rc)
{
    if (rc == 0 && m->asked == HW_MOTOR_COAST) {
        m->turn = HW_MOTOR_COAST;
        m->base.may_turn = false;
    }
    return rc;
}

static int motor_result(struct hw_motor *base, int64_t *done_us)
{
    struct motor_outputs *m = (struct motor_outputs *)base;
    eventfd_t times;
    if (m->event_fd >= 0)
        eventfd_read(
            m->event_fd, &times); // nothing to read is no failure: it was asked before the event came
    int rc = m->rc;
    bool under_way = false;
    *done_us = m->done_us;
    for (unsigned i = 0; i < m->group_count; i++) {
        int64_t at_us;
        int group_rc = motor_group_result(m->groups[i], &at_us);
        if (group_rc == -EINPROGRESS)
            under_way = true;
        else
            rc = first_failure(rc, group_rc);
        if (at_us > *done_us)
            *done_us = at_us;
    }
    return under_way ? -EINPROGRESS : settle(m, rc);
}

// Switches everything off but `enable`. Every output is tried, whatever became of those before it.
static int switch_off(struct motor_outputs *m, int rc)
{
    m->asked = HW_MOTOR_COAST;
    rc = first_failure(rc, set_line(m->in1, false));
    rc = first_failure(rc, set_line(m->in2, false));
    for (unsigned i = 0; i < m->pwm_count; i++)
        rc = first_failure(rc, pwm_sysfs_zero(m->pwms[i].pwm));
    m->rc = rc;
    m->done_us = clock_now_us();
    for (unsigned i = 0; i < m->group_count; i++)
        motor_group_ask(m->groups[i], HW_MOTOR_COAST, 0);
    return m->group_count ? rc : settle(m, rc);
}

static int motor_zero(struct hw_motor *base)
{
    struct motor_outputs *m = (struct motor_outputs *)base;
    return switch_off(m, set_line(m->enable, false));
}

static int motor_enable(struct hw_motor *base, bool on)
{
    return set_line(((struct motor_outputs *)base)->enable, on);
}

// The lines of a driver that has them: they choose the direction, and the PWM is still 0 when they change.
static int set_lines(struct motor_outputs *m, enum hw_motor_turn turn)
{
    int rc = set_line(m->direction, turn == HW_MOTOR_BACKWARD);
    rc = first_failure(rc, set_line(m->in1, turn != HW_MOTOR_BACKWARD));
    return first_failure(rc, set_line(m->in2, turn != HW_MOTOR_FORWARD));
}

static int set_direct_pwms(struct motor_outputs *m, enum hw_motor_turn turn, int permille)
{
    int rc = 0;
    for (unsigned i = 0; i < m->pwm_count && rc == 0; i++) {
        struct hw_pwm *pwm = m->pwms[i].pwm;
        bool on = motor_side_is_on(m->pwms[i].side, turn);
        rc = pwm->ops->set(pwm, on ? pwm->period_ns * permille / PERMILLE : 0);
    }
    return rc;
}

static int motor_check(struct hw_motor *base)
{
    struct motor_outputs *m = (struct motor_outputs *)base;
    for (unsigned i = 0; i < m->group_count; i++)
        motor_group_check(m->groups[i]);
    return 0;
}

// Another turn than the last one is refused until a zero was acknowledged in between. The caller takes care of that and of
// the dead time; this holds whatever the caller does.
static int motor_set(struct hw_motor *base, enum hw_motor_turn turn, int permille)
{
    struct motor_outputs *m = (struct motor_outputs *)base;
    if (permille < 0 || permille > PERMILLE || (turn == HW_MOTOR_SHORT && !base->can_short))
        return -EINVAL;
    if (turn == HW_MOTOR_COAST)
        return switch_off(m, 0);
    if (m->turn != HW_MOTOR_COAST && m->turn != turn)
        return -EBUSY;
    m->asked = m->turn = turn;
    base->may_turn = true;
    int rc = set_lines(m, turn);
    if (rc == 0)
        rc = set_direct_pwms(m, turn, permille);
    m->rc = rc;
    m->done_us = clock_now_us();
    for (unsigned i = 0; i < m->group_count && rc == 0; i++)
        motor_group_ask(m->groups[i], turn, permille);
    return rc;
}

static void close_line(struct hw_switch *line)
{
    if (line)
        line->ops->close(line);
}

// Frees what is open. The lines go last: while `enable` is ours, it is low.
static void destroy(struct motor_outputs *m)
{
    int64_t until_ms = clock_now_ms() + CLOSE_MS;
    for (unsigned i = 0; i < m->group_count; i++) {
        int64_t left_ms = until_ms - clock_now_ms();
        motor_group_free(m->groups[i], left_ms > 0 ? (int)left_ms : 0);
    }
    for (unsigned i = 0; i < m->pwm_count; i++)
        m->pwms[i].pwm->ops->close(m->pwms[i].pwm);
    close_line(m->in1);
    close_line(m->in2);
    close_line(m->direction);
    close_line(m->enable);
    if (m->event_fd >= 0)
        close(m->event_fd);
    free(m);
}

static void motor_close(struct hw_motor *base)
{
    motor_zero(base);
    destroy((struct motor_outputs *)base);
}

static const struct hw_motor_ops motor_ops = {.set = motor_set,
    .zero = motor_zero,
    .enable = motor_enable,
    .check = motor_check,
    .result = motor_result,
    .close = motor_close};

static int open_line(const struct hw_motor_options *options, const struct hw_motor_line *line,
    struct hw_switch **out, char why[HW_WHY_SIZE])
{
    if (!line->is_set)
        return 0;
    struct hw_gpio_options gpio = {.consumer = options->name, .active_low = line->active_low};
    const struct hw_backend *backend = hw_backend_of(line->at.kind);
    if (!backend || !backend->open_switch) {
        snprintf(why, HW_WHY_SIZE, "%s can be no line of a motor", line->at.text);
        return -ENOTSUP;
    }
    return backend->open_switch(&line->at, &gpio, out, why);
}

// The bus that an output is on. False where it is on none.
static bool bus_of(const struct hw_address *at, char bus[PWM_SYSFS_NAME_SIZE])
{
    if (at->kind != HW_PCA9685)
        return pwm_sysfs_bus("/sys", at->chip, bus);
    snprintf(bus, PWM_SYSFS_NAME_SIZE, "%s", at->chip);
    return true;
}

static struct motor_group *group_of(struct motor_outputs *m, const char *bus, char why[HW_WHY_SIZE])
{
    for (unsigned i = 0; i < m->group_count; i++) {
        if (motor_group_is_on(m->groups[i], bus))
            return m->groups[i];
    }
    if (m->group_count == GROUPS_MAX) {
        snprintf(why, HW_WHY_SIZE, "the outputs of a motor are on at most %d I2C buses", GROUPS_MAX);
        return NULL;
    }
    if (m->event_fd < 0)
        m->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct motor_group *group = m->event_fd < 0 ? NULL : motor_group_new(bus, m->event_fd);
    if (group)
        m->groups[m->group_count++] = group;
    else
        snprintf(why, HW_WHY_SIZE, "no thread for the bus %s", bus);
    return group;
}

static int open_output(struct motor_outputs *m, const struct hw_address *at, enum motor_side side,
    int64_t *period_ns, char why[HW_WHY_SIZE])
{
    char bus[PWM_SYSFS_NAME_SIZE];
    if (at->kind != HW_PCA9685 && at->kind != HW_PWM_SYSFS) {
        snprintf(why, HW_WHY_SIZE, "%s can be no PWM output of a motor", at->text);
        return -ENOTSUP;
    }
    if (bus_of(at, bus)) {
        struct motor_group *group = group_of(m, bus, why);
        return group ? motor_group_add(group, at, side, period_ns, why) : -ENOMEM;
    }
    struct direct_pwm *direct = &m->pwms[m->pwm_count];
    int rc = pwm_sysfs_open_at_zero("/sys", at, *period_ns, &direct->pwm, why);
    if (rc < 0)
        return rc;
    direct->side = side;
    *period_ns = direct->pwm->period_ns;
    m->pwm_count++;
    return 0;
}

static int open_side(struct motor_outputs *m, const struct hw_motor_options *options, enum motor_side side,
    bool on_a_bus, char why[HW_WHY_SIZE])
{
    const struct hw_address *at = side == MOTOR_SIDE_FORWARD    ? options->forward
                                  : side == MOTOR_SIDE_BACKWARD ? options->backward
                                                                : options->pwm;
    unsigned count = side == MOTOR_SIDE_FORWARD    ? options->forward_count
                     : side == MOTOR_SIDE_BACKWARD ? options->backward_count
                                                   : options->pwm_count;
    char bus[PWM_SYSFS_NAME_SIZE];
    for (unsigned i = 0; i < count; i++) {
        int64_t period_ns = options->period_ns;
        if (bus_of(&at[i], bus) != on_a_bus)
            continue;
        int rc = open_output(m, &at[i], side, &period_ns, why);
        if (rc < 0)
            return rc;
        if (period_ns > m->base.period_ns)
            m->base.period_ns = period_ns;
    }
    return 0;
}

// Opens the lines, then the outputs that wait for nobody, then those on a bus, which may hang.
static int open_all(struct motor_outputs *m, const struct hw_motor_options *options, char why[HW_WHY_SIZE])
{
    static const enum motor_side sides[] = {MOTOR_SIDE_FORWARD, MOTOR_SIDE_BACKWARD, MOTOR_SIDE_ANY};
    int rc = open_line(options, &options->enable, &m->enable, why);
    if (rc == 0)
        rc = open_line(options, &options->in1, &m->in1, why);
    if (rc == 0)
        rc = open_line(options, &options->in2, &m->in2, why);
    if (rc == 0)
        rc = open_line(options, &options->direction, &m->direction, why);
    for (int on_a_bus = 0; on_a_bus <= 1; on_a_bus++) {
        for (unsigned i = 0; i < ARRAY_LENGTH(sides) && rc == 0; i++)
            rc = open_side(m, options, sides[i], on_a_bus, why);
    }
    return rc;
}

int hw_motor_open(const struct hw_motor_options *options, struct hw_motor **out, char why[HW_WHY_SIZE])
{
    if (motor_sim_is_meant(options))
        return motor_sim_open(options, out, why);
    struct motor_outputs *m = calloc(1, sizeof *m);
    if (!m) {
        snprintf(why, HW_WHY_SIZE, "out of memory");
        return -ENOMEM;
    }
    m->event_fd = -1;
    m->base = (struct hw_motor){
        .ops = &motor_ops, .has_enable = options->enable.is_set, .can_short = hw_motor_can_short(options)};
    int rc = open_all(m, options, why);
    if (rc < 0) {
        destroy(m);
        return rc;
    }
    m->base.fd = m->event_fd;
    *out = &m->base;
    return 0;
}
