// SPDX-License-Identifier: MIT
// The channels of a configuration, and where their outputs are.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "nano-agent/config/address.h"
#include "nano-agent/config/config.h"
#include "nano-agent/config/config_channels.h"
#include "nano-agent/config/config_file.h"
#include "tests/unit/nano-agent/config/config_rig.h"

static void the_channel_that_is_too_many_is_named_with_its_line(void **state)
{
    (void)state;
    char text[16384], why[CONFIG_WHY_SIZE];
    size_t len = 0;
    for (int i = 1; i <= 70; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s c%d { %s = sim }\n",
            i % 2 ? "switch" : "servo", i, i % 2 ? "gpio" : "pwm");
    config_init(&config);
    assert_int_equal(config_parse(text, "f", &config, why), -EINVAL);
    assert_string_equal(why, "f:65: switch c65: more than 64 channels");
}

static void channels_come_in_the_order_of_the_file(void **state)
{
    (void)state;
    accept("switch b { gpio = \"pin 7\" }\nservo a { pwm = \"pin 33\" }\nswitch c { gpio = \"pin 11\" }\n");
    assert_string_equal(config.agent.channels[0].id.name, "b");
    assert_string_equal(config.agent.channels[1].id.name, "a");
    assert_string_equal(config.agent.channels[2].id.name, "c");
}

static void min_must_be_less_than_max(void **state)
{
    (void)state;
    refuse_at("servo tilt { pwm = sim\n angle = {45, -45} }", "f:2: servo tilt: angle", "swap the pulses");
    refuse_at("servo tilt { pwm = sim\n limit = {5, 5} }", "f:2: servo tilt: limit", "less than");
    refuse_at("servo tilt { pwm = sim\n pulse = {1500, 1500} }", "f:2: servo tilt: pulse", "both are 1500");
    accept("servo tilt { pwm = sim pulse = {2000, 1000} }"); // a mirrored servo
}

static void a_pulse_outside_400_to_2600_us_is_refused(void **state)
{
    (void)state;
    refuse_at(
        "servo tilt { pwm = sim\n pulse = {399, 2000} }", "f:2: servo tilt: pulse = 399;", "400 to 2600");
    refuse_at(
        "servo tilt { pwm = sim\n pulse = {1000, 2601} }", "f:2: servo tilt: pulse = 2601;", "400 to 2600");
    // 1000 us at -45 and 2000 us at 45 make 2611 us at 100 degrees.
    refuse_at(
        "servo tilt { pwm = sim\n limit = {-45, 100} }", "f:2: servo tilt: limit: 100 degrees", "2611 us");
    refuse_at("servo tilt { pwm = sim pulse = {2000, 1000}\n limit = {-100, 45} }", "f:2: ", "2611 us");
    refuse_at("servo tilt { pwm = sim pulse = {1000, 2600}\n hz = 400 }", "f:2: servo tilt: hz", "less hz");
    accept("servo tilt { pwm = sim limit = {-45, 99} }");
}

static void two_channels_on_one_pin_are_refused(void **state)
{
    (void)state;
    refuse_at(
        "switch a { gpio = \"pin 7\" }\nswitch b { gpio = \"pin 7\" }", "f:2: switch b: pin 7", "switch a's");
    refuse_at(
        "switch a { gpio = \"pin 7\" }\nswitch b { gpio = \"tegra-gpio:216\" }", "f:2: switch b", "line 1");
    refuse_at(
        "servo a { pwm = \"7000a000.pwm:2\" }\nservo b { pwm = \"pin 33\" }", "f:2: servo b", "servo a's");
    refuse_at("servo a { pwm = \"x.pwm:0\" }\ndimmer b { pwm = \"x.pwm:0\" }", "f:2: dimmer b", "servo a's");
    accept("servo a { pwm = sim } servo b { pwm = sim }");
}

static void gpio_on_the_pin_whose_pwm_is_in_use_is_refused(void **state)
{
    (void)state;
    refuse_at(SERVO "switch led { gpio = \"pin 33\" }", "f:2: switch led: pin 33", "servo tilt's");
    refuse_at(SERVO "switch led { gpio = \"tegra-gpio:38\" }", "f:2: switch led", "servo tilt's");
    refuse_at(
        "servo tilt { pwm = \"7000a000.pwm:2\" }\nswitch led { gpio = \"tegra-gpio:38\" }", "f:2: ", "");
}

static void conflicts_are_found_in_simulation_too(void **state)
{
    (void)state;
    char why[1024];
    config_init(&config);
    config.sim = true;
    assert_int_equal(config_parse(SERVO "switch led { gpio = \"pin 33\" }", "f", &config, why), -EINVAL);
    config_init(&config);
    config.sim = true;
    assert_int_equal(config_parse(SERVO "switch led { gpio = \"pin 7\" }", "f", &config, why), 0);
    assert_int_equal(config.outputs[0].address.kind, HW_SIM);
    assert_int_equal(config.outputs[0].address.line, 0); // not the channel: no steps were asked for
    assert_int_equal(config.outputs[1].address.kind, HW_SIM);
    assert_int_equal(config.outputs[0].address.pin, 33);
}

static void names_and_commands_are_unique(void **state)
{
    (void)state;
    refuse_at("servo tilt { pwm = sim }\nswitch tilt { gpio = sim }", "f:2: ", "");
    refuse_at("servo a { pwm = sim }\nswitch a_up { gpio = sim }", "f:", "");
    refuse_at("dimmer led { pwm = sim }\nservo led_on { pwm = sim }", "f:", "led_on");
    refuse_at("servo stop { pwm = sim }", "f:1: servo stop: ", "");
    refuse_at("servo \"9a\" { pwm = sim }", "f:1: servo 9a: ", "");
}

static void an_input_runs_commands_that_exist(void **state)
{
    (void)state;
    accept(SERVO "input b { gpio = \"pin 11\" press = \"tilt 10\" release = stop bias = up debounce = 5 }");
    assert_string_equal(channel("b")->press, "tilt 10");
    assert_string_equal(channel("b")->release, "stop");
    assert_int_equal(channel("b")->debounce_ms, 5);
    assert_int_equal(output("b")->gpio.bias, 1);
    refuse_at(SERVO "input b { gpio = \"pin 11\"\n press = led_on }", "f:3: input b: press = led_on;", "");
    refuse_at(
        SERVO "input b { gpio = \"pin 11\"\n release = \"tilt x\" }", "f:3: input b: release = tilt x;", "");
    refuse_at(SERVO "input b { gpio = \"pin 11\"\n press = \"tilt\" }", "f:3: input b: press = tilt;", "");
}

static void outputs_are_named_in_four_ways(void **state)
{
    (void)state;
    struct hw_address at;
    char why[ADDRESS_WHY_SIZE];
    assert_int_equal(address_parse("pin 33", true, "JETSON_NANO", &at, why), 0);
    assert_int_equal(at.kind, HW_PWM_SYSFS);
    assert_int_equal(address_parse("pin 33", false, "JETSON_NANO", &at, why), 0);
    assert_int_equal(at.kind, HW_GPIO);
    assert_int_equal(at.line, 38);
    assert_int_equal(address_parse("pwmchip0:2", true, NULL, &at, why), 0);
    assert_string_equal(at.chip, "pwmchip0");
    assert_int_equal(address_parse("pca9685 i2c-7 0x77:15", true, NULL, &at, why), 0);
    assert_int_equal(at.kind, HW_PCA9685);
    assert_string_equal(at.chip, "i2c-7");
    assert_int_equal(at.i2c_address, 0x77);
    assert_int_equal(at.line, 15);
    assert_int_equal(address_parse("pca9685  i2c-0\t0x08:0", true, NULL, &at, why), 0);
    assert_int_equal(at.i2c_address, 8);
    assert_int_equal(address_parse("sim 256", true, NULL, &at, why), 0);
    assert_int_equal(at.kind, HW_SIM);
    assert_int_equal(at.line, 256);
    static const struct {
        const char *text;
        bool pwm;
        const char *words;
    } wrong[] = {
        {"pin 7", true, "these have PWM: 32, 33"},
        {"pin 1", false, "pin 1 of JETSON_NANO is 3V3 (power); these are GPIO: 7, 11,"},
        {"pin 2", true, "is 5V (power); these have PWM: 32, 33"},
        {"pin 6", false, "is GND (ground)"},
        {"pin 3", false, "is I2C SDA (a bus)"},
        {"pin 10", false, "is UART RX (a bus)"},
        {"pin 41", false, "1 to 40"},
        {"pin 0", false, "1 to 40"},
        {"pin x", false, "1 to 40"},
        {"gpiochip0:3", false, "label"},
        {"../x:1", true, "PWMDEVICE"},
        {"..:1", true, "PWMDEVICE"},
        {"x:", true, "number of the channel"},
        {"x:-1", false, "number of the line"},
        {"sim 1", true, "2 to 65536"},
        {"sim 8", false, "just: sim"},
        {"33", true, "pin N"},
        {"", true, "pin N"},
        {"7000a000.pwm:3", true,
            "drives the fan of JETSON_NANO; these pins have PWM: 32, 33; or use a PCA9685"},
        {"pca9685 i2c-1 0x40:0", false, "PWM only"},
        {"pca9685 i2c-1 0x40", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-1 40:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-1 0x:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-1 0x-1:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-1", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-01 0x40:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-/ 0x40:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c- 0x40:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-123456 0x40:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 1 0x40:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-1 0x07:0", true, "0x08 to 0x77"},
        {"pca9685 i2c-1 0x78:0", true, "0x08 to 0x77"},
        {"pca9685 i2c-1 0xffffffffffffffffff:0", true, "0x08 to 0x77"},
        {"pca9685 i2c-1 0x40:16", true, "0 to 15"},
        {"pca9685 i2c-1 0x40:", true, "0 to 15"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(address_parse(wrong[i].text, wrong[i].pwm, "JETSON_NANO", &at, why), -EINVAL);
        if (!strstr(why, wrong[i].words))
            fail_msg("%s: wanted \"%s\" in \"%s\"", wrong[i].text, wrong[i].words, why);
    }
    assert_int_equal(address_parse("pin 7", false, NULL, &at, why), -EINVAL);
    assert_non_null(strstr(why, "--sim, --board NAME"));
    assert_int_equal(address_parse("pin 33", true, "JETSON_TX1", &at, why), -EINVAL);
    assert_non_null(strstr(why, "use a PCA9685 board"));
    assert_int_equal(address_parse("7000a000.pwm:3", true, NULL, &at, why), 0); // nobody knows of a fan there
}

#define PCA(name, address, rest) "servo " name " { pwm = \"pca9685 i2c-1 " address "\" " rest " }\n"

static void two_channels_on_one_output_of_a_pca9685_are_refused(void **state)
{
    (void)state;
    refuse_at(PCA("a", "0x40:3", "") PCA("b", "0x40:3", ""), "f:2: servo b", "servo a's (line 1)");
    refuse_at(PCA("a", "0x40:3", "") PCA("b", "0x040:3", ""), "f:2: servo b", "servo a's (line 1)");
    accept(PCA("a", "0x40:3", "") PCA("b", "0x40:4", "")
            PCA("c", "0x41:3", "") "servo d { pwm = \"pca9685 i2c-0 0x40:3\" }");
}

static void channels_of_one_pca9685_have_one_hz(void **state)
{
    (void)state;
    refuse_at(PCA("a", "0x40:0", "") "servo b {\n pwm = \"pca9685 i2c-1 0x40:1\"\n hz = 60\n}",
        "f:4: servo b: hz = 60, but servo a (line 1)", "has 50");
    refuse_at(PCA("a", "0x40:0", "") "dimmer b { pwm = \"pca9685 i2c-1 0x40:1\" }",
        "f:2: dimmer b: hz = 1000", "one chip has one frequency");
    refuse_at("servo a { pwm = \"1-0040:0\" }\nservo b { pwm = \"1-0040:1\" hz = 60 }",
        "f:2: servo b: hz = 60", "one chip has one frequency");
    accept(PCA("a", "0x40:0", "hz = 60")
            PCA("b", "0x41:0", "") "servo c { pwm = \"pca9685 i2c-2 0x40:0\" hz = 70 }");
    accept("servo a { pwm = \"7000a000.pwm:0\" }\nservo b { pwm = \"7000a000.pwm:2\" hz = 60 }");
}

static void a_pca9685_does_24_to_1526_hz(void **state)
{
    (void)state;
    refuse_at(
        "dimmer a { pwm = \"pca9685 i2c-1 0x40:0\"\n hz = 23 }", "f:2: dimmer a: hz = 23", "24 to 1526");
    refuse_at("dimmer a { pwm = \"1-0040:0\"\n hz = 2000 }", "f:2: dimmer a: hz = 2000", "24 to 1526");
    accept("dimmer a { pwm = \"pca9685 i2c-1 0x40:0\" hz = 24 }");
    accept("dimmer a { pwm = \"pca9685 i2c-1 0x40:0\" hz = 1526 }");
    accept("dimmer a { pwm = \"7000a000.pwm:0\" hz = 20000 }");
}

#define SIDES                                                                                                \
    "forward = {\"pca9685 i2c-1 0x5e:3\", \"pca9685 i2c-1 0x5e:0\"} backward = \"pca9685 i2c-1 0x5e:2\" "

static void a_motor_has_two_sides_or_a_pwm_and_lines(void **state)
{
    (void)state;
    accept("motor drive { " SIDES "enable = \"pin 29\" enable_active_low = true axis = drive }");
    const struct hw_motor_options *motor = &output("drive")->motor;
    assert_string_equal(motor->name, "drive");
    assert_int_equal(motor->forward_count, 2);
    assert_int_equal(motor->forward[1].line, 0);
    assert_int_equal(motor->forward[1].i2c_address, 0x5e);
    assert_int_equal(motor->backward_count, 1);
    assert_int_equal(motor->pwm_count, 0);
    assert_true(motor->enable.is_set && motor->enable.active_low);
    assert_false(motor->direction.is_set || motor->in1.is_set || motor->in2.is_set);
    assert_int_equal(motor->period_ns, 5000000);
    assert_int_equal(channel("drive")->axis, AXIS_DRIVE);
    accept("motor m { pwm = \"pin 32\" direction = \"pin 31\" active_low = true }");
    motor = &output("m")->motor;
    assert_int_equal(motor->pwm_count, 1);
    assert_true(motor->direction.is_set && motor->direction.active_low);
    assert_false(motor->enable.is_set);
    accept("motor m { pwm = \"pin 32\" in1 = \"pin 31\" in2 = \"pin 29\" brake = short }");
    static const char *const wrong[] = {"", "forward = sim", "backward = sim", "pwm = sim",
        "pwm = sim in1 = sim", "pwm = sim direction = sim in1 = sim in2 = sim", (SIDES "pwm = sim"),
        (SIDES "direction = sim"), "direction = sim", "in1 = sim in2 = sim", "enable = sim"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char text[256];
        snprintf(text, sizeof text, "\nmotor m { %s }", wrong[i]);
        refuse_at(text,
            "f:2: motor m: ", "forward and backward are wanted, or pwm and direction, or pwm, in1 and in2");
    }
}

static void a_motor_says_what_is_wrong_with_its_numbers(void **state)
{
    (void)state;
    accept("motor m { " SIDES "}");
    const struct agent_channel_config *m = channel("m");
    assert_int_equal(m->motor.min, 200);
    assert_int_equal(m->motor.max, 990);
    assert_int_equal(m->motor.start_at, 600);
    assert_int_equal(m->motor.ramp, 3000);
    assert_int_equal(m->motor.dead_us, 20000);
    assert_int_equal(m->run_ms, 500);
    assert_false(m->motor.brake_short);
    accept("motor m { " SIDES "min = 12.5 max = 40 }"); // start_at follows
    assert_int_equal(channel("m")->motor.min, 125);
    assert_int_equal(channel("m")->motor.start_at, 400);
    refuse_at(
        "motor m { " SIDES "\n min = 50 max = 40 }", "f:2: motor m: min = 50 is more than max = 40", "");
    refuse_at("motor m { " SIDES "\n start_at = 10 }", "f:2: motor m: start_at: 20 to 99", "");
    refuse_at("motor m { " SIDES "\n min = 0 }", "f:2: motor m: min = 0; ", "1 to 100 percent");
    refuse_at("motor m { " SIDES "\n max = 101 }", "f:2: motor m: max = 101; ", "1 to 100 percent");
    refuse_at("motor m { " SIDES "\n ramp = -1 }", "f:2: motor m: ramp = -1; ", "percent a second");
    refuse_at("motor m { " SIDES "\n run = 0 }", "f:2: motor m: run = 0; ", "0.1 to 10 seconds");
    refuse_at("motor m { " SIDES "\n run = 11 }", "f:2: motor m: run = 11; ", "0.1 to 10 seconds");
    refuse_at("motor m { " SIDES "\n brake = hard }", "f:2: motor m: brake = hard; ", "coast or short");
    refuse_at("motor m { pwm = sim direction = sim\n brake = short }", "f:2: motor m: brake = short; ",
        "in1 and in2");
    refuse_at(
        "motor m { forward = \"pin 31\"\n backward = sim }", "f:1: motor m: forward = pin 31; ", "32, 33");
    refuse_at("motor m { " SIDES "\n enable = \"pca9685 i2c-1 0x5e:9\" }", "f:2: motor m: enable", "GPIO");
    refuse_at("motor m { backward = sim\n forward = {sim, sim, sim, sim, sim, sim, sim, sim, sim} }",
        "f:2: motor m: forward: at most 8", "");
}

static void a_motors_dead_time_holds_a_period_and_5_ms(void **state)
{
    (void)state;
    refuse_at("motor m { " SIDES "\n dead = 9 }", "f:2: motor m: dead = 9; at least 10, ", "hz");
    accept("motor m { " SIDES "dead = 10 }");
    refuse_at("motor m { " SIDES "hz = 50\n dead = 24 }", "f:2: motor m: dead = 24; at least 25, ", "");
    accept("motor m { " SIDES "hz = 50 dead = 25 }");
    accept("motor m { " SIDES "hz = 50 }"); // what is not said is what is right
    assert_int_equal(channel("m")->motor.dead_us, 25000);
    refuse_at("motor m { " SIDES "hz = 1000\n dead = 4 }", "f:2: motor m: dead = 4; ", "5 to 2000");
    accept("motor m { " SIDES "hz = 1000 dead = 6 }");
}

static void an_output_of_a_motor_is_nobody_elses(void **state)
{
    (void)state;
    refuse_at("motor m { forward = {\"pin 32\", \"pin 32\"}\n backward = sim }",
        "f:1: motor m: pin 32 is already", "motor m's (line 1)");
    refuse_at("motor m { forward = \"pin 32\"\n backward = \"pin 32\" }", "f:2: motor m: pin 32", "line 1");
    refuse_at("motor m { " SIDES "}\nservo s { hz = 200\n pwm = \"pca9685 i2c-1 0x5e:0\" }",
        "f:3: servo s: pca", "motor m's (line 1)");
    refuse_at("switch led { gpio = \"pin 29\" }\nmotor m { " SIDES "\n enable = \"pin 29\" }",
        "f:3: motor m: pin 29", "switch led's (line 1)");
    refuse_at("servo s { hz = 50 pwm = \"pca9685 i2c-1 0x5e:9\" }\nmotor m { " SIDES "\n hz = 200 }",
        "f:3: motor m: hz = 200, but servo s", "one chip has one frequency");
    refuse_at("motor m { " SIDES "\n hz = 20 }", "f:2: motor m: hz = 20; a PCA9685 does 24", "");
}

static void in_simulation_every_output_of_a_motor_is_simulated(void **state)
{
    (void)state;
    char why[1024];
    config_init(&config);
    config.sim = true;
    assert_int_equal(config_parse("motor m { " SIDES "enable = \"pin 29\" }", "f", &config, why), 0);
    const struct hw_motor_options *motor = &config.outputs[0].motor;
    assert_int_equal(motor->forward[0].kind, HW_SIM);
    assert_int_equal(motor->forward[1].kind, HW_SIM);
    assert_int_equal(motor->backward[0].kind, HW_SIM);
    assert_int_equal(motor->enable.at.kind, HW_SIM);
}

static void stop_switches_off_what_says_so(void **state)
{
    (void)state;
    accept("switch a { gpio = sim stop = off } dimmer b { pwm = sim stop = off } switch c { gpio = sim }");
    assert_true(channel("a")->id.stops_off);
    assert_true(channel("b")->id.stops_off);
    assert_false(channel("c")->id.stops_off);
    refuse_at("switch a { gpio = sim\n stop = on }", "f:2: switch a: stop = on; hold or off is wanted", "");
    accept("servo s { pwm = sim axis = steer }");
    assert_int_equal(channel("s")->axis, AXIS_STEER);
    assert_true(channel("s")->id.pan);
}

static void a_refused_pin_says_where_and_which_are_left(void **state)
{
    (void)state;
    refuse_at("\nswitch a {\n gpio = \"pin 39\" }", "f:3: switch a: gpio = pin 39; ",
        "is GND (ground); these are GPIO: 7,");
    refuse_at(
        "\nservo a {\n pwm = \"7000a000.pwm:3\" }", "f:3: servo a: pwm = 7000a000.pwm:3; ", "drives the fan");
    refuse_at(SERVO "switch led { gpio = \"pin 33\" }",
        "f:2: switch led: pin 33 is already servo tilt's (line 1)",
        "one pin is GPIO or PWM, never both; GPIO left: 7, 11,");
    refuse_at(SERVO "servo b { pwm = \"pin 33\" }", "f:2: ", "PWM left: 32");
    refuse_at(SERVO "servo c { pwm = \"pin 32\" }\nservo b { pwm = \"pin 33\" }",
        "f:3: ", "PWM left: none; use a PCA9685 board");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_channel_that_is_too_many_is_named_with_its_line),
        cmocka_unit_test(channels_come_in_the_order_of_the_file),
        cmocka_unit_test(min_must_be_less_than_max),
        cmocka_unit_test(a_pulse_outside_400_to_2600_us_is_refused),
        cmocka_unit_test(two_channels_on_one_pin_are_refused),
        cmocka_unit_test(gpio_on_the_pin_whose_pwm_is_in_use_is_refused),
        cmocka_unit_test(conflicts_are_found_in_simulation_too),
        cmocka_unit_test(names_and_commands_are_unique),
        cmocka_unit_test(an_input_runs_commands_that_exist),
        cmocka_unit_test(outputs_are_named_in_four_ways),
        cmocka_unit_test(two_channels_on_one_output_of_a_pca9685_are_refused),
        cmocka_unit_test(channels_of_one_pca9685_have_one_hz),
        cmocka_unit_test(a_pca9685_does_24_to_1526_hz),
        cmocka_unit_test(a_motor_has_two_sides_or_a_pwm_and_lines),
        cmocka_unit_test(a_motor_says_what_is_wrong_with_its_numbers),
        cmocka_unit_test(a_motors_dead_time_holds_a_period_and_5_ms),
        cmocka_unit_test(an_output_of_a_motor_is_nobody_elses),
        cmocka_unit_test(in_simulation_every_output_of_a_motor_is_simulated),
        cmocka_unit_test(stop_switches_off_what_says_so),
        cmocka_unit_test(a_refused_pin_says_where_and_which_are_left),
    };
    return cmocka_run_group_tests_name("config_channels", tests, NULL, NULL);
}
