// SPDX-License-Identifier: MIT
// Picks what the command line asks for.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "nano-agent/check/check.h"
#include "nano-agent/daemon.h"
#include "nano-agent/pins.h"
#include "nano-agent/system/static_libc.h"

enum { LOG_MS = 200 }; // for the last lines, at the end

int main(int argc, char **argv)
{
    static_libc_init();
    static struct config config;
    int status = config_from_arguments(argc, argv, &config);
    if (status >= 0)
        return status;
    switch (config.task) {
    case TASK_PINS:
        status = pins_print(&config, stdout);
        break;
    case TASK_CHECK:
        status = check_run(&config, stdout);
        break;
    case TASK_RUN:
        log_init("nano-agent", config.log_level);
        if (config.broker.password_on_command_line)
            log_warning("-P: every user of this machine can read it; --password-file hides it");
        status = log_start() < 0 ? EXIT_FAILURE : daemon_run(&config);
        log_finish(LOG_MS);
        break;
    }
    explicit_bzero(config.broker.password, sizeof config.broker.password);
    return status;
}
