// SPDX-License-Identifier: MIT
// A second, small process that waits for the end of this one, however that comes, and then does the last thing that has
// to be done. Nothing in the first process has to work for that: no handler, no loop.
//
// The two are connected by a pair of sockets. The kernel closes the first process's end when none of its threads can do
// anything to hardware any more, and that wakes the guardian. One that was dismissed has nothing to do.
#ifndef NANO_AGENT_GUARDIAN_H
#define NANO_AGENT_GUARDIAN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

// What the guardian says of its process to ps and top.
#define GUARDIAN_NAME "nano-guard"

enum {
    GUARDIAN_TEXT_MAX = 32 * 1024, // bytes of the list of guardian_arm
    GUARDIAN_BEAT_US = 250000,     // between two signs of life while something turns
    GUARDIAN_SILENT_BEATS = 4,     // so many that are missing, one after the other, end the process
    GUARDIAN_DISMISS_MS = 100,     // much longer than one that is dismissed takes to end
};

// What the guardian does, in its own process, once the other one is gone and has let go of all its files. list is what it was
// armed with. silent: the process had to be killed because it gave no sign of life.
typedef void guardian_work(char *list, bool silent);

struct guardian {
    int fd; // readable where the guardian has ended; -1 = there is none
    pid_t pid;
    bool turning;
    int64_t told_us; // when the last sign of life was given, CLOCK_MONOTONIC
};

// Makes the guardian, which does nothing at its process's end until it is armed. This process must not have threads yet.
// argv is that of main, whose place the guardian's name takes in its own process. 0 or a negative errno: there is none
// then, and the functions below do nothing.
int guardian_start(struct guardian *guardian, guardian_work *work, int argc, char **argv);

// From now on the guardian does its work with this list, GUARDIAN_TEXT_MAX - 1 bytes at most, once this process is gone. No
// core is dumped any more: this process would be there for as long as that is being written. 0 or a negative errno.
int guardian_arm(struct guardian *guardian, const char *list);

// Gives the signs of life that are due. While something turns, an armed guardian kills a process that gives none for
// GUARDIAN_SILENT_BEATS of them, and then does its work. guardian_next_us says when it is due again, INT64_MAX = never.
void guardian_beat(struct guardian *guardian, bool turning, int64_t now_us);
int64_t guardian_next_us(const struct guardian *guardian);

// There is nothing left to do: the guardian ends. Waits for that, so many milliseconds at most.
void guardian_dismiss(struct guardian *guardian, int wait_ms);

#endif
