// SPDX-License-Identifier: MIT
// Makes checked values of a configuration's text. Closes the traps of libconfuse. Only this folder uses it.
#ifndef NANO_AGENT_CONFIG_FILE_H
#define NANO_AGENT_CONFIG_FILE_H

#include <confuse.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/config_text.h"
#include "common/protocol/vocabulary.h"

// Stands for the keys outside any section, where a kind of channel stands for those of its sections.
enum { CONFIG_TOP = CHANNEL_KINDS };

enum key_type {
    KEY_NUMBER,  // a decimal; held as an integer: value * scale
    KEY_WORD,    // one of words
    KEY_ADDRESS, // where an output is
    KEY_COMMAND, // the text of a command
    KEY_PATH,    // an absolute path, or ""
};

struct key {
    const char *name;
    enum key_type type;
    unsigned count; // values: 1 or 2; of KEY_ADDRESS at most so many
    int scale;      // KEY_NUMBER
    long min, max;  // KEY_NUMBER, scaled
    const char
        *initial[2];   // the default; NULL = the key is required, or its default follows from other keys. Of
                       // KEY_ADDRESS "" says that the key may be missing
    const char *words; // KEY_WORD: "off last center"
    const char *right; // KEY_NUMBER: "1 to 10000 degrees a second"
};

// The keys of one section. There is one section for each kind of channel (section.h), in the order of enum channel_kind.
struct key_table {
    const char *name; // of the section
    const struct key *keys;
    size_t count;
};

struct config_file {
    cfg_t *cfg;
    const struct key_table *sections; // CHANNEL_KINDS of them
    const char *path;
    char *why; // CONFIG_WHY_SIZE
    struct seen {
        const cfg_opt_t *opt;
        unsigned line;
    } * seen;
    size_t seen_count, seen_size;
    bool failed; // `why` holds the first mistake, which no later one replaces
};

// Parses text and checks every value by the tables. sections has CHANNEL_KINDS tables and must outlive the
// file. Returns 0, or -EINVAL (-ENOMEM) with one line in why. config_file_close must be
// called in both cases.
int config_file_open(struct config_file *file, const struct key_table *sections, const char *text,
    const char *path, char why[CONFIG_WHY_SIZE]);
void config_file_close(struct config_file *file);

// The line in which a key of a section stands; where the key is missing, the line in which the section ends.
unsigned config_file_line(const struct config_file *file, cfg_t *section, const char *key);
bool config_file_has(const struct config_file *file, cfg_t *section, const char *key);

// The value of a key, or its default. The key must be in the table.
long config_file_number(
    const struct config_file *file, cfg_t *section, int kind, const char *name, unsigned index);
const char *config_file_text(
    const struct config_file *file, cfg_t *section, int kind, const char *name, unsigned index);

// Puts PATH, LINE (0 = none) and a sentence in why, the first time only. Returns -EINVAL.
int config_file_refuse(struct config_file *file, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Reads a decimal ("-12.5") as value * scale. True where it is one, with no more digits than scale holds.
bool config_read_decimal(const char *text, int scale, long *out);

#endif
