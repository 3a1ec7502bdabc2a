// SPDX-License-Identifier: MIT
#include "nano-agent/check/device_tree.h"

#include <glob.h>
#include <stdio.h>
#include <string.h>

enum { PATTERN_SIZE = 1152 };

// Reads at most size bytes of a property of a header pin's node. Returns how many; 0 = there is none.
static size_t read_property(
    const char *device_tree, unsigned pin, const char *property, unsigned char *out, size_t size)
{
    static const char *const places[] = {
        "pinmux@*/*/pin", "pinmux@*/*/hdr40-pin", "bus@0/pinmux@*/*/pin", "bus@0/pinmux@*/*/hdr40-pin"};
    size_t len = 0;
    for (size_t i = 0; i < sizeof places / sizeof *places && len == 0; i++) {
        char pattern[PATTERN_SIZE];
        glob_t found;
        snprintf(pattern, sizeof pattern, "%s/%s%u/%s", device_tree, places[i], pin, property);
        if (glob(pattern, 0, NULL, &found) != 0)
            continue;
        FILE *file = fopen(found.gl_pathv[0], "re");
        len = file ? fread(out, 1, size, file) : 0;
        if (file)
            fclose(file);
        globfree(&found);
    }
    return len;
}

void device_tree_function(const char *device_tree, unsigned pin, char *out, size_t size)
{
    size_t len = read_property(device_tree, pin, "nvidia,function", (unsigned char *)out, size - 1);
    out[len] = '\0';
}

int device_tree_pull(const char *device_tree, unsigned pin)
{
    unsigned char cell[4]; // a cell is 32 bits, the highest byte first
    if (read_property(device_tree, pin, "nvidia,pull", cell, sizeof cell) < sizeof cell)
        return -1;
    return cell[0] == 0 && cell[1] == 0 && cell[2] == 0 && cell[3] <= 2 ? cell[3] : -1;
}
