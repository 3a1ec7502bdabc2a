// SPDX-License-Identifier: MIT
// Poses from the command line: run by name, and `pose save NAME`.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/pc-tui/ui/ui_world.h"

// The braces close `channels` and open a key that nobody knows.
static const char WITH_POSES[] =
    "\"tilt\":{\"kind\":\"servo\",\"axis\":\"tilt\",\"deg\":0,\"target\":-12.5,\"min\":-45,\"max\":45,\"step\":5,"
    "\"speed\":120,\"moving\":%s,\"driven\":true},"
    "\"roll\":{\"kind\":\"servo\",\"deg\":7,\"target\":7,\"min\":-45,\"max\":45,\"step\":5,\"speed\":120,"
    "\"moving\":false,\"driven\":false},"
    "\"led\":{\"kind\":\"switch\",\"on\":true},\"a_lamp_with_a_long_name\":{\"kind\":\"dimmer\",\"on\":true,\"percent\":40},"
    "\"another_lamp\":{\"kind\":\"dimmer\",\"on\":false,\"percent\":0},"
    "\"button\":{\"kind\":\"input\",\"on\":false}},\"poses\":[\"home\",\"look_ahead\"],\"x\":{";
static const char ONLY_AN_INPUT[] =
    "\"button\":{\"kind\":\"input\",\"on\":false},\"x\":{\"kind\":\"y\",\"z\":%s}";

static const char *event(const struct world *world, size_t back)
{
    const struct journal_event *at = journal_at(&world->model->journal, back);
    assert_non_null(at);
    return at->text;
}

static void a_pose_is_sent_as_the_command_that_it_is(void **state)
{
    (void)state;
    struct world *world = world_with(WITH_POSES);
    world_keys(world, ":look_ahead<Enter>");
    assert_string_equal(world_sent(world), "look_ahead");
    assert_true(world->published[world->count - 1].command.has_by);
    world_end(world);
}

static void tab_completes_a_pose(void **state)
{
    (void)state;
    struct world *world = world_with(WITH_POSES);
    world_keys(world, ":look<Tab>");
    assert_string_equal(world->ui.line.text, "look_ahead");
    world_keys(world, "<Esc>:pos<Tab>");
    assert_string_equal(world->ui.line.text, "pose ");
    world_keys(world, "<Tab>");
    assert_string_equal(world->ui.line.text, "pose save ");
    world_end(world);
}

static void pose_save_shows_the_lines_for_the_configuration_and_sends_nothing(void **state)
{
    (void)state;
    struct world *world = world_with(WITH_POSES);
    world_keys(world, ":pose save here<Enter>");
    assert_string_equal(event(world, 1), "pose here {  tilt = -12.5  led = on");
    assert_string_equal(event(world, 0), "  a_lamp_with_a_long_name = 40  another_lamp = off  }");
    assert_false(world->ui.hint_is_problem);
    assert_string_equal(world_sent(world), "");
    world_keys(world, ":pose save home<Enter>"); // it may replace one that there is
    assert_false(world->ui.hint_is_problem);
    world_end(world);
}

static void what_cannot_be_the_name_of_a_pose_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {{"pose", "pose save NAME"}, {"pose save", "pose save NAME"},
        {"pose keep x", "pose save NAME"}, {"pose save led", "given twice"},
        {"pose save tilt_up", "command of servo tilt"}, {"pose save full_stop", "says stop"},
        {"pose save a b", "no channel name"}, {"pose save move", "is a command"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct world *world = world_with(WITH_POSES);
        world_keys(world, ":");
        world_paste(world, wrong[i][0]);
        world_keys(world, "<Enter>");
        if (!world->ui.hint_is_problem || !strstr(world->ui.hint, wrong[i][1]))
            fail_msg("%s: %s", wrong[i][0], world->ui.hint);
        assert_string_equal(world_sent(world), "");
        world_end(world);
    }
}

static void where_nothing_could_be_set_there_is_no_pose(void **state)
{
    (void)state;
    struct world *world = world_with(ONLY_AN_INPUT);
    world_keys(world, ":pose save here<Enter>");
    assert_non_null(strstr(world->ui.hint, "nothing is set here"));
    world_end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pose_is_sent_as_the_command_that_it_is),
        cmocka_unit_test(tab_completes_a_pose),
        cmocka_unit_test(pose_save_shows_the_lines_for_the_configuration_and_sends_nothing),
        cmocka_unit_test(what_cannot_be_the_name_of_a_pose_is_refused),
        cmocka_unit_test(where_nothing_could_be_set_there_is_no_pose),
    };
    return cmocka_run_group_tests_name("ui_pose", tests, NULL, NULL);
}
