// SPDX-License-Identifier: MIT
// A motor whose chip was reset in mid-run, as the agent tells of it.
#include "tests/unit/nano-agent/agent/agent_motor_rig.h"

static void a_reset_of_the_chip_stops_the_motor_is_told_and_counts_as_a_stop(void **state)
{
    HERE(rig);
    rig_config(rig, "drive")->run_ms = 10000;
    rig_start(rig);
    rig_run_ms(rig, 100);
    assert_int_equal(control(rig, "drive_forward", "a", 0), RESULT_OK);
    rig_run_ms(rig, 1000);
    rig_hardware(rig, "drive")->reset = true;
    rig_forget(rig);
    rig_run_ms(rig, 1000);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    assert_string_equal(rig->trouble,
        "motor drive: its chip was reset, as by a supply that breaks down; the chip is "
        "set up again, and this output is off");
    assert_non_null(strstr(rig_seen(rig, "drive")->fault, "its chip was reset"));
    assert_int_equal(emitted(rig, "drive"), 0);
    assert_int_equal(rig->seen.stops, 1);
    // Who still holds a key has not heard of it, and starts nothing.
    assert_int_equal(control(rig, "drive_forward", "b", 0), RESULT_REFUSED);
    assert_int_equal(emitted(rig, "drive"), 0);
    assert_int_equal(control(rig, "drive_forward", "c", 1), RESULT_OK);
    assert_string_equal(rig_seen(rig, "drive")->fault, "");
    rig_run_ms(rig, 500);
    assert_true(emitted(rig, "drive") > 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_reset_of_the_chip_stops_the_motor_is_told_and_counts_as_a_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
