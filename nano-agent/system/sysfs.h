// SPDX-License-Identifier: MIT
// The short text files of sysfs and procfs, read without stdio: some are read at each heartbeat.
#ifndef NANO_AGENT_SYSFS_H
#define NANO_AGENT_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Reads the beginning of a file, at most size - 1 bytes, and terminates it. False where the file cannot be read or is
// empty.
bool sysfs_read_text(const char *path, char *out, size_t size);

// A whole number at the beginning of text, at most 10^12 either way, which is above any figure that is real and far
// from overflow. White space or a fraction may follow the number. *end (may be NULL) gets the place behind it.
bool sysfs_parse_number(const char *text, int64_t *out, const char **end);

// Both of it. False where path is "".
bool sysfs_read_number(const char *path, int64_t *out);
// The same for a file of a folder.
bool sysfs_read_number_in(const char *folder, const char *name, int64_t *out);

// The number in a file that is open, from its beginning, however often it was read before. 0, or a negative errno:
// -EINVAL where there is no number.
int sysfs_read_number_of(int fd, int64_t *out);

// Writes to a file that is open, from its beginning. 0 or a negative errno.
int sysfs_write_text_to(int fd, const char *text);
int sysfs_write_number_to(int fd, int64_t number);

#endif
