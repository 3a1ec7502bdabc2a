// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "common/mqtt/backoff.h"

enum { LOWEST = 0 };

// The longest that the next wait can be.
static int most(struct backoff *backoff)
{
    int longest = 0;

    for (uint32_t random = 0; random < 70000; random += 7) {
        struct backoff copy = *backoff;
        int ms = backoff_next(&copy, random);
        longest = ms > longest ? ms : longest;
    }
    backoff_next(backoff, LOWEST);
    return longest;
}

static void failures_double_the_wait_up_to_five_seconds_and_success_starts_anew(void **state)
{
    static const int waits[] = {250, 500, 1000, 2000, 4000, 5000, 5000};
    struct backoff backoff;

    (void)state;
    backoff_init(&backoff);
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        backoff_failed(&backoff, false, true);
        assert_in_range(most(&backoff), waits[i] - 7, waits[i]);
    }
    backoff_succeeded(&backoff);
    backoff_failed(&backoff, false, true);
    assert_in_range(most(&backoff), 243, 250);
}

static void the_wait_is_any_part_of_that_but_never_nothing(void **state)
{
    struct backoff backoff;

    (void)state;
    for (uint32_t random = 0; random < 1000; random++) {
        backoff_init(&backoff);
        backoff_failed(&backoff, false, true);
        assert_in_range(backoff_next(&backoff, random), 1, 250);
    }
    backoff_init(&backoff);
    backoff_failed(&backoff, false, true);
    assert_in_range(backoff_next(&backoff, UINT32_MAX), 1, 250);
}

static void what_only_a_person_can_mend_is_tried_every_half_minute(void **state)
{
    struct backoff backoff;

    (void)state;
    backoff_init(&backoff);
    backoff_failed(&backoff, true, false);
    assert_in_range(backoff_next(&backoff, LOWEST), 22500, 30000);
    // One broker of the list that may come back by itself is reason enough to hurry.
    backoff_failed(&backoff, true, false);
    backoff_failed(&backoff, false, false);
    assert_in_range(backoff_next(&backoff, LOWEST), 1, 250);
}

static void two_rivals_wait_longer_and_longer_whether_the_broker_tells_or_not(void **state)
{
    (void)state;
    for (int told = 0; told <= 1; told++) {
        struct backoff rivals[2];
        int64_t now_ms = 0, up_ms[2] = {0, 0};
        int connections = 0, after_ten_seconds = 0;

        backoff_init(&rivals[0]);
        backoff_init(&rivals[1]);
        // Each connects when its wait is over, and that ends the connection of the other.
        for (int up = 0; now_ms < 70000; up = 1 - up, connections++) {
            struct backoff *loser = &rivals[1 - up];
            backoff_succeeded(&rivals[up]);
            up_ms[up] = now_ms;
            backoff_ended(loser, now_ms - up_ms[1 - up], false, told ? BACKOFF_RIVAL : BACKOFF_LOST);
            now_ms += backoff_next(loser, LOWEST);
            after_ten_seconds += now_ms > 10000 && now_ms < 70000;
        }
        assert_in_range(after_ten_seconds, 1, 12);
        assert_true(backoff_suspects_rival(&rivals[0]));
        assert_true(backoff_suspects_rival(&rivals[1]));
    }
}

static void a_rival_that_has_gone_is_forgotten(void **state)
{
    struct backoff backoff;

    (void)state;
    backoff_init(&backoff);
    for (int i = 0; i < 10; i++) {
        backoff_ended(&backoff, 100, false, BACKOFF_RIVAL);
        backoff_next(&backoff, LOWEST);
    }
    assert_true(backoff_suspects_rival(&backoff));
    backoff_succeeded(&backoff);
    backoff_ended(&backoff, 3600000, false, BACKOFF_LOST);
    assert_false(backoff_suspects_rival(&backoff));
    assert_in_range(backoff_next(&backoff, LOWEST), 1, 250);
}

static void a_broker_that_is_restarted_again_and_again_is_no_rival(void **state)
{
    struct backoff backoff;

    (void)state;
    backoff_init(&backoff);
    for (int i = 0; i < 20; i++) {
        backoff_succeeded(&backoff);
        backoff_ended(&backoff, 100, false, BACKOFF_LOST);
        assert_in_range(backoff_next(&backoff, LOWEST), 1, 500);
        backoff_failed(&backoff, false, true); // while it is away, connections are refused
        assert_false(backoff_suspects_rival(&backoff));
    }
}

static void an_oversized_message_counts_only_soon_after_the_subscription(void **state)
{
    struct backoff backoff;

    (void)state;
    backoff_init(&backoff);
    assert_false(backoff_is_oversized(&backoff, true, false));
    assert_false(backoff_is_oversized(&backoff, true, true));
    assert_true(backoff_is_oversized(&backoff, true, true));
    assert_false(backoff_is_oversized(&backoff, false, true));
    assert_false(backoff_is_oversized(&backoff, true, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_double_the_wait_up_to_five_seconds_and_success_starts_anew),
        cmocka_unit_test(the_wait_is_any_part_of_that_but_never_nothing),
        cmocka_unit_test(what_only_a_person_can_mend_is_tried_every_half_minute),
        cmocka_unit_test(two_rivals_wait_longer_and_longer_whether_the_broker_tells_or_not),
        cmocka_unit_test(a_rival_that_has_gone_is_forgotten),
        cmocka_unit_test(a_broker_that_is_restarted_again_and_again_is_no_rival),
        cmocka_unit_test(an_oversized_message_counts_only_soon_after_the_subscription),
    };

    return cmocka_run_group_tests_name("backoff", tests, NULL, NULL);
}
