// SPDX-License-Identifier: MIT
// Ids, and what happens to commands that are given up.
#include "tests/unit/pc-tui/controller/controller_fixture.h"

static void an_id_is_the_random_of_this_run_and_a_counter(void **state)
{
    (void)state;
    be_ready();
    send_text("led_on");
    assert_string_equal(newest()->topic, "jetson/control");
    assert_string_equal(field(newest(), "id"), "9f3c7a1e5b2d4c60-2");
    assert_string_equal(field(newest(), "cmd"), "led_on");
    assert_false(newest()->retain);
    send_text("led_off");
    assert_string_equal(field(newest(), "id"), "9f3c7a1e5b2d4c60-3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(an_id_is_the_random_of_this_run_and_a_counter),
    };
    return cmocka_run_group_tests_name("controller_outbox", tests, NULL, NULL);
}
