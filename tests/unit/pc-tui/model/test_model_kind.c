// SPDX-License-Identifier: MIT
// What each kind of channel is to an operator.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pc-tui/model/model_kind.h"

static void every_kind_of_the_contract_has_a_value_to_show(void **state)
{
    (void)state;
    char value[MODEL_VALUE_SIZE];
    for (int kind = 0; kind < CHANNEL_OTHER; kind++) {
        struct status_channel channel = {.id = {.kind = (enum channel_kind)kind}, .deg_known = true};
        assert_string_not_equal(model_value(value, &channel), "");
    }
}

static void a_kind_not_known_here_takes_no_keys_and_shows_nothing(void **state)
{
    (void)state;
    char value[MODEL_VALUE_SIZE];
    struct status_channel channel = {.id = {.kind = CHANNEL_OTHER}, .on = true};
    assert_string_equal(model_value(value, &channel), "");
    assert_false(model_is_servo(&channel));
    assert_false(model_is_output(&channel));
    assert_int_equal(model_kind((enum channel_kind)1000)->selection, SELECTION_NONE);
    assert_int_equal(model_kind((enum channel_kind)1000)->step, UNIT_NONE);
}

static void an_angle_has_its_sign_and_one_decimal(void **state)
{
    (void)state;
    char value[MODEL_VALUE_SIZE];
    struct status_channel servo = {.id = {.kind = CHANNEL_SERVO}, .deg_known = true, .driven = true};
    static const struct {
        int tenths;
        const char *text;
    } rows[] = {{0, "0.0°"}, {125, "12.5°"}, {-5, "−0.5°"}, {-450, "−45.0°"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        servo.deg = rows[i].tenths;
        assert_string_equal(model_value(value, &servo), rows[i].text);
    }
    servo.deg_known = false;
    assert_string_equal(model_value(value, &servo), "unknown");
    servo.target = 200;
    servo.target_known = true;
    assert_string_equal(model_target(value, &servo), "20.0°");
    servo.driven = false; // it may be anywhere
    assert_string_equal(model_target(value, &servo), "off");
}

static void a_dimmer_that_is_off_shows_no_percent(void **state)
{
    (void)state;
    char value[MODEL_VALUE_SIZE];
    struct status_channel dimmer = {.id = {.kind = CHANNEL_DIMMER}, .percent = 40};
    assert_string_equal(model_value(value, &dimmer), "off");
    dimmer.on = true;
    assert_string_equal(model_value(value, &dimmer), "40 %");
}

static void a_motor_shows_its_percent_and_where_its_ramp_goes(void **state)
{
    (void)state;
    char value[MODEL_VALUE_SIZE];
    struct status_channel motor = {.id = {.kind = CHANNEL_MOTOR}, .percent = -40, .target = 60};
    assert_true(model_is_motor(&motor));
    assert_string_equal(model_value(value, &motor), "−40 %");
    assert_string_equal(model_target(value, &motor), "60 %");
    assert_string_equal(model_plain(value, &motor, false), "-40 % -> 60 %");
    assert_int_equal(model_kind(CHANNEL_MOTOR)->sample(&motor), -40);
    motor.percent = 60;
    assert_string_equal(model_plain(value, &motor, true), "60 %");
}

static void a_motor_moves_until_it_emits_nothing_and_is_asked_for_nothing(void **state)
{
    (void)state;
    struct status_channel motor = {.id = {.kind = CHANNEL_MOTOR}, .percent = 20};
    assert_true(kind_moves(&motor));
    motor.percent = 0;
    motor.target = -20;
    assert_true(kind_moves(&motor));
    motor.target = 0;
    assert_false(kind_moves(&motor));
    struct status_channel servo = {.id = {.kind = CHANNEL_SERVO}, .moving = true};
    assert_true(kind_moves(&servo));
    struct status_channel lamp = {.id = {.kind = CHANNEL_DIMMER}, .on = true, .percent = 40};
    assert_false(kind_moves(&lamp));
}

static void pipes_get_plain_signs(void **state)
{
    (void)state;
    char value[MODEL_VALUE_SIZE];
    struct status_channel servo = {.id = {.kind = CHANNEL_SERVO}};
    assert_string_equal(model_plain(value, &servo, false), "unknown");
    servo.target_known = true;
    servo.target = -5;
    assert_string_equal(model_plain(value, &servo, false), "-0.5°");
    servo.deg_known = true;
    assert_string_equal(model_plain(value, &servo, true), "0.0 deg -> -0.5 deg");
    struct status_channel led = {.id = {.kind = CHANNEL_SWITCH}, .on = true};
    assert_string_equal(model_plain(value, &led, true), "on");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_the_contract_has_a_value_to_show),
        cmocka_unit_test(a_kind_not_known_here_takes_no_keys_and_shows_nothing),
        cmocka_unit_test(an_angle_has_its_sign_and_one_decimal),
        cmocka_unit_test(a_dimmer_that_is_off_shows_no_percent),
        cmocka_unit_test(a_motor_shows_its_percent_and_where_its_ramp_goes),
        cmocka_unit_test(a_motor_moves_until_it_emits_nothing_and_is_asked_for_nothing),
        cmocka_unit_test(pipes_get_plain_signs),
    };
    return cmocka_run_group_tests_name("model_kind", tests, NULL, NULL);
}
