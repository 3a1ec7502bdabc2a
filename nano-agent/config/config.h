// SPDX-License-Identifier: MIT
// The configuration file (libconfuse) and the command line (argp) of nano-agent.
#ifndef NANO_AGENT_CONFIG_H
#define NANO_AGENT_CONFIG_H

#include "common/broker_options.h"
#include "common/log.h"
#include "nano-agent/agent/agent.h"
#include "nano-agent/hw/motor.h"
#include "nano-agent/system/position_store.h"

#ifndef CONFIG_DEFAULT_PATH // the build says where it installs
#define CONFIG_DEFAULT_PATH "/etc/nano-agent.conf"
#endif
#define CONFIG_DEFAULT_BROKER "192.168.55.100" // the PC's end of the USB cable

struct config_output { // how a channel's hardware is to be opened
    struct hw_address address;
    int64_t period_ns;             // servo, dimmer
    struct hw_gpio_options gpio;   // switch, input
    struct hw_motor_options motor; // motor, in place of address and period_ns
    int line;                      // of the file, for messages
};

enum config_task { TASK_RUN, TASK_CHECK, TASK_PINS, TASK_ZERO, TASK_JOIN };

struct config_join {      // of the sub-command join
    char file[4096];      // the bundle, "" = none
    char directory[4096]; // where it is written to
    bool undo;            // --undo
};

struct config {
    struct broker_options broker;
    struct agent_config agent;
    struct config_output outputs[PROTOCOL_CHANNELS_MAX];
    int lost_after_ms;           // 1000 to 3,600,000
    int memory_limit_mib;        // 0 = none
    char state[STORE_PATH_SIZE]; // where positions are kept, "" = nowhere
    bool state_given;            // the file or the command line has said where
    bool sim;                    // --sim: every output simulated
    enum log_level log_level;    // `log`, or -v
    char board[32];              // --board, "" = detect
    enum config_task task;       // what the command line asks for
    struct config_join join;     // of TASK_JOIN
    bool try_motors;             // of TASK_CHECK: --motors
    char path[4096];             // the file read, "" = built-in defaults
    char joined[4096];           // the directory whose broker.conf was read as well, "" = there is none
    // Where the file was refused and the program goes on without channels, this is why it was. "" = it was not.
    char mistake[1024];
    bool broker_known; // of a file with a mistake: the part that says how to reach the broker could be read
};

// The text of dist/nano-agent.conf, which is used where there is no file.
extern const char config_default_text[];

// Sets every value to its default. There are no channels yet.
void config_init(struct config *config);

// Reads the command line, then the file it names (the default path may be missing: then the built-in default,
// the same as dist/nano-agent.conf, holds), and before it broker.conf in the directory named like the file without
// ".conf", which `nano-agent join` writes. Options win over the files. Prints one line to stderr and returns
// 2 where something is wrong (file:line, what, what would be right), before any hardware is touched; -1 = go
// on; 0 = done (--help, --version). The sub-commands go on in spite of a mistake in the file, and so does the daemon where
// lenient says so; TASK_ZERO reads none.
int config_from_arguments(int argc, char **argv, bool lenient, struct config *out);

// The board whose header `pin N` means: the one of --board, else the one that the device tree names, else a Nano if all
// is simulated. NULL = not known.
const char *config_model(const struct config *config);

// Reads the text of a file into `out`, on which config_init was called. path is for messages. out->sim and out->board
// must be set already, because they decide what `pin N` means. 0, or -EINVAL with one line in why.
int config_parse(const char *text, const char *path, struct config *out, char why[1024]);

#endif
