// SPDX-License-Identifier: MIT
#include "common/mqtt/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
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
