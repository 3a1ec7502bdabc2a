// SPDX-License-Identifier: MIT
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/mqtt/link_reason.h"

static char out[LINK_REASON_SIZE];

static void a_place_is_host_and_port_and_ipv6_has_brackets(void **state)
{
    char place[LINK_PLACE_SIZE];

    (void)state;
    assert_string_equal(link_reason_place(place, "broker.lan", 1883), "broker.lan:1883");
    assert_string_equal(link_reason_place(place, "fe80::1%usb0", 1883), "[fe80::1%usb0]:1883");
}

static void the_longest_host_name_shortens_the_sentence_and_breaks_nothing(void **state)
{
    char host[LINK_HOST_MAX + 1], place[LINK_PLACE_SIZE];

    (void)state;
    memset(host, 'h', LINK_HOST_MAX);
    host[LINK_HOST_MAX] = '\0';
    link_reason_place(place, host, 65535);
    assert_int_equal(strlen(place), LINK_HOST_MAX + 6);
    link_reason_errno(out, place, ECONNREFUSED);
    link_reason_unresolved(out, host, "no");
    link_reason_oversized(out, host, 1883, "t");
    assert_int_equal(strlen(out), LINK_REASON_SIZE - 1);
}

static void a_port_for_tls_is_named_where_it_does_not_answer(void **state)
{
    struct link_reason_peer peer = {.at = "b:8883", .tls_port = true};

    (void)state;
    static const int codes[] = {
        MOSQ_ERR_CONN_LOST, MOSQ_ERR_PROTOCOL, MOSQ_ERR_MALFORMED_PACKET, MOSQ_ERR_ERRNO};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        link_reason_code(out, &peer, codes[i], ECONNRESET, true);
        assert_non_null(strstr(out, "8883 is the port for TLS"));
        link_reason_code(out, &peer, codes[i], ECONNRESET, false);
        assert_null(strstr(out, "TLS"));
    }
    peer.tls_port = false;
    link_reason_code(out, &peer, MOSQ_ERR_CONN_LOST, 0, true);
    assert_non_null(strstr(out, "One with TLS wants mqtts://"));
    peer.tls = true;
    link_reason_code(out, &peer, MOSQ_ERR_CONN_LOST, 0, true);
    assert_null(strstr(out, "TLS"));
}

static void a_refused_login_says_what_is_missing(void **state)
{
    struct link_reason_peer peer = {.at = "b:1883"};

    (void)state;
    static const int codes[] = {CONNACK_REFUSED_NOT_AUTHORIZED, MQTT_RC_NOT_AUTHORIZED};
    for (size_t i = 0; i < 2; i++) {
        peer.has_login = false;
        assert_int_equal(link_reason_refusal(out, &peer, codes[i]), TROUBLE_LOGIN);
        assert_non_null(strstr(out, "listener 1883"));
        assert_non_null(strstr(out, "allow_anonymous true"));
        peer.has_login = true;
        assert_int_equal(link_reason_refusal(out, &peer, codes[i]), TROUBLE_LOGIN);
        assert_non_null(strstr(out, "wrong user name or password"));
    }
}

static void codes_that_decide_on_the_next_attempt_are_known_in_both_versions(void **state)
{
    (void)state;
    assert_true(link_reason_is_old_version(1));
    assert_true(link_reason_is_old_version(132));
    assert_true(link_reason_is_qos(155));
    assert_true(link_reason_is_retain(154));
    assert_true(link_reason_is_takeover(142));
    assert_false(link_reason_is_qos(0) || link_reason_is_retain(0) || link_reason_is_takeover(0));
    assert_false(link_reason_is_old_version(0));
}

static void limits_are_told_only_where_there_are_some(void **state)
{
    struct link_limits limits = {.max_qos = 2, .retains = true};

    (void)state;
    link_reason_limits(out, "b:1", &limits);
    assert_string_equal(out, "");
    limits.max_qos = 1; // enough for everything that is sent
    link_reason_limits(out, "b:1", &limits);
    assert_string_equal(out, "");
    limits.max_qos = 0;
    link_reason_limits(out, "b:1", &limits);
    assert_string_equal(out, "b:1 takes QoS 0 only: it acknowledges nothing");
    limits.retains = false;
    link_reason_limits(out, "b:1", &limits);
    assert_non_null(strstr(out, "keeps no retained messages and takes QoS 0 only"));
}

static void an_oversized_message_comes_with_the_line_that_clears_it(void **state)
{
    (void)state;
    link_reason_oversized(out, "b", 1883, "jetson/x/status");
    assert_non_null(strstr(out, "mosquitto_pub -h b -p 1883 -t jetson/x/status -r -n"));
    link_reason_oversized(out, "b", 1883, "#");
    assert_null(strstr(out, "mosquitto_pub"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_place_is_host_and_port_and_ipv6_has_brackets),
        cmocka_unit_test(the_longest_host_name_shortens_the_sentence_and_breaks_nothing),
        cmocka_unit_test(a_port_for_tls_is_named_where_it_does_not_answer),
        cmocka_unit_test(a_refused_login_says_what_is_missing),
        cmocka_unit_test(codes_that_decide_on_the_next_attempt_are_known_in_both_versions),
        cmocka_unit_test(limits_are_told_only_where_there_are_some),
        cmocka_unit_test(an_oversized_message_comes_with_the_line_that_clears_it),
    };

    return cmocka_run_group_tests_name("link_reason", tests, NULL, NULL);
}
