// SPDX-License-Identifier: MIT
#include "tests/unit/pc-tui/ui/drive_rig.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static const int64_t AGENT_AHEAD_MS = 5000, STOP_HOLD_US = 500000, HEARTBEAT_US = 1000000;

uint64_t rig_chance(struct rig *rig, uint64_t below)
{
    rig->chance = rig->chance * 6364136223846793005u + 1442695040888963407u;
    return (rig->chance >> 33) % below;
}

// The link keeps the order of its messages.
static void post(struct rig *rig, bool to_agent, const char *topic, const char *text, size_t len)
{
    int64_t at_us = rig->us + rig->latency_us;
    if (rig->jitter_us > 0)
        at_us += (int64_t)rig_chance(rig, (uint64_t)rig->jitter_us);
    if (at_us < rig->last_us[to_agent])
        at_us = rig->last_us[to_agent];
    rig->last_us[to_agent] = at_us;
    assert_true(rig->message_count < RIG_MESSAGES_MAX);
    size_t at = rig->message_count++;
    for (; at > 0 && rig->messages[at - 1].at_us > at_us; at--)
        rig->messages[at] = rig->messages[at - 1];
    struct rig_message *message = &rig->messages[at];
    message->at_us = at_us;
    message->to_agent = to_agent;
    snprintf(message->topic, sizeof message->topic, "%s", topic);
    assert_true(len < sizeof message->text);
    memcpy(message->text, text, len);
    message->text[len] = '\0';
    message->len = len;
}

static int publish(void *ctx, const char *topic, const char *payload, size_t len, bool retain, int *token)
{
    struct rig *rig = ctx;
    char why[PROTOCOL_WHY_SIZE];
    struct rig_sent sent = {.at_us = rig->us};
    assert_false(retain);
    if (!rig->up)
        return -ENOTCONN;
    assert_int_equal(protocol_parse_command(payload, len, &sent.command, why), 0);
    if (strcmp(sent.command.cmd, "status") != 0) {
        assert_true(rig->sent_count < RIG_SENT_MAX);
        rig->sent[rig->sent_count++] = sent;
    }
    if (!rig->deaf)
        post(rig, true, topic, payload, len);
    *token = (int)rig->ids;
    return 0;
}

static struct controller_clock now(void *ctx)
{
    const struct rig *rig = ctx;
    return (struct controller_clock){.us = rig->us, .wall_ms = 1700000000000 + rig->us / 1000};
}

static uint64_t random_id(void *ctx)
{
    struct rig *rig = ctx;
    return ++rig->ids;
}

static void wake(void *ctx, int64_t at_us)
{
    struct rig *rig = ctx;
    rig->wake_us = at_us;
}

static void report(struct rig *rig)
{
    struct status *status = &rig->report.status;
    struct status_channel *motor = &status->channels[RIG_MOTOR];
    status->seq++;
    status->t_ms = rig->us / 1000 + AGENT_AHEAD_MS;
    motor->left_ms = rig_runs(rig) ? (int)((rig->run_until_us - rig->us) / 1000) : 0;
    report_encode(&rig->report);
    if (rig->lose_every == 0 || status->seq % rig->lose_every != 0)
        post(rig, false, "jetson/status", rig->report.text, rig->report.len);
}

bool rig_runs(const struct rig *rig)
{
    return rig->run_count > 0 && rig->runs[rig->run_count - 1].to_us == INT64_MAX;
}

static void set_motor(struct rig *rig, int percent)
{
    struct status_channel *motor = &rig->report.status.channels[RIG_MOTOR];
    if (percent != 0 && !rig_runs(rig)) {
        assert_true(rig->run_count < RIG_RUNS_MAX);
        rig->runs[rig->run_count++] = (struct rig_run){.from_us = rig->us, .to_us = INT64_MAX};
    } else if (percent == 0 && rig_runs(rig)) {
        rig->runs[rig->run_count - 1].to_us = rig->us;
    }
    motor->percent = motor->target = percent;
    motor->driven = percent != 0;
}

static void stop_all(struct rig *rig)
{
    set_motor(rig, 0);
    rig->report.status.channels[RIG_LAMP].on = false;
    rig->report.status.stops++;
    rig->hold_until_us = rig->us + STOP_HOLD_US;
}

static bool is_seen(struct rig *rig, const char *id)
{
    for (size_t i = 0; i < rig->seen_count; i++) {
        if (strcmp(rig->seen_ids[i], id) == 0)
            return true;
    }
    assert_true(rig->seen_count < RIG_SENT_MAX);
    snprintf(rig->seen_ids[rig->seen_count++], sizeof rig->seen_ids[0], "%s", id);
    return false;
}

// What docs/protocol.md promises of a command that moves something. NULL = it may.
static const char *refusal(
    struct rig *rig, const struct protocol_command *command, enum protocol_result *result)
{
    *result = RESULT_REFUSED;
    if (command->has_stops && command->stops != (int64_t)rig->report.status.stops)
        return "stopped meanwhile";
    if (rig->us < rig->hold_until_us)
        return "stopped";
    *result = RESULT_EXPIRED;
    if (command->has_by && rig->us / 1000 + AGENT_AHEAD_MS > command->by_ms)
        return "too late";
    return NULL;
}

static void obey(struct rig *rig, const struct protocol_command *command)
{
    static const char drive[] = "drive_", lamp[] = "lamp_";
    enum protocol_result result = RESULT_OK;
    const char *why = "";
    bool forward = strcmp(command->word, "drive_forward") == 0;
    bool motion = forward || strcmp(command->word, "drive_backward") == 0 ||
                  strcmp(command->word, "lamp_on") == 0 || strncmp(command->word, "wheel", 5) == 0;
    bool again = command->id[0] && is_seen(rig, command->id);
    if (strcmp(command->word, "stop") == 0) {
        stop_all(rig);
    } else if (strcmp(command->word, "drive_stop") == 0 || strcmp(command->word, "drive_off") == 0) {
        set_motor(rig, 0);
    } else if (motion && (why = refusal(rig, command, &result))) {
        // nothing of it happens
    } else if (!again && strncmp(command->word, drive, strlen(drive)) == 0) {
        why = "";
        result = RESULT_OK;
        assert_true(command->has_number);
        rig->renewed_us = rig->us;
        rig->run_until_us = rig->us + rig->run_us;
        set_motor(rig, forward ? command->tenths / 10 : -command->tenths / 10);
    } else {
        why = "";
        result = RESULT_OK;
        if (strncmp(command->word, lamp, strlen(lamp)) == 0)
            rig->report.status.channels[RIG_LAMP].on = strcmp(command->word, "lamp_on") == 0;
    }
    report_answer(&rig->report, command->id, command->cmd, result, why);
    report(rig);
}

void rig_others(struct rig *rig, const char *text)
{
    struct protocol_command command;
    char why[PROTOCOL_WHY_SIZE], payload[128];
    int len = snprintf(payload, sizeof payload, "{\"cmd\":\"%s\",\"id\":\"other-%" PRIu64 "\"}", text,
        rig_chance(rig, UINT32_MAX));
    assert_int_equal(protocol_parse_command(payload, (size_t)len, &command, why), 0);
    obey(rig, &command);
}

static void deliver(struct rig *rig)
{
    static struct rig_message message;
    message = rig->messages[0];
    memmove(rig->messages, rig->messages + 1, --rig->message_count * sizeof rig->messages[0]);
    if (message.to_agent) {
        struct protocol_command command;
        char why[PROTOCOL_WHY_SIZE];
        assert_int_equal(protocol_parse_command(message.text, message.len, &command, why), 0);
        obey(rig, &command);
    } else if (rig->up) {
        controller_status(rig->controller, message.topic, message.text, message.len, false);
        rig->effects |= ui_refresh(&rig->ui);
    }
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

void rig_pass(struct rig *rig, int64_t us)
{
    int64_t end = rig->us + us;
    for (;;) {
        int64_t message_us = rig->message_count > 0 ? rig->messages[0].at_us : INT64_MAX;
        int64_t ui_ms = ui_next_ms(&rig->ui), run_us = rig_runs(rig) ? rig->run_until_us : INT64_MAX;
        int64_t ui_us = ui_ms < INT64_MAX ? ui_ms * 1000 : INT64_MAX;
        int64_t at = least(least(message_us, run_us), least(least(ui_us, rig->wake_us), rig->heartbeat_us));
        if (at > end)
            break;
        rig->us = at > rig->us ? at : rig->us;
        if (run_us <= rig->us) {
            set_motor(rig, 0);
            report(rig);
        } else if (message_us <= rig->us) {
            deliver(rig);
        } else if (rig->heartbeat_us <= rig->us) {
            rig->heartbeat_us += HEARTBEAT_US;
            report(rig);
        } else if (rig->wake_us <= rig->us) {
            rig->wake_us = INT64_MAX;
            controller_tick(rig->controller);
        } else {
            rig->effects |= ui_tick(&rig->ui, rig->us / 1000);
        }
    }
    rig->us = end;
}

void rig_event(struct rig *rig, enum key_code code, uint32_t codepoint, enum key_phase phase)
{
    struct key_event event = {.code = code, .codepoint = codepoint, .phase = phase};
    rig->effects |= ui_key(&rig->ui, &event, rig->us / 1000);
}

void rig_keys(struct rig *rig, const char *keys)
{
    while (*keys) {
        struct key_event key;
        assert_int_equal(key_parse_next(&keys, &key), 0);
        rig->effects |= ui_key(&rig->ui, &key, rig->us / 1000);
    }
}

int64_t rig_hold(struct rig *rig, const char *key, int64_t first_us, int64_t interval_us, int64_t for_us)
{
    int64_t begin = rig->us, last = begin;
    rig_keys(rig, key);
    for (int64_t at = begin + first_us; at <= begin + for_us; at += interval_us) {
        rig_pass(rig, at - rig->us);
        rig_keys(rig, key);
        last = at;
    }
    return last;
}

void rig_link(struct rig *rig, bool up)
{
    struct link_report link = {
        .state = up ? LINK_UP : LINK_WAITING, .version = 5, .limits = {.max_qos = 2, .retains = true}};
    rig->up = up;
    controller_link(rig->controller, &link);
    rig->effects |= ui_refresh(&rig->ui);
}

size_t rig_count(const struct rig *rig, const char *text)
{
    size_t count = 0;
    for (size_t i = 0; i < rig->sent_count; i++)
        count += strcmp(rig->sent[i].command.cmd, text) == 0;
    return count;
}

void rig_forget(struct rig *rig)
{
    rig->sent_count = rig->run_count = 0;
    rig->effects = 0;
}

static void set_up_agent(struct rig *rig, int run_ms)
{
    report_init(&rig->report, "", "b007");
    struct status *status = &rig->report.status;
    status->count = RIG_CHANNELS;
    memset(status->channels, 0, sizeof status->channels);
    status->channels[RIG_MOTOR] = (struct status_channel){.id = {.name = "drive", .kind = CHANNEL_MOTOR},
        .axis = AXIS_DRIVE,
        .speed = 60,
        .min = 20,
        .max = 99,
        .run_ms = run_ms};
    status->channels[RIG_STEER] =
        (struct status_channel){.id = {.name = "wheel", .kind = CHANNEL_SERVO, .pan = true},
            .axis = AXIS_STEER,
            .deg_known = true,
            .target_known = true,
            .min = -300,
            .max = 300,
            .step = 50,
            .driven = true};
    status->channels[RIG_LAMP] =
        (struct status_channel){.id = {.name = "lamp", .kind = CHANNEL_SWITCH, .stops_off = true}};
    status->channels[RIG_LED] = (struct status_channel){.id = {.name = "led", .kind = CHANNEL_SWITCH}};
    rig->run_us = (int64_t)run_ms * 1000;
}

struct rig *rig_begin(int latency_ms, int run_ms)
{
    static const struct controller_shell shell = {
        .publish = publish, .now = now, .random = random_id, .wake = wake};
    static struct rig rig;
    const struct controller_options how = {.root = "jetson", .ttl_ms = 1500, .qos = 1};
    const struct ui_options options = {.read_only = false};
    memset(&rig, 0, sizeof rig);
    rig.us = 1000000000;
    rig.wake_us = INT64_MAX;
    rig.heartbeat_us = rig.us;
    rig.latency_us = (int64_t)latency_ms * RIG_MS;
    rig.chance = 1;
    set_up_agent(&rig, run_ms);
    rig.model = model_new("jetson", "");
    assert_non_null(rig.model);
    rig.controller = controller_new(rig.model, &how, &shell, &rig);
    assert_non_null(rig.controller);
    ui_init(&rig.ui, rig.model, rig.controller, &options);
    rig_link(&rig, true);
    rig_pass(&rig, 8000 * RIG_MS);
    rig_forget(&rig);
    return &rig;
}

void rig_end(struct rig *rig)
{
    report_finish(&rig->report);
    controller_free(rig->controller);
    model_free(rig->model);
}
