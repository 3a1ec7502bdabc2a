// SPDX-License-Identifier: MIT
#include "common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_SIZE = 2048 };

static char log_name[32];
static enum log_level log_up_to = LOG_LEVEL_INFO;
static bool log_journal;

// systemd names the device and inode of the stream it gave us. Comparing them with what stderr is now tells a
// service's own stderr from one that was redirected, or inherited by a child.
static bool stderr_is_journal(void)
{
    const char *stream = getenv("JOURNAL_STREAM");
    struct stat st;
    char *end;

    if (!stream || fstat(STDERR_FILENO, &st) < 0)
        return false;
    errno = 0;
    const uintmax_t device = strtoumax(stream, &end, 10);
    if (errno != 0 || end == stream || *end != ':')
        return false;
    const char *second = end + 1;
    const uintmax_t inode = strtoumax(second, &end, 10);
    if (errno != 0 || end == second || *end != '\0')
        return false;
    return device == (uintmax_t)st.st_dev && inode == (uintmax_t)st.st_ino;
}

void log_init(const char *name, enum log_level up_to)
{
    snprintf(log_name, sizeof log_name, "%s", name);
    log_up_to = up_to;
    log_journal = stderr_is_journal();
}

bool log_enabled(enum log_level level)
{
    return level <= log_up_to;
}

__attribute__((format(printf, 2, 0))) static void write_line(
    enum log_level level, const char *format, va_list args)
{
    char line[LINE_SIZE];
    int used;

    if (!log_enabled(level))
        return;
    const int saved_errno = errno;
    if (log_journal)
        used = snprintf(line, sizeof line, "<%d>", (int)level);
    else if (log_name[0] != '\0')
        used = snprintf(line, sizeof line, "%s: ", log_name);
    else
        used = 0;
    size_t start = (size_t)used;
    errno = saved_errno; // for %m
    used = vsnprintf(line + start, sizeof line - start, format, args);
    if (used < 0) {
        errno = saved_errno;
        return;
    }
    size_t len = start + (size_t)used;
    if (len > sizeof line - 1)
        len = sizeof line - 1;
    for (size_t i = start; i < len; i++)
        if (line[i] == '\n')
            line[i] = ' '; // one event is one line, whatever a text from elsewhere brings
    line[len++] = '\n';
    // One write a line: lines of several processes on one terminal do not mix. There is nobody to tell when
    // stderr itself fails.
    while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
        ;
    errno = saved_errno;
}

void log_error(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_LEVEL_ERROR, format, args);
    va_end(args);
}

void log_warning(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_LEVEL_WARNING, format, args);
    va_end(args);
}

void log_info(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_LEVEL_INFO, format, args);
    va_end(args);
}

void log_debug(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    write_line(LOG_LEVEL_DEBUG, format, args);
    va_end(args);
}
