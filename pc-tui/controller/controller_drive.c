// SPDX-License-Identifier: MIT
// A motor runs while a key is down: each command runs it for a short time, and the next one renews that.
#include "pc-tui/controller/controller_drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pc-tui/controller/controller_halt.h"
#include "pc-tui/controller/controller_send.h"
#include "pc-tui/model/model_kind.h"

// A sample of the device's clock is renewed in good time: whoever begins to drive does not want to wait for it.
enum { SAMPLE_OLD_US = CONTROLLER_SAMPLE_LIFE_US * 3 / 4, SILENT_RUNS = 2 };

void controller_drive_answered(struct peer *peer, const struct peer_command *answered)
{
    const struct status_last *last = &peer->device->status->last;
    struct peer_drive *drive = &peer->drive;
    if (answered->sent_us < drive->since_us) // it belongs to a press before this one
        return;
    drive->silent_us = 0;
    const char *result =
        last->result == RESULT_OTHER ? last->result_name : protocol_result_name(last->result);
    if (last->result == RESULT_REFUSED)
        drive->stopped = true;
    else if (!protocol_result_is_success(last->result))
        snprintf(drive->why, sizeof drive->why, "%s", last->why[0] ? last->why : result);
}

void controller_drive_overheard(struct peer *peer, int64_t now_us)
{
    const struct status_last *last = &peer->device->status->last;
    struct channel_id ids[PROTOCOL_NAMES_MAX];
    struct protocol_command command;
    struct vocabulary_match match;
    char why[PROTOCOL_WHY_SIZE];
    size_t count = model_channel_ids(peer->device, ids);
    if (protocol_parse_text(last->cmd, strlen(last->cmd), &command, why) < 0 ||
        vocabulary_match(ids, count, &command, &match, why) != RESULT_OK)
        return;
    if (match.verb != VERB_STOP_ALL && match.verb != VERB_OFF_ALL && !vocabulary_is_halt(&match, ids))
        return;
    peer->drive.stopped = true;
    peer->overheard_us = now_us;
}

// The sample that the clock is read from is too old to begin driving with.
static bool is_sample_old(const struct peer *peer, int64_t now_us)
{
    size_t count = peer->sample_count;
    return count == 0 || now_us - peer->samples[count - 1].at_us > SAMPLE_OLD_US;
}

void controller_prepare_drive(struct controller *controller, const char *device)
{
    struct controller_clock now = controller->shell.now(controller->ctx);
    struct controller_answer out;
    struct model_device *found = model_find(controller->model, device, NULL);
    if (!found || model_presence(found, now.us) != PRESENCE_LIVE || controller_refuses(controller, &out))
        return;
    struct peer *peer = controller_peer(controller, found);
    if (peer && is_sample_old(peer, now.us))
        controller_ask_clock(controller, peer, now);
}

static bool is_unanswered(const struct peer *peer, int64_t run_us, int64_t now_us)
{
    for (size_t i = 0; i < PEER_COMMANDS_MAX; i++) {
        const struct peer_command *command = &peer->commands[i];
        if (command->used && command->kind == COMMAND_DRIVE && now_us - command->sent_us < run_us)
            return true;
    }
    return false;
}

// NULL, or why a key does nothing until it was let go.
static const char *hindrance(const struct controller *controller, const struct peer *peer, int64_t run_us,
    struct controller_clock now, char out[PROTOCOL_WHY_SIZE])
{
    const struct peer_drive *drive = &peer->drive;
    const char *label = controller_label(controller, peer->device);
    int64_t trip_us = peer_trip(peer, now.us), agent_ms;
    if (drive->stopped || (drive->begun && peer->device->status->stops != drive->stops))
        snprintf(out, PROTOCOL_WHY_SIZE, "%s was stopped: let go of the key, then press it again", label);
    else if (drive->why[0])
        snprintf(out, PROTOCOL_WHY_SIZE, "%.150s: let go of the key", drive->why);
    else if (drive->silent_us > 0 && now.us - drive->silent_us >= run_us * SILENT_RUNS)
        snprintf(out, PROTOCOL_WHY_SIZE, "%s does not answer: let go of the key", label);
    else if (!peer_clock(peer, now.us, &agent_ms))
        snprintf(out, PROTOCOL_WHY_SIZE, "%s was asked for its clock: press the key again", label);
    else if (trip_us > run_us / 2)
        snprintf(out, PROTOCOL_WHY_SIZE, "link too slow to drive (%d.%d s)", (int)(trip_us / 1000000),
            (int)(trip_us / 100000 % 10));
    else
        return NULL;
    return out;
}

static struct controller_answer drive_motor(struct controller *controller, struct peer *peer,
    const char *motor, int percent, struct controller_clock now)
{
    struct peer_drive *drive = &peer->drive;
    struct controller_order order = {.kind = COMMAND_DRIVE, .channel = motor, .serial = drive->serial};
    char text[PROTOCOL_NAME_MAX + 32], why[PROTOCOL_WHY_SIZE] = "";
    snprintf(text, sizeof text, "%s_%s %d", motor, percent < 0 ? "backward" : "forward", abs(percent));
    if (protocol_parse_text(text, strlen(text), &order.parsed, why) < 0)
        return controller_reply(CONTROLLER_REFUSED, "%s", why);
    snprintf(order.text, sizeof order.text, "%s", order.parsed.cmd);
    struct controller_answer out = controller_deliver(controller, peer->device, &order, false, now);
    if (out.verdict != CONTROLLER_TAKEN)
        return out;
    controller_halt_ends(peer, motor);
    if (!drive->begun)
        drive->stops = peer->device->status->stops;
    drive->begun = true;
    drive->serial = out.serial;
    drive->sent_us = now.us;
    if (drive->silent_us == 0)
        drive->silent_us = now.us;
    return out;
}

struct controller_answer controller_drive(
    struct controller *controller, const char *device, const char *motor, int percent, bool fresh)
{
    struct controller_clock now = controller->shell.now(controller->ctx);
    const struct controller_address to = {.device = device};
    struct controller_answer out;
    char why[PROTOCOL_WHY_SIZE];
    if (controller_refuses(controller, &out))
        return out;
    struct model_device *found = controller_addressed(controller, &to, &out);
    if (!found)
        return out;
    int index = model_channel(found, motor);
    if (index < 0 || !model_is_motor(&found->status->channels[index]))
        return controller_reply(
            CONTROLLER_REFUSED, "%s has no motor %s", controller_label(controller, found), motor);
    struct peer *peer = controller_peer(controller, found);
    if (!peer)
        return controller_reply(CONTROLLER_REFUSED, "not enough memory");
    // So soon after somebody else's stop it may be the same press, of which a few repeats came late.
    bool soon = peer->overheard_us > 0 && now.us - peer->overheard_us < CONTROLLER_HELD_US;
    if (fresh)
        peer->drive = (struct peer_drive){.since_us = now.us, .stopped = soon};
    int64_t run_us = controller_run_us(found, motor);
    if (hindrance(controller, peer, run_us, now, why)) {
        controller_ask_clock(
            controller, peer, now); // the answer tells the clock, and how fast the link is now
        return controller_reply(CONTROLLER_REFUSED, "%s", why);
    }
    if (is_unanswered(peer, run_us, now.us)) {
        controller->skipped++;
        return controller_reply(CONTROLLER_SKIPPED, "one command ahead");
    }
    return drive_motor(controller, peer, motor, percent, now);
}

void controller_drive_stop(struct controller *controller, const char *device, const char *motor)
{
    struct model_device *found = model_find(controller->model, device, NULL);
    struct peer *peer = found ? controller_known_peer(controller, found) : NULL;
    if (peer)
        controller_halt(controller, peer, motor, controller->shell.now(controller->ctx));
}
