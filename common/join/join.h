// SPDX-License-Identifier: MIT
// The sub-command `join` of both programs: from a .join file to a proven configuration, or to one line that says what is wrong
// and nothing changed.
#ifndef COMMON_JOIN_JOIN_H
#define COMMON_JOIN_JOIN_H

#include "common/bundle/bundle.h"
#include "common/join/join_files.h"
#include "common/mqtt/link_types.h"

// How the two programs differ.
struct join_kind {
    struct bundle_reader reader;
    const char *mark; // first line of the broker.conf
    // What is subscribed to for a proof, below the root, with NULL at the end: "control", or "%control" for the topic of the device,
    // which is left out where the device has no name.
    const char *topics[LINK_TOPICS_MAX + 1];
};

struct join_job {
    const struct join_kind *kind;
    const char *file;      // the bundle; "-" = standard input
    const char *directory; // where it is written to
    struct join_owner owner;
    struct bundle bundle; // what was joined, after join_run
};

// Reads the bundle, writes its files, proves that a broker lets us in, and puts them in place. Says on stdout what it does, and on
// stderr, in one line, what is wrong. Returns 0, -EINVAL where the file or the directory is wrong, or another negative
// errno; nothing is changed then.
int join_run(struct join_job *job);

// Says what remains to be done with the file.
void join_farewell(const struct join_job *job);

// Takes a join back. Returns 1, 0 where there was nothing, or a negative errno; all of it was said.
int join_undo(const struct join_kind *kind, const char *directory);

#endif
