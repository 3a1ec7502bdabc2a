// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/hw/backend.h"

static void the_simulated_back_end_is_never_chosen_for_real_hardware(void **state)
{
    (void)state;
    assert_ptr_equal(hw_backend_of(HW_SIM), &hw_sim);
    assert_ptr_equal(hw_backend_of(HW_PWM_SYSFS), &hw_pwm_sysfs);
    assert_ptr_not_equal(hw_backend_of(HW_GPIO), &hw_sim);
    assert_ptr_equal(hw_backend_of(HW_PCA9685), &hw_pca9685);
    assert_ptr_equal(hw_backend_of(HW_GPIO), &hw_gpio);
}

static void a_gpio_chip_that_is_not_there_is_named(void **state)
{
    (void)state;
    char why[HW_WHY_SIZE] = "";
    struct hw_switch *sw;
    struct hw_address at = {.kind = HW_GPIO, .chip = "no-such-chip", .line = 3};
    struct hw_gpio_options options = {.consumer = "test"};
    assert_true(hw_gpio.open_switch(&at, &options, &sw, why) < 0);
    assert_non_null(strstr(why, "no-such-chip"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_simulated_back_end_is_never_chosen_for_real_hardware),
        cmocka_unit_test(a_gpio_chip_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests_name("backend", tests, NULL, NULL);
}
