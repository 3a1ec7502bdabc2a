// SPDX-License-Identifier: MIT
// The list of devices from which one is picked.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/pc-tui/ui/ui_world.h"

static struct world *with_three(void)
{
    struct world *world = world_with(MANY_CHANNELS);
    world_add(world, "d10", TILT_AND_LED);
    world_add(world, "d2", TILT_AND_LED);
    return world;
}

static void typing_filters_and_enter_selects(void **state)
{
    (void)state;
    struct world *world = with_three();
    size_t indices[4];
    world_keys(world, "g");
    assert_int_equal(world->ui.mode, UI_PICKER);
    assert_int_equal(ui_picker(&world->ui, indices, 4), 3);
    world_keys(world, "D1");
    assert_int_equal(ui_picker(&world->ui, indices, 4), 1);
    assert_string_equal(world->model->devices[indices[0]]->name, "d10");
    world_keys(world, "<Enter>");
    assert_int_equal(world->ui.mode, UI_MAIN);
    assert_string_equal(world->ui.device, "d10");
    assert_string_equal(world_sent(world), "");
    world_end(world);
}

static void the_device_without_a_name_is_found_by_what_it_is_called_on_the_screen(void **state)
{
    (void)state;
    struct world *world = with_three();
    world_keys(world, "gd2<Enter>");
    assert_string_equal(world->ui.device, "d2");
    world_keys(world, "gjet<Enter>");
    assert_int_equal(world->ui.mode, UI_MAIN);
    assert_string_equal(world->ui.device, "");
    world_end(world);
}

static void arrows_walk_the_list_in_its_order_and_stay_at_its_ends(void **state)
{
    (void)state;
    struct world *world = with_three();
    world_keys(world, "g<Down><Enter>");
    assert_string_equal(world->ui.device, "d2");
    world_keys(world, "g<Down><Down><Down><Enter>");
    assert_string_equal(world->ui.device, "d10");
    world_keys(world, "g<PageUp><Up><Enter>");
    assert_string_equal(world->ui.device, "");
    world_keys(world, "g<PageDown><Enter>");
    assert_string_equal(world->ui.device, "d10");
    assert_string_equal(world_sent(world), "");
    world_end(world);
}

static void escape_changes_nothing_and_space_stops(void **state)
{
    (void)state;
    struct world *world = with_three();
    world_keys(world, "gd2<Esc>");
    assert_int_equal(world->ui.mode, UI_MAIN);
    assert_string_equal(world->ui.device, "");
    world_keys(world, "g<Space>");
    assert_int_equal(world->ui.mode, UI_PICKER);
    assert_string_equal(world_sent(world), "stop");
    world_end(world);
}

static void a_filter_that_nothing_passes_selects_nothing(void **state)
{
    (void)state;
    struct world *world = with_three();
    world_keys(world, "gxx<Enter>");
    assert_int_equal(world->ui.mode, UI_PICKER);
    world_keys(world, "<Backspace><Backspace><Left><Down><Enter>");
    assert_string_equal(world->ui.device, "d2");
    world_keys(world, "gd<C-u><A-x>");
    assert_string_equal(world->ui.line.text, "");
    world_end(world);
}

static void picking_ends_the_addressing_of_all(void **state)
{
    (void)state;
    struct world *world = with_three();
    world_keys(world, "a");
    assert_true(world->ui.all);
    world_keys(world, "g<Down><Enter>");
    assert_false(world->ui.all);
    world_end(world);
}

static void with_one_device_there_is_nothing_to_pick(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, "g");
    assert_int_equal(world->ui.mode, UI_MAIN);
    assert_non_null(strstr(world->ui.hint, "no other device"));
    world_end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(typing_filters_and_enter_selects),
        cmocka_unit_test(the_device_without_a_name_is_found_by_what_it_is_called_on_the_screen),
        cmocka_unit_test(arrows_walk_the_list_in_its_order_and_stay_at_its_ends),
        cmocka_unit_test(escape_changes_nothing_and_space_stops),
        cmocka_unit_test(a_filter_that_nothing_passes_selects_nothing),
        cmocka_unit_test(picking_ends_the_addressing_of_all),
        cmocka_unit_test(with_one_device_there_is_nothing_to_pick),
    };
    return cmocka_run_group_tests_name("ui_picker", tests, NULL, NULL);
}
