// SPDX-License-Identifier: MIT
#include "nano-agent/hw/bus.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/thread.h"
#include "nano-agent/hw/backend.h"

enum { STACK_SIZE = 128 * 1024 };

struct bus {
    char name[HW_CHIP_MAX + 1];
    unsigned users;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake, done;
    struct bus_job *first;   // waits, and is the next to be run
    struct bus_job *running; // NULL = none
    bool end;
    bool abandoned; // nobody waits for the thread any more: it frees the bus
    struct bus *next;
};

static struct bus *buses;
// Jobs that a bus which hangs may still come back to. Their memory stays for ever; they are kept here for whoever looks for
// lost memory.
static struct bus_job *left_behind;

static void destroy(struct bus *bus)
{
    pthread_cond_destroy(&bus->wake);
    pthread_cond_destroy(&bus->done);
    pthread_mutex_destroy(&bus->mutex);
    free(bus);
}

static void *work(void *arg)
{
    struct bus *bus = arg;
    pthread_mutex_lock(&bus->mutex);
    for (;;) {
        while (!bus->first && !bus->end)
            pthread_cond_wait(&bus->wake, &bus->mutex);
        if (!bus->first)
            break;
        struct bus_job *job = bus->first;
        bus->first = job->next;
        job->waits = job->urgent = false;
        bus->running = job;
        pthread_mutex_unlock(&bus->mutex);
        job->run(job);
        pthread_mutex_lock(&bus->mutex);
        bus->running = NULL;
        pthread_cond_broadcast(&bus->done);
    }
    bool abandoned = bus->abandoned;
    pthread_mutex_unlock(&bus->mutex);
    if (abandoned)
        destroy(bus);
    return NULL;
}

static struct bus *find(const char *name)
{
    struct bus *bus = buses;
    while (bus && strcmp(bus->name, name) != 0)
        bus = bus->next;
    return bus;
}

struct bus *bus_join(const char *name)
{
    struct bus *bus = find(name);
    if (bus) {
        bus->users++;
        return bus;
    }
    bus = calloc(1, sizeof *bus);
    if (!bus)
        return NULL;
    snprintf(bus->name, sizeof bus->name, "%s", name);
    bus->users = 1;
    pthread_mutex_init(&bus->mutex, NULL);
    thread_cond_init(&bus->wake);
    thread_cond_init(&bus->done);
    if (thread_start(&bus->thread, STACK_SIZE, work, bus) < 0) {
        destroy(bus);
        return NULL;
    }
    bus->next = buses;
    buses = bus;
    return bus;
}

void bus_leave(struct bus *bus)
{
    if (!bus || --bus->users > 0)
        return;
    for (struct bus **link = &buses; *link; link = &(*link)->next) {
        if (*link == bus) {
            *link = bus->next;
            break;
        }
    }
    pthread_mutex_lock(&bus->mutex);
    pthread_t thread = bus->thread;
    bool hangs = bus->running != NULL;
    bus->end = true;
    bus->abandoned = hangs;
    if (hangs)
        pthread_detach(thread);
    pthread_cond_signal(&bus->wake);
    pthread_mutex_unlock(&bus->mutex);
    if (hangs)
        return;
    pthread_join(thread, NULL);
    destroy(bus);
}

// Takes a job that waits out of the queue.
static void withdraw(struct bus *bus, struct bus_job *job)
{
    for (struct bus_job **link = &bus->first; *link; link = &(*link)->next) {
        if (*link == job) {
            *link = job->next;
            break;
        }
    }
    job->waits = false;
}

// Puts a job behind those that are as urgent as it is.
static void enqueue(struct bus *bus, struct bus_job *job, bool urgent)
{
    struct bus_job **link = &bus->first;
    while (*link && (!urgent || (*link)->urgent))
        link = &(*link)->next;
    job->next = *link;
    job->urgent = urgent;
    job->waits = true;
    *link = job;
}

void bus_ask(struct bus *bus, struct bus_job *job, bool urgent)
{
    pthread_mutex_lock(&bus->mutex);
    if (job->waits && urgent && !job->urgent)
        withdraw(bus, job);
    if (!job->waits)
        enqueue(bus, job, urgent);
    pthread_cond_signal(&bus->wake);
    pthread_mutex_unlock(&bus->mutex);
}

bool bus_settle(struct bus *bus, struct bus_job *job, int wait_ms)
{
    struct timespec until = thread_deadline(wait_ms);
    pthread_mutex_lock(&bus->mutex);
    int late = 0;
    while ((job->waits || bus->running == job) && !late)
        late = pthread_cond_timedwait(&bus->done, &bus->mutex, &until);
    if (job->waits)
        withdraw(bus, job);
    bool settled = bus->running != job;
    pthread_mutex_unlock(&bus->mutex);
    if (!settled) { // it waits nowhere, so that no queue needs its `next`
        job->next = left_behind;
        left_behind = job;
    }
    return settled;
}
