// SPDX-License-Identifier: MIT
#ifndef COMMON_BROKER_WATCH_H
#define COMMON_BROKER_WATCH_H

#include "common/broker_options.h"
#include "common/recheck.h"

// Watches the files that the options name: password, certificates and keys.
void broker_watch(const struct broker_options *options, struct recheck *recheck);

#endif
