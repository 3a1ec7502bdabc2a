// SPDX-License-Identifier: MIT
#include "common/mqtt/tcp.h"

#include <errno.h>
#include <linux/tcp.h> // that of libc has no tcpi_bytes_received
#include <netinet/in.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

enum { USER_TIMEOUT_MS = 4000 };

void tcp_prepare(int fd)
{
    int on = 1, user_timeout_ms = USER_TIMEOUT_MS;

    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof user_timeout_ms);
}

void tcp_acknowledge_at_once(int fd)
{
    int on = 1;

    setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
}

int tcp_connect_error(int fd)
{
    struct sockaddr_storage peer;
    socklen_t peer_len = sizeof peer;
    int error = 0;
    socklen_t error_len = sizeof error;

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &error_len) < 0)
        return errno;
    if (error == 0 && getpeername(fd, (struct sockaddr *)&peer, &peer_len) < 0)
        return errno;
    return error;
}

int tcp_waiting(int fd)
{
    int waiting;

    return ioctl(fd, FIONREAD, &waiting) < 0 ? -errno : waiting;
}

int64_t tcp_consumed(int fd)
{
    for (;;) { // until nothing has arrived between the two questions
        struct tcp_info info;
        socklen_t len = sizeof info;
        int before = tcp_waiting(fd);
        if (before < 0 || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
            return -errno;
        if (len < offsetof(struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received)
            return -ENOTSUP;
        if (tcp_waiting(fd) == before)
            return (int64_t)info.tcpi_bytes_received - before;
    }
}
