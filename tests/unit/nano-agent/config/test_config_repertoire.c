// SPDX-License-Identifier: MIT
// Poses and tables of words in a configuration. Each test's name is a promise of docs/agent.md.
#include "tests/unit/nano-agent/config/config_rig.h"

#define CAR                                                                                                  \
    "servo tilt { pwm = \"pin 33\" }\n"                                                                      \
    "servo pan { pwm = \"pca9685 i2c-1 0x40:0\" limit = {-30, 40} axis = pan }\n"                            \
    "switch led { gpio = \"pin 7\" }\n"                                                                      \
    "dimmer lamp { pwm = \"pin 32\" }\n"                                                                     \
    "input button { gpio = \"pin 11\" }\n"

static void a_pose_is_kept_in_the_order_written(void **state)
{
    (void)state;
    accept(CAR "pose look_ahead { pan = 40  tilt = -4.5\n led = on lamp = 40 }\n"
               "pose dark { lamp = off pan = 0 led = off }\n");
    assert_int_equal(config.agent.pose_count, 2);
    const struct pose *pose = &config.agent.poses[0];
    assert_string_equal(pose->name, "look_ahead");
    assert_int_equal(pose->count, 4);
    assert_int_equal(pose->steps[0].channel, 1);
    assert_int_equal(pose->steps[0].tenths, 400);
    assert_int_equal(pose->steps[1].channel, 0);
    assert_int_equal(pose->steps[1].tenths, -45);
    assert_int_equal(pose->steps[2].verb, VERB_ON);
    assert_int_equal(pose->steps[3].tenths, 400);
    assert_int_equal(config.agent.poses[1].steps[0].verb, VERB_OFF);
    assert_int_equal(config.agent.poses[1].steps[0].channel, 3);
    assert_int_equal(config.agent.poses[1].steps[1].channel, 1);
}

static void a_pose_may_stand_before_its_channels_and_after_a_comment(void **state)
{
    (void)state;
    accept(
        "/* pose x { y = 1 } */\n# words \"a\" {\npose p { 'led' = \"on\" }\nswitch led { gpio = \"pin 7\" }\n");
    assert_int_equal(config.agent.poses[0].steps[0].verb, VERB_ON);
}

static void a_pose_beyond_a_limit_is_a_mistake(void **state)
{
    (void)state;
    refuse_at(CAR "pose p {\n pan = 41 }", "f:7: pose p: pan = 41;", "-30 to 40");
    refuse_at(CAR "pose p {\n pan = on }", "f:7: pose p: pan = on;", "-30 to 40");
    refuse_at(CAR "pose p {\n lamp = 101 }", "f:7: pose p: lamp = 101;", "0 to 100");
    refuse_at(CAR "pose p {\n lamp = 1.5 }", "f:7: pose p: lamp", "0 to 100");
    refuse_at(CAR "pose p {\n led = 1 }", "f:7: pose p: led = 1;", "on or off");
}

static void what_a_pose_cannot_set_is_named(void **state)
{
    (void)state;
    refuse_at(CAR "pose p {\n roll = 1 }", "f:7: pose p: roll", "no channel");
    refuse_at(CAR "pose p {\n button = on }", "f:7: pose p: button", "input is none of them");
    refuse_at(CAR "pose p { }", "f:6: pose p", "empty");
    refuse_at(CAR "pose p {\n led = on\n led = off }", "f:8: pose p: led is given twice", "line 7");
}

static void the_name_of_a_pose_is_taken_by_nothing_else(void **state)
{
    (void)state;
    refuse_at(CAR "pose tilt_up { led = on }", "f:6: pose tilt_up:", "command of servo tilt");
    refuse_at(CAR "pose led { led = on }", "f:6: pose led:", "given twice");
    refuse_at(CAR "pose move { led = on }", "f:6: pose move:", "is a command");
    refuse_at(CAR "pose Look { led = on }", "f:6: pose Look:", "expected a letter");
    refuse_at(CAR "pose p { led = on }\npose p { led = off }", "f:7: ", "duplicate title");
    accept(CAR "pose left { led = on }"); // pan_left is another word
}

static void no_pose_is_called_stop(void **state)
{
    (void)state;
    refuse_at(CAR "pose full_stop { led = on }", "f:6: pose full_stop:", "says stop");
    refuse_at(CAR "pose stop_light { led = on }", "f:6: pose stop_light:", "says stop");
    accept(CAR "pose nonstop { led = on }");
}

static void a_device_has_at_most_16_poses(void **state)
{
    (void)state;
    char text[4096], why[1024];
    size_t len = (size_t)snprintf(text, sizeof text, CAR);
    for (int i = 0; i < 17; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "pose p%d { led = on }\n", i);
    assert_int_equal(parse(text, why), -EINVAL);
    assert_string_equal(why, "f:22: more than 16 pose sections");
}

static void an_input_may_name_a_pose(void **state)
{
    (void)state;
    accept(
        "input b { gpio = \"pin 11\" press = \"dim\" }\nswitch led { gpio = \"pin 7\" }\npose dim { led = off }");
    refuse_at("input b { gpio = \"pin 11\"\n press = \"dim\" }\nswitch led { gpio = \"pin 7\" }",
        "f:2: input b: press", "no dim");
}

static void words_are_read_with_their_commands(void **state)
{
    (void)state;
    accept(CAR
        "pose ahead { pan = 0 }\n"
        "words \"pt/control\" { up = \"tilt_up\" report = \"TILT_UP\" preset1 = ahead 'turn-left' = \"pan -15\" }\n"
        "words \"set/steer\" { number = \"pan * 30\" }\n"
        "words \"set/light\" { number = \"lamp\" stop = \"stop\" }\n");
    const struct words_table *table = config.agent.words;
    assert_int_equal(config.agent.words_count, 3);
    assert_string_equal(table[0].topic, "pt/control");
    assert_int_equal(table[0].count, 4);
    assert_string_equal(table[0].entries[0].word, "up");
    assert_string_equal(table[0].entries[0].command, "tilt_up");
    assert_string_equal(table[0].entries[1].word, "report"); // which is a key of the configuration elsewhere
    assert_string_equal(table[0].entries[1].command, "tilt_up");
    assert_string_equal(table[0].entries[2].command, "ahead");
    assert_string_equal(table[0].entries[3].word, "turn-left");
    assert_string_equal(table[0].entries[3].command, "pan -15");
    assert_string_equal(table[0].number, "");
    assert_string_equal(table[1].number, "pan");
    assert_int_equal(table[1].factor, 300);
    assert_string_equal(table[2].number, "lamp");
    assert_int_equal(table[2].factor, 10);
    assert_int_equal(table[2].count, 1);
}

static void every_right_side_must_mean_something(void **state)
{
    (void)state;
    refuse_at(CAR "words \"a\" {\n up = \"tilt_upp\" }", "f:7: words \"a\": up = \"tilt_upp\";",
        "did you mean tilt_up?");
    refuse_at(CAR "words \"a\" {\n up = \"tilt\" }", "f:7: words \"a\": up", "expected degrees");
    refuse_at(CAR "words \"a\" {\n up = \"\" }", "f:7: words \"a\": up", "");
    refuse_at(
        CAR "words \"a\" {\n up = \"OFF\" }", "f:7: words \"a\": up", "a command of this configuration");
    refuse_at(CAR "words \"a\" {\n number = \"led_on\" }", "f:7: words \"a\": number", "takes no number");
    refuse_at(CAR "words \"a\" {\n number = \"tilt 3\" }", "f:7: words \"a\": number", "");
    refuse_at(CAR "words \"a\" {\n number = \"roll\" }", "f:7: words \"a\": number", "no roll here");
    refuse_at(CAR "words \"a\" { }", "f:6: words \"a\" is empty", "WORD");
}

static void a_factor_lies_between_a_tenth_and_a_thousand(void **state)
{
    (void)state;
    static const char *const wrong[] = {"0", "0.05", "1000.1", "-1", "x", "", "1 2"};
    char text[512];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, CAR "words \"a\" {\n number = \"tilt * %s\" }", wrong[i]);
        refuse_at(text, "f:7: words \"a\": number", "0.1 to 1000");
    }
    accept(CAR "words \"a\" { number = \"tilt*0.1\" }");
    accept(CAR "words \"a\" { number = \"tilt  *  1000\" }");
    assert_int_equal(config.agent.words[0].factor, 10000);
}

static void a_word_that_says_stop_must_stop(void **state)
{
    (void)state;
    refuse_at(CAR "words \"a\" {\n stop = \"tilt_off\" }", "f:7: words \"a\": stop", "must stop");
    refuse_at(CAR "words \"a\" {\n full_stop = \"tilt_up\" }", "f:7: words \"a\": full_stop", "must stop");
    accept(
        CAR "words \"a\" { stop = \"stop\" pan_stop = \"pan_stop\" nonstop = \"tilt_up\" halt = \"stop\" }");
}

static void a_topic_is_literal_and_not_under_the_root(void **state)
{
    (void)state;
    static const char *const wrong[] = {"a/+", "a/#", "$SYS/a", "jetson", "jetson/control", "jetson/x/y", ""};
    char text[512];
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(text, sizeof text, CAR "words \"%s\" { up = \"tilt_up\" }", wrong[i]);
        refuse_at(text, "f:6: words", "");
    }
    accept(CAR "words \"jetsons/control\" { up = \"tilt_up\" }");
    refuse_at("root = lab\n" CAR "words \"lab/control\" { up = \"tilt_up\" }", "f:7: words", "lab");
    refuse_at(CAR "words \"a\" { up = \"tilt_up\" }\nwords \"a\" { down = \"tilt_down\" }",
        "f:7: ", "duplicate title");
}

static void a_word_has_one_meaning(void **state)
{
    (void)state;
    refuse_at(CAR "words \"a\" { up = \"tilt_up\"\n up = \"tilt_down\" }", "f:7: words a: up is given twice",
        "line 6");
    refuse_at(
        CAR "words \"a\" { up = \"tilt_up\"\n UP = \"tilt_down\" }", "f:7: words \"a\": UP", "one word");
    refuse_at(CAR "words \"a\" { up = {\"tilt_up\", \"led_on\"} }", "f:6: words a: ", "");
    refuse_at(CAR "words \"a\" { 'a|b' = \"tilt_up\" }", "f:6: words a: ", "a key has no |");
    refuse_at(CAR "words \"a\" { a_word_of_more_than_forty_seven_letters_is_too_long = \"stop\" }",
        "f:6: words", "1 to 47 bytes");
}

static void at_most_8_tables_of_64_words(void **state)
{
    (void)state;
    char text[8192], why[1024];
    size_t len = (size_t)snprintf(text, sizeof text, CAR);
    for (int i = 0; i < 9; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "words \"t%d\" { up = \"tilt_up\" }\n", i);
    assert_int_equal(parse(text, why), -EINVAL);
    assert_string_equal(why, "f:14: more than 8 words sections");
    len = (size_t)snprintf(text, sizeof text, CAR "words \"a\" {\n");
    for (int i = 0; i < 65; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "w%d = \"stop\"\n", i);
    snprintf(text + len, sizeof text - len, "}\n");
    refuse_at(text, "f:71: words \"a\": w64", "more than 64 words");
}

static void more_keys_than_can_be_noted_are_refused(void **state)
{
    (void)state;
    static char text[65536];
    char why[1024];
    size_t len = (size_t)snprintf(text, sizeof text, CAR "words \"a\" {\n");
    for (int i = 0; i < 3000; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "w%d = \"stop\"\n", i);
    snprintf(text + len, sizeof text - len, "}\n");
    assert_int_equal(parse(text, why), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pose_is_kept_in_the_order_written),
        cmocka_unit_test(a_pose_may_stand_before_its_channels_and_after_a_comment),
        cmocka_unit_test(a_pose_beyond_a_limit_is_a_mistake),
        cmocka_unit_test(what_a_pose_cannot_set_is_named),
        cmocka_unit_test(the_name_of_a_pose_is_taken_by_nothing_else),
        cmocka_unit_test(no_pose_is_called_stop),
        cmocka_unit_test(a_device_has_at_most_16_poses),
        cmocka_unit_test(an_input_may_name_a_pose),
        cmocka_unit_test(words_are_read_with_their_commands),
        cmocka_unit_test(every_right_side_must_mean_something),
        cmocka_unit_test(a_factor_lies_between_a_tenth_and_a_thousand),
        cmocka_unit_test(a_word_that_says_stop_must_stop),
        cmocka_unit_test(a_topic_is_literal_and_not_under_the_root),
        cmocka_unit_test(a_word_has_one_meaning),
        cmocka_unit_test(at_most_8_tables_of_64_words),
        cmocka_unit_test(more_keys_than_can_be_noted_are_refused),
    };
    return cmocka_run_group_tests_name("config_repertoire", tests, NULL, NULL);
}
