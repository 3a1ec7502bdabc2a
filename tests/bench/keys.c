// SPDX-License-Identifier: MIT
// The screen's speed, from pseudo-terminal to pseudo-terminal: runs pc-tui in a terminal (libvterm), presses an arrow key,
// waits for its command on ROOT/control, answers at once as a device would, with an angle that is another each time, and waits
// until that angle stands in the terminal's cells. Before the first key it watches for a while what pc-tui takes of a processor
// when nobody presses one. Prints one JSON object.
//   bench-keys PORT ROOT COUNT PROGRAM [ARGUMENT]…
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mosquitto.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

enum {
    COUNT_MAX = 100000,
    PATIENCE_MS = 5000,
    PAUSE_MS = 25,
    ROWS = 24,
    COLUMNS = 100,
    SETTLE_MS = 1500,
    WATCH_MS = 2000
};

struct rig {
    struct mosquitto *mosq;
    char control[128], status[128];
    bool subscribed;
    int pty;
    VTerm *vterm;
    VTermScreen *screen;
    int64_t pressed_ns, wire_ns, painted_ns; // of the key under way; 0 = not yet
    unsigned number;                         // of that key
    bool is_waiting;
    char angle[16]; // what is waited for on the screen
    uint64_t seq, n, bytes;
    double idle_percent; // of one processor, before the first key
    long memory_kb[2];   // resident, before the first key and after the last
};

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void on_connect(struct mosquitto *mosq, void *ctx, int rc)
{
    const struct rig *rig = ctx;

    if (rc == 0)
        mosquitto_subscribe(mosq, NULL, rig->control, 0);
}

// The device's report: the servo rests where the number of the key says, and the command is done.
static void report(struct rig *rig, const char *id)
{
    char json[1024];
    int tenths = (int)(rig->number * 7 % 800) - 400;

    snprintf(rig->angle, sizeof rig->angle, "%d.%d", abs(tenths) / 10, abs(tenths) % 10);
    int len = snprintf(json, sizeof json,
        "{\"v\":1,\"online\":true,\"boot\":\"b0\",\"seq\":%" PRIu64 ",\"t\":%" PRId64
        ",\"report\":1.0,\"channels\":{\"tilt\":{\"kind\":\"servo\",\"axis\":\"tilt\",\"deg\":%s%s,\"target\":%s%s,\"min\":-45,\"max\":45,"
        "\"step\":5,\"speed\":120,\"moving\":false,\"driven\":true},\"led\":{\"kind\":\"switch\",\"on\":false}},\"last\":{\"n\":%" PRIu64
        ",%s%s%s\"cmd\":\"tilt_up\",\"result\":\"ok\"}}",
        ++rig->seq, now_ns() / 1000000, tenths < 0 ? "-" : "", rig->angle, tenths < 0 ? "-" : "", rig->angle,
        rig->n, id ? "\"id\":\"" : "", id ? id : "", id ? "\"," : "");
    mosquitto_publish(rig->mosq, NULL, rig->status, len, json, 0, true);
}

static void on_subscribe(struct mosquitto *mosq, void *ctx, int mid, int count, const int *granted)
{
    struct rig *rig = ctx;

    (void)mosq;
    (void)mid;
    rig->subscribed = count > 0 && granted[0] < 128;
    report(rig, NULL);
}

static void on_message(struct mosquitto *mosq, void *ctx, const struct mosquitto_message *message)
{
    struct rig *rig = ctx;
    char id[80] = "";
    const char *text = message->payload;

    (void)mosq;
    if (message->payloadlen == 0)
        return;
    const char *at = strstr(text, "\"id\":\"");
    if (at)
        snprintf(id, sizeof id, "%.*s", (int)strcspn(at + 6, "\""), at + 6);
    if (rig->is_waiting && rig->wire_ns == 0 && strstr(text, "tilt_"))
        rig->wire_ns = now_ns();
    rig->n++;
    report(rig, id);
}

static void to_program(const char *bytes, size_t len, void *ctx)
{
    const struct rig *rig = ctx;

    if (write(rig->pty, bytes, len) < 0)
        fprintf(stderr, "bench-keys: the terminal: %s\n", strerror(errno));
}

static bool is_painted(const struct rig *rig)
{
    static char text[ROWS * (COLUMNS * 4 + 1) + 1];
    char shown[sizeof rig->angle + 4];
    const VTermRect all = {.end_row = ROWS, .end_col = COLUMNS};

    size_t len = vterm_screen_get_text(rig->screen, text, sizeof text - 1, all);
    text[len] = '\0';
    snprintf(shown, sizeof shown, "%s°", rig->angle); // a time in milliseconds may have the same digits
    const char *at = strstr(text, shown);
    // Not the end of a longer number.
    return at && (at == text || at[-1] < '0' || at[-1] > '9');
}

// Waits for the terminal or the network, at most so long, and handles what comes. 0, or a negative errno.
static int turn(struct rig *rig, int timeout_ms)
{
    static char bytes[65536];
    const int on = 1, fd = mosquitto_socket(rig->mosq);
    struct pollfd pollers[2] = {{.fd = fd, .events = POLLIN}, {.fd = rig->pty, .events = POLLIN}};
    int rc = 0;

    if (mosquitto_want_write(rig->mosq))
        pollers[0].events |= POLLOUT;
    if (poll(pollers, 2, timeout_ms) == 0)
        return mosquitto_loop_misc(rig->mosq) == 0 ? 0 : -ECONNRESET;
    if (pollers[0].revents & (POLLIN | POLLERR | POLLHUP)) {
        rc = mosquitto_loop_read(rig->mosq, 1);
        setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    }
    if (rc == 0 && mosquitto_want_write(rig->mosq))
        rc = mosquitto_loop_write(rig->mosq, 1);
    if (rc != 0)
        return -ECONNRESET;
    if (!(pollers[1].revents & (POLLIN | POLLERR | POLLHUP)))
        return 0;
    ssize_t len = read(rig->pty, bytes, sizeof bytes);
    if (len <= 0)
        return -EPIPE;
    vterm_input_write(rig->vterm, bytes, (size_t)len);
    if (rig->is_waiting && rig->painted_ns == 0)
        rig->bytes += (uint64_t)len;
    if (rig->is_waiting && rig->wire_ns != 0 && rig->painted_ns == 0 && is_painted(rig))
        rig->painted_ns = now_ns();
    return 0;
}

static int pass(struct rig *rig, int ms)
{
    const int64_t until_ns = now_ns() + ms * INT64_C(1000000);
    int64_t left_ns;
    int rc = 0;

    while (rc == 0 && (left_ns = until_ns - now_ns()) > 0)
        rc = turn(rig, (int)(left_ns / 1000000) + 1);
    return rc;
}

static int open_rig(struct rig *rig, const char *port_text, const char *root, char **program)
{
    const long port = strtol(port_text, NULL, 10);
    const struct winsize size = {.ws_row = ROWS, .ws_col = COLUMNS};
    const int on = 1;

    if (port < 1 || port > 65535)
        return -EINVAL;
    snprintf(rig->control, sizeof rig->control, "%s/control", root);
    snprintf(rig->status, sizeof rig->status, "%s/status", root);
    mosquitto_lib_init();
    rig->mosq = mosquitto_new(NULL, true, rig);
    rig->vterm = vterm_new(ROWS, COLUMNS);
    if (!rig->mosq || !rig->vterm)
        return -ENOMEM;
    vterm_set_utf8(rig->vterm, 1);
    rig->screen = vterm_obtain_screen(rig->vterm);
    vterm_screen_enable_altscreen(rig->screen, 1);
    vterm_screen_reset(rig->screen, 1);
    vterm_output_set_callback(rig->vterm, to_program, rig);
    mosquitto_connect_callback_set(rig->mosq, on_connect);
    mosquitto_subscribe_callback_set(rig->mosq, on_subscribe);
    mosquitto_message_callback_set(rig->mosq, on_message);
    if (mosquitto_connect(rig->mosq, "127.0.0.1", (int)port, 60) != 0)
        return -ECONNREFUSED;
    setsockopt(mosquitto_socket(rig->mosq), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    pid_t pid = forkpty(&rig->pty, NULL, NULL, &size);
    if (pid < 0)
        return -errno;
    if (pid == 0) {
        setenv("TERM", "xterm-256color", 1);
        execv(program[0], program);
        fprintf(stderr, "%s: %s\n", program[0], strerror(errno));
        _exit(127);
    }
    return pid;
}

// The processor time that a process has used, in microseconds, and its resident memory. 0, or a negative errno.
static int look_at(pid_t pid, int64_t *cpu_us, long *memory_kb)
{
    char path[64];
    long long user, system;
    long pages;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return -errno;
    int fields = fscanf(file,
        "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lld %lld %*d %*d %*d %*d %*d %*d %*u %*u %ld",
        &user, &system, &pages);
    fclose(file);
    *cpu_us = (user + system) * 1000000 / sysconf(_SC_CLK_TCK);
    *memory_kb = pages * (sysconf(_SC_PAGESIZE) / 1024);
    return fields == 3 ? 0 : -EPROTO;
}

static int watch(struct rig *rig, pid_t pid)
{
    int64_t before_us = 0, after_us = 0, start_ns = now_ns();
    int rc = look_at(pid, &before_us, &rig->memory_kb[0]);

    if (rc == 0)
        rc = pass(rig, WATCH_MS);
    if (rc == 0)
        rc = look_at(pid, &after_us, &rig->memory_kb[0]);
    if (rc == 0)
        rig->idle_percent = (double)(after_us - before_us) * 1e5 / (double)(now_ns() - start_ns);
    return rc;
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

// Presses COUNT keys, one after the other. 0 or a negative errno.
static int press(struct rig *rig, size_t count, int64_t *wire_ns, int64_t *painted_ns)
{
    for (size_t i = 0; i < count; i++) {
        int rc = pass(rig, PAUSE_MS);
        if (rc < 0)
            return rc;
        rig->number = (unsigned)i + 1;
        rig->wire_ns = rig->painted_ns = 0;
        rig->is_waiting = true;
        rig->pressed_ns = now_ns();
        if (write(rig->pty, "\033[A", 3) != 3)
            return -EPIPE;
        while (rig->painted_ns == 0) {
            if (now_ns() - rig->pressed_ns > PATIENCE_MS * INT64_C(1000000))
                return -ETIMEDOUT;
            rc = turn(rig, 100);
            if (rc < 0)
                return rc;
        }
        rig->is_waiting = false;
        wire_ns[i] = rig->wire_ns - rig->pressed_ns;
        painted_ns[i] = rig->painted_ns - rig->pressed_ns;
    }
    return 0;
}

static void print(const struct rig *rig, size_t count, int64_t *wire_ns, int64_t *painted_ns)
{
    qsort(wire_ns, count, sizeof *wire_ns, compare);
    qsort(painted_ns, count, sizeof *painted_ns, compare);
    size_t middle = count / 2, late = count * 99 / 100;
    printf(
        "{\"count\":%zu,\"wire_p50_us\":%.1f,\"wire_p99_us\":%.1f,\"painted_p50_us\":%.1f,\"painted_p99_us\":%.1f,"
        "\"bytes\":%.0f,\"idle_percent\":%.2f,\"memory_kb\":%ld,\"memory_after_kb\":%ld}\n",
        count, (double)wire_ns[middle] / 1e3, (double)wire_ns[late] / 1e3, (double)painted_ns[middle] / 1e3,
        (double)painted_ns[late] / 1e3, (double)rig->bytes / (double)count, rig->idle_percent,
        rig->memory_kb[0], rig->memory_kb[1]);
}

int main(int argc, char **argv)
{
    struct rig rig = {.pty = -1};
    const long count = argc > 4 ? strtol(argv[3], NULL, 10) : 0;

    if (count < 1 || count > COUNT_MAX) {
        fprintf(stderr, "Usage: bench-keys PORT ROOT COUNT PROGRAM [ARGUMENT]...\n");
        return 2;
    }
    int64_t *wire_ns = calloc((size_t)count, sizeof *wire_ns),
            *painted_ns = calloc((size_t)count, sizeof *painted_ns);
    int rc = wire_ns && painted_ns ? open_rig(&rig, argv[1], argv[2], argv + 4) : -ENOMEM;
    pid_t pid = rc;
    if (rc > 0)
        rc = pass(&rig, SETTLE_MS);
    if (rc == 0)
        rc = watch(&rig, pid);
    if (rc == 0)
        rc = press(&rig, (size_t)count, wire_ns, painted_ns);
    if (rc == 0) {
        int64_t ignored;
        rc = look_at(pid, &ignored, &rig.memory_kb[1]);
    }
    if (rc == 0)
        print(&rig, (size_t)count, wire_ns, painted_ns);
    else
        fprintf(stderr, "bench-keys: key %u: %s\n", rig.number, strerror(-rc));
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    if (rig.mosq)
        mosquitto_destroy(rig.mosq);
    free(wire_ns);
    free(painted_ns);
    return rc == 0 ? 0 : 1;
}
