// SPDX-License-Identifier: MIT
// Makes checked values of a configuration's text. Holds the table of keys, and closes the traps of libconfuse. Only
// config.c and config_channels.c use it.
#ifndef NANO_AGENT_CONFIG_FILE_H
#define NANO_AGENT_CONFIG_FILE_H

#include <confuse.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/protocol/vocabulary.h"
#include "nano-agent/config/config_text.h"

// Stands for the keys outside any section, where a kind of channel stands for those of its sections.
enum { CONFIG_TOP = CHANNEL_OTHER + 1 };

enum key_type {
    KEY_NUMBER,  // a decimal; held as an integer: value * scale
    KEY_WORD,    // one of words
    KEY_ADDRESS, // where an output is
    KEY_COMMAND, // the text of a command
    KEY_PATH,    // an absolute path, or ""
};

struct key {
    const char *name;
    int section; // an enum channel_kind, or CONFIG_TOP
    enum key_type type;
    unsigned count;         // values: 1 or 2
    int scale;              // KEY_NUMBER
    long min, max;          // KEY_NUMBER, scaled
    const char *initial[2]; // the default; NULL = the key is required, or its default follows from other keys
    const char *words;      // KEY_WORD: "off last center"
    const char *right;      // KEY_NUMBER: "1 to 10000 degrees a second"
};
extern const struct key config_keys[];
extern const size_t config_key_count;

struct config_file {
    cfg_t *cfg;
    const char *path;
    char *why; // CONFIG_WHY_SIZE
    struct seen {
        const cfg_opt_t *opt;
        unsigned line;
    } * seen;
    size_t seen_count, seen_size;
    bool failed; // `why` holds the first mistake, which no later one replaces
};

// Parses text and checks every value by the table. 0, or -EINVAL (-ENOMEM) with one line in why. config_file_close must
// be called in both cases.
int config_file_open(struct config_file *file, const char *text, const char *path, char why[CONFIG_WHY_SIZE]);
void config_file_close(struct config_file *file);

// The line in which a key of a section stands; where the key is missing, the line in which the section ends.
unsigned config_file_line(const struct config_file *file, cfg_t *section, const char *key);
bool config_file_has(const struct config_file *file, cfg_t *section, const char *key);

// The value of a key, or its default. The key must be in the table.
long config_file_number(
    const struct config_file *file, cfg_t *section, int kind, const char *name, unsigned index);
const char *config_file_text(const struct config_file *file, cfg_t *section, int kind, const char *name);

// Notes "PATH:LINE: …" in why, the first time only. Returns -EINVAL.
int config_file_refuse(struct config_file *file, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// Reads a decimal ("-12.5") as value * scale. True where it is one, with no more digits than scale holds.
bool config_read_decimal(const char *text, int scale, long *out);

#endif
