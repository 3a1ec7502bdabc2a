// SPDX-License-Identifier: MIT
// `i`: what the selected device says of itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "pc-tui/model/model_about.h"
#include "tests/unit/pc-tui/ui/ui_world.h"

static void tell(struct world *world, int channels)
{
    char text[MODEL_ABOUT_MAX];
    size_t len = (size_t)snprintf(text, sizeof text, "{\"v\":1,\"channels\":{");
    for (int i = 0; i < channels; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s\"c%d\":\"pin %d\"", i ? "," : "", i, i);
    len += (size_t)snprintf(text + len, sizeof text - len, "}}");
    assert_true(model_about(world->model, "jetson/about", text, len));
}

static void i_opens_it_and_i_q_and_escape_close_it(void **state)
{
    (void)state;
    static const char *const closing[] = {"i", "q", "<Esc>", "?"};
    struct world *world = world_with(TILT_AND_LED);
    for (size_t i = 0; i < sizeof closing / sizeof *closing; i++) {
        world_keys(world, "i");
        assert_int_equal(world->ui.mode, UI_ABOUT);
        world_keys(world, closing[i]);
        assert_int_equal(world->ui.mode, UI_MAIN);
    }
    assert_string_equal(world_sent(world), "");
    world_end(world);
}

static void arrows_scroll_and_never_move_anything(void **state)
{
    (void)state;
    struct world *world = world_with(TILT_AND_LED);
    tell(world, 30);
    ui_resize(&world->ui, 15);
    world_keys(world, "i<Down><Down><Up>");
    assert_int_equal(world->ui.help_top, 1);
    world_keys(world, "<End>");
    assert_int_equal(world->ui.help_top, 20);
    world_keys(world, "<Down><PageDown><Left><Right>tc");
    assert_int_equal(world->ui.help_top, 20);
    ui_resize(&world->ui, 25);
    assert_int_equal(world->ui.help_top, 10);
    world_keys(world, "<Home>");
    assert_int_equal(world->ui.help_top, 0);
    assert_string_equal(world_sent(world), "");
    world_end(world);
}

static void space_still_stops(void **state)
{
    (void)state;
    struct world *world = world_with(TILT_AND_LED);
    world_keys(world, "i<Space>");
    assert_non_null(strstr(world_sent(world), "stop"));
    assert_int_equal(world->ui.mode, UI_ABOUT);
    world_end(world);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(i_opens_it_and_i_q_and_escape_close_it),
        cmocka_unit_test(arrows_scroll_and_never_move_anything),
        cmocka_unit_test(space_still_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
