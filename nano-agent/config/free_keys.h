// SPDX-License-Identifier: MIT
// Sections whose keys are free: the names of channels in a pose, other people's words in a table of words. libconfuse wants
// to know every key before it reads a file, and only for such keys it calls the hooks that see a key that is given twice, and
// its line. So the text is looked through for them first. (Its own free keys, CFGF_KEYSTRVAL of version 3.3, have no hooks,
// and JetPack 4 has 3.2.)
#ifndef NANO_AGENT_FREE_KEYS_H
#define NANO_AGENT_FREE_KEYS_H

#include <confuse.h>
#include <stddef.h>

enum free_section { FREE_POSE, FREE_WORDS, FREE_SECTIONS };

// Who reads such a section checks what stands there.
struct free_section_info {
    const char *name; // "pose"
    size_t max;       // so many of them in a file
    const char *key;  // what stands in front of the equal sign, in words
};
extern const struct free_section_info free_sections[FREE_SECTIONS];

// The section of that name; FREE_SECTIONS for another.
enum free_section free_section_of(const char *name);

// The keys of all sections of one name.
struct free_keys {
    size_t count;
    char **names;
    cfg_opt_t *opts;        // what CFG_SEC wants; NULL before free_keys_find
    unsigned too_many_line; // the line of the first section beyond the limit; 0 = there is none
};

// Looks through a text that config_text_prepare made for the sections of that name, at most so many, and notes their keys. What
// it takes for a key too much is never used. 0, or -ENOMEM. free_keys_finish must be called in both cases.
int free_keys_find(struct free_keys *keys, const char *text, const char *section, size_t sections_max);
void free_keys_finish(struct free_keys *keys);

#endif
