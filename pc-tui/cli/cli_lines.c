// SPDX-License-Identifier: MIT
#include "pc-tui/cli/cli_lines.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void cli_lines_read(struct cli_lines *lines, int fd)
{
    ssize_t n = read(fd, lines->bytes + lines->count, sizeof lines->bytes - lines->count);
    if (n > 0)
        lines->count += (size_t)n;
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        lines->ended = true;
}

int cli_lines_next(struct cli_lines *lines, char out[PROTOCOL_COMMAND_MAX + 1])
{
    char *feed = memchr(lines->bytes, '\n', lines->count);
    if (!feed && !(lines->ended && lines->count > 0)) {
        if (lines->count > PROTOCOL_COMMAND_MAX)
            return -EMSGSIZE;
        return lines->ended ? -1 : 0;
    }
    size_t len = feed ? (size_t)(feed - lines->bytes) : lines->count;
    size_t used = feed ? len + 1 : len;
    if (len > PROTOCOL_COMMAND_MAX || memchr(lines->bytes, '\0', len))
        return -EMSGSIZE;
    memcpy(out, lines->bytes, len);
    while (len > 0 && strchr(" \t\r", out[len - 1]))
        len--;
    out[len] = '\0';
    lines->count -= used;
    memmove(lines->bytes, lines->bytes + used, lines->count);
    return 1;
}
