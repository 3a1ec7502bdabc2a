// SPDX-License-Identifier: MIT
// Figures of the machine from procfs and sysfs. Each is optional: what cannot be read, or makes no sense, is
// left out.
#ifndef NANO_AGENT_HEALTH_H
#define NANO_AGENT_HEALTH_H

#include "common/protocol/status.h"

enum { HEALTH_PATH_SIZE = 320, HEALTH_ROOT_SIZE = 128, HEALTH_RAILS_MAX = 9 };

struct health {
    char root[HEALTH_ROOT_SIZE];
    char cpu_zone[HEALTH_PATH_SIZE]; // files found so far; "" = there is none
    char gpu_zone[HEALTH_PATH_SIZE];
    char gpu_load[HEALTH_PATH_SIZE];
    // What the power is read from: the rail that feeds the board or, where no such rail is measured, all that are.
    struct health_rail {
        char milliwatts[HEALTH_PATH_SIZE]; // of the iio driver of JetPack 4
        char millivolts[HEALTH_PATH_SIZE]; // of hwmon, together with milliamperes
        char milliamperes[HEALTH_PATH_SIZE];
    } rails[HEALTH_RAILS_MAX];
    size_t rail_count;
    bool all_rails;            // while looking: any rail counts
    int64_t cpu_busy, cpu_all; // of /proc/stat, at the last reading
    unsigned reads;
};

// Looks for the files. root is a prefix for tests, "" on a real machine.
void health_init(struct health *health, const char *root);

// Reads the figures: a dozen small files. `cpu` is the share since the last call, left out at the first. What
// was not found is looked for again now and then in the first minutes: at boot drivers come late.
void health_read(struct health *health, struct status_health *out);

#endif
