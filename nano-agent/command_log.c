// SPDX-License-Identifier: MIT
#include "nano-agent/command_log.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SECOND_US = 1000000 };

void command_log_init(struct command_log *log)
{
    *log = (struct command_log){.second_us = INT64_MIN / 2};
}

static void end_second(struct command_log *log, int64_t now_us)
{
    if (now_us - log->second_us < SECOND_US)
        return;
    if (log->fold.count > 0)
        log->ended = log->fold;
    log->second_us = now_us;
    log->lines = 0;
    log->stop_shown = false;
    log->fold = (struct command_log_fold){0};
}

// "tilt" of tilt_up and "tilt 20", "move" of "move 20".
static void name_of(const char *cmd, char out[PROTOCOL_NAME_MAX + 1])
{
    size_t len = strcspn(cmd, "_ ");
    if (len > PROTOCOL_NAME_MAX)
        len = PROTOCOL_NAME_MAX;
    memcpy(out, cmd, len);
    out[len] = '\0';
}

static void fold(struct command_log_fold *into, const struct status_last *last)
{
    char name[PROTOCOL_NAME_MAX + 1];
    name_of(last->cmd, name);
    if (into->count++ == 0)
        memcpy(into->name, name, sizeof name);
    else if (strcmp(into->name, name) != 0)
        into->name[0] = '\0';
    into->results[last->result]++;
}

bool command_log_add(struct command_log *log, const struct status_last *last, int64_t took_us, int64_t now_us)
{
    end_second(log, now_us);
    bool first_stop = !log->stop_shown && strcmp(last->cmd, "stop") == 0;
    log->stop_shown = log->stop_shown || first_stop;
    size_t room = sizeof log->line / sizeof log->line[0] - log->waiting;
    if (room == 0 || (log->lines >= COMMAND_LOG_LINES && !first_stop)) {
        fold(&log->fold, last);
        return log->waiting > 0;
    }
    log->lines += !first_stop;
    log->line[log->waiting++] = (struct command_log_line){*last, took_us};
    return true;
}

// "tilt … 49 more, all ok", or "… 49 more commands: 40 ok, 9 limit".
static void write_fold(const struct command_log_fold *fold, char out[COMMAND_LOG_SIZE])
{
    size_t len;
    if (fold->name[0])
        len = (size_t)snprintf(out, COMMAND_LOG_SIZE, "%s … %u more", fold->name, fold->count);
    else
        len = (size_t)snprintf(
            out, COMMAND_LOG_SIZE, "… %u more command%s", fold->count, fold->count == 1 ? "" : "s");
    const char *before = ": ";
    for (int result = 0; result <= RESULT_OTHER && len < COMMAND_LOG_SIZE; result++) {
        const char *name = protocol_result_name((enum protocol_result)result);
        if (fold->results[result] == fold->count && fold->count > 1)
            len += (size_t)snprintf(out + len, COMMAND_LOG_SIZE - len, ", all %s", name);
        else if (fold->results[result] > 0)
            len += (size_t)snprintf(
                out + len, COMMAND_LOG_SIZE - len, "%s%u %s", before, fold->results[result], name);
        before = fold->results[result] > 0 ? ", " : before;
    }
}

static void write_line(const struct command_log_line *line, char out[COMMAND_LOG_SIZE])
{
    const struct status_last *last = &line->last;
    snprintf(out, COMMAND_LOG_SIZE, "%s%s%s%s%s: %s%s%s%s (%" PRId64 " us)", last->from,
        *last->from ? ": " : "", last->cmd, *last->id ? " " : "", last->id,
        protocol_result_name(last->result), last->again ? ", again" : "", *last->why ? ", " : "", last->why,
        line->took_us);
}

bool command_log_next(struct command_log *log, int64_t now_us, char out[COMMAND_LOG_SIZE])
{
    if (log->ended.count > 0) {
        write_fold(&log->ended, out);
        log->ended.count = 0;
        return true;
    }
    if (log->waiting > 0) {
        write_line(&log->line[0], out);
        log->waiting--;
        memmove(&log->line[0], &log->line[1], log->waiting * sizeof log->line[0]);
        return true;
    }
    if (log->fold.count == 0 || now_us < command_log_due_us(log))
        return false;
    write_fold(&log->fold, out);
    log->fold = (struct command_log_fold){0};
    return true;
}

int64_t command_log_due_us(const struct command_log *log)
{
    return log->fold.count > 0 ? log->second_us + SECOND_US : INT64_MAX;
}
