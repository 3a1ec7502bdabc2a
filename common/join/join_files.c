// SPDX-License-Identifier: MIT
#include "common/join/join_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text.h"

// The configuration comes last: until it is there, nobody reads the others.
static const struct {
    const char *name, *fresh, *old, *saved;
} names[JOIN_FILES] = {
    [JOIN_FILE_PASSWORD] = {"password", ".password.new", ".password.old", "password.saved"},
    [JOIN_FILE_CA] = {"ca.crt", ".ca.crt.new", ".ca.crt.old", "ca.crt.saved"},
    [JOIN_FILE_CONFIG] = {"broker.conf", ".broker.conf.new", ".broker.conf.old", "broker.conf.saved"},
};

const char *join_files_name(enum join_file file)
{
    return names[file].name;
}

const char *join_files_new_name(enum join_file file)
{
    return names[file].fresh;
}

static int refuse(char why[PROTOCOL_WHY_SIZE], int error, const char *directory, const char *name)
{
    text_sentence(why, PROTOCOL_WHY_SIZE, PROTOCOL_WHY_CHARS, "%.150s%s%s: %s", directory, name[0] ? "/" : "",
        name, strerror(error));
    return -error;
}

int join_files_open(struct join_files *files, const char *directory, const char *mark,
    const struct join_owner *owner, char why[PROTOCOL_WHY_SIZE])
{
    *files = (struct join_files){.directory = directory, .mark = mark, .owner = *owner, .fd = -1};
    files->made = mkdir(directory, owner->directory_mode) == 0;
    if (!files->made && errno != EEXIST)
        return refuse(why, errno, directory, "");
    files->fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (files->fd < 0)
        return refuse(why, errno, directory, "");
    // Whatever the umask says.
    if (files->made && fchmod(files->fd, owner->directory_mode) < 0)
        return refuse(why, errno, directory, "");
    return 0;
}

void join_files_close(struct join_files *files)
{
    if (files->fd < 0)
        return;
    for (size_t i = 0; i < JOIN_FILES; i++)
        unlinkat(files->fd, names[i].fresh, 0);
    close(files->fd);
    if (files->made)
        rmdir(files->directory); // only where nothing was put into it
    files->fd = -1;
}

static int write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

int join_files_write(
    struct join_files *files, enum join_file file, const char *text, size_t len, char why[PROTOCOL_WHY_SIZE])
{
    const struct join_owner *owner = &files->owner;
    int rc = 0;

    unlinkat(files->fd, names[file].fresh, 0);
    int fd = openat(files->fd, names[file].fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return refuse(why, errno, files->directory, names[file].name);
    // The owner comes before the mode: no other user may read it for a moment.
    if ((owner->uid != (uid_t)-1 && fchown(fd, owner->uid, owner->gid) < 0) || fchmod(fd, owner->mode) < 0)
        rc = -errno;
    if (rc == 0)
        rc = write_all(fd, text, len);
    if (rc == 0 && fsync(fd) < 0)
        rc = -errno;
    if (close(fd) < 0 && rc == 0)
        rc = -errno;
    return rc < 0 ? refuse(why, -rc, files->directory, names[file].name) : 0;
}

// 1 where broker.conf begins with the mark, 0 where it does not, -ENOENT where there is none, or another negative errno.
static int is_ours(int fd, const char *mark)
{
    char line[128] = "";
    int rc = 0;
    int file = openat(fd, names[JOIN_FILE_CONFIG].name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return -errno;
    ssize_t n = read(file, line, sizeof line - 1);
    if (n < 0)
        rc = -errno;
    close(file);
    line[n > 0 ? n : 0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    return rc < 0 ? rc : strcmp(line, mark) == 0;
}

// Moves a file of the directory. It is no error where there is none.
static int move_file(int fd, const char *from, const char *to)
{
    return renameat(fd, from, fd, to) < 0 && errno != ENOENT ? -errno : 0;
}

// Gives the files that were replaced their old versions again.
static void take_back(int fd, const bool had[JOIN_FILES], size_t replaced)
{
    for (size_t i = 0; i < replaced; i++) {
        if (had[i])
            move_file(fd, names[i].old, names[i].name);
        else
            unlinkat(fd, names[i].name, 0);
    }
}

int join_files_put(struct join_files *files, char why[PROTOCOL_WHY_SIZE])
{
    bool had[JOIN_FILES] = {false};
    int fd = files->fd, rc = 0;
    size_t replaced = 0;
    int ours = is_ours(fd, files->mark);
    if (ours < 0 && ours != -ENOENT)
        return refuse(why, -ours, files->directory, names[JOIN_FILE_CONFIG].name);

    for (size_t i = 0; i < JOIN_FILES && rc == 0; i++) {
        unlinkat(fd, names[i].old, 0);
        had[i] = linkat(fd, names[i].name, fd, names[i].old, 0) == 0;
        if (!had[i] && errno != ENOENT)
            rc = refuse(why, errno, files->directory, names[i].name);
    }
    while (replaced < JOIN_FILES && rc == 0) {
        if (renameat(fd, names[replaced].fresh, fd, names[replaced].name) < 0)
            rc = refuse(why, errno, files->directory, names[replaced].name);
        else
            replaced++;
    }
    if (rc < 0)
        take_back(fd, had, replaced);
    for (size_t i = 0; i < JOIN_FILES; i++) {
        if (rc == 0 && ours != 1)
            move_file(fd, names[i].old, names[i].saved);
        unlinkat(fd, names[i].old, 0);
    }
    fsync(fd);
    return rc;
}

int join_files_undo(const char *directory, const char *mark, char why[PROTOCOL_WHY_SIZE])
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : refuse(why, errno, directory, "");
    int rc = is_ours(fd, mark);
    if (rc < 0 && rc != -ENOENT)
        refuse(why, -rc, directory, names[JOIN_FILE_CONFIG].name);
    if (rc == -ENOENT)
        rc = 0;
    // The configuration goes first: nobody shall read one whose files are missing.
    for (size_t i = JOIN_FILES; i-- > 0 && rc > 0;)
        if (unlinkat(fd, names[i].name, 0) < 0 && errno != ENOENT)
            rc = refuse(why, errno, directory, names[i].name);
    for (size_t i = 0; i < JOIN_FILES && rc > 0; i++) {
        int moved = move_file(fd, names[i].saved, names[i].name);
        if (moved < 0)
            rc = refuse(why, -moved, directory, names[i].name);
    }
    fsync(fd);
    close(fd);
    if (rc > 0)
        rmdir(directory); // only where it is empty
    return rc;
}
