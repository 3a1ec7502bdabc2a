// SPDX-License-Identifier: MIT
// The resolver, and the link's use of it, with a getaddrinfo of the test's own (the linker wraps it): a name hangs until
// the test lets it go.
#include <event2/event.h>
#include <netdb.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/clock.h"
#include "common/mqtt/link.h"
#include "common/mqtt/resolver.h"

enum { DEADLINE_MS = 10000, NAMES_MAX = 32 };

int __real_getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **list);
int __wrap_getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **list);

// What the test says of a name. Everything below is guarded by the lock.
struct name {
    char host[64];
    bool hangs;
    char address[64]; // "" = the name does not exist
    unsigned asked;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static struct name names[NAMES_MAX];
static size_t name_count;

static struct name *find(const char *host)
{
    for (size_t i = 0; i < name_count; i++)
        if (strcmp(names[i].host, host) == 0)
            return &names[i];
    return NULL;
}

static void say(const char *host, bool hangs, const char *address)
{
    pthread_mutex_lock(&lock);
    struct name *name = find(host);
    if (!name) {
        assert_true(name_count < NAMES_MAX);
        name = &names[name_count++];
        snprintf(name->host, sizeof name->host, "%s", host);
    }
    name->hangs = hangs;
    snprintf(name->address, sizeof name->address, "%s", address);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

static unsigned times_asked(const char *host)
{
    pthread_mutex_lock(&lock);
    unsigned asked = find(host)->asked;
    pthread_mutex_unlock(&lock);
    return asked;
}

int __wrap_getaddrinfo(
    const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **list)
{
    char address[64];

    if (hints->ai_flags & AI_NUMERICHOST)
        return __real_getaddrinfo(node, service, hints, list);
    pthread_mutex_lock(&lock);
    struct name *name = find(node);
    if (name)
        name->asked++;
    while (name && name->hangs)
        pthread_cond_wait(&changed, &lock);
    snprintf(address, sizeof address, "%s", name ? name->address : "");
    pthread_mutex_unlock(&lock);
    if (address[0] == '\0')
        return EAI_NONAME;
    struct addrinfo numeric = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    return __real_getaddrinfo(address, service, &numeric, list);
}

static int forget_names(void **state)
{
    (void)state;
    // Threads of the test before may still be inside: let them all go, and wait until they are gone.
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < name_count; i++)
        names[i].hangs = false;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    int64_t deadline_ms = clock_now_ms() + DEADLINE_MS;
    while (resolver_lookups() > 0 && clock_now_ms() < deadline_ms)
        usleep(1000);
    assert_int_equal(resolver_lookups(), 0);
    memset(names, 0, sizeof names);
    name_count = 0;
    return 0;
}

struct asked {
    unsigned answers;
    struct resolver_answer answer;
};

static void on_answer(void *ctx, const struct resolver_answer *answer)
{
    struct asked *asked = ctx;

    asked->answers++;
    asked->answer = *answer;
}

static void tick(struct event_base *base, int ms)
{
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (ms % 1000) * 1000L};

    event_base_loopexit(base, &tv);
    event_base_dispatch(base);
}

#define WAIT_FOR(base, condition)                                                                            \
    do {                                                                                                     \
        int64_t deadline_ms = clock_now_ms() + DEADLINE_MS;                                                  \
        while (!(condition)) {                                                                               \
            if (clock_now_ms() > deadline_ms)                                                                \
                fail_msg("waited in vain for %s", #condition);                                               \
            tick(base, 5);                                                                                   \
        }                                                                                                    \
    } while (0)

static void numeric_addresses_and_localhost_are_known_without_asking(void **state)
{
    struct resolver_answer answer;

    (void)state;
    assert_true(resolver_knows("192.168.55.1", &answer));
    assert_int_equal(answer.count, 1);
    assert_string_equal(answer.addresses[0], "192.168.55.1");
    assert_true(resolver_knows("::1", &answer));
    assert_true(resolver_knows("LocalHost", &answer));
    assert_int_equal(answer.count, 2);
    assert_false(resolver_knows("broker.lan", &answer));
    assert_false(resolver_knows("", &answer));
}

static void an_answer_comes_from_the_loop_and_not_before(void **state)
{
    struct event_base *base = event_base_new();
    struct asked asked = {0}, numeric = {0};

    (void)state;
    say("good", false, "127.0.0.7");
    assert_non_null(resolver_ask(base, "good", on_answer, &asked));
    assert_non_null(resolver_ask(base, "127.0.0.9", on_answer, &numeric));
    assert_int_equal(asked.answers + numeric.answers, 0);
    WAIT_FOR(base, asked.answers == 1 && numeric.answers == 1);
    assert_int_equal(asked.answer.count, 1);
    assert_string_equal(asked.answer.addresses[0], "127.0.0.7");
    assert_string_equal(numeric.answer.addresses[0], "127.0.0.9");
    event_base_free(base);
}

static void a_name_that_does_not_exist_is_told_in_words(void **state)
{
    struct event_base *base = event_base_new();
    struct asked asked = {0};

    (void)state;
    say("missing", false, "");
    assert_non_null(resolver_ask(base, "missing", on_answer, &asked));
    WAIT_FOR(base, asked.answers == 1);
    assert_int_equal(asked.answer.count, 0);
    assert_string_equal(asked.answer.why, gai_strerror(EAI_NONAME));
    event_base_free(base);
}

static void a_hung_look_up_holds_up_neither_the_loop_nor_another_name(void **state)
{
    struct event_base *base = event_base_new();
    struct asked hung = {0}, good = {0};

    (void)state;
    say("hung", true, "127.0.0.1");
    say("good", false, "127.0.0.2");
    assert_non_null(resolver_ask(base, "hung", on_answer, &hung));
    assert_non_null(resolver_ask(base, "good", on_answer, &good));
    WAIT_FOR(base, good.answers == 1);
    assert_int_equal(hung.answers, 0);
    say("hung", false, "127.0.0.1");
    WAIT_FOR(base, hung.answers == 1);
    event_base_free(base);
}

static void a_question_for_a_name_being_asked_joins_it(void **state)
{
    struct event_base *base = event_base_new();
    struct asked first = {0}, second = {0};

    (void)state;
    say("hung", true, "127.0.0.1");
    assert_non_null(resolver_ask(base, "hung", on_answer, &first));
    assert_non_null(resolver_ask(base, "hung", on_answer, &second));
    assert_int_equal(resolver_lookups(), 1);
    WAIT_FOR(base, times_asked("hung") == 1);
    say("hung", false, "127.0.0.1");
    WAIT_FOR(base, first.answers == 1 && second.answers == 1);
    assert_int_equal(times_asked("hung"), 1);
    event_base_free(base);
}

static void a_question_that_is_left_is_never_answered_and_the_thread_cleans_up(void **state)
{
    struct event_base *base = event_base_new();
    struct asked left = {0}, stays = {0};

    (void)state;
    say("hung", true, "127.0.0.1");
    struct resolver_question *question = resolver_ask(base, "hung", on_answer, &left);
    assert_non_null(resolver_ask(base, "hung", on_answer, &stays));
    resolver_cancel(question);
    say("hung", false, "127.0.0.1");
    WAIT_FOR(base, stays.answers == 1);
    // Answered already, but the loop has not heard of it yet.
    question = resolver_ask(base, "hung", on_answer, &left);
    int64_t deadline_ms = clock_now_ms() + DEADLINE_MS;
    while (resolver_lookups() > 0 && clock_now_ms() < deadline_ms)
        usleep(1000);
    resolver_cancel(question);
    tick(base, 20);
    assert_int_equal(left.answers, 0);
    resolver_cancel(NULL);
    event_base_free(base);
}

static void a_base_that_goes_away_under_a_hung_look_up_harms_nobody(void **state)
{
    struct event_base *base = event_base_new();
    struct asked left = {0};

    (void)state;
    say("hung", true, "127.0.0.1");
    resolver_cancel(resolver_ask(base, "hung", on_answer, &left));
    event_base_free(base);
    assert_int_equal(resolver_lookups(), 1);
    say("hung", false, "127.0.0.1");
    int64_t deadline_ms = clock_now_ms() + DEADLINE_MS;
    while (resolver_lookups() > 0 && clock_now_ms() < deadline_ms)
        usleep(1000);
    assert_int_equal(resolver_lookups(), 0);
    assert_int_equal(left.answers, 0);
}

static void the_ninth_name_that_hangs_is_refused_at_once(void **state)
{
    struct event_base *base = event_base_new();
    struct asked asked[RESOLVER_LOOKUPS_MAX + 1] = {0};
    char host[32];

    (void)state;
    for (int i = 0; i <= RESOLVER_LOOKUPS_MAX; i++) {
        snprintf(host, sizeof host, "hung-%d", i);
        say(host, true, "127.0.0.1");
        assert_non_null(resolver_ask(base, host, on_answer, &asked[i]));
    }
    assert_int_equal(resolver_lookups(), RESOLVER_LOOKUPS_MAX);
    WAIT_FOR(base, asked[RESOLVER_LOOKUPS_MAX].answers == 1);
    assert_int_equal(asked[RESOLVER_LOOKUPS_MAX].answer.count, 0);
    assert_int_equal(asked[0].answers, 0);
    for (int i = 0; i < RESOLVER_LOOKUPS_MAX; i++) {
        snprintf(host, sizeof host, "hung-%d", i);
        say(host, false, "127.0.0.1");
    }
    for (int i = 0; i < RESOLVER_LOOKUPS_MAX; i++)
        WAIT_FOR(base, asked[i].answers == 1);
    event_base_free(base);
}

// ---- the link's use of it. Nobody listens on port 9 of 127.0.0.x: an attempt that knows an address is refused at once.

struct seen {
    char log[4096]; // the reasons, each followed by a line end
    enum link_state state;
};

static void on_changed(void *ctx, const struct link_report *report)
{
    struct seen *seen = ctx;
    size_t used = strlen(seen->log);

    seen->state = report->state;
    if (report->reason[0] != '\0')
        snprintf(seen->log + used, sizeof seen->log - used, "%s\n", report->reason);
}

static void on_message(void *ctx, const struct link_message *message)
{
    (void)ctx;
    (void)message;
}

static const struct link_events events = {.changed = on_changed, .message = on_message};

static struct link *open_link(
    struct event_base *base, struct seen *seen, const char *host, const char *second)
{
    struct link_options options = {.broker_count = 1, .keepalive_s = 10, .version = 5, .attempt_ms = 200};

    memset(seen, 0, sizeof *seen);
    snprintf(options.brokers[0].host, sizeof options.brokers[0].host, "%s", host);
    options.brokers[0].port = 9;
    if (second) {
        snprintf(options.brokers[1].host, sizeof options.brokers[1].host, "%s", second);
        options.brokers[1].port = 9;
        options.broker_count = 2;
    }
    struct link *link = link_new(base, &options, &events, seen);
    assert_non_null(link);
    return link;
}

static void an_attempt_whose_look_up_takes_too_long_has_failed_and_the_next_broker_is_tried(void **state)
{
    struct event_base *base = event_base_new();
    struct seen seen;

    (void)state;
    say("hung.lan", true, "127.0.0.7");
    say("good.lan", false, "127.0.0.8");
    int64_t began_ms = clock_now_ms();
    struct link *link = open_link(base, &seen, "hung.lan", "good.lan");
    WAIT_FOR(base, strstr(seen.log, "connection refused at good.lan:9"));
    assert_in_range(clock_now_ms() - began_ms, 190, 4000);
    link_free(link);
    link = open_link(base, &seen, "hung.lan", NULL);
    WAIT_FOR(base, strstr(seen.log, "no address for hung.lan: no answer from the name server within 200 ms"));
    assert_int_equal(link_report(link)->trouble, TROUBLE_RESOLVE);
    link_free(link);
    event_base_free(base);
}

static void an_answer_that_comes_too_late_serves_the_next_attempt(void **state)
{
    struct event_base *base = event_base_new();
    struct seen seen;

    (void)state;
    say("slow.lan", true, "127.0.0.7");
    struct link *link = open_link(base, &seen, "slow.lan", NULL);
    WAIT_FOR(base, link_report(link)->attempts >= 2 && seen.state == LINK_WAITING);
    assert_int_equal(times_asked("slow.lan"), 1);
    say("slow.lan", false, "127.0.0.7");
    WAIT_FOR(base, strstr(seen.log, "connection refused at slow.lan:9"));
    link_free(link);
    event_base_free(base);
}

static void the_last_good_addresses_are_tried_while_a_look_up_hangs(void **state)
{
    struct event_base *base = event_base_new();
    struct seen seen;

    (void)state;
    say("broker.lan", false, "127.0.0.7");
    struct link *link = open_link(base, &seen, "broker.lan", NULL);
    WAIT_FOR(base, strstr(seen.log, "connection refused at broker.lan:9"));
    say("broker.lan", true, "127.0.0.7");
    unsigned asked = times_asked("broker.lan");
    WAIT_FOR(base, times_asked("broker.lan") == asked + 1);
    seen.log[0] = '\0';
    unsigned attempts = link_report(link)->attempts;
    WAIT_FOR(base, link_report(link)->attempts >= attempts + 3);
    assert_int_equal(times_asked("broker.lan"), asked + 1);
    // The report names the cause, and not what the old address said.
    assert_non_null(strstr(seen.log, "no address for broker.lan: no answer from the name server"));
    link_free(link);
    event_base_free(base);
}

static void closing_and_freeing_do_not_wait_for_a_look_up(void **state)
{
    struct event_base *base = event_base_new();
    struct seen seen;

    (void)state;
    say("hung.lan", true, "127.0.0.7");
    struct link *link = open_link(base, &seen, "hung.lan", NULL);
    WAIT_FOR(base, times_asked("hung.lan") == 1);
    int64_t began_ms = clock_now_ms();
    link_close(link, 5000);
    assert_int_equal(seen.state, LINK_CLOSED);
    link_free(link);
    assert_true(clock_now_ms() - began_ms < 1000);
    event_base_free(base);
    assert_int_equal(resolver_lookups(), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(numeric_addresses_and_localhost_are_known_without_asking, forget_names),
        cmocka_unit_test_teardown(an_answer_comes_from_the_loop_and_not_before, forget_names),
        cmocka_unit_test_teardown(a_name_that_does_not_exist_is_told_in_words, forget_names),
        cmocka_unit_test_teardown(a_hung_look_up_holds_up_neither_the_loop_nor_another_name, forget_names),
        cmocka_unit_test_teardown(a_question_for_a_name_being_asked_joins_it, forget_names),
        cmocka_unit_test_teardown(
            a_question_that_is_left_is_never_answered_and_the_thread_cleans_up, forget_names),
        cmocka_unit_test_teardown(a_base_that_goes_away_under_a_hung_look_up_harms_nobody, forget_names),
        cmocka_unit_test_teardown(the_ninth_name_that_hangs_is_refused_at_once, forget_names),
        cmocka_unit_test_teardown(
            an_attempt_whose_look_up_takes_too_long_has_failed_and_the_next_broker_is_tried, forget_names),
        cmocka_unit_test_teardown(an_answer_that_comes_too_late_serves_the_next_attempt, forget_names),
        cmocka_unit_test_teardown(the_last_good_addresses_are_tried_while_a_look_up_hangs, forget_names),
        cmocka_unit_test_teardown(closing_and_freeing_do_not_wait_for_a_look_up, forget_names),
    };

    return cmocka_run_group_tests_name("resolver", tests, NULL, NULL);
}
