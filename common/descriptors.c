// SPDX-License-Identifier: MIT
#include "common/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int descriptors_fill_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) >= 0)
            continue;
        int opened = open("/dev/null", O_RDWR); // the lowest number that is free, which is fd
        if (opened < 0)
            return -errno;
        if (opened != fd)
            return -EBADF;
    }
    return 0;
}
