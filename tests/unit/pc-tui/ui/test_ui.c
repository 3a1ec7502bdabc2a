// SPDX-License-Identifier: MIT
// Modes, held keys, questions and hints.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/pc-tui/ui/ui_world.h"

static void space_stops_in_every_mode(void **state)
{
    (void)state;
    static const char *const openings[] = {"", "?", "x", "a", "<Tab>"};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        struct world *world = world_with(MANY_CHANNELS);
        world_keys(world, openings[i]);
        world_keys(world, "<Space>");
        assert_string_equal(world_sent(world), "stop");
        world_end(world);
    }
}

static void space_stops_again_however_fast_it_is_pressed(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, "<Space><Space><Space>");
    assert_true(world->count >= 1);
    for (size_t i = 0; i < world->count; i++)
        assert_string_equal(world->published[i].command.cmd, "stop");
    world_end(world);
}

static void the_ideographic_space_stops_too(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_codepoint(world, 0x3000);
    assert_string_equal(world_sent(world), "stop");
    world_end(world);
}

static void ctrl_c_leaves_ctrl_l_repaints_and_ctrl_z_suspends_in_every_mode(void **state)
{
    (void)state;
    static const char *const openings[] = {"", ":", "/", "?", "?/", "x"};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        struct world *world = world_with(MANY_CHANNELS);
        world_keys(world, openings[i]);
        assert_int_equal(world_keys(world, "<C-l>") & (UI_REPAINT | UI_LEAVE), UI_REPAINT);
        assert_int_equal(world_keys(world, "<C-z>") & (UI_SUSPEND | UI_LEAVE), UI_SUSPEND);
        assert_int_equal(world_keys(world, "<C-c>") & UI_LEAVE, UI_LEAVE);
        assert_string_equal(world_sent(world), "");
        world_end(world);
    }
}

static void x_and_y_put_everything_safe(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, "x");
    assert_int_equal(world->ui.mode, UI_CONFIRM);
    assert_non_null(strstr(world->ui.question_text, "safe state"));
    world_keys(world, "y");
    assert_int_equal(world->ui.mode, UI_MAIN);
    assert_string_equal(world_sent(world), "off");
    world_end(world);
}

static void any_other_key_cancels_and_does_nothing_else(void **state)
{
    (void)state;
    static const char *const others[] = {"x", "n", "Y", "<Enter>", "<Esc>", "<Up>", "t", "1", "q", ":", "?"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct world *world = world_with(MANY_CHANNELS);
        world_keys(world, "x");
        assert_int_equal(world_keys(world, others[i]) & UI_LEAVE, 0);
        assert_int_equal(world->ui.mode, UI_MAIN);
        world_keys(world, "y");
        assert_string_equal(world_sent(world), "");
        world_end(world);
    }
}

static void five_seconds_cancel(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, "x");
    assert_true(ui_next_ms(&world->ui) <= world->us / 1000 + UI_CONFIRM_MS);
    world_pass(world, UI_CONFIRM_MS - 1);
    assert_int_equal(world->ui.mode, UI_CONFIRM);
    world_pass(world, 1);
    assert_int_equal(world->ui.mode, UI_MAIN);
    world_keys(world, "y");
    assert_string_equal(world_sent(world), "");
    world_end(world);
}

static void a_late_y_is_too_late_even_before_the_tick(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, "x");
    world->us += (int64_t)UI_CONFIRM_MS * 1000; // the loop was busy: no tick came
    world_keys(world, "y");
    assert_string_equal(world_sent(world), "");
    world_end(world);
}

static void a_held_toggle_acts_once(void **state)
{
    (void)state;
    static const char *const held[] = {"t", "1", "2", "o", "f", "c"};
    for (size_t i = 0; i < sizeof held / sizeof *held; i++) {
        struct world *world = world_with(MANY_CHANNELS);
        world_pass(world, 1000);
        world_heartbeat(world);
        world_keys(world, held[i]);
        world_answer(world);
        size_t once = world->count;
        assert_int_equal(once, 1);
        world_pass(world, 500); // the terminal waits so long before it repeats
        for (int repeat = 0; repeat < 40; repeat++) {
            world_keys(world, held[i]);
            world_answer(world);
            world_pass(world, 33);
            if (repeat % 20 == 0)
                world_heartbeat(world);
        }
        assert_int_equal(world->count, once);
        assert_non_null(strstr(world->ui.hint, "held"));
        world_pass(world, ACTION_HELD_MS);
        world_heartbeat(world);
        world_keys(world, held[i]);
        assert_int_equal(world->count, once + 1);
        world_end(world);
    }
}

static void another_key_between_is_no_held_key(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, "t");
    world_answer(world);
    world_keys(world, "1");
    world_answer(world);
    world_keys(world, "t");
    assert_string_equal(world_sent(world), "led_toggle|led_toggle|led_toggle");
    world_end(world);
}

static void a_held_arrow_repeats_as_the_device_answers(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, "<Up>");
    world_answer(world);
    world_keys(world, "<Up>");
    world_answer(world);
    world_keys(world, "<Up>");
    assert_string_equal(world_sent(world), "tilt_up|tilt_up|tilt_up");
    world_keys(world, "<Up><Up><Up>"); // not answered yet: dropped without a word
    assert_string_equal(world_sent(world), "tilt_up|tilt_up|tilt_up");
    assert_string_equal(world->ui.hint, "");
    world_end(world);
}

static void hangul_says_that_the_keyboard_is_in_hangul_mode(void **state)
{
    (void)state;
    static const uint32_t jamo[] = {0x3131, 0x314f, 0x1100, 0xac00, 0xd7a3, 0xffa1};
    for (size_t i = 0; i < sizeof jamo / sizeof *jamo; i++) {
        struct world *world = world_with(MANY_CHANNELS);
        world_codepoint(world, jamo[i]);
        assert_string_equal(world->ui.hint, "keyboard is in Hangul mode (한/영)");
        assert_string_equal(world_sent(world), "");
        world_keys(world, ":");
        world_codepoint(world, jamo[i]); // in a line it is a letter
        assert_int_equal(world->ui.line.len, 3);
        world_end(world);
    }
}

static void keys_without_a_meaning_say_so(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, "z");
    assert_non_null(strstr(world->ui.hint, "?"));
    world_keys(world, "T");
    assert_non_null(strstr(world->ui.hint, "Caps Lock"));
    assert_string_equal(world_sent(world), "");
    world_end(world);
}

static void a_hint_goes_away(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    assert_true(ui_next_ms(&world->ui) == INT64_MAX);
    world_keys(world, "z");
    assert_true(ui_next_ms(&world->ui) == world->us / 1000 + UI_HINT_MS);
    world->effects = 0;
    world_pass(world, UI_HINT_MS);
    assert_string_equal(world->ui.hint, "");
    assert_int_equal(world->effects & UI_REDRAW, UI_REDRAW);
    world_end(world);
}

static void a_hint_goes_with_the_next_key(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, "z");
    assert_string_not_equal(world->ui.hint, "");
    assert_int_equal(world_keys(world, "<Up>") & UI_REDRAW, UI_REDRAW);
    assert_string_equal(world->ui.hint, "");
    world_keys(world, "x"); // the question stands until it is answered
    world_pass(world, 100);
    assert_int_equal(world->ui.mode, UI_CONFIRM);
    world_end(world);
}

static void presets_send_their_command_once(void **state)
{
    (void)state;
    static struct world world;
    static const struct ui_options options = {
        .presets = {{"<F5>", "look up", "tilt 20"}, {"v", "on", "led_on"}}, .preset_count = 2};
    world_begin(&world, &options);
    world_add(&world, "", MANY_CHANNELS);
    world_type(&world, ":status<Enter>");
    world_forget(&world);
    world_type(&world, "<F5>v");
    assert_string_equal(world_sent(&world), "tilt 20|led_on");
    world_keys(&world, "vvv");
    assert_string_equal(world_sent(&world), "tilt 20|led_on");
    struct footer_item items[ACTION_COUNT];
    size_t count = ui_footer(&world.ui, false, items, ACTION_COUNT);
    assert_string_equal(items[count - 2].keys, "F5");
    assert_string_equal(items[count - 2].label, "look up");
    world_end(&world);
}

static void focus_and_cursor_reports_are_no_keys(void **state)
{
    (void)state;
    static const enum key_code codes[] = {
        KEYCODE_NONE, KEYCODE_FOCUS_IN, KEYCODE_FOCUS_OUT, KEYCODE_CURSOR_AT};
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, "x");
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct key_event event = {.code = codes[i]};
        assert_int_equal(ui_key(&world->ui, &event, world->us / 1000), 0);
    }
    assert_int_equal(world->ui.mode, UI_CONFIRM);
    world_end(world);
}

static void a_modified_arrow_says_which_key_moves(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, "<S-Up>");
    assert_string_equal(world->ui.hint, "Shift-↑ does nothing: press ↑ alone");
    world_codepoint(world, 0xff4b); // a full-width k
    assert_non_null(strstr(world->ui.hint, "full-width"));
    world_codepoint(world, 0xa0);
    assert_non_null(strstr(world->ui.hint, "U+00A0"));
    world_codepoint(world, 0xe4);
    assert_non_null(strstr(world->ui.hint, "ä (U+00E4)"));
    world_keys(world, "<Insert>");
    assert_non_null(strstr(world->ui.hint, "Insert"));
    assert_string_equal(world_sent(world), "");
    world_end(world);
}

static void a_click_selects_a_channel_or_a_device(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_add(world, "lab", TILT_AND_LED);
    struct ui_hit lamp = {.device = -1, .channel = 3}, button = {.device = -1, .channel = 4};
    struct ui_hit lab = {.device = 1, .channel = -1}, nothing = {.device = -1, .channel = -1};
    ui_click(&world->ui, &lamp, world->us / 1000);
    assert_string_equal(world->ui.output, "lamp");
    assert_int_equal(world->ui.focus, SELECTION_OUTPUT);
    assert_int_equal(ui_click(&world->ui, &button, world->us / 1000), 0);
    assert_int_equal(ui_click(&world->ui, &nothing, world->us / 1000), 0);
    ui_click(&world->ui, &lab, world->us / 1000);
    assert_string_equal(world->ui.device, "lab");
    world_keys(world, "?");
    assert_int_equal(ui_click(&world->ui, &lamp, world->us / 1000), 0);
    assert_string_equal(world_sent(world), "");
    world_end(world);
}

static void a_click_on_a_gauge_asks_first(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    struct ui_hit hit = {.device = -1, .channel = 1, .on_gauge = true, .tenths = 231};
    ui_click(&world->ui, &hit, world->us / 1000);
    assert_int_equal(world->ui.mode, UI_CONFIRM);
    assert_string_equal(world->ui.question_text, "pan 23 on this device?");
    assert_string_equal(world_sent(world), "");
    world_keys(world, "y");
    assert_string_equal(world_sent(world), "pan 23");
    world_forget(world);
    hit.tenths = -17;
    ui_click(&world->ui, &hit, world->us / 1000);
    world_keys(world, "n");
    assert_string_equal(world_sent(world), "");
    world_end(world);
}

static void read_only_asks_for_no_angle(void **state)
{
    (void)state;
    static struct world world;
    static const struct ui_options options = {.read_only = true};
    struct ui_hit hit = {.device = -1, .channel = 0, .on_gauge = true};
    world_begin(&world, &options);
    world_add(&world, "", MANY_CHANNELS);
    ui_click(&world.ui, &hit, world.us / 1000);
    assert_int_equal(world.ui.mode, UI_MAIN);
    assert_non_null(strstr(world.ui.hint, "read-only"));
    world_end(&world);
}

static void a_device_that_is_gone_can_be_cleared_after_a_question(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, "D");
    assert_non_null(strstr(world->ui.hint, "still reports"));
    world_add(world, "lab", TILT_AND_LED);
    static const char will[] = "{\"v\":1,\"device\":\"lab\",\"online\":false,\"boot\":\"b0\"}";
    controller_status(world->controller, "jetson/lab/status", will, sizeof will - 1, false);
    world_keys(world, "nD");
    assert_int_equal(world->ui.mode, UI_CONFIRM);
    assert_string_equal(world->ui.question_text, "Clear the last report of lab from the broker?");
    assert_int_equal(world->cleared, 0);
    world_keys(world, "y");
    assert_int_equal(world->cleared, 2); // status and about
    world_end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(space_stops_in_every_mode),
        cmocka_unit_test(space_stops_again_however_fast_it_is_pressed),
        cmocka_unit_test(the_ideographic_space_stops_too),
        cmocka_unit_test(ctrl_c_leaves_ctrl_l_repaints_and_ctrl_z_suspends_in_every_mode),
        cmocka_unit_test(x_and_y_put_everything_safe),
        cmocka_unit_test(any_other_key_cancels_and_does_nothing_else),
        cmocka_unit_test(five_seconds_cancel),
        cmocka_unit_test(a_late_y_is_too_late_even_before_the_tick),
        cmocka_unit_test(a_held_toggle_acts_once),
        cmocka_unit_test(another_key_between_is_no_held_key),
        cmocka_unit_test(a_held_arrow_repeats_as_the_device_answers),
        cmocka_unit_test(hangul_says_that_the_keyboard_is_in_hangul_mode),
        cmocka_unit_test(keys_without_a_meaning_say_so),
        cmocka_unit_test(a_hint_goes_away),
        cmocka_unit_test(a_hint_goes_with_the_next_key),
        cmocka_unit_test(presets_send_their_command_once),
        cmocka_unit_test(focus_and_cursor_reports_are_no_keys),
        cmocka_unit_test(a_modified_arrow_says_which_key_moves),
        cmocka_unit_test(a_click_selects_a_channel_or_a_device),
        cmocka_unit_test(a_click_on_a_gauge_asks_first),
        cmocka_unit_test(read_only_asks_for_no_angle),
        cmocka_unit_test(a_device_that_is_gone_can_be_cleared_after_a_question),
    };
    return cmocka_run_group_tests_name("ui", tests, NULL, NULL);
}
