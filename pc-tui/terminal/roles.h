// SPDX-License-Identifier: MIT
// How text looks depends on what it says: one table of roles × schemes. Pure.
//
// Words are readable on every background: at least 4.5 : 1 in contrast on black and on white, in xterm's and in
// Tango's palette (WCAG 2's formula; tests/unit/pc-tui/terminal/test_roles.c computes it). Where no colour can
// promise that, the terminal's own foreground and an attribute stand for it.
#ifndef PC_TUI_ROLES_H
#define PC_TUI_ROLES_H

#include <stdint.h>

// A role says what a text is, and nothing about how it looks.
enum screen_role {
    ROLE_TEXT,   // the terminal's own colours
    ROLE_LABEL,  // quiet: labels, units, rulers, what is old
    ROLE_MOVING, // bold: what moves now
    ROLE_FOCUS,  // selected
    ROLE_LIVE,   // good: connected, live, ok, on
    ROLE_NOTICE, // deserves a look: stale, limit, others' commands
    ROLE_WRONG,  // failed: offline, no echo, refused
    ROLE_STOP,   // the STOP in the last row
    ROLE_ALARM,  // STOP NOT SENT
    ROLE_COUNT,
};

enum roles_background { ROLES_UNKNOWN, ROLES_DARK, ROLES_LIGHT };

enum { ROLES_BOLD = 1, ROLES_UNDERLINE = 2, ROLES_REVERSE = 4, ROLES_OWN = -1 };

struct roles_look {
    unsigned attributes; // of ROLES_BOLD, ROLES_UNDERLINE, ROLES_REVERSE
    short foreground;    // palette entry; ROLES_OWN: the terminal's own
    short background;
};

// colors: how many the terminal has; below 8 none is used.
struct roles_look roles_look(enum screen_role role, int colors, enum roles_background background);
// Tells whether a background, 0xRRGGBB, is dark or light.
enum roles_background roles_background_of(uint32_t rgb);

#endif
