// SPDX-License-Identifier: MIT
#include "link_peers.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            perror(#condition);                                                                              \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

int peers_listen(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    CHECK(fd >= 0);
    CHECK(bind(fd, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(listen(fd, 8) == 0);
    CHECK(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    *port = ntohs(address.sin_port);
    return fd;
}

int peers_free_port(void)
{
    int port;

    close(peers_listen(&port));
    return port;
}

static bool accepts(const char *address, int port)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
    const bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
    const int fd = socket(is_v4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (!is_v4)
        CHECK(inet_pton(AF_INET6, address, &v6.sin6_addr) == 1);
    if (fd < 0)
        return false;
    const bool ok = (is_v4 ? connect(fd, (struct sockaddr *)&v4, sizeof v4)
                           : connect(fd, (struct sockaddr *)&v6, sizeof v6)) == 0;
    close(fd);
    return ok;
}

pid_t peers_start_mosquitto(int port, const char *address, bool anonymous)
{
    return peers_start_mosquitto_with(port, address, anonymous, "");
}

pid_t peers_start_mosquitto_with(int port, const char *address, bool anonymous, const char *lines)
{
    char config[] = "/tmp/test_link.XXXXXX";
    const int fd = mkstemp(config);

    CHECK(fd >= 0);
    CHECK(dprintf(fd, "listener %d %s\n%sallow_anonymous %s\n", port, address, lines,
              anonymous ? "true" : "false") > 0);
    close(fd);
    const pid_t pid = fork();
    CHECK(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int null = open("/dev/null", O_WRONLY);
        dup2(null, STDERR_FILENO);
        dup2(null, STDOUT_FILENO);
        setenv("PATH", "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/bin", 1);
        execlp("mosquitto", "mosquitto", "-c", config, (char *)NULL);
        _exit(127);
    }
    bool up = false;
    for (int i = 0; i < 500 && !up; i++) {
        up = accepts(address, port);
        if (!up)
            poll(NULL, 0, 10);
        if (waitpid(pid, NULL, WNOHANG) == pid) {
            fprintf(stderr, "mosquitto ended at once (is it installed? is %s:%d free?)\n", address, port);
            abort();
        }
    }
    unlink(config);
    if (!up) {
        fprintf(stderr, "mosquitto does not listen on %s:%d after 5 s\n", address, port);
        kill(pid, SIGKILL);
        abort();
    }
    return pid;
}

// A mosquitto that has just begun to listen forgets a SIGTERM: it sets `run = 1` after its handler may have set it to 0.
void peers_end(pid_t pid, int signal)
{
    do {
        kill(pid, signal);
        kill(pid, SIGCONT);
        for (int i = 0; i < 100; i++) {
            if (waitpid(pid, NULL, WNOHANG) != 0)
                return;
            usleep(5000);
        }
    } while (true);
}

// Reads one packet; returns its first byte, or -1 at the end. At most 255 bytes of body are kept.
static int read_packet(int fd, uint8_t body[256], size_t *len)
{
    uint8_t first, digit;
    size_t remaining = 0;
    unsigned shift = 0;

    if (read(fd, &first, 1) != 1)
        return -1;
    do {
        if (read(fd, &digit, 1) != 1)
            return -1;
        remaining |= (size_t)(digit & 0x7f) << shift;
        shift += 7;
    } while (digit & 0x80);
    *len = remaining;
    for (size_t i = 0; i < remaining; i++) {
        uint8_t byte;
        if (read(fd, &byte, 1) != 1)
            return -1;
        if (i < 256)
            body[i] = byte;
    }
    return first;
}

static void send_bytes(int fd, const void *bytes, size_t len)
{
    CHECK(write(fd, bytes, len) == (ssize_t)len);
}

static void answer_subscribe(int fd, enum manners manners, int level, const uint8_t *body)
{
    const uint8_t granted = manners == MANNERS_DENY ? (level == 5 ? 0x87 : 0x80) : 0;
    const bool grant = manners != MANNERS_NO_GRANT;
    const uint8_t v5[] = {0x90, grant ? 4 : 3, body[0], body[1], 0, granted};
    const uint8_t v4[] = {0x90, grant ? 3 : 2, body[0], body[1], granted};

    if (level == 5)
        send_bytes(fd, v5, sizeof v5 - !grant);
    else
        send_bytes(fd, v4, sizeof v4 - !grant);
    if (manners == MANNERS_OVERSIZED)
        send_bytes(fd, "\x31\xff\xff\xff\x7f\x00\x0bt/too/large", 18);
    if (manners == MANNERS_SHUT_DOWN)
        send_bytes(fd, "\xe0\x02\x8b\x00", 4);
    if (manners == MANNERS_TAKEN_OVER)
        send_bytes(fd, "\xe0\x02\x8e\x00", 4);
}

static void serve(int fd, enum manners manners, int levels_fd)
{
    uint8_t body[256] = {0};
    size_t len = 0;

    if (read_packet(fd, body, &len) != 0x10)
        return;
    const uint8_t level = body[6];
    send_bytes(levels_fd, &level, 1);
    if (manners == MANNERS_HANG_UP)
        return;
    static bool hung_up;
    if (manners == MANNERS_HANG_UP_ONCE && !hung_up) {
        hung_up = true;
        return;
    }
    if (manners == MANNERS_SILENT || (manners == MANNERS_SILENT_5 && level == 5)) {
        while (read_packet(fd, body, &len) >= 0)
            ;
        return;
    }
    if (manners == MANNERS_ONLY_311 && level == 5) {
        send_bytes(fd, "\x20\x02\x00\x01", 4);
        return;
    }
    if (level == 5)
        send_bytes(fd, "\x20\x03\x00\x00\x00", 5);
    else
        send_bytes(fd, "\x20\x02\x00\x00", 4);
    for (;;) {
        const int first = read_packet(fd, body, &len);
        if (first < 0 || first == 0xe0)
            return;
        if (first == 0x82)
            answer_subscribe(fd, manners, level, body);
        if (first == 0xc0)
            send_bytes(fd, "\xd0\x00", 2);
    }
}

// Sends words with the packet id of `asked` in its place, or the good answer.
static void say(int fd, const char *words, size_t len, const void *good, size_t good_len, const uint8_t *id)
{
    uint8_t bytes[256];

    memcpy(bytes, words ? words : good, words ? len : good_len);
    len = words ? len : good_len;
    if (id && len >= 4)
        memcpy(bytes + 2, id, 2);
    // The peer may have hung up by now.
    if (send(fd, bytes, len, MSG_NOSIGNAL) < 0)
        return;
}

static void speak(int fd, const struct fake_words *words)
{
    uint8_t body[256] = {0};
    size_t len = 0;

    if (read_packet(fd, body, &len) != 0x10)
        return;
    say(fd, words->connack, words->connack_len, "\x20\x03\x00\x00\x00", 5, NULL);
    for (;;) {
        int first = read_packet(fd, body, &len);
        if (first < 0 || first == 0xe0)
            return;
        if (first == 0x82) {
            say(fd, words->suback, words->suback_len, "\x90\x04\x00\x00\x00\x00", 6, body);
            say(fd, words->after, words->after_len, "", 0, NULL);
        }
        if ((first & 0xf6) == 0x32)
            say(fd, words->puback, words->puback_len, "\x40\x02\x00\x00", 4,
                body + 2 + (body[0] << 8 | body[1]));
        if (first == 0xc0)
            say(fd, NULL, 0, "\xd0\x00", 2, NULL);
    }
}

static void start(
    struct fake_broker *fake, enum manners manners, const struct fake_words *words, size_t count)
{
    int levels[2];
    const int listener = peers_listen(&fake->port);

    CHECK(pipe2(levels, O_NONBLOCK | O_CLOEXEC) == 0);
    fake->pid = fork();
    CHECK(fake->pid >= 0);
    if (fake->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (size_t n = 0;; n++) {
            const int fd = accept(listener, NULL, NULL);
            if (fd < 0)
                _exit(1);
            if (words)
                speak(fd, &words[n < count ? n : count - 1]);
            else
                serve(fd, manners, levels[1]);
            close(fd);
        }
    }
    close(listener);
    close(levels[1]);
    fake->levels_fd = levels[0];
}

void peers_start_fake(struct fake_broker *fake, enum manners manners)
{
    start(fake, manners, NULL, 0);
}

void peers_start_speaker(struct fake_broker *fake, const struct fake_words *words, size_t count)
{
    start(fake, MANNERS_HANG_UP, words, count);
}

void peers_end_fake(struct fake_broker *fake)
{
    peers_end(fake->pid, SIGKILL);
    close(fake->levels_fd);
}
