// SPDX-License-Identifier: MIT
// What the device tree says of the header's pins, where jetson-io.py or an overlay has said it.
#ifndef NANO_AGENT_DEVICE_TREE_H
#define NANO_AGENT_DEVICE_TREE_H

#include <stddef.h>

// The function that a header pin is set to ("pwm2"); "" = not told. device_tree is its folder.
void device_tree_function(const char *device_tree, unsigned pin, char *out, size_t size);

// How a header pin is pulled: 0 = not, 1 = down, 2 = up; -1 = not told.
int device_tree_pull(const char *device_tree, unsigned pin);

#endif
