// SPDX-License-Identifier: MIT
// All that is known about the devices, and what happened lately. A status goes in, and the model has changed. Views
// and ui read its structs freely and change nothing. Pure: every time is a parameter.
#ifndef PC_TUI_MODEL_H
#define PC_TUI_MODEL_H

#include "common/mqtt/link_types.h"
#include "common/protocol/status.h"
#include "pc-tui/model/journal.h"
#include "pc-tui/model/model_trace.h"

enum {
    MODEL_DEVICES_MAX = 2048,   // a hostile peer could invent names without end
    MODEL_HISTORY = 60,         // values kept of each figure of the health, at most one a second
    MODEL_STALE_REPORTS = 3,    // a device is stale after so many of its own report intervals
    MODEL_SHARED_US = 10000000, // how long "two agents share this name" stands after the last alternation
};

// What a machine's health is told in; each figure has its history.
enum model_figure { FIGURE_CPU_C, FIGURE_LOAD, FIGURE_MEM, FIGURE_GPU, FIGURE_MILLIWATTS, FIGURE_COUNT };

enum presence {
    PRESENCE_TUTORIAL, // no device: the tutorial's own channels, offered until a first status is seen
    PRESENCE_RETAINED, // only a retained status so far: nobody knows how old it is
    PRESENCE_LIVE,
    PRESENCE_STALE,   // silent for longer than three of its own report intervals
    PRESENCE_OFFLINE, // its will or its good-bye arrived, with the boot last seen
};

struct model_device {
    char name[PROTOCOL_DEVICE_MAX + 1]; // "" is the unnamed device, which is shown as the root
    size_t slot;   // a small number of its own; given to another device once this one is dropped
    bool tutorial; // PRESENCE_TUTORIAL
    const struct status *status; // the latest, never NULL; of an offline device the last one before
    bool offline;
    bool stopped; // offline by a clean stop, not by the will
    bool removed; // offline because its login was taken away, as pc-tui-broker says in its place
    // Offline although its agent runs: what is wrong there, and why ("/etc/nano-agent.conf:12: …"). "" = it is not so.
    char fault[STATUS_FAULT_SIZE];
    char why[PROTOCOL_WHY_SIZE];
    bool confirmed;    // a status of this boot came that was not retained: the channels are the real ones
    unsigned layout;   // +1 each time its channels are others than before
    int64_t heard_us;  // when the latest status came that was not retained; 0 = none yet
    int64_t wall_ms;   // CLOCK_REALTIME of the latest sign of life; 0 where there was only a retained status
    uint64_t lost;     // reports of this boot that did not arrive, from the gaps in seq
    int64_t shared_us; // when boots last alternated under this name; 0 = never
    struct model_trace
        *trace; // the last minute of its channels; NULL where there was no memory, or nothing live yet
    // In the units of struct status_health, oldest first; TRACE_GAP where the machine did not tell the figure.
    int history[FIGURE_COUNT][MODEL_HISTORY];
    size_t history_count; // values of each figure
    char *about;          // what it says of itself, one JSON object on a line (model_about.h); NULL = nothing
    bool first_of_boot;   // the latest status was the first of its boot that arrived here
    struct model_device_private *priv; // for the files of this folder alone
};

// Round trips from PUBLISH to the device's echo over this connection.
struct model_trips {
    size_t count; // 0 = none yet
    int64_t last_us, median_us, max_us;
};

// The latest command that was not ours.
struct model_others {
    int64_t at_us; // 0 = none yet
    char from[JOURNAL_FROM_SIZE];
    char device[PROTOCOL_DEVICE_MAX + 1];
};

struct model {
    struct model_device **devices; // sorted by name, the unnamed one first
    size_t count;
    bool seen;               // a status was seen under ROOT since the start: no tutorial any more
    struct link_report link; // as the link last reported it
    int64_t link_since_us;   // since when it has been in that state
    uint64_t unreadable;     // statuses that were none, since the start
    char unreadable_why[PROTOCOL_WHY_SIZE]; // of the latest one, with its topic; "" = none
    struct model_trips trips;
    struct model_others others;
    struct journal journal;     // what happened, newest last
    uint64_t changes;           // +1 at every change: equal = nothing to draw anew but ages
    struct model_private *priv; // for the files of this folder alone
};

// What the model asks its controller, and tells it. Each may be NULL.
struct model_hooks {
    // True where id is that of a command of ours to this device that nobody has answered yet.
    bool (*is_answer)(void *ctx, const struct model_device *device, const char *id);
    // True where the device must not make room for another.
    bool (*is_needed)(void *ctx, const struct model_device *device);
    // A report under the same boot shows other channels than those that were confirmed. It was not taken: only an
    // answer to a command of ours can change the channels of a run.
    void (*doubted)(void *ctx, struct model_device *device);
    // The device is freed after this call.
    void (*dropped)(void *ctx, const struct model_device *device);
};

// root is copied. wanted is the name of the device that is followed whatever else reports, "" = none; without it the
// tutorial's channels are offered while no status was seen. NULL without memory.
struct model *model_new(const char *root, const char *wanted);
void model_free(struct model *model); // NULL is allowed
// hooks are copied; ctx must outlive the model or the next call.
void model_set_hooks(struct model *model, const struct model_hooks *hooks, void *ctx);

// A message on a status topic. Returns the device whose status changed, with the new status in ->status, or NULL where
// there is none (no status topic, unreadable, an old boot's will, other channels under the same boot, no memory): that
// is recorded here. *is_new (may be NULL): the status tells of a command, by its boot, `n` and id, that no status
// before it told of. An empty message clears a device that is offline or was only seen as a retained status. Device
// pointers stay valid until the hook `dropped`, except for the tutorial's, which goes with the first status.
struct model_device *model_status(struct model *model, const char *topic, const void *payload, size_t len,
    bool retained, int64_t now_us, int64_t wall_ms, bool *is_new);
// The link reported a change.
void model_link(struct model *model, const struct link_report *report, int64_t now_us);
// One round trip to a device took so long.
void model_trip(struct model *model, struct model_device *device, int64_t us, int64_t now_us);
// Somebody else commanded a device.
void model_set_others(struct model *model, const char *device, const char *from, int64_t now_us);

// The order in which devices stand: by name, numbers in it by their value, so that d2 comes before d10. Below 0 where a
// comes first, 0 where both are equal.
int model_compare_names(const char *a, const char *b);
// What a device is called where people read it: its name, or the root for the one without.
const char *model_label(const struct model *model, const struct model_device *device);
// The device of that name, and its index to *index (may be NULL). NULL where there is none.
struct model_device *model_find(const struct model *model, const char *name, size_t *index);
enum presence model_presence(const struct model_device *device, int64_t now_us);
// Microseconds since the latest status that was not retained; -1 = there was none.
int64_t model_age_us(const struct model_device *device, int64_t now_us);
// When a presence will change by itself (live to stale), for the next drawing; INT64_MAX = never.
int64_t model_next_us(const struct model *model, int64_t now_us);
// True where a device has become stale since then.
bool model_fell_silent(const struct model *model, int64_t since_us, int64_t now_us);
// After how long without a report the device is stale, in microseconds.
int64_t model_stale_after_us(const struct model_device *device);
// Writes what is wrong with an agent that runs and cannot work, as an operator reads it: "configuration line 12: unknown key".
// fault and why are those of a status. Returns out.
char *model_fault(char out[PROTOCOL_WHY_SIZE], const char *fault, const char *why);
// Writes "nano is offline", with what is wrong where the device has told that. Returns out.
char *model_offline(char out[PROTOCOL_WHY_SIZE], const char *label, const struct model_device *device);
// Writes the name of the file in which that stands, "" where why names none. Returns out.
char *model_fault_file(char out[PROTOCOL_WHY_SIZE], const char *why);
// True while two agents seem to share this name.
bool model_shared(const struct model_device *device, int64_t now_us);
// True if any servo of the device reports to be moving, or any motor to run.
bool model_moves(const struct model_device *device);
// The channel's index among the device's channels, -1 where there is none of that name.
int model_channel(const struct model_device *device, const char *name);
// What vocabulary_ functions want: the ids of the device's channels, and behind them those of its poses.
// Returns their number.
size_t model_channel_ids(const struct model_device *device, struct channel_id out[PROTOCOL_NAMES_MAX]);

// The servo that ↑ ↓ mean: the one of axis tilt, else the one named "tilt", else `selected` (an index, or -1)
// if it is a servo that neither pans nor steers, else the first such servo. -1 where there is none.
int model_tilt_servo(const struct model_device *device, int selected);
// The servo that ← → mean: the one of axis pan, else the one named "pan". -1 where there is none.
int model_pan_servo(const struct model_device *device);
// The servo that steers: the one of axis steer. -1 where there is none.
int model_steer_servo(const struct model_device *device);
// The motor of axis drive; -1 where there is none.
int model_drive_motor(const struct model_device *device);

#endif
