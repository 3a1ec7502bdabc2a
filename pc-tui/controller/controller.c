// SPDX-License-Identifier: MIT
#include "pc-tui/controller/controller.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/earlier.h"
#include "pc-tui/controller/controller_halt.h"
#include "pc-tui/controller/controller_receive.h"
#include "pc-tui/controller/controller_stop.h"

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
    model_set_hooks(model, &controller_model_hooks, controller);
    return controller;
}

void controller_free(struct controller *controller)
{
    static const struct model_hooks none;
    if (!controller)
        return;
    model_set_hooks(controller->model, &none, NULL);
    for (size_t i = 0; i < controller->room; i++)
        free(controller->peers[i]);
    free(controller->peers);
    free(controller);
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
    controller->shared_stop.next_us = 0;
    for (size_t i = 0; i < controller->room; i++) {
        if (!controller->peers[i])
            continue;
        controller->peers[i]->stop.next_us = 0;
        for (size_t k = 0; k < PEER_HALTS_MAX; k++)
            controller->peers[i]->halts[k].next_us = 0;
        controller_give_up_all(
            controller, controller->peers[i], "no echo: the connection to the broker was lost");
    }
    for (size_t i = 0; i < PLAIN_WORDS_MAX; i++) {
        if (!controller->plain_words[i].used)
            continue;
        controller->plain_words[i].used = false;
        controller_end(controller, controller->plain_words[i].serial, JOURNAL_NO_ECHO,
            "the connection to the broker was lost");
    }
}

static int64_t tick_peer(struct controller *controller, struct peer *peer, struct controller_clock now)
{
    int64_t next =
        earlier(controller_stop_tick(controller, peer, now), controller_halt_tick(controller, peer, now));
    for (size_t i = 0; i < PEER_COMMANDS_MAX; i++) {
        struct peer_command *command = &peer->commands[i];
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
    if (peer->waiting.used && now.us >= peer->waiting.deadline_us)
        controller_drop_waiting(controller, peer, "no answer from the device");
    return peer->waiting.used ? earlier(next, peer->waiting.deadline_us) : next;
}

void controller_tick(struct controller *controller)
{
    struct controller_clock now = controller->shell.now(controller->ctx);
    int64_t next = controller_stop_tick(controller, NULL, now);
    for (size_t i = 0; i < controller->room; i++) {
        if (controller->peers[i])
            next = earlier(next, tick_peer(controller, controller->peers[i], now));
    }
    for (size_t i = 0; i < PLAIN_WORDS_MAX; i++) {
        struct plain_word *plain = &controller->plain_words[i];
        if (!plain->used)
            continue;
        if (now.us >= plain->sent_us + PLAIN_WORD_LIFE_US) {
            plain->used = false;
            controller_end(controller, plain->serial, JOURNAL_NO_ECHO, "no answer from the broker");
        } else {
            next = earlier(next, plain->sent_us + PLAIN_WORD_LIFE_US);
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
        if (peer && (peer->moving || (peer->waiting.used && peer->waiting.motion)))
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
    return peer_unanswered(peer, COMMAND_STEP) + peer_unanswered(peer, COMMAND_OTHER) + peer->waiting.used +
           peer->stop.used;
}

uint64_t controller_skipped(const struct controller *controller)
{
    return controller->skipped;
}

void controller_note(struct controller *controller, const char *device, const char *text)
{
    struct controller_clock now = controller->shell.now(controller->ctx);
    journal_note(&controller->model->journal, JOURNAL_NOTICE, now.wall_ms, device, "%s", text);
    controller->model->changes++;
}

bool controller_read_only(const struct controller *controller)
{
    return controller->options.read_only;
}
