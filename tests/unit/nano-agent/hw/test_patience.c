// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/hw/patience.h"

static void hardware_that_answers_in_time_is_asked_each_time(void **state)
{
    struct patience patience = {0};
    (void)state;
    for (int64_t now_us = 1000000; now_us < 9000000; now_us += 20000) {
        assert_int_equal(patience_begin(&patience, now_us), 0);
        patience_end(&patience, now_us, now_us + PATIENCE_SLOW_US);
    }
}

static void a_bus_that_hangs_is_left_alone_for_a_while(void **state)
{
    struct patience patience = {0};
    unsigned asked = 0;
    int64_t held_us = 0;
    (void)state;
    // A second for each answer, and a request every 20 ms for a minute, as a servo under way makes them.
    for (int64_t now_us = 1000000; now_us < 61000000; now_us += 20000) {
        int rc = patience_begin(&patience, now_us);
        if (rc == 0) {
            asked++;
            held_us += 1000000;
            patience_end(&patience, now_us, now_us + 1000000);
            now_us += 1000000;
        } else {
            assert_int_equal(rc, -ETIMEDOUT);
        }
    }
    assert_in_range(asked, 9, 11);
    assert_true(held_us < 12000000);
}

static void it_is_asked_again_when_the_while_is_over(void **state)
{
    struct patience patience = {0};
    (void)state;
    patience_end(&patience, 1000000, 2000000);
    assert_int_equal(patience_begin(&patience, 2000000 + PATIENCE_REST_US - 1), -ETIMEDOUT);
    assert_int_equal(patience_begin(&patience, 2000000 + PATIENCE_REST_US), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hardware_that_answers_in_time_is_asked_each_time),
        cmocka_unit_test(a_bus_that_hangs_is_left_alone_for_a_while),
        cmocka_unit_test(it_is_asked_again_when_the_while_is_over),
    };
    return cmocka_run_group_tests_name("patience", tests, NULL, NULL);
}
