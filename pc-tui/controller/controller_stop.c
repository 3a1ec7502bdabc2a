// SPDX-License-Identifier: MIT
// To whom a STOP goes. It is sent again and again until it is echoed, and before anything else after a
// reconnection.
#include "pc-tui/controller/controller_stop.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int publish_shared(struct controller *controller, int *token)
{
    char topic[PROTOCOL_TOPIC_MAX], payload[PROTOCOL_COMMAND_MAX] = "stop";
    const struct peer_stop *stop = &controller->shared_stop;
    int len = (int)strlen(payload);
    if (controller->shared_stop_form != SHARED_STOP_PLAIN)
        len = protocol_format_envelope(payload, sizeof payload, "stop", stop->id, "", 0, -1);
    if (len < 0)
        return len;
    protocol_topic(topic, controller->options.root, controller->shared_stop_device, "control");
    return controller->shell.publish(controller->ctx, topic, payload, (size_t)len, false, token);
}

// A plain word has no id that an echo could carry. Once it is with the broker nothing more can be known.
static void end_plain(struct controller *controller, struct controller_clock now)
{
    struct peer_stop *stop = &controller->shared_stop;
    struct plain_word *place =
        controller_is_acknowledged(controller) ? controller_place_plain_word(controller) : NULL;
    stop->used = false;
    if (!place) {
        controller_end(controller, stop->serial, JOURNAL_PLAIN, "no device reports here");
        return;
    }
    *place =
        (struct plain_word){.used = true, .token = stop->token, .serial = stop->serial, .sent_us = now.us};
    controller_wake(controller, now.us + PLAIN_WORD_LIFE_US);
}

static void note_sent(struct controller *controller, struct peer_stop *stop, struct controller_clock now)
{
    struct journal_event *event = journal_find(&controller->model->journal, stop->serial);
    stop->sent++;
    controller->model->changes++;
    if (stop->sent == 1)
        stop->sent_us = now.us;
    if (!event || stop->told)
        return;
    if (stop->sent == 1) {
        event->stage = JOURNAL_SENT;
        event->why[0] = '\0';
    } else {
        event->repeats++;
    }
}

// Sends the stop of a peer, or the shared stop where peer is NULL, once.
static void send_stop(struct controller *controller, struct peer *peer, struct controller_clock now)
{
    struct peer_stop *stop = peer ? &peer->stop : &controller->shared_stop;
    int token = -1;
    int rc = peer ? controller_publish(controller, peer, "stop", stop->id, DEADLINE_NONE, now, &token)
                  : publish_shared(controller, &token);
    stop->next_us = now.us + CONTROLLER_STOP_REPEAT_US;
    controller_wake(controller, stop->next_us);
    if (rc < 0) { // the next tick, or the next link, tries again
        struct journal_event *event = journal_find(&controller->model->journal, stop->serial);
        if (event && rc != -ENOTCONN && stop->sent == 0)
            snprintf(event->why, sizeof event->why, "NOT SENT: %s", strerror(-rc));
        return;
    }
    stop->token = token;
    note_sent(controller, stop, now);
    if (peer)
        return;
    if (controller->shared_stop_form == SHARED_STOP_PLAIN)
        end_plain(controller, now);
    else if (controller->shared_stop_form == SHARED_STOP_AHEAD)
        stop->used = false;
}

static void record_stop(
    struct controller *controller, struct peer_stop *stop, const char *device, struct controller_clock now)
{
    struct journal_event *event = controller_record(controller, device, "stop", now);
    event->stage = JOURNAL_WAITING;
    snprintf(event->why, sizeof event->why, "NOT SENT: no link to the broker");
    stop->serial = event->serial;
}

static uint64_t begin_stop(struct controller *controller, struct peer *peer, struct controller_clock now)
{
    struct peer_stop *stop = &peer->stop;
    if (!stop->used) {
        *stop = (struct peer_stop){.used = true, .token = -1};
        controller_new_id(controller, stop->id);
        record_stop(controller, stop, peer->device->name, now);
    }
    uint64_t serial = stop->serial;
    stop->since_us = now.us;
    controller_wake(controller, now.us + CONTROLLER_STOP_LIFE_US);
    if (controller_is_up(controller))
        send_stop(controller, peer, now);
    return serial;
}

static uint64_t begin_shared_stop(struct controller *controller, enum shared_stop_form form,
    const char *device, struct controller_clock now)
{
    struct peer_stop *stop = &controller->shared_stop;
    if (!stop->used || controller->shared_stop_form != form) {
        *stop = (struct peer_stop){.used = true, .token = -1};
        controller->shared_stop_form = form;
        snprintf(controller->shared_stop_device, sizeof controller->shared_stop_device, "%s", device);
        controller_new_id(controller, stop->id);
        for (size_t i = 0; i < controller->room; i++) {
            if (controller->peers[i])
                controller->peers[i]->echoed_shared = false;
        }
        if (form != SHARED_STOP_AHEAD)
            record_stop(controller, stop, device, now);
    }
    uint64_t serial = stop->serial;
    stop->since_us = now.us;
    controller_wake(controller, now.us + CONTROLLER_STOP_LIFE_US);
    if (controller_is_up(controller))
        send_stop(controller, NULL, now);
    return serial;
}

// What was asked for before a stop must not come after it.
static void drop_all_waiting(struct controller *controller, const char *why)
{
    for (size_t i = 0; i < controller->room; i++) {
        if (controller->peers[i])
            controller_drop_waiting(controller, controller->peers[i], why);
    }
}

// Every device addressed, and every other that may still move because of us.
static bool stop_concerns(const struct controller *controller, const struct controller_address *to,
    const struct model_device *device)
{
    if (device->tutorial)
        return false;
    if (to->all ? !device->offline : to->device && strcmp(to->device, device->name) == 0)
        return true;
    const struct peer *peer = controller_known_peer(controller, device);
    return peer && peer->moving;
}

struct controller_answer controller_stop(struct controller *controller, const struct controller_address *to)
{
    struct controller_clock now = controller->shell.now(controller->ctx);
    struct controller_answer out = {.verdict = CONTROLLER_TAKEN};
    drop_all_waiting(controller, "stopped");
    bool any = controller->model->count > 0 && !controller->model->devices[0]->tutorial;
    if (to->all && any)
        begin_shared_stop(controller, SHARED_STOP_AHEAD, "", now);
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
        out.serial = begin_shared_stop(controller, SHARED_STOP_PLAIN, "", now);
        out.count = 1;
    }
    return out;
}

struct controller_answer controller_stop_everyone(struct controller *controller, const char *device)
{
    struct controller_clock now = controller->shell.now(controller->ctx);
    struct controller_answer out = {.verdict = CONTROLLER_TAKEN, .count = 1};
    drop_all_waiting(controller, "stopped");
    controller->shared_stop.used = false; // each call is a stop of its own, with its own echoes
    out.serial = begin_shared_stop(controller, SHARED_STOP_AWAITED, device, now);
    return out;
}

bool controller_stop_echoed(const struct controller *controller, const struct model_device *device)
{
    const struct peer *peer = controller_known_peer(controller, device);
    return peer && peer->echoed_shared;
}

size_t controller_pause(struct controller *controller)
{
    struct controller_clock now = controller->shell.now(controller->ctx);
    size_t stops = 0;
    drop_all_waiting(controller, "leaving");
    for (size_t i = 0; i < controller->room; i++) {
        struct peer *peer = controller->peers[i];
        if (!peer || !peer->moving || !controller_is_up(controller))
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
    return !controller->shared_stop.used;
}

static void expire(struct controller *controller, struct peer_stop *stop)
{
    stop->used = false;
    if (stop->told)
        return;
    if (stop->sent > 0)
        controller_end(controller, stop->serial, JOURNAL_NO_ECHO, "STOP was not confirmed: look at it");
    else
        controller_end(
            controller, stop->serial, JOURNAL_DROPPED, "no link for %d s", CONTROLLER_STOP_LIFE_US / 1000000);
}

int64_t controller_stop_tick(struct controller *controller, struct peer *peer, struct controller_clock now)
{
    struct peer_stop *stop = peer ? &peer->stop : &controller->shared_stop;
    if (!stop->used)
        return INT64_MAX;
    int64_t end_us = stop->since_us + CONTROLLER_STOP_LIFE_US;
    if (now.us >= end_us) {
        expire(controller, stop);
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

void controller_stop_answered(struct controller *controller, struct peer_stop *stop, const char *refused)
{
    stop->acked = true;
    stop->refused = refused != NULL;
    controller->model->changes++;
    if (!refused || stop->told)
        return;
    stop->told = true;
    controller_end(controller, stop->serial, JOURNAL_NO_ECHO, "STOP REFUSED: %s", refused);
}

static enum controller_stop worse(
    const struct controller *controller, const struct peer_stop *stop, enum controller_stop than)
{
    if (!stop->used)
        return than;
    enum controller_stop state = CONTROLLER_STOP_SENT;
    if (!controller_is_up(controller) || stop->sent == 0)
        state = CONTROLLER_STOP_NOT_SENT;
    else if (stop->refused)
        state = CONTROLLER_STOP_REFUSED;
    return state > than ? state : than;
}

enum controller_stop controller_stop_state(const struct controller *controller)
{
    enum controller_stop state = worse(controller, &controller->shared_stop, CONTROLLER_STOP_NONE);
    for (size_t i = 0; i < controller->room; i++) {
        if (controller->peers[i])
            state = worse(controller, &controller->peers[i]->stop, state);
    }
    return state;
}
