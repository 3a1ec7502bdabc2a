// SPDX-License-Identifier: MIT
// Picks what the command line asks for.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/descriptors.h"
#include "common/log.h"
#include "nano-agent/check/check.h"
#include "nano-agent/check/pins.h"
#include "nano-agent/check/trial.h"
#include "nano-agent/daemon.h"
#include "nano-agent/hw/motor_list.h"
#include "nano-agent/hw/zero.h"
#include "nano-agent/join/join_device.h"
#include "nano-agent/mistake.h"
#include "nano-agent/outputs.h"
#include "nano-agent/system/guardian.h"
#include "nano-agent/system/notify.h"
#include "nano-agent/system/static_libc.h"

enum { LOG_MS = 200 }; // for the last lines, at the end

// The daemon catches TERM, INT and HUP. These would end it without a word, and nobody means that by them.
static void ignore_signals(void)
{
    static const int numbers[] = {SIGUSR1, SIGUSR2, SIGALRM, SIGPIPE};
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        signal(numbers[i], SIG_IGN);
}

static int zero(void)
{
    char path[MOTOR_LIST_PATH_SIZE];
    motor_list_path(path);
    return zero_run(path);
}

static int try_motors(const struct config *config, int argc, char **argv)
{
    struct guardian guardian = {.fd = -1};
    if (outputs_want_guardian(config))
        guardian_start(&guardian, outputs_last, argc, argv); // without one, `nano-agent zero` is left
    return trial_run(config, &guardian, stdin, stdout);
}

// Until the configuration is right a service has the mistake told to the PC, as nobody reads its journal there.
static int run(struct config *config, int argc, char **argv)
{
    struct guardian guardian = {.fd = -1};
    log_init("nano-agent", config->log_level);
    // Before any thread is there.
    int guarded = outputs_want_guardian(config) ? guardian_start(&guardian, outputs_last, argc, argv) : 0;
    if (log_start() < 0)
        return EXIT_FAILURE;
    if (guarded < 0)
        log_error("guardian: %s; a motor goes on turning where this program ends without a word",
            strerror(-guarded));
    int status = -1;
    while (config->mistake[0] && status < 0)
        status = mistake_run(config, argc, argv);
    if (status < 0 && config->broker.password_on_command_line)
        log_warning("-P: every user of this machine can read it; --password-file hides it");
    if (status < 0 && config->broker.warning[0])
        log_warning("%s", config->broker.warning);
    if (status < 0)
        status = daemon_run(config, &guardian, argc, argv);
    log_finish(LOG_MS);
    return status;
}

int main(int argc, char **argv)
{
    if (descriptors_fill_standard() < 0)
        return EXIT_FAILURE;
    ignore_signals();
    static_libc_init();
    static struct config config;
    int status = config_from_arguments(argc, argv, notify_is_wanted(), &config);
    if (status >= 0)
        return status;
    switch (config.task) {
    case TASK_PINS:
        status = pins_print(&config, stdout);
        break;
    case TASK_CHECK:
        status = config.try_motors ? try_motors(&config, argc, argv) : check_run(&config, stdout);
        break;
    case TASK_JOIN:
        status = join_device_run(&config);
        break;
    case TASK_ZERO:
        status = zero();
        break;
    case TASK_RUN:
        status = run(&config, argc, argv);
        break;
    }
    explicit_bzero(config.broker.password, sizeof config.broker.password);
    return status;
}
