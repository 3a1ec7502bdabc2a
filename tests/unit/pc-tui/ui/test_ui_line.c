// SPDX-License-Identifier: MIT
// What is typed in a text line moves nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/pc-tui/ui/ui_world.h"

static void space_in_a_line_types_a_blank_and_sends_nothing_while_all_is_quiet(void **state)
{
    (void)state;
    static const char *const openings[] = {":", "/", "?/"};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        struct world *world = world_with(MANY_CHANNELS);
        world_keys(world, openings[i]);
        world_keys(world, "a<Space>b");
        world_codepoint(world, 0x3000);
        assert_string_equal(world->ui.line.text, "a b ");
        assert_string_equal(world_sent(world), "");
        world_end(world);
    }
}

static void space_in_a_line_also_stops_while_motion_is_unanswered(void **state)
{
    (void)state;
    static const char *const openings[] = {":", "/", "?/"};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        struct world *world = world_with(MANY_CHANNELS);
        world_keys(world, "<Up>");
        world_keys(world, openings[i]);
        world_keys(world, "a<Space>");
        assert_string_equal(world->ui.line.text, "a ");
        assert_string_equal(world_sent(world), "tilt_up|stop");
        world_end(world);
    }
}

static void space_in_a_line_also_stops_while_something_of_ours_moves(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, "<Up>");
    world->devices[0].moving = true;
    world_answer(world);
    world_keys(world, ":<Space>");
    assert_string_equal(world->ui.line.text, " ");
    assert_string_equal(world_sent(world), "tilt_up|stop");
    world_end(world);
}

static void pasted_spaces_only_insert(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, "<Up>:");
    world_paste(world, "a b c");
    assert_string_equal(world->ui.line.text, "a b c");
    assert_string_equal(world_sent(world), "tilt_up");
    world_end(world);
}

static void a_pasted_line_end_sends_nothing(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, ":");
    world_paste(world, "tilt\n20\n");
    assert_int_equal(world->ui.mode, UI_COMMAND);
    assert_string_equal(world->ui.line.text, "tilt 20 ");
    assert_string_equal(world_sent(world), "");
    world_type(world, "<Enter>");
    assert_string_equal(world_sent(world), "tilt 20");
    world_end(world);
}

static void a_paste_outside_a_line_is_discarded_with_a_notice(void **state)
{
    (void)state;
    static const char *const openings[] = {"", "?", "x"};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        struct world *world = world_with(MANY_CHANNELS);
        world_keys(world, openings[i]);
        world_paste(world, "y kkk t 1 q");
        assert_string_equal(world_sent(world), "");
        assert_int_not_equal(world->ui.mode, UI_CONFIRM);
        assert_non_null(strstr(world->ui.hint, "pasted"));
        world_end(world);
    }
}

static void arrows_move_nothing_in_line_and_help(void **state)
{
    (void)state;
    static const char *const openings[] = {":", "/", "?", "?/"};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        struct world *world = world_with(MANY_CHANNELS);
        world_type(world, openings[i]);
        enum ui_mode mode = world->ui.mode;
        world_type(world, "<Up><Down><Left><Right><PageUp><PageDown><Home><End><S-Up><C-Left>");
        assert_string_equal(world_sent(world), "");
        assert_int_equal(world->ui.mode, mode);
        world_end(world);
    }
}

static void letters_move_nothing_in_line_and_help(void **state)
{
    (void)state;
    static const char *const openings[] = {":", "/", "?", "?/"};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        struct world *world = world_with(MANY_CHANNELS);
        world_type(world, openings[i]);
        world_type(world, "kjhlcoft1+-xy[]anp");
        assert_string_equal(world_sent(world), "");
        world_end(world);
    }
}

static void escape_closes_the_topmost_and_never_quits(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_add(world, "nano", MANY_CHANNELS);
    world_type(world, "/tilt<Enter>a?/stop");
    assert_int_equal(world->ui.mode, UI_HELP_SEARCH);
    world_type(world, "<Esc>");
    assert_int_equal(world->ui.mode, UI_HELP);
    world_type(world, "<Esc>");
    assert_int_equal(world->ui.mode, UI_MAIN);
    assert_true(world->ui.all);
    world_type(world, "<Esc>");
    assert_false(world->ui.all);
    assert_string_equal(world->ui.filter, "tilt");
    world_type(world, "<Esc>");
    assert_string_equal(world->ui.filter, "");
    world_type(world, ":tilt<Esc>");
    assert_int_equal(world->ui.mode, UI_MAIN);
    world_type(world, "<Esc><Esc><Esc>");
    assert_int_equal(world->effects & UI_LEAVE, 0);
    assert_string_equal(world_sent(world), "");
    world_end(world);
}

static void q_leaves_from_main_and_closes_help(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    assert_int_equal(world_keys(world, "?q") & UI_LEAVE, 0);
    assert_int_equal(world->ui.mode, UI_MAIN);
    assert_int_equal(world_keys(world, ":q<Esc>/q<Esc>") & UI_LEAVE, 0);
    assert_int_equal(world_keys(world, "q") & UI_LEAVE, UI_LEAVE);
    world_end(world);
}

static void enter_sends_the_line_and_keeps_it_for_later(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_type(world, ":  tilt 20  <Enter>");
    assert_string_equal(world_sent(world), "tilt 20");
    assert_int_equal(world->ui.mode, UI_MAIN);
    assert_int_equal(world->effects & UI_HISTORY, UI_HISTORY);
    world_forget(world);
    world_type(world, ":led_on<Enter>:dra<Up><Up>");
    assert_string_equal(world->ui.line.text, "tilt 20");
    world_type(world, "<Down><Down>");
    assert_string_equal(world->ui.line.text, "dra");
    world_type(world, "<C-p><Enter>");
    assert_string_equal(world_sent(world), "led_on|led_on");
    world_forget(world);
    world_type(world, ":<Enter>:   <Enter>");
    assert_string_equal(world_sent(world), "");
    assert_int_equal(world->effects & UI_HISTORY, 0);
    world_end(world);
}

static void a_line_that_says_stop_stops_and_says_that_it_is_no_command(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    static const char *const lines[] = {":stop!<Enter>", ":STOP now<Enter>", ":tilt stop<Enter>",
        ":{\"cmd\":\"stop\"}<Enter>", ":stop_all<Enter>"};
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        world_forget(world);
        world_keys(world, lines[i]);
        assert_string_equal(world_sent(world), "stop");
        assert_non_null(strstr(world->ui.hint, "taken as STOP"));
        world_answer(world);
        world_pass(world, 1000);
    }
    world_forget(world);
    world_keys(world, ":nonstop<Enter>");
    assert_string_equal(world_sent(world), "");
    world_end(world);
}

static void tab_completes_what_the_device_offers(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_type(world, ":led_t<Tab>");
    assert_string_equal(world->ui.line.text, "led_toggle");
    world_type(world, "<C-u>pa<Tab>");
    assert_string_equal(world->ui.line.text, "pan");
    assert_true(world->ui.offered.count > 3);
    world_type(world, "<Tab>");
    char first[64];
    snprintf(first, sizeof first, "%.63s", world->ui.line.text);
    world_type(world, "<Tab>");
    assert_string_not_equal(world->ui.line.text, first);
    world_type(world, "<S-Tab>");
    assert_string_equal(world->ui.line.text, first);
    world_type(world, "x");
    assert_int_equal(world->ui.offered.count, 0);
    world_type(world, "<C-u>nonsense<Tab>");
    assert_string_equal(world->ui.line.text, "nonsense");
    assert_string_equal(world_sent(world), "");
    world_end(world);
}

static void the_command_line_knows_this_programs_own_actions(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_type(world, ":step-larger<Enter>");
    assert_int_equal(world->ui.step, 10);
    world_type(world, ":help<Enter>");
    assert_int_equal(world->ui.mode, UI_HELP);
    world_type(world, "q:stop<Enter>");
    assert_string_equal(world_sent(world), "stop");
    world_type(world, ":quit<Enter>");
    assert_int_equal(world->effects & UI_LEAVE, UI_LEAVE);
    world_end(world);
}

static void the_line_edits_whole_characters(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_keys(world, ":aé한x<Left><Left><Backspace>");
    assert_string_equal(world->ui.line.text, "a한x");
    world_keys(world, "<Delete>");
    assert_string_equal(world->ui.line.text, "ax");
    world_keys(world, "<Home>é<End>é");
    assert_string_equal(world->ui.line.text, "éaxé");
    world_keys(world, "<C-a><Right><C-k>");
    assert_string_equal(world->ui.line.text, "é");
    world_keys(world, "<C-u>one two<C-w>");
    assert_string_equal(world->ui.line.text, "one ");
    world_keys(world, "<C-u><Backspace><Backspace>");
    assert_int_equal(world->ui.mode, UI_COMMAND);
    world_codepoint(world, 0x202e); // bidi controls are no text
    world_codepoint(world, 0x1b);
    world_codepoint(world, 0xd800);
    assert_string_equal(world->ui.line.text, "");
    for (int i = 0; i < 2 * LINE_SIZE; i++)
        world_codepoint(world, 0xd55c);
    assert_true(world->ui.line.len < LINE_SIZE);
    assert_int_equal(world->ui.line.len % 3, 0);
    world_end(world);
}

static void the_filter_works_while_it_is_typed(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    assert_true(ui_filter_passes(&world->ui, "anything"));
    world_keys(world, "/LED");
    assert_true(ui_filter_passes(&world->ui, "12:00 led_on ok"));
    assert_false(ui_filter_passes(&world->ui, "tilt_up"));
    world_keys(world, "<Enter>");
    assert_int_equal(world->ui.mode, UI_MAIN);
    assert_string_equal(world->ui.filter, "LED");
    world_keys(world, "/");
    assert_string_equal(world->ui.line.text, "LED");
    world_keys(world, "<Esc>");
    assert_string_equal(world->ui.filter, "");
    world_end(world);
}

static void page_keys_scroll_the_events_and_what_is_read_stays(void **state)
{
    (void)state;
    struct world *world = world_with(MANY_CHANNELS);
    world_type(world, "<PageUp>");
    assert_true(world->ui.events_back < journal_count(&world->model->journal)); // never beyond the oldest
    world_type(world, "<PageDown>");
    for (int i = 0; i < 20; i++)
        world_type(world, "<Up>");
    world_type(world, "<PageUp>");
    size_t back = world->ui.events_back;
    assert_true(back > 0);
    world_type(world, "o"); // one more event
    assert_int_equal(world->ui.events_back, back + 1);
    world_type(world, "<PageDown><PageDown><PageDown>");
    assert_int_equal(world->ui.events_back, 0);
    world_end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(space_in_a_line_types_a_blank_and_sends_nothing_while_all_is_quiet),
        cmocka_unit_test(space_in_a_line_also_stops_while_motion_is_unanswered),
        cmocka_unit_test(space_in_a_line_also_stops_while_something_of_ours_moves),
        cmocka_unit_test(pasted_spaces_only_insert),
        cmocka_unit_test(a_pasted_line_end_sends_nothing),
        cmocka_unit_test(a_paste_outside_a_line_is_discarded_with_a_notice),
        cmocka_unit_test(arrows_move_nothing_in_line_and_help),
        cmocka_unit_test(letters_move_nothing_in_line_and_help),
        cmocka_unit_test(escape_closes_the_topmost_and_never_quits),
        cmocka_unit_test(q_leaves_from_main_and_closes_help),
        cmocka_unit_test(enter_sends_the_line_and_keeps_it_for_later),
        cmocka_unit_test(a_line_that_says_stop_stops_and_says_that_it_is_no_command),
        cmocka_unit_test(tab_completes_what_the_device_offers),
        cmocka_unit_test(the_command_line_knows_this_programs_own_actions),
        cmocka_unit_test(the_line_edits_whole_characters),
        cmocka_unit_test(the_filter_works_while_it_is_typed),
        cmocka_unit_test(page_keys_scroll_the_events_and_what_is_read_stays),
    };
    return cmocka_run_group_tests_name("ui_line", tests, NULL, NULL);
}
