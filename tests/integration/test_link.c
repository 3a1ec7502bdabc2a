// SPDX-License-Identifier: MIT
// A link against a real mosquitto on its own port with default settings.
#include <errno.h>
#include <event2/event.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "link_rig.h"

static void it_connects_subscribes_and_is_up_with_mqtt_5(void **state)
{
    struct end end;

    (void)state;
    open_up(&end);
    const struct link_report *report = link_report(end.link);
    assert_string_equal(end.states, "cu");
    assert_int_equal(report->version, 5);
    assert_int_equal(report->trouble, TROUBLE_NONE);
    assert_string_equal(report->reason, "");
    assert_int_equal(report->attempts, 0);
    assert_string_equal(report->broker.host, "127.0.0.1");
    assert_true(link_last_proof_ms(end.link) > 0);
    close_end(&end);
}

static void with_version_4_it_speaks_3_1_1(void **state)
{
    struct link_options options;
    struct end end;

    (void)state;
    options_for(&options, rig_address, rig_port);
    options.version = 4;
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    assert_int_equal(link_report(end.link)->version, 4);
    assert_int_equal(link_publish(end.link, "t/control", "x", 1, 1, false, "id", 2, NULL), 0);
    WAIT_FOR(&end, end.messages == 1 && end.published == 1);
    close_end(&end);
}

static void topics_of_different_qos_are_all_subscribed_before_it_is_up(void **state)
{
    struct link_options options;
    struct end end;

    (void)state;
    options_for(&options, rig_address, rig_port);
    options.topics[1] = "t/other";
    options.topic_qos[1] = 1;
    options.topics[2] = "t/third";
    options.topic_qos[2] = 1;
    options.topic_count = 3;
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    link_publish(end.link, "t/control", "a", 1, 1, false, NULL, 0, NULL);
    link_publish(end.link, "t/other", "b", 1, 1, false, NULL, 0, NULL);
    link_publish(end.link, "t/third", "c", 1, 1, false, NULL, 0, NULL);
    WAIT_FOR(&end, end.messages == 3);
    close_end(&end);
}

static void an_empty_payload_arrives_as_a_pointer_and_no_bytes(void **state)
{
    struct end end;

    (void)state;
    open_up(&end);
    assert_int_equal(link_publish(end.link, "t/control", "", 0, 1, false, NULL, 0, NULL), 0);
    WAIT_FOR(&end, end.messages == 1);
    assert_int_equal(end.last_len, 0);
    close_end(&end);
}

static void correlation_data_comes_back_byte_for_byte(void **state)
{
    struct end end;

    (void)state;
    open_up(&end);
    assert_int_equal(link_publish(end.link, "t/control", "x", 1, 0, false, "a-17", 4, NULL), 0);
    WAIT_FOR(&end, end.messages == 1);
    assert_string_equal(end.last_correlation, "a-17");
    close_end(&end);
}

static void published_follows_the_return_of_link_publish_at_every_qos(void **state)
{
    struct end end;

    (void)state;
    open_up(&end);
    for (int qos = 0; qos <= 2; qos++) {
        int token = 0;
        end.published = 0;
        end.inside_publish = true;
        assert_int_equal(link_publish(end.link, "t/control", "x", 1, qos, false, NULL, 0, &token), 0);
        end.inside_publish = false;
        WAIT_FOR(&end, end.published == 1);
        assert_int_equal(end.last_token, token);
        assert_int_equal(end.last_reason, 0);
    }
    assert_int_equal(end.early_published, 0);
    assert_int_equal(link_unsent(end.link), 0);
    close_end(&end);
}

static void a_publish_that_nobody_hears_is_told_by_reason_16(void **state)
{
    struct end end;

    (void)state;
    open_up(&end);
    assert_int_equal(link_publish(end.link, "t/nobody", "x", 1, 1, false, NULL, 0, NULL), 0);
    WAIT_FOR(&end, end.published == 1);
    assert_int_equal(end.last_reason, 16);
    close_end(&end);
}

static void nothing_published_while_down_is_ever_sent(void **state)
{
    struct link_options options;
    struct end end, watcher;

    (void)state;
    options_for(&options, rig_address, rig_port);
    open_end(&end, &options);
    assert_int_equal(link_publish(end.link, "t/control", "early", 5, 1, false, NULL, 0, NULL), -ENOTCONN);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    peers_end(rig_pid, SIGKILL);
    rig_pid = 0;
    WAIT_FOR(&end, state_of(&end) != LINK_UP);
    assert_int_equal(
        link_publish(end.link, "t/control", "while down", 10, 1, false, NULL, 0, NULL), -ENOTCONN);
    rig_pid = peers_start_mosquitto(rig_port, rig_address, true);
    open_up(&watcher);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    assert_int_equal(link_publish(end.link, "t/control", "after", 5, 1, false, NULL, 0, NULL), 0);
    WAIT_FOR(&end, end.published == 1);
    WAIT_FOR(&watcher, watcher.messages > 0);
    assert_int_equal(watcher.messages, 1);
    assert_string_equal(watcher.last, "after");
    close_end(&watcher);
    close_end(&end);
}

// What was written to a socket whose peer is frozen was handed over, and is lost with the connection.
static void an_unacknowledged_message_of_a_lost_connection_is_not_sent_again(void **state)
{
    struct end end, watcher;

    (void)state;
    open_up(&end);
    kill(rig_pid, SIGSTOP);
    assert_int_equal(link_publish(end.link, "t/control", "stale", 5, 1, false, NULL, 0, NULL), 0);
    peers_end(rig_pid, SIGKILL);
    rig_pid = peers_start_mosquitto(rig_port, rig_address, true);
    open_up(&watcher);
    WAIT_FOR(&end, strstr(end.states, "uw") && state_of(&end) == LINK_UP);
    assert_int_equal(link_publish(end.link, "t/control", "fresh", 5, 1, false, NULL, 0, NULL), 0);
    WAIT_FOR(&watcher, watcher.messages > 0);
    assert_string_equal(watcher.last, "fresh");
    assert_int_equal(watcher.messages, 1);
    close_end(&watcher);
    close_end(&end);
}

static void it_comes_back_by_itself_after_the_broker_was_killed(void **state)
{
    struct end end;
    char expected[64];

    (void)state;
    open_up(&end);
    peers_end(rig_pid, SIGKILL);
    rig_pid = 0;
    snprintf(expected, sizeof expected, "connection refused at 127.0.0.1:%d", rig_port);
    WAIT_FOR(&end, strstr(end.reasons, expected) && link_report(end.link)->attempts >= 2);
    assert_non_null(strstr(end.reasons, "connection lost to 127.0.0.1:"));
    rig_pid = peers_start_mosquitto(rig_port, rig_address, true);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    assert_int_equal(link_report(end.link)->attempts, 0);
    assert_int_equal(link_publish(end.link, "t/control", "x", 1, 1, false, NULL, 0, NULL), 0);
    WAIT_FOR(&end, end.messages == 1);
    close_end(&end);
}

static void the_wait_grows_to_five_seconds_and_never_beyond(void **state)
{
    struct link_options options;
    struct end end;
    int longest = 0;

    (void)state;
    options_for(&options, "127.0.0.1", peers_free_port());
    open_end(&end, &options);
    for (unsigned attempts = 1; attempts <= 60; attempts++) {
        WAIT_FOR(&end, state_of(&end) == LINK_WAITING && link_report(end.link)->attempts >= attempts);
        const int wait_ms = link_report(end.link)->retry_ms;
        const int most = attempts > 5 ? 5000 : 250 << (attempts - 1);
        assert_in_range(wait_ms, 1, most);
        if (wait_ms > longest)
            longest = wait_ms;
        link_retry_now(end.link);
    }
    assert_true(longest > 1000); // jitter over the whole range: 60 times under a fifth of it does not happen
    close_end(&end);
}

static void localhost_means_both_loopback_addresses(void **state)
{
    struct link_options options;
    struct end end;
    const int port = peers_free_port();
    const pid_t pid = peers_start_mosquitto(port, "::1", true);

    (void)state;
    options_for(&options, "localhost", port);
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    assert_string_equal(end.states, "cu");
    assert_string_equal(link_report(end.link)->broker.host, "localhost");
    peers_end(pid, SIGTERM);
    WAIT_FOR(&end, strstr(end.reasons, "connection refused at localhost:"));
    close_end(&end);
}

static void the_next_broker_is_tried_at_once(void **state)
{
    struct link_options options;
    struct end end;

    (void)state;
    options_for(&options, "127.0.0.1", peers_free_port());
    snprintf(options.brokers[1].host, sizeof options.brokers[1].host, "%s", rig_address);
    options.brokers[1].port = rig_port;
    options.broker_count = 2;
    const int64_t began_us = now_us();
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    assert_true(now_us() - began_us < 500000);
    assert_string_equal(end.states, "ccu");
    assert_int_equal(link_report(end.link)->broker.port, rig_port);
    close_end(&end);
}

static void a_name_without_address_is_told(void **state)
{
    struct link_options options;
    struct end end;

    (void)state;
    options_for(&options, "no-such-host.invalid", 1883);
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
    assert_int_equal(link_report(end.link)->trouble, TROUBLE_RESOLVE);
    assert_non_null(strstr(link_report(end.link)->reason, "no address for no-such-host.invalid"));
    close_end(&end);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_connects_subscribes_and_is_up_with_mqtt_5),
        cmocka_unit_test(with_version_4_it_speaks_3_1_1),
        cmocka_unit_test(topics_of_different_qos_are_all_subscribed_before_it_is_up),
        cmocka_unit_test(an_empty_payload_arrives_as_a_pointer_and_no_bytes),
        cmocka_unit_test(correlation_data_comes_back_byte_for_byte),
        cmocka_unit_test(published_follows_the_return_of_link_publish_at_every_qos),
        cmocka_unit_test(a_publish_that_nobody_hears_is_told_by_reason_16),
        cmocka_unit_test(nothing_published_while_down_is_ever_sent),
        cmocka_unit_test(an_unacknowledged_message_of_a_lost_connection_is_not_sent_again),
        cmocka_unit_test(it_comes_back_by_itself_after_the_broker_was_killed),
        cmocka_unit_test(the_wait_grows_to_five_seconds_and_never_beyond),
        cmocka_unit_test(localhost_means_both_loopback_addresses),
        cmocka_unit_test(the_next_broker_is_tried_at_once),
        cmocka_unit_test(a_name_without_address_is_told),
    };

    return cmocka_run_group_tests_name("link", tests, start_broker, end_broker);
}
