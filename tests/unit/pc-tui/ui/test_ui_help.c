// SPDX-License-Identifier: MIT
// Help and footer.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/pc-tui/ui/ui_world.h"

static void help_lists_every_action_and_can_be_searched(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    struct ui_help_row rows[UI_HELP_ROWS_MAX];
    size_t count = ui_help(&world->ui, false, rows, UI_HELP_ROWS_MAX);
    for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
        bool there = false;
        for (size_t i = 0; i < count; i++)
            there = there || strcmp(rows[i].text, actions_info((enum action)id)->help) == 0;
        assert_true(there);
    }
    world_type(world, "?/centre");
    count = ui_help(&world->ui, false, rows, UI_HELP_ROWS_MAX);
    assert_int_equal(count, 2);
    assert_true(rows[0].heading);
    assert_string_equal(rows[1].keys, "c");
    world_type(world, "<Enter>");
    assert_int_equal(world->ui.mode, UI_HELP);
    assert_string_equal(world->ui.help_filter, "centre");
    world_type(world, "??"); // opened anew it shows all
    assert_string_equal(world->ui.help_filter, "");
    world_end(world);
}

static void help_scrolls_no_further_than_its_end(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    ui_resize(&world->ui, 24);
    world_type(world, "?<Up>");
    assert_int_equal(world->ui.help_top, 0);
    world_type(world, "<Down><Down><Up>");
    assert_int_equal(world->ui.help_top, 1);
    world_type(world, "<End>");
    size_t last = world->ui.help_top;
    assert_true(last > 5);
    world_type(world, "<Down><PageDown>");
    assert_int_equal(world->ui.help_top, last);
    ui_resize(&world->ui, 200);
    assert_int_equal(world->ui.help_top, 0);
    world_end(world);
}

static void the_footer_begins_with_stop_in_every_mode(void **state)
{
    (void)state;
    static const char *const openings[] = {"", ":", "/", "?", "?/", "x", "i"};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        struct world *world = world_with(MANY_CHANNELS);
        struct footer_item items[ACTION_COUNT];
        world_keys(world, openings[i]);
        assert_true(ui_footer(&world->ui, false, items, ACTION_COUNT) > 1);
        assert_string_equal(items[0].keys, "SPACE");
        assert_string_equal(items[0].label, "STOP");
        assert_int_equal(ui_footer(&world->ui, false, items, 1), 1);
        world_end(world);
    }
}

static void every_mode_has_its_own_footer(void **state)
{
    (void)state;
    static const struct {
        const char *keys, *last;
    } rows[] = {{":", "Esc"}, {"/", "Esc"}, {"?", "q"}, {"?/", "Esc"}, {"x", "any other key"}, {"g", "Esc"},
        {"i", "q"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct footer_item items[ACTION_COUNT];
        struct world *world = world_with(MANY_CHANNELS);
        world_add(world, "lab", TILT_AND_LED);
        world_keys(world, rows[i].keys);
        size_t count = ui_footer(&world->ui, true, items, ACTION_COUNT);
        assert_true(count >= 3);
        assert_string_equal(items[0].keys, "SPACE");
        assert_string_equal(items[count - 1].keys, rows[i].last);
        assert_int_equal(ui_footer(&world->ui, true, items, 1), 1);
        world_end(world);
    }
}

static void presets_stand_in_the_help_with_their_command(void **state)
{
    (void)state;
    static struct world world;
    static const struct ui_options options = {.presets = {{"<F5>", "look up", "tilt 20"}}, .preset_count = 1};
    struct ui_help_row rows[UI_HELP_ROWS_MAX];
    world_begin(&world, &options);
    size_t count = ui_help(&world.ui, false, rows, UI_HELP_ROWS_MAX);
    bool found = false;
    for (size_t i = 0; i < count; i++)
        found = found || strcmp(rows[i].text, "look up (tilt 20)") == 0;
    assert_true(found);
    world_end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_lists_every_action_and_can_be_searched),
        cmocka_unit_test(help_scrolls_no_further_than_its_end),
        cmocka_unit_test(the_footer_begins_with_stop_in_every_mode),
        cmocka_unit_test(every_mode_has_its_own_footer),
        cmocka_unit_test(presets_stand_in_the_help_with_their_command),
    };
    return cmocka_run_group_tests_name("ui_help", tests, NULL, NULL);
}
