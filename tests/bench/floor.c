// SPDX-License-Identifier: MIT
// The floor: the least that a program on libmosquitto can do. Answers each message on ROOT/control with one
// retained publish of SIZE constant bytes on ROOT/status at QoS 0, as nano-agent does, and nothing else.
// Usage: bench-floor PORT ROOT SIZE [CAFILE]
// With CAFILE it speaks TLS.
#include <mosquitto.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { SIZE_MAX_BYTES = 16384 };

static char control[128], status_topic[128], status[SIZE_MAX_BYTES + 1];
static int size;

static void publish_status(struct mosquitto *mosq)
{
    mosquitto_publish(mosq, NULL, status_topic, size, status, 0, true);
}

static void on_connect(struct mosquitto *mosq, void *ctx, int rc)
{
    (void)ctx;
    if (rc == 0)
        mosquitto_subscribe(mosq, NULL, control, 1);
}

static void on_subscribe(struct mosquitto *mosq, void *ctx, int mid, int count, const int *granted)
{
    (void)ctx;
    (void)mid;
    (void)count;
    (void)granted;
    publish_status(mosq);
}

static void on_message(struct mosquitto *mosq, void *ctx, const struct mosquitto_message *message)
{
    (void)ctx;
    (void)message;
    publish_status(mosq);
}

// Reads what the socket has. Of a TLS record all is read: poll does not see what OpenSSL holds.
static int read_all(struct mosquitto *mosq)
{
    int rc;
    do {
        rc = mosquitto_loop_read(mosq, 1);
    } while (rc == 0 && mosquitto_ssl_get(mosq) && SSL_pending(mosquitto_ssl_get(mosq)) > 0);
    return rc;
}

int main(int argc, char **argv)
{
    const bool complete = argc == 4 || argc == 5;
    const long port = complete ? strtol(argv[1], NULL, 10) : 0;
    const long wanted = complete ? strtol(argv[3], NULL, 10) : 0;
    const int on = 1;

    if (port < 1 || port > 65535 || wanted < 1 || wanted > SIZE_MAX_BYTES) {
        fprintf(stderr, "Usage: bench-floor PORT ROOT SIZE [CAFILE]\n");
        return 2;
    }
    size = (int)wanted;
    snprintf(control, sizeof control, "%s/control", argv[2]);
    snprintf(status_topic, sizeof status_topic, "%s/status", argv[2]);
    memset(status, 'x', (size_t)size);
    mosquitto_lib_init();
    struct mosquitto *mosq = mosquitto_new(NULL, true, NULL);
    if (!mosq)
        return 1;
#if LIBMOSQUITTO_VERSION_NUMBER >= 2000000
    mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY, 1);
#endif
    mosquitto_connect_callback_set(mosq, on_connect);
    mosquitto_subscribe_callback_set(mosq, on_subscribe);
    mosquitto_message_callback_set(mosq, on_message);
    if (argc == 5 && mosquitto_tls_set(mosq, argv[4], NULL, NULL, NULL, NULL) != MOSQ_ERR_SUCCESS)
        return 1;
    int rc = mosquitto_connect(mosq, "127.0.0.1", (int)port, 60);
    const int fd = mosquitto_socket(mosq);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    while (rc == 0) {
        const bool want_write = mosquitto_want_write(mosq);
        struct pollfd poller = {.fd = fd, .events = (short)(POLLIN | (want_write ? POLLOUT : 0))};
        if (poll(&poller, 1, 1000) < 0)
            break;
        if (poller.revents & (POLLIN | POLLERR | POLLHUP)) {
            rc = read_all(mosq);
            if (rc == 0 && mosquitto_want_write(mosq))
                rc = mosquitto_loop_write(mosq, 1);
            setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
        } else if (poller.revents & POLLOUT) {
            rc = mosquitto_loop_write(mosq, 1);
        } else {
            rc = mosquitto_loop_misc(mosq);
        }
    }
    mosquitto_destroy(mosq);
    return 1;
}
