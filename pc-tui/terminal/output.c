// SPDX-License-Identifier: MIT
#include "pc-tui/terminal/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROOM_MIN = 16384 };

void output_finish(struct output *output)
{
    free(output->bytes);
    *output = (struct output){0};
}

int output_add(struct output *output, const void *bytes, size_t len)
{
    size_t waiting = output->end - output->start;
    if (output->room - output->end < len) {
        size_t room = output->room ? output->room : ROOM_MIN;
        while (room < waiting + len)
            room *= 2;
        char *moved = malloc(room);
        if (!moved)
            return -ENOMEM;
        if (waiting > 0)
            memcpy(moved, output->bytes + output->start, waiting);
        free(output->bytes);
        *output = (struct output){.bytes = moved, .end = waiting, .room = room};
    }
    memcpy(output->bytes + output->end, bytes, len);
    output->end += len;
    return 0;
}

int output_flush(struct output *output, int fd)
{
    while (output->start < output->end) {
        ssize_t n = write(fd, output->bytes + output->start, output->end - output->start);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
        output->start += (size_t)n;
    }
    output_drop(output);
    return 0;
}

bool output_is_empty(const struct output *output)
{
    return output->start == output->end;
}

void output_drop(struct output *output)
{
    output->start = output->end = 0;
}
