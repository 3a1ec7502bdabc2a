// SPDX-License-Identifier: MIT
// For the tests of commands: one is parsed, and what became of it is looked at.
#ifndef TESTS_COMMAND_RIG_H
#define TESTS_COMMAND_RIG_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/protocol/protocol.h"
#include "common/text.h"

static struct protocol_command command;
static char why[PROTOCOL_WHY_SIZE];

static inline int parse_bytes(const char *payload, size_t len)
{
    memset(&command, 0x5a, sizeof command);
    memset(why, 0x5a, sizeof why);
    return protocol_parse_command(payload, len, &command, why);
}

static inline void assert_parses(const char *payload, const char *canonical)
{
    int rc = parse_bytes(payload, strlen(payload));
    if (rc != 0)
        print_error("%s: %s\n", payload, why);
    assert_int_equal(rc, 0);
    assert_string_equal(command.cmd, canonical);
    assert_string_equal(why, "");
}

static inline void assert_invalid_bytes(const char *payload, size_t len, const char *reason)
{
    int rc = parse_bytes(payload, len);
    if (rc == 0 || !strstr(why, reason))
        print_error("%.*s: %d, why: %s\n", (int)len, payload, rc, why);
    assert_int_equal(rc, -EINVAL);
    assert_non_null(strstr(why, reason));
    assert_true(text_is_utf8(why, strlen(why)));
    assert_true(text_is_utf8(command.cmd, strlen(command.cmd)));
    assert_string_equal(command.word, "");
    assert_false(command.has_number);
    assert_false(protocol_is_stop(&command));
}

static inline void assert_invalid(const char *payload, const char *reason)
{
    assert_invalid_bytes(payload, strlen(payload), reason);
}

#endif
