// SPDX-License-Identifier: MIT
// For the tests of the status reader: parts of a status, a whole example, and one that must be read.
#ifndef TESTS_STATUS_RIG_H
#define TESTS_STATUS_RIG_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/protocol/status.h"

#define BAD         "\xef\xbf\xbd"
#define HEAD        "{\"v\":1,\"device\":\"\",\"online\":true,\"boot\":\"b\",\"seq\":1,\"t\":2,\"report\":1.0"
#define CHANNELS(c) HEAD ",\"channels\":{" c "}}"
#define LAST(l)     HEAD ",\"channels\":{},\"last\":{" l "}}"
#define HEALTH(h)   HEAD ",\"channels\":{},\"health\":{" h "}}"

static const char example[] =
    "{\"v\":1,\"device\":\"\",\"online\":true,\"boot\":\"9f31c2aa\",\"seq\":42,\"t\":81034,\"report\":1.0,"
    "\"channels\":{\"tilt\":{\"kind\":\"servo\",\"axis\":\"tilt\",\"deg\":12.5,\"target\":20,\"min\":-45,"
    "\"max\":45,\"step\":5,\"speed\":120,\"res\":0.4,\"us\":1639,\"moving\":true,\"driven\":true},"
    "\"led\":{\"kind\":\"switch\",\"on\":true},"
    "\"lamp\":{\"kind\":\"dimmer\",\"on\":true,\"percent\":40},"
    "\"button\":{\"kind\":\"input\",\"on\":false}},"
    "\"last\":{\"n\":17,\"id\":\"9f3c7a1e5b2d4c60-17\",\"cmd\":\"tilt_up\",\"result\":\"ok\"},"
    "\"health\":{\"up\":3600,\"cpu\":0.12,\"mem\":0.31,\"load\":0.42,\"cpu_c\":41.5,\"gpu_c\":39.0,"
    "\"gpu\":0.03,\"watts\":2.9}}";

static struct status status;
static char why[PROTOCOL_WHY_SIZE];

static inline int parse(const char *json)
{
    memset(&status, 0x5a, sizeof status);
    memset(why, 0x5a, sizeof why);
    return status_parse(json, strlen(json), &status, why);
}

static inline void assert_read(const char *json)
{
    int rc = parse(json);
    if (rc != 0)
        print_error("%s\n%s\n", json, why);
    assert_int_equal(rc, 0);
    assert_string_equal(why, "");
}

#endif
