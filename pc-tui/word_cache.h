// SPDX-License-Identifier: MIT
// The words that devices understand, kept for the shell's completion: it must not ask the network while somebody types.
#ifndef PC_TUI_WORD_CACHE_H
#define PC_TUI_WORD_CACHE_H

#include <stddef.h>

#include "pc-tui/model/model.h"

struct event_base;

// $XDG_CACHE_HOME/pc-tui/words, else ~/.cache/pc-tui/words. 0, -ENOENT without a home, -ENAMETOOLONG.
int word_cache_path(char *out, size_t size);
// Returns every word of every device once, a line each, to be freed by the caller. NULL without memory, and where no
// device is known: then what is kept stays.
char *word_cache_text(const struct model *model);
// At the end of the program: writes the words into the file, and waits for that no longer than file_writer_free does.
void word_cache_keep(struct event_base *base, const struct model *model);

#endif
