// SPDX-License-Identifier: MIT
// What the few helper threads have in common, which wait where an event loop must not.
#ifndef COMMON_THREAD_H
#define COMMON_THREAD_H

#include <pthread.h>
#include <stddef.h>
#include <time.h>

// Starts a thread that gets no signals, which belong to the event loop, and has a stack of so many bytes: the default
// of 8 MiB would count against a memory limit. 0 or a negative errno.
int thread_start(pthread_t *thread, size_t stack, void *(*work)(void *), void *arg);

// A condition whose pthread_cond_timedwait takes thread_deadline's times: those of CLOCK_MONOTONIC.
void thread_cond_init(pthread_cond_t *condition);
struct timespec thread_deadline(int wait_ms);

#endif
