// SPDX-License-Identifier: MIT
#include "nano-agent/system/guardian.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/array.h"
#include "common/clock.h"

// Messages: a text arms it; each of these is one byte.
enum { TURNING = 't', RESTING = 'r', DISMISSED = '.' };

enum {
    BEAT_MS = GUARDIAN_BEAT_US / 1000,
    GONE_MS = 200, // between the end of the connection and the end of the process lie microseconds
    WORK_S = 5,    // whatever the work waits for, the guardian is not there for longer
};

static char text[GUARDIAN_TEXT_MAX]; // what it was armed with

// ---- in the guardian

// systemd sends SIGTERM to all processes of a service whose main process ended, and its watchdog SIGABRT. A session of its own
// keeps away what a terminal or a shell sends.
static void ignore_signals(void)
{
    static const int numbers[] = {
        SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGABRT, SIGPIPE, SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU};
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++)
        signal(numbers[i], SIG_IGN);
    setsid();
}

static void close_all_from(int first)
{
    DIR *open_files = opendir("/proc/self/fd");
    if (!open_files)
        return;
    for (const struct dirent *entry = readdir(open_files); entry; entry = readdir(open_files)) {
        long fd = strtol(entry->d_name, NULL, 10); // 0 for `.` and `..`
        if (fd >= first && fd != dirfd(open_files))
            close((int)fd);
    }
    closedir(open_files);
}

// Keeps its end of the connection and stderr, on which it says what could not be done. Nobody waits for it to close stdin or
// stdout.
static int keep_only(int fd)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
        dup2(null, STDOUT_FILENO);
    }
    int kept = STDERR_FILENO + 1;
    if (fd != kept && dup2(fd, kept) < 0)
        return fd; // the others stay open then, which harms nobody
    close_all_from(kept + 1);
    return kept;
}

static void take_name(int argc, char **argv)
{
    prctl(PR_SET_NAME, GUARDIAN_NAME);
    char *end = argc > 0 ? argv[argc - 1] + strlen(argv[argc - 1]) : NULL;
    if (!end || end <= argv[0]) // the arguments lie one behind the other in memory, or they are left alone
        return;
    size_t size = (size_t)(end - argv[0]), len = strlen(GUARDIAN_NAME);
    memset(argv[0], 0, size);
    memcpy(argv[0], GUARDIAN_NAME, len < size ? len : size);
}

// While it is our parent, its number can be nobody else's.
static bool is_there(pid_t process)
{
    return getppid() == process;
}

// The last of its files, locks and lines are let go in the moment in which it ends.
static void wait_until_gone(pid_t process)
{
    for (int i = 0; i < GONE_MS && is_there(process); i++)
        clock_pause_us(1000);
}

struct guard {
    int fd;
    pid_t process;
    bool armed, turning, dismissed;
    int missing; // signs of life, one after the other
    bool silent; // the process was killed for want of them
};

// Each missing sign has a wait of its own. So a machine that stood still altogether counts as one.
static void miss_sign(struct guard *guard)
{
    if (++guard->missing < GUARDIAN_SILENT_BEATS || !is_there(guard->process))
        return;
    guard->silent = true;
    guard->turning = false;
    kill(guard->process, SIGKILL);
}

static void take_message(struct guard *guard, const char *message, size_t len)
{
    guard->missing = 0;
    if (len > 1) {
        memcpy(text, message, len);
        text[len] = '\0';
        guard->armed = true;
        return;
    }
    guard->dismissed = guard->dismissed || *message == DISMISSED;
    guard->turning = *message == TURNING && !guard->silent;
}

// False at the end of the connection.
static bool receive(struct guard *guard)
{
    static char message[GUARDIAN_TEXT_MAX - 1];
    ssize_t len = recv(guard->fd, message, sizeof message, 0);
    if (len > 0)
        take_message(guard, message, (size_t)len);
    return len > 0 || (len < 0 && errno == EINTR);
}

static void watch_over(struct guard *guard)
{
    for (;;) {
        struct pollfd ready = {.fd = guard->fd, .events = POLLIN};
        int count = poll(&ready, 1, guard->turning ? BEAT_MS : -1);
        if (count == 0)
            miss_sign(guard);
        else if (count > 0 && !receive(guard))
            return;
        if (guard->dismissed)
            return;
    }
}

static _Noreturn void guard(
    int fd, pid_t process, guardian_work *work, int argc, char **argv, const sigset_t *before)
{
    struct guard guard = {.process = process};
    ignore_signals();
    sigprocmask(SIG_SETMASK, before, NULL);
    take_name(argc, argv);
    guard.fd = keep_only(fd);
    watch_over(&guard);
    if (guard.armed && !guard.dismissed) {
        signal(SIGALRM, SIG_DFL);
        alarm(WORK_S);
        wait_until_gone(process);
        work(text, guard.silent);
    }
    _exit(EXIT_SUCCESS);
}

// ---- in the first process

int guardian_start(struct guardian *guardian, guardian_work *work, int argc, char **argv)
{
    int ends[2];
    pid_t process = getpid();
    *guardian = (struct guardian){.fd = -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
        return -errno;
    sigset_t all, before;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before); // until the guardian ignores those that it may get
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        guard(ends[1], process, work, argc, argv, &before);
    }
    int error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return -error;
    }
    guardian->fd = ends[0];
    guardian->pid = pid;
    return 0;
}

// A limit of 1 byte, unlike 0, also keeps the kernel from handing the core to a program (core(5)).
static void dump_no_core(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_CORE, &limit) < 0)
        return;
    limit.rlim_cur = limit.rlim_max > 0 ? 1 : 0;
    setrlimit(RLIMIT_CORE, &limit);
}

int guardian_arm(struct guardian *guardian, const char *list)
{
    size_t len = strlen(list);
    if (guardian->fd < 0)
        return -ENOTCONN;
    if (len < 2 || len >= GUARDIAN_TEXT_MAX - 1)
        return -EMSGSIZE;
    dump_no_core();
    return send(guardian->fd, list, len, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static void tell(const struct guardian *guardian, char message)
{
    // Nothing is lost where it fails: the next sign comes soon, and a guardian that is gone makes fd readable.
    (void)!send(guardian->fd, &message, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void guardian_beat(struct guardian *guardian, bool turning, int64_t now_us)
{
    if (guardian->fd < 0 || (turning == guardian->turning && now_us < guardian_next_us(guardian)))
        return;
    guardian->turning = turning;
    guardian->told_us = now_us;
    tell(guardian, turning ? TURNING : RESTING);
}

int64_t guardian_next_us(const struct guardian *guardian)
{
    return guardian->fd >= 0 && guardian->turning ? guardian->told_us + GUARDIAN_BEAT_US : INT64_MAX;
}

void guardian_dismiss(struct guardian *guardian, int wait_ms)
{
    if (guardian->fd < 0)
        return;
    tell(guardian, DISMISSED);
    struct pollfd ended = {.fd = guardian->fd, .events = POLLIN};
    if (poll(&ended, 1, wait_ms) > 0)
        waitpid(guardian->pid, NULL, 0); // it has closed everything, so it is about to end
    close(guardian->fd);
    guardian->fd = -1;
}
