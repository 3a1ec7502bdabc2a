// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "nano-agent/hw/backend.h"

static int saved_stdout;

static void catch_stdout(void)
{
    FILE *file = tmpfile();
    assert_non_null(file);
    int fd = dup(fileno(file));
    fclose(file);
    fflush(stdout);
    saved_stdout = dup(STDOUT_FILENO);
    dup2(fd, STDOUT_FILENO);
    close(fd);
}

// Puts the old stdout back; out gets what was written meanwhile.
static void release_stdout(char *out, size_t size)
{
    ssize_t len = pread(STDOUT_FILENO, out, size - 1, 0);
    assert_true(len >= 0);
    out[len] = '\0';
    dup2(saved_stdout, STDOUT_FILENO);
    close(saved_stdout);
}

static void the_simulation_prints_each_change_of_a_pin_and_nothing_else(void **state)
{
    (void)state;
    char why[HW_WHY_SIZE];
    struct hw_pwm *pwm;
    struct hw_switch *sw;
    struct hw_address ideal = {.kind = HW_SIM}, coarse = {.kind = HW_SIM, .line = 256};
    struct hw_gpio_options options = {0};
    hw_sim_name_next("led");
    assert_int_equal(hw_sim.open_switch(&ideal, &options, &sw, why), 0);
    hw_sim_name_next("tilt");
    assert_int_equal(hw_sim.open_pwm(&coarse, 20000000, &pwm, why), 0);
    assert_int_equal(pwm->steps, 256);
    catch_stdout();
    sw->ops->set(sw, false);
    sw->ops->set(sw, true);
    sw->ops->set(sw, true);
    pwm->ops->set(pwm, 1500000); // not enabled: nothing at the pin
    pwm->ops->enable(pwm, true);
    pwm->ops->set(pwm, 1500001); // the same step
    pwm->ops->set(pwm, 2000000);
    pwm->ops->enable(pwm, false);
    sw->ops->close(sw);
    pwm->ops->close(pwm); // the last of them waits until all is written
    char text[512];
    release_stdout(text, sizeof text);
    char lines[4][64] = {"", "", "", ""};
    int count = 0;
    for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
        *end = '\0';
        assert_true(count < 4);
        snprintf(lines[count++], sizeof lines[0], "%s", strchr(line, ' ') + 1); // after the time
    }
    assert_int_equal(count, 4);
    assert_string_equal(lines[0], "led on");
    assert_string_equal(lines[1], "tilt 1484 us"); // 19 of 256 steps: 1484.375 us
    assert_string_equal(lines[2], "tilt 2031 us"); // 26 of 256
    assert_string_equal(lines[3], "tilt off");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_simulation_prints_each_change_of_a_pin_and_nothing_else),
    };
    return cmocka_run_group_tests_name("sim", tests, NULL, NULL);
}
