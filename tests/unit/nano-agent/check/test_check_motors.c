// SPDX-License-Identifier: MIT
// What a check says of motors beyond their outputs. The device tree is made of files.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <cmocka.h>

#include "nano-agent/check/check.h"
#include "nano-agent/check/check_hardware.h"
#include "nano-agent/check/check_motors.h"
#include "nano-agent/check/device_tree.h"
#include "tests/scratch.h"

static char root[64], report[8192];
static struct config config;

static int prepare(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/test_check_motors.XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int finish(void **state)
{
    (void)state;
    return scratch_remove(root);
}

// The pad of a header pin with this pull, as jetson-io.py writes it.
static void put_pull(unsigned pin, unsigned char pull)
{
    static const char *const folders[] = {"", "/pinmux@700008d4", "/pinmux@700008d4/common"};
    char path[256];
    for (size_t i = 1; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", root, folders[i]);
        assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
    }
    snprintf(path, sizeof path, "%s%s/pin%u", root, folders[2], pin);
    assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
    snprintf(path, sizeof path, "%s%s/pin%u/nvidia,pull", root, folders[2], pin);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    unsigned char cell[] = {0, 0, 0, pull};
    assert_int_equal(fwrite(cell, 1, sizeof cell, file), sizeof cell);
    fclose(file);
}

static int probe(const struct hw_address *at, char why[HW_WHY_SIZE])
{
    (void)at;
    why[0] = '\0';
    return 0;
}

static int look(const struct hw_address *at, struct gpio_look *out, char why[HW_WHY_SIZE])
{
    (void)at;
    out->used = false;
    why[0] = '\0';
    return 0;
}

static unsigned run(const char *text, void (*part)(struct check *check))
{
    struct check check;
    char why[1024];
    config_init(&config);
    snprintf(config.board, sizeof config.board, "JETSON_NANO");
    if (config_parse(text, "f", &config, why) != 0)
        fail_msg("%s", why);
    report[0] = '\0';
    FILE *out = fmemopen(report, sizeof report, "w");
    assert_non_null(out);
    check_init(&check, &config, out);
    check.pca9685_probe = probe;
    check.gpio_look = look;
    check.device_tree = root;
    check.root = root;
    part(&check);
    fclose(out);
    return check.wrong;
}

static void assert_says(const char *words)
{
    if (!strstr(report, words))
        fail_msg("\"%s\" is not in:\n%s", words, report);
}

#define SIDES                                                                                                \
    "forward = {\"pca9685 i2c-1 0x5e:0\", \"pca9685 i2c-1 0x5e:3\"} backward = {\"pca9685 i2c-1 0x5e:1\"}"

static void every_output_of_a_motor_is_looked_at(void **state)
{
    (void)state;
    assert_int_equal(run("motor drive { " SIDES " enable = \"pin 29\" }", check_hardware), 0);
    assert_says("ok  motor drive: forward: a chip answers at 0x5e of i2c-1");
    assert_says("ok  motor drive: backward: a chip answers");
    assert_says("ok  motor drive: enable: tegra-gpio:149, free");
    run("motor drive { pwm = \"pca9685 i2c-1 0x5e:0\" direction = \"pin 31\" }", check_hardware);
    assert_says("motor drive: pwm: a chip");
    assert_says("motor drive: direction: tegra-gpio:");
    run("motor drive { pwm = \"pca9685 i2c-1 0x5e:0\" in1 = \"pin 31\" in2 = \"pin 29\" }", check_hardware);
    assert_says("motor drive: in1: tegra-gpio:");
    assert_says("motor drive: in2: tegra-gpio:");
}

static void a_motor_on_a_bus_without_enable_is_told(void **state)
{
    (void)state;
    assert_int_equal(run("motor drive { " SIDES " }", check_motors), 0);
    assert_says("ok  motor drive: no enable: while i2c-1 hangs no software can stop it");
    run("motor drive { forward = \"7000a000.pwm:0\" backward = \"7000a000.pwm:2\" }", check_motors);
    assert_null(strstr(report, "hangs")); // the processor's own PWM is on no bus
}

static void the_pull_of_enable_is_named(void **state)
{
    (void)state;
    const char *high = "motor drive { " SIDES " enable = \"pin 29\" }";
    const char *low = "motor drive { " SIDES " enable = \"pin 29\" enable_active_low = true }";
    assert_int_equal(run(high, check_motors), 0);
    assert_says("cannot be seen from here; measure");
    put_pull(29, 1);
    assert_int_equal(run(high, check_motors), 0);
    assert_says("ok  motor drive: enable is pin 29, which the board itself pulls to off");
    assert_int_equal(run(low, check_motors), 1);
    assert_says("!!  motor drive: enable is pin 29, which the board pulls to on when the agent is gone");
    put_pull(29, 2);
    assert_int_equal(run(high, check_motors), 1);
    assert_int_equal(run(low, check_motors), 0);
    put_pull(29, 0);
    assert_int_equal(run(high, check_motors), 0);
    assert_says("measure");
}

static void what_is_no_cell_is_no_pull(void **state)
{
    (void)state;
    put_pull(31, 7);
    assert_int_equal(device_tree_pull(root, 31), -1);
    assert_int_equal(device_tree_pull(root, 32), -1);
    put_pull(31, 2);
    assert_int_equal(device_tree_pull(root, 31), 2);
}

static void a_plain_word_runs_a_motor_a_second_at_most(void **state)
{
    (void)state;
    run("motor drive { " SIDES " run = 10 }", check_motors);
    assert_says("a command runs it 10.0 s, a plain word or number without a deadline 1.0 s");
    run("motor drive { " SIDES " run = 0.3 }", check_motors);
    assert_says("a command runs it 0.3 s, a plain word or number without a deadline 0.3 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_output_of_a_motor_is_looked_at, prepare, finish),
        cmocka_unit_test_setup_teardown(a_motor_on_a_bus_without_enable_is_told, prepare, finish),
        cmocka_unit_test_setup_teardown(the_pull_of_enable_is_named, prepare, finish),
        cmocka_unit_test_setup_teardown(what_is_no_cell_is_no_pull, prepare, finish),
        cmocka_unit_test_setup_teardown(a_plain_word_runs_a_motor_a_second_at_most, prepare, finish),
    };
    return cmocka_run_group_tests_name("check_motors", tests, NULL, NULL);
}
