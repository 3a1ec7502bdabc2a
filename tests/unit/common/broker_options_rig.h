// SPDX-License-Identifier: MIT
// Reads options and configuration texts as a program does, for the tests of broker_options.
#ifndef TESTS_BROKER_OPTIONS_RIG_H
#define TESTS_BROKER_OPTIONS_RIG_H

#include "common/broker_options.h"

#define ARGS(...) ((char *const[]){__VA_ARGS__, NULL}) // argp reorders a copy and writes to no text

// Parses as a program does, but silently and without leaving.
error_t parse_into(struct broker_options *options, char *const args[]);
// The same from the defaults on.
error_t parse(struct broker_options *options, char *const args[]);

extern const char *wrong_key; // that broker_options_from_cfg named last
// 0 or a negative errno, as broker_options_from_cfg.
int from_cfg(struct broker_options *options, const char *text, char why[PROTOCOL_WHY_SIZE]);

void assert_why(const char *why, const char *part);

#endif
