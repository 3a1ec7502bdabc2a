// SPDX-License-Identifier: MIT
// What `send` and `watch` share. Nobody else includes it.
#ifndef PC_TUI_CLI_PRIVATE_H
#define PC_TUI_CLI_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/protocol/status.h"
#include "pc-tui/config/config.h"
#include "pc-tui/model/model.h"

struct event_base;

// An event loop that takes files and /dev/null as stdin too (epoll refuses those). NULL without memory.
struct event_base *cli_event_base(void);

// True for `sleep DURATION`; *duration points to what follows the word.
bool cli_is_sleep(const char *text, const char **duration);

enum { CLI_VALUE_SIZE = 128 };
// A channel's value in words: "tilt 12.5° -> 20.0°", "led on", "lamp 40 %". Returns out.
char *cli_channel(char out[CLI_VALUE_SIZE], const struct status_channel *channel, bool ascii);

// Checks the commands of the command line. 0, or an exit status after one line on stderr.
int cli_check_commands(const struct tui_options *options);
// Prints what became of a command: "tilt_up  ok  tilt 5.0°  0.4 ms".
void cli_print_result(const struct model *model, const struct journal_event *event, bool ascii);

#endif
