// SPDX-License-Identifier: MIT
// What Tab offers.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "pc-tui/ui/actions.h"
#include "pc-tui/ui/completion.h"

static const struct channel_id channels[] = {
    {.name = "tilt", .kind = CHANNEL_SERVO},
    {.name = "led", .kind = CHANNEL_SWITCH},
    {.name = "button", .kind = CHANNEL_INPUT},
};
enum { CHANNELS = sizeof channels / sizeof *channels };

static bool offered(const struct completion *found, const char *word)
{
    for (size_t i = 0; i < found->count; i++)
        if (strcmp(found->words[i], word) == 0)
            return true;
    return false;
}

static void completion_offers_what_the_device_offers(void **state)
{
    (void)state;
    struct completion found;
    completion_find(&found, channels, CHANNELS, "", 0);
    assert_true(offered(&found, "tilt_up"));
    assert_true(offered(&found, "led_toggle"));
    assert_true(offered(&found, "stop"));
    assert_false(offered(&found, "quit")); // actions only when one was begun
    completion_find(&found, channels, CHANNELS, "led_", 4);
    assert_int_equal(found.total, 3);
    assert_string_equal(found.common, "led_");
    completion_find(&found, channels, CHANNELS, "led_t", 5);
    assert_int_equal(found.total, 1);
    assert_string_equal(found.words[0], "led_toggle");
    completion_find(&found, channels, CHANNELS, "nothing", 7);
    assert_int_equal(found.total, 0);
}

static void completion_knows_every_action_by_name(void **state)
{
    (void)state;
    for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
        struct completion found;
        const char *name = actions_info((enum action)id)->name;
        completion_find(&found, channels, CHANNELS, name, strlen(name));
        assert_true(offered(&found, name));
    }
}

static void completion_offers_servos_after_move(void **state)
{
    (void)state;
    struct completion found;
    completion_find(&found, channels, CHANNELS, "move ", 5);
    assert_int_equal(found.total, 1);
    assert_string_equal(found.words[0], "tilt");
    assert_int_equal(found.start, 5);
    completion_find(&found, channels, CHANNELS, "move tilt ", 10);
    assert_int_equal(found.total, 0);
    completion_find(&found, channels, CHANNELS, "tilt ", 5);
    assert_int_equal(found.total, 0);
}

static void completion_counts_and_compares_more_words_than_it_keeps(void **state)
{
    (void)state;
    static struct channel_id many[PROTOCOL_CHANNELS_MAX];
    struct completion found;
    for (size_t i = 0; i < PROTOCOL_CHANNELS_MAX; i++) {
        many[i].kind = CHANNEL_SWITCH;
        snprintf(many[i].name, sizeof many[i].name, "lamp%zu", i);
    }
    completion_find(&found, many, PROTOCOL_CHANNELS_MAX, "la", 2);
    assert_int_equal(found.count, COMPLETION_MAX);
    assert_int_equal(found.total, 3 * PROTOCOL_CHANNELS_MAX);
    assert_string_equal(found.common, "lamp");
}

static void an_action_that_a_word_of_the_device_says_as_well_is_not_offered_twice(void **state)
{
    (void)state;
    struct completion found;
    completion_find(&found, channels, CHANNELS, "tilt", 4);
    assert_true(offered(&found, "tilt_up"));
    assert_false(offered(&found, "tilt-up"));
    completion_find(&found, channels, CHANNELS, "tilt-", 5);
    assert_true(offered(&found, "tilt-up")); // who types it this way gets it
    completion_find(&found, NULL, 0, "tilt", 4);
    assert_true(offered(&found, "tilt-up"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(completion_offers_what_the_device_offers),
        cmocka_unit_test(completion_knows_every_action_by_name),
        cmocka_unit_test(completion_offers_servos_after_move),
        cmocka_unit_test(completion_counts_and_compares_more_words_than_it_keeps),
        cmocka_unit_test(an_action_that_a_word_of_the_device_says_as_well_is_not_offered_twice),
    };
    return cmocka_run_group_tests_name("completion", tests, NULL, NULL);
}
