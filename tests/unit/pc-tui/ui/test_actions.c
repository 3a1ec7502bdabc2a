// SPDX-License-Identifier: MIT
// The table of actions, and that everything which speaks of keys says what it says.
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/protocol/vocabulary.h"
#include "pc-tui/keys/key.h"
#include "pc-tui/ui/actions.h"

enum { FILE_MAX = 64 * 1024, ROW_SIZE = 512 };
static const unsigned everything = ~0u;
static const struct footer_names names = {.step = 5,
    .speed = 40,
    .tilt = "tilt",
    .pan = "pan",
    .output = "led",
    .dimmer = "lamp",
    .motor = "drive",
    .steer = "wheel"};

static char *read_source(const char *path)
{
    char full[1024];
    snprintf(full, sizeof full, "%s/%s", SOURCE_DIR, path);
    FILE *file = fopen(full, "re");
    if (!file)
        fail_msg("%s cannot be read", full);
    char *text = calloc(1, FILE_MAX);
    assert_non_null(text);
    size_t len = fread(text, 1, FILE_MAX - 1, file);
    assert_true(len > 0 && len < FILE_MAX - 1);
    fclose(file);
    return text;
}

static void every_action_has_a_name_keys_and_a_help_line(void **state)
{
    (void)state;
    for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
        const struct action_info *info = actions_info((enum action)id);
        if (info->id != (enum action)id)
            fail_msg("action %d is not in the table", id);
        assert_true(strlen(info->name) > 0);
        assert_true(strlen(info->keys) > 0);
        assert_true(strlen(info->help) > 7);
        assert_true(strlen(info->help) <= 62); // help fits 80 columns beside the keys
        assert_int_not_equal(info->help[strlen(info->help) - 1], '.');
        assert_true((unsigned)info->group < GROUP_COUNT);
        assert_true(strlen(actions_group_name(info->group)) > 0);
    }
    assert_string_equal(actions_info(ACTION_NONE)->name, "");
    assert_string_equal(actions_info(ACTION_COUNT)->keys, "");
}

static void every_name_is_unique_and_found(void **state)
{
    (void)state;
    for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++)
        assert_int_equal(actions_by_name(actions_info((enum action)id)->name), id);
    assert_int_equal(actions_by_name("nonsense"), ACTION_NONE);
    assert_int_equal(actions_by_name(""), ACTION_NONE);
}

static void every_key_is_unique_and_written_in_the_notation_of_input(void **state)
{
    (void)state;
    for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
        char keys[ACTION_KEYS_SIZE];
        snprintf(keys, sizeof keys, "%s", actions_info((enum action)id)->keys);
        char *rest = keys;
        for (char *key = strsep(&rest, " "); key; key = strsep(&rest, " ")) {
            struct key_event event;
            char written[KEY_NAME_SIZE];
            if (key_parse(key, &event) < 0)
                fail_msg("%s is no key", key);
            assert_string_equal(key_format(written, &event), key);
            // A key bound twice would find the other one. Only a car's may be shared.
            unsigned have = id == ACTION_ALL_DEVICES ? 0 : NEED_STEER;
            assert_int_equal(actions_by_key(key, have), id);
        }
    }
    assert_int_equal(actions_by_key("", 0), ACTION_NONE);
    assert_int_equal(actions_by_key("<F12>", 0), ACTION_NONE);
    assert_int_equal(actions_by_key("k ", 0), ACTION_NONE);
    assert_int_equal(actions_by_key("<U", 0), ACTION_NONE);
}

static void no_action_has_a_name_that_a_device_could_understand(void **state)
{
    (void)state;
    for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
        const char *name = actions_info((enum action)id)->name;
        char why[PROTOCOL_WHY_SIZE];
        // Without a hyphen it could be the word of a channel; `help` and the like are bare names, which are
        // no words: a servo's name is one only with a number.
        if (id != ACTION_STOP && !strchr(name, '-'))
            assert_int_equal(protocol_check_name(name, why), 0);
        if (id != ACTION_STOP)
            assert_null(strchr(name, '_'));
    }
}

static void only_arrows_step_keys_and_dimmer_keys_repeat(void **state)
{
    (void)state;
    static const enum action repeating[] = {ACTION_TILT_UP, ACTION_TILT_DOWN, ACTION_PAN_LEFT,
        ACTION_PAN_RIGHT, ACTION_STEP_SMALLER, ACTION_STEP_LARGER, ACTION_BRIGHTER, ACTION_DARKER,
        ACTION_FORWARD, ACTION_BACKWARD, ACTION_STEER_LEFT, ACTION_STEER_RIGHT, ACTION_SLOWER, ACTION_FASTER};
    for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
        bool expected = false;
        for (size_t i = 0; i < sizeof repeating / sizeof *repeating; i++)
            expected = expected || repeating[i] == (enum action)id;
        assert_int_equal(actions_info((enum action)id)->repeat == REPEAT_ACTS, expected);
    }
    assert_int_equal(actions_info(ACTION_TOGGLE)->repeat, REPEAT_HELD);
    assert_int_equal(actions_info(ACTION_TOGGLE_NTH)->repeat, REPEAT_HELD);
    assert_int_equal(actions_info(ACTION_STOP)->repeat, REPEAT_HARMLESS);
}

static void stop_is_enabled_whatever_is_missing(void **state)
{
    (void)state;
    assert_true(actions_enabled(ACTION_STOP, 0));
    assert_true(actions_enabled(ACTION_QUIT, 0));
    assert_true(actions_enabled(ACTION_HELP, 0));
    assert_string_equal(actions_why_not(ACTION_STOP, 0), "");
}

static void read_only_refuses_every_action_that_commands(void **state)
{
    (void)state;
    unsigned have = everything & ~(unsigned)NEED_CONTROL;
    for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
        enum action action = (enum action)id;
        bool commands =
            (actions_info(action)->group == GROUP_MOVE || actions_info(action)->group == GROUP_SWITCH) &&
            action != ACTION_STOP && action != ACTION_STEP_SMALLER && action != ACTION_STEP_LARGER &&
            action != ACTION_SLOWER && action != ACTION_FASTER;
        commands = commands || action == ACTION_RETIRE;
        assert_int_equal(actions_enabled(action, have), !commands);
        if (commands)
            assert_string_equal(actions_why_not(action, have), "read-only: only SPACE is sent");
    }
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
        enum action action = (enum action)id;
        assert_true(actions_enabled(action, everything));
        assert_string_equal(actions_why_not(action, everything), "");
        for (unsigned bit = 1; bit != 0 && bit <= NEED_STEER; bit <<= 1)
            if (actions_info(action)->needs & bit) {
                assert_false(actions_enabled(action, everything & ~bit));
                assert_true(strlen(actions_why_not(action, everything & ~bit)) > 0);
            }
    }
    // Without a pan servo the hint says so and names ?.
    assert_non_null(strstr(actions_why_not(ACTION_PAN_LEFT, everything & ~(unsigned)NEED_PAN), "pan servo"));
    assert_non_null(strstr(actions_why_not(ACTION_PAN_LEFT, everything & ~(unsigned)NEED_PAN), "?"));
}

static void keys_are_shown_as_people_write_them(void **state)
{
    (void)state;
    char out[ACTION_KEYS_SIZE];
    assert_string_equal(actions_show_key(out, "<Up>", false), "↑");
    assert_string_equal(actions_show_key(out, "<Up>", true), "Up");
    assert_string_equal(actions_show_key(out, "<C-l>", false), "Ctrl-L");
    assert_string_equal(actions_show_key(out, "<S-Tab>", false), "Shift-Tab");
    assert_string_equal(actions_show_key(out, "<Space>", false), "SPACE");
    assert_string_equal(actions_show_key(out, "<lt>", false), "<");
    assert_string_equal(actions_show_key(out, "<F5>", false), "F5");
    assert_string_equal(actions_show_key(out, "?", false), "?");
    assert_string_equal(actions_show_keys(out, ACTION_TILT_UP, false), "↑ k");
    assert_string_equal(actions_show_keys(out, ACTION_TOGGLE_NTH, true), "1-9");
}

static void ascii_shows_nothing_above_ascii(void **state)
{
    (void)state;
    struct footer_item items[ACTION_COUNT];
    char out[ACTION_KEYS_SIZE];
    for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
        for (const char *c = actions_show_keys(out, (enum action)id, true); *c; c++)
            assert_true(*c > 0x1f && *c < 0x7f);
        for (const char *c = actions_info((enum action)id)->help; *c; c++)
            assert_true(*c > 0x1f && *c < 0x7f);
    }
    size_t count = actions_footer(everything, &names, true, items, ACTION_COUNT);
    for (size_t i = 0; i < count; i++) {
        for (const char *c = items[i].keys; *c; c++)
            assert_true(*c > 0x1f && *c < 0x7f);
        for (const char *c = items[i].label; *c; c++)
            assert_true(*c > 0x1f && *c < 0x7f);
    }
}

static void assert_item(const struct footer_item *item, const char *keys, const char *label)
{
    assert_string_equal(item->keys, keys);
    assert_string_equal(item->label, label);
}

static void the_footer_has_every_key_that_acts_now(void **state)
{
    (void)state;
    struct footer_item items[ACTION_COUNT];
    unsigned have = NEED_DEVICE | NEED_SERVO | NEED_TILT | NEED_PAN | NEED_OUTPUT | NEED_CHANNEL |
                    NEED_CONTROL | NEED_DIMMER | NEED_DEVICES;
    static const char *const promised[][2] = {{"SPACE", "STOP"}, {"↑↓", "tilt"}, {"←→", "pan"},
        {"[ ]", "step 5°"}, {"c", "centre"}, {"o/f/t", "led"}, {"+ -", "lamp"}, {"x", "safe"},
        {"Tab", "channel"}, {"n/p", "device"}, {"g", "devices"}, {"A", "all"}, {":", "command"},
        {"/", "filter"}, {"?", "help"}, {"q", "quit"}};
    size_t count = actions_footer(have, &names, false, items, ACTION_COUNT);
    assert_int_equal(count, sizeof promised / sizeof *promised);
    for (size_t i = 0; i < count; i++)
        assert_item(&items[i], promised[i][0], promised[i][1]);
}

static void what_matters_most_is_left_out_last(void **state)
{
    (void)state;
    struct footer_item items[ACTION_COUNT];
    size_t count = actions_footer(everything, &names, false, items, ACTION_COUNT);
    int worth_of_tab = 0, worth_of_filter = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(i == 0 ? items[i].worth == 0 : items[i].worth > 0);
        if (strcmp(items[i].keys, "Tab") == 0)
            worth_of_tab = items[i].worth;
        if (strcmp(items[i].keys, "/") == 0)
            worth_of_filter = items[i].worth;
        assert_true(strlen(items[i].brief) <= strlen(items[i].label));
    }
    assert_true(worth_of_tab < worth_of_filter);
}

static void a_car_has_its_keys_in_the_footer(void **state)
{
    (void)state;
    struct footer_item items[ACTION_COUNT];
    unsigned have = NEED_DEVICE | NEED_MOTOR | NEED_STEER | NEED_CONTROL;
    size_t count = actions_footer(have, &names, false, items, ACTION_COUNT);
    assert_true(count > 3);
    assert_item(&items[1], "w/s", "drive");
    assert_item(&items[2], "a/d/e", "wheel");
    assert_item(&items[3], "< >", "speed 40 %");
    assert_string_equal(items[3].brief, "40 %");
}

static void a_means_all_devices_only_where_nothing_drives_or_steers(void **state)
{
    (void)state;
    assert_int_equal(actions_by_key("a", 0), ACTION_ALL_DEVICES);
    assert_int_equal(actions_by_key("a", NEED_MOTOR), ACTION_STEER_LEFT);
    assert_int_equal(actions_by_key("a", NEED_STEER), ACTION_STEER_LEFT);
    assert_int_equal(actions_by_key("A", NEED_MOTOR | NEED_STEER), ACTION_ALL_DEVICES);
    assert_int_equal(actions_by_key("A", 0), ACTION_ALL_DEVICES);
    assert_int_equal(actions_by_key("w", 0), ACTION_FORWARD); // and says that there is no motor
}

static void the_footer_names_the_real_servo(void **state)
{
    (void)state;
    struct footer_item items[ACTION_COUNT];
    struct footer_names arm = {
        .step = 20, .tilt = "arm", .pan = "", .output = "", .dimmer = "", .motor = "", .steer = ""};
    size_t count = actions_footer(NEED_DEVICE | NEED_TILT | NEED_CONTROL, &arm, true, items, ACTION_COUNT);
    assert_true(count > 2);
    assert_item(&items[1], "Up/Down", "arm");
    assert_item(&items[2], "[ ]", "step 20 deg");
    assert_string_equal(items[2].brief, "20 deg");
}

static void the_footer_shows_only_what_is_enabled_and_stop_always(void **state)
{
    (void)state;
    struct footer_item items[ACTION_COUNT];
    size_t count = actions_footer(0, &names, false, items, ACTION_COUNT);
    assert_item(&items[0], "SPACE", "STOP");
    for (size_t i = 0; i < count; i++) {
        assert_string_not_equal(items[i].label, "tilt");
        assert_string_not_equal(items[i].label, "try now");
    }
    count = actions_footer(NEED_DOWN, &names, false, items, ACTION_COUNT);
    bool offered = false;
    for (size_t i = 0; i < count; i++)
        offered = offered || strcmp(items[i].label, "try now") == 0;
    assert_true(offered);
    assert_int_equal(actions_footer(everything, &names, false, items, 1), 1);
    assert_item(&items[0], "SPACE", "STOP");
}

static void manual_row(char out[ROW_SIZE], enum action id)
{
    char keys[ACTION_KEYS_SIZE], escaped[2 * ACTION_KEYS_SIZE];
    size_t used = 0;
    actions_show_keys(keys, id, false);
    for (const char *c = keys; *c; c++) {
        if (strchr("*_\\[]<~.", *c))
            escaped[used++] = '\\';
        escaped[used++] = *c;
    }
    escaped[used] = '\0';
    snprintf(out, ROW_SIZE, "|  *%s*\n:  %s\n", escaped, actions_info(id)->help);
}

static void document_row(char out[ROW_SIZE], enum action id)
{
    char keys[ACTION_KEYS_SIZE], marked[4 * ACTION_KEYS_SIZE] = "";
    size_t used = 0;
    actions_show_keys(keys, id, false);
    char *rest = keys;
    for (char *key = strsep(&rest, " "); key; key = strsep(&rest, " "))
        used += (size_t)snprintf(marked + used, sizeof marked - used, "%s`%s`", used ? " " : "", key);
    snprintf(out, ROW_SIZE, "| %s | `%s` | %s |\n", marked, actions_info(id)->name, actions_info(id)->help);
}

static void assert_agrees(const char *path, const char *begin, const char *end, const char *mark,
    void (*row)(char out[ROW_SIZE], enum action id))
{
    char *text = read_source(path), expected[ROW_SIZE];
    char *at = strstr(text, begin);
    char *stop = at ? strstr(at + strlen(begin), end) : NULL;
    if (!stop) {
        fail_msg("%s has no \"%s\"", path, begin);
        return;
    }
    *stop = '\0';
    size_t rows = 0, missing = 0;
    for (int id = ACTION_NONE + 1; id < ACTION_COUNT; id++) {
        row(expected, (enum action)id);
        if (!strstr(at, expected)) {
            print_error("%s lacks:\n%s", path, expected);
            missing++;
        }
    }
    for (char *c = at; (c = strstr(c, mark)); c += strlen(mark))
        rows++;
    free(text);
    assert_int_equal(missing, 0);
    assert_int_equal(rows, ACTION_COUNT - 1); // and none that the table does not know
}

static void the_manual_page_says_what_the_table_says(void **state)
{
    (void)state;
    assert_agrees("pc-tui/pc-tui.1.scd", "# KEYS\n", "\n# ", "\n|  ", manual_row);
}

static void the_document_says_what_the_table_says(void **state)
{
    (void)state;
    assert_agrees("docs/pc-tui.md", "## Keys\n", "\n## ", "\n| `", document_row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_action_has_a_name_keys_and_a_help_line),
        cmocka_unit_test(every_name_is_unique_and_found),
        cmocka_unit_test(every_key_is_unique_and_written_in_the_notation_of_input),
        cmocka_unit_test(no_action_has_a_name_that_a_device_could_understand),
        cmocka_unit_test(only_arrows_step_keys_and_dimmer_keys_repeat),
        cmocka_unit_test(stop_is_enabled_whatever_is_missing),
        cmocka_unit_test(read_only_refuses_every_action_that_commands),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(keys_are_shown_as_people_write_them),
        cmocka_unit_test(ascii_shows_nothing_above_ascii),
        cmocka_unit_test(the_footer_has_every_key_that_acts_now),
        cmocka_unit_test(what_matters_most_is_left_out_last),
        cmocka_unit_test(a_car_has_its_keys_in_the_footer),
        cmocka_unit_test(a_means_all_devices_only_where_nothing_drives_or_steers),
        cmocka_unit_test(the_footer_names_the_real_servo),
        cmocka_unit_test(the_footer_shows_only_what_is_enabled_and_stop_always),
        cmocka_unit_test(the_manual_page_says_what_the_table_says),
        cmocka_unit_test(the_document_says_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
