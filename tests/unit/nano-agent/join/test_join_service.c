// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/join/join_service.h"

static char text[JOIN_SERVICE_TEXT_SIZE];

static bool confine(const char *first, const char *second)
{
    struct bundle bundle = {.address_count = second ? 2 : 1};
    snprintf(bundle.addresses[0], sizeof bundle.addresses[0], "%s", first);
    snprintf(bundle.addresses[1], sizeof bundle.addresses[1], "%s", second ? second : "");
    return join_service_confine(&bundle, text);
}

static void the_service_may_reach_its_brokers_only(void **state)
{
    (void)state;
    assert_true(confine("192.168.55.100:8883", "[fd00::1]:8883"));
    const char *section = strstr(text, "[Service]\n");
    assert_non_null(section);
    assert_string_equal(
        section, "[Service]\nIPAddressDeny=any\nIPAddressAllow=192.168.55.100\nIPAddressAllow=fd00::1\n");
}

static void a_broker_by_name_leaves_the_network_open(void **state)
{
    static const char *const names[] = {
        "pc.local:8883", "gateway:8883", "broker.example.org:1", "1.2.3:1", "1.2.3.4.5:1"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        assert_false(confine("192.168.55.100:8883", names[i]));
        assert_string_equal(text, "");
    }
}

static void the_longest_list_fits(void **state)
{
    struct bundle bundle = {.address_count = BUNDLE_BROKERS_MAX};
    (void)state;
    for (size_t i = 0; i < BUNDLE_BROKERS_MAX; i++)
        snprintf(bundle.addresses[i], sizeof bundle.addresses[i],
            "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.25%zu]:8883", i % 6);
    assert_true(join_service_confine(&bundle, text));
    assert_true(strlen(text) + 1 < sizeof text && text[strlen(text) - 1] == '\n');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_service_may_reach_its_brokers_only),
        cmocka_unit_test(a_broker_by_name_leaves_the_network_open),
        cmocka_unit_test(the_longest_list_fits),
    };

    return cmocka_run_group_tests_name("join_service", tests, NULL, NULL);
}
