// SPDX-License-Identifier: MIT
#include "pc-tui/controller/controller_halt.h"

#include <stdio.h>
#include <string.h>

enum {
    REPEAT_US = 100000,
    RUN_UNKNOWN_US = 500000, // what an agent's motor runs for where its configuration says nothing
};

int64_t controller_run_us(const struct model_device *device, const char *motor)
{
    int index = model_channel(device, motor);
    int run_ms = index >= 0 ? device->status->channels[index].run_ms : 0;
    return run_ms > 0 ? (int64_t)run_ms * 1000 : RUN_UNKNOWN_US;
}

struct peer_halt *controller_halt_find(struct peer *peer, const char *id)
{
    for (size_t i = 0; i < PEER_HALTS_MAX; i++) {
        if (peer->halts[i].used && strcmp(peer->halts[i].id, id) == 0)
            return &peer->halts[i];
    }
    return NULL;
}

struct peer_halt *controller_halt_of(struct peer *peer, int token)
{
    for (size_t i = 0; i < PEER_HALTS_MAX; i++) {
        if (peer->halts[i].used && peer->halts[i].sent > 0 && peer->halts[i].token == token)
            return &peer->halts[i];
    }
    return NULL;
}

// The place of the motor's NAME_stop that is still repeated, else a free one, else the oldest.
static struct peer_halt *place(struct peer *peer, const char *motor)
{
    struct peer_halt *best = &peer->halts[0];
    for (size_t i = 0; i < PEER_HALTS_MAX; i++) {
        struct peer_halt *halt = &peer->halts[i];
        if (halt->used && halt->repeats && strcmp(halt->motor, motor) == 0)
            return halt;
        if (best->used && (!halt->used || halt->since_us < best->since_us))
            best = halt;
    }
    return best;
}

static void send_halt(
    struct controller *controller, struct peer *peer, struct peer_halt *halt, struct controller_clock now)
{
    char text[PROTOCOL_NAME_MAX + 8];
    int token = -1;
    snprintf(text, sizeof text, "%s_stop", halt->motor);
    halt->next_us = now.us + REPEAT_US;
    controller_wake(controller, halt->next_us);
    if (controller_publish(controller, peer, text, halt->id, DEADLINE_PAST, now, &token) < 0)
        return; // the next tick, or the next link, tries again
    halt->token = token;
    struct journal_event *event = journal_find(&controller->model->journal, halt->serial);
    if (halt->sent++ == 0) {
        halt->sent_us = now.us;
        if (event)
            event->stage = JOURNAL_SENT;
    } else if (event) {
        event->repeats++;
    }
    if (event)
        event->why[0] = '\0';
    controller->model->changes++;
}

uint64_t controller_halt(
    struct controller *controller, struct peer *peer, const char *motor, struct controller_clock now)
{
    struct peer_halt *halt = place(peer, motor);
    if (!halt->used || !halt->repeats || strcmp(halt->motor, motor) != 0) {
        char text[PROTOCOL_NAME_MAX + 8];
        if (halt->used)
            controller_end(controller, halt->serial, JOURNAL_NO_ECHO, "no echo");
        *halt = (struct peer_halt){.used = true, .repeats = true, .token = -1};
        snprintf(halt->motor, sizeof halt->motor, "%s", motor);
        snprintf(text, sizeof text, "%s_stop", motor);
        controller_new_id(controller, halt->id);
        struct journal_event *event = controller_record(controller, peer->device->name, text, now);
        event->stage = JOURNAL_WAITING;
        snprintf(event->why, sizeof event->why, "NOT SENT: no link to the broker");
        halt->serial = event->serial;
    }
    halt->since_us = now.us;
    halt->until_us = now.us + controller_run_us(peer->device, motor);
    if (controller_is_up(controller))
        send_halt(controller, peer, halt, now);
    controller_wake(controller, halt->until_us);
    return halt->serial;
}

void controller_halt_ends(struct peer *peer, const char *motor)
{
    for (size_t i = 0; i < PEER_HALTS_MAX; i++) {
        if (strcmp(peer->halts[i].motor, motor) == 0)
            peer->halts[i].repeats = false;
    }
}

// Its run time has passed, so the motor is at rest by itself; its echo may still come.
static void give_up(struct controller *controller, struct peer_halt *halt)
{
    halt->repeats = false;
    halt->given_up = true;
    if (halt->sent > 0) {
        controller_end(controller, halt->serial, JOURNAL_NO_ECHO, "no echo");
        return;
    }
    halt->used = false;
    controller_end(controller, halt->serial, JOURNAL_DROPPED, "no link while the motor could still run");
}

int64_t controller_halt_tick(struct controller *controller, struct peer *peer, struct controller_clock now)
{
    int64_t next = INT64_MAX;
    for (size_t i = 0; i < PEER_HALTS_MAX; i++) {
        struct peer_halt *halt = &peer->halts[i];
        if (!halt->used)
            continue;
        if (!halt->given_up && now.us >= halt->until_us)
            give_up(controller, halt);
        if (halt->given_up && now.us >= halt->until_us + CONTROLLER_LATE_US)
            halt->used = false;
        if (!halt->used)
            continue;
        if (halt->repeats && controller_is_up(controller) && now.us >= halt->next_us)
            send_halt(controller, peer, halt, now);
        int64_t due_us = halt->given_up ? halt->until_us + CONTROLLER_LATE_US : halt->until_us;
        if (halt->repeats && controller_is_up(controller) && halt->next_us < due_us)
            due_us = halt->next_us;
        next = due_us < next ? due_us : next;
    }
    return next;
}
