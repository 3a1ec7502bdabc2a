// SPDX-License-Identifier: MIT
// Expectation: docs/protocol.md, the table of commands. Each test's name is a sentence of it.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/array.h"
#include "common/protocol/vocabulary.h"
#include "tests/unit/common/protocol/vocabulary_rig.h"

static const struct channel_id tutorial[] = {
    {"tilt", CHANNEL_SERVO, false, false}, {"led", CHANNEL_SWITCH, false, false}};

static void a_servo_goes_up_down_to_degrees_to_its_centre_stops_and_goes_off(void **state)
{
    (void)state;
    assert_means("tilt_up", VERB_UP, TILT);
    assert_false(match.has_number);
    assert_means("tilt_up 12.5", VERB_UP, TILT);
    assert_true(match.has_number);
    assert_int_equal(match.tenths, 125);
    assert_means("tilt_down", VERB_DOWN, TILT);
    assert_means("tilt_down 0.1", VERB_DOWN, TILT);
    assert_means("tilt -20", VERB_SET, TILT);
    assert_true(match.has_number);
    assert_int_equal(match.tenths, -200);
    assert_means("tilt_center", VERB_CENTER, TILT);
    assert_means("tilt_stop", VERB_STOP, TILT);
    assert_means("tilt_off", VERB_OFF, TILT);
}

static void a_pan_goes_left_as_down_and_right_as_up_and_no_other_servo_does(void **state)
{
    (void)state;
    assert_means("pan_left", VERB_DOWN, PAN);
    assert_means("pan_left 3", VERB_DOWN, PAN);
    assert_means("pan_right", VERB_UP, PAN);
    assert_means("pan_up", VERB_UP, PAN);
    assert_refused("tilt_left", RESULT_UNKNOWN, "no tilt_left here");
    assert_refused("tilt_right", RESULT_UNKNOWN, "no tilt_right here");
}

static void a_switch_goes_on_off_and_over(void **state)
{
    (void)state;
    assert_means("led_on", VERB_ON, LED);
    assert_means("led_off", VERB_OFF, LED);
    assert_means("led_toggle", VERB_TOGGLE, LED);
    assert_refused("led_up", RESULT_UNKNOWN, "no led_up here");
    assert_refused("led_stop", RESULT_UNKNOWN, "no led_stop here");
}

static void a_dimmer_goes_on_off_over_to_percent_up_and_down(void **state)
{
    (void)state;
    assert_means("lamp_on", VERB_ON, LAMP);
    assert_means("lamp_off", VERB_OFF, LAMP);
    assert_means("lamp_toggle", VERB_TOGGLE, LAMP);
    assert_means("lamp 40", VERB_SET, LAMP);
    assert_int_equal(match.tenths, 400);
    assert_means("lamp 0", VERB_SET, LAMP);
    assert_means("lamp_up", VERB_UP, LAMP);
    assert_means("lamp_down 10", VERB_DOWN, LAMP);
    assert_refused("lamp_stop", RESULT_UNKNOWN, "no lamp_stop here");
    assert_refused("lamp_center", RESULT_UNKNOWN, "no lamp_center here");
}

static void an_input_takes_no_commands(void **state)
{
    (void)state;
    assert_refused("button", RESULT_UNKNOWN, "button is an input");
    assert_refused("button_on", RESULT_UNKNOWN, "no button_on here");
    assert_refused("button 5", RESULT_UNKNOWN, "button is an input");
}

static void stop_center_off_and_status_address_all(void **state)
{
    (void)state;
    assert_means("stop", VERB_STOP_ALL, -1);
    assert_means("center", VERB_CENTER_ALL, -1);
    assert_means("off", VERB_OFF_ALL, -1);
    assert_means("status", VERB_STATUS, -1);
}

static void move_means_the_servo_named_or_the_first(void **state)
{
    (void)state;
    assert_means("move 20", VERB_SET, TILT);
    assert_int_equal(match.tenths, 200);
    assert_means("move pan -20", VERB_SET, PAN);
    assert_int_equal(match.tenths, -200);
    assert_refused("move pam 5", RESULT_UNKNOWN, "no servo pam here: did you mean pan?");
    assert_refused("move led 5", RESULT_UNKNOWN, "led is a switch: led_on, led_off or led_toggle");
    assert_refused("move", RESULT_INVALID, "expected degrees");

    static const struct channel_id led_first[] = {
        {"led", CHANNEL_SWITCH, false, false}, {"tilt", CHANNEL_SERVO, false, false}};
    assert_int_equal(match_of(led_first, 2, "move 20"), RESULT_OK);
    assert_int_equal(match.channel, 1);
    assert_int_equal(match_of(led_first, 1, "move 20"), RESULT_UNKNOWN);
    assert_string_equal(why, "no servo here to move");
}

static void a_missing_number_is_invalid(void **state)
{
    (void)state;
    assert_refused("tilt", RESULT_INVALID, "expected degrees, as in tilt 20");
    assert_refused("lamp", RESULT_INVALID, "expected percent, as in lamp 20");
}

static void a_superfluous_number_is_invalid(void **state)
{
    (void)state;
    static const char *const texts[] = {"tilt_center 5", "tilt_stop 5", "tilt_off 5", "led_on 1", "led_off 1",
        "led_toggle 1", "lamp_on 5", "lamp_off 5", "lamp_toggle 5", "stop 5", "center 5", "off 5",
        "status 5"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        assert_refused(texts[i], RESULT_INVALID, "takes no number");
}

static void a_relative_step_is_greater_than_0(void **state)
{
    (void)state;
    static const char *const texts[] = {"tilt_up 0", "tilt_up -5", "tilt_down 0", "tilt_down -0.1",
        "pan_left 0", "pan_right -1", "lamp_up 0", "lamp_down -10", "tilt_up 0.04"};
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        assert_refused(texts[i], RESULT_INVALID, "a step greater than 0");
}

static void the_reason_of_unknown_names_the_nearest(void **state)
{
    (void)state;
    assert_refused("tilt_upp", RESULT_UNKNOWN, "no tilt_upp here: did you mean tilt_up?");
    assert_refused("tlit_down", RESULT_UNKNOWN, "did you mean tilt_down?");
    assert_refused("led_onn", RESULT_UNKNOWN, "did you mean led_on?");
    assert_refused("stap", RESULT_UNKNOWN, "did you mean stop?");
    assert_refused("centre", RESULT_UNKNOWN, "did you mean center?");
    assert_refused("mov 5", RESULT_UNKNOWN, "did you mean move?");
    assert_refused("led", RESULT_UNKNOWN, "led is a switch: led_on, led_off or led_toggle");
    assert_refused("dance", RESULT_UNKNOWN, "no dance here");
    assert_null(strstr(why, "did you mean"));
}

static void without_channels_only_the_words_for_all_are_known(void **state)
{
    (void)state;
    assert_int_equal(match_of(NULL, 0, "stop"), RESULT_OK);
    assert_int_equal(match_of(NULL, 0, "tilt_up"), RESULT_UNKNOWN);
}

static void a_name_that_begins_another_is_no_confusion(void **state)
{
    (void)state;
    static const struct channel_id channels[] = {{"a", CHANNEL_SERVO, false, false},
        {"a_b", CHANNEL_SERVO, false, false}, {"ab", CHANNEL_SWITCH, false, false}};
    assert_int_equal(match_of(channels, 3, "a_b_up"), RESULT_OK);
    assert_int_equal(match.channel, 1);
    assert_int_equal(match_of(channels, 3, "ab_on"), RESULT_OK);
    assert_int_equal(match.channel, 2);
    assert_int_equal(match_of(channels, 3, "a_up"), RESULT_OK);
    assert_int_equal(match.channel, 0);
    assert_int_equal(match_of(channels, 3, "a_b 5"), RESULT_OK);
    assert_int_equal(match.channel, 1);
}

static bool is_motion(enum verb verb, int channel)
{
    struct vocabulary_match of = {.verb = verb, .channel = channel, .has_number = true, .tenths = 100};
    return vocabulary_is_motion(&of, all_kinds);
}

static void only_what_makes_a_servo_move_is_motion(void **state)
{
    (void)state;
    static const enum verb moving[] = {VERB_SET, VERB_UP, VERB_DOWN, VERB_CENTER};
    static const enum verb resting[] = {
        VERB_STOP_ALL, VERB_OFF_ALL, VERB_STATUS, VERB_STOP, VERB_OFF, VERB_ON, VERB_TOGGLE};
    assert_true(is_motion(VERB_CENTER_ALL, -1));
    for (size_t i = 0; i < ARRAY_LENGTH(moving); i++) {
        assert_true(is_motion(moving[i], TILT));
        assert_false(is_motion(moving[i], LAMP));
    }
    for (size_t i = 0; i < ARRAY_LENGTH(resting); i++) {
        assert_false(is_motion(resting[i], resting[i] == VERB_STATUS ? -1 : TILT));
        assert_false(is_motion(resting[i], LED));
        assert_false(is_motion(resting[i], DRIVE));
    }
}

static void each_kind_has_a_name_and_is_found_by_it(void **state)
{
    (void)state;
    static const char *const names[] = {"servo", "switch", "dimmer", "input", "motor"};
    for (unsigned i = 0; i < ARRAY_LENGTH(names); i++) {
        assert_string_equal(channel_kind_name((enum channel_kind)i), names[i]);
        assert_int_equal(channel_kind_parse(names[i]), i);
    }
    assert_int_equal(channel_kind_parse("stepper"), CHANNEL_OTHER);
    assert_string_equal(channel_kind_name(CHANNEL_OTHER), "other");
}

static void assert_clash(const struct channel_id *channels, size_t count, size_t expected, const char *reason)
{
    size_t culprit = SIZE_MAX;
    assert_int_equal(vocabulary_check(channels, count, &culprit, why), -EINVAL);
    if (!strstr(why, reason))
        print_error("why: %s\n", why);
    assert_non_null(strstr(why, reason));
    assert_int_equal(culprit, expected);
}

static void a_name_is_unique_over_all_kinds(void **state)
{
    (void)state;
    size_t culprit;
    assert_int_equal(vocabulary_check(all_kinds, ARRAY_LENGTH(all_kinds), &culprit, why), 0);
    assert_int_equal(vocabulary_check(NULL, 0, &culprit, why), 0);
    static const struct channel_id twice[] = {{"tilt", CHANNEL_SERVO, false, false},
        {"led", CHANNEL_SWITCH, false, false}, {"tilt", CHANNEL_INPUT, false, false}};
    assert_clash(twice, 3, 2, "tilt is given twice");
}

static void a_name_not_allowed_is_refused(void **state)
{
    (void)state;
    static const struct channel_id command[] = {
        {"led", CHANNEL_SWITCH, false, false}, {"stop", CHANNEL_SWITCH, false, false}};
    assert_clash(command, 2, 1, "“stop” is no channel name");
    static const struct channel_id upper[] = {{"Led", CHANNEL_SWITCH, false, false}};
    assert_clash(upper, 1, 0, "“Led” is no channel name");
}

static void every_word_that_results_is_unique(void **state)
{
    (void)state;
    static const struct channel_id dimmer_word[] = {
        {"led_up", CHANNEL_SWITCH, false, false}, {"led", CHANNEL_DIMMER, false, false}};
    assert_clash(dimmer_word, 2, 1, "led_up is a command of dimmer led");
    static const struct channel_id servo_word[] = {
        {"x", CHANNEL_SERVO, false, false}, {"x_stop", CHANNEL_DIMMER, false, false}};
    assert_clash(servo_word, 2, 1, "x_stop is a command of servo x");
    static const struct channel_id pan_word[] = {
        {"x", CHANNEL_SERVO, true, false}, {"x_left", CHANNEL_SERVO, false, false}};
    assert_clash(pan_word, 2, 1, "x_left is a command of servo x");

    size_t culprit;
    static const struct channel_id no_pan[] = {
        {"x", CHANNEL_SERVO, false, false}, {"x_left", CHANNEL_SERVO, false, false}};
    assert_int_equal(vocabulary_check(no_pan, 2, &culprit, why), 0);
    static const struct channel_id no_word[] = {
        {"x", CHANNEL_SWITCH, false, false}, {"x_up", CHANNEL_SWITCH, false, false}};
    assert_int_equal(vocabulary_check(no_word, 2, &culprit, why), 0);
}

static void a_device_has_at_most_64_channels(void **state)
{
    (void)state;
    static struct channel_id channels[PROTOCOL_CHANNELS_MAX + 1];
    for (size_t i = 0; i < ARRAY_LENGTH(channels); i++) {
        snprintf(channels[i].name, sizeof channels[i].name, "c%zu", i);
        channels[i].kind = CHANNEL_SERVO;
    }
    size_t culprit;
    assert_int_equal(vocabulary_check(channels, PROTOCOL_CHANNELS_MAX, &culprit, why), 0);
    assert_clash(
        channels, ARRAY_LENGTH(channels), PROTOCOL_CHANNELS_MAX, "65 channels: a device has at most 64");
}

struct words {
    char text[1024];
    size_t left;
};

static bool collect(void *ctx, const char *word, int takes_number)
{
    struct words *words = ctx;
    size_t len = strlen(words->text);
    snprintf(words->text + len, sizeof words->text - len, "%s%s%s", len ? " " : "", word,
        takes_number == 2   ? "!"
        : takes_number == 1 ? "?"
                            : "");
    return --words->left > 0;
}

static void with_the_default_configuration_these_are_the_words(void **state)
{
    (void)state;
    struct words words = {.left = 100};
    vocabulary_each(tutorial, ARRAY_LENGTH(tutorial), collect, &words);
    assert_string_equal(words.text,
        "tilt_up? tilt_down? tilt! tilt_center tilt_stop tilt_off led_on led_off led_toggle "
        "stop center off status move!");
    struct words pan = {.left = 100};
    vocabulary_each(all_kinds + PAN, 1, collect, &pan);
    assert_string_equal(pan.text, "pan_up? pan_down? pan! pan_center pan_stop pan_off pan_left? pan_right? "
                                  "stop center off status move!");
    struct words rest = {.left = 100};
    vocabulary_each(all_kinds + LAMP, 2, collect, &rest);
    assert_string_equal(
        rest.text, "lamp_on lamp_off lamp_toggle lamp! lamp_up? lamp_down? stop center off status");
}

static void the_listing_ends_where_the_caller_has_seen_enough(void **state)
{
    (void)state;
    struct words words = {.left = 2};
    vocabulary_each(tutorial, ARRAY_LENGTH(tutorial), collect, &words);
    assert_string_equal(words.text, "tilt_up? tilt_down?");
    struct words all = {.left = 10};
    vocabulary_each(tutorial, ARRAY_LENGTH(tutorial), collect, &all);
    assert_string_equal(all.text + strlen(all.text) - 15, "led_toggle stop");
}

static bool must_match(void *ctx, const char *word, int takes_number)
{
    size_t *seen = ctx;
    char text[PROTOCOL_CMD_SIZE];
    ++*seen;
    snprintf(text, sizeof text, "%s%s", word, takes_number == 2 ? " 5" : "");
    assert_int_equal(match_of(all_kinds, ARRAY_LENGTH(all_kinds), text), RESULT_OK);
    snprintf(text, sizeof text, "%s%s", word, takes_number == 2 ? "" : " 5");
    assert_int_equal(
        match_of(all_kinds, ARRAY_LENGTH(all_kinds), text), takes_number == 1 ? RESULT_OK : RESULT_INVALID);
    return true;
}

static void every_word_listed_is_understood(void **state)
{
    (void)state;
    size_t seen = 0;
    vocabulary_each(all_kinds, ARRAY_LENGTH(all_kinds), must_match, &seen);
    assert_int_equal(seen, 6 + 8 + 3 + 6 + 0 + 8 + 5);
}

static void the_longest_names_make_words_that_are_understood(void **state)
{
    (void)state;
    static const struct channel_id longest[] = {
        {"abcdefghijklmnopqrstuvwxyz_01234", CHANNEL_SWITCH, false, false}};
    assert_int_equal(match_of(longest, 1, "abcdefghijklmnopqrstuvwxyz_01234_toggle"), RESULT_OK);
    assert_int_equal(match.verb, VERB_TOGGLE);
}

static const struct channel_id with_poses[] = {{.name = "tilt", .kind = CHANNEL_SERVO},
    {.name = "look_ahead", .kind = CHANNEL_POSE}, {.name = "dark", .kind = CHANNEL_POSE}};

static void a_pose_is_a_command_of_its_own_and_motion(void **state)
{
    (void)state;
    assert_int_equal(match_of(with_poses, 3, "dark"), RESULT_OK);
    assert_int_equal(match.verb, VERB_POSE);
    assert_int_equal(match.channel, -1);
    assert_int_equal(match.pose, 1);
    assert_true(vocabulary_is_motion(&match, with_poses) && vocabulary_needs_deadline(&match, with_poses));
    assert_int_equal(match_of(with_poses, 3, "dark 3"), RESULT_INVALID);
    assert_int_equal(match_of(with_poses, 3, "dark_on"), RESULT_UNKNOWN);
    assert_int_equal(match_of(with_poses, 3, "dar"), RESULT_UNKNOWN);
    assert_non_null(strstr(why, "did you mean dark?"));
    assert_int_equal(match_of(with_poses, 3, "move dark 3"), RESULT_UNKNOWN);
    assert_string_equal(why, "dark is a pose: dark");
}

static void no_pose_has_the_name_of_another_command(void **state)
{
    (void)state;
    size_t culprit;
    struct channel_id ids[PROTOCOL_NAMES_MAX + 2] = {with_poses[0], with_poses[1], with_poses[2]};
    assert_int_equal(vocabulary_check(ids, 3, &culprit, why), 0);
    strcpy(ids[2].name, "tilt_up");
    assert_int_equal(vocabulary_check(ids, 3, &culprit, why), -EINVAL);
    assert_string_equal(why, "tilt_up is a command of servo tilt: a pose cannot have that name");
    strcpy(ids[2].name, "look_ahead");
    assert_int_equal(vocabulary_check(ids, 3, &culprit, why), -EINVAL);
    strcpy(ids[2].name, "a_stop");
    assert_int_equal(vocabulary_check(ids, 3, &culprit, why), -EINVAL);
    assert_int_equal(culprit, 2);
    for (size_t i = 1; i < PROTOCOL_POSES_MAX + 2; i++) {
        ids[i] = with_poses[1];
        snprintf(ids[i].name, sizeof ids[i].name, "p%zu", i);
    }
    assert_int_equal(vocabulary_check(ids, PROTOCOL_POSES_MAX + 1, &culprit, why), 0);
    assert_int_equal(vocabulary_check(ids, PROTOCOL_POSES_MAX + 2, &culprit, why), -EINVAL);
    assert_string_equal(why, "17 poses: a device has at most 16");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pose_is_a_command_of_its_own_and_motion),
        cmocka_unit_test(no_pose_has_the_name_of_another_command),
        cmocka_unit_test(a_servo_goes_up_down_to_degrees_to_its_centre_stops_and_goes_off),
        cmocka_unit_test(a_pan_goes_left_as_down_and_right_as_up_and_no_other_servo_does),
        cmocka_unit_test(a_switch_goes_on_off_and_over),
        cmocka_unit_test(a_dimmer_goes_on_off_over_to_percent_up_and_down),
        cmocka_unit_test(an_input_takes_no_commands),
        cmocka_unit_test(stop_center_off_and_status_address_all),
        cmocka_unit_test(move_means_the_servo_named_or_the_first),
        cmocka_unit_test(a_missing_number_is_invalid),
        cmocka_unit_test(a_superfluous_number_is_invalid),
        cmocka_unit_test(a_relative_step_is_greater_than_0),
        cmocka_unit_test(the_reason_of_unknown_names_the_nearest),
        cmocka_unit_test(without_channels_only_the_words_for_all_are_known),
        cmocka_unit_test(a_name_that_begins_another_is_no_confusion),
        cmocka_unit_test(only_what_makes_a_servo_move_is_motion),
        cmocka_unit_test(each_kind_has_a_name_and_is_found_by_it),
        cmocka_unit_test(a_name_is_unique_over_all_kinds),
        cmocka_unit_test(a_name_not_allowed_is_refused),
        cmocka_unit_test(every_word_that_results_is_unique),
        cmocka_unit_test(a_device_has_at_most_64_channels),
        cmocka_unit_test(with_the_default_configuration_these_are_the_words),
        cmocka_unit_test(the_listing_ends_where_the_caller_has_seen_enough),
        cmocka_unit_test(every_word_listed_is_understood),
        cmocka_unit_test(the_longest_names_make_words_that_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
