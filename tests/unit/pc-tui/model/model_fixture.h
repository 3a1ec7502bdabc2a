// SPDX-License-Identifier: MIT
// A model, a device whose statuses it hears, and a clock that the test turns.
#ifndef TESTS_UNIT_MODEL_FIXTURE_H
#define TESTS_UNIT_MODEL_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pc-tui/model/model.h"
#include "tests/unit/pc-tui/report.h"

enum { SECOND = 1000000 };

static const int64_t START = 100 * (int64_t)SECOND;
static const int64_t WALL = 1700000000000;

static struct model *model;
static struct report report;
static int64_t now;

static inline int set_up(void **state)
{
    (void)state;
    now = START;
    model = model_new("jetson", "");
    report_init(&report, "", "b007");
    return model ? 0 : -1;
}

static inline int tear_down(void **state)
{
    (void)state;
    report_finish(&report);
    model_free(model);
    return 0;
}

static inline struct model_device *take(const char *topic, bool retained)
{
    return model_status(model, topic, report.text, report.len, retained, now, WALL + now / 1000, NULL);
}

static inline struct model_device *hear(bool retained)
{
    char topic[PROTOCOL_TOPIC_MAX];
    report.status.seq++;
    report_encode(&report);
    return take(protocol_topic(topic, "jetson", report.status.device, "status"), retained);
}

static inline struct model_device *hear_name(const char *name)
{
    snprintf(report.status.device, sizeof report.status.device, "%s", name);
    return hear(false);
}

// The same device after a restart.
static inline struct model_device *hear_boot(const char *boot)
{
    snprintf(report.status.boot, sizeof report.status.boot, "%s", boot);
    return hear(false);
}

static inline struct model_device *hear_will(const char *boot, const char *why, bool retained)
{
    char kept[PROTOCOL_BOOT_MAX + 1];
    char topic[PROTOCOL_TOPIC_MAX];
    snprintf(kept, sizeof kept, "%s", report.status.boot);
    snprintf(report.status.boot, sizeof report.status.boot, "%s", boot);
    report_encode_offline(&report, why);
    struct model_device *device =
        take(protocol_topic(topic, "jetson", report.status.device, "status"), retained);
    snprintf(report.status.boot, sizeof report.status.boot, "%s", kept);
    return device;
}

static inline void link_is(enum link_state state)
{
    struct link_report link = {.state = state};
    model_link(model, &link, now);
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
