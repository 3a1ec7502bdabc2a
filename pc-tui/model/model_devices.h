// SPDX-License-Identifier: MIT
// The list of devices, and what model.c keeps beside it. Only the files of this folder include it.
#ifndef PC_TUI_MODEL_DEVICES_H
#define PC_TUI_MODEL_DEVICES_H

#include "pc-tui/model/model.h"

enum { MODEL_TRIPS_KEPT = 128 };

// The channels of a run as they were confirmed.
struct model_layout {
    size_t count;
    struct {
        struct channel_id id;
        enum servo_axis axis;
    } channels[PROTOCOL_CHANNELS_MAX];
};

struct model_device_private {
    struct model_layout layout; // of the boot, as the first status confirmed it that was not retained
    struct status *status;      // what ->status points to
    char fault_boot[PROTOCOL_BOOT_MAX + 1];  // the run that told a fault; its will counts as well
    char boot_before[PROTOCOL_BOOT_MAX + 1]; // of the run before this one, to tell a restart from two agents
    uint64_t connection;                     // of the link, when the latest status came
    int64_t sampled_us;                      // when the histories last took values; 0 = never
    int64_t mismatch_us;                     // when a report with other channels was last told; 0 = never
};

struct model_private {
    char root[PROTOCOL_ROOT_MAX + 1];
    char wanted[PROTOCOL_DEVICE_MAX + 1]; // the device that is always followed; "" = none
    struct model_hooks hooks;
    void *ctx;              // of hooks
    struct status *scratch; // statuses are read into it, and then change places with a device's: never copied
    size_t room;            // length of model->devices
    size_t slots;           // how many slots were given
    size_t *free_slots;     // slots of devices that are gone, to be given again
    size_t free_count, free_room;
    size_t drop_at;        // where the search for a device that can make room goes on
    uint64_t connection;   // +1 each time the link comes up
    int64_t complained_us; // when an unreadable status was last told; 0 = never
    bool full;             // the limit of devices was told
    int64_t trips[MODEL_TRIPS_KEPT];
};

// Finds the device of that name or adds one. At MODEL_DEVICES_MAX a device makes room that is offline, was only seen
// as a retained status, or is silent; the wanted device takes any place. NULL where none can make room, or without
// memory.
struct model_device *model_devices_find_or_add(
    struct model *model, const char *name, int64_t now_us, int64_t wall_ms);
// Drops a device, and tells the hook.
void model_devices_drop(struct model *model, struct model_device *device);
// Adds a device whatever their number. NULL without memory.
struct model_device *model_devices_add(struct model *model, const char *name);
void model_devices_free_all(struct model *model);

#endif
