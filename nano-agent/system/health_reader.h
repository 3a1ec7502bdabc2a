// SPDX-License-Identifier: MIT
// Reads the machine's figures in a thread of its own: a sensor behind a bus that hangs takes a second and more to
// answer, in which a stop must not wait.
#ifndef NANO_AGENT_HEALTH_READER_H
#define NANO_AGENT_HEALTH_READER_H

#include "common/protocol/status.h"

struct health_reader;

// Looks for the files and reads them for the first time, in the thread. root is a prefix for tests, "" on a real
// machine. NULL without memory or without a thread.
struct health_reader *health_reader_new(const char *root);

// The figures that were read last, and has new ones read; returns at once. None while the last reading takes longer
// than the time between two calls: old figures would look like new ones.
void health_reader_take(struct health_reader *reader, struct status_health *out);

// Waits at most wait_ms for a reading that is under way. NULL is allowed.
void health_reader_free(struct health_reader *reader, int wait_ms);

#endif
