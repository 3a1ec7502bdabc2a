// SPDX-License-Identifier: MIT
// One line an event to stderr. Under the journal (JOURNAL_STREAM names our stderr) each line begins with its
// <N> level.
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>

enum log_level {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7
}; // as syslog(3)

// Finds out whether stderr is the journal; name goes in front of each line elsewhere ("nano-agent: …").
void log_init(const char *name, enum log_level up_to);
// True if a line of this level would be written: ask before costly formatting.
bool log_enabled(enum log_level level);
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
