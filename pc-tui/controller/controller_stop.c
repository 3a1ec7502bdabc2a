// SPDX-License-Identifier: MIT
// To whom a STOP goes. It is sent again and again until it is echoed, and before anything else after a
// reconnection.
#include "pc-tui/controller/controller_stop.h"

#include <stdio.h>
#include <string.h>

static void send_stop(struct controller *controller, struct peer *peer, struct controller_clock now)
{
    struct peer_stop *stop = peer ? &peer->stop : &controller->plain_stop;
    int token = -1;
    int rc;
    if (peer) {
        rc = controller_publish(controller, peer, "stop", stop->id, false, now, &token);
    } else {
        char topic[PROTOCOL_TOPIC_MAX];
        protocol_topic(topic, controller->options.root, "", "control");
        rc = controller->shell.publish(controller->ctx, topic, "stop", 4, false, &token);
    }
    struct journal_event *event = journal_find(&controller->model->journal, stop->serial);
    stop->next_us = now.us + CONTROLLER_STOP_REPEAT_US;
    controller_wake(controller, stop->next_us);
    if (rc < 0) // the next tick, or the next link, tries again
        return;
    stop->token = token;
    stop->sent++;
    controller->model->changes++;
    if (stop->sent == 1) {
        stop->sent_us = now.us;
        if (event) {
            event->stage = JOURNAL_SENT;
            event->why[0] = '\0';
        }
    } else if (event) {
        event->repeats++;
    }
    if (peer)
        return;
    // A plain word has no id that an echo could carry: once it is with the broker nothing more can be known.
    stop->used = false;
    if (controller->options.qos == 0) {
        controller_end(controller, stop->serial, JOURNAL_PLAIN, "no device reports here");
        return;
    }
    struct plain_word *place = controller_place_plain_word(controller);
    if (!place) { // nobody waits for the PUBACK then, and the event ends here
        controller_end(controller, stop->serial, JOURNAL_PLAIN, "no device reports here");
        return;
    }
    *place = (struct plain_word){.used = true, .token = token, .serial = stop->serial, .sent_us = now.us};
    controller_wake(controller, now.us + PLAIN_WORD_LIFE_US);
}

static uint64_t begin_stop(struct controller *controller, struct peer *peer, struct controller_clock now)
{
    struct peer_stop *stop = peer ? &peer->stop : &controller->plain_stop;
    if (!stop->used) {
        *stop = (struct peer_stop){.used = true, .token = -1};
        controller_new_id(controller, stop->id);
        struct journal_event *event =
            controller_record(controller, peer ? peer->device->name : "", "stop", now);
        event->stage = JOURNAL_WAITING;
        snprintf(event->why, sizeof event->why, "NOT SENT: no link to the broker");
        stop->serial = event->serial;
    }
    uint64_t serial = stop->serial;
    stop->since_us = now.us;
    controller_wake(controller, now.us + CONTROLLER_STOP_LIFE_US);
    if (controller_is_up(controller))
        send_stop(controller, peer, now);
    return serial;
}

// Every device addressed, and every other that may still move because of us.
static bool stop_concerns(const struct controller *controller, const struct controller_address *to,
    const struct model_device *device)
{
    if (device->tutorial)
        return false;
    if (to->all ? !device->offline : to->device && strcmp(to->device, device->name) == 0)
        return true;
    return device->slot < controller->room && controller->peers[device->slot] &&
           controller->peers[device->slot]->moving;
}

struct controller_answer controller_stop(struct controller *controller, const struct controller_address *to)
{
    struct controller_clock now = controller->shell.now(controller->ctx);
    struct controller_answer out = {.verdict = CONTROLLER_TAKEN};
    // What was asked for before the stop must not come after it.
    for (size_t i = 0; i < controller->room; i++) {
        if (controller->peers[i])
            controller_drop_waiting(controller, controller->peers[i], "stopped");
    }
    for (size_t i = 0; i < controller->model->count; i++) {
        struct model_device *device = controller->model->devices[i];
        if (!stop_concerns(controller, to, device))
            continue;
        struct peer *peer = controller_peer(controller, device);
        if (!peer)
            continue;
        out.serial = begin_stop(controller, peer, now);
        out.count++;
    }
    if (out.count == 0) {
        out.serial = begin_stop(controller, NULL, now);
        out.count = 1;
    }
    return out;
}

size_t controller_pause(struct controller *controller)
{
    struct controller_clock now = controller->shell.now(controller->ctx);
    size_t stops = 0;
    for (size_t i = 0; i < controller->room; i++) {
        struct peer *peer = controller->peers[i];
        if (!peer)
            continue;
        controller_drop_waiting(controller, peer, "leaving");
        if (!peer->moving || !controller_is_up(controller))
            continue;
        begin_stop(controller, peer, now);
        stops += peer->stop.sent > 0;
    }
    return stops;
}

size_t controller_leave(struct controller *controller)
{
    size_t stops = controller_pause(controller);
    controller->left = true;
    return stops;
}

bool controller_stop_is_safe(const struct controller *controller)
{
    for (size_t i = 0; i < controller->room; i++) {
        const struct peer *peer = controller->peers[i];
        if (peer && peer->stop.used && !peer->stop.acked)
            return false;
    }
    return !controller->plain_stop.used;
}

int64_t controller_stop_tick(struct controller *controller, struct peer *peer, struct controller_clock now)
{
    struct peer_stop *stop = peer ? &peer->stop : &controller->plain_stop;
    if (!stop->used)
        return INT64_MAX;
    int64_t end_us = stop->since_us + CONTROLLER_STOP_LIFE_US;
    if (now.us >= end_us) {
        stop->used = false;
        if (stop->sent > 0)
            controller_end(controller, stop->serial, JOURNAL_NO_ECHO, "STOP was not confirmed: look at it");
        else
            controller_end(controller, stop->serial, JOURNAL_DROPPED, "no link for %d s",
                CONTROLLER_STOP_LIFE_US / 1000000);
        return INT64_MAX;
    }
    if (!controller_is_up(controller))
        return end_us;
    if (now.us >= stop->next_us)
        send_stop(controller, peer, now);
    if (!stop->used)
        return INT64_MAX;
    return stop->next_us < end_us ? stop->next_us : end_us;
}

enum controller_stop controller_stop_state(const struct controller *controller)
{
    bool used = controller->plain_stop.used;
    for (size_t i = 0; i < controller->room && !used; i++)
        used = controller->peers[i] && controller->peers[i]->stop.used;
    if (!used)
        return CONTROLLER_STOP_NONE;
    return controller_is_up(controller) ? CONTROLLER_STOP_SENT : CONTROLLER_STOP_NOT_SENT;
}
