// SPDX-License-Identifier: MIT
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "common/log.h"
#include "pc-tui/app.h"
#include "pc-tui/cli/cli.h"
#include "pc-tui/config/config.h"

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif

// What a hostile broker may make us hold: it can announce a message of 256 MB. The sanitizers reserve more
// than that by themselves.
static void limit_memory(void)
{
#ifndef UNDER_SANITIZER
    const rlim_t most = (rlim_t)128 << 20;
    struct rlimit limit;
    if (getrlimit(RLIMIT_DATA, &limit) < 0 || limit.rlim_cur <= most)
        return;
    limit.rlim_cur = most;
    if (setrlimit(RLIMIT_DATA, &limit) < 0)
        log_warning("cannot limit the memory: %s", strerror(errno));
#endif
}

int main(int argc, char **argv)
{
    static struct tui_options options;
    log_init("pc-tui", LOG_LEVEL_INFO);
    signal(SIGPIPE, SIG_IGN); // a TLS write to a dead peer, a closed pipe behind `watch`: errors, not the end
    if (config_load(&options, argc, argv) < 0)
        return CLI_USAGE;
    limit_memory();
    switch (options.run) {
    case TUI_SEND:
        return cli_send(&options);
    case TUI_WATCH:
        return cli_watch(&options);
    case TUI_SCREEN:
        break;
    }
    return app_run(&options);
}
