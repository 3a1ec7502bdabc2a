// SPDX-License-Identifier: MIT
// Tells when something changed that a refusal may have come from: a file, or this computer's clock. Where only a person can
// mend the trouble a link waits half a minute; who has mended it should not have to wait that long.
#ifndef COMMON_RECHECK_H
#define COMMON_RECHECK_H

struct event_base;
struct recheck;

enum { RECHECK_FILES_MAX = 16 };

struct recheck_work { // all get the same ctx
    // Some 0.2 s after the last of several changes in a row, in a thread of its own, because it may wait for a disk: reads again what
    // is to be read. It runs once at a time, and again if there were more changes meanwhile.
    void (*read)(void *ctx);
    void (*done)(void *ctx);    // then, from the loop: takes over what was read
    void (*dispose)(void *ctx); // the last call, from whatever thread: frees ctx
};

// A clock that is set counts as a change, one that is slowed or sped up does not. ctx is the recheck's from then on. NULL without
// memory (ctx is disposed of then); without inotify or timers of the kernel it tells what it can.
struct recheck *recheck_new(struct event_base *base, const struct recheck_work *work, void *ctx);
// Waits up to wait_ms milliseconds (0 or more) for a read that is under way: a program must not end while another thread is in
// OpenSSL, whose memory goes with exit(). A read that takes longer hangs at its disk; it goes on alone and frees what is its own.
// NULL is allowed.
void recheck_free(struct recheck *recheck, int wait_ms);

// Watches one file more, or a directory with all that is in it. It need not exist, nor the directory that it lies in: whoever
// makes them is noticed. A symbolic link is watched at both ends. "" and what is too many is left out.
void recheck_watch(struct recheck *recheck, const char *path);
// Watches nothing any more except the clock.
void recheck_forget(struct recheck *recheck);

#endif
