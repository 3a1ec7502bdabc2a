// SPDX-License-Identifier: MIT
// What goes into a PCA9685's registers, by its data sheet. What the chip makes of them is tested on a real
// kernel.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/hw/backend.h"
#include "nano-agent/hw/pca9685.h"
#include "nano-agent/hw/pca9685_chip.h"

static int prescale_of_hz(int64_t hz)
{
    return pca9685_prescale(1000000000 / hz);
}

static void the_prescaler_is_that_of_the_data_sheet(void **state)
{
    (void)state;
    assert_int_equal(prescale_of_hz(50), 121);
    assert_int_equal(
        prescale_of_hz(200), 30); // the data sheet's example, and what the chip has after power-up
    assert_int_equal(prescale_of_hz(60), 101);
    assert_int_equal(prescale_of_hz(PCA9685_HZ_MIN), 253);
    assert_int_equal(prescale_of_hz(PCA9685_HZ_MAX), 3);
    assert_int_equal(prescale_of_hz(PCA9685_HZ_MIN - 1), -EINVAL);
    assert_int_equal(prescale_of_hz(2000), -EINVAL);
    assert_int_equal(pca9685_prescale(0), -EINVAL);
    assert_int_equal(pca9685_prescale(INT64_C(3600000000000)), -EINVAL);
}

static void the_period_is_the_one_that_the_chip_really_has(void **state)
{
    (void)state;
    assert_int_equal(pca9685_period_ns(121), 19988480); // 122 * 4096 / 25 MHz: 4.88 us a step
    for (int prescale = 3; prescale <= 255; prescale++)
        assert_int_equal(pca9685_prescale(pca9685_period_ns(prescale)), prescale);
}

static void every_number_of_steps_is_read_back_as_it_was_written(void **state)
{
    (void)state;
    unsigned char registers[4];
    for (unsigned steps = 0; steps <= PCA9685_STEPS; steps++) {
        pca9685_encode(steps, registers);
        assert_int_equal(pca9685_decode(registers), steps);
    }
}

static void registers_of(unsigned steps, unsigned on_l, unsigned on_h, unsigned off_l, unsigned off_h)
{
    unsigned char registers[4];
    pca9685_encode(steps, registers);
    assert_int_equal(registers[0], on_l);
    assert_int_equal(registers[1], on_h);
    assert_int_equal(registers[2], off_l);
    assert_int_equal(registers[3], off_h);
}

static void none_and_all_of_the_steps_have_bits_of_their_own(void **state)
{
    (void)state;
    registers_of(0, 0, 0, 0, 0x10);
    registers_of(PCA9685_STEPS, 0, 0x10, 0, 0);
    registers_of(1, 0, 0, 1, 0);
    registers_of(307, 0, 0, 0x33, 0x01); // 1.5 ms of 20
    registers_of(PCA9685_STEPS - 1, 0, 0, 0xff, 0x0f);
}

static void what_other_programs_wrote_is_understood(void **state)
{
    (void)state;
    assert_int_equal(pca9685_decode((unsigned char[]){0, 0x10, 0, 0x10}), 0); // off wins where both are set
    assert_int_equal(pca9685_decode((unsigned char[]){0x99, 0x01, 0xcc, 0x02}), 0x133);
    assert_int_equal(
        pca9685_decode((unsigned char[]){0x00, 0x0f, 0x33, 0x00}), 0x133); // around the period's end
    assert_int_equal(pca9685_decode((unsigned char[]){0, 0, 0, 0}), 0);
}

static struct hw_address bus(const char *name)
{
    struct hw_address at = {.kind = HW_PCA9685, .i2c_address = 0x40};
    snprintf(at.chip, sizeof at.chip, "%s", name);
    snprintf(at.text, sizeof at.text, "pca9685");
    return at;
}

static void a_bus_that_is_not_there_is_named(void **state)
{
    (void)state;
    char why[HW_WHY_SIZE] = "";
    struct hw_pwm *pwm = NULL;
    struct hw_address at = bus("i2c-65535");
    assert_int_equal(hw_pca9685.open_pwm(&at, 20000000, &pwm, why), -ENOENT);
    assert_non_null(strstr(why, "/dev/i2c-65535: No such file or directory"));
    assert_null(pwm);
    assert_int_equal(pca9685_probe(&at, why), -ENOENT);
    assert_int_equal(hw_pca9685.open_pwm(&at, 1000000000, &pwm, why), -EINVAL);
    assert_non_null(strstr(why, "24 to 1526 Hz"));
    assert_null(hw_pca9685.open_switch);
}

static void a_file_that_is_no_bus_is_refused(void **state)
{
    (void)state;
    char why[HW_WHY_SIZE] = "";
    struct hw_address at = bus("null");
    assert_true(pca9685_probe(&at, why) < 0);
    assert_non_null(strstr(why, "no I2C bus?"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_prescaler_is_that_of_the_data_sheet),
        cmocka_unit_test(the_period_is_the_one_that_the_chip_really_has),
        cmocka_unit_test(every_number_of_steps_is_read_back_as_it_was_written),
        cmocka_unit_test(none_and_all_of_the_steps_have_bits_of_their_own),
        cmocka_unit_test(what_other_programs_wrote_is_understood),
        cmocka_unit_test(a_bus_that_is_not_there_is_named),
        cmocka_unit_test(a_file_that_is_no_bus_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
