// SPDX-License-Identifier: MIT
// The link against a real mosquitto on its own port with default settings, and against brokers that
// misbehave.
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
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/mqtt/link.h"
#include "link_peers.h"

enum { DEADLINE_MS = 10000, LOG_SIZE = 4096 };

// One end: a link and everything it said.
struct end {
    struct event_base *base;
    struct link *link;
    char states[LOG_SIZE]; // one letter a report: w c u x
    char reasons[LOG_SIZE];
    unsigned messages, published, early_published;
    int last_token, last_reason;
    char last[256];
    size_t last_len;
    bool last_retained;
    char last_correlation[32];
    bool echo;
    int echo_qos;
    bool inside_publish;
    bool free_in_message, close_in_message, closed;
};

static const char *broker_address = "127.0.0.1";
static int broker_port;
static pid_t broker_pid;

static int64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static void append(char *log, const char *text)
{
    const size_t used = strlen(log);

    snprintf(log + used, LOG_SIZE - used, "%s", text);
}

static void on_changed(void *ctx, const struct link_report *report)
{
    struct end *end = ctx;
    static const char *const letters[] = {"w", "c", "u", "x"};

    append(end->states, letters[report->state]);
    if (report->reason[0] != '\0') {
        append(end->reasons, report->reason);
        append(end->reasons, "\n");
    }
    // Up is the one state without a reason.
    if (report->state == LINK_UP) {
        assert_int_equal(report->trouble, TROUBLE_NONE);
        assert_string_equal(report->reason, "");
    }
    if (report->state == LINK_CLOSED)
        end->closed = true;
}

static void on_message(void *ctx, const struct link_message *message)
{
    struct end *end = ctx;

    assert_non_null(message->payload);
    end->messages++;
    end->last_len = message->len;
    end->last_retained = message->retained;
    snprintf(end->last, sizeof end->last, "%.*s", (int)message->len, (const char *)message->payload);
    snprintf(end->last_correlation, sizeof end->last_correlation, "%.*s", (int)message->correlation_len,
        message->correlation ? (const char *)message->correlation : "");
    if (end->echo)
        assert_int_equal(
            link_publish(end->link, "t/status", "{}", 2, end->echo_qos, false, NULL, 0, NULL), 0);
    if (end->free_in_message) {
        link_free(end->link);
        end->link = NULL;
        end->free_in_message = false;
    }
    if (end->close_in_message)
        link_close(end->link, 1000);
}

static void on_published(void *ctx, int token, int reason)
{
    struct end *end = ctx;

    end->published++;
    end->last_token = token;
    end->last_reason = reason;
    if (end->inside_publish)
        end->early_published++;
}

static const struct link_events events = {
    .changed = on_changed, .message = on_message, .published = on_published};

static void options_for(struct link_options *options, const char *host, int port)
{
    *options = (struct link_options){.broker_count = 1, .keepalive_s = 10, .version = 5};
    snprintf(options->brokers[0].host, sizeof options->brokers[0].host, "%s", host);
    options->brokers[0].port = port;
    options->topics[0] = "t/control";
    options->topic_count = 1;
}

static struct event_base *new_base(void)
{
    struct event_config *config = event_config_new();

    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    struct event_base *base = event_base_new_with_config(config);
    event_config_free(config);
    assert_non_null(base);
    return base;
}

static void open_end_in(struct event_base *base, struct end *end, const struct link_options *options)
{
    memset(end, 0, sizeof *end);
    end->base = base;
    end->link = link_new(base, options, &events, end);
    assert_non_null(end->link);
}

static void open_end(struct end *end, const struct link_options *options)
{
    open_end_in(new_base(), end, options);
}

static void close_end(struct end *end)
{
    link_free(end->link);
    event_base_free(end->base);
}

static void tick(struct event_base *base, int ms)
{
    const struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000};

    event_base_loopexit(base, &tv);
    event_base_loop(base, EVLOOP_ONCE);
}

// Runs the loop until the condition holds; fails with what the link said when it does not in time.
#define WAIT_FOR(end, condition)                                                                             \
    do {                                                                                                     \
        const int64_t deadline_us = now_us() + DEADLINE_MS * 1000;                                           \
        while (!(condition)) {                                                                               \
            if (now_us() > deadline_us)                                                                      \
                fail_msg("waited in vain for %s; states %s; reasons:\n%s", #condition, (end)->states,        \
                    (end)->reasons);                                                                         \
            tick((end)->base, 20);                                                                           \
        }                                                                                                    \
    } while (0)

static enum link_state state_of(const struct end *end)
{
    return link_report(end->link)->state;
}

static void open_up(struct end *end)
{
    struct link_options options;

    options_for(&options, broker_address, broker_port);
    open_end(end, &options);
    WAIT_FOR(end, state_of(end) == LINK_UP);
}

static int start_broker(void **state)
{
    (void)state;
    broker_port = peers_free_port();
    broker_pid = peers_start_mosquitto(broker_port, broker_address, true);
    return 0;
}

static int end_broker(void **state)
{
    (void)state;
    if (broker_pid > 0)
        peers_end(broker_pid, SIGTERM);
    broker_pid = 0;
    return 0;
}

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
    assert_true(link_last_read_ms(end.link) > 0);
    close_end(&end);
}

static void with_version_4_it_speaks_3_1_1(void **state)
{
    struct link_options options;
    struct end end;

    (void)state;
    options_for(&options, broker_address, broker_port);
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
    options_for(&options, broker_address, broker_port);
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
    options_for(&options, broker_address, broker_port);
    open_end(&end, &options);
    assert_int_equal(link_publish(end.link, "t/control", "early", 5, 1, false, NULL, 0, NULL), -ENOTCONN);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    peers_end(broker_pid, SIGKILL);
    broker_pid = 0;
    WAIT_FOR(&end, state_of(&end) != LINK_UP);
    assert_int_equal(
        link_publish(end.link, "t/control", "while down", 10, 1, false, NULL, 0, NULL), -ENOTCONN);
    broker_pid = peers_start_mosquitto(broker_port, broker_address, true);
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
    kill(broker_pid, SIGSTOP);
    assert_int_equal(link_publish(end.link, "t/control", "stale", 5, 1, false, NULL, 0, NULL), 0);
    peers_end(broker_pid, SIGKILL);
    broker_pid = peers_start_mosquitto(broker_port, broker_address, true);
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
    peers_end(broker_pid, SIGKILL);
    broker_pid = 0;
    snprintf(expected, sizeof expected, "connection refused at 127.0.0.1:%d", broker_port);
    WAIT_FOR(&end, strstr(end.reasons, expected) && link_report(end.link)->attempts >= 2);
    assert_non_null(strstr(end.reasons, "connection lost to 127.0.0.1:"));
    broker_pid = peers_start_mosquitto(broker_port, broker_address, true);
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
    snprintf(options.brokers[1].host, sizeof options.brokers[1].host, "%s", broker_address);
    options.brokers[1].port = broker_port;
    options.broker_count = 2;
    const int64_t began_us = now_us();
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    assert_true(now_us() - began_us < 500000);
    assert_string_equal(end.states, "ccu");
    assert_int_equal(link_report(end.link)->broker.port, broker_port);
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

static void a_login_refused_is_told_and_tried_again_only_after_half_a_minute(void **state)
{
    struct link_options options;
    struct end end;
    const int port = peers_free_port();
    const pid_t pid = peers_start_mosquitto(port, "127.0.0.1", false);

    (void)state;
    for (int version = 4; version <= 5; version++) {
        options_for(&options, "127.0.0.1", port);
        options.version = version;
        open_end(&end, &options);
        WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
        assert_int_equal(link_report(end.link)->trouble, TROUBLE_LOGIN);
        assert_int_equal(link_report(end.link)->version, version);
        assert_non_null(strstr(end.reasons, "login refused at 127.0.0.1:"));
        assert_in_range(link_report(end.link)->retry_ms, 20000, 30000);
        link_retry_now(end.link);
        WAIT_FOR(&end, link_report(end.link)->attempts == 2);
        close_end(&end);
    }
    peers_end(pid, SIGTERM);
}

static void read_levels(const struct fake_broker *fake, char levels[32])
{
    const ssize_t n = read(fake->levels_fd, levels, 31);

    levels[n > 0 ? n : 0] = '\0';
    for (ssize_t i = 0; i < n; i++)
        levels[i] = (char)('0' + levels[i]);
}

static void a_broker_of_3_1_1_gets_3_1_1_without_waiting_and_is_remembered(void **state)
{
    struct link_options options;
    struct fake_broker fake;
    struct end end;
    char levels[32];

    (void)state;
    peers_start_fake(&fake, MANNERS_ONLY_311);
    options_for(&options, "127.0.0.1", fake.port);
    const int64_t began_us = now_us();
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    assert_true(now_us() - began_us < 1000000);
    assert_int_equal(link_report(end.link)->version, 4);
    assert_null(strchr(end.states, 'w'));
    link_reset(end.link, TROUBLE_NETWORK, "test");
    WAIT_FOR(&end, strstr(end.states, "uw") && state_of(&end) == LINK_UP);
    read_levels(&fake, levels);
    assert_string_equal(levels, "544");
    close_end(&end);
    peers_end_fake(&fake);
}

static void a_server_that_hangs_up_gets_one_try_of_3_1_1_and_is_told_as_no_broker(void **state)
{
    struct link_options options;
    struct fake_broker fake;
    struct end end;
    char levels[32];

    (void)state;
    peers_start_fake(&fake, MANNERS_HANG_UP);
    options_for(&options, "127.0.0.1", fake.port);
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
    assert_non_null(strstr(end.reasons, "is that an MQTT broker?"));
    assert_int_equal(link_report(end.link)->attempts, 1);
    link_retry_now(end.link);
    WAIT_FOR(&end, link_report(end.link)->attempts == 2);
    read_levels(&fake, levels);
    assert_string_equal(levels, "5454");
    close_end(&end);
    peers_end_fake(&fake);
}

static void a_silent_server_is_given_up_in_time(void **state)
{
    struct link_options options;
    struct fake_broker fake;
    struct end end;

    (void)state;
    peers_start_fake(&fake, MANNERS_SILENT);
    options_for(&options, "127.0.0.1", fake.port);
    options.attempt_ms = 300;
    const int64_t began_us = now_us();
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
    assert_in_range(now_us() - began_us, 250000, 2000000);
    assert_int_equal(link_report(end.link)->trouble, TROUBLE_TIMEOUT);
    assert_non_null(strstr(end.reasons, "did not answer within 300 ms"));
    close_end(&end);
    peers_end_fake(&fake);
}

static void a_refused_subscription_is_told(void **state)
{
    struct link_options options;
    struct fake_broker fake;
    struct end end;

    (void)state;
    peers_start_fake(&fake, MANNERS_DENY);
    for (int version = 4; version <= 5; version++) {
        options_for(&options, "127.0.0.1", fake.port);
        options.version = version;
        open_end(&end, &options);
        WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
        assert_int_equal(link_report(end.link)->trouble, TROUBLE_DENIED);
        assert_non_null(strstr(end.reasons, "refused the subscription to t/control"));
        assert_null(strchr(end.states, 'u'));
        close_end(&end);
    }
    peers_end_fake(&fake);
}

static void a_suback_without_reason_code_harms_nobody(void **state)
{
    struct link_options options;
    struct fake_broker fake;
    struct end end;

    (void)state;
    peers_start_fake(&fake, MANNERS_NO_GRANT);
    options_for(&options, "127.0.0.1", fake.port);
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
    assert_null(strchr(end.states, 'u'));
    close_end(&end);
    peers_end_fake(&fake);
}

static void a_broker_that_says_goodbye_is_quoted(void **state)
{
    struct link_options options;
    struct fake_broker fake;
    struct end end;

    (void)state;
    peers_start_fake(&fake, MANNERS_SHUT_DOWN);
    options_for(&options, "127.0.0.1", fake.port);
    open_end(&end, &options);
    WAIT_FOR(&end, strstr(end.states, "uw"));
    assert_non_null(strstr(end.reasons, "closed by 127.0.0.1:"));
    assert_non_null(strstr(end.reasons, "shutting down"));
    close_end(&end);
    peers_end_fake(&fake);
}

static void a_client_id_taken_by_another_is_told(void **state)
{
    struct link_options options;
    struct fake_broker fake;
    struct end end;

    (void)state;
    peers_start_fake(&fake, MANNERS_TAKEN_OVER);
    options_for(&options, "127.0.0.1", fake.port);
    open_end(&end, &options);
    WAIT_FOR(&end, strstr(end.states, "uw"));
    assert_int_equal(link_report(end.link)->trouble, TROUBLE_CLOSED);
    assert_non_null(strstr(end.reasons, "same client id"));
    close_end(&end);
    peers_end_fake(&fake);
}

static void two_clients_of_one_name_do_not_fight_many_times_a_second(void **state)
{
    struct link_options options;
    struct event_base *base = new_base();
    struct end first, second;
    unsigned ups = 0;

    (void)state;
    options_for(&options, broker_address, broker_port);
    snprintf(options.client_id, sizeof options.client_id, "twin");
    open_end_in(base, &first, &options);
    open_end_in(base, &second, &options);
    const int64_t until_us = now_us() + 3000000;
    while (now_us() < until_us)
        tick(base, 100);
    for (const char *s = first.states; *s; s++)
        ups += *s == 'u';
    assert_in_range(ups, 2, 9); // two dozen with a wait of 250 ms at most
    link_free(first.link);
    link_free(second.link);
    event_base_free(base);
}

#if defined(__SANITIZE_ADDRESS__)
#define WITH_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_SANITIZER
#endif
#endif

static void an_oversized_retained_message_ends_in_a_hint_and_patience(void **state)
{
#if defined(WITH_SANITIZER)
    (void)state;
    skip(); // a memory limit and the sanitizer's shadow do not go together
#else
    struct link_options options;
    struct fake_broker fake;
    struct end end;
    struct rlimit before;

    (void)state;
    peers_start_fake(&fake, MANNERS_OVERSIZED);
    options_for(&options, "127.0.0.1", fake.port);
    open_end(&end, &options);
    assert_int_equal(getrlimit(RLIMIT_DATA, &before), 0);
    const struct rlimit limit = {.rlim_cur = 64u << 20, .rlim_max = before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_DATA, &limit), 0);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
    assert_int_equal(link_report(end.link)->trouble, TROUBLE_MEMORY);
    assert_true(link_report(end.link)->retry_ms <= 250);
    link_retry_now(end.link);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING && link_report(end.link)->retry_ms > 250);
    assert_int_equal(setrlimit(RLIMIT_DATA, &before), 0);
    assert_in_range(link_report(end.link)->retry_ms, 20000, 30000);
    assert_non_null(strstr(link_report(end.link)->reason, "mosquitto_pub -h 127.0.0.1"));
    assert_non_null(strstr(link_report(end.link)->reason, "-t t/control -r -n"));
    close_end(&end);
    peers_end_fake(&fake);
#endif
}

static int compare(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

// 44 ms here: TCP_NODELAY or TCP_QUICKACK is missing, or an answer waits for the next turn of the loop.
static void a_round_trip_on_a_stock_broker_takes_no_forty_milliseconds(void **state)
{
    struct link_options options;
    struct end commander, device;
    enum { N = 300 };
    static int64_t times[N];
    struct event_base *base = new_base();

    (void)state;
    for (int qos = 0; qos <= 1; qos++) {
        options_for(&options, broker_address, broker_port);
        options.topic_qos[0] = qos;
        open_end_in(base, &device, &options);
        options.topics[0] = "t/status";
        open_end_in(base, &commander, &options);
        device.echo = true;
        device.echo_qos = qos;
        WAIT_FOR(&device, state_of(&device) == LINK_UP);
        WAIT_FOR(&commander, state_of(&commander) == LINK_UP);
        for (int i = 0; i < N; i++) {
            const int64_t began_us = now_us();
            const unsigned before = commander.messages;
            assert_int_equal(link_publish(commander.link, "t/control", "x", 1, qos, false, NULL, 0, NULL), 0);
            while (commander.messages == before && now_us() - began_us < 1000000)
                event_base_loop(base, EVLOOP_ONCE);
            times[i] = now_us() - began_us;
        }
        qsort(times, N, sizeof times[0], compare);
        print_message("QoS %d round trip: p50 %lld us, p90 %lld us\n", qos, (long long)times[N / 2],
            (long long)times[N * 9 / 10]);
        assert_true(times[N * 9 / 10] < 20000);
        link_free(commander.link);
        link_free(device.link);
    }
    event_base_free(base);
}

static void a_thousand_messages_at_once_are_all_answered(void **state)
{
    struct link_options options;
    struct end commander, device;
    struct event_base *base = new_base();

    (void)state;
    options_for(&options, broker_address, broker_port);
    open_end_in(base, &device, &options);
    options.topics[0] = "t/status";
    open_end_in(base, &commander, &options);
    device.echo = true;
    WAIT_FOR(&device, state_of(&device) == LINK_UP);
    WAIT_FOR(&commander, state_of(&commander) == LINK_UP);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(link_publish(commander.link, "t/control", "x", 1, 0, false, NULL, 0, NULL), 0);
    WAIT_FOR(&commander, commander.messages == 1000);
    assert_int_equal(device.messages, 1000);
    WAIT_FOR(&commander, commander.published == 1000);
    assert_int_equal(link_unsent(commander.link), 0);
    link_free(commander.link);
    link_free(device.link);
    event_base_free(base);
}

static void reading_pauses_while_too_much_waits_for_the_socket(void **state)
{
    struct link_options options;
    struct end device, commander;
    enum { COMMANDS = 50, SIZE = 64 * 1024 };
    static char big[SIZE];

    (void)state;
    options_for(&options, broker_address, broker_port);
    options.unsent_max = 10;
    open_end(&device, &options);
    WAIT_FOR(&device, state_of(&device) == LINK_UP);
    open_up(&commander);
    for (int i = 0; i < COMMANDS; i++)
        link_publish(commander.link, "t/control", "x", 1, 0, false, NULL, 0, NULL);
    WAIT_FOR(&commander, commander.messages == COMMANDS); // so they are in the device's socket as well
    kill(broker_pid, SIGSTOP);
    for (int i = 0; i < 10000 && link_unsent(device.link) <= 10; i++)
        assert_int_equal(link_publish(device.link, "t/big", big, SIZE, 0, false, NULL, 0, NULL), 0);
    assert_true(link_unsent(device.link) > 10);
    tick(device.base, 200);
    assert_in_range(device.messages, 0, 1);
    kill(broker_pid, SIGCONT);
    WAIT_FOR(&device, device.messages == COMMANDS && link_unsent(device.link) == 0);
    close_end(&commander);
    close_end(&device);
}

static void will_options(struct link_options *options)
{
    options_for(options, broker_address, broker_port);
    options->will_topic = "t/will";
    options->will_payload = "gone";
}

static void open_will_watcher(struct end *watcher)
{
    struct link_options options;

    options_for(&options, broker_address, broker_port);
    options.topics[0] = "t/will";
    open_end(watcher, &options);
    WAIT_FOR(watcher, state_of(watcher) == LINK_UP);
}

static void closing_sends_everything_and_leaves_no_will(void **state)
{
    struct link_options options;
    struct end end, reader, watcher;

    (void)state;
    open_up(&reader);
    open_will_watcher(&watcher);
    will_options(&options);
    options.topics[0] = "t/none";
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    for (int i = 0; i < 100; i++)
        assert_int_equal(link_publish(end.link, "t/control", "x", 1, i % 2, false, NULL, 0, NULL), 0);
    link_close(end.link, 2000);
    const int64_t began_us = now_us();
    WAIT_FOR(&end, end.closed);
    assert_true(now_us() - began_us < 1000000);
    assert_int_equal(end.published, 100);
    assert_string_equal(end.states, "cux");
    assert_int_equal(link_publish(end.link, "t/control", "x", 1, 0, false, NULL, 0, NULL), -ENOTCONN);
    WAIT_FOR(&reader, reader.messages == 100);
    tick(watcher.base, 200);
    assert_int_equal(watcher.messages, 0);
    close_end(&end);
    close_end(&reader);
    close_end(&watcher);
}

static void closing_gives_up_on_a_frozen_broker_in_time(void **state)
{
    struct end end;

    (void)state;
    open_up(&end);
    kill(broker_pid, SIGSTOP);
    assert_int_equal(link_publish(end.link, "t/control", "x", 1, 1, false, NULL, 0, NULL), 0);
    const int64_t began_us = now_us();
    link_close(end.link, 300);
    WAIT_FOR(&end, end.closed);
    assert_in_range(now_us() - began_us, 290000, 2000000);
    kill(broker_pid, SIGCONT);
    close_end(&end);
}

static void closing_while_not_up_is_reported_at_once(void **state)
{
    struct link_options options;
    struct end end;

    (void)state;
    options_for(&options, "127.0.0.1", peers_free_port());
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
    link_close(end.link, 1000);
    assert_true(end.closed);
    close_end(&end);
}

static void freeing_leaves_the_will(void **state)
{
    struct link_options options;
    struct end end, watcher;

    (void)state;
    open_will_watcher(&watcher);
    will_options(&options);
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    close_end(&end);
    WAIT_FOR(&watcher, watcher.messages == 1);
    assert_string_equal(watcher.last, "gone");
    close_end(&watcher);
    open_will_watcher(&watcher);
    WAIT_FOR(&watcher, watcher.messages == 1);
    assert_true(watcher.last_retained);
    link_publish(watcher.link, "t/will", "", 0, 1, true, NULL, 0, NULL);
    WAIT_FOR(&watcher, watcher.published == 1);
    close_end(&watcher);
}

static void it_may_be_freed_and_closed_from_inside_a_message(void **state)
{
    struct end end;

    (void)state;
    open_up(&end);
    end.free_in_message = true;
    link_publish(end.link, "t/control", "x", 1, 0, false, NULL, 0, NULL);
    WAIT_FOR(&end, end.messages == 1);
    assert_null(end.link);
    event_base_free(end.base);
    open_up(&end);
    end.close_in_message = true;
    link_publish(end.link, "t/control", "x", 1, 0, false, NULL, 0, NULL);
    WAIT_FOR(&end, end.closed);
    close_end(&end);
}

static void a_reset_is_reported_from_the_loop_and_mended(void **state)
{
    struct end end;

    (void)state;
    open_up(&end);
    link_reset(end.link, TROUBLE_TIMEOUT, "nothing read for 3 s");
    assert_string_equal(end.states, "cu");
    assert_int_equal(link_publish(end.link, "t/control", "x", 1, 0, false, NULL, 0, NULL), -ENOTCONN);
    WAIT_FOR(&end, strstr(end.states, "uw"));
    assert_non_null(strstr(end.reasons, "nothing read for 3 s"));
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    close_end(&end);
}

static void an_idle_link_outlives_the_keep_alive(void **state)
{
    struct link_options options;
    struct end end;

    (void)state;
    options_for(&options, broker_address, broker_port);
    options.keepalive_s = 5;
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    const int64_t until_us = now_us() + 14000000; // the broker gives up after 7.5 s and looks every 5 s
    while (now_us() < until_us)
        tick(end.base, 500);
    assert_string_equal(end.states, "cu");
    close_end(&end);
}

static void beat(evutil_socket_t fd, short what, void *arg)
{
    struct end *end = arg;

    (void)fd;
    (void)what;
    assert_int_equal(link_publish(end->link, "t/heartbeat", "{}", 2, 1, true, NULL, 0, NULL), 0);
}

// Four beats and four PUBACKs: a timer of the keep-alive of 5 s would add one every 1.25 s. What else a busy
// machine does only adds turns, so the quietest of three windows counts.
static void the_keep_alive_adds_no_wake_ups_to_a_heartbeat(void **state)
{
    struct link_options options;
    struct end end;
    unsigned quietest = UINT_MAX;

    (void)state;
    options_for(&options, broker_address, broker_port);
    options.keepalive_s = 5;
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    struct event *timer = event_new(end.base, -1, EV_PERSIST, beat, &end);
    const struct timeval second = {.tv_sec = 1};
    event_add(timer, &second);
    WAIT_FOR(&end, end.published == 1); // the timers of waiting itself have run out
    tick(end.base, 500);
    for (unsigned window = 0; window < 3 && quietest > 10; window++) {
        const unsigned beats = end.published + 4;
        unsigned turns = 0;
        for (; end.published < beats; turns++)
            event_base_loop(end.base, EVLOOP_ONCE);
        quietest = turns < quietest ? turns : quietest;
    }
    event_free(timer);
    assert_in_range(quietest, 8, 10);
    assert_string_equal(end.states, "cu");
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
        cmocka_unit_test(a_login_refused_is_told_and_tried_again_only_after_half_a_minute),
        cmocka_unit_test(a_broker_of_3_1_1_gets_3_1_1_without_waiting_and_is_remembered),
        cmocka_unit_test(a_server_that_hangs_up_gets_one_try_of_3_1_1_and_is_told_as_no_broker),
        cmocka_unit_test(a_silent_server_is_given_up_in_time),
        cmocka_unit_test(a_refused_subscription_is_told),
        cmocka_unit_test(a_suback_without_reason_code_harms_nobody),
        cmocka_unit_test(a_broker_that_says_goodbye_is_quoted),
        cmocka_unit_test(a_client_id_taken_by_another_is_told),
        cmocka_unit_test(two_clients_of_one_name_do_not_fight_many_times_a_second),
        cmocka_unit_test(an_oversized_retained_message_ends_in_a_hint_and_patience),
        cmocka_unit_test(a_round_trip_on_a_stock_broker_takes_no_forty_milliseconds),
        cmocka_unit_test(a_thousand_messages_at_once_are_all_answered),
        cmocka_unit_test(reading_pauses_while_too_much_waits_for_the_socket),
        cmocka_unit_test(closing_sends_everything_and_leaves_no_will),
        cmocka_unit_test(closing_gives_up_on_a_frozen_broker_in_time),
        cmocka_unit_test(closing_while_not_up_is_reported_at_once),
        cmocka_unit_test(freeing_leaves_the_will),
        cmocka_unit_test(it_may_be_freed_and_closed_from_inside_a_message),
        cmocka_unit_test(a_reset_is_reported_from_the_loop_and_mended),
        cmocka_unit_test(an_idle_link_outlives_the_keep_alive),
        cmocka_unit_test(the_keep_alive_adds_no_wake_ups_to_a_heartbeat),
    };

    return cmocka_run_group_tests_name("link", tests, start_broker, end_broker);
}
