// SPDX-License-Identifier: MIT
// The configuration file of pc-tui, and what its keys share with options. Only config.c and config_file.c use it.
#ifndef PC_TUI_CONFIG_FILE_H
#define PC_TUI_CONFIG_FILE_H

#include "pc-tui/config/config.h"

// True for each option that the command line gave: the file does not change it.
struct tui_config_given {
    bool ttl, timeout, mouse;
};

// Each 0, or -EINVAL with what would be right in why.
int tui_config_set_ttl(struct tui_options *options, const char *text, char why[PROTOCOL_WHY_SIZE]);
int tui_config_set_timeout(struct tui_options *options, const char *text, char why[PROTOCOL_WHY_SIZE]);

// Reads the file at path. 0, or -EINVAL; what is wrong is on stderr then, with file and line.
int tui_config_file_read(struct tui_options *options, const char *path, const struct tui_config_given *given);

#endif
