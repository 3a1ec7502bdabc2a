// SPDX-License-Identifier: MIT
#include <errno.h>
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

#include "common/log.h"

// What the body writes to stderr; journal makes that file the one that JOURNAL_STREAM names.
static void capture(char text[8192], bool journal, enum log_level up_to, void (*body)(void))
{
    char path[] = "/tmp/test_log.XXXXXX", stream[64];
    const int fd = mkstemp(path);
    struct stat st;

    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(fstat(fd, &st), 0);
    snprintf(stream, sizeof stream, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino + !journal);
    setenv("JOURNAL_STREAM", stream, 1);
    const int saved = dup(STDERR_FILENO);
    dup2(fd, STDERR_FILENO);
    log_init("test", up_to);
    body();
    dup2(saved, STDERR_FILENO);
    close(saved);
    const ssize_t len = pread(fd, text, 8191, 0);
    close(fd);
    assert_true(len >= 0);
    text[len] = '\0';
}

static void one_of_each(void)
{
    log_error("e %d", 1);
    log_warning("w %s", "two");
    log_info("i");
    log_debug("d");
}

static void each_line_begins_with_the_name(void **state)
{
    char text[8192];

    (void)state;
    capture(text, false, LOG_LEVEL_DEBUG, one_of_each);
    assert_string_equal(text, "test: e 1\ntest: w two\ntest: i\ntest: d\n");
}

static void under_the_journal_each_line_begins_with_its_level(void **state)
{
    char text[8192];

    (void)state;
    capture(text, true, LOG_LEVEL_DEBUG, one_of_each);
    assert_string_equal(text, "<3>e 1\n<4>w two\n<6>i\n<7>d\n");
}

static void what_is_beyond_the_level_is_not_written(void **state)
{
    char text[8192];

    (void)state;
    capture(text, false, LOG_LEVEL_WARNING, one_of_each);
    assert_string_equal(text, "test: e 1\ntest: w two\n");
    assert_true(log_enabled(LOG_LEVEL_WARNING));
    assert_false(log_enabled(LOG_LEVEL_INFO));
}

static void awkward(void)
{
    static char longest[5000];

    memset(longest, 'x', sizeof longest - 1);
    log_error("two\nlines");
    log_error("%s", longest);
    errno = ENOENT;
    log_error("%s", "errno");
    assert_int_equal(errno, ENOENT);
}

static void one_event_is_one_line_however_awkward(void **state)
{
    char text[8192];
    unsigned lines = 0;

    (void)state;
    capture(text, false, LOG_LEVEL_INFO, awkward);
    for (const char *s = text; *s; s++)
        lines += *s == '\n';
    assert_int_equal(lines, 3);
    assert_int_equal(strncmp(text, "test: two lines\n", 16), 0);
    assert_non_null(strstr(text, "xxx\ntest: errno\n"));
}

static void foreign(void)
{
    log_error("%s", "a\x1b[2Jb \xe2\x80\xae"
                    "c \xff");
}

static void what_comes_from_elsewhere_cannot_forge_or_hide_anything(void **state)
{
    char text[8192];

    (void)state;
    capture(text, false, LOG_LEVEL_INFO, foreign);
    assert_string_equal(text, "test: a\xef\xbf\xbd[2Jb \xef\xbf\xbd"
                              "c \xef\xbf\xbd\n");
}

static void started(void)
{
    assert_int_equal(log_start(), 0);
    log_warning("w");
    log_finish(10000);
}

static void a_daemon_s_line_in_a_file_begins_with_the_time(void **state)
{
    char text[8192];
    int year, month, day, hour, minute, second, milli, end = 0;

    (void)state;
    capture(text, false, LOG_LEVEL_INFO, started);
    assert_int_equal(sscanf(text, "%4d-%2d-%2d %2d:%2d:%2d.%3d test: w\n%n", &year, &month, &day, &hour,
                         &minute, &second, &milli, &end),
        7);
    assert_int_equal(end, (int)strlen(text));
}

static void the_journal_has_its_own_time(void **state)
{
    char text[8192];

    (void)state;
    capture(text, true, LOG_LEVEL_INFO, started);
    assert_string_equal(text, "<4>w\n");
}

static void flood(void)
{
    assert_int_equal(log_start(), 0);
    assert_true(log_next_us() == INT64_MAX);
    for (int i = 0; i < 1000; i++)
        log_info("i");
    log_error("e");
    assert_true(log_next_us() < INT64_MAX);
    log_finish(10000);
    assert_true(log_next_us() == INT64_MAX);
}

static void a_flood_is_twenty_lines_a_second_and_what_is_left_out_is_told(void **state)
{
    char text[8192];
    unsigned lines = 0, told = 0;

    (void)state;
    capture(text, true, LOG_LEVEL_INFO, flood);
    assert_non_null(strstr(text, "<3>e\n")); // errors are not limited
    for (const char *line = text; *line; line = strchr(line, '\n') + 1) {
        unsigned more;
        lines++;
        told += sscanf(line, "<6>%u more lines left out", &more) == 1 ? more : !strncmp(line, "<6>i\n", 5);
    }
    assert_int_equal(told, 1000);
    assert_true(lines <= 2 * LOG_LINES_A_SECOND + 3); // where a second began in mid-flood
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_begins_with_the_name),
        cmocka_unit_test(under_the_journal_each_line_begins_with_its_level),
        cmocka_unit_test(what_is_beyond_the_level_is_not_written),
        cmocka_unit_test(one_event_is_one_line_however_awkward),
        cmocka_unit_test(what_comes_from_elsewhere_cannot_forge_or_hide_anything),
        cmocka_unit_test(a_daemon_s_line_in_a_file_begins_with_the_time),
        cmocka_unit_test(the_journal_has_its_own_time),
        cmocka_unit_test(a_flood_is_twenty_lines_a_second_and_what_is_left_out_is_told),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
