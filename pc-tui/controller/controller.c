// SPDX-License-Identifier: MIT
#include "pc-tui/controller/controller.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pc-tui/controller/controller_outbox.h"

struct controller *controller_new(struct model *model, const struct controller_options *options,
    const struct controller_shell *shell, void *ctx)
{
    struct controller *controller = calloc(1, sizeof *controller);
    if (!controller)
        return NULL;
    controller->model = model;
    controller->options = *options;
    controller->shell = *shell;
    controller->ctx = ctx;
    controller->next_us = INT64_MAX;
    snprintf(controller->prefix, sizeof controller->prefix, "%016" PRIx64 "-", options->run);
    return controller;
}

void controller_free(struct controller *controller)
{
    if (!controller)
        return;
    for (size_t i = 0; i < controller->room; i++)
        free(controller->peers[i]);
    free(controller->peers);
    free(controller);
}

const char *controller_label(const struct controller *controller, const struct model_device *device)
{
    return device->name[0] ? device->name : controller->options.root;
}

bool controller_is_up(const struct controller *controller)
{
    return controller->model->link.state == LINK_UP;
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
    snprintf(id, PEER_ID_SIZE, "%s%" PRIu64, controller->prefix, ++controller->counter);
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
    bool deadline, struct controller_clock now, int *token)
{
    char payload[PROTOCOL_COMMAND_MAX];
    char topic[PROTOCOL_TOPIC_MAX];
    int64_t agent_ms = 0;
    if (deadline && !peer_clock(peer, now.us, &agent_ms))
        return -EAGAIN;
    int len = protocol_format_envelope(
        payload, sizeof payload, text, id, deadline ? peer->boot : "", agent_ms + controller->options.ttl_ms);
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

void controller_drop_wish(struct controller *controller, struct peer *peer, const char *why)
{
    if (!peer->wish.used)
        return;
    peer->wish.used = false;
    controller_end(controller, peer->wish.serial, JOURNAL_DROPPED, "%s", why);
}

void controller_give_up(struct controller *controller, struct command *command, const char *why)
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
    controller_drop_wish(controller, peer, why);
}

void controller_link(struct controller *controller, const struct link_report *report)
{
    struct controller_clock now = controller->shell.now(controller->ctx);
    bool was_up = controller_is_up(controller);
    model_link(controller->model, report, now.us);
    bool is_up = controller_is_up(controller);
    if (is_up && !was_up && controller->lost)
        journal_note(
            &controller->model->journal, JOURNAL_NOTICE, now.wall_ms, "", "connected to the broker again");
    if (is_up && !was_up)
        controller_tick(controller); // a stop that waits goes out before anything else
    if (is_up || !was_up)
        return;
    controller->lost = report->state != LINK_CLOSED;
    if (controller->lost)
        journal_note(&controller->model->journal, JOURNAL_PROBLEM, now.wall_ms, "", "connection lost: %s",
            report->reason[0] ? report->reason : "no reason given");
    controller->plain_stop.next_us = 0;
    for (size_t i = 0; i < controller->room; i++) {
        if (!controller->peers[i])
            continue;
        controller->peers[i]->stop.next_us = 0;
        controller_give_up_all(
            controller, controller->peers[i], "no echo: the connection to the broker was lost");
    }
    for (size_t i = 0; i < PLAIN_MAX; i++) {
        if (!controller->plain[i].used)
            continue;
        controller->plain[i].used = false;
        controller_end(controller, controller->plain[i].serial, JOURNAL_NO_ECHO,
            "the connection to the broker was lost");
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t tick_peer(struct controller *controller, struct peer *peer, struct controller_clock now)
{
    int64_t next = controller_tick_stop(controller, peer, now);
    for (size_t i = 0; i < PEER_COMMANDS_MAX; i++) {
        struct command *command = &peer->commands[i];
        if (!command->used)
            continue;
        if (now.us >= command->deadline_us)
            controller_give_up(controller, command, "no echo");
        if (now.us >= command->deadline_us + CONTROLLER_LATE_US)
            command->used = false;
        else
            next = earlier(
                next, command->given_up ? command->deadline_us + CONTROLLER_LATE_US : command->deadline_us);
    }
    if (peer->wish.used && now.us >= peer->wish.deadline_us)
        controller_drop_wish(controller, peer, "no answer from the device");
    return peer->wish.used ? earlier(next, peer->wish.deadline_us) : next;
}

void controller_tick(struct controller *controller)
{
    struct controller_clock now = controller->shell.now(controller->ctx);
    int64_t next = controller_tick_stop(controller, NULL, now);
    for (size_t i = 0; i < controller->room; i++) {
        if (controller->peers[i])
            next = earlier(next, tick_peer(controller, controller->peers[i], now));
    }
    for (size_t i = 0; i < PLAIN_MAX; i++) {
        struct plain *plain = &controller->plain[i];
        if (!plain->used)
            continue;
        if (now.us >= plain->sent_us + PLAIN_LIFE_US) {
            plain->used = false;
            controller_end(controller, plain->serial, JOURNAL_NO_ECHO, "no answer from the broker");
        } else {
            next = earlier(next, plain->sent_us + PLAIN_LIFE_US);
        }
    }
    controller->next_us = INT64_MAX;
    if (next != INT64_MAX)
        controller_wake(controller, next);
}

bool controller_busy(const struct controller *controller)
{
    for (size_t i = 0; i < controller->room; i++) {
        const struct peer *peer = controller->peers[i];
        if (peer && (peer->moving || (peer->wish.used && peer->wish.motion)))
            return true;
    }
    return false;
}

size_t controller_unanswered(const struct controller *controller, const char *device)
{
    const struct model_device *found = model_find(controller->model, device, NULL);
    const struct peer *peer = found ? controller_known_peer(controller, found) : NULL;
    if (!peer)
        return 0;
    return peer_unanswered(peer, COMMAND_STEP) + peer_unanswered(peer, COMMAND_OTHER) + peer->wish.used +
           peer->stop.used;
}

uint64_t controller_skipped(const struct controller *controller)
{
    return controller->skipped;
}

bool controller_read_only(const struct controller *controller)
{
    return controller->options.read_only;
}
