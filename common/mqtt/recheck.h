// SPDX-License-Identifier: MIT
// Tells when something changed that a refusal may have come from: a file, or this computer's clock. Where only a person can
// mend the trouble a link waits half a minute; who has mended it should not have to wait that long.
#ifndef COMMON_MQTT_RECHECK_H
#define COMMON_MQTT_RECHECK_H

struct event_base;
struct recheck;

enum { RECHECK_FILES_MAX = 16 };

// changed is called from the loop, some 0.2 s after the last of several changes in a row, and again if there are more. A clock
// that is set counts, one that is slowed or sped up does not. NULL without memory; without inotify or timers of the kernel it
// tells what it can.
struct recheck *recheck_new(struct event_base *base, void (*changed)(void *ctx), void *ctx);
void recheck_free(struct recheck *recheck); // NULL is allowed

// Watches one file more, or a directory with all that is in it. It need not exist, nor the directory that it lies in: whoever
// makes them is noticed. A symbolic link is watched at both ends. "" and what is too many is left out.
void recheck_watch(struct recheck *recheck, const char *path);
// Watches nothing any more except the clock.
void recheck_forget(struct recheck *recheck);

#endif
