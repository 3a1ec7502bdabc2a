// SPDX-License-Identifier: MIT
// How to reach the broker, from a file whose rest is wrong.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/config/config_broker.h"

static struct broker_options options;

static int read_part(const char *text)
{
    broker_options_init(&options);
    return config_broker_part(text, &options);
}

static void it_is_found_before_and_behind_a_mistake(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "broker = {\"pc:1884\", \"10.42.0.1\"} root = \"lab\" device = arm # one line\nservo tilt { sped = 5 }\n",
        "servo tilt { sped = 5\nswitch led gpio = }}}\nbroker = {pc:1884,\n  \"10.42.0.1\"}\nroot = lab\ndevice = \"arm\"\n",
        "\xef\xbb\xbf"
        "root = lab /* root = \"no\" */ // device = no\nreport = \"not closed\nbroker = {\"pc:1884\", '10.42.0.1'}\n"
        "pose x { a = \"broker = no\" }\ndevice = arm",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(read_part(texts[i]), 0);
        assert_int_equal(options.broker_count, 2);
        assert_string_equal(options.brokers[0].host, "pc");
        assert_int_equal(options.brokers[0].port, 1884);
        assert_string_equal(options.brokers[1].host, "10.42.0.1");
        assert_string_equal(options.root, "lab");
        assert_string_equal(options.device, "arm");
    }
}

static void the_login_is_part_of_it(void **state)
{
    (void)state;
    assert_int_equal(
        read_part("sped = 1\nlogin { user = \"DOM\\\\nano\" }\nqos = 0 keepalive = 30 version = mqttv311\n"),
        0);
    assert_string_equal(options.user, "DOM\\nano");
    assert_int_equal(options.qos, 0);
    assert_int_equal(options.keepalive_s, 30);
    assert_int_equal(options.version, 4);
}

static void without_any_of_it_the_defaults_hold(void **state)
{
    (void)state;
    assert_int_equal(read_part("brokr = \"pc\"\nservo broker { pwm = \"pin 33\" }\nx = root\n"), 0);
    assert_int_equal(options.broker_count, 0);
    assert_string_equal(options.root, "jetson");
    assert_int_equal(read_part(""), 0);
}

static void a_mistake_in_it_makes_all_of_it_unusable(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "root = \"a/#\"\n",
        "device = \"nano 1\"\n",
        "broker = {\"pc\"\nservo tilt { pwm = \"pin 33\" }\n",
        "login { user = nano\n",
        "login { user = nano pasword_file = \"/etc/p\" }\n",
        "root = a\nroot = b\n",
        "root += a\n",
        "broker = \"pc:99999\"\n",
        "root = \"a\nb\"\n",
        "root =",
        "login { user = nano password_file = \"/no/such/file\" }\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (read_part(texts[i]) == 0)
            fail_msg("taken: %s", texts[i]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_found_before_and_behind_a_mistake),
        cmocka_unit_test(the_login_is_part_of_it),
        cmocka_unit_test(without_any_of_it_the_defaults_hold),
        cmocka_unit_test(a_mistake_in_it_makes_all_of_it_unusable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
