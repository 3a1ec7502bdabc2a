// SPDX-License-Identifier: MIT
// A servo on the bus of a motor: nobody waits for it, and nothing of it is lost.
#include "hw_motor_rig.h"
#include "nano-agent/hw/bus_pwm.h"

enum { SERVOS = 0x5c };

static struct hw_pwm *open_servo(void)
{
    struct hw_address at = channel_of(SERVOS, 0);
    struct hw_pwm *inner = NULL, *pwm = NULL;
    char why[HW_WHY_SIZE] = "";
    rig_power_up();
    if (hw_pca9685.open_pwm(&at, 20000000, &inner, why) < 0 || bus_pwm_open("i2c-1", inner, &pwm, why) < 0)
        fail_msg("%s", why);
    return pwm;
}

static void wait_for_steps(unsigned steps)
{
    int64_t until_ms = clock_now_ms() + DEADLINE_MS;
    while (rig_steps(SERVOS, 0) != steps) {
        if (clock_now_ms() > until_ms)
            fail_msg("%u steps, not %u", rig_steps(SERVOS, 0), steps);
        poll(NULL, 0, 1);
    }
}

static unsigned steps_of(int64_t pulse_ns)
{
    return (unsigned)((pulse_ns * 4096 + 9994240) / 19988480);
}

static void a_pulse_reaches_the_chip_a_moment_later(void **state)
{
    (void)state;
    struct hw_pwm *pwm = open_servo();
    assert_int_equal(pwm->steps, 4096);
    assert_int_equal(pwm->ops->set(pwm, 1500000), 0);
    assert_int_equal(pwm->ops->enable(pwm, true), 0);
    wait_for_steps(steps_of(1500000));
    assert_int_equal(pwm->ops->set(pwm, 0), 0);
    assert_int_equal(pwm->ops->enable(pwm, false), 0);
    wait_for_steps(0);
    assert_int_equal(pwm->ops->set(pwm, pwm->period_ns + 1), -EINVAL);
    pwm->ops->close(pwm);
}

static void on_a_bus_that_hangs_nobody_waits_and_the_last_wish_holds(void **state)
{
    (void)state;
    struct hw_pwm *pwm = open_servo();
    assert_int_equal(pwm->ops->enable(pwm, true), 0);
    rig_hang();
    int64_t began_ms = clock_now_ms();
    for (int64_t us = 1000; us <= 2000; us += 10)
        assert_int_equal(pwm->ops->set(pwm, us * 1000), 0);
    assert_true(clock_now_ms() - began_ms < AT_ONCE_MS);
    rig_free();
    wait_for_steps(steps_of(2000000));
    pwm->ops->close(pwm);
}

static void what_the_chip_refused_is_told_once_and_tried_again(void **state)
{
    (void)state;
    struct hw_pwm *pwm = open_servo();
    assert_int_equal(pwm->ops->enable(pwm, true), 0);
    rig_hang();
    assert_int_equal(pwm->ops->set(pwm, 1500000), 0);
    rig_wait_until_hung();
    rig_fail(1, 3, false);
    rig_free();
    int rc = 0;
    for (int64_t until_ms = clock_now_ms() + DEADLINE_MS; rc == 0 && clock_now_ms() < until_ms;
         poll(NULL, 0, 1))
        rc = pwm->ops->check(pwm);
    assert_int_equal(rc, -EREMOTEIO);
    for (int64_t until_ms = clock_now_ms() + DEADLINE_MS;
         rig_steps(SERVOS, 0) == 0 && clock_now_ms() < until_ms; poll(NULL, 0, 1))
        pwm->ops->check(pwm);
    assert_int_equal(rig_steps(SERVOS, 0), steps_of(1500000));
    pwm->ops->close(pwm);
}

static void a_chip_that_lost_its_supply_is_told_once(void **state)
{
    (void)state;
    struct hw_pwm *pwm = open_servo();
    assert_int_equal(pwm->ops->set(pwm, 1500000), 0);
    assert_int_equal(pwm->ops->enable(pwm, true), 0);
    wait_for_steps(steps_of(1500000));
    rig_reset_chip(SERVOS);
    int rc = 0;
    for (int64_t until_ms = clock_now_ms() + DEADLINE_MS; rc == 0 && clock_now_ms() < until_ms;
         poll(NULL, 0, 1))
        rc = pwm->ops->check(pwm);
    assert_int_equal(rc, -ESTALE);
    assert_int_equal(pwm->ops->check(pwm), 0);
    assert_int_equal(rig_steps(SERVOS, 0), 0);
    assert_int_equal(rig_register(SERVOS, 0xFE), 121); // set up again
    pwm->ops->close(pwm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pulse_reaches_the_chip_a_moment_later),
        cmocka_unit_test(on_a_bus_that_hangs_nobody_waits_and_the_last_wish_holds),
        cmocka_unit_test(what_the_chip_refused_is_told_once_and_tried_again),
        cmocka_unit_test(a_chip_that_lost_its_supply_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
