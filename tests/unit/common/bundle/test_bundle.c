// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/bundle/bundle.h"

#define PASSWORD "0123456789abcdef0123456789abcdef0123456789abcdef"
#define CA       "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUe+/=\nAA==\n-----END CERTIFICATE-----\n"
#define HEAD     "nano-agent join 1\n"
#define BROKER   "[broker]\naddress 192.168.55.100:8883\naddress [fd00::1]:8883\nroot lab/jetson\n"
#define REST                                                                                                 \
    "[login]\nuser device-arm\n[tls]\nname pc-tui-broker\n[password]\n" PASSWORD "\n[ca]\n" CA "[end]\n"
#define GOOD HEAD BROKER "device arm\n" REST

static const struct bundle_reader device = {.program = "nano-agent", .has_device = true};
static const struct bundle_reader operator= {.program = "pc-tui", .has_device = false};

static struct bundle bundle;
static unsigned line;
static char why[PROTOCOL_WHY_SIZE];

static int parse(const char *text)
{
    return bundle_parse(text, strlen(text), &device, &bundle, &line, why);
}

// The text with its first `from` replaced.
static const char *with(const char *from, const char *to)
{
    static char text[2 * BUNDLE_MAX];
    const char *at = strstr(GOOD, from);
    assert_non_null(at);
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - GOOD), GOOD, to, at + strlen(from));
    return text;
}

static void refused(const char *text, unsigned where, const char *part)
{
    assert_int_equal(parse(text), -EINVAL);
    if (line != where || !strstr(why, part))
        fail_msg("line %u: %s; not line %u: %s", line, why, where, part);
    assert_null(strstr(why, "0123456789abcdef"));
    // Nothing of it is left.
    assert_string_equal(bundle.password, "");
    assert_int_equal(bundle.address_count, 0);
}

static void a_bundle_says_what_it_is_made_of(void **state)
{
    (void)state;
    assert_int_equal(parse(GOOD), 0);
    assert_int_equal(bundle.address_count, 2);
    assert_string_equal(bundle.addresses[0], "192.168.55.100:8883");
    assert_string_equal(bundle.addresses[1], "[fd00::1]:8883");
    assert_string_equal(bundle.root, "lab/jetson");
    assert_string_equal(bundle.device, "arm");
    assert_string_equal(bundle.user, "device-arm");
    assert_string_equal(bundle.name, "pc-tui-broker");
    assert_string_equal(bundle.password, PASSWORD);
    assert_string_equal(bundle.ca, CA);
    assert_int_equal(bundle.ca_len, strlen(CA));
    assert_int_equal(parse(HEAD BROKER REST), 0);
    assert_string_equal(bundle.device, "");
}

static void an_operators_bundle_names_no_device(void **state)
{
    static const char text[] = "pc-tui join 1\n" BROKER REST;
    static const char named[] = "pc-tui join 1\n" BROKER "device arm\n" REST;
    (void)state;
    assert_int_equal(bundle_parse(text, strlen(text), &operator, & bundle, &line, why), 0);
    assert_int_equal(bundle_parse(named, strlen(named), &operator, & bundle, &line, why), -EINVAL);
    assert_non_null(strstr(why, "[login] is wanted"));
}

static void another_programs_file_or_version_is_named(void **state)
{
    (void)state;
    refused("pc-tui join 1\n" BROKER REST, 1, "this file is for another program: pc-tui join");
    refused("nano-agent join 2\n" BROKER REST, 1, "version 1 only");
    refused("-----BEGIN CERTIFICATE-----\n", 1, "a .join file begins with \"nano-agent join 1\"");
    refused(" join 1\n", 1, "begins with");
    refused("", 1, "the file ends here");
}

static void a_file_that_was_cut_off_says_so_wherever_it_was_cut(void **state)
{
    (void)state;
    for (size_t len = 0; len < strlen(GOOD); len++) {
        assert_int_equal(bundle_parse(GOOD, len, &device, &bundle, &line, why), -EINVAL);
        if (!strstr(why, "cut off") && !strstr(why, "is wanted"))
            fail_msg("%zu bytes: line %u: %s", len, line, why);
    }
}

static void a_wrong_line_is_named_with_what_would_be_right(void **state)
{
    static const struct {
        const char *from, *to;
        unsigned line;
        const char *part;
    } cases[] = {
        {"[broker]", "[brokers]", 2, "[broker] is wanted"},
        {"address 192.168.55.100:8883", "address 192.168.55.100", 3, "address HOST:PORT is wanted"},
        {"address 192.168.55.100:8883", "address :8883", 3, "address HOST:PORT"},
        {"address 192.168.55.100:8883", "address a/b:8883", 3, "address HOST:PORT"},
        {"address 192.168.55.100:8883", "address -h:8883", 3, "address HOST:PORT"},
        {"address 192.168.55.100:8883", "address host:0", 3, "address HOST:PORT"},
        {"address 192.168.55.100:8883", "address host:65536", 3, "address HOST:PORT"},
        {"address 192.168.55.100:8883", "address host:123456", 3, "address HOST:PORT"},
        {"address 192.168.55.100:8883", "address host:+1", 3, "address HOST:PORT"},
        {"address 192.168.55.100:8883", "adress host:1", 3, "address HOST:PORT"},
        {"[fd00::1]", "[fd00::1", 4, "[IPV6]:PORT"},
        {"[fd00::1]", "fd00::1", 4, "[IPV6]:PORT"},
        {"[fd00::1]", "[]", 4, "[IPV6]:PORT"},
        {"[fd00::1]", "[1234]", 4, "[IPV6]:PORT"},
        {"[fd00::1]", "[fd00::1%eth0]", 4, "[IPV6]:PORT"},
        {"root lab/jetson", "root lab//jetson", 5, "no empty level"},
        {"root lab/jetson", "root lab jetson", 5, "root TOPIC"},
        {"root lab/jetson", "root ", 5, "root TOPIC"},
        {"root lab/jetson", "root #", 5, "root TOPIC"},
        {"root lab/jetson", "top jetson", 5, "root TOPIC"},
        {"device arm", "device status", 6, "no device name"},
        {"device arm", "device a.b", 6, "device NAME"},
        {"device arm", "device arm\ndevice leg", 7, "[login] is wanted"},
        {"[login]", "[log]", 7, "[login] is wanted"},
        {"user device-arm", "user a b", 8, "user NAME"},
        {"user device-arm", "name device-arm", 8, "user NAME"},
        {"[tls]", "[login]", 9, "[tls] is wanted"},
        {"name pc-tui-broker", "name a_b", 10, "name NAME"},
        {"[password]", PASSWORD, 11, "\"(hidden)\"; [password] is wanted"},
        {PASSWORD, "0123", 12, "a password of 48"},
        {PASSWORD, PASSWORD "0", 12, "a password of 48"},
        {PASSWORD, "secret", 12, "a password of 48"},
        {"[ca]", "[CA]", 13, "[ca] is wanted"},
        {"-----BEGIN CERTIFICATE-----", "-----BEGIN PRIVATE KEY-----", 14,
            "-----BEGIN CERTIFICATE----- is wanted"},
        {"MIIBszCCAVmgAwIBAgIUe+/=", "MIIB szCC", 15, "a line of the certificate"},
        {"MIIBszCCAVmgAwIBAgIUe+/=\nAA==\n", "", 15, "a line of the certificate"},
        {"[end]\n", "[end]\n\n", 19, "something follows [end]"},
        {"[end]\n", "\n", 18, "[end] is wanted"},
        {"root lab/jetson", "root lab/jetson\r", 5, "CR LF"},
        {"root lab/jetson", "root l\303\244b", 5, "no printable ASCII"},
        {"root lab/jetson", "root\tlab", 5, "no printable ASCII"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        refused(with(cases[i].from, cases[i].to), cases[i].line, cases[i].part);
}

static void lengths_have_their_limits(void **state)
{
    char text[BUNDLE_LINE_MAX + 64], long_text[BUNDLE_MAX + 2];
    (void)state;
    snprintf(text, sizeof text, "root %0*d", BUNDLE_ROOT_MAX, 1);
    assert_int_equal(parse(with("root lab/jetson", text)), 0);
    snprintf(text, sizeof text, "root %0*d", BUNDLE_ROOT_MAX + 1, 1);
    refused(with("root lab/jetson", text), 5, "1 to 100");
    snprintf(text, sizeof text, "user %0*d", BUNDLE_USER_MAX, 1);
    assert_int_equal(parse(with("user device-arm", text)), 0);
    snprintf(text, sizeof text, "user %0*d", BUNDLE_USER_MAX + 1, 1);
    refused(with("user device-arm", text), 8, "1 to 73");
    snprintf(text, sizeof text, "device %0*d", PROTOCOL_DEVICE_MAX + 1, 1);
    refused(with("device arm", text), 6, "1 to 64");
    snprintf(text, sizeof text, "address %0*d:8883", BUNDLE_LINE_MAX, 1);
    refused(with("address 192.168.55.100:8883", text), 3, "at most 255");
    snprintf(text, sizeof text, "%0*d", 65, 1);
    refused(with("AA==", text), 16, "a line of the certificate");
    // Eight addresses are taken, and no ninth.
    refused(
        with("[broker]\n",
            "[broker]\naddress a:1\naddress a:2\naddress a:3\naddress a:4\naddress a:5\naddress a:6\naddress a:7\n"),
        11, "more than 8");
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = '\0';
    refused(long_text, 1, "more than 8192 bytes");
}

static void a_directory_can_be_named_in_a_configuration(void **state)
{
    static const char *const wrong[] = {
        "", "relative", "/a\"b", "/a'b", "/a\\b", "/a$b", "/a\nb", "/a\177b", "/\xff"};
    char text[BUNDLE_DIRECTORY_MAX + 2];
    (void)state;
    assert_int_equal(bundle_check_directory("/etc/nano-agent", why), 0);
    assert_int_equal(bundle_check_directory("/home/j\xc3\xbcrgen k/.config/pc-tui", why), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(bundle_check_directory(wrong[i], why), -EINVAL);
        assert_non_null(strstr(why, "whole path"));
    }
    memset(text, '/', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(bundle_check_directory(text, why), -EINVAL);
    text[sizeof text - 2] = '\0';
    assert_int_equal(bundle_check_directory(text, why), 0);
}

static void the_configuration_has_every_value(void **state)
{
    static const struct bundle_places places = {"/etc/x", "password", "ca.crt"};
    char text[BUNDLE_CONFIG_SIZE];
    (void)state;
    assert_int_equal(parse(GOOD), 0);
    bundle_config(&bundle, &places, "# mark", &device, text);
    assert_string_equal(text,
        "# mark\nbroker = {\"mqtts://192.168.55.100:8883\", \"mqtts://[fd00::1]:8883\"}\n"
        "root = \"lab/jetson\"\ndevice = \"arm\"\n"
        "login {\n  user = \"device-arm\"\n  password_file = \"/etc/x/password\"\n}\n"
        "tls {\n  cafile = \"/etc/x/ca.crt\"\n  name = \"pc-tui-broker\"\n}\n");
    bundle_config(&bundle, &places, "# mark", &operator, text);
    assert_null(strstr(text, "device ="));
    // The device without a name is named so: the other configuration may have a name.
    assert_int_equal(parse(HEAD BROKER REST), 0);
    bundle_config(&bundle, &places, "# mark", &device, text);
    assert_non_null(strstr(text, "device = \"\"\n"));
}

static void the_longest_bundle_fits_into_its_configuration(void **state)
{
    static char text[BUNDLE_MAX + 1], config[BUNDLE_CONFIG_SIZE], directory[BUNDLE_DIRECTORY_MAX + 1];
    struct bundle_places places = {directory, "password", "ca.crt"};
    size_t used;
    (void)state;
    memset(directory, '/', sizeof directory - 1);
    used = (size_t)snprintf(text, sizeof text, HEAD "[broker]\n");
    for (unsigned i = 0; i < BUNDLE_BROKERS_MAX; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "address %0*u:65535\n", 241, i);
    snprintf(text + used, sizeof text - used, "root %0*d\ndevice %0*d\n" REST, BUNDLE_ROOT_MAX, 1,
        PROTOCOL_DEVICE_MAX, 1);
    assert_int_equal(parse(text), 0);
    bundle_config(&bundle, &places, "# mark", &device, config);
    assert_string_equal(config + strlen(config) - 2, "}\n");
    assert_non_null(strstr(config, "name = \"pc-tui-broker\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bundle_says_what_it_is_made_of),
        cmocka_unit_test(an_operators_bundle_names_no_device),
        cmocka_unit_test(another_programs_file_or_version_is_named),
        cmocka_unit_test(a_file_that_was_cut_off_says_so_wherever_it_was_cut),
        cmocka_unit_test(a_wrong_line_is_named_with_what_would_be_right),
        cmocka_unit_test(lengths_have_their_limits),
        cmocka_unit_test(a_directory_can_be_named_in_a_configuration),
        cmocka_unit_test(the_configuration_has_every_value),
        cmocka_unit_test(the_longest_bundle_fits_into_its_configuration),
    };

    return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
