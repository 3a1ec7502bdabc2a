// SPDX-License-Identifier: MIT
// What each key does, with the real model and controller behind the ui.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/pc-tui/ui/ui_world.h"

static void arrows_step_tilt_and_pan(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_type(world, "<Up><Down><Left><Right>");
    assert_string_equal(world_sent(world), "tilt_up|tilt_down|pan_left|pan_right");
    world_forget(world);
    world_type(world, "kjhl");
    assert_string_equal(world_sent(world), "tilt_up|tilt_down|pan_left|pan_right");
    world_end(world);
}

static void without_a_pan_servo_the_hint_says_so_and_names_help(void **state)
{
    (void)state;
    struct world *world = world_with(TILT_AND_LED);
    world_keys(world, "<Left>");
    assert_string_equal(world_sent(world), "");
    assert_non_null(strstr(world->ui.hint, "pan servo"));
    assert_non_null(strstr(world->ui.hint, "?"));
    assert_true(world->ui.hint_is_problem);
    world_end(world);
}

static void brackets_walk_the_steps_and_stay_at_their_ends(void **state)
{
    (void)state;
    struct world *world = world_with(TILT_AND_LED);
    assert_int_equal(world->ui.step, 5);
    world_keys(world, "]");
    assert_int_equal(world->ui.step, 10);
    world_keys(world, "..."); // a held key repeats here
    assert_int_equal(world->ui.step, 20);
    world_keys(world, "[[");
    assert_int_equal(world->ui.step, 5);
    world_keys(world, ",,,,,");
    assert_int_equal(world->ui.step, 1);
    assert_string_equal(world_sent(world), "");
    world_type(world, "<Up>");
    assert_string_equal(world_sent(world), "tilt_up 1");
    world_end(world);
}

static void letters_act_on_the_selected_channels(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_type(world, "coft");
    assert_string_equal(world_sent(world), "tilt_center|led_on|led_off|led_toggle");
    world_end(world);
}

static void plus_and_minus_step_the_selected_dimmer(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_type(world, "+");
    assert_string_equal(world_sent(world), "lamp_up"); // the led is no dimmer, and there is only one
    world_forget(world);
    world_type(world, "<Tab><Tab><Tab>"); // pan, led, lamp
    assert_string_equal(world->ui.output, "lamp");
    world_type(world, "+=-");
    assert_string_equal(world_sent(world), "lamp_up|lamp_up|lamp_down");
    world_end(world);
}

static void space_stops_under_read_only_and_everything_else_is_refused(void **state)
{
    (void)state;
    static struct world world;
    static const struct ui_options options = {.read_only = true};
    world_begin(&world, &options);
    world_add(&world, "", MANY_CHANNELS);
    world_type(&world, "<Up><Left>coft1+x:tilt 20<Enter>");
    assert_string_equal(world_sent(&world), "");
    assert_int_equal(world.ui.mode, UI_MAIN);
    assert_non_null(strstr(world.ui.hint, "read-only"));
    world_keys(&world, "<Space>");
    assert_string_equal(world_sent(&world), "stop");
    world_end(&world);
}

static void a_refusal_is_shown_with_its_reason(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_type(world, ":tilt_upp<Enter>");
    assert_string_equal(world_sent(world), "");
    assert_non_null(strstr(world->ui.hint, "tilt_up"));
    assert_true(world->ui.hint_is_problem);
    world_link(world, false);
    world_keys(world, "<Up>");
    assert_non_null(strstr(world->ui.hint, "connection refused"));
    world_end(world);
}

static void r_tries_now_only_while_disconnected(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    assert_int_equal(world_keys(world, "r") & UI_RETRY, 0);
    assert_non_null(strstr(world->ui.hint, "already connected"));
    world_link(world, false);
    assert_int_equal(world_keys(world, "r") & UI_RETRY, UI_RETRY);
    world_end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrows_step_tilt_and_pan),
        cmocka_unit_test(without_a_pan_servo_the_hint_says_so_and_names_help),
        cmocka_unit_test(brackets_walk_the_steps_and_stay_at_their_ends),
        cmocka_unit_test(letters_act_on_the_selected_channels),
        cmocka_unit_test(plus_and_minus_step_the_selected_dimmer),
        cmocka_unit_test(space_stops_under_read_only_and_everything_else_is_refused),
        cmocka_unit_test(a_refusal_is_shown_with_its_reason),
        cmocka_unit_test(r_tries_now_only_while_disconnected),
    };
    return cmocka_run_group_tests_name("ui_action", tests, NULL, NULL);
}
