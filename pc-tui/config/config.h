// SPDX-License-Identifier: MIT
// What pc-tui was told, by its configuration file and by its command line.
#ifndef PC_TUI_CONFIG_H
#define PC_TUI_CONFIG_H

#include <limits.h>

#include "common/broker_options.h"
#include "pc-tui/ui/ui.h"

enum tui_run { TUI_SCREEN, TUI_SEND, TUI_WATCH, TUI_DEVICES, TUI_JOIN };

struct tui_join {         // of the sub-command join
    const char *file;     // the bundle, NULL = none; points into argv
    char directory[4096]; // where it is written to
    bool undo;            // --undo
};

struct tui_options {
    struct broker_options broker; // at least one host after tui_config_load: localhost where none is named
    enum tui_run run;
    int ttl_ms; // --ttl: how long a motion command may take to arrive; 100 to 60000, default PROTOCOL_TTL_MS
    // --timeout: how long `send` waits for an echo (5000), and `devices` for reports (1000); 100 to 600000
    int timeout_ms;
    bool ascii; // --ascii
    bool mouse; // ask the terminal for wheel and clicks; off with --no-mouse
    bool
        json; // --json: `watch` prints each status as it came, `send` each result and `devices` each device as an object
    bool all;        // watch --all: also statuses that say nothing new
    char **commands; // of `send`, in the order given; points into argv
    int command_count;
    struct tui_join join; // of TUI_JOIN
    struct ui_options ui; // read_only, device and presets
    int argc;             // of the program, to read everything again
    char **argv;
    char file[PATH_MAX]; // the configuration, whether it is there or not; "" = none
};

// Reads the file; broker.conf in the directory named like the file without ".conf", which setup of pc-tui-broker and
// `pc-tui join` write, goes over it, and the command line over both. Where the command line is wrong it says why and ends the
// process with status 2. Asks for the password on the terminal where -u came alone. Returns 0, or -EINVAL
// (already reported on stderr) where the file is wrong.
int tui_config_load(struct tui_options *options, int argc, char **argv);

// Reads everything again in silence, and asks nobody for a password. 0, or -EINVAL where the files are wrong now. Not after the
// commands of `send` were read.
int tui_config_renew(const struct tui_options *was, struct tui_options *now);

struct recheck;
// Watches the files that were read, and those that may appear.
void tui_config_watch(const struct tui_options *options, struct recheck *recheck);

#endif
