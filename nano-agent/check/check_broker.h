// SPDX-License-Identifier: MIT
#ifndef NANO_AGENT_CHECK_BROKER_H
#define NANO_AGENT_CHECK_BROKER_H

#include "nano-agent/check/check_report.h"

// Finds out for each broker whether it can be reached within 3 s and lets us log in and subscribe, whether commands arrive
// and whether reports are taken; and says where that cannot be proven. Leaves the broker as it was.
void check_brokers(struct check *check);

#endif
