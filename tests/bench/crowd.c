// SPDX-License-Identifier: MIT
// Many devices that report: publishes statuses of DEVICES servos and lamps by turns, PER_SECOND of them in all, evenly
// spread, until a signal ends it. Each status differs from the one before it, as those of moving devices do.
//   bench-crowd PORT ROOT DEVICES PER_SECOND
#include <inttypes.h>
#include <mosquitto.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

enum { DEVICES_MAX = 2000, PER_SECOND_MAX = 100000, STEP_NS = 1000000 };

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int report(struct mosquitto *mosq, const char *root, unsigned device, uint64_t seq)
{
    char topic[128], json[1024];
    int tenths = (int)(seq * 7 % 800) - 400;

    snprintf(topic, sizeof topic, "%s/crowd%u/status", root, device);
    int len = snprintf(json, sizeof json,
        "{\"v\":1,\"device\":\"crowd%u\",\"online\":true,\"boot\":\"b%u\",\"seq\":%" PRIu64 ",\"t\":%" PRId64
        ",\"report\":1.0,\"channels\":{\"tilt\":{\"kind\":\"servo\",\"axis\":\"tilt\",\"deg\":%s%d.%d,\"target\":45.0,\"min\":-45,"
        "\"max\":45,\"step\":5,\"speed\":120,\"moving\":true,\"driven\":true},\"led\":{\"kind\":\"switch\",\"on\":false}},"
        "\"health\":{\"up\":%" PRIu64 ",\"cpu\":0.1,\"mem\":0.3,\"load\":0.5,\"cpu_c\":41.5}}",
        device, device, seq, now_ns() / 1000000, tenths < 0 ? "-" : "", abs(tenths) / 10, abs(tenths) % 10,
        seq);
    return mosquitto_publish(mosq, NULL, topic, len, json, 0, false);
}

static int pause_until(struct mosquitto *mosq, int64_t until_ns)
{
    struct pollfd poller = {.fd = mosquitto_socket(mosq), .events = POLLIN};

    if (mosquitto_want_write(mosq))
        poller.events |= POLLOUT;
    int64_t left_ns = until_ns - now_ns();
    const struct timespec wait = {.tv_nsec = left_ns > 0 ? (long)left_ns : 0};
    if (ppoll(&poller, 1, &wait, NULL) <= 0)
        return mosquitto_loop_misc(mosq);
    int rc = poller.revents & POLLOUT ? mosquitto_loop_write(mosq, 1) : 0;
    return rc == 0 && poller.revents & ~POLLOUT ? mosquitto_loop_read(mosq, 1) : rc;
}

static int publish_for_ever(struct mosquitto *mosq, const char *root, unsigned devices, unsigned per_second)
{
    const int64_t start_ns = now_ns();
    uint64_t sent = 0;
    int rc = 0;

    for (int64_t step = 1; rc == 0; step++) {
        const int64_t due_ns = start_ns + step * STEP_NS;
        const uint64_t due = (uint64_t)(step * STEP_NS / 1000 * per_second / 1000000);
        for (; rc == 0 && sent < due; sent++)
            rc = report(mosq, root, (unsigned)(sent % devices), sent / devices + 1);
        while (rc == 0 && now_ns() < due_ns)
            rc = pause_until(mosq, due_ns);
    }
    return rc;
}

int main(int argc, char **argv)
{
    const long port = argc == 5 ? strtol(argv[1], NULL, 10) : 0,
               devices = argc == 5 ? strtol(argv[3], NULL, 10) : 0,
               per_second = argc == 5 ? strtol(argv[4], NULL, 10) : 0;
    const int on = 1;

    if (port < 1 || port > 65535 || devices < 1 || devices > DEVICES_MAX || per_second < 1 ||
        per_second > PER_SECOND_MAX) {
        fprintf(stderr, "Usage: bench-crowd PORT ROOT DEVICES PER_SECOND\n");
        return 2;
    }
    mosquitto_lib_init();
    struct mosquitto *mosq = mosquitto_new(NULL, true, NULL);
    int rc = mosq ? mosquitto_connect(mosq, "127.0.0.1", (int)port, 60) : MOSQ_ERR_NOMEM;
    if (rc == 0) {
        setsockopt(mosquitto_socket(mosq), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        rc = publish_for_ever(mosq, argv[2], (unsigned)devices, (unsigned)per_second);
    }
    fprintf(stderr, "bench-crowd: %s\n", mosquitto_strerror(rc));
    return 1;
}
