// SPDX-License-Identifier: MIT
// A controller with a virtual clock, a link that records and one device that answers: for the tests of the
// controller.
#ifndef TESTS_UNIT_CONTROLLER_FIXTURE_H
#define TESTS_UNIT_CONTROLLER_FIXTURE_H

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "pc-tui/controller/controller.h"
#include "tests/unit/pc-tui/report.h"

enum { MS = 1000, SECOND = 1000000, PUBLISHED_MAX = 4096 };

struct published {
    char topic[PROTOCOL_TOPIC_MAX];
    char payload[PROTOCOL_COMMAND_MAX + 1];
    bool retain;
    int token;
    int64_t at_us;
};

static const int64_t START = 1000 * (int64_t)SECOND;
static const int64_t AGENT_AHEAD_MS = 5000000; // of our clock

static struct model *model;
static struct controller *controller;
static struct report report;
static int64_t now, wake_at;
static uint64_t random_count;
static int64_t agent_ahead_ms; // AGENT_AHEAD_MS until a test makes the clocks jump
static bool connected;
static int publish_error; // what publishing fails with, 0 = it does not
static struct published published[PUBLISHED_MAX];
static size_t published_count;
static struct journal_event finished;
static size_t finished_count;

static inline int fake_publish(
    void *ctx, const char *topic, const char *payload, size_t len, bool retain, int *token)
{
    (void)ctx;
    if (!connected)
        return -ENOTCONN;
    if (publish_error)
        return publish_error;
    assert_in_range(published_count, 0, PUBLISHED_MAX - 1);
    assert_in_range(len, 0, PROTOCOL_COMMAND_MAX);
    struct published *out = &published[published_count++];
    snprintf(out->topic, sizeof out->topic, "%s", topic);
    memcpy(out->payload, payload, len);
    out->payload[len] = '\0';
    out->retain = retain;
    out->at_us = now;
    *token = out->token = (int)published_count;
    return 0;
}

static inline struct controller_clock fake_now(void *ctx)
{
    (void)ctx;
    return (struct controller_clock){.us = now, .wall_ms = now / 1000};
}

// Ids that a reader of a failure can tell apart. Only the shell's own are random.
static inline uint64_t fake_random(void *ctx)
{
    (void)ctx;
    return 0x9f3c7a1e5b2d0000 + ++random_count;
}

static inline void fake_wake(void *ctx, int64_t at_us)
{
    (void)ctx;
    wake_at = at_us;
}

static inline void fake_finished(void *ctx, const struct journal_event *event)
{
    (void)ctx;
    finished = *event;
    finished_count++;
}

static const struct controller_shell shell = {fake_publish, fake_now, fake_random, fake_wake, fake_finished};

static inline void make(bool read_only, int qos)
{
    struct controller_options options = {
        .root = "jetson", .ttl_ms = 1500, .qos = qos, .read_only = read_only};
    controller_free(controller);
    controller = controller_new(model, &options, &shell, NULL);
}

static inline void link_is(enum link_state state)
{
    connected = state == LINK_UP;
    struct link_report link = {.state = state};
    if (!connected)
        snprintf(link.reason, sizeof link.reason, "connection refused at localhost:1883");
    controller_link(controller, &link);
}

static inline int set_up(void **state)
{
    (void)state;
    now = START;
    wake_at = INT64_MAX;
    agent_ahead_ms = AGENT_AHEAD_MS;
    publish_error = 0;
    random_count = 0;
    published_count = finished_count = 0;
    memset(&finished, 0, sizeof finished);
    model = model_new("jetson", "");
    make(false, 1);
    report_init(&report, "", "b007");
    link_is(LINK_UP);
    now += SECOND;
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    report_finish(&report);
    controller_free(controller);
    controller = NULL;
    model_free(model);
    return 0;
}

// Lets time pass, with every tick that was asked for.
static inline void pass(int64_t us)
{
    int64_t end = now + us;
    while (wake_at <= end) {
        if (now < wake_at)
            now = wake_at;
        wake_at = INT64_MAX;
        controller_tick(controller);
    }
    now = end;
}

static inline void hear_as(struct report *from, bool retained)
{
    char topic[PROTOCOL_TOPIC_MAX];
    from->status.seq++;
    from->status.t_ms = now / MS + agent_ahead_ms;
    report_encode(from);
    controller_status(controller, protocol_topic(topic, "jetson", from->status.device, "status"), from->text,
        from->len, retained);
}

static inline void hear(void)
{
    hear_as(&report, false);
}

static inline const struct published *newest(void)
{
    assert_true(published_count > 0);
    return &published[published_count - 1];
}

static inline json_t *envelope(const struct published *message)
{
    json_t *json = json_loads(message->payload, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    return json;
}

// Text of one key of an envelope, "" where it has none.
static inline const char *field(const struct published *message, const char *key)
{
    static char out[4][128];
    static unsigned turn;
    json_t *json = envelope(message);
    char *to = out[turn++ % 4];
    const char *value = json_string_value(json_object_get(json, key));
    snprintf(to, sizeof out[0], "%s", value ? value : "");
    json_decref(json);
    return to;
}

static inline int64_t deadline(const struct published *message)
{
    json_t *json = envelope(message);
    json_t *by = json_object_get(json, "by");
    int64_t value = by ? json_integer_value(by) : -1;
    json_decref(json);
    return value;
}

static inline void echo_from(
    struct report *from, const struct published *message, enum protocol_result result, const char *why)
{
    report_answer(from, field(message, "id"), field(message, "cmd"), result, why);
    hear_as(from, false);
}

static inline void echo(const struct published *message)
{
    echo_from(&report, message, RESULT_OK, "");
}

static const struct controller_address UNNAMED = {.device = ""};

static inline struct controller_answer send_text(const char *text)
{
    return controller_send(controller, &UNNAMED, text);
}

// The device is live and its clock is known, over a round trip of two milliseconds.
static inline void be_ready(void)
{
    hear();
    send_text("status");
    now += 2 * MS;
    echo(newest());
    published_count = finished_count = 0;
}

static inline void assert_refused(struct controller_answer answer, const char *because)
{
    assert_int_equal(answer.verdict, CONTROLLER_REFUSED);
    if (!strstr(answer.why, because))
        fail_msg("refused because of \"%s\", not of \"%s\"", answer.why, because);
}

static inline const struct journal_event *event_back(size_t back)
{
    const struct journal_event *event = journal_at(&model->journal, back);
    assert_non_null(event);
    return event;
}

#define PROMISE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
