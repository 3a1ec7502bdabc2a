// SPDX-License-Identifier: MIT
// Figures of the machine from procfs and sysfs. Each is optional: what cannot be read is left out.
#ifndef NANO_AGENT_HEALTH_H
#define NANO_AGENT_HEALTH_H

#include "common/status.h"

enum { HEALTH_PATH_SIZE = 320, HEALTH_ROOT_SIZE = 128 };

struct health {
    char root[HEALTH_ROOT_SIZE];
    char cpu_zone[HEALTH_PATH_SIZE]; // files found at init; "" = there is none
    char gpu_zone[HEALTH_PATH_SIZE];
    char gpu_load[HEALTH_PATH_SIZE];
    char milliwatts[HEALTH_PATH_SIZE]; // of the iio driver of JetPack 4
    char millivolts[HEALTH_PATH_SIZE]; // of hwmon, together with milliamperes
    char milliamperes[HEALTH_PATH_SIZE];
    long long cpu_busy, cpu_all; // of /proc/stat, at the last reading
};

// Looks for the files once. root is a prefix for tests, "" on a real machine.
void health_init(struct health *health, const char *root);

// Reads the figures; `cpu` is the share since the last call, left out at the first.
void health_read(struct health *health, struct status_health *out);

#endif
