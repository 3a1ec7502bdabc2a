// SPDX-License-Identifier: MIT
// Statuses and PUBACKs find the commands that they answer.
#include <stdio.h>
#include <string.h>

#include "pc-tui/controller/controller_send.h"

// The answer came: its event is complete, and the round trip tells something about the device's clock.
static void end_with_echo(struct controller *controller, uint64_t serial, const struct status_last *last,
    int64_t trip_us, bool late)
{
    struct journal_event *event = journal_find(&controller->model->journal, serial);
    if (!event)
        return;
    event->echo_us = trip_us;
    event->late = late;
    event->result = last->result;
    snprintf(event->result_name, sizeof event->result_name, "%s",
        last->result == RESULT_OTHER ? last->result_name : protocol_result_name(last->result));
    controller_end(controller, serial, JOURNAL_DONE, "%s", last->why);
}

static void take_own_echo(
    struct controller *controller, struct peer *peer, bool retained, struct controller_clock now)
{
    const struct status *status = peer->device->status;
    struct peer_stop *stop = &peer->stop;
    if (stop->used && stop->sent > 0 && strcmp(stop->id, status->last.id) == 0) {
        // Which of several sendings was answered nobody can tell: then it says nothing about the clock.
        if (!retained && stop->sent == 1) {
            peer_add_sample(peer, stop->sent_us, now.us, status->t_ms);
            model_trip(controller->model, now.us - stop->sent_us);
        }
        stop->used = false;
        end_with_echo(controller, stop->serial, &status->last, now.us - stop->sent_us, false);
        return;
    }
    struct peer_command *command = peer_find(peer, status->last.id);
    if (!command)
        return;
    struct peer_command answered = *command;
    command->used = false;
    peer->let_go = peer->let_go || (answered.kind == COMMAND_STEP && status->last.result == RESULT_REFUSED);
    if (!retained) {
        peer_add_sample(peer, answered.sent_us, now.us, status->t_ms);
        model_trip(controller->model, now.us - answered.sent_us);
    }
    if (answered.kind != COMMAND_CLOCK)
        end_with_echo(
            controller, answered.serial, &status->last, now.us - answered.sent_us, answered.given_up);
}

static void take_others(
    struct controller *controller, const struct model_device *device, struct controller_clock now)
{
    const struct status_last *last = &device->status->last;
    struct journal_event *event =
        journal_add(&controller->model->journal, JOURNAL_OTHERS, now.wall_ms, device->name, last->cmd);
    event->local = last->from[0] != '\0';
    if (event->local)
        snprintf(event->from, sizeof event->from, "%s", last->from);
    else
        snprintf(event->from, sizeof event->from, "%.*s", JOURNAL_ID_CHARS, last->id);
    event->result = last->result;
    snprintf(event->result_name, sizeof event->result_name, "%s",
        last->result == RESULT_OTHER ? last->result_name : protocol_result_name(last->result));
    snprintf(event->why, sizeof event->why, "%s", last->why);
    if (!event->local)
        model_set_others(controller->model, device->name, event->from, now.us);
    controller->model->changes++;
}

// The agent tries this itself, and may lack the right. The result does not say on which of its two topics the
// message waits.
static void clear_retained(
    struct controller *controller, const struct model_device *device, struct controller_clock now)
{
    if (controller->options.read_only || controller->left)
        return;
    char topic[PROTOCOL_TOPIC_MAX];
    int token;
    int rc = controller->shell.publish(
        controller->ctx, protocol_topic(topic, controller->options.root, "", "control"), "", 0, true, &token);
    if (rc == 0 && device->name[0])
        rc = controller->shell.publish(controller->ctx,
            protocol_topic(topic, controller->options.root, device->name, "control"), "", 0, true, &token);
    if (rc == 0)
        journal_note(&controller->model->journal, JOURNAL_NOTICE, now.wall_ms, device->name,
            "a retained command was on the topic: cleared");
}

void controller_status(
    struct controller *controller, const char *topic, const void *payload, size_t len, bool retained)
{
    struct controller_clock now = controller->shell.now(controller->ctx);
    uint64_t previous_n;
    struct model_device *device =
        model_status(controller->model, topic, payload, len, retained, now.us, now.wall_ms, &previous_n);
    if (!device || device->offline)
        return;
    struct peer *peer = controller_known_peer(controller, device);
    const struct status *status = device->status;
    if (peer && strcmp(peer->boot, status->boot) != 0) {
        controller_give_up_all(controller, peer, "the device restarted");
        peer->sample_count = 0;
        peer->moving = false;
        snprintf(peer->boot, sizeof peer->boot, "%s", status->boot);
    }
    const struct status_last *last = &status->last;
    bool ours = strncmp(last->id, controller->prefix, strlen(controller->prefix)) == 0;
    if (last->n > 0 && ours && peer)
        take_own_echo(controller, peer, retained, now);
    if (last->n > 0 && last->n != previous_n) {
        if (!ours && !device->first_of_boot)
            take_others(controller, device, now);
        if (!ours && peer && !device->first_of_boot && strcmp(last->cmd, "stop") == 0)
            peer->let_go = true;
        if (last->result == RESULT_RETAINED)
            clear_retained(controller, device, now);
    }
    if (!peer || retained)
        return;
    if (!model_moves(device) && !peer_motion_unanswered(peer))
        peer->moving = false;
    int64_t agent_ms;
    if (peer->waiting.used && peer_clock(peer, now.us, &agent_ms))
        controller_send_waiting(controller, peer, now);
}

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

static void publish_acked(struct controller *controller, uint64_t serial, int64_t sent_us, int reason)
{
    struct journal_event *event = journal_find(&controller->model->journal, serial);
    if (!event || controller->options.qos == 0)
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
    publish_acked(controller, plain->serial, plain->sent_us, reason);
    const char *refused = refusal(why, reason, controller->options.root, "");
    controller_end(
        controller, plain->serial, JOURNAL_PLAIN, "%s", refused ? refused : "no device reports here");
}

void controller_published(struct controller *controller, int token, int reason)
{
    for (size_t i = 0; i < PLAIN_WORDS_MAX; i++) {
        if (controller->plain_words[i].used && controller->plain_words[i].token == token) {
            plain_acked(controller, &controller->plain_words[i], reason);
            return;
        }
    }
    const struct token_entry *entry = &controller->tokens[(unsigned)token % TOKENS_KEPT];
    if (entry->peer == 0 || entry->token != token)
        return;
    struct peer *peer = controller->peers[entry->peer - 1];
    char why[PROTOCOL_WHY_SIZE];
    const char *refused = refusal(why, reason, controller->options.root, peer->device->name);
    if (peer->stop.used && peer->stop.token == token) {
        peer->stop.acked = true;
        publish_acked(controller, peer->stop.serial, peer->stop.sent_us, reason);
        struct journal_event *event = journal_find(&controller->model->journal, peer->stop.serial);
        if (event && refused)
            snprintf(event->why, sizeof event->why, "%s", refused);
        return;
    }
    for (size_t i = 0; i < PEER_COMMANDS_MAX; i++) {
        struct peer_command *command = &peer->commands[i];
        if (!command->used || command->token != token)
            continue;
        publish_acked(controller, command->serial, command->sent_us, reason);
        if (refused) {
            if (command->kind == COMMAND_CLOCK)
                controller_drop_waiting(controller, peer, refused);
            controller_give_up(controller, command, refused);
        }
        return;
    }
}
