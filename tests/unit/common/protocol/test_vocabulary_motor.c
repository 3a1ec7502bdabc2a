// SPDX-License-Identifier: MIT
// Expectation: docs/protocol.md, what it says of a motor's words, and of what is motion. Each test's name is a sentence of it.
#include "tests/unit/common/protocol/vocabulary_rig.h"

static void a_motor_turns_forward_and_backward_by_words_and_by_a_signed_percent(void **state)
{
    (void)state;
    assert_means("drive 40", VERB_SET, DRIVE);
    assert_int_equal(match.tenths, 400);
    assert_means("drive -40", VERB_SET, DRIVE);
    assert_int_equal(match.tenths, -400);
    assert_means("drive_forward", VERB_FORWARD, DRIVE);
    assert_false(match.has_number);
    assert_means("drive_backward 35", VERB_BACKWARD, DRIVE);
    assert_int_equal(match.tenths, 350);
    assert_means("drive_stop", VERB_STOP, DRIVE);
    assert_means("drive_off", VERB_OFF, DRIVE);
    assert_means("drive_speed 70", VERB_SPEED, DRIVE);
    assert_means("drive_speed 0", VERB_SPEED, DRIVE);
    assert_means("drive_faster", VERB_FASTER, DRIVE);
    assert_means("drive_slower 5", VERB_SLOWER, DRIVE);
    assert_refused("drive", RESULT_INVALID, "expected percent, as in drive 20");
    assert_refused("drive_speed", RESULT_INVALID, "expected percent, as in drive_speed 20");
    assert_refused(
        "drive_forward -5", RESULT_INVALID, "expected percent of at least 0, as in drive_forward 20");
    assert_refused("drive_faster 0", RESULT_INVALID, "greater than 0");
    assert_refused("drive_on", RESULT_UNKNOWN, "drive_o");
    assert_refused("drive_up", RESULT_UNKNOWN, "no drive_up here");
}

static void nothing_of_a_motor_is_a_stop(void **state)
{
    (void)state;
    assert_means("drive 0", VERB_STOP, DRIVE);
    assert_means("drive -0.04", VERB_STOP, DRIVE);
    assert_means("drive_forward 0", VERB_STOP, DRIVE);
    assert_means("drive_backward 0.0", VERB_STOP, DRIVE);
    assert_means("lamp 0", VERB_SET, LAMP);
    assert_means("tilt 0", VERB_SET, TILT);
}

static void what_brings_a_motor_to_rest_is_always_carried_out(void **state)
{
    (void)state;
    static const char *const halts[] = {"drive_stop", "drive_off", "drive 0", "drive_forward 0"};
    static const char *const others[] = {
        "drive 40", "drive_forward", "drive_speed 0", "drive_slower", "tilt_off", "led_off", "stop", "off"};
    for (size_t i = 0; i < ARRAY_LENGTH(halts); i++) {
        match_of(all_kinds, ARRAY_LENGTH(all_kinds), halts[i]);
        assert_true(vocabulary_is_halt(&match, all_kinds));
        assert_false(vocabulary_is_motion(&match, all_kinds));
        assert_false(vocabulary_needs_deadline(&match, all_kinds));
    }
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        match_of(all_kinds, ARRAY_LENGTH(all_kinds), others[i]);
        assert_false(vocabulary_is_halt(&match, all_kinds));
    }
}

static void the_speed_of_a_motor_is_no_motion_and_needs_a_deadline(void **state)
{
    (void)state;
    static const enum verb speeds[] = {VERB_SPEED, VERB_FASTER, VERB_SLOWER};
    static const enum verb turns[] = {VERB_SET, VERB_FORWARD, VERB_BACKWARD};
    for (size_t i = 0; i < ARRAY_LENGTH(speeds); i++) {
        match = (struct vocabulary_match){.verb = speeds[i], .channel = DRIVE};
        assert_false(vocabulary_is_motion(&match, all_kinds));
        assert_true(vocabulary_needs_deadline(&match, all_kinds));
    }
    for (size_t i = 0; i < ARRAY_LENGTH(turns); i++) {
        match = (struct vocabulary_match){.verb = turns[i], .channel = DRIVE};
        assert_true(vocabulary_is_motion(&match, all_kinds));
        assert_true(vocabulary_needs_deadline(&match, all_kinds));
    }
}

static void turning_on_what_stop_switches_off_is_motion(void **state)
{
    (void)state;
    static const struct channel_id stoppable[] = {
        {"pump", CHANNEL_SWITCH, false, true}, {"fan", CHANNEL_DIMMER, false, true}};
    static const char *const moving[] = {
        "pump_on", "pump_toggle", "fan_on", "fan_toggle", "fan 40", "fan_up", "fan_up 5"};
    static const char *const resting[] = {"pump_off", "fan_off", "fan 0", "fan_down", "fan_down 5"};
    for (size_t i = 0; i < ARRAY_LENGTH(moving); i++) {
        assert_int_equal(match_of(stoppable, 2, moving[i]), RESULT_OK);
        assert_true(vocabulary_is_motion(&match, stoppable));
        assert_true(vocabulary_needs_deadline(&match, stoppable));
    }
    for (size_t i = 0; i < ARRAY_LENGTH(resting); i++) {
        assert_int_equal(match_of(stoppable, 2, resting[i]), RESULT_OK);
        assert_false(vocabulary_is_motion(&match, stoppable));
    }
}

static void move_never_means_a_motor_and_names_its_word(void **state)
{
    (void)state;
    static const struct channel_id car[] = {
        {"led", CHANNEL_SWITCH, false, false}, {"drive", CHANNEL_MOTOR, false, false}};
    assert_int_equal(match_of(car, 2, "move 20"), RESULT_UNKNOWN);
    assert_non_null(strstr(why, "did you mean drive 20?"));
    assert_refused("move drive 30", RESULT_UNKNOWN, "did you mean drive 30?");
    assert_means("move 20", VERB_SET, TILT);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_motor_turns_forward_and_backward_by_words_and_by_a_signed_percent),
        cmocka_unit_test(nothing_of_a_motor_is_a_stop),
        cmocka_unit_test(what_brings_a_motor_to_rest_is_always_carried_out),
        cmocka_unit_test(the_speed_of_a_motor_is_no_motion_and_needs_a_deadline),
        cmocka_unit_test(turning_on_what_stop_switches_off_is_motion),
        cmocka_unit_test(move_never_means_a_motor_and_names_its_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
