// SPDX-License-Identifier: MIT
// A link against brokers that do not take everything: a lower QoS, nothing retained, short packets, no MQTT 5.
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "link_rig.h"

// A mosquitto with more lines of configuration, and options for it with a will and QoS 1 for everything.
static pid_t start_with(const char *lines, int version, struct link_options *options)
{
    int port = peers_free_port();
    pid_t pid = peers_start_mosquitto_with(port, "127.0.0.1", true, lines);

    options_for(options, "127.0.0.1", port);
    options->version = version;
    options->topic_qos[0] = 1;
    options->will_topic = "t/will";
    options->will_payload = "gone";
    return pid;
}

static void publish_and_hear(struct end *end, bool retain)
{
    unsigned before = end->messages;

    end->published = 0;
    assert_int_equal(link_publish(end->link, "t/control", "x", 1, 1, retain, NULL, 0, NULL), 0);
    WAIT_FOR(end, end->messages == before + 1 && end->published == 1);
}

static void what_is_published_at_a_qos_that_the_broker_does_not_take_goes_out_at_a_lower_one(void **state)
{
    struct link_options options;
    struct end end;

    (void)state;
    for (int version = 4; version <= 5; version++) {
        pid_t pid = start_with("max_qos 0\n", version, &options);
        open_end(&end, &options);
        WAIT_FOR(&end, state_of(&end) == LINK_UP);
        assert_int_equal(link_report(end.link)->version, version);
        assert_int_equal(link_report(end.link)->limits.max_qos, 0);
        assert_non_null(strstr(link_report(end.link)->note, "takes QoS 0 only"));
        publish_and_hear(&end, false);
        assert_null(strchr(end.states, 'w')); // without a wait, in the first attempt
        close_end(&end);
        peers_end(pid, SIGTERM);
    }
}

static void a_broker_that_keeps_nothing_gets_a_will_and_messages_without_the_flag(void **state)
{
    struct link_options options;
    struct end end;

    (void)state;
    for (int version = 4; version <= 5; version++) {
        pid_t pid = start_with("retain_available false\n", version, &options);
        open_end(&end, &options);
        WAIT_FOR(&end, state_of(&end) == LINK_UP);
        assert_int_equal(link_report(end.link)->version, version);
        assert_false(link_report(end.link)->limits.retains);
        assert_non_null(strstr(link_report(end.link)->note, "keeps no retained messages"));
        publish_and_hear(&end, true);
        assert_null(strchr(end.states, 'w'));
        close_end(&end);
        peers_end(pid, SIGTERM);
    }
}

static void a_broker_without_limits_has_nothing_to_note(void **state)
{
    struct end end;

    (void)state;
    open_up(&end);
    assert_int_equal(link_report(end.link)->limits.max_qos, 2);
    assert_true(link_report(end.link)->limits.retains);
    assert_string_equal(link_report(end.link)->note, "");
    close_end(&end);
}

static void a_message_too_long_for_the_broker_has_an_error_of_its_own(void **state)
{
    static char payload[200];
    struct link_options options;
    struct end end;

    (void)state;
    pid_t pid = start_with("max_packet_size 100\n", 5, &options);
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    assert_int_equal(link_report(end.link)->limits.max_packet, 100);
    assert_int_equal(
        link_publish(end.link, "t/control", payload, sizeof payload, 1, false, NULL, 0, NULL), -EMSGSIZE);
    publish_and_hear(&end, false);
    assert_int_equal(link_publish(end.link, "t/+", "x", 1, 1, false, NULL, 0, NULL), -EINVAL);
    close_end(&end);
    peers_end(pid, SIGTERM);
}

static void every_size_around_the_limit_of_the_broker_is_sent_or_refused(void **state)
{
    static char payload[200];
    struct link_options options;
    struct end end;

    (void)state;
    pid_t pid = start_with("max_packet_size 100\n", 5, &options);
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    // Up to 84 bytes fit at QoS 1: 1 and 1 for the header, 2 + 9 for the topic, 2 for the id, 1 for the properties.
    for (int qos = 0; qos <= 1; qos++) {
        for (size_t len = 70; len <= 100; len++)
            assert_int_equal(link_publish(end.link, "t/control", payload, len, qos, false, NULL, 0, NULL),
                len <= (qos > 0 ? 84u : 86u) ? 0 : -EMSGSIZE);
    }
    WAIT_FOR(&end, end.messages == 17 + 15);
    assert_null(strchr(end.states, 'w'));
    close_end(&end);
    peers_end(pid, SIGTERM);
}

static void a_message_that_the_broker_refuses_is_told_with_its_reason(void **state)
{
    char acl[] = "/tmp/test_link.XXXXXX", lines[128];
    struct link_options options;
    struct end end;
    int fd = mkstemp(acl);

    (void)state;
    assert_true(dprintf(fd, "topic read t/#\n") > 0);
    assert_int_equal(fchmod(fd, 0644), 0);
    close(fd);
    snprintf(lines, sizeof lines, "acl_file %s\n", acl);
    pid_t pid = start_with(lines, 5, &options);
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    assert_int_equal(link_publish(end.link, "t/control", "x", 1, 1, false, NULL, 0, NULL), 0);
    WAIT_FOR(&end, end.published == 1);
    assert_int_equal(end.last_reason, 135);
    close_end(&end);
    peers_end(pid, SIGTERM);
    unlink(acl);
}

// mosquitto's access control list answers as if it allowed every subscription, so a broker is played here that does not. It
// refuses the second topic of each SUBSCRIBE, and there are two, as the topics have two QoS.
static void a_topic_that_may_be_refused_and_is_leaves_the_link_up_without_it(void **state)
{
    static const struct fake_words words = {.suback = "\x90\x05\x00\x00\x00\x00\x87", .suback_len = 7};
    struct link_options options;
    struct fake_broker fake;
    struct end end;

    (void)state;
    peers_start_speaker(&fake, &words, 1);
    options_for(&options, "127.0.0.1", fake.port);
    options.topics[1] = "pt/control";
    options.topics[2] = "t/other";
    options.topics[3] = "car/control";
    options.topic_count = 4;
    for (size_t i = 0; i < 4; i++) {
        options.topic_qos[i] = i < 2;
        options.topic_may_be_refused[i] = i % 2;
    }
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    assert_int_equal(link_report(end.link)->deaf, 1u << 1 | 1u << 3);
    assert_null(strchr(end.states, 'w'));
    close_end(&end);

    options.topic_may_be_refused[3] = false;
    open_end(&end, &options);
    WAIT_FOR(&end, link_report(end.link)->trouble == TROUBLE_DENIED);
    assert_non_null(strstr(end.reasons, "refused the subscription to car/control"));
    assert_null(strchr(end.states, 'u'));
    close_end(&end);
    peers_end_fake(&fake);
}

static void retain_as_published_shows_a_retained_message_as_such_even_when_it_is_live(void **state)
{
    struct link_options options;
    struct end plain, as_published;

    (void)state;
    open_up(&plain);
    options_for(&options, rig_address, rig_port);
    options.topics[1] = "t/other";
    options.topic_count = 2;
    options.topic_as_published[0] = true;
    open_end(&as_published, &options);
    WAIT_FOR(&as_published, state_of(&as_published) == LINK_UP);
    assert_int_equal(link_publish(plain.link, "t/control", "x", 1, 1, true, NULL, 0, NULL), 0);
    WAIT_FOR(&plain, plain.messages == 1);
    WAIT_FOR(&as_published, as_published.messages == 1);
    assert_false(plain.last_retained);
    assert_true(as_published.last_retained);
    // The other topic has it not.
    assert_int_equal(link_publish(plain.link, "t/other", "x", 1, 1, true, NULL, 0, NULL), 0);
    WAIT_FOR(&as_published, as_published.messages == 2);
    assert_false(as_published.last_retained);
    assert_int_equal(link_publish(plain.link, "t/control", "", 0, 1, true, NULL, 0, NULL), 0);
    assert_int_equal(link_publish(plain.link, "t/other", "", 0, 1, true, NULL, 0, NULL), 0);
    WAIT_FOR(&plain, plain.published == 4);
    close_end(&as_published);
    close_end(&plain);
}

static void a_message_that_expires_is_forgotten_by_the_broker(void **state)
{
    struct link_publication publication = {
        .topic = "t/control", .payload = "x", .len = 1, .qos = 1, .retain = true, .expiry_s = 1};
    struct end end, late;

    (void)state;
    open_up(&end);
    assert_int_equal(link_send(end.link, &publication, NULL), 0);
    WAIT_FOR(&end, end.published == 1);
    int64_t until_us = now_us() + 2500000; // the broker counts whole seconds
    while (now_us() < until_us)
        tick(end.base, 100);
    open_up(&late);
    until_us = now_us() + 200000;
    while (now_us() < until_us)
        tick(late.base, 50);
    assert_int_equal(late.messages, 0);
    close_end(&late);
    close_end(&end);
}

static void levels_of(const struct fake_broker *fake, char levels[32])
{
    ssize_t n = read(fake->levels_fd, levels, 31);

    levels[n > 0 ? n : 0] = '\0';
    for (ssize_t i = 0; i < n; i++)
        levels[i] = (char)('0' + levels[i]);
}

static void a_broker_that_hangs_up_once_is_asked_for_mqtt_5_again_at_the_next_connection(void **state)
{
    struct link_options options;
    struct fake_broker fake;
    struct end end;
    char levels[32];

    (void)state;
    peers_start_fake(&fake, MANNERS_HANG_UP_ONCE);
    options_for(&options, "127.0.0.1", fake.port);
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    assert_int_equal(link_report(end.link)->version, 4);
    link_reset(end.link, TROUBLE_NETWORK, "test");
    WAIT_FOR(&end, strstr(end.states, "uw") && state_of(&end) == LINK_UP);
    assert_int_equal(link_report(end.link)->version, 5);
    levels_of(&fake, levels);
    assert_string_equal(levels, "545");
    close_end(&end);
    peers_end_fake(&fake);
}

static void a_broker_that_is_silent_on_mqtt_5_is_tried_with_3_1_1(void **state)
{
    struct link_options options;
    struct fake_broker fake;
    struct end end;
    char levels[32];

    (void)state;
    peers_start_fake(&fake, MANNERS_SILENT_5);
    options_for(&options, "127.0.0.1", fake.port);
    options.attempt_ms = 200;
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    levels_of(&fake, levels);
    assert_string_equal(levels, "54");
    close_end(&end);
    peers_end_fake(&fake);
}

static void a_server_that_hangs_up_on_the_will_too_is_asked_for_less_once_each(void **state)
{
    struct link_options options;
    struct fake_broker fake;
    struct end end;
    char levels[32];

    (void)state;
    peers_start_fake(&fake, MANNERS_HANG_UP);
    options_for(&options, "127.0.0.1", fake.port);
    options.will_topic = "t/will";
    options.will_payload = "gone";
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
    levels_of(&fake, levels);
    assert_string_equal(levels, "5444"); // 3.1.1 with all of the will, at QoS 0, not retained
    close_end(&end);
    peers_end_fake(&fake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_published_at_a_qos_that_the_broker_does_not_take_goes_out_at_a_lower_one),
        cmocka_unit_test(a_broker_that_keeps_nothing_gets_a_will_and_messages_without_the_flag),
        cmocka_unit_test(a_broker_without_limits_has_nothing_to_note),
        cmocka_unit_test(a_message_too_long_for_the_broker_has_an_error_of_its_own),
        cmocka_unit_test(every_size_around_the_limit_of_the_broker_is_sent_or_refused),
        cmocka_unit_test(a_message_that_the_broker_refuses_is_told_with_its_reason),
        cmocka_unit_test(a_topic_that_may_be_refused_and_is_leaves_the_link_up_without_it),
        cmocka_unit_test(retain_as_published_shows_a_retained_message_as_such_even_when_it_is_live),
        cmocka_unit_test(a_message_that_expires_is_forgotten_by_the_broker),
        cmocka_unit_test(a_broker_that_hangs_up_once_is_asked_for_mqtt_5_again_at_the_next_connection),
        cmocka_unit_test(a_broker_that_is_silent_on_mqtt_5_is_tried_with_3_1_1),
        cmocka_unit_test(a_server_that_hangs_up_on_the_will_too_is_asked_for_less_once_each),
    };

    return cmocka_run_group_tests_name("link_limits", tests, start_broker, end_broker);
}
