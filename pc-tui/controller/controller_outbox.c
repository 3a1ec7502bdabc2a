// SPDX-License-Identifier: MIT
#include "pc-tui/controller/controller_outbox.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *controller_label(const struct controller *controller, const struct model_device *device)
{
    return device->name[0] ? device->name : controller->options.root;
}

bool controller_is_up(const struct controller *controller)
{
    return controller->model->link.state == LINK_UP;
}

bool controller_is_acknowledged(const struct controller *controller)
{
    return controller->options.qos > 0 && controller->model->link.limits.max_qos > 0;
}

void controller_wake(struct controller *controller, int64_t at_us)
{
    if (at_us >= controller->next_us)
        return;
    controller->next_us = at_us;
    controller->shell.wake(controller->ctx, at_us);
}

void controller_new_id(struct controller *controller, char id[PEER_ID_SIZE])
{
    uint64_t number = controller->shell.random(controller->ctx);
    controller->own_ids[controller->own_id_count++ % OWN_IDS_KEPT] = number;
    snprintf(id, PEER_ID_SIZE, "%016" PRIx64, number);
}

bool controller_is_own_id(const struct controller *controller, const char *id)
{
    char *end;
    if (strlen(id) != 16 || strspn(id, "0123456789abcdef") != 16)
        return false;
    uint64_t number = strtoull(id, &end, 16);
    uint64_t kept = controller->own_id_count < OWN_IDS_KEPT ? controller->own_id_count : OWN_IDS_KEPT;
    for (uint64_t i = 0; i < kept; i++) {
        if (controller->own_ids[i] == number)
            return true;
    }
    return false;
}

struct peer *controller_known_peer(const struct controller *controller, const struct model_device *device)
{
    return device->slot < controller->room ? controller->peers[device->slot] : NULL;
}

struct peer *controller_peer(struct controller *controller, struct model_device *device)
{
    struct peer *peer = controller_known_peer(controller, device);
    if (peer)
        return peer;
    if (device->slot >= controller->room) {
        size_t room = device->slot + 16;
        struct peer **peers = realloc(controller->peers, room * sizeof(struct peer *));
        if (!peers)
            return NULL;
        memset(peers + controller->room, 0, (room - controller->room) * sizeof(struct peer *));
        controller->peers = peers;
        controller->room = room;
    }
    peer = calloc(1, sizeof *peer);
    if (!peer)
        return NULL;
    peer->device = device;
    snprintf(peer->boot, sizeof peer->boot, "%s", device->status->boot);
    controller->peers[device->slot] = peer;
    return peer;
}

void controller_keep_token(struct controller *controller, int token, const struct peer *peer)
{
    struct token_entry *entry = &controller->tokens[(unsigned)token % TOKENS_KEPT];
    entry->token = token;
    entry->peer = peer->device->slot + 1;
}

int controller_publish(struct controller *controller, struct peer *peer, const char *text, const char *id,
    enum publish_deadline deadline, struct controller_clock now, int *token)
{
    char payload[PROTOCOL_COMMAND_MAX];
    char topic[PROTOCOL_TOPIC_MAX];
    int64_t agent_ms = 0, by_ms = 0;
    if (deadline == DEADLINE_TTL) {
        if (!peer_clock(peer, now.us, &agent_ms))
            return -EAGAIN;
        by_ms = agent_ms + controller->options.ttl_ms;
    }
    const char *boot = deadline == DEADLINE_NONE ? "" : peer->boot;
    // What is in time must not undo a stop that we have not seen yet.
    int64_t stops = deadline == DEADLINE_TTL ? (int64_t)peer->device->status->stops : -1;
    int len = protocol_format_envelope(payload, sizeof payload, text, id, boot, by_ms, stops);
    if (len < 0)
        return len;
    protocol_topic(topic, controller->options.root, peer->device->name, "control");
    *token = -1;
    int rc = controller->shell.publish(controller->ctx, topic, payload, (size_t)len, false, token);
    if (rc == 0)
        controller_keep_token(controller, *token, peer);
    return rc;
}

void controller_end(
    struct controller *controller, uint64_t serial, enum journal_stage stage, const char *format, ...)
{
    struct journal_event *event = journal_find(&controller->model->journal, serial);
    if (!event)
        return;
    event->stage = stage;
    va_list args;
    va_start(args, format);
    vsnprintf(event->why, sizeof event->why, format, args);
    va_end(args);
    controller->model->changes++;
    if (controller->shell.finished)
        controller->shell.finished(controller->ctx, event);
}

struct journal_event *controller_record(
    struct controller *controller, const char *device, const char *text, struct controller_clock now)
{
    controller->model->changes++;
    return journal_add(&controller->model->journal, JOURNAL_COMMAND, now.wall_ms, device, text);
}

void controller_drop_waiting(struct controller *controller, struct peer *peer, const char *why)
{
    if (!peer->waiting.used)
        return;
    peer->waiting.used = false;
    controller_end(controller, peer->waiting.serial, JOURNAL_DROPPED, "%s", why);
}

void controller_give_up(struct controller *controller, struct peer_command *command, const char *why)
{
    if (command->given_up)
        return;
    command->given_up = true;
    if (command->kind != COMMAND_CLOCK)
        controller_end(controller, command->serial, JOURNAL_NO_ECHO, "%s", why);
}

void controller_give_up_all(struct controller *controller, struct peer *peer, const char *why)
{
    for (size_t i = 0; i < PEER_COMMANDS_MAX; i++) {
        if (peer->commands[i].used)
            controller_give_up(controller, &peer->commands[i], why);
    }
    controller_drop_waiting(controller, peer, why);
}

struct plain_word *controller_place_plain_word(struct controller *controller)
{
    for (size_t i = 0; i < PLAIN_WORDS_MAX; i++) {
        if (!controller->plain_words[i].used)
            return &controller->plain_words[i];
    }
    return NULL;
}
