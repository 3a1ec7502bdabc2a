// SPDX-License-Identifier: MIT
#include "common/mqtt/tls_socket.h"

#include <openssl/bio.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct tls_socket {
    int fd;
    const struct tls_gate *gate;
    bool ended;            // the peer has
    size_t from, until;    // of taken, what was not read yet
    char taken[16 * 1024]; // a record of TLS has at most as much and a little more
};

static BIO_METHOD *method; // for all sockets of the program; NULL without memory
static pthread_once_t method_once = PTHREAD_ONCE_INIT;

// Returns how many bytes there are, 0 at the end of the stream, and -1 where the session should try again later or the socket has
// failed.
static int take(BIO *bio, struct tls_socket *socket)
{
    ssize_t n = recv(socket->fd, socket->taken, sizeof socket->taken, 0);
    if (n < 0 && BIO_sock_should_retry((int)n))
        BIO_set_retry_read(bio);
    socket->ended = n == 0;
    socket->from = 0;
    socket->until = n > 0 ? (size_t)n : 0;
    return (int)n;
}

static int on_read(BIO *bio, char *out, int size)
{
    struct tls_socket *socket = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (size <= 0)
        return 0;
    if (!socket->gate->read) { // not even what was taken before
        BIO_set_retry_read(bio);
        return -1;
    }
    if (socket->from == socket->until) {
        int n = take(bio, socket);
        if (n <= 0)
            return n;
    }
    size_t len = socket->until - socket->from;
    if (len > (size_t)size)
        len = (size_t)size;
    memcpy(out, socket->taken + socket->from, len);
    socket->from += len;
    return (int)len;
}

static int on_write(BIO *bio, const char *bytes, int len)
{
    const struct tls_socket *socket = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    if (len <= 0)
        return 0;
    ssize_t n = socket->gate->write ? send(socket->fd, bytes, (size_t)len, MSG_NOSIGNAL) : -1;
    if (n > 0)
        return (int)n;
    BIO_set_retry_write(bio);
    return -1;
}

static long on_ctrl(BIO *bio, int what, long number, void *other)
{
    const struct tls_socket *socket = BIO_get_data(bio);

    (void)number;
    (void)other;
    switch (what) {
    case BIO_CTRL_PENDING:
        return (long)(socket->until - socket->from);
    case BIO_CTRL_EOF:
        return socket->ended && socket->from == socket->until;
    case BIO_CTRL_FLUSH: // nothing that is to be written waits here
        return 1;
    default: // among them what OpenSSL may ask of the kernel, TLS in its own hands
        return 0;
    }
}

static int on_destroy(BIO *bio)
{
    free(BIO_get_data(bio));
    return 1;
}

static void make_method(void)
{
    method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket of a session");
    if (!method)
        return;
    BIO_meth_set_read(method, on_read);
    BIO_meth_set_write(method, on_write);
    BIO_meth_set_ctrl(method, on_ctrl);
    BIO_meth_set_destroy(method, on_destroy);
}

BIO *tls_socket_new(int fd, const struct tls_gate *gate)
{
    pthread_once(&method_once, make_method);
    struct tls_socket *socket = calloc(1, sizeof *socket);
    BIO *bio = method && socket ? BIO_new(method) : NULL;

    if (!bio) {
        free(socket);
        return NULL;
    }
    socket->fd = fd;
    socket->gate = gate;
    BIO_set_data(bio, socket);
    BIO_set_init(bio, 1);
    return bio;
}
