// SPDX-License-Identifier: MIT
#include "nano-agent/check/check.h"

#include <pwd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "nano-agent/board/board.h"
#include "nano-agent/board/pad.h"
#include "nano-agent/check/check_broker.h"
#include "nano-agent/check/check_hardware.h"
#include "nano-agent/check/check_jetson.h"
#include "nano-agent/check/check_kits.h"
#include "nano-agent/check/check_motors.h"
#include "nano-agent/check/check_software.h"
#include "nano-agent/hw/pca9685_chip.h"

static struct utsname system_name;

void check_init(struct check *check, const struct config *config, FILE *out)
{
    const struct passwd *user = getpwuid(geteuid());
    if (uname(&system_name) < 0)
        system_name.release[0] = '\0';
    *check = (struct check){
        .config = config,
        .model = config_model(config),
        .root = "",
        .device_tree = board_device_tree(),
        .kernel = system_name.release,
        .user = user ? user->pw_name : "$USER",
        .gpio_version = gpio_library_version(),
        .gpio_look = gpio_look,
        .pca9685_probe = pca9685_probe,
        .pad_read = board_pad_read,
        .out = out,
    };
}

int check_run(const struct config *config, FILE *out)
{
    struct check check;
    check_init(&check, config, out);
    check_software(&check);
    check_hardware(&check);
    check_jetson_io(&check);
    check_motors(&check);
    check_kits(&check);
    check_brokers(&check);
    return check.wrong ? 1 : 0;
}
