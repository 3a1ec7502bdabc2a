// SPDX-License-Identifier: MIT
// The servos' positions on disk. Nothing that happens to the file stops the agent: positions that cannot be read are
// unknown, and that they cannot be written is told once.
#ifndef NANO_AGENT_STORE_H
#define NANO_AGENT_STORE_H

#include "nano-agent/agent/positions.h"

#define STORE_DEFAULT_PATH "/var/lib/nano-agent/positions"

enum { STORE_PATH_SIZE = 4096, STORE_WHY_SIZE = STORE_PATH_SIZE + 160 };

// Where the file is by default: in $STATE_DIRECTORY, which systemd sets (the first of several), else
// STORE_DEFAULT_PATH.
void store_default_path(char out[STORE_PATH_SIZE]);

// Reads the file. 0, also where there is none; else a negative errno with one sentence in why, and no
// positions. Opens regular files only, and waits for nothing.
int store_load(const char *path, struct positions *out, char why[STORE_WHY_SIZE]);

// Writes the file so that a power cut leaves the old one or the new one, never half of it: a new file beside
// it, flushed to the disk, then renamed. A link at path stays, and the file that it leads to is written. Waits for the disk. 0 or a negative errno with one sentence in why.
int store_write(const char *link, const struct positions *positions, char why[STORE_WHY_SIZE]);

struct store;

// Makes a writer with a thread of its own: an SD card can take seconds for a flush, and a stop must not wait that long.
// trouble is called in that thread when writing failed, and not again before it has worked in between. NULL without
// memory.
struct store *store_new(const char *path, void (*trouble)(const char *sentence));

// Has the positions written and returns at once. While the disk is busy, newer positions replace those that wait.
void store_save(struct store *store, const struct positions *positions);

// Waits at most wait_ms until all is written, and frees the store. NULL is allowed.
void store_free(struct store *store, int wait_ms);

#endif
