// SPDX-License-Identifier: MIT
#include "nano-agent/system/sysfs.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NUMBER_SIZE = 64 };

static const int64_t SANE_MAX = INT64_C(1000000000000);

bool sysfs_read_text(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t len = read(fd, out, size - 1);
    close(fd);
    if (len <= 0)
        return false;
    out[len] = '\0';
    return true;
}

bool sysfs_parse_number(const char *text, int64_t *out, const char **end)
{
    char *after;
    errno = 0;
    long long number = strtoll(text, &after, 10);
    if (end)
        *end = after;
    *out = number;
    return errno == 0 && after != text && number <= SANE_MAX && number >= -SANE_MAX &&
           (!*after || *after == '.' || isspace((unsigned char)*after));
}

bool sysfs_read_number(const char *path, int64_t *out)
{
    char text[NUMBER_SIZE];
    return *path && sysfs_read_text(path, text, sizeof text) && sysfs_parse_number(text, out, NULL);
}

bool sysfs_read_number_in(const char *folder, const char *name, int64_t *out)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/%s", folder, name);
    return len > 0 && (size_t)len < sizeof path && sysfs_read_number(path, out);
}

int sysfs_read_number_of(int fd, int64_t *out)
{
    char text[NUMBER_SIZE];
    ssize_t len = pread(fd, text, sizeof text - 1, 0);
    if (len < 0)
        return -errno;
    text[len] = '\0';
    return sysfs_parse_number(text, out, NULL) ? 0 : -EINVAL;
}

int sysfs_write_text_to(int fd, const char *text)
{
    size_t len = strlen(text);
    ssize_t done = pwrite(fd, text, len, 0);
    if (done < 0)
        return -errno;
    return (size_t)done == len ? 0 : -EIO;
}

int sysfs_write_number_to(int fd, int64_t number)
{
    char text[NUMBER_SIZE];
    snprintf(text, sizeof text, "%" PRId64, number);
    return sysfs_write_text_to(fd, text);
}
