// SPDX-License-Identifier: MIT
// The guardian of a process that ends in many ways. The processes are real.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/array.h"
#include "common/clock.h"
#include "nano-agent/system/guardian.h"

enum { DEADLINE_MS = 20000, LONGER_THAN_SILENCE_MS = 1500 };

// A process with a guardian, as its test sees it. What the guardian's work says comes out of `said`, which ends when both are
// gone.
struct life {
    pid_t process, guardian;
    int said;
};

static char lock_path[64];
static int lock_fd = -1;

// Says its text, and whether the other process still has its lock.
static void work(char *text, bool silent)
{
    int fd = open(lock_path, O_RDONLY | O_CLOEXEC);
    bool locked = fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0;
    dprintf(STDERR_FILENO, "%s%s%s", silent ? "silent: " : "", text, locked ? ", locked" : "");
}

// What the process does after it has a guardian.
typedef void living(struct guardian *guardian);

static _Noreturn void wait_for_ever(void)
{
    for (;;)
        pause();
}

static _Noreturn void live(living *what, int tell)
{
    static char name[32] = "nano-agent";
    char *argv[] = {name, NULL};
    static const int caught_by_cmocka[] = {SIGSEGV, SIGABRT};
    for (size_t i = 0; i < ARRAY_LENGTH(caught_by_cmocka); i++)
        signal(caught_by_cmocka[i], SIG_DFL);
    struct guardian guardian;
    lock_fd = open(lock_path, O_RDONLY | O_CLOEXEC);
    if (lock_fd < 0 || flock(lock_fd, LOCK_SH) < 0 || guardian_start(&guardian, work, 1, argv) < 0)
        _exit(99);
    what(&guardian);
    dprintf(tell, "%ld\n", (long)guardian.pid);
    close(tell);
    if (guardian.fd >= 0)
        wait_for_ever();
    _exit(0);
}

static struct life begin(living *what)
{
    struct life life = {0};
    int said[2], told[2];
    char number[32] = "";
    assert_int_equal(pipe(said), 0);
    assert_int_equal(pipe(told), 0);
    life.process = fork();
    assert_true(life.process >= 0);
    if (life.process == 0) {
        dup2(said[1], STDERR_FILENO);
        close(said[0]);
        close(said[1]);
        close(told[0]);
        live(what, told[1]);
    }
    close(said[1]);
    close(told[1]);
    assert_true(read(told[0], number, sizeof number - 1) > 0);
    close(told[0]);
    life.said = said[0];
    life.guardian = (pid_t)atol(number);
    return life;
}

// Everything that was said, when both processes are gone.
static void assert_said(const struct life *life, const char *wanted)
{
    char text[256] = "";
    size_t len = 0;
    for (;;) {
        struct pollfd ready = {.fd = life->said, .events = POLLIN};
        if (poll(&ready, 1, DEADLINE_MS) <= 0)
            fail_msg("the guardian does not end; it said \"%s\"", text);
        ssize_t more = read(life->said, text + len, sizeof text - 1 - len);
        if (more <= 0)
            break;
        len += (size_t)more;
    }
    close(life->said);
    assert_string_equal(text, wanted);
}

static int status_of(const struct life *life)
{
    int status = 0;
    assert_int_equal(waitpid(life->process, &status, 0), life->process);
    return status;
}

static int set_up(void **state)
{
    (void)state;
    snprintf(lock_path, sizeof lock_path, "/tmp/test_guardian.XXXXXX");
    int fd = mkstemp(lock_path);
    return fd < 0 ? -1 : close(fd);
}

static int tear_down(void **state)
{
    (void)state;
    return unlink(lock_path);
}

static void be_armed(struct guardian *guardian)
{
    if (guardian_arm(guardian, "the last thing") < 0)
        _exit(98);
}

static void however_a_process_ends_its_guardian_does_the_last_thing_when_all_is_let_go(void **state)
{
    (void)state;
    static const int signals[] = {SIGKILL, SIGSEGV, SIGABRT, SIGTERM};
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++) {
        struct life life = begin(be_armed);
        int64_t killed_us = clock_now_us();
        kill(life.process, signals[i]);
        assert_said(&life, "the last thing");
        print_message("%s: %.1f ms\n", strsignal(signals[i]), (double)(clock_now_us() - killed_us) / 1000);
        assert_int_equal(WTERMSIG(status_of(&life)), signals[i]);
    }
}

static void no_core_keeps_a_process_there(void **state)
{
    (void)state;
    struct life life = begin(be_armed);
    char path[64], text[2048] = "";
    snprintf(path, sizeof path, "/proc/%ld/limits", (long)life.process);
    int fd = open(path, O_RDONLY);
    assert_true(read(fd, text, sizeof text - 1) > 0);
    close(fd);
    const char *line = strstr(text, "Max core file size");
    assert_non_null(line);
    assert_true(strtol(line + strlen("Max core file size"), NULL, 10) <= 1);
    kill(life.process, SIGKILL);
    assert_said(&life, "the last thing");
    status_of(&life);
}

static void be_unarmed(struct guardian *guardian)
{
    (void)guardian;
}

static void be_dismissed(struct guardian *guardian)
{
    be_armed(guardian);
    pid_t pid = guardian->pid;
    guardian_dismiss(guardian, DEADLINE_MS);
    if (kill(pid, 0) == 0 || errno != ESRCH)
        dprintf(STDERR_FILENO, "the guardian is still there");
}

static void a_guardian_that_was_not_armed_or_was_dismissed_does_nothing(void **state)
{
    (void)state;
    struct life life = begin(be_unarmed);
    kill(life.process, SIGKILL);
    assert_said(&life, "");
    status_of(&life);
    life = begin(be_dismissed);
    assert_said(&life, "");
    assert_int_equal(status_of(&life), 0);
}

static void what_is_sent_to_a_whole_service_or_terminal_does_not_end_a_guardian(void **state)
{
    (void)state;
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGABRT, SIGTSTP, SIGUSR1};
    struct life life = begin(be_armed);
    for (size_t i = 0; i < ARRAY_LENGTH(signals); i++)
        assert_int_equal(kill(life.guardian, signals[i]), 0);
    int64_t until_ms = clock_now_ms() + DEADLINE_MS;
    while (getsid(life.guardian) == getsid(life.process) && clock_now_ms() < until_ms)
        poll(NULL, 0, 1);
    assert_int_not_equal(getsid(life.guardian), getsid(life.process));
    kill(life.process, SIGKILL);
    assert_said(&life, "the last thing");
    status_of(&life);
}

static void a_guardian_has_a_name_and_keeps_no_files(void **state)
{
    (void)state;
    struct life life = begin(be_armed);
    char path[64], name[64] = "";
    snprintf(path, sizeof path, "/proc/%ld/comm", (long)life.guardian);
    int64_t until_ms = clock_now_ms() + DEADLINE_MS;
    while (strcmp(name, GUARDIAN_NAME "\n") != 0 && clock_now_ms() < until_ms) {
        memset(name, 0, sizeof name);
        int fd = open(path, O_RDONLY);
        assert_true(read(fd, name, sizeof name - 1) > 0);
        close(fd);
    }
    assert_string_equal(name, GUARDIAN_NAME "\n");
    snprintf(path, sizeof path, "/proc/%ld/fd", (long)life.guardian);
    int count = 0;
    while (clock_now_ms() < until_ms) {
        DIR *files = opendir(path);
        count = 0;
        for (const struct dirent *entry = readdir(files); entry; entry = readdir(files))
            count += entry->d_name[0] != '.';
        closedir(files);
        if (count == 4)
            break;
    }
    assert_int_equal(count, 4); // three standard ones, and its connection
    kill(life.process, SIGKILL);
    assert_said(&life, "the last thing");
    status_of(&life);
}

static void turn(struct guardian *guardian)
{
    be_armed(guardian);
    guardian_beat(guardian, true, 0);
}

static void a_process_that_hangs_while_something_turns_is_ended(void **state)
{
    (void)state;
    struct life life = begin(turn);
    kill(life.process, SIGSTOP);
    int64_t stopped_us = clock_now_us();
    assert_said(&life, "silent: the last thing");
    print_message("after %.3f s\n", (double)(clock_now_us() - stopped_us) / 1000000);
    assert_int_equal(WTERMSIG(status_of(&life)), SIGKILL);
}

static void turn_and_rest(struct guardian *guardian)
{
    be_armed(guardian);
    guardian_beat(guardian, true, 0);
    guardian_beat(guardian, false, 0);
}

static void beat_for_a_while(struct guardian *guardian)
{
    be_armed(guardian);
    int64_t until_ms = clock_now_ms() + LONGER_THAN_SILENCE_MS;
    while (clock_now_ms() < until_ms) {
        guardian_beat(guardian, true, clock_now_us());
        poll(NULL, 0, 50);
    }
    guardian_dismiss(guardian, DEADLINE_MS);
}

static void a_process_that_gives_signs_or_where_nothing_turns_is_not_ended(void **state)
{
    (void)state;
    struct life resting = begin(turn_and_rest);
    kill(resting.process, SIGSTOP);
    struct life beating = begin(beat_for_a_while); // which takes its time
    assert_said(&beating, "");
    assert_int_equal(status_of(&beating), 0);
    assert_int_equal(waitpid(resting.process, NULL, WNOHANG), 0);
    kill(resting.process, SIGKILL);
    assert_said(&resting, "the last thing");
    status_of(&resting);
}

static void signs_are_due_while_something_turns(void **state)
{
    (void)state;
    struct guardian none = {.fd = -1}, guardian = {.fd = lock_fd};
    guardian_beat(&none, true, 5);
    assert_true(guardian_next_us(&none) == INT64_MAX);
    assert_int_equal(guardian_arm(&none, "text"), -ENOTCONN);
    guardian_dismiss(&none, 0);
    guardian.fd = open("/dev/null", O_RDWR);
    assert_true(guardian_next_us(&guardian) == INT64_MAX);
    guardian_beat(&guardian, true, 5);
    assert_true(guardian_next_us(&guardian) == 5 + GUARDIAN_BEAT_US);
    guardian_beat(&guardian, true, 10);
    assert_true(guardian_next_us(&guardian) == 5 + GUARDIAN_BEAT_US);
    guardian_beat(&guardian, false, 20);
    assert_true(guardian_next_us(&guardian) == INT64_MAX);
    close(guardian.fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            however_a_process_ends_its_guardian_does_the_last_thing_when_all_is_let_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(no_core_keeps_a_process_there, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_guardian_that_was_not_armed_or_was_dismissed_does_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_sent_to_a_whole_service_or_terminal_does_not_end_a_guardian, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_guardian_has_a_name_and_keeps_no_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_process_that_hangs_while_something_turns_is_ended, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_process_that_gives_signs_or_where_nothing_turns_is_not_ended, set_up, tear_down),
        cmocka_unit_test(signs_are_due_while_something_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
