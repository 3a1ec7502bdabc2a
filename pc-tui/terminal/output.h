// SPDX-License-Identifier: MIT
// Bytes that wait to be written to the terminal. Writing never waits: bytes that the terminal does not take now stay
// here.
#ifndef PC_TUI_OUTPUT_H
#define PC_TUI_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

struct output { // a value; all zero is empty
    char *bytes;
    size_t start, end; // the waiting bytes are those from start up to end
    size_t room;
};

void output_finish(struct output *output);
// Adds bytes behind those that wait. 0 or -ENOMEM.
int output_add(struct output *output, const void *bytes, size_t len);
// Writes what fd, which must be O_NONBLOCK, takes now. 0 (output_is_empty tells whether something is left), or a
// negative errno where the terminal is gone.
int output_flush(struct output *output, int fd);
bool output_is_empty(const struct output *output);
void output_drop(struct output *output);

#endif
