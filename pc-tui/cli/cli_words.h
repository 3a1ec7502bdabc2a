// SPDX-License-Identifier: MIT
// Commands as they stand on the command line, and values as `send` and `watch` print them. Pure.
#ifndef PC_TUI_CLI_WORDS_H
#define PC_TUI_CLI_WORDS_H

#include <stdbool.h>

#include "common/protocol/status.h"

enum { CLI_VALUE_SIZE = 256, CLI_WHY_SIZE = PROTOCOL_WHY_SIZE + PROTOCOL_CMD_SIZE + 2 };

// 0, or -EINVAL with a sentence in why: a bare number is no command ("quote the whole command: 'tilt 20'"),
// `sleep` wants a duration.
int cli_words_check(const char *text, char why[PROTOCOL_WHY_SIZE]);
// The same for several commands, of which `-` is none; the sentence begins with the command that is wrong.
int cli_words_check_all(const char *const *commands, int count, char why[CLI_WHY_SIZE]);
// True for `sleep DURATION`; *duration points to what follows the word.
bool cli_words_is_sleep(const char *text, const char **duration);
// A channel's value in words: "tilt 12.5° -> 20.0°", "led on", "lamp 40 %". Returns out.
char *cli_words_channel(char out[CLI_VALUE_SIZE], const struct status_channel *channel, bool ascii);

#endif
