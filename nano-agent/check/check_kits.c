// SPDX-License-Identifier: MIT
#include "nano-agent/check/check_kits.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "common/array.h"
#include "nano-agent/board/board.h"

// What stands at each address by the makers' own programs: dist/kits/*.conf name them. The kit with the most addresses
// comes first.
static const struct kit {
    const char *file;
    unsigned addresses[2]; // 0 = none
    const char *note;
} kits[] = {
    {"autocar-prime.conf", {0x5c, 0x5e}, ""},
    {"autocar-prime.conf", {0x5d, 0x5e}, ", an older one: write 0x5d in the place of 0x5c"},
    {"jetbot.conf", {0x60},
        " with Adafruit's motor board; jetbot-waveshare.conf is for Waveshare's, at the same address"},
    {"waveshare-pan-tilt.conf", {0x40}, ", or another PCA9685 board"},
};

// A chip that a kernel driver has is there as well.
static bool answers(const struct check *check, const char *bus, unsigned address)
{
    struct hw_address at = {.kind = HW_PCA9685, .i2c_address = address};
    char why[HW_WHY_SIZE];
    snprintf(at.chip, sizeof at.chip, "%s", bus);
    int rc = check->pca9685_probe(&at, why);
    return rc == 0 || rc == -EBUSY;
}

static bool looks_like(const struct check *check, const char *bus, const struct kit *kit)
{
    for (size_t i = 0; i < ARRAY_LENGTH(kit->addresses); i++)
        if (kit->addresses[i] && !answers(check, bus, kit->addresses[i]))
            return false;
    return true;
}

// A package is always below /usr, even where the same build is installed from source below another prefix.
static const char *kits_folder(void)
{
    return access(KITS_DIR, X_OK) == 0 ? KITS_DIR : "/usr/share/nano-agent/kits";
}

void check_kits(struct check *check)
{
    char bus[16], addresses[24];
    int number = check->model && !check->config->sim ? board_i2c_bus(check->model, false) : -1;
    if (number < 0)
        return;
    snprintf(bus, sizeof bus, "i2c-%d", number);
    for (size_t i = 0; i < ARRAY_LENGTH(kits); i++) {
        const struct kit *kit = &kits[i];
        if (!looks_like(check, bus, kit))
            continue;
        int len = snprintf(addresses, sizeof addresses, "0x%02x", kit->addresses[0]);
        if (kit->addresses[1])
            snprintf(addresses + len, sizeof addresses - (size_t)len, " and 0x%02x", kit->addresses[1]);
        check_ok(check, "kit: what answers at %s of %s looks like that of %s/%s%s", addresses, bus,
            kits_folder(), kit->file, kit->note);
        return;
    }
}
