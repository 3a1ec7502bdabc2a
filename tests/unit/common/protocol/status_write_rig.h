// SPDX-License-Identifier: MIT
// For the tests of the status writer: a status to fill, and what was written of it.
#ifndef TESTS_STATUS_WRITE_RIG_H
#define TESTS_STATUS_WRITE_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/protocol/status.h"

static struct status status;
static struct status_writer *writer;
static char out[PROTOCOL_STATUS_MAX];

static inline int fresh(void **state)
{
    (void)state;
    memset(&status, 0, sizeof status);
    memset(out, 0x5a, sizeof out);
    writer = status_writer_new();
    return writer ? 0 : -1;
}

static inline int finish(void **state)
{
    (void)state;
    status_writer_free(writer);
    return 0;
}

static inline struct status_channel *add(const char *name, enum channel_kind kind)
{
    struct status_channel *channel = &status.channels[status.count++];
    snprintf(channel->id.name, sizeof channel->id.name, "%s", name);
    channel->id.kind = kind;
    return channel;
}

static inline struct status_channel *add_tilt(void)
{
    struct status_channel *tilt = add("tilt", CHANNEL_SERVO);
    tilt->axis = AXIS_TILT;
    tilt->deg_known = tilt->target_known = tilt->moving = tilt->driven = true;
    tilt->deg = 125;
    tilt->target = 200;
    tilt->min = -450;
    tilt->max = 450;
    tilt->step = 50;
    tilt->speed = 1200;
    tilt->res_milli = 400;
    tilt->us = 1639;
    return tilt;
}

static inline void assert_written(const char *expected)
{
    int len = status_write(writer, &status, out);
    assert_true(len > 0);
    assert_int_equal(len, strlen(out));
    assert_string_equal(out, expected);
}

static inline void assert_holds(const char *part)
{
    int len = status_write(writer, &status, out);
    assert_true(len > 0);
    assert_int_equal(len, strlen(out));
    if (!strstr(out, part))
        print_error("%s\nis not in\n%s\n", part, out);
    assert_non_null(strstr(out, part));
}

// What was written must be read as it was meant.
static inline void assert_read_back(void)
{
    static struct status back;
    char why[PROTOCOL_WHY_SIZE];
    int len = status_write(writer, &status, out);
    assert_true(len > 0);
    if (status_parse(out, (size_t)len, &back, why) != 0)
        print_error("%s\n%s\n", out, why);
    assert_string_equal(why, "");
    assert_memory_equal(&back, &status, sizeof status);
}

#endif
