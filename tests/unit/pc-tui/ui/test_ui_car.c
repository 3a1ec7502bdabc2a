// SPDX-License-Identifier: MIT
// The keys of a car, and what leaving the screen stops of it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/array.h"
#include "tests/unit/pc-tui/ui/drive_rig.h"

enum { MS = RIG_MS, SECOND = 1000 * MS };

static void what_is_sent_carries_what_the_agent_judges_by(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(10, 500);
    rig_others(rig, "stop");
    rig_pass(rig, SECOND);
    rig_forget(rig);
    rig_keys(rig, "w");
    rig_pass(rig, 300 * MS);
    const struct protocol_command *run = &rig->sent[0].command, *stop = &rig->sent[1].command;
    assert_string_equal(run->cmd, "drive_forward 60");
    assert_true(run->has_by && run->has_stops);
    assert_int_equal(run->stops, 1);
    assert_string_equal(run->boot, "b007");
    assert_string_equal(stop->cmd, "drive_stop");
    assert_string_equal(stop->boot, "b007");
    assert_false(stop->has_stops);
    rig_end(rig);
}

static void the_number_on_the_screen_is_the_number_that_is_sent(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(10, 500);
    assert_int_equal(ui_speed(&rig->ui), 60);
    rig_keys(rig, "<lt><lt>");
    assert_int_equal(ui_speed(&rig->ui), 40);
    rig_keys(rig, "w");
    assert_int_equal(rig_count(rig, "drive_forward 40"), 1);
    for (int i = 0; i < 20; i++)
        rig_keys(rig, ">");
    assert_int_equal(ui_speed(&rig->ui), 99); // as much as the motor takes
    for (int i = 0; i < 20; i++)
        rig_keys(rig, "<lt>");
    assert_int_equal(ui_speed(&rig->ui), 20); // less does not turn it
    rig_keys(rig, ">");
    assert_int_equal(ui_speed(&rig->ui), 30);
    rig_end(rig);
}

static void no_motor_is_driven_on_all_devices(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(10, 500);
    rig->ui.all = true;
    rig_hold(rig, "w", 300 * MS, 40 * MS, SECOND);
    assert_string_equal(rig->ui.hint, "ALL: choose one device");
    rig_keys(rig, ":drive 40<Enter>");
    assert_non_null(strstr(rig->ui.hint, "ALL: choose one device"));
    assert_int_equal(rig->sent_count, 0);
    rig_end(rig);
}

static void steering_keys_step_and_centre_the_servo_that_steers(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(1, 500);
    static const struct {
        const char *key, *command;
    } rows[] = {{"a", "wheel_left"}, {"d", "wheel_right"}, {"e", "wheel_center"}};
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        rig_keys(rig, rows[i].key);
        assert_int_equal(rig_count(rig, rows[i].command), 1);
        rig_pass(rig, SECOND);
    }
    assert_false(rig->ui.all);
    rig_keys(rig, "<Up>");
    assert_non_null(strstr(rig->ui.hint, "no tilt servo"));
    rig_end(rig);
}

static void a_motor_is_the_third_selection(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(10, 500);
    struct ui *ui = &rig->ui;
    assert_string_equal(ui->servo, "wheel");
    assert_string_equal(ui->motor, "drive");
    assert_int_equal(ui->focus, SELECTION_SERVO);
    assert_int_equal(ui_focused(ui), ui_servo(ui));
    bool seen = false;
    for (int i = 0; i < RIG_CHANNELS && !seen; i++) {
        rig_keys(rig, "<Tab>");
        seen = ui->focus == SELECTION_MOTOR;
    }
    assert_true(seen);
    assert_int_equal(ui_focused(ui), RIG_MOTOR);
    rig_keys(rig, "<lt>");
    const struct ui_hit hit = {.device = -1, .channel = RIG_LAMP};
    ui_click(ui, &hit, rig->us / 1000);
    assert_int_equal(ui->focus, SELECTION_OUTPUT);
    assert_int_equal(ui_focused(ui), ui_output(ui));
    assert_int_equal(ui_speed(ui), 50); // it is still the same motor's
    rig->report.status.channels[RIG_MOTOR] = rig->report.status.channels[RIG_LED];
    rig->report.status.count = 3;
    snprintf(rig->report.status.boot, sizeof rig->report.status.boot, "b008");
    rig_pass(rig, 2 * SECOND);
    assert_string_equal(ui->motor, "");
    assert_int_equal(ui_speed(ui), 0);
    assert_false(ui_can_drive(ui));
    rig_keys(rig, "w");
    assert_string_equal(ui->hint, "no motor here");
    rig_end(rig);
}

static void leaving_stops_what_this_screen_runs(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(10, 500);
    rig_hold(rig, "w", 300 * MS, 40 * MS, SECOND);
    assert_int_equal(controller_leave(rig->controller), 1);
    assert_int_equal(rig_count(rig, "stop"), 1);
    rig_pass(rig, 20 * MS);
    assert_false(rig_runs(rig));
    rig_end(rig);

    rig = rig_begin(10, 500);
    rig_keys(rig, "w");
    rig_pass(rig, SECOND);
    assert_int_equal(controller_leave(rig->controller), 0); // it rests
    rig_end(rig);
}

static void leaving_switches_off_what_this_screen_turned_on_and_a_stop_switches_off(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(10, 500);
    rig_keys(rig, ":lamp_on<Enter>");
    assert_int_equal(rig_count(rig, "lamp_on"), 1);
    rig_pass(rig, SECOND);
    assert_int_equal(controller_pause(rig->controller), 1);
    rig_pass(rig, SECOND);
    assert_false(rig->report.status.channels[RIG_LAMP].on);
    rig_others(rig, "lamp_on"); // somebody else's
    rig_pass(rig, SECOND);
    rig_keys(rig, "w");
    rig_pass(rig, SECOND);
    assert_int_equal(controller_leave(rig->controller), 0);
    rig_end(rig);
}

static void leaving_does_not_stop_what_another_operator_drives(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(10, 5000);
    rig_others(rig, "drive_forward 40");
    rig_keys(rig, "a"); // we steer meanwhile
    rig_pass(rig, SECOND);
    assert_true(rig_runs(rig));
    assert_int_equal(controller_leave(rig->controller), 0);
    rig_end(rig);
}

static void a_suspension_leaves_no_key_down(void **state)
{
    (void)state;
    struct rig *rig = rig_begin(10, 500);
    rig_hold(rig, "w", 300 * MS, 40 * MS, SECOND);
    ui_lose_keys(&rig->ui, rig->us / 1000);
    rig_pass(rig, 20 * MS);
    assert_false(rig_runs(rig));
    rig_end(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_sent_carries_what_the_agent_judges_by),
        cmocka_unit_test(the_number_on_the_screen_is_the_number_that_is_sent),
        cmocka_unit_test(no_motor_is_driven_on_all_devices),
        cmocka_unit_test(steering_keys_step_and_centre_the_servo_that_steers),
        cmocka_unit_test(a_motor_is_the_third_selection),
        cmocka_unit_test(leaving_stops_what_this_screen_runs),
        cmocka_unit_test(leaving_switches_off_what_this_screen_turned_on_and_a_stop_switches_off),
        cmocka_unit_test(leaving_does_not_stop_what_another_operator_drives),
        cmocka_unit_test(a_suspension_leaves_no_key_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
