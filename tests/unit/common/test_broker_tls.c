// SPDX-License-Identifier: MIT
// TLS, schemes and unix sockets in the options of a broker.
#include <stdio.h>

#include "tests/unit/common/broker_options_rig.h"

static void every_tls_option_arrives_in_the_link(void **state)
{
    struct broker_options options;
    struct link_options link;

    (void)state;
    assert_int_equal(parse(&options, ARGS("-h", "a", "--cafile", "/ca", "--capath", "/ca.d", "--cert", "/c",
                                         "--key", "/k", "--insecure", "--tls-version", "tlsv1.3")),
        0);
    broker_options_to_link(&options, "localhost", &link);
    assert_int_equal(link.brokers[0].transport, LINK_TLS);
    assert_int_equal(link.brokers[0].port, 8883);
    assert_string_equal(link.tls.cafile, "/ca");
    assert_string_equal(link.tls.capath, "/ca.d");
    assert_string_equal(link.tls.cert, "/c");
    assert_string_equal(link.tls.key, "/k");
    assert_true(link.tls.insecure);
    assert_int_equal(link.tls.version, 13);
    assert_int_equal(parse(&options, ARGS("--tls-version", "tlsv1.1")), EINVAL);
    assert_int_equal(parse(&options, ARGS("--cafile", "")), EINVAL);
}

static void the_scheme_settles_the_transport_and_the_port(void **state)
{
    static const struct {
        const char *text;
        enum link_transport plainly, with_tls; // without and with an option of TLS
        int port, tls_port;
    } cases[] = {
        {"a", LINK_TCP, LINK_TLS, 1883, 8883},
        {"a:99", LINK_TCP, LINK_TLS, 99, 99},
        {"mqtt://a", LINK_TCP, LINK_TCP, 1883, 1883},
        {"mqtts://a", LINK_TLS, LINK_TLS, 8883, 8883},
        {"MQTTS://[::1]:99", LINK_TLS, LINK_TLS, 99, 99},
        {"unix:/run/m.sock", LINK_UNIX, LINK_UNIX, 0, 0},
    };
    struct broker_options options;
    struct link_options link;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(parse(&options, ARGS("-h", (char *)(uintptr_t)cases[i].text)), 0);
        broker_options_to_link(&options, "localhost", &link);
        assert_int_equal(link.brokers[0].transport, cases[i].plainly);
        assert_int_equal(link.brokers[0].port, cases[i].port);
        assert_int_equal(parse(&options, ARGS("--insecure", "-h", (char *)(uintptr_t)cases[i].text)), 0);
        broker_options_to_link(&options, "localhost", &link);
        assert_int_equal(link.brokers[0].transport, cases[i].with_tls);
        assert_int_equal(link.brokers[0].port, cases[i].tls_port);
    }
    assert_int_equal(parse(&options, ARGS("--unix", "/run/m.sock")), 0);
    broker_options_to_link(&options, "localhost", &link);
    assert_int_equal(link.brokers[0].transport, LINK_UNIX);
    assert_string_equal(link.brokers[0].host, "/run/m.sock");
    assert_int_equal(parse(&options, ARGS("--unix", "relative")), EINVAL);
    assert_int_equal(parse(&options, ARGS("--insecure")), 0);
    broker_options_to_link(&options, "192.168.55.100", &link);
    assert_int_equal(link.brokers[0].transport, LINK_TLS);
    assert_int_equal(link.brokers[0].port, 8883);
}

// Whoever blocks the port for TLS would otherwise get the login in clear.
static void with_a_login_or_tls_a_plain_broker_elsewhere_is_a_mistake(void **state)
{
    static const struct {
        const char *text, *why; // NULL = allowed
    } cases[] = {
        {"broker = \"10.0.0.5\"", NULL},
        {"broker = \"10.0.0.5\"\nlogin { user = \"me\" }",
            "broker: 10.0.0.5: the login would go there without TLS"},
        {"broker = \"10.0.0.5:1883\"\nlogin { user = \"me\" }", "write mqtts://10.0.0.5"},
        {"broker = \"10.0.0.5\"\nlogin { user = \"me\" }\ntls { }", NULL},
        {"broker = {\"127.0.0.9\", \"localhost\", \"[::1]\", \"unix:/s\"}\nlogin { user = \"me\" }", NULL},
        {"broker = {\"mqtts://[fd00::1]\", \"mqtt://[fd00::2]:1883\"}\nlogin { user = \"me\" }",
            "broker: mqtt://[fd00::2]:1883: the login would go there without TLS, for everybody to read; write mqtts://[fd00::2]"},
        {"broker = {\"mqtts://a\", \"b\"}", "broker: b: is without TLS, in a list with TLS; write mqtts://b"},
        {"broker = {\"a\", \"mqtt://b\"}\ntls { }", "broker: mqtt://b: is without TLS"},
    };
    struct broker_options options;
    char why[PROTOCOL_WHY_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        broker_options_init(&options);
        assert_int_equal(from_cfg(&options, cases[i].text, why), cases[i].why ? -EINVAL : 0);
        if (cases[i].why) {
            assert_why(why, cases[i].why);
            assert_string_equal(wrong_key, "broker");
        }
    }
    assert_int_equal(parse(&options, ARGS("-u", "me", "-h", "10.0.0.5")), 0);
    assert_int_equal(broker_options_check(&options, "localhost", why), -EINVAL);
    assert_why(why, "write mqtts://10.0.0.5");
    assert_int_equal(parse(&options, ARGS("-u", "me")), 0);
    assert_int_equal(broker_options_check(&options, "localhost", why), 0);
    assert_int_equal(broker_options_check(&options, "192.168.55.100", why), -EINVAL);
    assert_int_equal(parse(&options, ARGS("-u", "me", "--insecure")), 0);
    assert_int_equal(broker_options_check(&options, "192.168.55.100", why), 0);
}

static void the_section_tls_of_a_file_sets_the_same_things(void **state)
{
    struct broker_options options;
    char why[PROTOCOL_WHY_SIZE];

    (void)state;
    broker_options_init(&options);
    assert_int_equal(from_cfg(&options,
                         "tls { cafile = \"/ca\" capath = \"/d\" cert = \"/c\" key = \"/k\" name = \"n\" "
                         "insecure = false version = \"tlsv1.3\" }",
                         why),
        0);
    assert_true(options.tls.wanted);
    assert_string_equal(options.tls.options.cafile, "/ca");
    assert_string_equal(options.tls.options.capath, "/d");
    assert_string_equal(options.tls.options.cert, "/c");
    assert_string_equal(options.tls.options.key, "/k");
    assert_string_equal(options.tls.options.name, "n");
    assert_false(options.tls.options.insecure);
    assert_int_equal(options.tls.options.version, 13);
    broker_options_init(&options);
    assert_int_equal(from_cfg(&options, "tls { }", why), 0);
    assert_true(options.tls.wanted); // the system's authorities
    broker_options_init(&options);
    assert_int_equal(from_cfg(&options, "qos = 1", why), 0);
    assert_false(options.tls.wanted);
}

static void a_bad_value_of_tls_names_its_key(void **state)
{
    static const struct wrong_text cases[] = {
        {"tls { version = \"tlsv1.1\" }", "tls: version: tlsv1.2 or tlsv1.3", "tls|version"},
        {"tls { insecure = maybe }", "tls: insecure: true or false", "tls|insecure"},
        {"tls { cafile = \"\" }", "tls: cafile: empty", "tls|cafile"},
        {"tls { cert = \"/c\" }", "tls: cert without key", "tls|cert"},
        {"tls { key = \"/k\" }", "tls: key without cert", "tls|key"},
        {"tls { name = \"n\" insecure = true }", "keep one of the two", "tls|insecure"},
    };

    (void)state;
    assert_refused(cases, ARRAY_LENGTH(cases));
}

static void the_command_line_wins_over_the_section_tls_key_by_key(void **state)
{
    struct broker_options options;
    char why[PROTOCOL_WHY_SIZE];

    (void)state;
    for (int file_first = 0; file_first < 2; file_first++) {
        char *const *args = ARGS("--cafile", "/line");
        broker_options_init(&options);
        if (file_first)
            assert_int_equal(from_cfg(&options, "tls { cafile = \"/file\" name = \"n\" }", why), 0);
        assert_int_equal(parse_into(&options, args), 0);
        if (!file_first)
            assert_int_equal(from_cfg(&options, "tls { cafile = \"/file\" name = \"n\" }", why), 0);
        assert_string_equal(options.tls.options.cafile, "/line");
        assert_string_equal(options.tls.options.name, "n");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_tls_option_arrives_in_the_link),
        cmocka_unit_test(the_scheme_settles_the_transport_and_the_port),
        cmocka_unit_test(with_a_login_or_tls_a_plain_broker_elsewhere_is_a_mistake),
        cmocka_unit_test(the_section_tls_of_a_file_sets_the_same_things),
        cmocka_unit_test(a_bad_value_of_tls_names_its_key),
        cmocka_unit_test(the_command_line_wins_over_the_section_tls_key_by_key),
    };

    return cmocka_run_group_tests_name("broker_tls", tests, NULL, NULL);
}
