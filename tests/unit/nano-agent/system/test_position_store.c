// SPDX-License-Identifier: MIT
// The file of positions: whatever becomes of it, the agent goes on, and says so once.
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "nano-agent/config/config.h"
#include "nano-agent/system/position_store.h"
#include "tests/scratch.h"

static char folder[64], path[128];
static struct positions some = {.count = 1, .of = {{"tilt", 125, 0x9f31c2aa, true}}};

static pthread_mutex_t trouble_mutex = PTHREAD_MUTEX_INITIALIZER;
static char trouble[STORE_WHY_SIZE];
static int troubles;

static void on_trouble(const char *sentence)
{
    pthread_mutex_lock(&trouble_mutex);
    snprintf(trouble, sizeof trouble, "%s", sentence);
    troubles++;
    pthread_mutex_unlock(&trouble_mutex);
}

static int new_folder(void **state)
{
    (void)state;
    pthread_mutex_lock(&trouble_mutex);
    troubles = 0;
    trouble[0] = '\0';
    pthread_mutex_unlock(&trouble_mutex);
    snprintf(folder, sizeof folder, "/tmp/test_store.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/positions", folder);
    return 0;
}

static int drop_folder(void **state)
{
    (void)state;
    return scratch_remove(folder);
}

static void put(const char *text, size_t len)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void assert_not_believed(const char *words)
{
    struct positions out;
    char why[STORE_WHY_SIZE];
    assert_true(store_load(path, &out, why) < 0);
    assert_int_equal(out.count, 0);
    if (!strstr(why, words) || strncmp(why, path, strlen(path)) != 0 || strchr(why, '\n'))
        fail_msg("wanted \"%s: … %s …\" on one line, got \"%s\"", path, words, why);
}

static void assert_kept(int tenths)
{
    struct positions out;
    char why[STORE_WHY_SIZE];
    if (store_load(path, &out, why) < 0)
        fail_msg("%s", why);
    assert_int_equal(out.count, 1);
    assert_int_equal(out.of[0].tenths, tenths);
}

static void what_was_written_is_read_back_and_nothing_is_left_beside_it(void **state)
{
    (void)state;
    char why[STORE_WHY_SIZE], fresh[160];
    assert_int_equal(store_write(path, &some, why), 0);
    assert_kept(125);
    some.of[0].tenths = -77;
    assert_int_equal(store_write(path, &some, why), 0);
    assert_kept(-77);
    some.of[0].tenths = 125;
    snprintf(fresh, sizeof fresh, "%s.new", path);
    assert_int_equal(access(fresh, F_OK), -1);
}

static void no_file_is_no_trouble(void **state)
{
    (void)state;
    struct positions out;
    char why[STORE_WHY_SIZE];
    assert_int_equal(store_load(path, &out, why), 0);
    assert_int_equal(out.count, 0);
    assert_string_equal(why, "");
}

static void a_torn_foreign_old_or_too_large_file_is_ignored_with_a_reason(void **state)
{
    (void)state;
    char text[3 * POSITIONS_TEXT_MAX];
    size_t len = positions_write(&some, text);
    put(text, len - 5);
    assert_not_believed("torn or changed");
    put("", 0);
    assert_not_believed("empty");
    put("hello\n", 6);
    assert_not_believed("no file of nano-agent");
    put("nano-agent positions 0\n", 23);
    assert_not_believed("another version");
    memset(text, 'x', sizeof text);
    put(text, sizeof text);
    assert_not_believed("too large");
}

static void what_is_no_regular_file_is_ignored_and_not_waited_for(void **state)
{
    (void)state;
    assert_int_equal(mkdir(path, 0755), 0);
    assert_not_believed("Is a directory");
    rmdir(path);
    assert_int_equal(mkfifo(path, 0644), 0);
    assert_not_believed("no regular file");
    unlink(path);
    assert_int_equal(symlink("positions", path), 0);
    assert_not_believed("Too many levels of symbolic links");
}

static void a_file_that_may_not_be_read_is_ignored_with_a_reason(void **state)
{
    (void)state;
    uid_t user = geteuid();
    put("x", 1);
    assert_int_equal(chmod(path, 0), 0);
    if (user == 0) // who may read anything
        assert_int_equal(seteuid(65534), 0);
    assert_not_believed("Permission denied");
    assert_int_equal(seteuid(user), 0);
}

static void a_directory_in_its_place_or_none_around_it_cannot_be_written(void **state)
{
    (void)state;
    char why[STORE_WHY_SIZE], deeper[160];
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(store_write(path, &some, why), -EISDIR);
    assert_non_null(strstr(why, "positions: Is a directory; positions are not saved"));
    snprintf(deeper, sizeof deeper, "%s.new", path);
    assert_int_equal(access(deeper, F_OK), -1); // nothing is left behind
    snprintf(deeper, sizeof deeper, "%s/none/positions", folder);
    assert_int_equal(store_write(deeper, &some, why), -ENOENT);
    assert_non_null(strstr(why, "No such file or directory"));
}

static void a_link_stays_and_the_file_that_it_leads_to_is_written(void **state)
{
    (void)state;
    char why[STORE_WHY_SIZE], sub[160], target[200], text[64];
    struct stat info;
    snprintf(sub, sizeof sub, "%s/disk", folder);
    assert_int_equal(mkdir(sub, 0755), 0);
    assert_int_equal(symlink("disk/one", path), 0);
    snprintf(target, sizeof target, "%s/one", sub);
    assert_int_equal(symlink("two", target), 0); // a link to a link to a file that is not there yet
    for (int round = 0; round < 2; round++) {
        assert_int_equal(store_write(path, &some, why), 0);
        assert_int_equal(lstat(path, &info), 0);
        assert_true(S_ISLNK(info.st_mode));
        assert_int_equal(readlink(path, text, sizeof text), 8);
        snprintf(target, sizeof target, "%s/two", sub);
        assert_int_equal(lstat(target, &info), 0);
        assert_true(S_ISREG(info.st_mode));
        assert_kept(125);
    }
    unlink(path);
    assert_int_equal(symlink("positions", path), 0);
    assert_int_equal(store_write(path, &some, why), -ELOOP);
}

static void a_leftover_or_a_trap_beside_the_file_is_not_followed(void **state)
{
    (void)state;
    char why[STORE_WHY_SIZE], fresh[160], victim[160];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    snprintf(victim, sizeof victim, "%s/victim", folder);
    assert_int_equal(symlink(victim, fresh), 0);
    assert_int_equal(store_write(path, &some, why), 0);
    assert_int_equal(access(victim, F_OK), -1);
    assert_kept(125);
}

// What a full disk does: no byte can be written any more.
static void a_full_disk_leaves_the_old_file_whole(void **state)
{
    (void)state;
    char why[STORE_WHY_SIZE];
    assert_int_equal(store_write(path, &some, why), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct rlimit none = {4, 4};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &none);
        some.of[0].tenths = 1;
        _exit(store_write(path, &some, why) == -EFBIG && strstr(why, "File too large") ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_kept(125);
}

static void a_kill_at_any_moment_leaves_a_whole_file(void **state)
{
    (void)state;
    char why[STORE_WHY_SIZE];
    assert_int_equal(store_write(path, &some, why), 0);
    for (int i = 0; i < 40; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            for (;;)
                store_write(path, &some, why);
        usleep((useconds_t)(i * 131 % 997) + 100);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
        assert_kept(125);
    }
}

static void saving_returns_at_once_and_the_last_of_many_is_written(void **state)
{
    (void)state;
    struct store *store = store_new(path, on_trouble);
    assert_non_null(store);
    for (int i = 0; i <= 1000; i++) {
        some.of[0].tenths = i;
        store_save(store, &some);
    }
    store_free(store, 10000);
    assert_kept(1000);
    some.of[0].tenths = 125;
    assert_int_equal(troubles, 0);
}

static void a_store_that_never_saved_writes_nothing(void **state)
{
    (void)state;
    store_free(store_new(path, on_trouble), 1000);
    store_free(NULL, 1000);
    assert_int_equal(access(path, F_OK), -1);
}

static int troubles_so_far(void)
{
    pthread_mutex_lock(&trouble_mutex);
    int count = troubles;
    pthread_mutex_unlock(&trouble_mutex);
    return count;
}

// Waits, at most 10 s, for what the store does in its thread.
static void wait_for_troubles(int count)
{
    for (int i = 0; i < 10000 && troubles_so_far() < count; i++)
        usleep(1000);
    assert_int_equal(troubles_so_far(), count);
}

static void what_cannot_be_written_is_told_once_until_it_has_worked_again(void **state)
{
    (void)state;
    struct stat info;
    assert_int_equal(mkdir(path, 0755), 0);
    struct store *store = store_new(path, on_trouble);
    store_save(store, &some);
    wait_for_troubles(1);
    assert_non_null(strstr(trouble, "Is a directory"));
    store_save(store, &some);
    store_free(store, 10000); // when it is written, or not
    assert_int_equal(troubles_so_far(), 1);

    store = store_new(path, on_trouble);
    store_save(store, &some);
    wait_for_troubles(2);
    for (int i = 0; i < 20; i++)
        store_save(store, &some);
    assert_int_equal(rmdir(path), 0);
    store_save(store, &some);
    for (int i = 0; i < 10000 && stat(path, &info) < 0; i++)
        usleep(1000);
    assert_kept(125);
    assert_int_equal(troubles_so_far(), 2);
    store_free(store, 10000);
}

static void a_disk_that_hangs_does_not_hold_up_the_end(void **state)
{
    (void)state;
    // The thread hangs where it tells of trouble instead of in the kernel, which cannot be had for a test.
    assert_int_equal(mkdir(path, 0755), 0);
    struct store *store = store_new(path, on_trouble);
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    pthread_mutex_lock(&trouble_mutex);
    store_save(store, &some);
    store_free(store, 200);
    clock_gettime(CLOCK_MONOTONIC, &after);
    pthread_mutex_unlock(&trouble_mutex);
    assert_in_range(after.tv_sec - before.tv_sec, 0, 10);
    wait_for_troubles(1);
}

static int load_config(const char *const *arguments, struct config *out)
{
    char *argv[10] = {(char[]){"nano-agent"}};
    int argc = 1;
    for (; arguments[argc - 1]; argc++)
        argv[argc] = strdup(arguments[argc - 1]);
    int status = config_from_arguments(argc, argv, false, out);
    for (int i = 1; i < argc; i++)
        free(argv[i]);
    return status;
}

static void assert_state(const char *wanted, const char *const *arguments)
{
    static struct config config;
    assert_int_equal(load_config(arguments, &config), -1);
    assert_string_equal(config.state, wanted);
}

static void the_file_is_where_the_option_the_key_systemd_or_the_default_says(void **state)
{
    (void)state;
    char conf[128], text[256];
    snprintf(conf, sizeof conf, "%s/agent.conf", folder);
    FILE *file = fopen(conf, "w");
    assert_non_null(file);
    fputs("servo tilt { pwm = sim }\n", file);
    fclose(file);
    unsetenv("STATE_DIRECTORY");
    assert_state(STORE_DEFAULT_PATH, (const char *[]){"-c", conf, NULL});
    setenv("STATE_DIRECTORY", "/var/lib/one:/var/lib/two", 1);
    assert_state("/var/lib/one/positions", (const char *[]){"-c", conf, NULL});
    assert_state("x", (const char *[]){"-c", conf, "--state", "x", NULL});
    file = fopen(conf, "w");
    assert_non_null(file);
    fputs("state = \"/srv/positions\"\nservo tilt { pwm = sim }\n", file);
    fclose(file);
    assert_state("/srv/positions", (const char *[]){"-c", conf, NULL});
    assert_state("x", (const char *[]){"-c", conf, "--state", "x", NULL});
    assert_state("", (const char *[]){"-c", conf, "--state", "", NULL});
    unsetenv("STATE_DIRECTORY");

    static struct config config;
    static const char *const wrong[] = {"relative", "/", "/a/folder/"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char why[1024];
        config_init(&config);
        snprintf(text, sizeof text, "servo tilt { pwm = sim }\nstate = \"%s\"\n", wrong[i]);
        assert_int_equal(config_parse(text, "f", &config, why), -EINVAL);
        snprintf(text, sizeof text, "f:2: state = %s; the whole path of a file", wrong[i]);
        assert_memory_equal(why, text, strlen(text));
    }
}

static void in_simulation_nothing_is_saved_unless_the_option_asks(void **state)
{
    (void)state;
    char conf[128];
    snprintf(conf, sizeof conf, "%s/agent.conf", folder);
    FILE *file = fopen(conf, "w");
    assert_non_null(file);
    fputs("state = \"/srv/positions\"\nservo tilt { pwm = sim }\n", file);
    fclose(file);
    assert_state("", (const char *[]){"-c", conf, "--sim", NULL});
    assert_state("x", (const char *[]){"-c", conf, "--sim", "--state", "x", NULL});
}

static void the_fingerprint_follows_the_output_and_the_calibration(void **state)
{
    (void)state;
    static const char *const texts[] = {"servo tilt { pwm = \"7000a000.pwm:2\" }",
        "servo tilt { pwm = \"7000a000.pwm:0\" }", "servo tilt { pwm = \"7000a001.pwm:2\" }",
        "servo tilt { pwm = sim }", "servo tilt { pwm = \"7000a000.pwm:2\" pulse = {2000, 1000} }",
        "servo tilt { pwm = \"7000a000.pwm:2\" angle = {-40, 45} }"};
    static struct config config;
    uint32_t seen[sizeof texts / sizeof *texts];
    char why[1024];
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        config_init(&config);
        assert_int_equal(config_parse(texts[i], "f", &config, why), 0);
        seen[i] = config.agent.channels[0].fingerprint;
        for (size_t j = 0; j < i; j++)
            assert_int_not_equal(seen[i], seen[j]);
    }
    config_init(&config);
    snprintf(config.board, sizeof config.board, "JETSON_NANO");
    assert_int_equal(
        config_parse("servo tilt { pwm = \"pin 33\" speed = 7 limit = {-5, 5} }", "f", &config, why), 0);
    assert_int_equal(config.agent.channels[0].fingerprint, seen[0]); // the same by another name
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, new_folder, drop_folder)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_was_written_is_read_back_and_nothing_is_left_beside_it),
        TEST(no_file_is_no_trouble),
        TEST(a_torn_foreign_old_or_too_large_file_is_ignored_with_a_reason),
        TEST(what_is_no_regular_file_is_ignored_and_not_waited_for),
        TEST(a_file_that_may_not_be_read_is_ignored_with_a_reason),
        TEST(a_directory_in_its_place_or_none_around_it_cannot_be_written),
        TEST(a_link_stays_and_the_file_that_it_leads_to_is_written),
        TEST(a_leftover_or_a_trap_beside_the_file_is_not_followed),
        TEST(a_full_disk_leaves_the_old_file_whole),
        TEST(a_kill_at_any_moment_leaves_a_whole_file),
        TEST(saving_returns_at_once_and_the_last_of_many_is_written),
        TEST(a_store_that_never_saved_writes_nothing),
        TEST(what_cannot_be_written_is_told_once_until_it_has_worked_again),
        TEST(a_disk_that_hangs_does_not_hold_up_the_end),
        TEST(the_file_is_where_the_option_the_key_systemd_or_the_default_says),
        TEST(in_simulation_nothing_is_saved_unless_the_option_asks),
        TEST(the_fingerprint_follows_the_output_and_the_calibration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
