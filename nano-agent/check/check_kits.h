// SPDX-License-Identifier: MIT
#ifndef NANO_AGENT_CHECK_KITS_H
#define NANO_AGENT_CHECK_KITS_H

#include "nano-agent/check/check_report.h"

// Says which of the kits the chips on the header's bus look like, by their addresses. Only asks who answers; says nothing where
// no kit looks like it.
void check_kits(struct check *check);

#endif
