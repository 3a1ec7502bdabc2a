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
#include <unistd.h>
#include <cmocka.h>

#include "nano-agent/system/sysfs.h"

static char path[] = "/tmp/test_sysfs.XXXXXX";

static int make_file(void **state)
{
    (void)state;
    memcpy(path + strlen(path) - 6, "XXXXXX", 6);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void put(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void a_number_is_read_with_what_may_follow_it(void **state)
{
    static const struct {
        const char *text;
        int64_t number;
    } good[] = {{"42\n", 42}, {"-7", -7}, {"0", 0}, {"12.75 3.00\n", 12}, {"1000000000000\n", 1000000000000}};
    static const char *const bad[] = {"", "\n", "x", "42x", "0x10", "1000000000001", "99999999999999999999"};
    int64_t n;
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        put(good[i].text);
        assert_true(sysfs_read_number(path, &n));
        assert_true(n == good[i].number);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put(bad[i]);
        assert_false(sysfs_read_number(path, &n));
    }
    assert_false(sysfs_read_number("", &n));
    assert_false(sysfs_read_number("/nonexistent", &n));
    assert_false(sysfs_read_number_in("/nonexistent", "file", &n));
}

static void an_open_file_is_read_and_written_from_its_beginning(void **state)
{
    int64_t n;
    (void)state;
    int fd = open(path, O_RDWR);
    assert_true(fd >= 0);
    assert_int_equal(sysfs_read_number_of(fd, &n), -EINVAL);
    assert_int_equal(sysfs_write_number_to(fd, 1500000), 0);
    assert_int_equal(sysfs_read_number_of(fd, &n), 0);
    assert_true(n == 1500000);
    assert_int_equal(sysfs_write_text_to(fd, "2"), 0);
    assert_int_equal(sysfs_read_number_of(fd, &n), 0);
    assert_true(n == 2500000); // a real file of sysfs is no longer than what was written to it
    close(fd);
    assert_int_equal(sysfs_read_number_of(fd, &n), -EBADF);
    assert_int_equal(sysfs_write_number_to(fd, 1), -EBADF);
}

static void a_long_text_is_cut_and_terminated(void **state)
{
    char text[5];
    (void)state;
    put("1234567890");
    assert_true(sysfs_read_text(path, text, sizeof text));
    assert_string_equal(text, "1234");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_number_is_read_with_what_may_follow_it, make_file, remove_file),
        cmocka_unit_test_setup_teardown(
            an_open_file_is_read_and_written_from_its_beginning, make_file, remove_file),
        cmocka_unit_test_setup_teardown(a_long_text_is_cut_and_terminated, make_file, remove_file),
    };
    return cmocka_run_group_tests_name("sysfs", tests, NULL, NULL);
}
