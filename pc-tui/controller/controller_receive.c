// SPDX-License-Identifier: MIT
// Statuses and PUBACKs find the commands that they answer.
#include "pc-tui/controller/controller_receive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "pc-tui/controller/controller_drive.h"
#include "pc-tui/controller/controller_halt.h"
#include "pc-tui/controller/controller_send.h"
#include "pc-tui/controller/controller_stop.h"
#include "pc-tui/model/model_kind.h"

// Where the command has sent its channel, "tilt 20.0°"; "" where it concerns no single channel, or failed.
static void describe_target(char out[JOURNAL_VALUE_SIZE], const struct model_device *device)
{
    const struct status_last *last = &device->status->last;
    struct channel_id ids[PROTOCOL_NAMES_MAX];
    struct protocol_command command;
    struct vocabulary_match match;
    char why[PROTOCOL_WHY_SIZE], value[MODEL_VALUE_SIZE];
    out[0] = '\0';
    if (!protocol_result_is_success(last->result) ||
        protocol_parse_text(last->cmd, strlen(last->cmd), &command, why) < 0 ||
        vocabulary_match(ids, model_channel_ids(device, ids), &command, &match, why) != RESULT_OK ||
        match.channel < 0)
        return;
    const struct status_channel *channel = &device->status->channels[match.channel];
    if (*model_target(value, channel))
        snprintf(out, JOURNAL_VALUE_SIZE, "%s %s", channel->id.name, value);
}

// The answer came: its event is complete, and the round trip tells something about the device's clock.
static void end_with_echo(struct controller *controller, uint64_t serial, const struct model_device *device,
    int64_t trip_us, bool late)
{
    const struct status_last *last = &device->status->last;
    struct journal_event *event = journal_find(&controller->model->journal, serial);
    if (!event)
        return;
    event->echo_us = trip_us;
    event->late = late;
    describe_target(event->value, device);
    event->result = last->result;
    snprintf(event->result_name, sizeof event->result_name, "%s",
        last->result == RESULT_OTHER ? last->result_name : protocol_result_name(last->result));
    controller_end(controller, serial, JOURNAL_DONE, "%s", last->why);
}

// The echo of a stop that went to all at once proves that this device has stopped.
static void take_shared_echo(
    struct controller *controller, struct model_device *device, struct controller_clock now)
{
    const struct status_last *last = &device->status->last;
    const struct peer_stop *shared = &controller->shared_stop;
    if (!shared->id[0] || strcmp(shared->id, last->id) != 0)
        return;
    struct peer *peer = controller_peer(controller, device);
    if (!peer)
        return;
    peer->echoed_shared = true;
    peer->last_is_ours = true;
    if (peer->stop.used) {
        peer->stop.used = false;
        end_with_echo(controller, peer->stop.serial, device, now.us - shared->sent_us, false);
    }
}

static void note_trip(
    struct controller *controller, struct peer *peer, int64_t sent_us, struct controller_clock now)
{
    peer_add_sample(peer, sent_us, now.us, peer->device->status->t_ms);
    peer_add_trip(peer, now.us - sent_us, now.us);
    model_trip(controller->model, peer->device, now.us - sent_us, now.us);
}

static void take_own_echo(
    struct controller *controller, struct peer *peer, bool retained, struct controller_clock now)
{
    const struct status *status = peer->device->status;
    struct peer_stop *stop = &peer->stop;
    if (stop->used && stop->sent > 0 && strcmp(stop->id, status->last.id) == 0) {
        // Which of several sendings was answered nobody can tell: then it says nothing about the clock.
        if (!retained && stop->sent == 1)
            note_trip(controller, peer, stop->sent_us, now);
        stop->used = false;
        end_with_echo(controller, stop->serial, peer->device, now.us - stop->sent_us, false);
        return;
    }
    struct peer_halt *halt = controller_halt_find(peer, status->last.id);
    if (halt) {
        int64_t trip_us = now.us - halt->sent_us;
        if (!retained && halt->sent == 1)
            note_trip(controller, peer, halt->sent_us, now);
        halt->used = false;
        end_with_echo(controller, halt->serial, peer->device, trip_us, halt->given_up);
        return;
    }
    struct peer_command *command = peer_find(peer, status->last.id);
    if (!command)
        return;
    struct peer_command answered = *command;
    command->used = false;
    if (answered.kind == COMMAND_DRIVE)
        controller_drive_answered(peer, &answered);
    peer->let_go = peer->let_go || (answered.kind == COMMAND_STEP && status->last.result == RESULT_REFUSED);
    if (!retained)
        note_trip(controller, peer, answered.sent_us, now);
    if (answered.kind != COMMAND_CLOCK)
        end_with_echo(
            controller, answered.serial, peer->device, now.us - answered.sent_us, answered.given_up);
}

static void take_others(
    struct controller *controller, const struct model_device *device, struct controller_clock now)
{
    const struct status_last *last = &device->status->last;
    struct journal_event *event =
        journal_add(&controller->model->journal, JOURNAL_OTHERS, now.wall_ms, device->name, last->cmd);
    event->local = last->from[0] != '\0';
    event->named = event->local || last->on[0] != '\0';
    if (event->named)
        text_clean(event->from, sizeof event->from, event->local ? last->from : last->on,
            strlen(event->local ? last->from : last->on), sizeof event->from);
    else
        snprintf(event->from, sizeof event->from, "%.*s", JOURNAL_ID_CHARS, last->id);
    event->result = last->result;
    snprintf(event->result_name, sizeof event->result_name, "%s",
        last->result == RESULT_OTHER ? last->result_name : protocol_result_name(last->result));
    snprintf(event->why, sizeof event->why, "%s", last->why);
    describe_target(event->value, device);
    if (!event->local)
        model_set_others(controller->model, device->name, event->from, now.us);
    controller->model->changes++;
}

// The agent tries to clear a retained command itself, and may lack the right. Anybody can claim that a command was
// retained, so a claim counts only where it answers a command of ours, or comes from the unnamed device, and each topic
// is cleared once a run at most.
static void clear_retained(
    struct controller *controller, const struct model_device *device, bool ours, struct controller_clock now)
{
    struct peer *peer = controller_known_peer(controller, device);
    bool *cleared = device->name[0] && peer ? &peer->cleared : &controller->cleared_root;
    if (controller->options.read_only || controller->left || *cleared ||
        (device->name[0] && (!ours || !peer)))
        return;
    char topic[PROTOCOL_TOPIC_MAX];
    int token;
    protocol_topic(topic, controller->options.root, device->name, "control");
    if (controller->shell.publish(controller->ctx, topic, "", 0, true, &token) < 0)
        return;
    *cleared = true;
    journal_note(&controller->model->journal, JOURNAL_NOTICE, now.wall_ms, device->name,
        "a retained command was on %s: cleared", topic);
}

static void take_new_boot(struct controller *controller, struct peer *peer, const char *boot)
{
    // Motion of ours may still go on: anybody can claim another boot.
    controller_give_up_all(controller, peer, "the device restarted");
    peer->sample_count = 0;
    peer->last_is_ours = false;
    peer->set_going = 0;
    peer->drive.stopped = true;
    snprintf(peer->boot, sizeof peer->boot, "%s", boot);
}

// A status tells of a command that no status before it told of.
static void take_result(
    struct controller *controller, struct model_device *device, bool retained, struct controller_clock now)
{
    const struct status_last *last = &device->status->last;
    bool ours = controller_is_own_id(controller, last->id);
    struct peer *peer = controller_known_peer(controller, device);
    if (ours)
        take_shared_echo(controller, device, now);
    if (peer)
        peer->last_is_ours = ours;
    if (ours && peer)
        take_own_echo(controller, peer, retained, now);
    if (!ours && !device->first_of_boot)
        take_others(controller, device, now);
    if (!ours && peer && !device->first_of_boot && strcmp(last->cmd, "stop") == 0)
        peer->let_go = true;
    if (!ours && peer && !device->first_of_boot)
        controller_drive_overheard(peer, now.us);
    if (last->result == RESULT_RETAINED)
        clear_retained(controller, device, ours, now);
}

void controller_status(
    struct controller *controller, const char *topic, const void *payload, size_t len, bool retained)
{
    struct controller_clock now = controller->shell.now(controller->ctx);
    bool is_new;
    struct model_device *device =
        model_status(controller->model, topic, payload, len, retained, now.us, now.wall_ms, &is_new);
    if (!device)
        return;
    // An agent that cannot work answers, and tells no time: as of a retained status, its answer says nothing of the clock.
    if (device->offline) {
        if (is_new)
            take_result(controller, device, true, now);
        return;
    }
    struct peer *peer = controller_known_peer(controller, device);
    if (peer && strcmp(peer->boot, device->status->boot) != 0)
        take_new_boot(controller, peer, device->status->boot);
    if (is_new)
        take_result(controller, device, retained, now);
    if (!peer || retained)
        return;
    // Only an answer to a command of ours says that what we moved is at rest.
    if (peer->last_is_ours && !peer_moves(peer) && !peer_motion_unanswered(peer)) {
        peer->moving = false;
        peer->set_going = 0;
    }
    int64_t agent_ms;
    if (peer->waiting.used && peer_clock(peer, now.us, &agent_ms))
        controller_send_waiting(controller, peer, now);
}

static bool is_answer(void *ctx, const struct model_device *device, const char *id)
{
    struct controller *controller = ctx;
    struct peer *peer = controller_known_peer(controller, device);
    if (!peer || !id[0])
        return false;
    return peer_find(peer, id) || controller_halt_find(peer, id) ||
           (peer->stop.used && strcmp(peer->stop.id, id) == 0);
}

static bool is_needed(void *ctx, const struct model_device *device)
{
    struct controller *controller = ctx;
    const struct peer *peer = controller_known_peer(controller, device);
    return peer && (peer->moving || peer->stop.used || peer->waiting.used);
}

// Who of several that use one name is the device is told by an answer to a command of ours.
static void ask_doubted(void *ctx, struct model_device *device)
{
    struct controller *controller = ctx;
    struct controller_clock now = controller->shell.now(controller->ctx);
    if (!controller_is_up(controller) || controller->left || controller->options.read_only)
        return;
    struct peer *peer = controller_peer(controller, device);
    if (!peer || (peer->doubted_us > 0 && now.us - peer->doubted_us < DOUBT_PAUSE_US))
        return;
    peer->doubted_us = now.us;
    controller_ask_clock(controller, peer, now);
}

static void forget_peer(void *ctx, const struct model_device *device)
{
    struct controller *controller = ctx;
    struct peer *peer = controller_known_peer(controller, device);
    if (!peer)
        return;
    controller_give_up_all(controller, peer, "the device is gone");
    if (peer->stop.used)
        controller_end(controller, peer->stop.serial, JOURNAL_NO_ECHO, "the device is gone");
    controller->peers[device->slot] = NULL;
    free(peer);
}

const struct model_hooks controller_model_hooks = {
    .is_answer = is_answer,
    .is_needed = is_needed,
    .doubted = ask_doubted,
    .dropped = forget_peer,
};

// What a reason code means for the operator; NULL where all is well.
static const char *refusal(char out[PROTOCOL_WHY_SIZE], int reason, const char *root, const char *device)
{
    char topic[PROTOCOL_TOPIC_MAX];
    protocol_topic(topic, root, device, "control");
    if (reason == REASON_NOBODY)
        snprintf(out, PROTOCOL_WHY_SIZE, "nobody listens on %s", topic);
    else if (reason == REASON_DENIED)
        snprintf(out, PROTOCOL_WHY_SIZE, "the broker does not allow us to publish on %s", topic);
    else if (reason >= REASON_FAILED)
        snprintf(out, PROTOCOL_WHY_SIZE, "the broker refused it: MQTT reason %d on %s", reason, topic);
    else
        return NULL;
    return out;
}

static void note_puback(struct controller *controller, uint64_t serial, int64_t sent_us, int reason)
{
    struct journal_event *event = journal_find(&controller->model->journal, serial);
    if (!event || !controller_is_acknowledged(controller))
        return;
    event->broker_us = controller->shell.now(controller->ctx).us - sent_us;
    event->reason = reason;
    if (event->stage == JOURNAL_SENT)
        event->stage = JOURNAL_BROKER;
    controller->model->changes++;
}

static void plain_acked(struct controller *controller, struct plain_word *plain, int reason)
{
    char why[PROTOCOL_WHY_SIZE];
    plain->used = false;
    note_puback(controller, plain->serial, plain->sent_us, reason);
    const char *refused = refusal(why, reason, controller->options.root, "");
    if (plain->clears) {
        if (reason >= REASON_FAILED)
            controller_end(controller, plain->serial, JOURNAL_NO_ECHO,
                "the broker did not let us clear it: MQTT reason %d", reason);
        else
            controller_end(controller, plain->serial, JOURNAL_PLAIN, "cleared");
        return;
    }
    controller_end(
        controller, plain->serial, JOURNAL_PLAIN, "%s", refused ? refused : "no device reports here");
}

static void command_acked(struct controller *controller, struct peer *peer, struct peer_command *command,
    int reason, const char *refused)
{
    note_puback(controller, command->serial, command->sent_us, reason);
    if (!refused)
        return;
    if (command->kind == COMMAND_CLOCK)
        controller_drop_waiting(controller, peer, refused);
    controller_give_up(controller, command, refused);
}

void controller_published(struct controller *controller, int token, int reason)
{
    char why[PROTOCOL_WHY_SIZE];
    for (size_t i = 0; i < PLAIN_WORDS_MAX; i++) {
        if (controller->plain_words[i].used && controller->plain_words[i].token == token) {
            plain_acked(controller, &controller->plain_words[i], reason);
            return;
        }
    }
    struct peer_stop *shared = &controller->shared_stop;
    if (shared->used && shared->sent > 0 && shared->token == token) {
        note_puback(controller, shared->serial, shared->sent_us, reason);
        controller_stop_answered(controller, shared,
            refusal(why, reason, controller->options.root, controller->shared_stop_device));
        return;
    }
    const struct token_entry *entry = &controller->tokens[(unsigned)token % TOKENS_KEPT];
    struct peer *peer = entry->peer > 0 && entry->token == token ? controller->peers[entry->peer - 1] : NULL;
    if (!peer)
        return;
    const char *refused = refusal(why, reason, controller->options.root, peer->device->name);
    if (peer->stop.used && peer->stop.token == token) {
        note_puback(controller, peer->stop.serial, peer->stop.sent_us, reason);
        controller_stop_answered(controller, &peer->stop, refused);
        return;
    }
    const struct peer_halt *halt = controller_halt_of(peer, token);
    if (halt) {
        note_puback(controller, halt->serial, halt->sent_us, reason);
        if (refused)
            controller_end(controller, halt->serial, JOURNAL_NO_ECHO, "%s", refused);
        return;
    }
    for (size_t i = 0; i < PEER_COMMANDS_MAX; i++) {
        if (peer->commands[i].used && peer->commands[i].token == token) {
            command_acked(controller, peer, &peer->commands[i], reason, refused);
            return;
        }
    }
}
