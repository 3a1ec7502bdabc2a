// SPDX-License-Identifier: MIT
// The configuration of the broker that a program has joined: a file broker.conf in the directory that is called as the program's
// own configuration without ".conf". It is read before that one, and what it says holds.
#ifndef COMMON_JOIN_JOINED_H
#define COMMON_JOIN_JOINED_H

#include "common/broker_options.h"
#include "common/config_text.h"

enum { JOINED_PATH_SIZE = 4096 };

// "/etc/nano-agent.conf" to "/etc/nano-agent". False, with "" in out, where the path does not end in .conf or is too long.
bool joined_directory(const char *config_path, char out[JOINED_PATH_SIZE]);

// Reads broker.conf of the directory into options. Its brokers, login and TLS take the place of those that a file says
// afterwards, and so do the topics that it names. Options of the command line win as over any file. Returns 1 where it was
// read, 0 where there is none, or a negative errno with "PATH:LINE: …" in why. directory may be "": there is none.
int joined_read(struct broker_options *options, const char *directory, char why[CONFIG_WHY_SIZE]);

// The same for a text; path is for messages. Returns 0 or -EINVAL.
int joined_parse(
    struct broker_options *options, const char *text, const char *path, char why[CONFIG_WHY_SIZE]);

#endif
