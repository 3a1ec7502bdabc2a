// SPDX-License-Identifier: MIT
// The pads of an Orin's header pins. Each pad has a register that says whether it belongs to the GPIO controller or to a
// special function. Since JetPack 6 the GPIO driver leaves that as it is.
#ifndef NANO_AGENT_PAD_H
#define NANO_AGENT_PAD_H

#include <stdbool.h>
#include <stdint.h>

struct board_pad {
    const char *chip; // label of the GPIO chip
    unsigned line;
    const char *name; // of the pad, as the kernel and overlays call it
    uint32_t address; // of its register
};

// The pad of a GPIO line, NULL where it is none of a header that is known here.
const struct board_pad *board_pad(const char *chip, unsigned line);

// Reads a pad's register out of /dev/mem, changing nothing. 0, or a negative errno: only root may, and not on every kernel.
int board_pad_read(uint32_t address, uint32_t *value);

// What the register says: the GPIO controller has the pad, and the pad drives what that wants.
bool board_pad_is_gpio(uint32_t value);
bool board_pad_drives(uint32_t value);

#endif
