// SPDX-License-Identifier: MIT
// What a link tells its owner, as it changes from one state to the next. Pure.
#ifndef COMMON_MQTT_REPORT_H
#define COMMON_MQTT_REPORT_H

#include "common/mqtt/broker.h"
#include "common/mqtt/link_types.h"

void report_connecting(struct link_report *report, const struct broker *broker);
void report_up(
    struct link_report *report, const struct broker *broker, const struct link_limits *limits, unsigned deaf);
void report_waiting(struct link_report *report, int ms);
void report_closed(struct link_report *report);
// An earlier broker answers again, and gets its turn.
void report_change_over(struct link_report *report, const struct broker *broker);
// Why an attempt or a connection ended. Where older addresses of a name were tried in vain, the name is the trouble.
void report_end(struct link_report *report, const struct broker *broker, const struct connection_end *end);

#endif
