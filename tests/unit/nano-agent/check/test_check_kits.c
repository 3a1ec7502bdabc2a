// SPDX-License-Identifier: MIT
// Which kit the chips on the header's bus look like, and what a check says of topics with words.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/check/check.h"
#include "nano-agent/check/check_kits.h"
#include "nano-agent/check/check_software.h"

static struct config config;
static unsigned there[4]; // addresses that answer
static int status_there;
static char buses[256], report[4096];

static int probe(const struct hw_address *at, char why[HW_WHY_SIZE])
{
    snprintf(buses, sizeof buses, "%s", at->chip);
    why[0] = '\0';
    for (size_t i = 0; i < 4; i++)
        if (there[i] && there[i] == at->i2c_address)
            return status_there;
    return -ENXIO;
}

static int prepare(void **state)
{
    (void)state;
    config_init(&config);
    snprintf(config.board, sizeof config.board, "JETSON_NANO");
    memset(there, 0, sizeof there);
    status_there = 0;
    buses[0] = '\0';
    return 0;
}

static unsigned run(void (*part)(struct check *check))
{
    struct check check;
    report[0] = '\0';
    FILE *out = fmemopen(report, sizeof report, "w");
    assert_non_null(out);
    check_init(&check, &config, out);
    check.pca9685_probe = probe;
    check.device_tree = "/nonexistent";
    part(&check);
    fclose(out);
    return check.wrong;
}

static void assert_says(const char *words)
{
    if (!strstr(report, words))
        fail_msg("\"%s\" is not in:\n%s", words, report);
}

static void the_car_of_the_course_is_known_by_its_two_chips(void **state)
{
    (void)state;
    there[0] = 0x5e;
    there[1] = 0x5c;
    assert_int_equal(run(check_kits), 0);
    assert_says("0x5c and 0x5e of i2c-1 looks like that of");
    assert_says("/nano-agent/kits/autocar-prime.conf\n");
    there[1] = 0x5d;
    run(check_kits);
    assert_says("write 0x5d in the place of 0x5c");
}

static void one_chip_is_a_jetbot_or_a_camera_mount(void **state)
{
    (void)state;
    there[0] = 0x60;
    run(check_kits);
    assert_says("jetbot.conf");
    assert_says("jetbot-waveshare.conf");
    there[0] = 0x40;
    run(check_kits);
    assert_says("waveshare-pan-tilt.conf");
    status_there = -EBUSY; // the kernel drives it
    run(check_kits);
    assert_says("waveshare-pan-tilt.conf");
}

static void where_no_kit_looks_like_it_nothing_is_said(void **state)
{
    (void)state;
    there[0] = 0x5e;
    run(check_kits);
    assert_string_equal(report, "");
}

static void a_simulation_asks_no_bus(void **state)
{
    (void)state;
    config.sim = true;
    there[0] = 0x60;
    run(check_kits);
    assert_string_equal(buses, "");
    assert_string_equal(report, "");
}

static void a_named_device_is_warned_of_a_topic_that_others_hear_too(void **state)
{
    (void)state;
    snprintf(config.agent.device, sizeof config.agent.device, "car1");
    config.agent.words_count = 4;
    strcpy(config.agent.words[0].topic, "car/control");
    strcpy(config.agent.words[1].topic, "car1/control");
    strcpy(config.agent.words[2].topic, "course/car1");
    strcpy(config.agent.words[3].topic, "car12/car1x");
    run(check_software);
    assert_says("!!  words: car/control has no level of its own");
    assert_says("mend: words \"car1/car/control\"");
    assert_says("!!  words: car12/car1x has no level");
    assert_null(strstr(report, "words: car1/control"));
    assert_null(strstr(report, "words: course/car1"));
    config.agent.device[0] = '\0';
    run(check_software);
    assert_null(strstr(report, "words:"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_car_of_the_course_is_known_by_its_two_chips, prepare),
        cmocka_unit_test_setup(one_chip_is_a_jetbot_or_a_camera_mount, prepare),
        cmocka_unit_test_setup(where_no_kit_looks_like_it_nothing_is_said, prepare),
        cmocka_unit_test_setup(a_simulation_asks_no_bus, prepare),
        cmocka_unit_test_setup(a_named_device_is_warned_of_a_topic_that_others_hear_too, prepare),
    };
    return cmocka_run_group_tests_name("check_kits", tests, NULL, NULL);
}
