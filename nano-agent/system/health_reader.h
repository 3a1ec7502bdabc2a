// SPDX-License-Identifier: MIT
// Reads the machine's figures in a thread of its own: a sensor behind a bus that hangs takes a second and more to
// answer, in which a stop must not wait.
#ifndef NANO_AGENT_HEALTH_READER_H
#define NANO_AGENT_HEALTH_READER_H

#include <stdint.h>

#include "common/protocol/status.h"

struct health_reader;

// Looks for the files and reads them for the first time, in the thread. root is a prefix for tests, "" on a real
// machine. NULL without memory or without a thread.
struct health_reader *health_reader_new(const char *root);

// Readings begin no sooner than this after each other: with a heartbeat a second, at every second one, since none of the figures
// changes faster than an operator looks, and a thread that wakes costs as much as a heartbeat.
enum { HEALTH_READER_EVERY_MS = 1500 };

// The figures that were read last, and has new ones read where it is time; returns at once. None while the last reading takes
// longer than the time between two calls: old figures would look like new ones. now_ms: of clock_now_ms.
void health_reader_take(struct health_reader *reader, int64_t now_ms, struct status_health *out);

// Waits at most wait_ms for a reading that is under way. NULL is allowed.
void health_reader_free(struct health_reader *reader, int wait_ms);

#endif
