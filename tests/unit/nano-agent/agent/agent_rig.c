// SPDX-License-Identifier: MIT
#include "tests/unit/nano-agent/agent/agent_rig.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct rig *current; // the hardware's functions get no context: one rig at a time

static void record(enum rig_kind kind, size_t channel, int64_t value)
{
    assert_true(current->event_count < RIG_EVENTS_MAX);
    current->events[current->event_count++] = (struct rig_event){kind, channel, value, current->now_us};
}

static size_t owner(const void *member)
{
    return (size_t)((const char *)member - (const char *)current->hardware) / sizeof current->hardware[0];
}

static int pwm_set(struct hw_pwm *pwm, int64_t pulse_ns)
{
    struct rig_hardware *h = &current->hardware[owner(pwm)];
    assert_true(pulse_ns >= 0 && pulse_ns <= pwm->period_ns);
    if (h->error)
        return h->error;
    h->pulse_ns = pulse_ns;
    record(RIG_SET, owner(pwm), pulse_ns);
    return 0;
}

static int pwm_enable(struct hw_pwm *pwm, bool on)
{
    struct rig_hardware *h = &current->hardware[owner(pwm)];
    if (h->error)
        return h->error;
    h->enabled = on;
    record(RIG_ENABLE, owner(pwm), on);
    return 0;
}

static int switch_set(struct hw_switch *sw, bool on)
{
    struct rig_hardware *h = &current->hardware[owner(sw)];
    if (h->error)
        return h->error;
    h->level = on;
    record(RIG_SWITCH, owner(sw), on);
    return 0;
}

static int input_get(struct hw_input *input, bool *level)
{
    struct rig_hardware *h = &current->hardware[owner(input)];
    h->reads++;
    if (h->error)
        return h->error;
    *level = h->level;
    return 0;
}

// As a chip does whose supply broke down: it emits nothing, and tells it once.
static int pwm_check(struct hw_pwm *pwm)
{
    struct rig_hardware *h = &current->hardware[owner(pwm)];
    if (h->check_error)
        return h->check_error;
    if (!h->reset)
        return 0;
    h->reset = h->enabled = false;
    h->pulse_ns = 0;
    return -ESTALE;
}

static int motor_set(struct hw_motor *motor, enum hw_motor_turn turn, int permille)
{
    struct rig_hardware *h = &current->hardware[owner(motor)];
    if (h->error)
        return h->error;
    h->permille = turn == HW_MOTOR_BACKWARD ? -permille : permille;
    record(RIG_MOTOR, owner(motor), turn == HW_MOTOR_SHORT ? RIG_MOTOR_SHORT : h->permille);
    return 0;
}

static int motor_zero(struct hw_motor *motor)
{
    current->hardware[owner(motor)].enabled = false;
    return motor_set(motor, HW_MOTOR_COAST, 0);
}

static int motor_enable(struct hw_motor *motor, bool on)
{
    current->hardware[owner(motor)].enabled = on;
    record(RIG_ENABLE, owner(motor), on);
    return 0;
}

static int motor_check(struct hw_motor *motor)
{
    struct rig_hardware *h = &current->hardware[owner(motor)];
    h->reset_seen = h->reset;
    h->reset = false;
    return 0;
}

static int motor_result(struct hw_motor *motor, int64_t *done_us)
{
    struct rig_hardware *h = &current->hardware[owner(motor)];
    int rc = h->error ? h->error : h->reset_seen ? -ESTALE : 0;
    h->reset_seen = false;
    *done_us = current->now_us;
    return rc;
}

static const struct hw_motor_ops motor_ops = {.set = motor_set,
    .zero = motor_zero,
    .enable = motor_enable,
    .check = motor_check,
    .result = motor_result};
static const struct hw_pwm_ops pwm_ops = {.set = pwm_set, .enable = pwm_enable, .check = pwm_check};
static const struct hw_switch_ops switch_ops = {.set = switch_set};
static const struct hw_input_ops input_ops = {.get = input_get};

static int on_status(void *ctx, const char *json, size_t len, bool heartbeat, bool final)
{
    struct rig *rig = ctx;
    char why[PROTOCOL_WHY_SIZE];
    record(final ? RIG_FINAL : RIG_STATUS, 0, heartbeat);
    memcpy(rig->json, json, len);
    rig->json[len] = '\0';
    if (rig->link_rc == 0 && status_parse(json, len, &rig->seen, why) != 0)
        fail_msg("%s: %s", why, rig->json);
    return rig->link_rc;
}

static void on_reply(void *ctx, const char *topic, const char *json, size_t len, const void *correlation,
    size_t correlation_len)
{
    struct rig *rig = ctx;
    record(RIG_REPLY, 0, 0);
    snprintf(rig->reply_topic, sizeof rig->reply_topic, "%s", topic);
    memcpy(rig->json, json, len);
    rig->json[len] = '\0';
    assert_true(correlation_len <= sizeof rig->correlation);
    if (correlation_len > 0)
        memcpy(rig->correlation, correlation, correlation_len);
    rig->correlation_len = correlation_len;
}

static void on_clear(void *ctx, const char *topic)
{
    struct rig *rig = ctx;
    record(RIG_CLEAR, 0, 0);
    snprintf(rig->cleared_topic, sizeof rig->cleared_topic, "%s", topic);
}

static void on_done(void *ctx, const struct status_last *last, int64_t took_us)
{
    struct rig *rig = ctx;
    record(RIG_DONE, 0, last->result);
    memcpy(rig->done_cmd, last->cmd, sizeof rig->done_cmd);
    rig->took_us = took_us;
}

static void on_trouble(void *ctx, const char *sentence)
{
    struct rig *rig = ctx;
    record(RIG_TROUBLE, 0, 0);
    snprintf(rig->trouble, sizeof rig->trouble, "%s", sentence);
}

static void on_health(void *ctx, struct status_health *out)
{
    (void)ctx;
    record(RIG_HEALTH, 0, 0);
    out->has = HEALTH_CPU_C;
    out->cpu_c = 415;
}

static void on_save(void *ctx, const struct positions *positions)
{
    struct rig *rig = ctx;
    rig->saved = *positions;
    rig->saved_us = rig->now_us;
    rig->saves++;
}

static int64_t on_clock(void *ctx)
{
    static int64_t us;
    (void)ctx;
    return us += 7;
}

static const struct agent_io io = {.status = on_status,
    .reply = on_reply,
    .clear_retained = on_clear,
    .done = on_done,
    .trouble = on_trouble,
    .health = on_health,
    .save = on_save,
    .clock_us = on_clock};

struct agent_channel_config *rig_add(struct rig *rig, const char *name, enum channel_kind kind)
{
    size_t at = rig->config.count++;
    struct agent_channel_config *c = &rig->config.channels[at];
    struct rig_hardware *h = &rig->hardware[at];
    snprintf(c->id.name, sizeof c->id.name, "%s", name);
    c->id.kind = kind;
    c->debounce_ms = 20;
    c->start = c->safe = POLICY_OFF;
    if (kind == CHANNEL_SERVO) {
        c->axis = AXIS_TILT;
        c->step = 50;
        c->motion = (struct motion_config){
            .pulse_us = {1000, 2000}, .angle = {-450, 450}, .limit = {-450, 450}, .speed = 120, .accel = 600};
    }
    if (kind == CHANNEL_MOTOR) {
        c->safe = c->lost = c->exit = POLICY_OFF;
        c->run_ms = 500;
        c->motor =
            (struct motor_config){.min = 200, .max = 990, .start_at = 600, .ramp = 3000, .dead_us = 20000};
    }
    h->motor = (struct hw_motor){
        .ops = &motor_ops, .fd = -1, .period_ns = 5000000, .has_enable = true, .can_short = true};
    h->pwm = (struct hw_pwm){.ops = &pwm_ops, .period_ns = kind == CHANNEL_SERVO ? 20000000 : 1000000};
    h->sw.ops = &switch_ops;
    h->input = (struct hw_input){.ops = &input_ops, .fd = -1};
    return c;
}

struct rig *rig_new(void)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    current = rig;
    rig->now_us = 5000000;
    rig->config.report_ms = 1000;
    snprintf(rig->config.root, sizeof rig->config.root, "jetson");
    rig_add(rig, "tilt", CHANNEL_SERVO);
    rig_add(rig, "led", CHANNEL_SWITCH);
    return rig;
}

size_t rig_index(const struct rig *rig, const char *name)
{
    for (size_t i = 0; i < rig->config.count; i++)
        if (strcmp(rig->config.channels[i].id.name, name) == 0)
            return i;
    fail_msg("no channel %s", name);
    return 0;
}

struct rig_hardware *rig_hardware(struct rig *rig, const char *name)
{
    return &rig->hardware[rig_index(rig, name)];
}

int64_t rig_boot_ms(const struct rig *rig)
{
    return rig->now_us / 1000 + RIG_BOOT_OFFSET_MS + rig->suspended_ms;
}

static union agent_output output_of(struct rig *rig, size_t channel)
{
    struct rig_hardware *h = &rig->hardware[channel];
    enum channel_kind kind = rig->config.channels[channel].id.kind;
    if (kind == CHANNEL_SWITCH)
        return (union agent_output){.sw = &h->sw};
    if (kind == CHANNEL_INPUT)
        return (union agent_output){.input = &h->input};
    if (kind == CHANNEL_MOTOR)
        return (union agent_output){.motor = &h->motor};
    return (union agent_output){.pwm = &h->pwm};
}

void rig_boot(struct rig *rig)
{
    union agent_output outputs[PROTOCOL_CHANNELS_MAX] = {0};
    for (size_t i = 0; i < rig->config.count; i++) {
        struct rig_hardware *h = &rig->hardware[i];
        if (rig->config.channels[i].fault[0] == '\0')
            outputs[i] = output_of(rig, i);
        h->enabled = h->pwm.was_enabled;
        h->pulse_ns = h->pwm.found_ns;
    }
    rig->agent =
        agent_new(&rig->config, outputs, &rig->kept, RIG_BOOT, &io, rig, rig->now_us, rig_boot_ms(rig));
    assert_non_null(rig->agent);
}

void rig_plug(struct rig *rig, const char *name)
{
    size_t channel = rig_index(rig, name);
    agent_channel_return(rig->agent, channel, output_of(rig, channel), rig->now_us);
}

void rig_start(struct rig *rig)
{
    rig_boot(rig);
    agent_link_up(rig->agent, rig->now_us, rig_boot_ms(rig));
}

void rig_free(struct rig *rig)
{
    agent_free(rig->agent);
    free(rig);
}

struct agent_command rig_message(const char *payload)
{
    return (struct agent_command){.topic = "jetson/control", .payload = payload, .len = strlen(payload)};
}

enum protocol_result rig_deliver(struct rig *rig, struct agent_command command)
{
    size_t before = rig_count(rig, RIG_STATUS);
    agent_command(rig->agent, &command, rig->now_us, rig_boot_ms(rig));
    size_t came = rig_count(rig, RIG_STATUS) - before;
    assert_true(came <= 1);
    return came == 0 ? RESULT_NONE : rig->seen.last.result;
}

enum protocol_result rig_send(struct rig *rig, const char *payload)
{
    return rig_deliver(rig, rig_message(payload));
}

void rig_run_ms(struct rig *rig, int64_t ms)
{
    int64_t end = rig->now_us + ms * 1000;
    int stuck = 0;
    while (agent_next_us(rig->agent) <= end) {
        int64_t next = agent_next_us(rig->agent);
        stuck = next > rig->now_us ? 0 : stuck + 1;
        assert_true(stuck < 3); // each tick must do what it was due for
        rig->now_us = next > rig->now_us ? next : rig->now_us;
        agent_tick(rig->agent, rig->now_us, rig_boot_ms(rig));
    }
    rig->now_us = end;
}

void rig_edge(struct rig *rig, const char *name, bool level)
{
    rig_hardware(rig, name)->level = level;
    agent_input(rig->agent, rig_index(rig, name), level, rig->now_us, rig_boot_ms(rig));
}

void rig_forget(struct rig *rig)
{
    rig->event_count = 0;
    rig->trouble[0] = '\0';
}

size_t rig_count(const struct rig *rig, enum rig_kind kind)
{
    size_t count = 0;
    for (size_t i = 0; i < rig->event_count; i++)
        count += rig->events[i].kind == kind;
    return count;
}

const struct rig_event *rig_event(const struct rig *rig, enum rig_kind kind, size_t n)
{
    for (size_t i = 0; i < rig->event_count; i++)
        if (rig->events[i].kind == kind && n-- == 0)
            return &rig->events[i];
    fail_msg("no event %d number %zu", (int)kind, n);
    return NULL;
}

const struct status_channel *rig_seen(const struct rig *rig, const char *name)
{
    for (size_t i = 0; i < rig->seen.count; i++)
        if (strcmp(rig->seen.channels[i].id.name, name) == 0)
            return &rig->seen.channels[i];
    fail_msg("no channel %s in %s", name, rig->json);
    return NULL;
}

void rig_assert_released(const struct rig *rig, int64_t at_us)
{
    assert_int_equal(rig_count(rig, RIG_SET), 1);
    assert_int_equal(rig_event(rig, RIG_SET, 0)->value, 0);
    assert_int_equal(rig_event(rig, RIG_SET, 0)->at_us, at_us);
    assert_int_equal(rig_count(rig, RIG_ENABLE), 1);
    assert_int_equal(rig_event(rig, RIG_ENABLE, 0)->value, 0);
    assert_int_equal(rig_event(rig, RIG_ENABLE, 0)->at_us, at_us + MOTION_FRAME_US);
}

struct agent_channel_config *rig_config(struct rig *rig, const char *name)
{
    return &rig->config.channels[rig_index(rig, name)];
}

void rig_start_afresh(struct rig *rig)
{
    rig_start(rig);
    rig_forget(rig);
}
