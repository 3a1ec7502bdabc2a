// SPDX-License-Identifier: MIT
// Poses and words of other topics, in a whole agent: the servos tilt and pan, the switch led, the dimmer lamp.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/nano-agent/agent/agent_rig.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, finish)
#define HERE(rig)  struct rig *(rig) = *state
#define TOPIC      "pt/control"

static void add_step(struct rig *rig, struct pose *pose, const char *channel, enum verb verb, int tenths)
{
    pose->steps[pose->count++] =
        (struct pose_step){.channel = (uint8_t)rig_index(rig, channel), .verb = verb, .tenths = tenths};
}

static int prepare(void **state)
{
    struct rig *rig = rig_new();
    struct agent_config *config = &rig->config;
    rig_add(rig, "pan", CHANNEL_SERVO);
    rig_add(rig, "lamp", CHANNEL_DIMMER);
    struct pose *pose = &config->poses[config->pose_count++];
    strcpy(pose->name, "look_ahead");
    add_step(rig, pose, "pan", VERB_SET, 300);
    add_step(rig, pose, "tilt", VERB_SET, 0);
    add_step(rig, pose, "lamp", VERB_SET, 400);
    add_step(rig, pose, "led", VERB_ON, 0);
    struct words_table *table = &config->words[config->words_count++];
    strcpy(table->topic, TOPIC);
    strcpy(table->entries[table->count].word, "up");
    strcpy(table->entries[table->count++].command, "tilt_up");
    strcpy(table->entries[table->count].word, "preset1");
    strcpy(table->entries[table->count++].command, "look_ahead");
    strcpy(table->number, "tilt");
    table->factor = 300;
    strcpy(config->words[config->words_count++].topic, "car/control");
    *state = rig;
    return 0;
}

static int finish(void **state)
{
    rig_free(*state);
    return 0;
}

static struct agent_command on_words(const char *payload)
{
    struct agent_command command = rig_message(payload);
    command.topic = TOPIC;
    return command;
}

static enum protocol_result say_word(struct rig *rig, const char *payload)
{
    return rig_deliver(rig, on_words(payload));
}

static const char *why_of(const struct rig *rig)
{
    return rig->seen.last.why;
}

static void a_pose_sets_its_channels_in_the_order_written(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    assert_int_equal(rig_send(rig, "look_ahead"), RESULT_OK);
    assert_string_equal(rig->seen.last.cmd, "look_ahead");
    assert_string_equal(why_of(rig), "");
    size_t pan = rig_event(rig, RIG_SET, 0)->channel;
    assert_int_equal(pan, rig_index(rig, "pan"));
    assert_int_equal(rig_event(rig, RIG_SET, 1)->channel, rig_index(rig, "tilt"));
    assert_int_equal(rig_event(rig, RIG_SET, 2)->channel, rig_index(rig, "lamp"));
    rig_run_ms(rig, 3000);
    assert_int_equal(rig_seen(rig, "pan")->deg, 300);
    assert_int_equal(rig_seen(rig, "lamp")->percent, 40);
    assert_true(rig_seen(rig, "led")->on);
}

static void the_status_names_the_poses(void **state)
{
    HERE(rig);
    rig_start(rig);
    assert_int_equal(rig->seen.pose_count, 1);
    assert_string_equal(rig->seen.poses[0], "look_ahead");
}

static void a_pose_after_a_stop_does_nothing_at_all(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_send(rig, "stop");
    rig_forget(rig);
    assert_int_equal(rig_send(rig, "look_ahead"), RESULT_REFUSED);
    assert_string_equal(why_of(rig), "stopped");
    assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_ENABLE) + rig_count(rig, RIG_SWITCH), 0);
    rig_run_ms(rig, PROTOCOL_STOP_HOLD_MS);
    assert_int_equal(rig_send(rig, "look_ahead"), RESULT_OK);
}

static void an_expired_pose_does_nothing_at_all(void **state)
{
    HERE(rig);
    char payload[128];
    rig_start_afresh(rig);
    snprintf(payload, sizeof payload, "{\"cmd\":\"look_ahead\",\"by\":%lld,\"boot\":\"" RIG_BOOT "\"}",
        (long long)rig_boot_ms(rig) - 1);
    assert_int_equal(rig_send(rig, payload), RESULT_EXPIRED);
    assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_SWITCH), 0);
}

static void the_worst_result_of_a_pose_is_told_with_its_channel_and_the_rest_is_done(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    rig_hardware(rig, "tilt")->error = -EIO;
    assert_int_equal(rig_send(rig, "look_ahead"), RESULT_FAULT);
    assert_non_null(strstr(why_of(rig), "tilt"));
    rig_run_ms(rig, 3000);
    assert_int_equal(rig_seen(rig, "pan")->deg, 300);
    assert_true(rig_seen(rig, "led")->on);
}

static void a_pose_is_repeated_for_nobody_with_its_id(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_send(rig, "{\"cmd\":\"look_ahead\",\"id\":\"a\"}");
    rig_send(rig, "led_off");
    assert_int_equal(rig_send(rig, "{\"cmd\":\"look_ahead\",\"id\":\"a\"}"), RESULT_OK);
    assert_true(rig->seen.last.again);
    assert_false(rig_seen(rig, "led")->on);
}

static void an_input_may_run_a_pose(void **state)
{
    HERE(rig);
    strcpy(rig_add(rig, "button", CHANNEL_INPUT)->press, "look_ahead");
    rig_start(rig);
    rig_edge(rig, "button", true);
    assert_string_equal(rig->seen.last.from, "button");
    assert_int_equal(rig->seen.last.result, RESULT_OK);
    assert_true(rig_seen(rig, "led")->on);
}

static void a_word_acts_and_the_status_says_on_which_topic_it_came(void **state)
{
    HERE(rig);
    rig_start(rig);
    assert_int_equal(say_word(rig, "up"), RESULT_OK);
    assert_string_equal(rig->seen.last.cmd, "tilt_up");
    assert_string_equal(rig->seen.last.on, TOPIC);
    assert_int_equal(say_word(rig, "preset1"), RESULT_OK);
    assert_true(rig_seen(rig, "led")->on);
    assert_int_equal(rig_send(rig, "tilt_up"), RESULT_OK);
    assert_string_equal(rig->seen.last.on, "");
    assert_int_equal(rig_send(rig, "up"), RESULT_UNKNOWN); // a word of that topic alone
}

static void a_number_beyond_the_limit_is_cut_and_says_so(void **state)
{
    HERE(rig);
    rig_start(rig);
    assert_int_equal(say_word(rig, "9"), RESULT_LIMIT);
    rig_run_ms(rig, 3000);
    assert_int_equal(rig_seen(rig, "tilt")->target, rig_seen(rig, "tilt")->max);
    assert_int_equal(say_word(rig, "0.5"), RESULT_OK);
    assert_int_equal(rig_seen(rig, "tilt")->target, 150);
}

static void a_retained_word_moves_nothing_and_is_left_where_it_is(void **state)
{
    HERE(rig);
    struct agent_command command = on_words("up");
    command.retained = true;
    rig_start_afresh(rig);
    assert_int_equal(rig_deliver(rig, command), RESULT_RETAINED);
    assert_int_equal(rig_count(rig, RIG_SET), 0);
    assert_int_equal(rig_count(rig, RIG_CLEAR), 0);
}

static void a_report_led_back_to_a_words_topic_is_dropped_with_one_warning(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    assert_int_equal(say_word(rig, "{\"v\":1,\"last\":{\"cmd\":\"stop\"}}"), RESULT_NONE);
    assert_int_equal(say_word(rig, "{\"v\":1}"), RESULT_NONE);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    assert_non_null(strstr(rig->trouble, TOPIC));
}

static void stop_in_human_words_stops_from_a_words_topic(void **state)
{
    HERE(rig);
    static const char *const texts[] = {"STOP!", "roll_stop", "{\"cmd\":\"stop\"", "please stop"};
    snprintf(rig->config.device, sizeof rig->config.device, "nano");
    rig_start(rig);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        rig_run_ms(rig, 6000);
        rig_send(rig, "tilt -45");
        rig_run_ms(rig, 3000);
        rig_send(rig, "tilt 45");
        rig_run_ms(rig, 200);
        assert_int_equal(say_word(rig, texts[i]), RESULT_OK);
        assert_non_null(strstr(why_of(rig), "taken as stop"));
        assert_false(rig_seen(rig, "tilt")->moving);
        assert_int_equal(rig_send(rig, "tilt 0"), RESULT_REFUSED);
    }
}

static void a_guess_on_one_topic_does_not_count_for_another(void **state)
{
    HERE(rig);
    rig_start(rig);
    say_word(rig, "stop it");
    rig_run_ms(rig, 600);
    say_word(rig, "stop it"); // within 5 s: it stops, and refuses nothing afterwards
    assert_int_equal(rig_send(rig, "tilt 0"), RESULT_OK);
    rig_send(rig, "stop it");
    assert_int_equal(rig_send(rig, "tilt 5"), RESULT_REFUSED);
}

static void a_topic_that_the_broker_refuses_is_told_once_and_in_the_status(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    agent_deaf(rig->agent, 1u << 1);
    agent_link_up(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig->seen.deaf_count, 1);
    assert_string_equal(rig->seen.deaf[0], "car/control");
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    assert_non_null(strstr(rig->trouble, "car/control"));
    agent_deaf(rig->agent, 1u << 1);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    agent_deaf(rig->agent, 0);
    agent_link_up(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_int_equal(rig->seen.deaf_count, 0);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 2);
    agent_deaf(rig->agent, 3);
    assert_non_null(strstr(rig->trouble, TOPIC ", car/control"));
}

static void the_longest_topics_are_told_in_one_sentence(void **state)
{
    HERE(rig);
    rig->config.words_count = PROTOCOL_WORDS_MAX;
    for (size_t i = 0; i < PROTOCOL_WORDS_MAX; i++)
        memset(rig->config.words[i].topic, (int)('a' + i), PROTOCOL_WORDS_TOPIC_MAX);
    rig_start(rig);
    agent_deaf(rig->agent, 0xff);
    assert_non_null(strstr(rig->trouble, "access control list"));
    assert_int_equal(agent_status(rig->agent)->deaf_count, PROTOCOL_WORDS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_pose_sets_its_channels_in_the_order_written),
        TEST(the_status_names_the_poses),
        TEST(a_pose_after_a_stop_does_nothing_at_all),
        TEST(an_expired_pose_does_nothing_at_all),
        TEST(the_worst_result_of_a_pose_is_told_with_its_channel_and_the_rest_is_done),
        TEST(a_pose_is_repeated_for_nobody_with_its_id),
        TEST(an_input_may_run_a_pose),
        TEST(a_word_acts_and_the_status_says_on_which_topic_it_came),
        TEST(a_number_beyond_the_limit_is_cut_and_says_so),
        TEST(a_retained_word_moves_nothing_and_is_left_where_it_is),
        TEST(a_report_led_back_to_a_words_topic_is_dropped_with_one_warning),
        TEST(stop_in_human_words_stops_from_a_words_topic),
        TEST(a_guess_on_one_topic_does_not_count_for_another),
        TEST(a_topic_that_the_broker_refuses_is_told_once_and_in_the_status),
        TEST(the_longest_topics_are_told_in_one_sentence),
    };
    return cmocka_run_group_tests_name("repertoire", tests, NULL, NULL);
}
