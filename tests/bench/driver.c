// SPDX-License-Identifier: MIT
// The load: sends commands to ROOT/control, waits for the statuses on ROOT/status, and prints one JSON
// object.
//   bench-driver trips PORT ROOT PID QOS COUNT WINDOW MATCH SOCKET
//     round trips with WINDOW commands in flight; MATCH id: a status answers by its command's id, count: each
//     status answers one command, word: plain words on the topic words/ROOT, answered by the number of the command that a
//     status tells of; SOCKET quick: TCP_NODELAY and TCP_QUICKACK on our side, plain: neither
//   bench-driver start PORT ROOT PROGRAM [ARGUMENT]…
//     starts the program, measures until its first live status, leaves it running and prints its pid
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <mosquitto.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { COUNT_MAX = 1000000, PATIENCE_MS = 5000, STATUS_MAX = 16384 };

struct driver {
    struct mosquitto *mosq;
    char control[128], status[128];
    bool subscribed;
    bool match, word, quick;
    long before;                // word: the number of the last command that was not ours; -1 = not known yet
    unsigned run;               // makes ids differ from those of an earlier driver
    int64_t *sent_ns, *took_ns; // a command each; took 0 = not answered
    size_t sent, answered;
    int64_t first_status_ns;
    size_t status_len;
};

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void on_connect(struct mosquitto *mosq, void *ctx, int rc)
{
    const struct driver *driver = ctx;

    if (rc == 0)
        mosquitto_subscribe(mosq, NULL, driver->status, 0);
}

static void on_subscribe(struct mosquitto *mosq, void *ctx, int mid, int count, const int *granted)
{
    struct driver *driver = ctx;

    (void)mosq;
    (void)mid;
    driver->subscribed = count > 0 && granted[0] < 128;
}

// The number of the command that a status tells of, 0 before the first.
static long last_number(const char *payload)
{
    static const char key[] = "\"last\":{\"n\":";
    const char *at = strstr(payload, key);

    return at ? strtol(at + sizeof key - 1, NULL, 10) : 0;
}

// The number of the command that a status answers, or SIZE_MAX.
static size_t answered_command(const struct driver *driver, const char *payload)
{
    char prefix[64], *end;

    if (driver->word)
        return (size_t)(last_number(payload) - driver->before - 1); // of one before ours: a number beyond all
    if (!driver->match)
        return driver->answered;
    const int len = snprintf(prefix, sizeof prefix, "\"id\":\"bench-%u-", driver->run);
    const char *id = strstr(payload, prefix);
    if (!id)
        return SIZE_MAX;
    errno = 0;
    const unsigned long number = strtoul(id + len, &end, 10);
    return errno == 0 && *end == '"' ? (size_t)number : SIZE_MAX;
}

static void on_message(struct mosquitto *mosq, void *ctx, const struct mosquitto_message *message)
{
    struct driver *driver = ctx;
    const int64_t now = now_ns();

    (void)mosq;
    if (driver->sent == 0 && message->payloadlen > 0)
        driver->before = last_number(message->payload);
    if (message->retain || message->payloadlen == 0)
        return;
    if (driver->first_status_ns == 0)
        driver->first_status_ns = now;
    driver->status_len = (size_t)message->payloadlen;
    if (!driver->sent_ns)
        return;
    const size_t command = answered_command(driver, message->payload);
    if (command >= driver->sent || driver->took_ns[command] != 0)
        return;
    driver->took_ns[command] = now - driver->sent_ns[command];
    driver->answered++;
}

static int turn(struct driver *driver, int timeout_ms)
{
    const int fd = mosquitto_socket(driver->mosq), on = 1;
    struct pollfd poller = {.fd = fd, .events = POLLIN};
    int rc = 0;

    if (fd < 0)
        return MOSQ_ERR_NO_CONN;
    if (mosquitto_want_write(driver->mosq))
        poller.events |= POLLOUT;
    const int ready = poll(&poller, 1, timeout_ms);
    if (ready == 0)
        return mosquitto_loop_misc(driver->mosq);
    if (poller.revents & POLLOUT)
        rc = mosquitto_loop_write(driver->mosq, 1);
    if (rc == 0 && poller.revents & (POLLIN | POLLERR | POLLHUP)) {
        rc = mosquitto_loop_read(driver->mosq, 1);
        if (rc == 0 && mosquitto_want_write(driver->mosq))
            rc = mosquitto_loop_write(driver->mosq, 1);
        if (driver->quick)
            setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    }
    return rc;
}

static int open_driver(struct driver *driver, const char *port_text, const char *root)
{
    const long port = strtol(port_text, NULL, 10);
    const int on = 1;

    if (port < 1 || port > 65535)
        return -EINVAL;
    snprintf(driver->control, sizeof driver->control, driver->word ? "words/%s" : "%s/control", root);
    snprintf(driver->status, sizeof driver->status, "%s/status", root);
    mosquitto_lib_init();
    driver->mosq = mosquitto_new(NULL, true, driver);
    if (!driver->mosq)
        return -ENOMEM;
#if LIBMOSQUITTO_VERSION_NUMBER >= 2000000
    mosquitto_int_option(driver->mosq, MOSQ_OPT_TCP_NODELAY, driver->quick);
#endif
    mosquitto_max_inflight_messages_set(driver->mosq, 0); // ours is the window
    mosquitto_connect_callback_set(driver->mosq, on_connect);
    mosquitto_subscribe_callback_set(driver->mosq, on_subscribe);
    mosquitto_message_callback_set(driver->mosq, on_message);
    if (mosquitto_connect(driver->mosq, "127.0.0.1", (int)port, 60) != 0)
        return -ECONNREFUSED;
    if (driver->quick)
        setsockopt(mosquitto_socket(driver->mosq), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const int64_t deadline = now_ns() + PATIENCE_MS * INT64_C(1000000);
    while (!driver->subscribed && now_ns() < deadline)
        if (turn(driver, 100) != 0)
            return -ECONNRESET;
    return driver->subscribed ? 0 : -ETIMEDOUT;
}

// Nanoseconds on a processor of the main thread: none of the subjects works on another.
static int64_t cpu_ns(long pid)
{
    char path[64];
    int64_t ns = 0;

    snprintf(path, sizeof path, "/proc/%ld/schedstat", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return -1;
    if (fscanf(file, "%" SCNd64, &ns) != 1)
        ns = -1;
    fclose(file);
    return ns;
}

static long memory_kb(long pid, const char *key)
{
    char path[64], line[256];
    long kb = -1;

    snprintf(path, sizeof path, "/proc/%ld/status", pid);
    FILE *file = fopen(path, "re");
    if (!file)
        return -1;
    while (fgets(line, sizeof line, file))
        if (strncmp(line, key, strlen(key)) == 0)
            kb = strtol(line + strlen(key) + 1, NULL, 10);
    fclose(file);
    return kb;
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static int send_command(struct driver *driver, int qos)
{
    char payload[128];
    const size_t number = driver->sent++;

    const char *state = number % 2 == 0 ? "on" : "off";
    const int len = driver->word
                        ? snprintf(payload, sizeof payload, "light_%s", state)
                        : snprintf(payload, sizeof payload, "{\"cmd\":\"led_%s\",\"id\":\"bench-%u-%zu\"}",
                              state, driver->run, number);
    driver->sent_ns[number] = now_ns();
    return mosquitto_publish(driver->mosq, NULL, driver->control, len, payload, qos, false);
}

static int run_trips(struct driver *driver, char **argv)
{
    const long pid = strtol(argv[0], NULL, 10), qos = strtol(argv[1], NULL, 10);
    const long count = strtol(argv[2], NULL, 10), window = strtol(argv[3], NULL, 10);

    if (pid < 1 || qos < 0 || qos > 2 || count < 1 || count > COUNT_MAX || window < 1)
        return -EINVAL;
    driver->match = strcmp(argv[4], "id") == 0;
    driver->run = (unsigned)(now_ns() & 0xffffff);
    driver->sent_ns = calloc((size_t)count, sizeof(int64_t));
    driver->took_ns = calloc((size_t)count, sizeof(int64_t));
    if (!driver->sent_ns || !driver->took_ns)
        return -ENOMEM;
    while (driver->word && driver->before < 0)
        if (turn(driver, 100) != 0)
            return -ECONNRESET;
    const int64_t cpu_before = cpu_ns(pid), began = now_ns();
    int64_t progress = began;
    size_t seen = 0;
    int rc = 0;
    while (
        rc == 0 && driver->answered < (size_t)count && now_ns() - progress < PATIENCE_MS * INT64_C(1000000)) {
        while (rc == 0 && driver->sent < (size_t)count && driver->sent - driver->answered < (size_t)window)
            rc = send_command(driver, (int)qos);
        if (rc == 0)
            rc = turn(driver, 100);
        if (driver->answered != seen)
            progress = now_ns();
        seen = driver->answered;
    }
    const int64_t took = now_ns() - began, cpu = cpu_ns(pid) - cpu_before;
    const size_t lost = (size_t)count - driver->answered;
    qsort(driver->took_ns, (size_t)count, sizeof(int64_t), compare);
    // The unanswered count 0 and are in front.
    const int64_t *answered = driver->took_ns + lost;
    const size_t n = driver->answered, middle = n / 2, late = n * 99 / 100;
    printf("{\"qos\":%ld,\"window\":%ld,\"count\":%zu,\"lost\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_"
           "us\":%.1f,"
           "\"per_s\":%.0f,\"cpu_us\":%.2f,\"rss_kb\":%ld,\"peak_kb\":%ld,\"status_len\":%zu}\n",
        qos, window, n, lost, n ? (double)answered[middle] / 1e3 : 0, n ? (double)answered[late] / 1e3 : 0,
        n ? (double)answered[n - 1] / 1e3 : 0, (double)n * 1e9 / (double)took,
        n ? (double)cpu / 1e3 / (double)n : 0, memory_kb(pid, "VmRSS"), memory_kb(pid, "VmHWM"),
        driver->status_len);
    return rc == 0 ? 0 : -ECONNRESET;
}

static int run_start(struct driver *driver, char **argv)
{
    driver->first_status_ns = 0;
    const int64_t began = now_ns();
    const pid_t pid = fork();
    if (pid < 0)
        return -errno;
    if (pid == 0) {
        const int null = open("/dev/null", O_RDWR);
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
        execvp(argv[0], argv);
        fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
        _exit(127);
    }
    while (driver->first_status_ns == 0 && now_ns() - began < PATIENCE_MS * INT64_C(1000000))
        if (turn(driver, 100) != 0)
            break;
    if (driver->first_status_ns == 0) {
        kill(pid, SIGKILL);
        return -ETIMEDOUT;
    }
    printf("{\"pid\":%ld,\"start_ms\":%.2f,\"status_len\":%zu}\n", (long)pid,
        (double)(driver->first_status_ns - began) / 1e6, driver->status_len);
    return 0;
}

int main(int argc, char **argv)
{
    struct driver driver = {.quick = true, .before = -1};
    int rc = -EINVAL;

    if (argc == 10 && strcmp(argv[1], "trips") == 0) {
        driver.quick = strcmp(argv[9], "quick") == 0;
        driver.word = strcmp(argv[8], "word") == 0;
        rc = open_driver(&driver, argv[2], argv[3]);
        if (rc == 0)
            rc = run_trips(&driver, argv + 4);
    } else if (argc >= 5 && strcmp(argv[1], "start") == 0) {
        rc = open_driver(&driver, argv[2], argv[3]);
        if (rc == 0)
            rc = run_start(&driver, argv + 4);
    }
    if (rc == -EINVAL)
        fprintf(stderr, "Usage: bench-driver trips PORT ROOT PID QOS COUNT WINDOW MATCH SOCKET\n"
                        "       bench-driver start PORT ROOT PROGRAM [ARGUMENT]...\n");
    else if (rc < 0)
        fprintf(stderr, "bench-driver: %s\n", strerror(-rc));
    if (driver.mosq) {
        mosquitto_disconnect(driver.mosq);
        mosquitto_destroy(driver.mosq);
    }
    free(driver.sent_ns);
    free(driver.took_ns);
    return rc == 0 ? 0 : 1;
}
