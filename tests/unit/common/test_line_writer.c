// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/line_writer.h"

enum { DEADLINE_MS = 10000, QUEUE = 8192 };

static int ends[2]; // [0] is read by the test
static char *text;  // what was read so far
static size_t len;

static size_t notice(char *out, size_t size, unsigned long lost)
{
    return (size_t)snprintf(out, size, "lost %lu\n", lost);
}

static int set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    text = calloc(1, 1 << 22);
    len = 0;
    return text ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    free(text);
    return 0;
}

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// Reads until the text ends with `end`.
static void read_until(const char *end)
{
    while (len < strlen(end) || strcmp(text + len - strlen(end), end) != 0) {
        struct pollfd ready = {.fd = ends[0], .events = POLLIN};
        assert_int_equal(poll(&ready, 1, DEADLINE_MS), 1);
        ssize_t n = read(ends[0], text + len, 65536);
        assert_true(n > 0);
        len += (size_t)n;
    }
}

static void put(struct line_writer *writer, unsigned number)
{
    char line[32];
    int n = snprintf(line, sizeof line, "line %u\n", number);
    line_writer_put(writer, line, (size_t)n);
}

// Each of the numbers below count was read once and in order, or was told as lost where it would have been.
static void assert_all_counted(unsigned count, bool some_lost)
{
    unsigned next = 0, lost = 0;
    for (char *line = text; *line; line = strchr(line, '\n') + 1) {
        unsigned n;
        if (sscanf(line, "line %u\n", &n) == 1) {
            assert_int_equal(n, next);
            next++;
        } else {
            assert_int_equal(sscanf(line, "lost %u\n", &n), 1);
            next += n;
            lost += n;
        }
    }
    assert_int_equal(next, count);
    assert_int_equal(lost > 0, some_lost);
}

static void lines_come_out_in_order(void **state)
{
    (void)state;
    struct line_writer *writer = line_writer_new(ends[1], QUEUE, notice);
    for (unsigned i = 0; i < 100; i++)
        put(writer, i);
    read_until("line 99\n");
    assert_all_counted(100, false);
    line_writer_free(writer, DEADLINE_MS);
}

static void fill_and_drain(void)
{
    struct line_writer *writer = line_writer_new(ends[1], QUEUE, notice);
    for (unsigned i = 0; i < 50000; i++)
        put(writer, i); // would never return, were it to wait
    char last[32];
    unsigned count = 50000;
    // What is put after the others were lost comes after the notice of them.
    do {
        put(writer, count++);
        snprintf(last, sizeof last, "line %u\n", count - 1);
        struct pollfd ready = {.fd = ends[0], .events = POLLIN};
        while (poll(&ready, 1, 50) == 1) {
            ssize_t n = read(ends[0], text + len, 65536);
            assert_true(n > 0);
            len += (size_t)n;
        }
    } while (!strstr(text, last));
    assert_all_counted(count, true);
    line_writer_free(writer, DEADLINE_MS);
}

static void a_full_pipe_holds_nobody_up_and_each_lost_line_is_counted(void **state)
{
    (void)state;
    fill_and_drain();
}

static void so_does_a_socket_that_nobody_reads(void **state)
{
    (void)state;
    close(ends[0]);
    close(ends[1]);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    fill_and_drain();
}

static void a_descriptor_that_somebody_made_non_blocking_loses_nothing_by_it(void **state)
{
    (void)state;
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    fill_and_drain();
    assert_true(fcntl(ends[1], F_GETFL) & O_NONBLOCK);
}

static void the_descriptor_is_left_as_it_was(void **state)
{
    (void)state;
    int before = fcntl(ends[1], F_GETFL);
    fill_and_drain();
    assert_int_equal(fcntl(ends[1], F_GETFL), before);
}

static void the_end_waits_for_what_can_be_written(void **state)
{
    (void)state;
    struct line_writer *writer = line_writer_new(ends[1], QUEUE, notice);
    for (unsigned i = 0; i < 200; i++)
        put(writer, i);
    line_writer_free(writer, DEADLINE_MS);
    read_until("line 199\n");
    assert_all_counted(200, false);
}

static void the_end_waits_no_longer_than_it_may(void **state)
{
    (void)state;
    struct line_writer *writer = line_writer_new(ends[1], QUEUE, notice);
    for (unsigned i = 0; i < 50000; i++)
        put(writer, i);
    int64_t before = now_ms();
    line_writer_free(writer, 50);
    assert_true(now_ms() - before < 50 + 1000);
}

static void what_is_refused_is_counted_and_told_when_it_can_be(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC); // refuses each line
    assert_true(full >= 0);
    struct line_writer *writer = line_writer_new(full, QUEUE, notice);
    for (unsigned i = 0; i < 20; i++)
        put(writer, i);
    unsigned count = 20;
    dup2(ends[1], full); // at any time: each of the twenty is refused, or is still to be written
    struct pollfd ready = {.fd = ends[0], .events = POLLIN};
    do
        put(writer, count++);
    while (poll(&ready, 1, 10) == 0);
    line_writer_free(writer, DEADLINE_MS);
    char last[32];
    snprintf(last, sizeof last, "line %u\n", count - 1);
    read_until(last);
    assert_all_counted(count, strstr(text, "lost") != NULL);
    close(full);
}

static void a_reader_that_has_gone_away_ends_nothing(void **state)
{
    (void)state;
    close(ends[0]);
    struct line_writer *writer = line_writer_new(ends[1], QUEUE, notice);
    for (unsigned i = 0; i < 20; i++)
        put(writer, i);
    line_writer_free(writer, DEADLINE_MS);
    ends[0] = dup(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(lines_come_out_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_full_pipe_holds_nobody_up_and_each_lost_line_is_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(so_does_a_socket_that_nobody_reads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_descriptor_that_somebody_made_non_blocking_loses_nothing_by_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_descriptor_is_left_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_waits_for_what_can_be_written, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_end_waits_no_longer_than_it_may, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            what_is_refused_is_counted_and_told_when_it_can_be, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_reader_that_has_gone_away_ends_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("line_writer", tests, NULL, NULL);
}
