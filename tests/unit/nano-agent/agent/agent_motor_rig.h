// SPDX-License-Identifier: MIT
// An agent with the motor `drive`, as a controller commands it.
#ifndef TESTS_AGENT_MOTOR_RIG_H
#define TESTS_AGENT_MOTOR_RIG_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/nano-agent/agent/agent_rig.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, prepare, finish)
#define HERE(rig)  struct rig *(rig) = *state

static inline int prepare(void **state)
{
    struct rig *rig = rig_new();
    rig_add(rig, "drive", CHANNEL_MOTOR)->axis = AXIS_DRIVE;
    *state = rig;
    return 0;
}

static inline int finish(void **state)
{
    rig_free(*state);
    return 0;
}

static inline int emitted(struct rig *rig, const char *name)
{
    return rig_hardware(rig, name)->permille;
}

// A command as a controller sends it; stops < 0: without that key.
static inline enum protocol_result control(struct rig *rig, const char *text, const char *id, int64_t stops)
{
    char payload[PROTOCOL_COMMAND_MAX + 1];
    int len = protocol_format_envelope(
        payload, sizeof payload, text, id, RIG_BOOT, rig_boot_ms(rig) + PROTOCOL_TTL_MS, stops);
    assert_true(len > 0);
    return rig_send(rig, payload);
}

#endif
