// SPDX-License-Identifier: MIT
#include "pc-tui/terminal/roles.h"

enum scheme {
    MONO,
    FEW_UNKNOWN, // 8 or 16 colours, whose real values every user may have set
    FEW_DARK,
    FEW_LIGHT,
    MANY_UNKNOWN, // 256 colours: from 16 on they are the same everywhere
    MANY_DARK,
    MANY_LIGHT,
    SCHEMES
};

#define OWN       ROLES_OWN
#define BOLD      ROLES_BOLD
#define UNDERLINE ROLES_UNDERLINE
#define REVERSE   ROLES_REVERSE

static const struct roles_look looks[ROLE_COUNT][SCHEMES] = {
    [ROLE_TEXT] = {{0, OWN, OWN}, {0, OWN, OWN}, {0, OWN, OWN}, {0, OWN, OWN}, {0, OWN, OWN}, {0, OWN, OWN},
        {0, OWN, OWN}},
    [ROLE_LABEL] = {{0, OWN, OWN}, {0, OWN, OWN}, {0, OWN, OWN}, {0, OWN, OWN}, {0, 243, OWN}, {0, 245, OWN},
        {0, 240, OWN}},
    [ROLE_MOVING] = {{BOLD, OWN, OWN}, {BOLD, OWN, OWN}, {BOLD, OWN, OWN}, {BOLD, OWN, OWN}, {BOLD, OWN, OWN},
        {BOLD, OWN, OWN}, {BOLD, OWN, OWN}},
    [ROLE_FOCUS] = {{UNDERLINE, OWN, OWN}, {UNDERLINE, OWN, OWN}, {0, 6, OWN}, {UNDERLINE, OWN, OWN},
        {0, 63, OWN}, {0, 44, OWN}, {0, 24, OWN}},
    [ROLE_LIVE] = {{0, OWN, OWN}, {0, OWN, OWN}, {0, 2, OWN}, {0, OWN, OWN}, {0, 29, OWN}, {0, 40, OWN},
        {0, 22, OWN}},
    [ROLE_NOTICE] = {{BOLD, OWN, OWN}, {BOLD, OWN, OWN}, {0, 3, OWN}, {BOLD, OWN, OWN}, {BOLD, OWN, OWN},
        {0, 214, OWN}, {0, 94, OWN}},
    [ROLE_WRONG] = {{BOLD | UNDERLINE, OWN, OWN}, {BOLD | UNDERLINE, OWN, OWN}, {BOLD | UNDERLINE, OWN, OWN},
        {BOLD, 1, OWN}, {0, 131, OWN}, {0, 203, OWN}, {0, 124, OWN}},
    [ROLE_STOP] = {{REVERSE, OWN, OWN}, {REVERSE, OWN, OWN}, {REVERSE, OWN, OWN}, {REVERSE, OWN, OWN},
        {0, 231, 160}, {0, 231, 160}, {0, 231, 160}},
    [ROLE_ALARM] = {{BOLD | REVERSE, OWN, OWN}, {BOLD | REVERSE, OWN, OWN}, {BOLD | REVERSE, OWN, OWN},
        {BOLD | REVERSE, OWN, OWN}, {BOLD, 231, 160}, {BOLD, 231, 160}, {BOLD, 231, 160}},
};

struct roles_look roles_look(enum screen_role role, int colors, enum roles_background background)
{
    enum scheme scheme = MONO;
    if (colors >= 8)
        scheme = (colors >= 256 ? MANY_UNKNOWN : FEW_UNKNOWN) + (enum scheme)background;
    return looks[role][scheme];
}

enum roles_background roles_background_of(uint32_t rgb)
{
    // The middle between black and white, for eyes, lies at about a fifth of white's light: BT.709's weights on
    // squared values are near enough.
    unsigned red = rgb >> 16 & 0xFF, green = rgb >> 8 & 0xFF, blue = rgb & 0xFF;
    unsigned light = (2126 * red * red + 7152 * green * green + 722 * blue * blue) / 10000;
    return light < 255 * 255 / 5 ? ROLES_DARK : ROLES_LIGHT;
}
