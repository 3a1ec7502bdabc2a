// SPDX-License-Identifier: MIT
#include "pc-tui/config/password.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/array.h"

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    interrupted = number;
}

// Each of these signals would end the program with the echo off. A signal that was ignored stays ignored.
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
enum { SIGNALS = ARRAY_LENGTH(signals) };

// The signals are blocked except during the wait, so that a signal that comes just before the wait still ends it.
// *before becomes the mask for the wait.
static void catch_signals(struct sigaction saved[SIGNALS], sigset_t *before)
{
    struct sigaction ours = {.sa_handler = on_signal};
    sigset_t blocked;
    sigemptyset(&ours.sa_mask);
    sigemptyset(&blocked);
    for (size_t i = 0; i < SIGNALS; i++)
        sigaddset(&blocked, signals[i]);
    sigprocmask(SIG_BLOCK, &blocked, before);
    for (size_t i = 0; i < SIGNALS; i++) {
        sigaction(signals[i], NULL, &saved[i]);
        if (saved[i].sa_handler != SIG_IGN)
            sigaction(signals[i], &ours, NULL);
    }
}

static void restore_signals(const struct sigaction saved[SIGNALS], const sigset_t *before)
{
    for (size_t i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &saved[i], NULL);
    sigprocmask(SIG_SETMASK, before, NULL);
}

static int read_line(int fd, char *out, size_t size, const sigset_t *mask)
{
    for (size_t len = 0; len < size; len++) {
        struct pollfd ready = {.fd = fd, .events = POLLIN};
        while (ppoll(&ready, 1, NULL, mask) < 0)
            if (errno != EINTR || interrupted)
                return -errno;
        ssize_t n = read(fd, out + len, 1);
        if (n < 0)
            return -errno;
        if (n == 0 || out[len] == '\n') {
            out[len] = '\0';
            return 0;
        }
    }
    return -EMSGSIZE;
}

int password_ask(const char *user, char *out, size_t size, char why[PROTOCOL_WHY_SIZE])
{
    struct sigaction saved[SIGNALS];
    sigset_t mask;
    struct termios before, quiet;
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    int rc = fd < 0 ? -ENXIO : 0;
    if (rc < 0 || tcgetattr(fd, &before) < 0) {
        rc = rc < 0 ? rc : -errno;
        snprintf(why, PROTOCOL_WHY_SIZE,
            "-u %.60s: no terminal to ask for the password on; use --password-file", user);
        goto close;
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    interrupted = 0;
    catch_signals(saved, &mask);
    if (tcsetattr(fd, TCSAFLUSH, &quiet) < 0) {
        rc = -errno;
        snprintf(why, PROTOCOL_WHY_SIZE, "-u %.60s: cannot switch the echo off: %s", user, strerror(errno));
        goto restore;
    }
    dprintf(fd, "Password of %s: ", user);
    rc = read_line(fd, out, size, &mask);
    tcsetattr(fd, TCSAFLUSH, &before);
    dprintf(fd, "\n");
    if (rc < 0) {
        explicit_bzero(out, size);
        snprintf(why, PROTOCOL_WHY_SIZE, "no password: %s",
            rc == -EINTR      ? "interrupted"
            : rc == -EMSGSIZE ? "it is too long"
                              : strerror(-rc));
    }
restore:
    restore_signals(saved, &mask);
close:
    if (fd >= 0)
        close(fd);
    return rc;
}
