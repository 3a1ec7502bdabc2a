// SPDX-License-Identifier: MIT
// A ui with the real model and controller behind it, devices that answer at once, and a clock that the test
// turns.
#ifndef TESTS_UI_WORLD_H
#define TESTS_UI_WORLD_H

#include "pc-tui/controller/controller.h"
#include "pc-tui/model/model.h"
#include "pc-tui/ui/ui.h"

enum { PUBLISHED_MAX = 256, DEVICES_MAX = 3 };

struct published {
    char topic[PROTOCOL_TOPIC_MAX];
    struct protocol_command command;
};

// A device that carries out every command at once.
struct device {
    char name[PROTOCOL_DEVICE_MAX + 1];
    const char *channels; // JSON, with one %s where "moving" of the tilt servo goes
    unsigned boot;        // +1: the device has restarted
    bool moving;
    uint64_t n, seq;
    char id[PROTOCOL_ID_MAX + 1];
};

struct world {
    int64_t us;
    uint64_t ids; // given to commands so far
    struct model *model;
    struct controller *controller;
    struct ui ui;
    bool up;
    struct device devices[DEVICES_MAX];
    size_t device_count;
    struct published published[PUBLISHED_MAX];
    size_t count, answered;
    unsigned cleared; // retained messages that were cleared
    unsigned effects; // of all keys since the last clear
};

extern const char TILT_AND_LED[], MANY_CHANNELS[]; // channels of a device

// Connected for 4 s, no device seen.
void world_begin(struct world *world, const struct ui_options *options);
// One device without a name that has these channels, its clock known to the controller.
struct world *world_with(const char *channels);
void world_end(struct world *world);
void world_add(struct world *world, const char *name, const char *channels);
void world_link(struct world *world, bool up);
void world_pass(struct world *world, int ms);
void world_heartbeat(struct world *world); // every device reports
void world_answer(struct world *world);    // every device answers what it was sent, one echo a command
// What was published since it was last forgotten, requests for the clock left out: "tilt_up|led_on".
const char *world_sent(const struct world *world);
void world_forget(struct world *world);

// Keys in the notation of key.h, all at this moment. Returns the effects.
unsigned world_keys(struct world *world, const char *text);
// The same as a person presses them: one a second, each answered by the devices before the next.
void world_type(struct world *world, const char *text);
unsigned world_codepoint(struct world *world, uint32_t codepoint);
void world_paste(struct world *world, const char *text);

#endif
