// SPDX-License-Identifier: MIT
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "common/array.h"
#include "pc-tui/terminal/roles.h"

// The first 16 colours as xterm and Tango set them; the others are the same in every terminal.
static const struct palette {
    const char *name;
    uint32_t colors[16];
} palettes[] = {
    {"xterm", {0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5, 0x7f7f7f,
                  0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff}},
    {"Tango", {0x000000, 0xcc0000, 0x4e9a06, 0xc4a000, 0x3465a4, 0x75507b, 0x06989a, 0xd3d7cf, 0x555753,
                  0xef2929, 0x8ae234, 0xfce94f, 0x729fcf, 0xad7fa8, 0x34e2e2, 0xeeeeec}},
};

static uint32_t color_of(const struct palette *palette, int entry)
{
    static const unsigned levels[] = {0, 95, 135, 175, 215, 255};
    if (entry < 16)
        return palette->colors[entry];
    if (entry >= 232) {
        unsigned grey = 8 + 10 * ((unsigned)entry - 232);
        return grey << 16 | grey << 8 | grey;
    }
    unsigned cube = (unsigned)entry - 16;
    return levels[cube / 36] << 16 | levels[cube / 6 % 6] << 8 | levels[cube % 6];
}

static double linear(unsigned value)
{
    double v = value / 255.0;
    return v <= 0.03928 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
}

static double light(uint32_t rgb)
{
    return 0.2126 * linear(rgb >> 16 & 0xFF) + 0.7152 * linear(rgb >> 8 & 0xFF) + 0.0722 * linear(rgb & 0xFF);
}

static double contrast(uint32_t a, uint32_t b)
{
    double x = light(a) + 0.05, y = light(b) + 0.05;
    return x > y ? x / y : y / x;
}

static void check(const struct palette *palette, enum screen_role role, int colors,
    enum roles_background background, uint32_t behind)
{
    struct roles_look look = roles_look(role, colors, background);
    if (look.foreground == ROLES_OWN) // what the user chose for his terminal is readable for him
        return;
    assert_true(look.foreground < colors && look.background < colors);
    if (look.background != ROLES_OWN)
        behind = color_of(palette, look.background);
    double have = contrast(color_of(palette, look.foreground), behind);
    if (have < 4.5)
        fail_msg("role %d with %d colours on %06x in %s's palette: %.2f : 1", (int)role, colors, behind,
            palette->name, have);
}

static void every_word_is_readable_on_black_and_on_white(void **state)
{
    (void)state;
    static const int colors[] = {8, 16, 256};
    for (size_t p = 0; p < ARRAY_LENGTH(palettes); p++)
        for (size_t c = 0; c < ARRAY_LENGTH(colors); c++)
            for (enum screen_role role = 0; role < ROLE_COUNT; role++) {
                check(&palettes[p], role, colors[c], ROLES_UNKNOWN, 0x000000);
                check(&palettes[p], role, colors[c], ROLES_UNKNOWN, 0xffffff);
                check(&palettes[p], role, colors[c], ROLES_DARK, 0x000000);
                check(&palettes[p], role, colors[c], ROLES_LIGHT, 0xffffff);
            }
}

static void stop_is_white_on_red_by_numbers_that_no_palette_changes(void **state)
{
    (void)state;
    for (enum roles_background background = ROLES_UNKNOWN; background <= ROLES_LIGHT; background++) {
        struct roles_look look = roles_look(ROLE_STOP, 256, background);
        assert_int_equal(look.foreground, 231);
        assert_int_equal(look.background, 160);
    }
    assert_true(roles_look(ROLE_STOP, 8, ROLES_UNKNOWN).attributes & ROLES_REVERSE);
    assert_true(roles_look(ROLE_STOP, 0, ROLES_UNKNOWN).attributes & ROLES_REVERSE);
}

static void fewer_than_eight_colours_are_none(void **state)
{
    (void)state;
    for (enum screen_role role = 0; role < ROLE_COUNT; role++) {
        assert_int_equal(roles_look(role, 0, ROLES_UNKNOWN).foreground, ROLES_OWN);
        assert_int_equal(roles_look(role, 2, ROLES_LIGHT).background, ROLES_OWN);
    }
}

static void wrong_and_stop_stand_out_in_every_scheme(void **state)
{
    (void)state;
    static const int colors[] = {0, 8, 16, 256};
    static const enum screen_role loud[] = {ROLE_WRONG, ROLE_STOP, ROLE_ALARM};
    for (size_t c = 0; c < ARRAY_LENGTH(colors); c++)
        for (enum roles_background background = ROLES_UNKNOWN; background <= ROLES_LIGHT; background++)
            for (size_t r = 0; r < ARRAY_LENGTH(loud); r++) {
                struct roles_look look = roles_look(loud[r], colors[c], background);
                assert_true(look.attributes != 0 || look.foreground != ROLES_OWN);
            }
}

static void backgrounds_are_dark_or_light_as_eyes_see_them(void **state)
{
    (void)state;
    assert_int_equal(roles_background_of(0x000000), ROLES_DARK);
    assert_int_equal(roles_background_of(0x300a24), ROLES_DARK); // Ubuntu
    assert_int_equal(roles_background_of(0x002b36), ROLES_DARK); // Solarized dark
    assert_int_equal(roles_background_of(0x0000ff), ROLES_DARK);
    assert_int_equal(roles_background_of(0xfdf6e3), ROLES_LIGHT); // Solarized light
    assert_int_equal(roles_background_of(0xffffff), ROLES_LIGHT);
    assert_int_equal(roles_background_of(0xffff00), ROLES_LIGHT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_is_readable_on_black_and_on_white),
        cmocka_unit_test(stop_is_white_on_red_by_numbers_that_no_palette_changes),
        cmocka_unit_test(fewer_than_eight_colours_are_none),
        cmocka_unit_test(wrong_and_stop_stand_out_in_every_scheme),
        cmocka_unit_test(backgrounds_are_dark_or_light_as_eyes_see_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
