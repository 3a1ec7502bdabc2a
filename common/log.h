// SPDX-License-Identifier: MIT
// One line an event to stderr. Under the journal (JOURNAL_STREAM names our stderr) each line begins with its <N>
// level, elsewhere with the program's name. What comes from elsewhere cannot forge or hide anything: control and bidi
// characters, line ends and broken UTF-8 are replaced.
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level {
    LOG_LEVEL_ERROR = 3,
    LOG_LEVEL_WARNING = 4,
    LOG_LEVEL_INFO = 6,
    LOG_LEVEL_DEBUG = 7
}; // as syslog(3)

enum { LOG_LINES_A_SECOND = 20 };

// Finds out whether stderr is the journal; name goes in front of each line elsewhere ("nano-agent: connected"). Until
// log_start each line is written before its function returns, which is right for a program that ends with it.
void log_init(const char *name, enum log_level up_to);

// For a daemon: from now on no line waits for stderr, however long that takes nothing; lines that find no room are
// counted, and the count is told. Lines to a terminal or a file begin with the time. At most LOG_LINES_A_SECOND lines
// of warning and info are written in a second, and a line says how many were left out; errors and debug are not
// limited. 0, or -ENOMEM without memory or without a thread.
int log_start(void);

// Writes what waits, for at most wait_ms, and ends what log_start began.
void log_finish(int wait_ms);

// When log_tick has something to tell (CLOCK_MONOTONIC us), INT64_MAX = it has not. log_tick tells how many lines were
// left out. The next line would tell it as well, but may be hours away.
int64_t log_next_us(void);
void log_tick(void);

// Leaves out every line until it is called with false: for something that is read again, whose mistakes were told.
void log_mute(bool mute);

// True if a line of this level would be written: ask before costly formatting.
bool log_enabled(enum log_level level);
void log_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
