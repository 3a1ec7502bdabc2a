// SPDX-License-Identifier: MIT
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/descriptors.h"
#include "common/log.h"
#include "common/memory_limit.h"
#include "pc-tui/app.h"
#include "pc-tui/cli/cli.h"
#include "pc-tui/config/config.h"
#include "pc-tui/join_operator.h"

enum { MEMORY_MIB = 128 };

int main(int argc, char **argv)
{
    static struct tui_options options;
    if (descriptors_fill_standard() < 0)
        return EXIT_FAILURE;
    log_init("pc-tui", LOG_LEVEL_INFO);
    signal(SIGPIPE,
        SIG_IGN); // writing to a dead peer or a closed pipe is an error, and not the end of the program
    if (tui_config_load(&options, argc, argv) < 0)
        return CLI_USAGE;
    int rc = memory_limit_set(MEMORY_MIB);
    if (rc < 0)
        log_warning("cannot limit the memory: %s", strerror(-rc));
    switch (options.run) {
    case TUI_SEND:
        return cli_send(&options);
    case TUI_WATCH:
        return cli_watch(&options);
    case TUI_DEVICES:
        return cli_devices(&options);
    case TUI_JOIN:
        return join_operator_run(&options);
    case TUI_SCREEN:
        break;
    }
    return app_run(&options);
}
