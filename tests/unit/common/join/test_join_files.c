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

#include "common/join/join_files.h"

#define MARK "# ours"

static char parent[64], directory[96], why[PROTOCOL_WHY_SIZE];
static const struct join_owner owner = {
    .uid = (uid_t)-1, .gid = (gid_t)-1, .mode = 0640, .directory_mode = 0755};

static int make(void **state)
{
    (void)state;
    umask(0);
    snprintf(parent, sizeof parent, "/tmp/join-files-XXXXXX");
    if (!mkdtemp(parent))
        return -1;
    snprintf(directory, sizeof directory, "%s/dir", parent);
    return 0;
}

static int unmake(void **state)
{
    char command[128];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", parent);
    return system(command);
}

static const char *path_of(const char *name)
{
    static char path[160];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static void write_file(const char *name, const char *text)
{
    FILE *file = fopen(path_of(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

// What stands in the file, "(none)" where there is none.
static const char *read_file(const char *name)
{
    static char text[64];
    FILE *file = fopen(path_of(name), "r");
    if (!file)
        return "(none)";
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static void holds(const char *password, const char *ca, const char *config)
{
    assert_string_equal(read_file("password"), password);
    assert_string_equal(read_file("ca.crt"), ca);
    assert_string_equal(read_file("broker.conf"), config);
}

static void no_litter(void)
{
    for (enum join_file i = 0; i < JOIN_FILES; i++)
        assert_string_equal(read_file(join_files_new_name(i)), "(none)");
    assert_string_equal(read_file(".password.old"), "(none)");
    assert_string_equal(read_file(".broker.conf.old"), "(none)");
}

static void join(const char *n)
{
    struct join_files files;
    char text[64];
    assert_int_equal(join_files_open(&files, directory, MARK, &owner, why), 0);
    for (enum join_file i = 0; i < JOIN_FILES; i++) {
        snprintf(text, sizeof text, i == JOIN_FILE_CONFIG ? MARK "\n%s" : "%s", n);
        assert_int_equal(join_files_write(&files, i, text, strlen(text), why), 0);
    }
    assert_int_equal(join_files_put(&files, why), 0);
    join_files_close(&files);
    no_litter();
}

static void the_files_come_with_their_modes_and_go_again(void **state)
{
    struct stat info;
    (void)state;
    join("1");
    holds("1", "1", MARK "\n1");
    for (enum join_file i = 0; i < JOIN_FILES; i++) {
        assert_int_equal(stat(path_of(join_files_name(i)), &info), 0);
        assert_int_equal(info.st_mode & 07777, 0640);
    }
    assert_int_equal(stat(directory, &info), 0);
    assert_int_equal(info.st_mode & 07777, 0755);
    join("2");
    holds("2", "2", MARK "\n2");
    assert_int_equal(join_files_undo(directory, MARK, why), 1);
    assert_int_equal(access(directory, F_OK), -1);
    assert_int_equal(join_files_undo(directory, MARK, why), 0);
}

static void what_is_not_put_in_place_leaves_nothing(void **state)
{
    struct join_files files;
    (void)state;
    assert_int_equal(join_files_open(&files, directory, MARK, &owner, why), 0);
    assert_int_equal(join_files_write(&files, JOIN_FILE_PASSWORD, "x", 1, why), 0);
    join_files_close(&files);
    assert_int_equal(access(directory, F_OK), -1);

    join("1");
    assert_int_equal(join_files_open(&files, directory, MARK, &owner, why), 0);
    assert_int_equal(join_files_write(&files, JOIN_FILE_PASSWORD, "x", 1, why), 0);
    join_files_close(&files);
    holds("1", "1", MARK "\n1");
    no_litter();
}

static void either_all_files_are_new_or_none(void **state)
{
    struct join_files files;
    (void)state;
    join("1");
    assert_int_equal(join_files_open(&files, directory, MARK, &owner, why), 0);
    assert_int_equal(join_files_write(&files, JOIN_FILE_PASSWORD, "2", 1, why), 0);
    assert_int_equal(join_files_write(&files, JOIN_FILE_CA, "2", 1, why), 0);
    // The new configuration is missing: the third file cannot be put in place.
    assert_int_equal(join_files_put(&files, why), -ENOENT);
    assert_non_null(strstr(why, "broker.conf"));
    join_files_close(&files);
    holds("1", "1", MARK "\n1");
    no_litter();
}

static void a_first_join_that_fails_half_way_leaves_no_half(void **state)
{
    struct join_files files;
    (void)state;
    assert_int_equal(join_files_open(&files, directory, MARK, &owner, why), 0);
    assert_int_equal(join_files_write(&files, JOIN_FILE_PASSWORD, "2", 1, why), 0);
    assert_int_equal(join_files_put(&files, why), -ENOENT);
    join_files_close(&files);
    assert_int_equal(access(directory, F_OK), -1);
}

static void somebody_elses_files_are_kept_and_come_back(void **state)
{
    (void)state;
    assert_int_equal(mkdir(directory, 0755), 0);
    write_file("broker.conf", "# theirs\n");
    write_file("password", "theirs");
    join("1");
    assert_string_equal(read_file("password.saved"), "theirs");
    join("2"); // ours goes over ours, and theirs stays
    assert_string_equal(read_file("broker.conf.saved"), "# theirs\n");
    assert_int_equal(join_files_undo(directory, MARK, why), 1);
    holds("theirs", "(none)", "# theirs\n");
    assert_int_equal(join_files_undo(directory, MARK, why), 0); // it is not ours
    holds("theirs", "(none)", "# theirs\n");
}

static void a_password_without_a_configuration_is_kept_as_well(void **state)
{
    (void)state;
    assert_int_equal(mkdir(directory, 0755), 0);
    write_file("password", "of nano-agent.conf");
    join("1");
    assert_int_equal(join_files_undo(directory, MARK, why), 1);
    holds("of nano-agent.conf", "(none)", "(none)");
}

static void a_link_in_the_way_is_not_followed(void **state)
{
    char victim[128];
    (void)state;
    assert_int_equal(mkdir(directory, 0755), 0);
    snprintf(victim, sizeof victim, "%s/victim", parent);
    assert_int_equal(symlink(victim, path_of(".password.new")), 0);
    join("1");
    assert_int_equal(access(victim, F_OK), -1);
}

static void what_is_wrong_is_said_with_its_path(void **state)
{
    struct join_files files;
    char missing[128];
    (void)state;
    snprintf(missing, sizeof missing, "%s/none/dir", parent);
    assert_int_equal(join_files_open(&files, missing, MARK, &owner, why), -ENOENT);
    assert_non_null(strstr(why, missing));
    join_files_close(&files);
    // A file where the directory should be.
    FILE *file = fopen(directory, "w");
    fclose(file);
    assert_int_equal(join_files_open(&files, directory, MARK, &owner, why), -ENOTDIR);
    join_files_close(&files);
    assert_int_equal(join_files_undo(directory, MARK, why), -ENOTDIR);
    unlink(directory);
    assert_int_equal(mkdir(directory, 0755), 0);
    assert_int_equal(mkdir(path_of("broker.conf"), 0755), 0);
    assert_int_equal(join_files_undo(directory, MARK, why), -EISDIR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_files_come_with_their_modes_and_go_again, make, unmake),
        cmocka_unit_test_setup_teardown(what_is_not_put_in_place_leaves_nothing, make, unmake),
        cmocka_unit_test_setup_teardown(either_all_files_are_new_or_none, make, unmake),
        cmocka_unit_test_setup_teardown(a_first_join_that_fails_half_way_leaves_no_half, make, unmake),
        cmocka_unit_test_setup_teardown(somebody_elses_files_are_kept_and_come_back, make, unmake),
        cmocka_unit_test_setup_teardown(a_password_without_a_configuration_is_kept_as_well, make, unmake),
        cmocka_unit_test_setup_teardown(a_link_in_the_way_is_not_followed, make, unmake),
        cmocka_unit_test_setup_teardown(what_is_wrong_is_said_with_its_path, make, unmake),
    };

    return cmocka_run_group_tests_name("join_files", tests, NULL, NULL);
}
