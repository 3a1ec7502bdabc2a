// SPDX-License-Identifier: MIT
// What the files of input share among themselves.
#ifndef PC_TUI_INPUT_PRIVATE_H
#define PC_TUI_INPUT_PRIVATE_H

#include "pc-tui/keys/input.h"

struct input_sink {
    input_emit *emit;
    void *ctx;
};

static inline void input_send(const struct input_sink *sink, struct key_event key)
{
    sink->emit(sink->ctx, &key);
}

static inline void input_send_special(
    const struct input *input, const struct input_sink *sink, enum key_code code, unsigned modifiers)
{
    // A paste has no keys in it, whatever escape sequences its text carries.
    if (!input->pasting)
        input_send(sink, (struct key_event){.code = code, .modifiers = modifiers});
}

static inline void input_send_function(
    const struct input *input, const struct input_sink *sink, unsigned number, unsigned modifiers)
{
    if (!input->pasting)
        input_send(
            sink, (struct key_event){.code = KEY_FUNCTION, .codepoint = number, .modifiers = modifiers});
}

static inline void input_send_pasted(const struct input_sink *sink, uint32_t codepoint)
{
    input_send(sink, (struct key_event){.code = KEY_PASTE_TEXT, .codepoint = codepoint});
}

// A whole sequence came; what followed its introducer is in input->sequence, final is its last byte.
void input_csi(struct input *input, const struct input_sink *sink, char final);
void input_ss3(struct input *input, const struct input_sink *sink, char final);

#endif
