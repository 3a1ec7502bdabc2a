// SPDX-License-Identifier: MIT
// What a whole escape sequence of a terminal means. Pure, and without memory: decoder.c finds where a sequence
// begins and ends. Sources: xterm's ctlseqs, the kitty keyboard protocol, and what rxvt and the Linux console
// send.
#ifndef PC_TUI_KEY_SEQUENCE_H
#define PC_TUI_KEY_SEQUENCE_H

#include <stddef.h>

#include "pc-tui/keys/key.h"

// The event of `ESC [ text final`, and of `ESC O text final`; code KEYCODE_NONE where it has no meaning here.
// modifiers (extra) are added to those that the sequence names: KEYMOD_ALT where a second ESC stood in front.
struct key_event key_sequence_csi(const char *text, size_t length, char final, unsigned modifiers);
struct key_event key_sequence_ss3(const char *text, size_t length, char final, unsigned extra);
// `ESC [ [ final`: the Linux console's function keys 1 to 5.
struct key_event key_sequence_console(char final, unsigned modifiers);
// The key of a control byte, below 0x20 except ESC, or DEL.
struct key_event key_sequence_control(unsigned char byte, unsigned modifiers);
// The event of an operating-system command, `ESC ] text` up to its end: the answer about the background.
struct key_event key_sequence_osc(const char *text, size_t length);

// True where a sequence names "no modifiers" explicitly (`1;1`) and does not say whether its key went down or
// up. No terminal writes that for a plain key; one writes the phase behind the final byte instead (`D:3`).
bool key_sequence_lacks_phase(const char *parameters, size_t length);
// True where a read of length > 0 bytes looks like the rest of a sequence whose ESC came alone; `[` is not looked at.
bool key_sequence_is_tail(const unsigned char *bytes, size_t length);

#endif
