// SPDX-License-Identifier: MIT
// From a waiting to a PUBLISH or a refusal with its reason, and from an echo back to its command: ids, deadlines
// on the device's clock, one step ahead, stop. The screen and `send` both use it. Pure: it publishes, asks
// the time and is woken through function pointers.
#ifndef PC_TUI_CONTROLLER_H
#define PC_TUI_CONTROLLER_H

#include "pc-tui/model/model.h"

struct controller;

enum {
    CONTROLLER_OTHERS_MAX =
        4, // unanswered commands of a device, not counting steps, stops and those for the clock
    CONTROLLER_STOP_REPEAT_US = 250000,   // a stop that is not echoed is sent again
    CONTROLLER_STOP_LIFE_US = 10000000,   // for so long; and it waits so long for a link
    CONTROLLER_SAMPLE_LIFE_US = 60000000, // how long a sample of the device's clock is good
    CONTROLLER_LATE_US = 10000000,        // an echo that comes so late still finds its command
    CONTROLLER_HELD_US = 700000,          // a step asked for again within this time is a held key
    CONTROLLER_LOOK_US = 3000000, // a link that was up for so long without any status: no device is there
};

struct controller_options {
    const char *root; // must outlive the controller
    int ttl_ms;       // what a motion command is given to live
    int qos;          // of the commands; at 0 no PUBACK is expected
    bool read_only;   // only stop is sent
    bool ask_device;  // words that are unknown here go to the device all the same, as it may know more
};

struct controller_clock {
    int64_t us;      // CLOCK_MONOTONIC, microseconds
    int64_t wall_ms; // CLOCK_REALTIME, milliseconds
};

struct controller_shell {
    // Publishes at options.qos. 0 and *token, or a negative errno (-ENOTCONN while there is no link). Must
    // not call back into the controller.
    int (*publish)(void *ctx, const char *topic, const char *payload, size_t len, bool retain, int *token);
    struct controller_clock (*now)(void *ctx);
    // 64 bits that nobody can guess. They become the id of a command.
    uint64_t (*random)(void *ctx);
    // controller_tick is wanted at that time of CLOCK_MONOTONIC at the latest. A later call replaces an
    // earlier one.
    void (*wake)(void *ctx, int64_t at_us);
    // A command of ours came to an end (JOURNAL_DONE or a later stage). Once each, and once more where a late
    // echo arrived after JOURNAL_NO_ECHO. May be NULL.
    void (*finished)(void *ctx, const struct journal_event *event);
};

// To whom a waiting goes.
struct controller_address {
    const char *device; // name of the selected device ("" = the unnamed one); NULL = none is known
    bool all;           // every live device that has the channel, instead
};

enum controller_verdict {
    CONTROLLER_TAKEN,   // sent, or waiting for the device's clock
    CONTROLLER_SKIPPED, // a held key's repeat while the device is still busy: counted, nothing to say
    CONTROLLER_REFUSED, // why says the reason; nothing is queued
};

struct controller_answer {
    enum controller_verdict verdict;
    size_t count;                // devices it went to
    uint64_t serial;             // the (last) journal event of it; 0 where there is none
    char why[PROTOCOL_WHY_SIZE]; // of a refusal
};

enum controller_stop {
    CONTROLLER_STOP_NONE,
    CONTROLLER_STOP_SENT,    // not echoed yet
    CONTROLLER_STOP_REFUSED, // the broker does not pass it on; it is tried again until CONTROLLER_STOP_LIFE_US
    CONTROLLER_STOP_NOT_SENT, // it has not left; it goes out first after reconnecting, within CONTROLLER_STOP_LIFE_US
};

// options are copied; model, shell and ctx must outlive it. NULL without memory.
struct controller *controller_new(struct model *model, const struct controller_options *options,
    const struct controller_shell *shell, void *ctx);
void controller_free(struct controller *controller); // NULL is allowed

// What arrives. Each also updates the model.
void controller_status(
    struct controller *controller, const char *topic, const void *payload, size_t len, bool retained);
void controller_published(struct controller *controller, int token, int reason);
void controller_link(struct controller *controller, const struct link_report *report);
// Deadlines, repeats. Call when shell.wake asked for it; earlier or more often does no harm.
void controller_tick(struct controller *controller);

// A command as an operator writes it ("tilt 20", "led_toggle", "stop"). Text that no channel of the device
// knows is refused here with the nearest word, unless options.ask_device.
struct controller_answer controller_send(
    struct controller *controller, const struct controller_address *to, const char *text);
// Sends one step of a held or tapped key. channel is a servo's or dimmer's name, direction +1 or -1, amount in
// whole degrees or percent. Skipped while a step to that channel is unanswered, or its reported target is
// more than one step beyond its reported position. Refused, until the key has rested for CONTROLLER_HELD_US,
// where somebody stopped the device while it was held: the agent forgives a stop after half a second, a held
// key must not undo it.
struct controller_answer controller_step(struct controller *controller, const struct controller_address *to,
    const char *channel, int direction, int amount);
// Runs a motor of a device with so many percent (negative: backward) for its own run time, or lets it run on. fresh: a key
// was pressed for it; else the same key is still down. Skipped while one such command is unanswered, for the motor's run
// time at most. Refused while the device's clock is not known (it is asked), where the median round trip is above half
// the run time, where nothing was answered for twice the run time, and, until a fresh call, after somebody stopped
// the device or it refused one of these commands.
struct controller_answer controller_drive(
    struct controller *controller, const char *device, const char *motor, int percent, bool fresh);
// The key was let go: NAME_stop. Never refused; it is repeated every 100 ms until it is echoed or the run time has passed.
void controller_drive_stop(struct controller *controller, const char *device, const char *motor);
// A motor of this device may be driven soon: asks for its clock where that is not known, or will soon be too old.
void controller_prepare_drive(struct controller *controller, const char *device);

// STOP goes to every device addressed and to every other that still moves on our command. Where all are addressed a
// stop on ROOT/control goes before them; where no device is known it is the only one, as a plain word. Never refused;
// without a link it waits (controller_stop_state).
struct controller_answer controller_stop(struct controller *controller, const struct controller_address *to);
// Publishes one stop for whoever listens, whatever is known: on ROOT/control, or on the topic of the device of that name
// where device is not "". It is repeated as any stop. What controller_stop_echoed says afterwards is about this stop.
struct controller_answer controller_stop_everyone(struct controller *controller, const char *device);
// True where the device has echoed the latest controller_stop_everyone.
bool controller_stop_echoed(const struct controller *controller, const struct model_device *device);
// Clears the last report of a device that is gone from the broker. Refused where the device reports.
struct controller_answer controller_retire(struct controller *controller, const char *device);
// Before the screen is suspended: sends one stop to each device where motion that we began moves or is unanswered, and
// drops the commands that wait. Motion has ended only once an answer to a command of ours says so. Returns how many
// stops were published: the caller waits for their PUBACK (controller_stop_is_safe), at most 500 ms.
size_t controller_pause(struct controller *controller);
// The same before leaving: afterwards nothing but stops is sent. link_close waits for the PUBACK.
size_t controller_leave(struct controller *controller);
// True once every stop is echoed, or at least answered by the broker.
bool controller_stop_is_safe(const struct controller *controller);

// Shows a line among the events of a device.
void controller_note(struct controller *controller, const char *device, const char *text);

// For views and ui.
// The worst state of all stops under way.
enum controller_stop controller_stop_state(const struct controller *controller);
// True if motion that we began moves or is unanswered somewhere (a SPACE in a text line stops it then).
bool controller_busy(const struct controller *controller);
// Commands to that device without an answer yet, waiting ones included.
size_t controller_unanswered(const struct controller *controller, const char *device);
// How many repeats of held keys were dropped since the start.
uint64_t controller_skipped(const struct controller *controller);
bool controller_read_only(const struct controller *controller);

#endif
