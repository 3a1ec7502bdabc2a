// SPDX-License-Identifier: MIT
// Why something is refused: a sentence for the operator, whose arguments may be foreign text.
#ifndef COMMON_SAY_H
#define COMMON_SAY_H

#include "common/protocol/protocol.h"
#include "common/text.h"

// Formats a sentence into a `char why[PROTOCOL_WHY_SIZE]` and cleans it.
#define say(why, ...) text_sentence((why), PROTOCOL_WHY_SIZE, PROTOCOL_WHY_CHARS, __VA_ARGS__)

#endif
