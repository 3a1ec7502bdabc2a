// SPDX-License-Identifier: MIT
// Which commands get a line of the log: the first ten of a second one each, together with the first stop; how many
// more there were, and what became of them, goes into one line at that second's end. A line is written after its
// command's report is on the wire, so that no report waits for it. Pure.
#ifndef NANO_AGENT_COMMAND_LOG_H
#define NANO_AGENT_COMMAND_LOG_H

#include "common/protocol/status.h"

enum { COMMAND_LOG_LINES = 10, COMMAND_LOG_SIZE = PROTOCOL_WHY_SIZE + 512 };

struct command_log_fold {             // what is told in one line
    char name[PROTOCOL_NAME_MAX + 1]; // of the channel that all of them are for, "" = several
    unsigned count;
    unsigned results[RESULT_OTHER + 1];
};

struct command_log {
    int64_t second_us; // when the current second began
    unsigned lines;    // commands of it that have a line of their own
    bool stop_shown;
    struct command_log_fold fold;  // of the current second
    struct command_log_fold ended; // of the second before, not written yet
    size_t waiting;                // lines of their own that are not written yet
    struct command_log_line {
        struct status_last last;
        int64_t took_us;
    } line[COMMAND_LOG_LINES + 1];
};

void command_log_init(struct command_log *log);

// Notes a command that was carried out or refused. took_us: from its arrival to the pin. True where a line waits, for
// which command_log_next is to be called soon.
bool command_log_add(
    struct command_log *log, const struct status_last *last, int64_t took_us, int64_t now_us);

// Writes the next line that is due to out. False where none is.
bool command_log_next(struct command_log *log, int64_t now_us, char out[COMMAND_LOG_SIZE]);

// When the line about what was folded is due, in the clock of now_us; INT64_MAX = there is none.
int64_t command_log_due_us(const struct command_log *log);

#endif
