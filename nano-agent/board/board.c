// SPDX-License-Identifier: MIT
#include "nano-agent/board/board.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

// The names that NVIDIA's own Jetson.GPIO goes by (gpio_pin_data.py, compats_*). The Nano's developer kits
// say jetson-nano besides the number of their carrier.
static const struct {
    const char *compatible;
    const char *model;
} names[] = {
    {"nvidia,jetson-nano", "JETSON_NANO"},
    {"nvidia,p3450-0000", "JETSON_NANO"},
    {"nvidia,p3450-0002", "JETSON_NANO"},
    {"nvidia,p2371-2180", "JETSON_TX1"},
    {"nvidia,jetson-cv", "JETSON_TX1"},
    {"nvidia,p2771-0000", "JETSON_TX2"},
    {"nvidia,p2771-0888", "JETSON_TX2"},
    {"nvidia,p3489-0000", "JETSON_TX2"},
    {"nvidia,lightning", "JETSON_TX2"},
    {"nvidia,quill", "JETSON_TX2"},
    {"nvidia,storm", "JETSON_TX2"},
    {"nvidia,p3509-0000+p3636-0001", "JETSON_TX2_NX"},
    {"nvidia,p3509-0000+p3668-0000", "JETSON_NX"},
    {"nvidia,p3509-0000+p3668-0001", "JETSON_NX"},
    {"nvidia,p3449-0000+p3668-0000", "JETSON_NX"},
    {"nvidia,p3449-0000+p3668-0001", "JETSON_NX"},
    {"nvidia,p3449-0000+p3668-0003", "JETSON_NX"},
    {"nvidia,e3900-0000+p2888-0004", "CLARA_AGX_XAVIER"},
    {"nvidia,p2972-0000", "JETSON_XAVIER"},
    {"nvidia,p2972-0006", "JETSON_XAVIER"},
    {"nvidia,jetson-xavier", "JETSON_XAVIER"},
    {"nvidia,galen-industrial", "JETSON_XAVIER"},
    {"nvidia,jetson-xavier-industrial", "JETSON_XAVIER"},
    {"nvidia,p3737-0000+p3701-0000", "JETSON_ORIN"},
    {"nvidia,p3737-0000+p3701-0001", "JETSON_ORIN"},
    {"nvidia,p3737-0000+p3701-0004", "JETSON_ORIN"},
    {"nvidia,p3737-0000+p3701-0005", "JETSON_ORIN"},
    {"nvidia,p3737-0000+p3701-0008", "JETSON_ORIN"},
    {"nvidia,p3509-0000+p3767-0000", "JETSON_ORIN_NX"},
    {"nvidia,p3768-0000+p3767-0000", "JETSON_ORIN_NX"},
    {"nvidia,p3509-0000+p3767-0001", "JETSON_ORIN_NX"},
    {"nvidia,p3768-0000+p3767-0001", "JETSON_ORIN_NX"},
    {"nvidia,p3509-0000+p3767-0003", "JETSON_ORIN_NANO"},
    {"nvidia,p3768-0000+p3767-0003", "JETSON_ORIN_NANO"},
    {"nvidia,p3509-0000+p3767-0004", "JETSON_ORIN_NANO"},
    {"nvidia,p3768-0000+p3767-0004", "JETSON_ORIN_NANO"},
    {"nvidia,p3509-0000+p3767-0005", "JETSON_ORIN_NANO"},
    {"nvidia,p3768-0000+p3767-0005", "JETSON_ORIN_NANO"},
    {"nvidia,p3971-0050+p3834-0005", "JETSON_THOR_REFERENCE"},
    {"nvidia,p3971-0080+p3834-0008", "JETSON_THOR_REFERENCE"},
    {"nvidia,p3971-0089+p3834-0008", "JETSON_THOR_REFERENCE"},
    {"nvidia,p4071-0000+p3834-0008", "JETSON_THOR_REFERENCE"},
};

// The model of one entry of `compatible`, or NULL. Boards in the faster power mode that came with JetPack 6.1 are the
// same boards with "-super" at the end of their name (nvidia,p3768-0000+p3767-0005-super).
static const char *model_of_entry(const char *entry, size_t len)
{
    static const char suffix[] = "-super";
    size_t suffix_len = strlen(suffix);
    if (len > suffix_len && !memcmp(entry + len - suffix_len, suffix, suffix_len))
        len -= suffix_len;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i].compatible) == len && !memcmp(names[i].compatible, entry, len))
            return names[i].model;
    }
    return NULL;
}

const char *board_from_compatible(const char *compatible, size_t len, const char *kernel_release)
{
    const char *found = NULL;
    for (size_t at = 0; at < len && !found;) {
        size_t entry = strnlen(compatible + at, len - at);
        found = model_of_entry(compatible + at, entry);
        at += entry + 1;
    }
    if (!found || strncmp(kernel_release, "4.", 2) != 0)
        return found;
    // The kernel of JetPack 4 (4.9) numbers the Xaviers' lines otherwise than those since (5.10).
    char old[64];
    snprintf(old, sizeof old, "%s_L4T32", found);
    for (size_t i = 0; i < board_pin_count; i++) {
        if (!strcmp(board_pins[i].model, old))
            return board_pins[i].model;
    }
    return found;
}

const char *board_device_tree(void)
{
    const char *elsewhere = getenv("NANO_AGENT_DEVICE_TREE");
    return elsewhere && *elsewhere ? elsewhere : BOARD_DEVICE_TREE;
}

const char *board_detect(const char *device_tree)
{
    char path[4096], text[1024];
    if (snprintf(path, sizeof path, "%s/compatible", device_tree) >= (int)sizeof path)
        return NULL;
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    struct utsname system;
    if (uname(&system) < 0)
        return NULL;
    return board_from_compatible(text, len, system.release);
}

const char *board_legend(unsigned pin)
{
    static const char *const legend[BOARD_PINS + 1] = {
        [1] = "3V3",
        [17] = "3V3",
        [2] = "5V",
        [4] = "5V",
        [6] = "GND",
        [9] = "GND",
        [14] = "GND",
        [20] = "GND",
        [25] = "GND",
        [30] = "GND",
        [34] = "GND",
        [39] = "GND",
        [3] = "I2C SDA",
        [5] = "I2C SCL",
        [27] = "I2C SDA",
        [28] = "I2C SCL",
        [8] = "UART TX",
        [10] = "UART RX",
    };
    return pin <= BOARD_PINS ? legend[pin] : NULL;
}

bool board_is_power(unsigned pin)
{
    const char *legend = board_legend(pin);
    return legend && (legend[0] == '3' || legend[0] == '5' || legend[0] == 'G');
}

static int is_model(const char *model, const char *name)
{
    size_t len = strlen(name);
    return !strncmp(model, name, len) && (!model[len] || !strcmp(model + len, "_L4T32"));
}

int board_i2c_bus(const char *model, bool second_bus)
{
    // The J41 (J40, J30, J12) tables of the developer kits' user guides.
    static const struct {
        const char *model;
        int bus[2];
    } buses[] = {
        {"JETSON_NANO", {1, 0}},
        {"JETSON_TX1", {0, 1}},
        {"JETSON_TX2", {1, 0}},
        {"JETSON_TX2_NX", {1, 0}},
        {"JETSON_NX", {8, 1}},
        {"JETSON_XAVIER", {8, 1}},
        {"CLARA_AGX_XAVIER", {8, 1}},
        {"JETSON_ORIN_NANO", {7, 1}},
        {"JETSON_ORIN_NX", {7, 1}},
        {"JETSON_ORIN", {7, 1}},
        {"JETSON_THOR_REFERENCE", {7, 1}},
    };
    for (size_t i = 0; i < sizeof buses / sizeof *buses; i++) {
        if (is_model(model, buses[i].model))
            return buses[i].bus[second_bus];
    }
    return -1;
}

bool board_is_fan(const char *model, const char *device, unsigned channel)
{
    // pwm-fan's `pwms` in arch/arm64/boot/dts/nvidia: tegra210-p3450-0000, tegra210-p2597, tegra186-p2771-0000,
    // tegra186-p3509-0000+p3636-0001, tegra194-p3509-0000, tegra194-p2972-0000 (the Clara has its module),
    // tegra234-p3768-0000, tegra234-p3737-0000. The Thor's is not known to us.
    static const struct {
        const char *model, *device;
        unsigned channel;
    } fans[] = {
        {"JETSON_NANO", "7000a000.pwm", 3},
        {"JETSON_TX1", "7000a000.pwm", 3},
        {"JETSON_TX2", "c340000.pwm", 0},
        {"JETSON_TX2_NX", "c340000.pwm", 0},
        {"JETSON_NX", "32d0000.pwm", 0},
        {"JETSON_XAVIER", "c340000.pwm", 0},
        {"CLARA_AGX_XAVIER", "c340000.pwm", 0},
        {"JETSON_ORIN_NANO", "32a0000.pwm", 0},
        {"JETSON_ORIN_NX", "32a0000.pwm", 0},
        {"JETSON_ORIN", "32a0000.pwm", 0},
    };
    for (size_t i = 0; i < sizeof fans / sizeof *fans; i++) {
        if (is_model(model, fans[i].model) && !strcmp(device, fans[i].device) && channel == fans[i].channel)
            return 1;
    }
    return 0;
}

const struct board_pin *board_find(const char *model, unsigned pin)
{
    for (size_t i = 0; i < board_pin_count; i++) {
        if (board_pins[i].pin == pin && !strcmp(board_pins[i].model, model))
            return &board_pins[i];
    }
    return NULL;
}

const struct board_pin *board_find_gpio(const char *model, const char *chip, unsigned line)
{
    for (size_t i = 0; i < board_pin_count; i++) {
        const struct board_pin *p = &board_pins[i];
        if (p->gpio_line == line && !strcmp(p->gpio_chip, chip) && !strcmp(p->model, model))
            return p;
    }
    return NULL;
}

const struct board_pin *board_find_pwm(const char *model, const char *device, unsigned channel)
{
    for (size_t i = 0; i < board_pin_count; i++) {
        const struct board_pin *p = &board_pins[i];
        if (p->pwm_device && p->pwm_channel == channel && !strcmp(p->pwm_device, device) &&
            !strcmp(p->model, model))
            return p;
    }
    return NULL;
}

bool board_known(const char *model)
{
    for (size_t i = 0; i < board_pin_count; i++) {
        if (!strcmp(board_pins[i].model, model))
            return 1;
    }
    return 0;
}

const char *board_model(size_t i)
{
    const char *last = NULL;
    for (size_t at = 0; at < board_pin_count; at++) {
        if (last && !strcmp(board_pins[at].model, last))
            continue;
        last = board_pins[at].model;
        if (i-- == 0)
            return last;
    }
    return NULL;
}
