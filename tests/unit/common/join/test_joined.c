// SPDX-License-Identifier: MIT
#include <errno.h>
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

#include "common/join/joined.h"

static char directory[64], path[96], why[CONFIG_WHY_SIZE];
static struct broker_options options;

static int make(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/joined-XXXXXX");
    if (!mkdtemp(directory))
        return -1;
    snprintf(path, sizeof path, "%s/broker.conf", directory);
    broker_options_init(&options);
    return 0;
}

static int unmake(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(directory);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void the_directory_is_called_as_the_configuration(void **state)
{
    char out[JOINED_PATH_SIZE], longest[JOINED_PATH_SIZE + 16];
    static const char *const none[] = {"", ".conf", "/etc/.conf", "/etc/nano-agent", "/etc/nano-agent.cfg"};
    (void)state;
    assert_true(joined_directory("/etc/nano-agent.conf", out));
    assert_string_equal(out, "/etc/nano-agent");
    assert_true(joined_directory("arm.conf", out));
    assert_string_equal(out, "arm");
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_false(joined_directory(none[i], out));
        assert_string_equal(out, "");
    }
    memset(longest, 'x', sizeof longest);
    snprintf(longest + JOINED_PATH_SIZE, 16, ".conf");
    assert_false(joined_directory(longest, out));
}

// What a configuration says that is read after broker.conf.
static void then_read(const char *text)
{
    cfg_opt_t keys[] = {BROKER_OPTIONS_CFG, CFG_END()};
    cfg_t *cfg = cfg_init(keys, CFGF_NONE);
    assert_non_null(cfg);
    assert_int_equal(cfg_parse_buf(cfg, text), CFG_SUCCESS);
    assert_int_equal(broker_options_from_cfg(&options, cfg, NULL, why), 0);
    cfg_free(cfg);
}

static void what_was_joined_goes_over_the_configuration(void **state)
{
    (void)state;
    write_file("broker = {\"127.0.0.1:2883\"}\nroot = \"lab\"\ndevice = \"\"\nlogin { user = \"device\" }\n"
               "tls { name = \"n\" }\n");
    assert_int_equal(joined_read(&options, directory, why), 1);
    // A plain broker with a login, whose password file is gone, would be a mistake without a join.
    then_read(
        "broker = {\"192.168.55.100\", \"mqtt://10.0.0.1\"}\nroot = \"jetson\"\ndevice = \"old\"\nqos = 0\n"
        "login { user = \"old\" password_file = \"/nowhere/at/all\" }\ntls { cafile = \"/old\" }\n");
    assert_int_equal(options.broker_count, 1);
    assert_string_equal(options.brokers[0].host, "127.0.0.1");
    assert_string_equal(options.root, "lab");
    assert_string_equal(options.device, "");
    assert_string_equal(options.user, "device");
    assert_string_equal(options.tls.options.name, "n");
    assert_string_equal(options.tls.options.cafile, "");
    assert_int_equal(options.qos, 0); // no part of a join
}

static void topics_that_were_not_joined_are_those_of_the_configuration(void **state)
{
    (void)state;
    write_file("broker = {\"127.0.0.1:2883\"}\nroot = \"lab\"\n");
    assert_int_equal(joined_read(&options, directory, why), 1);
    then_read("root = \"jetson\"\ndevice = \"arm\"\n");
    assert_string_equal(options.root, "lab");
    assert_string_equal(options.device, "arm");
}

static void the_command_line_goes_over_what_was_joined(void **state)
{
    char *argv[] = {"x", "-h", "line", "-u", "someone", "--device", "leg", NULL};
    (void)state;
    write_file("broker = {\"127.0.0.1:2883\"}\ndevice = \"arm\"\nlogin { user = \"device\" }\n");
    // In either order: the agent reads its command line once before and once after the files.
    for (unsigned before = 0; before < 2; before++) {
        broker_options_init(&options);
        if (before)
            assert_int_equal(argp_parse(&broker_options_argp, 7, argv, 0, NULL, &options), 0);
        assert_int_equal(joined_read(&options, directory, why), 1);
        if (!before)
            assert_int_equal(argp_parse(&broker_options_argp, 7, argv, 0, NULL, &options), 0);
        assert_int_equal(options.broker_count, 1);
        assert_string_equal(options.brokers[0].host, "line");
        assert_string_equal(options.user, "someone");
        assert_string_equal(options.device, "leg");
    }
}

static void where_nothing_was_joined_nothing_changes(void **state)
{
    (void)state;
    assert_int_equal(joined_read(&options, directory, why), 0);
    assert_int_equal(joined_read(&options, "", why), 0);
    assert_int_equal(joined_read(&options, "/dev/null", why), 0);
    assert_int_equal(options.broker_count, 0);
}

static void a_mistake_is_told_with_file_and_line(void **state)
{
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"broker = {\"a\"}\nsped = 1\n", ":2: unknown key sped; there is broker, "},
        {"broker = {\"a\"}\n\nlogin {\n", ":3: a { is not closed"},
        {"broker = {\"a:0\"}\n", ": broker: port"},
        {"root = \"#\"\n", ": root: "},
        {"root = ${HOME}\n", ":1: "},
        {"root \"a\"\n", ":1: "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file(cases[i].text);
        assert_int_equal(joined_read(&options, directory, why), -EINVAL);
        if (strncmp(why, path, strlen(path)) != 0 || !strstr(why, cases[i].part))
            fail_msg("%s: %s", cases[i].part, why);
    }
}

static void a_file_that_cannot_be_read_is_no_missing_file(void **state)
{
    (void)state;
    assert_int_equal(mkdir(path, 0755), 0);
    assert_int_equal(joined_read(&options, directory, why), -EISDIR);
    assert_non_null(strstr(why, path));
    rmdir(path);
    FILE *file = fopen(path, "w");
    fwrite("a\0b", 1, 3, file);
    fclose(file);
    assert_int_equal(joined_read(&options, directory, why), -EILSEQ);
    write_file("\xff\xfe");
    assert_int_equal(joined_read(&options, directory, why), -ENOTSUP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_directory_is_called_as_the_configuration),
        cmocka_unit_test_setup_teardown(what_was_joined_goes_over_the_configuration, make, unmake),
        cmocka_unit_test_setup_teardown(
            topics_that_were_not_joined_are_those_of_the_configuration, make, unmake),
        cmocka_unit_test_setup_teardown(the_command_line_goes_over_what_was_joined, make, unmake),
        cmocka_unit_test_setup_teardown(where_nothing_was_joined_nothing_changes, make, unmake),
        cmocka_unit_test_setup_teardown(a_mistake_is_told_with_file_and_line, make, unmake),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_is_no_missing_file, make, unmake),
    };

    return cmocka_run_group_tests_name("joined", tests, NULL, NULL);
}
