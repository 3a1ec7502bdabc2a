// SPDX-License-Identifier: MIT
// The text of a command by its grammar, for the two that read it: protocol_parse_text, which is declared in protocol.h, and the
// reader of envelopes. Pure.
// why: a sentence for whoever sent it, where the result is less than 0.
#ifndef COMMON_PROTOCOL_TEXT_H
#define COMMON_PROTOCOL_TEXT_H

#include "common/protocol/protocol.h"
#include "common/protocol/span.h"

// 0, or -EINVAL for more bytes than any command has.
int protocol_text_check_length(size_t len, char why[PROTOCOL_WHY_SIZE]);

// 0, or -EINVAL for what no command contains, in whatever form: broken UTF-8, NUL, and control characters except blanks and line
// ends.
int protocol_text_check(struct span text, char why[PROTOCOL_WHY_SIZE]);

// Reads the words and the number of a text that protocol_text_check has passed. 0, or -EINVAL.
int protocol_text_parse(struct span text, struct protocol_command *out, char why[PROTOCOL_WHY_SIZE]);

// Sets out->cmd by what was read.
void protocol_text_write_canonical(struct protocol_command *out);

// Leaves of a refused command only the text that may be shown, and nothing that could be carried out.
void protocol_text_refuse(struct protocol_command *out, struct span text);

#endif
