// SPDX-License-Identifier: MIT
// A bus that may hang, and the thread that waits for it in place of the loop. The kernel gives up on a transfer of an
// I2C bus after as much as ten seconds (i2c-tegra.c, with its retries). A bus that drives a motor has a thread, and
// everything on that bus is done there: whoever asks goes on at once.
#ifndef NANO_AGENT_HW_BUS_H
#define NANO_AGENT_HW_BUS_H

#include <stdbool.h>

struct bus;

// What is to be done on a bus. It is part of whatever it works on, and is all zero at the beginning except `run`. It waits
// in the queue once at the most: whoever asks again before it has begun asks for the same run.
struct bus_job {
    void (*run)(struct bus_job *job); // called in the thread of the bus
    struct bus_job *next;
    bool waits, urgent;
};

// The bus of a name ("i2c-1"), made where there is none yet. NULL = out of memory, or no thread could be started.
// bus_leave gives it up; the last one to do so ends its thread, or leaves it alone where the bus hangs.
struct bus *bus_join(const char *name);
void bus_leave(struct bus *bus);

// Asks that a job is run. An urgent one goes before all that are not; it waits for nothing but the transfer that is under
// way.
void bus_ask(struct bus *bus, struct bus_job *job, bool urgent);

// Waits until the job neither waits nor runs, for so many milliseconds at the most. Where that is not enough, a job that
// has not begun is taken out of the queue. False: it has begun, and the bus hangs. Its memory must then stay for ever,
// and nothing more is asked of it.
bool bus_settle(struct bus *bus, struct bus_job *job, int wait_ms);

#endif
