// SPDX-License-Identifier: MIT
#include "nano-agent/hw/sim_lines.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/line_writer.h"
#include "common/text.h"

enum { QUEUE_SIZE = 64 * 1024, LAST_LINES_MS = 200, TIME_SIZE = 32 };

static char next_name[SIM_NAME_SIZE] = "output";
static int64_t start_ms; // when the first output was opened: the times of the lines count from then

static struct line_writer *writer; // to stdout, which may be slow
static unsigned writer_users;

void hw_sim_name_next(const char *channel)
{
    snprintf(next_name, sizeof next_name, "%s", channel);
    if (!start_ms)
        start_ms = clock_now_ms();
}

static int64_t since_start_ms(void)
{
    return clock_now_ms() - start_ms;
}

static size_t write_time(char out[TIME_SIZE], int64_t ms)
{
    return (size_t)snprintf(out, TIME_SIZE, "%" PRId64 ".%03d ", ms / 1000, (int)(ms % 1000));
}

static size_t tell_lost(char *out, size_t size, unsigned long lost)
{
    char time[TIME_SIZE];
    write_time(time, since_start_ms());
    return (size_t)snprintf(
        out, size, "%s%lu %s lost here: stdout took nothing\n", time, lost, lost == 1 ? "change" : "changes");
}

void sim_lines_name(char out[SIM_NAME_SIZE])
{
    snprintf(out, SIM_NAME_SIZE, "%s", next_name);
}

void sim_lines_say(const char *name, const char *what)
{
    static char time[TIME_SIZE]; // of many commands in a row several share a millisecond
    static size_t time_len;
    static int64_t time_ms = -1;
    char line[SIM_NAME_SIZE + TIME_SIZE + 64];
    int64_t now_ms = since_start_ms();
    if (now_ms != time_ms) {
        time_len = write_time(time, now_ms);
        time_ms = now_ms;
    }
    const char *parts[] = {name, " ", what, "\n"};
    size_t len = text_append(line, sizeof line, 0, time, time_len);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        len = text_append(line, sizeof line, len, parts[i], strlen(parts[i]));
    line_writer_put(writer, line, len);
}

int sim_lines_hold(char why[HW_WHY_SIZE])
{
    if (!writer)
        writer = line_writer_new(STDOUT_FILENO, QUEUE_SIZE, tell_lost);
    if (!writer) {
        snprintf(why, HW_WHY_SIZE, "out of memory");
        return -ENOMEM;
    }
    writer_users++;
    return 0;
}

void sim_lines_leave(void)
{
    if (--writer_users > 0)
        return;
    line_writer_free(writer, LAST_LINES_MS);
    writer = NULL;
}
