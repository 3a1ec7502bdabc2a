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

#include "tests/unit/common/broker_options_rig.h"

static void the_defaults_are_as_documented(void **state)
{
    struct broker_options options;
    struct link_options link;

    (void)state;
    broker_options_init(&options);
    assert_int_equal(options.broker_count, 0);
    assert_int_equal(options.default_port, 0);
    assert_int_equal(options.keepalive_s, 10);
    assert_int_equal(options.qos, 1);
    assert_int_equal(options.version, 5);
    assert_string_equal(options.root, "jetson");
    assert_string_equal(options.device, "");
    broker_options_to_link(&options, "localhost", &link);
    assert_int_equal(link.broker_count, 1);
    assert_string_equal(link.brokers[0].host, "localhost");
    assert_int_equal(link.brokers[0].port, 1883);
    assert_int_equal(link.keepalive_s, 10);
    assert_int_equal(link.version, 5);
    assert_int_equal(link.topic_count, 0);
    assert_null(link.will_topic);
}

static void every_option_arrives_in_the_link(void **state)
{
    struct broker_options options;
    struct link_options link;

    (void)state;
    assert_int_equal(parse(&options, ARGS("-h", "nano", "-p", "1884", "-u", "me", "-P", "secret", "-i", "id7",
                                         "-k", "20", "-q", "2", "-Vmqttv311")),
        0);
    broker_options_to_link(&options, "localhost", &link);
    assert_int_equal(link.broker_count, 1);
    assert_string_equal(link.brokers[0].host, "nano");
    assert_int_equal(link.brokers[0].port, 1884);
    assert_string_equal(link.user, "me");
    assert_string_equal(link.password, "secret");
    assert_string_equal(link.client_id, "id7");
    assert_int_equal(link.keepalive_s, 20);
    assert_int_equal(link.version, 4);
    assert_int_equal(options.qos, 2);
    assert_true(options.password_on_command_line);
    assert_false(options.user_without_password);
    assert_int_equal(parse(&options, ARGS("--root", "lab2/jetson", "--device", "nano-roof")), 0);
    assert_string_equal(options.root, "lab2/jetson");
    assert_string_equal(options.device, "nano-roof");
}

static void hosts_are_a_list_in_order_and_the_port_is_a_default(void **state)
{
    struct broker_options options;
    struct link_options link;

    (void)state;
    assert_int_equal(
        parse(&options, ARGS("-h", "a:1,b", "-p", "1999", "-h", "[::1]:2,[fe80::1%eth0],::2,10.0.0.1")), 0);
    broker_options_to_link(&options, "localhost", &link);
    static const struct {
        const char *host;
        int port;
    } expected[] = {
        {"a", 1}, {"b", 1999}, {"::1", 2}, {"fe80::1%eth0", 1999}, {"::2", 1999}, {"10.0.0.1", 1999}};
    assert_int_equal(link.broker_count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_string_equal(link.brokers[i].host, expected[i].host);
        assert_int_equal(link.brokers[i].port, expected[i].port);
    }
}

static void a_bad_host_is_refused_whole_and_says_what_would_be_right(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "HOST:PORT"},
        {"good,,other", "empty host"},
        {"good,", "empty host"},
        {":1883", "has no host"},
        {"host:", "from 1 to 65535"},
        {"host:0", "from 1 to 65535"},
        {"host:65536", "from 1 to 65535"},
        {"host:+1", "from 1 to 65535"},
        {"host: 1", "HOST:PORT"},
        {"host:18x", "\"18x\""},
        {"host:99999999999999999999", "from 1 to 65535"},
        {"http://host", "is no host"},
        {"two words", "is no host"},
        {"h\xc3\xa4", "is no host"},
        {"[::1", "[IPV6]:PORT"},
        {"[]:1", "[IPV6]:PORT"},
        {"[::1]1883", "[IPV6]:PORT"},
        {"fe[80]::1", "brackets stand around an IPv6 address alone"},
        {"h\xac", "\"h\xef\xbf\xbd\" is no host"},
        {"1,2,3,4,5,6,7,8,9", "at most 8"},
    };
    char why[PROTOCOL_WHY_SIZE];
    struct broker_options options;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        broker_options_init(&options);
        assert_int_equal(broker_options_add_hosts(&options, "kept", why), 0);
        assert_int_equal(broker_options_add_hosts(&options, cases[i].text, why), -EINVAL);
        assert_why(why, cases[i].why);
        assert_int_equal(options.broker_count, 1);
    }
    char longest[LINK_HOST_MAX + 2];
    memset(longest, 'h', sizeof longest - 1);
    longest[LINK_HOST_MAX + 1] = '\0';
    assert_int_equal(broker_options_add_hosts(&options, longest, why), -EINVAL);
    longest[LINK_HOST_MAX] = '\0';
    assert_int_equal(broker_options_add_hosts(&options, longest, why), 0);
}

static void a_bad_value_is_a_usage_error(void **state)
{
    static char long_user[200];
    struct broker_options options;

    (void)state;
    memset(long_user, 'u', sizeof long_user - 1);
    assert_int_equal(parse(&options, ARGS("-p", "0")), EINVAL);
    assert_int_equal(parse(&options, ARGS("-p", "65536")), EINVAL);
    assert_int_equal(parse(&options, ARGS("-p", "-1")), EINVAL);
    assert_int_equal(parse(&options, ARGS("-k", "4")), EINVAL);
    assert_int_equal(parse(&options, ARGS("-k", "65536")), EINVAL);
    assert_int_equal(parse(&options, ARGS("-k", "5")), 0);
    assert_int_equal(parse(&options, ARGS("-q", "3")), EINVAL);
    assert_int_equal(parse(&options, ARGS("-q", "one")), EINVAL);
    assert_int_equal(parse(&options, ARGS("-V", "mqttv31")), EINVAL);
    assert_int_equal(parse(&options, ARGS("-V", "5")), 0);
    assert_int_equal(parse(&options, ARGS("-V", "311")), 0);
    assert_int_equal(options.version, 4);
    assert_int_equal(parse(&options, ARGS("--root", "jetson/#")), EINVAL);
    assert_int_equal(parse(&options, ARGS("--device", "control")), EINVAL);
    assert_int_equal(parse(&options, ARGS("-u", long_user)), EINVAL);
    assert_int_equal(parse(&options, ARGS("--password-file", "/nonexistent/file")), EINVAL);
    assert_int_equal(parse(&options, ARGS("--password-file", "")), EINVAL);
    // A library would take them for a lack of memory, or a broker close each connection.
    static const char *const no_text[] = {
        "\xff", "a\nb", "a\x1b[31m", "\xc2\x85", "\xef\xbf\xbf", "\xef\xb7\x90"};
    for (size_t i = 0; i < ARRAY_LENGTH(no_text); i++) {
        char *text = (char *)(uintptr_t)no_text[i];
        assert_int_equal(parse(&options, ARGS("-i", text)), EINVAL);
        assert_int_equal(parse(&options, ARGS("-u", text)), EINVAL);
        assert_int_equal(parse(&options, ARGS("--root", text)), EINVAL);
    }
    assert_int_equal(parse(&options, ARGS("-i", "보드-1", "-u", "민 수")), 0);
    assert_true(parse(&options, ARGS("--no-such-option")) != 0);
}

static void the_error_is_one_line_that_names_option_value_and_what_would_be_right(void **state)
{
    struct broker_options options;
    char text[512] = "",
         *argv[] = {(char *)(uintptr_t) "test", (char *)(uintptr_t) "-k", (char *)(uintptr_t) "abc", NULL};
    int ends[2];

    (void)state;
    assert_int_equal(pipe(ends), 0);
    fflush(stderr);
    const int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    broker_options_init(&options);
    const error_t rc = argp_parse(&broker_options_argp, 3, argv, ARGP_NO_EXIT, NULL, &options);
    fflush(stderr);
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    assert_int_equal(rc, EINVAL);
    assert_true(read(ends[0], text, sizeof text - 1) > 0);
    close(ends[0]);
    char *end = strchr(text, '\n');
    assert_non_null(end);
    *end = '\0';
    assert_why(text, "-k: ");
    assert_why(text, "from 5 to 65535");
    assert_why(text, "\"abc\"");
}

static void a_user_alone_is_the_callers_question(void **state)
{
    struct broker_options options;

    (void)state;
    assert_int_equal(parse(&options, ARGS("-u", "me")), 0);
    assert_true(options.user_without_password);
    assert_int_equal(parse(&options, ARGS("-u", "me", "-P", "x")), 0);
    assert_false(options.user_without_password);
    broker_options_init(&options);
    assert_false(options.user_without_password);
}

static char *write_file(char path[32], const char *text, size_t len)
{
    snprintf(path, 32, "/tmp/test_options.XXXXXX");
    const int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    close(fd);
    return path;
}

static char warning[PROTOCOL_WHY_SIZE]; // of the password file read last

static int read_password(const char *text, char out[128], char why[PROTOCOL_WHY_SIZE])
{
    char path[32];

    const int rc = broker_options_read_password(write_file(path, text, strlen(text)), out, warning, why);
    unlink(path);
    return rc;
}

static void a_password_file_is_its_first_line(void **state)
{
    char out[128], why[PROTOCOL_WHY_SIZE], text[160];

    (void)state;
    assert_int_equal(read_password("geheim\nsecond\n", out, why), 0);
    assert_string_equal(out, "geheim");
    assert_int_equal(read_password("with blank \r\n", out, why), 0);
    assert_string_equal(out, "with blank ");
    assert_int_equal(read_password("no end", out, why), 0);
    assert_string_equal(out, "no end");
    assert_int_equal(read_password("", out, why), -EINVAL);
    assert_why(why, "empty");
    assert_int_equal(read_password("\nsecond\n", out, why), -EINVAL);
    memset(text, 'p', 128);
    text[128] = '\0';
    assert_int_equal(read_password(text, out, why), -EINVAL);
    assert_why(why, "1 to 127");
    text[127] = '\0';
    assert_int_equal(read_password(text, out, why), 0);
    assert_int_equal(broker_options_read_password("/nonexistent/pw", out, warning, why), -ENOENT);
    assert_why(why, "/nonexistent/pw: No such file");
    assert_true(broker_options_read_password("/", out, warning, why) < 0);
}

static void a_byte_order_mark_is_no_part_of_the_password(void **state)
{
    char out[128], why[PROTOCOL_WHY_SIZE];

    (void)state;
    assert_int_equal(read_password("\xef\xbb\xbfgeheim\r\n", out, why), 0);
    assert_string_equal(out, "geheim");
    assert_int_equal(read_password("\xef\xbb\xbf\n", out, why), -EINVAL);
    assert_int_equal(read_password("\xff\xfeg", out, why), -EINVAL);
    assert_why(why, "UTF-16; save it as UTF-8");
}

static void a_password_file_that_everybody_can_read_is_told(void **state)
{
    char out[128], why[PROTOCOL_WHY_SIZE], path[32];

    (void)state;
    write_file(path, "geheim\n", 7);
    assert_int_equal(broker_options_read_password(path, out, warning, why), 0);
    assert_string_equal(warning, "");
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(broker_options_read_password(path, out, warning, why), 0);
    assert_why(warning, "every user of this machine can read it; chmod o-r hides it");
    assert_why(warning, path);
    assert_null(strstr(warning, "geheim"));
    unlink(path);
}

static void a_password_needs_a_user(void **state)
{
    struct broker_options options;
    char why[PROTOCOL_WHY_SIZE];

    (void)state;
    assert_int_equal(parse(&options, ARGS("-P", "geheim")), 0); // the user may come from a file
    assert_int_equal(broker_options_check(&options, "localhost", why), -EINVAL);
    assert_why(why, "-u NAME");
    assert_int_equal(parse(&options, ARGS("-P", "geheim", "-u", "me")), 0);
    assert_int_equal(broker_options_check(&options, "localhost", why), 0);
}

static void a_password_file_is_no_password_on_the_command_line(void **state)
{
    struct broker_options options;
    char path[32];

    (void)state;
    write_file(path, "geheim\n", 7);
    assert_int_equal(parse(&options, ARGS("-u", "me", "--password-file", path)), 0);
    assert_string_equal(options.password, "geheim");
    assert_false(options.password_on_command_line);
    unlink(path);
}

static void a_file_sets_the_same_things(void **state)
{
    struct broker_options options;
    char why[PROTOCOL_WHY_SIZE], path[32], text[512];

    (void)state;
    write_file(path, "geheim\n", 7);
    snprintf(text, sizeof text,
        "broker = {\"mqtts://192.168.55.100:1883\", \"[::1]\"}\nroot = \"lab\"\ndevice = \"nano\"\nqos = 0\n"
        "keepalive = 30\nversion = \"mqttv311\"\nlogin { user = \"me\" password_file = \"%s\" }\n",
        path);
    broker_options_init(&options);
    assert_int_equal(from_cfg(&options, text, why), 0);
    unlink(path);
    assert_int_equal(options.broker_count, 2);
    assert_string_equal(options.brokers[0].host, "192.168.55.100");
    assert_string_equal(options.brokers[1].host, "::1");
    assert_string_equal(options.root, "lab");
    assert_string_equal(options.device, "nano");
    assert_int_equal(options.qos, 0);
    assert_int_equal(options.keepalive_s, 30);
    assert_int_equal(options.version, 4);
    assert_string_equal(options.user, "me");
    assert_string_equal(options.password, "geheim");
    assert_false(options.user_without_password);
}

static void an_empty_file_changes_nothing(void **state)
{
    struct broker_options options, defaults;
    char why[PROTOCOL_WHY_SIZE];

    (void)state;
    broker_options_init(&options);
    broker_options_init(&defaults);
    assert_int_equal(from_cfg(&options, "", why), 0);
    assert_memory_equal(&options, &defaults, sizeof options);
}

static void a_bad_value_in_a_file_names_its_key(void **state)
{
    static const struct wrong_text cases[] = {
        {"broker = {\"host:0\"}", "broker: port", "broker"},
        {"root = \"a b\"", "root: ", "root"},
        {"device = \"status\"", "device: ", "device"},
        {"qos = 3", "qos: a number from 0 to 2, not 3", "qos"},
        {"keepalive = 4", "keepalive: a number from 5 to 65535, not 4", "keepalive"},
        {"version = \"4\"", "version: mqttv5 or mqttv311", "version"},
        {"login { password_file = \"/x\" }", "login: password_file without user", "login|password_file"},
        {"login { user = \"me\" password_file = \"/nonexistent/pw\" }",
            "login: /nonexistent/pw: No such file", "login|password_file"},
    };

    (void)state;
    assert_refused(cases, ARRAY_LENGTH(cases));
}

// A program reads the command line first (to find -c), or the file first: both end the same.
static void the_command_line_wins_in_either_order(void **state)
{
    static const char file[] =
        "broker = {\"file\"}\nroot = \"file\"\nqos = 0\nkeepalive = 60\nversion = \"5\"\n"
        "device = \"file\"\nlogin { user = \"file\" password_file = \"/nonexistent\" }\n";
    static const char harmless[] = "broker = {\"localhost\"}\nroot = \"file\"\nqos = 0\nkeepalive = 60\n"
                                   "version = \"5\"\ndevice = \"file\"\nlogin { user = \"file\" }\n";
    struct broker_options options;
    char why[PROTOCOL_WHY_SIZE];

    (void)state;
    for (int file_first = 0; file_first < 2; file_first++) {
        char *const *args = ARGS("-h", "line1", "-h", "line2", "--root", "line", "-q", "2", "-k", "7", "-V",
            "311", "--device", "line", "-u", "line");
        broker_options_init(&options);
        if (file_first)
            assert_int_equal(from_cfg(&options, harmless, why), 0);
        assert_int_equal(parse_into(&options, args), 0);
        if (!file_first)
            assert_int_equal(from_cfg(&options, file, why), 0);
        assert_int_equal(options.broker_count, 2);
        assert_string_equal(options.brokers[0].host, "line1");
        assert_string_equal(options.root, "line");
        assert_string_equal(options.device, "line");
        assert_string_equal(options.user, "line");
        assert_int_equal(options.qos, 2);
        assert_int_equal(options.keepalive_s, 7);
        assert_int_equal(options.version, 4);
        assert_true(options.user_without_password);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_are_as_documented),
        cmocka_unit_test(every_option_arrives_in_the_link),
        cmocka_unit_test(hosts_are_a_list_in_order_and_the_port_is_a_default),
        cmocka_unit_test(a_bad_host_is_refused_whole_and_says_what_would_be_right),
        cmocka_unit_test(a_bad_value_is_a_usage_error),
        cmocka_unit_test(the_error_is_one_line_that_names_option_value_and_what_would_be_right),
        cmocka_unit_test(a_user_alone_is_the_callers_question),
        cmocka_unit_test(a_password_file_is_its_first_line),
        cmocka_unit_test(a_byte_order_mark_is_no_part_of_the_password),
        cmocka_unit_test(a_password_file_that_everybody_can_read_is_told),
        cmocka_unit_test(a_password_needs_a_user),
        cmocka_unit_test(a_password_file_is_no_password_on_the_command_line),
        cmocka_unit_test(a_file_sets_the_same_things),
        cmocka_unit_test(an_empty_file_changes_nothing),
        cmocka_unit_test(a_bad_value_in_a_file_names_its_key),
        cmocka_unit_test(the_command_line_wins_in_either_order),
    };

    return cmocka_run_group_tests_name("broker_options", tests, NULL, NULL);
}
