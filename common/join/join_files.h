// SPDX-License-Identifier: MIT
// The three files of a joined broker in their directory: written beside the old ones, put in their place together, and taken
// back. A broker.conf that somebody else wrote is kept as broker.conf.saved with what belongs to it, and comes back with
// join_files_undo.
#ifndef COMMON_JOIN_JOIN_FILES_H
#define COMMON_JOIN_JOIN_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/protocol/protocol.h"

enum join_file { JOIN_FILE_PASSWORD, JOIN_FILE_CA, JOIN_FILE_CONFIG, JOIN_FILES };

struct join_owner {
    uid_t uid; // (uid_t)-1: who runs the program
    gid_t gid;
    mode_t mode;           // of the files
    mode_t directory_mode; // of the directory, where it is made here
};

struct join_files {
    const char *directory;
    const char *mark; // first line of a broker.conf of ours
    struct join_owner owner;
    int fd; // of the directory
    bool made;
};

// A file's name in the directory: "password", "ca.crt", "broker.conf". That of its new version, until it is put in place.
const char *join_files_name(enum join_file file);
const char *join_files_new_name(enum join_file file);

// Opens the directory, and makes it where it is missing. directory and mark must outlive files. Returns 0, or a negative errno with
// a sentence in why. join_files_close must be called afterwards; then what was written and not put in place is gone again.
int join_files_open(struct join_files *files, const char *directory, const char *mark,
    const struct join_owner *owner, char why[PROTOCOL_WHY_SIZE]);
void join_files_close(struct join_files *files);

// Writes the new version of a file, onto the disk. 0, or a negative errno with a sentence in why.
int join_files_write(
    struct join_files *files, enum join_file file, const char *text, size_t len, char why[PROTOCOL_WHY_SIZE]);

// Puts all new versions in place: all of them, or none. 0, or a negative errno with a sentence in why.
int join_files_put(struct join_files *files, char why[PROTOCOL_WHY_SIZE]);

// Removes our files from the directory, brings back those that were kept, and removes the directory where it is empty then. Returns
// 1, 0 where there was nothing of ours, or a negative errno with a sentence in why.
int join_files_undo(const char *directory, const char *mark, char why[PROTOCOL_WHY_SIZE]);

#endif
