// SPDX-License-Identifier: MIT
// What a device says of itself on ROOT/about: board, system, addresses. Pure.
#ifndef PC_TUI_MODEL_ABOUT_H
#define PC_TUI_MODEL_ABOUT_H

#include "pc-tui/model/model.h"

enum {
    MODEL_ABOUT_MAX = 4096,     // bytes of a message that is taken
    MODEL_ABOUT_ROWS_MAX = 128, // of one device
    MODEL_ABOUT_VALUE_SIZE = 320,
};

struct model_about_row {
    char label[16];                     // "address"; "" where it goes on what stands above
    char value[MODEL_ABOUT_VALUE_SIZE]; // cleaned
    int64_t time_s;                     // of what it is about, seconds since 1970; 0 = it has none
};

// A message on an about topic. What is none, or belongs to no device that is known here, is passed over; an empty one
// forgets. Returns true where something changed.
bool model_about(struct model *model, const char *topic, const void *payload, size_t len);

// What there is to tell of a device, for an operator. Returns the number of rows; 0 = it has told nothing.
size_t model_about_rows(const struct model_device *device, struct model_about_row *out, size_t max);

#endif
