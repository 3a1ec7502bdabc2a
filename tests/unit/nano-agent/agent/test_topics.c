// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/agent/topics.h"

static const int64_t START_US = 5000000, SECOND_US = 1000000;

static void a_topic_is_found_again(void **state)
{
    (void)state;
    struct topics topics = {0};
    struct topic *control = topics_find(&topics, "jetson/control");
    control->report_told = true;
    assert_ptr_not_equal(topics_find(&topics, "jetson/nano/control"), control);
    assert_ptr_equal(topics_find(&topics, "jetson/control"), control);
    assert_true(control->report_told);
    char longest[PROTOCOL_TOPIC_MAX + 50];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    assert_ptr_equal(topics_find(&topics, longest), topics_find(&topics, longest));
    assert_int_equal(topics.count, 3);
}

static void topics_too_many_share_the_last_entry(void **state)
{
    (void)state;
    struct topics topics = {0};
    char name[32];
    for (int i = 0; i < 3 * TOPICS_MAX; i++) {
        snprintf(name, sizeof name, "t%d", i);
        assert_non_null(topics_find(&topics, name));
    }
    assert_int_equal(topics.count, TOPICS_MAX);
    assert_ptr_equal(topics_find(&topics, "t28"), topics_find(&topics, "t29"));
}

static void a_guess_may_refuse_motion_once_in_five_seconds(void **state)
{
    (void)state;
    struct topics topics = {0};
    struct topic *topic = topics_find(&topics, "a"), *other = topics_find(&topics, "b");
    assert_true(topics_guess(topic, START_US));
    assert_true(topics_guess(other, START_US));
    for (int i = 1; i < 50; i++)
        assert_false(topics_guess(topic, START_US + i * SECOND_US / 10));
    assert_true(topics_guess(topic, START_US + 5 * SECOND_US));
    assert_false(topics_guess(topic, START_US + 5 * SECOND_US + 1));
}

static void more_than_ten_guesses_a_minute_are_noise_for_a_minute(void **state)
{
    (void)state;
    struct topics topics = {0};
    struct topic *topic = topics_find(&topics, "a");
    int64_t now = START_US;
    for (int i = 0; i < TOPICS_NOISE_A_MINUTE; i++, now += 5 * SECOND_US)
        topics_guess(topic, now);
    assert_null(topics_noisy(&topics, now));
    topics_guess(topic, now);
    assert_ptr_equal(topics_noisy(&topics, now), topic);
    assert_ptr_equal(topics_noisy(&topics, now + 59 * SECOND_US), topic);
    assert_null(topics_noisy(&topics, now + 60 * SECOND_US));
}

static void ten_a_minute_are_no_noise_for_ever(void **state)
{
    (void)state;
    struct topics topics = {0};
    struct topic *topic = topics_find(&topics, "a");
    for (int i = 0; i < 1000; i++) {
        topics_guess(topic, START_US + i * 6 * SECOND_US);
        assert_null(topics_noisy(&topics, START_US + i * 6 * SECOND_US));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_topic_is_found_again),
        cmocka_unit_test(topics_too_many_share_the_last_entry),
        cmocka_unit_test(a_guess_may_refuse_motion_once_in_five_seconds),
        cmocka_unit_test(more_than_ten_guesses_a_minute_are_noise_for_a_minute),
        cmocka_unit_test(ten_a_minute_are_no_noise_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
