// SPDX-License-Identifier: MIT
#ifndef NANO_AGENT_CHECK_BROKER_H
#define NANO_AGENT_CHECK_BROKER_H

#include "nano-agent/check/check_report.h"

// Finds out for each broker whether it can be reached within 3 s and lets us log in and subscribe.
void check_brokers(struct check *check);

#endif
