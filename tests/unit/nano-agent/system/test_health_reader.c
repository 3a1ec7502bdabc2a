// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/clock.h"
#include "nano-agent/system/health_reader.h"

enum { DEADLINE_MS = 10000 };

static char root[64];

// A machine of which nothing is there but the file behind proc/uptime, which may be a pipe: a sensor that does not answer.
static int make_root(void **state)
{
    char path[128];
    (void)state;
    snprintf(root, sizeof root, "/tmp/test_health_reader.%ld", (long)getpid());
    assert_int_equal(mkdir(root, 0700), 0);
    snprintf(path, sizeof path, "%s/proc", root);
    return mkdir(path, 0700);
}

static int remove_root(void **state)
{
    char path[128];
    (void)state;
    snprintf(path, sizeof path, "%s/proc/uptime", root);
    unlink(path);
    snprintf(path, sizeof path, "%s/proc", root);
    rmdir(path);
    return rmdir(root);
}

static void put(const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/proc/uptime", root);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static bool take_within_deadline(struct health_reader *reader, int64_t now_ms, struct status_health *out)
{
    int64_t until_ms = clock_now_ms() + DEADLINE_MS;
    do
        health_reader_take(reader, now_ms, out);
    while (!(out->has & HEALTH_UP) && clock_now_ms() < until_ms);
    return out->has & HEALTH_UP;
}

static void the_figures_are_those_of_the_reading_before(void **state)
{
    struct status_health health;
    (void)state;
    put("4321.5 1.0\n");
    struct health_reader *reader = health_reader_new(root);
    assert_non_null(reader);
    assert_true(take_within_deadline(reader, 0, &health));
    assert_int_equal(health.up_s, 4321);
    assert_true(take_within_deadline(reader, 1, &health));
    health_reader_free(reader, DEADLINE_MS);
}

static void the_figures_are_read_at_most_every_second_heartbeat(void **state)
{
    struct status_health health;
    (void)state;
    put("1111.0 1.0\n");
    struct health_reader *reader = health_reader_new(root);
    assert_non_null(reader);
    assert_true(take_within_deadline(reader, 0, &health)); // the second reading begins
    assert_true(take_within_deadline(reader, 1, &health)); // and is over
    put("2222.0 1.0\n");
    for (int i = 0; i < 1000; i++) {
        health_reader_take(reader, HEALTH_READER_EVERY_MS - 1, &health);
        assert_int_equal(health.up_s, 1111);
    }
    health_reader_take(reader, HEALTH_READER_EVERY_MS, &health);
    assert_int_equal(health.up_s, 1111);
    assert_true(take_within_deadline(reader, HEALTH_READER_EVERY_MS + 1, &health));
    assert_int_equal(health.up_s, 2222);
    health_reader_free(reader, DEADLINE_MS);
}

static void a_sensor_that_does_not_answer_holds_nobody_up(void **state)
{
    char path[128];
    struct status_health health;
    (void)state;
    snprintf(path, sizeof path, "%s/proc/uptime", root);
    assert_int_equal(mkfifo(path, 0600), 0); // whoever opens it waits until somebody writes
    struct health_reader *reader = health_reader_new(root);
    int64_t before_ms = clock_now_ms();
    for (int i = 0; i < 1000; i++) {
        health_reader_take(reader, clock_now_ms(), &health);
        assert_int_equal(health.has, 0);
    }
    health_reader_free(reader, 50); // is left behind, and frees itself when the sensor answers
    assert_true(clock_now_ms() - before_ms < 50 + 1000);
    int fd = open(path, O_WRONLY);
    assert_true(fd >= 0);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_figures_are_those_of_the_reading_before, make_root, remove_root),
        cmocka_unit_test_setup_teardown(
            the_figures_are_read_at_most_every_second_heartbeat, make_root, remove_root),
        cmocka_unit_test_setup_teardown(
            a_sensor_that_does_not_answer_holds_nobody_up, make_root, remove_root),
    };
    return cmocka_run_group_tests_name("health_reader", tests, NULL, NULL);
}
