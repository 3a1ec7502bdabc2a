// SPDX-License-Identifier: MIT
// Checks the values of options, wherever they were written, and says what would be right.
#ifndef COMMON_OPTION_VALUE_H
#define COMMON_OPTION_VALUE_H

#include <stddef.h>

#include "common/protocol/protocol.h"

enum { OPTION_PRINTABLE_SIZE = 256 };

// Each returns 0, or -EINVAL with a sentence in why. `what` names the option.

// Always -EINVAL. The sentence repeats what somebody wrote and is shown on a terminal, so it is cleaned.
int option_refuse(char why[PROTOCOL_WHY_SIZE], const char *format, ...) __attribute__((format(printf, 2, 3)));
// Puts "key: " before the sentence in why.
int option_refuse_key(char why[PROTOCOL_WHY_SIZE], const char *key);
int option_copy(char *out, size_t size, const char *what, const char *text, char why[PROTOCOL_WHY_SIZE]);
// The same for what MQTT wants to be UTF-8 without control characters: a broker closes the connection over anything else.
// size is at most OPTION_PRINTABLE_SIZE.
int option_copy_printable(
    char *out, size_t size, const char *what, const char *text, char why[PROTOCOL_WHY_SIZE]);
int option_check_number(
    int *out, const char *what, long number, long least, long most, char why[PROTOCOL_WHY_SIZE]);
int option_parse_number(
    int *out, const char *what, const char *text, long least, long most, char why[PROTOCOL_WHY_SIZE]);

#endif
