// SPDX-License-Identifier: MIT
// Files that change in all the ways in which people and programs change them, and nothing told that nobody asked for.
#include <event2/event.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/clock.h"
#include "common/recheck.h"

enum { DEADLINE_MS = 5000, QUIET_MS = 400, END_MS = 100 };

static struct event_base *base;
static struct recheck *recheck;
static char folder[64], file[128];
static unsigned changes;

static unsigned read_ms; // so long the disk takes
static atomic_bool has_begun, has_ended, is_disposed;

static void on_dispose(void *ctx)
{
    (void)ctx;
    is_disposed = true;
}

static void on_changed(void *ctx)
{
    (void)ctx;
    changes++;
}

static void on_read(void *ctx)
{
    (void)ctx;
    has_begun = true;
    const struct timespec time = {.tv_sec = read_ms / 1000, .tv_nsec = read_ms % 1000 * 1000000L};
    nanosleep(&time, NULL);
    has_ended = true;
}

static const struct recheck_work work = {.read = on_read, .done = on_changed, .dispose = on_dispose};

static void write_file(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

static int set_up(void **state)
{
    (void)state;
    changes = 0;
    read_ms = 0;
    has_begun = has_ended = is_disposed = false;
    snprintf(folder, sizeof folder, "/tmp/test_recheck.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(file, sizeof file, "%s/file", folder);
    write_file(file, "one");
    base = event_base_new();
    recheck = recheck_new(base, &work, NULL);
    return base && recheck ? 0 : -1;
}

static int tear_down(void **state)
{
    char command[128];

    (void)state;
    recheck_free(recheck, END_MS);
    event_base_free(base);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void run(int ms)
{
    const struct timeval time = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

    event_base_loopexit(base, &time);
    event_base_dispatch(base);
}

static void assert_told(void)
{
    int64_t deadline_ms = clock_now_ms() + DEADLINE_MS;

    while (changes == 0 && clock_now_ms() < deadline_ms)
        run(20);
    assert_true(changes > 0);
    run(QUIET_MS); // what else the same change brings
    changes = 0;
}

static void assert_quiet(void)
{
    run(QUIET_MS);
    assert_int_equal(changes, 0);
}

static void a_file_that_is_written_renamed_or_removed_is_told(void **state)
{
    char other[160];

    (void)state;
    recheck_watch(recheck, file);
    assert_quiet();
    write_file(file, "two");
    assert_told();
    snprintf(other, sizeof other, "%s/other", folder);
    write_file(other, "three"); // as an editor does
    assert_quiet();
    assert_int_equal(rename(other, file), 0);
    assert_told();
    assert_int_equal(chmod(file, 0600), 0);
    assert_told();
    assert_int_equal(unlink(file), 0);
    assert_told();
    write_file(file, "four");
    assert_told();
}

static void many_changes_in_a_row_are_told_once(void **state)
{
    (void)state;
    recheck_watch(recheck, file);
    for (int i = 0; i < 50; i++) {
        write_file(file, "again");
        run(2);
    }
    assert_true(changes <= 1);
    assert_told();
}

static void a_file_in_a_folder_that_is_not_there_yet_is_told(void **state)
{
    char deep[160];

    (void)state;
    snprintf(deep, sizeof deep, "%s/a/b/broker.conf", folder);
    recheck_watch(recheck, deep);
    snprintf(deep, sizeof deep, "%s/a", folder);
    assert_int_equal(mkdir(deep, 0755), 0);
    run(QUIET_MS);
    snprintf(deep, sizeof deep, "%s/a/b", folder);
    assert_int_equal(mkdir(deep, 0755), 0);
    run(QUIET_MS);
    changes = 0;
    snprintf(deep, sizeof deep, "%s/a/b/broker.conf", folder);
    write_file(deep, "here");
    assert_told();
    write_file(deep, "again");
    assert_told();
}

static void a_link_is_watched_at_both_ends(void **state)
{
    char link[160], target[160];

    (void)state;
    snprintf(link, sizeof link, "%s/link", folder);
    snprintf(target, sizeof target, "%s/target", folder);
    assert_int_equal(mkdir(target, 0755), 0);
    snprintf(target, sizeof target, "%s/target/file", folder);
    write_file(target, "one");
    assert_int_equal(symlink(target, link), 0);
    recheck_watch(recheck, link);
    write_file(target, "two");
    assert_told();
    assert_int_equal(unlink(link), 0);
    assert_int_equal(symlink(file, link), 0);
    assert_told();
}

static void a_folder_is_watched_with_all_that_is_in_it(void **state)
{
    (void)state;
    recheck_watch(recheck, folder);
    write_file(file, "two");
    assert_told();
    recheck_forget(recheck);
    write_file(file, "three");
    assert_quiet();
}

// Returns in the middle of it.
static void begin_to_read(unsigned ms)
{
    int64_t deadline_ms = clock_now_ms() + DEADLINE_MS;

    recheck_watch(recheck, file);
    read_ms = ms;
    write_file(file, "two");
    while (!has_begun && clock_now_ms() < deadline_ms)
        run(20);
    assert_true(has_begun);
    assert_false(has_ended);
}

// A thread that was left alone in OpenSSL, whose memory exit() frees, crashed one end in some thirty.
static void a_read_that_is_under_way_has_ended_before_the_program_does(void **state)
{
    (void)state;
    begin_to_read(1000);
    recheck_free(recheck, DEADLINE_MS);
    recheck = NULL;
    assert_true(has_ended);
    assert_true(is_disposed);
}

// The last one: its thread outlives it.
static void a_disk_that_hangs_holds_up_neither_the_loop_nor_the_end(void **state)
{
    (void)state;
    begin_to_read(2000);
    int64_t before_ms = clock_now_ms();
    run(20);
    recheck_free(recheck, END_MS);
    recheck = NULL;
    assert_true(clock_now_ms() - before_ms < 1000);
    assert_false(has_ended);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_file_that_is_written_renamed_or_removed_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_changes_in_a_row_are_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_in_a_folder_that_is_not_there_yet_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_link_is_watched_at_both_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_is_watched_with_all_that_is_in_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_read_that_is_under_way_has_ended_before_the_program_does, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_disk_that_hangs_holds_up_neither_the_loop_nor_the_end, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("recheck", tests, NULL, NULL);
}
