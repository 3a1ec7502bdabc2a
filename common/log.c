// SPDX-License-Identifier: MIT
#include "common/log.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/line_writer.h"
#include "common/text.h"

// QUEUE_SIZE: a minute of lines at the rate that is allowed.
enum { LINE_SIZE = 2048, PREFIX_SIZE = 80, QUEUE_SIZE = 128 * 1024, SECOND_US = 1000000 };

static char log_name[32];
static enum log_level log_up_to = LOG_LEVEL_INFO;
static bool log_journal, log_times, log_muted;
static struct line_writer *log_writer; // NULL: each line is written at once
// Held while a line is put there: a thread that hung in a disk may log while the program ends.
static pthread_mutex_t log_writer_mutex = PTHREAD_MUTEX_INITIALIZER;

static pthread_mutex_t log_mutex = PTHREAD_MUTEX_INITIALIZER; // for what follows
static int64_t log_second_us;                                 // when the current second began
static unsigned log_second_lines;                             // lines written in it
static unsigned log_left_out;                                 // lines that were too many

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
    uintmax_t device = strtoumax(stream, &end, 10);
    if (errno != 0 || end == stream || *end != ':')
        return false;
    char *second = end + 1;
    uintmax_t inode = strtoumax(second, &end, 10);
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
    return level <= log_up_to && !log_muted;
}

void log_mute(bool mute)
{
    log_muted = mute;
}

// "<6>", or "2026-11-25 19:55:12.123 nano-agent: ".
static size_t write_prefix(enum log_level level, char out[PREFIX_SIZE])
{
    size_t len = 0;
    if (log_journal)
        return (size_t)snprintf(out, PREFIX_SIZE, "<%d>", (int)level);
    if (log_times) {
        struct timespec now;
        struct tm local;
        clock_gettime(CLOCK_REALTIME, &now);
        localtime_r(&now.tv_sec, &local);
        len = strftime(out, PREFIX_SIZE, "%Y-%m-%d %H:%M:%S", &local);
        len += (size_t)snprintf(out + len, PREFIX_SIZE - len, ".%03d ", (int)(now.tv_nsec / 1000000));
    }
    if (log_name[0] != '\0')
        len += (size_t)snprintf(out + len, PREFIX_SIZE - len, "%s: ", log_name);
    return len;
}

static void put(enum log_level level, const char *text)
{
    char line[PREFIX_SIZE + LINE_SIZE];
    size_t len = write_prefix(level, line);
    len += text_clean(line + len, LINE_SIZE - 1, text, strlen(text), LINE_SIZE);
    line[len++] = '\n';
    pthread_mutex_lock(&log_writer_mutex);
    bool queued = log_writer != NULL;
    if (queued)
        line_writer_put(log_writer, line, len);
    pthread_mutex_unlock(&log_writer_mutex);
    if (queued)
        return;
    // One write a line: lines of several processes on one terminal do not mix. There is nobody to tell when
    // stderr itself fails.
    while (write(STDERR_FILENO, line, len) < 0 && errno == EINTR)
        ;
}

static size_t tell_lost(char *out, size_t size, unsigned long lost)
{
    char prefix[PREFIX_SIZE];
    size_t len = write_prefix(LOG_LEVEL_WARNING, prefix);
    return (size_t)snprintf(out, size, "%.*s%lu %s lost here: stderr took nothing\n", (int)len, prefix, lost,
        lost == 1 ? "line" : "lines");
}

int log_start(void)
{
    struct stat st;
    tzset(); // reads a file, which nothing does later
    log_times =
        !log_journal && (isatty(STDERR_FILENO) || (fstat(STDERR_FILENO, &st) == 0 && S_ISREG(st.st_mode)));
    log_writer = line_writer_new(STDERR_FILENO, QUEUE_SIZE, tell_lost);
    return log_writer ? 0 : -ENOMEM;
}

// With log_mutex held.
static void tell_left_out(void)
{
    char text[80];
    if (log_left_out == 0)
        return;
    snprintf(text, sizeof text, "%u more lines left out, which were too many for one second", log_left_out);
    log_left_out = 0;
    log_second_lines++;
    put(LOG_LEVEL_INFO, text);
}

// With log_mutex held.
static void begin_second(int64_t now)
{
    if (now - log_second_us < SECOND_US)
        return;
    log_second_us = now;
    log_second_lines = 0;
    tell_left_out();
}

void log_finish(int wait_ms)
{
    struct line_writer *writer = log_writer;
    pthread_mutex_lock(&log_mutex);
    tell_left_out();
    pthread_mutex_unlock(&log_mutex);
    pthread_mutex_lock(&log_writer_mutex);
    log_writer = NULL;
    pthread_mutex_unlock(&log_writer_mutex);
    log_times = false;
    line_writer_free(writer, wait_ms);
}

int64_t log_next_us(void)
{
    pthread_mutex_lock(&log_mutex);
    int64_t next = log_left_out > 0 ? log_second_us + SECOND_US : INT64_MAX;
    pthread_mutex_unlock(&log_mutex);
    return next;
}

void log_tick(void)
{
    pthread_mutex_lock(&log_mutex);
    begin_second(clock_now_us());
    pthread_mutex_unlock(&log_mutex);
}

static bool is_too_many(enum log_level level)
{
    if (!log_writer || (level != LOG_LEVEL_WARNING && level != LOG_LEVEL_INFO))
        return false;
    pthread_mutex_lock(&log_mutex);
    begin_second(clock_now_us());
    bool too_many = log_second_lines >= LOG_LINES_A_SECOND;
    if (too_many)
        log_left_out++;
    else
        log_second_lines++;
    pthread_mutex_unlock(&log_mutex);
    return too_many;
}

__attribute__((format(printf, 2, 0))) static void write_line(
    enum log_level level, const char *format, va_list args)
{
    char text[LINE_SIZE];
    int saved_errno = errno;
    if (!log_enabled(level) || is_too_many(level))
        return;
    errno = saved_errno; // for %m
    if (vsnprintf(text, sizeof text, format, args) >= 0) {
        for (char *c = text; *c != '\0'; c++)
            if (*c == '\n')
                *c = ' '; // one event is one line, whatever a text from elsewhere brings
        put(level, text);
    }
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
