// SPDX-License-Identifier: MIT
// Statuses as an agent would publish them, for the tests of those who read them.
#ifndef TESTS_UNIT_REPORT_H
#define TESTS_UNIT_REPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/protocol/status.h"

struct report {
    struct status status;
    struct status_writer *writer;
    char text[PROTOCOL_STATUS_MAX];
    size_t len;
};

// A device with a tilt and a pan servo at 0°, a led and a lamp.
static inline void report_init(struct report *report, const char *device, const char *boot)
{
    memset(report, 0, sizeof *report);
    report->writer = status_writer_new();
    struct status *status = &report->status;
    snprintf(status->device, sizeof status->device, "%s", device);
    snprintf(status->boot, sizeof status->boot, "%s", boot);
    status->online = true;
    status->report_ms = 1000;
    status->count = 4;
    struct status_channel servo = {.id = {.name = "tilt", .kind = CHANNEL_SERVO},
        .axis = AXIS_TILT,
        .deg_known = true,
        .target_known = true,
        .min = -450,
        .max = 450,
        .step = 50,
        .speed = 1200,
        .res_milli = 400,
        .us = 1500,
        .driven = true};
    status->channels[0] = servo;
    servo.axis = AXIS_PAN;
    servo.id = (struct channel_id){.name = "pan", .kind = CHANNEL_SERVO, .pan = true};
    status->channels[1] = servo;
    status->channels[2] = (struct status_channel){.id = {.name = "led", .kind = CHANNEL_SWITCH}};
    status->channels[3] = (struct status_channel){.id = {.name = "lamp", .kind = CHANNEL_DIMMER}};
}

static inline void report_finish(struct report *report)
{
    status_writer_free(report->writer);
    report->writer = NULL;
}

static inline void report_encode(struct report *report)
{
    int len = status_write(report->writer, &report->status, report->text);
    if (len < 0)
        abort();
    report->len = (size_t)len;
}

static inline void report_encode_offline(struct report *report, const char *why)
{
    int len = status_write_offline(report->text, report->status.device, report->status.boot, why);
    if (len < 0)
        abort();
    report->len = (size_t)len;
}

static inline void report_answer(
    struct report *report, const char *id, const char *cmd, enum protocol_result result, const char *why)
{
    struct status_last *last = &report->status.last;
    uint64_t n = last->n + 1;
    memset(last, 0, sizeof *last);
    last->n = n;
    snprintf(last->id, sizeof last->id, "%s", id);
    snprintf(last->cmd, sizeof last->cmd, "%s", cmd);
    last->result = result;
    snprintf(last->why, sizeof last->why, "%s", why);
}

#endif
