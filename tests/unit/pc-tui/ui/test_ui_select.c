// SPDX-License-Identifier: MIT
// Which device and which channels the keys mean.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/pc-tui/ui/ui_world.h"

static void tab_moves_two_selections_that_stay_valid(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    assert_string_equal(world->ui.servo, "tilt");
    assert_string_equal(world->ui.output, "led");
    assert_int_equal(ui_servo(&world->ui), 0);
    assert_int_equal(ui_output(&world->ui), 2);
    world_keys(world, "<Tab>");
    assert_string_equal(world->ui.servo, "pan");
    assert_string_equal(world->ui.output, "led");
    assert_int_equal(world->ui.focus, SELECTION_SERVO);
    world_keys(world, "<Tab><Tab>");
    assert_string_equal(world->ui.servo, "pan");
    assert_string_equal(world->ui.output, "lamp");
    assert_int_equal(world->ui.focus, SELECTION_OUTPUT);
    world_keys(world, "<Tab>"); // the input is passed over
    assert_string_equal(world->ui.servo, "tilt");
    world_keys(world, "<S-Tab>");
    assert_string_equal(world->ui.output, "lamp");
    assert_int_equal(world->ui.focus, SELECTION_OUTPUT);
    world_type(world, "<Tab><Tab>c");
    assert_string_equal(world_sent(world), "pan_center");
    world->devices[0].channels = TILT_AND_LED; // pan and lamp are gone
    world->devices[0].boot++;
    world_heartbeat(world);
    assert_string_equal(world->ui.servo, "tilt");
    assert_string_equal(world->ui.output, "led");
    world_end(world);
}

static void up_and_down_never_mean_the_pan_servo(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_type(world, "<Tab>");
    assert_string_equal(world->ui.servo, "pan");
    world_type(world, "<Up>");
    assert_string_equal(world_sent(world), "tilt_up");
    world_end(world);
}

static void digits_toggle_the_nth_output(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_type(world, "12");
    assert_string_equal(world_sent(world), "led_toggle|lamp_toggle");
    assert_int_equal(ui_digit(&world->ui, 0), 0);
    assert_int_equal(ui_digit(&world->ui, 2), 1);
    assert_int_equal(ui_digit(&world->ui, 3), 2);
    assert_int_equal(ui_digit(&world->ui, 4), 0);
    assert_int_equal(ui_digit(&world->ui, 99), 0);
    assert_int_equal(ui_digit(&world->ui, -1), 0);
    world_forget(world);
    world_type(world, "3");
    assert_string_equal(world_sent(world), "");
    assert_non_null(strstr(world->ui.hint, "3"));
    world_end(world);
}

static void devices_are_chosen_with_n_and_p(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, "n");
    assert_non_null(strstr(world->ui.hint, "no other device"));
    world_add(world, "lab", TILT_AND_LED);
    world_add(world, "roof", MANY_CHANNELS);
    assert_string_equal(world->ui.device, ""); // others that appear take nothing over
    world_type(world, "n");
    assert_string_equal(world->ui.device, "lab");
    world_type(world, "<Up>");
    assert_string_equal(world->published[world->count - 1].topic, "jetson/lab/control");
    world_type(world, "nn");
    assert_string_equal(world->ui.device, "");
    world_type(world, "p");
    assert_string_equal(world->ui.device, "roof");
    world_end(world);
}

static void all_addresses_every_live_device_that_has_the_channel(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_add(world, "lab", TILT_AND_LED);
    world_type(world, "a");
    assert_true(world->ui.all);
    world_forget(world);
    world_type(world, "o");
    assert_string_equal(world_sent(world), "led_on|led_on");
    assert_string_equal(world->published[0].topic, "jetson/control");
    assert_string_equal(world->published[1].topic, "jetson/lab/control");
    world_type(world, "<Tab><Tab><Tab>"); // lamp
    world_forget(world);
    world_type(world, "o");
    assert_string_equal(world_sent(world), "lamp_on");
    assert_string_equal(world->published[0].topic, "jetson/control");
    world_end(world);
}

static void all_ends_with_a_escape_n_and_p(void **state)
{
    (void)state;
    static const char *const ends[] = {"a", "<Esc>", "n", "p"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        struct world *world = world_with(MANY_CHANNELS);
        world_add(world, "lab", MANY_CHANNELS);
        world_type(world, "a");
        assert_true(world->ui.all);
        world_type(world, ends[i]);
        assert_false(world->ui.all);
        world_end(world);
    }
}

static void a_device_asked_for_is_waited_for_and_no_other_moves(void **state)
{
    (void)state;
    static struct world world;
    static const struct ui_options options = {.device = "lab"};
    world_begin(&world, &options);
    world_add(&world, "roof", MANY_CHANNELS);
    assert_false(world.ui.device_known);
    world_type(&world, "<Up>oc");
    assert_string_equal(world_sent(&world), "");
    assert_non_null(strstr(world.ui.hint, "no device"));
    world_add(&world, "lab", MANY_CHANNELS);
    assert_true(world.ui.device_known);
    assert_string_equal(world.ui.device, "lab");
    assert_int_equal(ui_device(&world.ui), 0);
    world_end(&world);
}

static void without_any_device_the_tutorials_channels_are_offered(void **state)
{
    (void)state;
    static struct world world;
    static const struct ui_options options;
    world_begin(&world, &options);
    world_pass(&world, 4000);
    world_keys(&world, "<Up>");
    world_pass(&world, 1000);
    world_keys(&world, "o");
    assert_string_equal(world_sent(&world), "tilt_up|led_on");
    assert_false(world.published[0].command.is_envelope);
    assert_string_equal(world.published[0].topic, "jetson/control");
    world_add(&world, "lab", MANY_CHANNELS); // the tutorial's device is gone, the real one takes its place
    assert_string_equal(world.ui.device, "lab");
    world_end(&world);
}

// What is selected once three devices have reported in this order.
static void assert_selected(
    const struct ui_options *options, const char *last, const char *const order[3], const char *selected)
{
    static struct world world;
    world_begin(&world, options);
    world.ui.history.has_device = last != NULL;
    snprintf(world.ui.history.device, sizeof world.ui.history.device, "%s", last ? last : "");
    world_pass(&world, 100);
    for (int i = 0; i < 3; i++)
        world_add(&world, order[i], TILT_AND_LED);
    world_pass(&world, UI_CHOOSE_MS + 1);
    assert_string_equal(world.ui.device, selected);
    world_end(&world);
}

static void the_start_selects_the_same_device_whoever_reports_first(void **state)
{
    (void)state;
    static const char *const orders[][3] = {
        {"d10", "d2", "e"}, {"e", "d10", "d2"}, {"d2", "e", "d10"}, {"d10", "e", "d2"}};
    static const char *const unnamed[] = {"d2", "", "e"};
    struct ui_options options = {.read_only = false};
    for (size_t i = 0; i < 4; i++)
        assert_selected(&options, NULL, orders[i], "d2"); // the first by name, as people count
    assert_selected(&options, NULL, unnamed, "");
    for (size_t i = 0; i < 4; i++)
        assert_selected(&options, "e", orders[i], "e");
    assert_selected(&options, "gone", orders[0], "d2");
    snprintf(options.device, sizeof options.device, "d10");
    for (size_t i = 0; i < 4; i++)
        assert_selected(&options, "e", orders[i], "d10");
}

static void the_device_that_the_operator_chose_is_remembered_and_no_other(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_add(world, "lab", TILT_AND_LED);
    assert_false(world->ui.history.has_device); // what the start chose is not remembered
    assert_int_equal(world_keys(world, "n") & UI_HISTORY, UI_HISTORY);
    assert_true(world->ui.history.has_device);
    assert_string_equal(world->ui.history.device, "lab");
    world_keys(world, "p");
    assert_string_equal(world->ui.history.device, "");
    world_end(world);
}

static void whoever_appears_later_takes_no_selection_away(void **state)
{
    (void)state;
    static struct world world;
    static const struct ui_options options;
    world_begin(&world, &options);
    world_add(&world, "e", TILT_AND_LED);
    world_pass(&world, UI_CHOOSE_MS + 1);
    world_add(&world, "d", TILT_AND_LED);
    assert_string_equal(world.ui.device, "e");
    world_end(&world);
    world_begin(&world, &options);
    world_add(&world, "e", TILT_AND_LED);
    world_keys(&world, "?"); // who presses a key means what is on the screen
    world_add(&world, "d", TILT_AND_LED);
    assert_string_equal(world.ui.device, "e");
    world_end(&world);
}

static void plus_and_minus_mean_no_dimmer_where_there_are_two_and_none_is_selected(void **state)
{
    (void)state;
    struct world *world =
        world_with("\"led\":{\"kind\":\"switch\",\"on\":false},"
                   "\"a\":{\"kind\":\"dimmer\",\"on\":true,\"percent\":40},"
                   "\"b\":{\"kind\":\"dimmer\",\"on\":true,\"percent\":40},"
                   "\"z\":{\"kind\":\"servo\",\"deg\":0,\"target\":0,\"min\":-45,\"max\":45,"
                   "\"step\":5,\"speed\":120,\"moving\":%s,\"driven\":true}");
    assert_int_equal(ui_dimmer(&world->ui), -1);
    world_keys(world, "+");
    assert_non_null(strstr(world->ui.hint, "Tab selects one"));
    world_type(world, "<Tab><Tab>+");
    world_end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tab_moves_two_selections_that_stay_valid),
        cmocka_unit_test(up_and_down_never_mean_the_pan_servo),
        cmocka_unit_test(digits_toggle_the_nth_output),
        cmocka_unit_test(devices_are_chosen_with_n_and_p),
        cmocka_unit_test(all_addresses_every_live_device_that_has_the_channel),
        cmocka_unit_test(all_ends_with_a_escape_n_and_p),
        cmocka_unit_test(a_device_asked_for_is_waited_for_and_no_other_moves),
        cmocka_unit_test(without_any_device_the_tutorials_channels_are_offered),
        cmocka_unit_test(the_start_selects_the_same_device_whoever_reports_first),
        cmocka_unit_test(the_device_that_the_operator_chose_is_remembered_and_no_other),
        cmocka_unit_test(whoever_appears_later_takes_no_selection_away),
        cmocka_unit_test(plus_and_minus_mean_no_dimmer_where_there_are_two_and_none_is_selected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
