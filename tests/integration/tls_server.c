// SPDX-License-Identifier: MIT
#include "tls_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "link_peers.h"

// All in one segment of TCP.
static void say(SSL *session, const char *words, size_t len, size_t record)
{
    const int on = 1, off = 0;

    setsockopt(SSL_get_fd(session), IPPROTO_TCP, TCP_CORK, &on, sizeof on);
    for (size_t at = 0; at < len; at += record)
        SSL_write(session, words + at, (int)record);
    setsockopt(SSL_get_fd(session), IPPROTO_TCP, TCP_CORK, &off, sizeof off);
}

static void talk(SSL *session, int told, enum deed deed, const char *words, size_t len)
{
    unsigned char got[512];

    if (SSL_accept(session) != 1 || SSL_read(session, got, sizeof got) <= 8)
        return;
    const char *name = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name);
    dprintf(told, "%d %s\n", got[8], name ? name : "-");
    if (deed == DEED_CLOSE)
        SSL_shutdown(session);
    if (deed == DEED_CUT || deed == DEED_CLOSE)
        return;
    if (SSL_write(session, "\x20\x03\0\0\0", 5) > 0 && SSL_read(session, got, sizeof got) > 0)
        say(session, words, len, deed == DEED_SPELL ? 1 : len);
    while (SSL_read(session, got, sizeof got) > 0)
        ;
}

void tls_server_start(struct tls_server *server, const char *certificate, const char *key, enum deed deed,
    const char *words, size_t len)
{
    int ends[2];
    int listener = peers_listen(&server->port);

    assert_int_equal(pipe(ends), 0);
    server->pid = fork();
    if (server->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGPIPE, SIG_IGN);
        SSL_CTX *context = SSL_CTX_new(TLS_server_method());
        SSL_CTX_use_certificate_chain_file(context, certificate);
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM);
        for (;;) {
            int fd = accept(listener, NULL, NULL);
            SSL *session = SSL_new(context);
            SSL_set_fd(session, fd);
            talk(session, ends[1], deed, words, len);
            SSL_free(session);
            close(fd);
        }
    }
    close(listener);
    close(ends[1]);
    server->told = ends[0];
}

void tls_server_end(struct tls_server *server, char told[TLS_SERVER_TOLD])
{
    size_t used = 0;
    ssize_t n;

    peers_end(server->pid, SIGKILL);
    while (
        used < TLS_SERVER_TOLD - 1 && (n = read(server->told, told + used, TLS_SERVER_TOLD - 1 - used)) > 0)
        used += (size_t)n;
    told[used] = '\0';
    close(server->told);
}
