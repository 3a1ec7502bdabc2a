// SPDX-License-Identifier: MIT
#include "common/mqtt/report.h"

#include <stdio.h>

#include "common/mqtt/link_reason.h"

void report_connecting(struct link_report *report, const struct broker *broker)
{
    report->state = LINK_CONNECTING;
    report->broker = *broker->place;
    report->version = broker->version;
    report->retry_ms = 0;
}

void report_up(
    struct link_report *report, const struct broker *broker, const struct link_limits *limits, unsigned deaf)
{
    report->state = LINK_UP;
    report->trouble = TROUBLE_NONE;
    report->reason[0] = '\0';
    report->retry_ms = 0;
    report->attempts = 0;
    report->limits = *limits;
    report->deaf = deaf;
    link_reason_limits(report->note, broker->name, limits);
}

void report_waiting(struct link_report *report, int ms)
{
    report->state = LINK_WAITING;
    report->retry_ms = ms;
}

void report_closed(struct link_report *report)
{
    report->state = LINK_CLOSED;
    report->retry_ms = 0;
}

void report_change_over(struct link_report *report, const struct broker *broker)
{
    report->state = LINK_CONNECTING;
    report->trouble = TROUBLE_CLOSED;
    link_reason_change_over(report->reason, broker->name);
}

void report_end(struct link_report *report, const struct broker *broker, const struct connection_end *end)
{
    bool old_addresses = end->phase == PHASE_TCP && broker->unresolved[0] != '\0';

    report->trouble = old_addresses ? TROUBLE_RESOLVE : end->trouble;
    snprintf(report->reason, sizeof report->reason, "%s", old_addresses ? broker->unresolved : end->reason);
}
