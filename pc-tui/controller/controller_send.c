// SPDX-License-Identifier: MIT
// What the operator asks for becomes a PUBLISH, or a refusal with its reason.
#include "pc-tui/controller/controller_send.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "pc-tui/controller/controller_halt.h"
#include "pc-tui/model/model_kind.h"

struct controller_answer controller_reply(enum controller_verdict verdict, const char *format, ...)
{
    struct controller_answer out = {.verdict = verdict};
    va_list args;
    va_start(args, format);
    vsnprintf(out.why, sizeof out.why, format, args);
    va_end(args);
    return out;
}

static struct controller_answer taken(uint64_t serial)
{
    struct controller_answer out = controller_reply(CONTROLLER_TAKEN, "%s", "");
    out.count = 1;
    out.serial = serial;
    return out;
}

static struct controller_answer no_link(const struct controller *controller)
{
    const struct link_report *link = &controller->model->link;
    if (link->reason[0])
        return controller_reply(CONTROLLER_REFUSED, "no link to the broker: %s", link->reason);
    return controller_reply(CONTROLLER_REFUSED, "no link to the broker yet");
}

static struct controller_answer publish_failed(const struct controller *controller, int rc)
{
    if (rc == -ENOTCONN)
        return no_link(controller);
    return controller_reply(CONTROLLER_REFUSED, "cannot publish: %s", strerror(-rc));
}

// NULL, or why the device gets nothing but stops now.
static const char *absence(const struct controller *controller, const struct model_device *device,
    struct controller_clock now, char out[PROTOCOL_WHY_SIZE])
{
    const char *label = controller_label(controller, device);
    switch (model_presence(device, now.us)) {
    case PRESENCE_OFFLINE:
        model_offline(out, label, device);
        return out;
    case PRESENCE_STALE:
        snprintf(out, PROTOCOL_WHY_SIZE, "%s is silent since %lld s", label,
            (long long)(model_age_us(device, now.us) / 1000000));
        return out;
    case PRESENCE_TUTORIAL:
    case PRESENCE_RETAINED:
    case PRESENCE_LIVE:
        break;
    }
    return NULL;
}

static struct peer_command *place_command(struct peer *peer, const struct peer_command *command)
{
    struct peer_command *place = peer_place(peer);
    if (place)
        *place = *command;
    return place;
}

// Asks a device for its clock: any answer to an id of ours tells it.
int controller_ask_clock(struct controller *controller, struct peer *peer, struct controller_clock now)
{
    if (peer_unanswered(peer, COMMAND_CLOCK) > 0)
        return 0;
    struct peer_command command = {.used = true,
        .kind = COMMAND_CLOCK,
        .sent_us = now.us,
        .deadline_us = now.us + (int64_t)controller->options.ttl_ms * 1000};
    controller_new_id(controller, command.id);
    int rc = controller_publish(controller, peer, "status", command.id, DEADLINE_NONE, now, &command.token);
    if (rc < 0)
        return rc;
    place_command(peer, &command);
    controller_wake(controller, command.deadline_us);
    return 0;
}

static struct controller_answer publish_order(struct controller *controller, struct peer *peer,
    const struct controller_order *order, bool motion, enum publish_deadline deadline,
    struct controller_clock now)
{
    struct peer_command command = {.used = true,
        .motion = motion,
        .kind = order->kind,
        .sent_us = now.us,
        .deadline_us = now.us + (int64_t)controller->options.ttl_ms * 1000};
    if (!peer_place(peer))
        return controller_reply(CONTROLLER_REFUSED, "too much is unanswered");
    controller_new_id(controller, command.id);
    snprintf(command.channel, sizeof command.channel, "%s", order->channel);
    int rc = controller_publish(controller, peer, order->text, command.id, deadline, now, &command.token);
    if (rc < 0)
        return publish_failed(controller, rc);
    struct journal_event *event = journal_find(&controller->model->journal, order->serial);
    if (!event)
        event = controller_record(controller, peer->device->name, order->text, now);
    else if (event->stage != JOURNAL_WAITING)
        event->repeats++;
    event->stage = JOURNAL_SENT;
    event->why[0] = '\0';
    command.serial = event->serial;
    place_command(peer, &command);
    peer->moving = peer->moving || motion;
    controller_wake(controller, command.deadline_us);
    return taken(event->serial);
}

static struct controller_answer wait_for_clock(struct controller *controller, struct peer *peer,
    const struct controller_order *order, bool motion, struct controller_clock now)
{
    if (peer->waiting.used)
        return controller_reply(CONTROLLER_REFUSED, "\"%s\" still waits for the clock of %s",
            peer->waiting.text, controller_label(controller, peer->device));
    int rc = controller_ask_clock(controller, peer, now);
    if (rc < 0)
        return publish_failed(controller, rc);
    struct peer_waiting *waiting = &peer->waiting;
    *waiting = (struct peer_waiting){.used = true,
        .motion = motion,
        .kind = order->kind,
        .layout = peer->device->layout,
        .deadline_us = now.us + (int64_t)controller->options.ttl_ms * 1000};
    snprintf(waiting->channel, sizeof waiting->channel, "%s", order->channel);
    snprintf(waiting->text, sizeof waiting->text, "%s", order->text);
    struct journal_event *event = controller_record(controller, peer->device->name, order->text, now);
    event->stage = JOURNAL_WAITING;
    waiting->serial = event->serial;
    controller_wake(controller, waiting->deadline_us);
    return taken(event->serial);
}

void controller_send_waiting(struct controller *controller, struct peer *peer, struct controller_clock now)
{
    struct peer_waiting waiting = peer->waiting;
    struct controller_order order = {
        .kind = waiting.kind, .channel = waiting.channel, .serial = waiting.serial};
    snprintf(order.text, sizeof order.text, "%s", waiting.text);
    peer->waiting.used = false;
    if (waiting.layout != peer->device->layout) {
        controller_end(controller, waiting.serial, JOURNAL_DROPPED,
            "the channels of %s are others than when the key was pressed: press again",
            controller_label(controller, peer->device));
        return;
    }
    struct controller_answer result =
        publish_order(controller, peer, &order, waiting.motion, DEADLINE_TTL, now);
    if (result.verdict != CONTROLLER_TAKEN)
        controller_end(controller, waiting.serial, JOURNAL_DROPPED, "%s", result.why);
}

// A plain word for whoever listens: no device ever reported here.
static struct controller_answer publish_plain(
    struct controller *controller, const char *text, struct controller_clock now)
{
    struct plain_word *plain = controller_place_plain_word(controller);
    if (!plain)
        return controller_reply(CONTROLLER_SKIPPED, "the broker has not answered yet");
    char topic[PROTOCOL_TOPIC_MAX];
    protocol_topic(topic, controller->options.root, "", "control");
    int token = -1;
    int rc = controller->shell.publish(controller->ctx, topic, text, strlen(text), false, &token);
    if (rc < 0)
        return publish_failed(controller, rc);
    struct journal_event *event = controller_record(controller, "", text, now);
    event->stage = JOURNAL_SENT;
    uint64_t serial = event->serial;
    if (!controller_is_acknowledged(controller)) {
        controller_end(controller, serial, JOURNAL_PLAIN, "no device reports here");
        return taken(serial);
    }
    *plain = (struct plain_word){.used = true, .token = token, .serial = serial, .sent_us = now.us};
    controller_wake(controller, now.us + PLAIN_WORD_LIFE_US);
    return taken(serial);
}

// True for what is welcome however late it comes: it makes things safer, or moves nothing.
static bool is_welcome_late(const struct vocabulary_match *match, const struct channel_id *ids)
{
    return match->verb == VERB_STOP_ALL || match->verb == VERB_STOP || match->verb == VERB_OFF_ALL ||
           match->verb == VERB_STATUS || vocabulary_is_halt(match, ids);
}

// Whoever drives a car must see it.
static bool drives(
    const struct vocabulary_match *match, const struct channel_id *ids, enum protocol_result known)
{
    return known == RESULT_OK && match->channel >= 0 &&
           model_kind(ids[match->channel].kind)->selection == SELECTION_MOTOR;
}

// Leaving ends what this screen runs, and leaves alone what somebody else does with the same device.
static void note_set_going(
    struct peer *peer, const struct vocabulary_match *match, const struct channel_id *ids, bool motion)
{
    const struct channel_id *channel = match->channel >= 0 ? &ids[match->channel] : NULL;
    if (motion && channel && (channel->stops_off || model_kind(channel->kind)->selection == SELECTION_MOTOR))
        peer->set_going |= UINT64_C(1) << match->channel;
}

// A command that brings a motor to rest counts nowhere and waits for nothing. False where it is another command.
static bool halt(struct controller *controller, struct peer *peer, const struct vocabulary_match *match,
    const struct channel_id *ids, struct controller_clock now, struct controller_answer *out)
{
    if (match->verb != VERB_STOP || !vocabulary_is_halt(match, ids))
        return false;
    controller_drop_waiting(controller, peer, "stopped");
    *out = taken(controller_halt(controller, peer, ids[match->channel].name, now));
    return true;
}

// What a command to a device needs.
struct need {
    bool late; // it is welcome however late it comes
    bool motion;
    bool clock; // it must not leave before the device's clock is known
    enum publish_deadline deadline;
};

static struct need find_need(const struct model_device *device, const struct channel_id *ids,
    const struct vocabulary_match *match, bool known, bool clock, int64_t now_us)
{
    struct need need = {
        .late = known && is_welcome_late(match, ids), .motion = !known}; // an unknown word may move something
    enum presence presence = model_presence(device, now_us);
    if (known)
        need.motion = vocabulary_needs_deadline(match, ids);
    if (known && match->verb == VERB_OFF_ALL) {
        // `off` may move a servo to its safe angle. Where the clock cannot be learnt, a deadline that has passed makes
        // the device switch its outputs off and move nothing.
        need.clock = !clock && presence == PRESENCE_LIVE;
        need.deadline = clock ? DEADLINE_TTL : DEADLINE_PAST;
    } else if (!need.late) {
        need.clock = !clock && (need.motion || presence == PRESENCE_RETAINED);
        need.deadline = clock ? DEADLINE_TTL : DEADLINE_NONE;
    }
    return need;
}

struct controller_answer controller_deliver(struct controller *controller, struct model_device *device,
    const struct controller_order *order, bool to_all, struct controller_clock now)
{
    char why[PROTOCOL_WHY_SIZE] = "";
    const char *label = controller_label(controller, device);
    struct channel_id ids[PROTOCOL_NAMES_MAX];
    size_t count = model_channel_ids(device, ids);
    struct vocabulary_match match;
    enum protocol_result known = vocabulary_match(ids, count, &order->parsed, &match, why);
    bool ask = known != RESULT_OK && controller->options.ask_device && !to_all;
    if (known != RESULT_OK && !ask && model_presence(device, now.us) != PRESENCE_OFFLINE)
        return controller_reply(CONTROLLER_REFUSED, "%s", why[0] ? why : "no such command here");
    bool late = known == RESULT_OK && is_welcome_late(&match, ids);
    if (!late && absence(controller, device, now, why))
        return controller_reply(CONTROLLER_REFUSED, "%s", why);
    if (!late && to_all && drives(&match, ids, known))
        return controller_reply(CONTROLLER_REFUSED, "ALL: choose one device to drive");

    struct peer *peer = controller_peer(controller, device);
    struct controller_answer out;
    if (!peer)
        return controller_reply(CONTROLLER_REFUSED, "%s", strerror(ENOMEM));
    if (known == RESULT_OK && halt(controller, peer, &match, ids, now, &out))
        return out;
    if (peer->stop.used && !late)
        return controller_reply(CONTROLLER_REFUSED, "%s has not confirmed STOP yet", label);
    if (order->kind == COMMAND_OTHER &&
        peer_unanswered(peer, COMMAND_OTHER) + peer->waiting.used >= CONTROLLER_OTHERS_MAX)
        return controller_reply(
            CONTROLLER_REFUSED, "%s has not answered %d commands yet", label, CONTROLLER_OTHERS_MAX);
    if (known == RESULT_OK && match.verb == VERB_STOP)
        controller_drop_waiting(controller, peer, "stopped");

    int64_t agent_ms;
    bool clock = peer_clock(peer, now.us, &agent_ms);
    struct need need = find_need(device, ids, &match, known == RESULT_OK, clock, now.us);
    if (need.clock)
        out = wait_for_clock(controller, peer, order, need.motion, now);
    else
        out = publish_order(controller, peer, order, need.motion, need.deadline, now);
    if (out.verdict == CONTROLLER_TAKEN && known == RESULT_OK)
        note_set_going(peer, &match, ids, need.motion);
    return out;
}

bool controller_refuses(const struct controller *controller, struct controller_answer *out)
{
    if (controller->left)
        *out = controller_reply(CONTROLLER_REFUSED, "leaving");
    else if (controller->options.read_only)
        *out = controller_reply(CONTROLLER_REFUSED, "read-only: nothing but STOP is sent");
    else if (!controller_is_up(controller))
        *out = no_link(controller);
    else
        return false;
    return true;
}

struct controller_answer controller_deliver_plain(
    struct controller *controller, const struct controller_order *order, struct controller_clock now)
{
    if (now.us - controller->model->link_since_us < TUTORIAL_PATIENCE_US)
        return controller_reply(CONTROLLER_REFUSED, "just connected: still looking for devices");
    return publish_plain(controller, order->text, now);
}

bool controller_is_tutorial(const struct model *model)
{
    return model->count == 1 && model->devices[0]->tutorial;
}

void controller_add_answer(struct controller_answer *sum, const struct controller_answer *one)
{
    if (one->verdict == CONTROLLER_TAKEN) {
        sum->verdict = CONTROLLER_TAKEN;
        sum->count += one->count;
        sum->serial = one->serial;
        sum->why[0] = '\0';
        return;
    }
    if (sum->verdict == CONTROLLER_REFUSED) {
        sum->verdict = one->verdict;
        memcpy(sum->why, one->why, sizeof sum->why);
    }
}

struct model_device *controller_addressed(
    const struct controller *controller, const struct controller_address *to, struct controller_answer *why)
{
    struct model_device *device = to->device ? model_find(controller->model, to->device, NULL) : NULL;
    if (!device)
        *why = to->device && to->device[0]
                   ? controller_reply(
                         CONTROLLER_REFUSED, "no device %s under %s/", to->device, controller->options.root)
                   : controller_reply(CONTROLLER_REFUSED, "no device under %s/", controller->options.root);
    return device;
}

struct controller_answer controller_send(
    struct controller *controller, const struct controller_address *to, const char *text)
{
    struct controller_clock now = controller->shell.now(controller->ctx);
    struct controller_answer out;
    struct controller_order order = {.kind = COMMAND_OTHER, .channel = ""};
    char why[PROTOCOL_WHY_SIZE] = "";
    if (protocol_parse_text(text, strlen(text), &order.parsed, why) < 0)
        return controller_reply(CONTROLLER_REFUSED, "%s", why);
    if (strcmp(order.parsed.word, "stop") == 0 && !order.parsed.has_number)
        return controller_stop(controller, to);
    if (controller_refuses(controller, &out))
        return out;
    snprintf(order.text, sizeof order.text, "%s", order.parsed.cmd);
    if (controller_is_tutorial(controller->model))
        return controller_deliver_plain(controller, &order, now);
    if (!to->all) {
        struct model_device *device = controller_addressed(controller, to, &out);
        return device ? controller_deliver(controller, device, &order, false, now) : out;
    }
    out = controller_reply(CONTROLLER_REFUSED, "no device is live");
    for (size_t i = 0; i < controller->model->count; i++) {
        struct model_device *device = controller->model->devices[i];
        if (model_presence(device, now.us) != PRESENCE_LIVE)
            continue;
        struct controller_answer one = controller_deliver(controller, device, &order, true, now);
        controller_add_answer(&out, &one);
    }
    return out;
}

struct controller_answer controller_retire(struct controller *controller, const char *device)
{
    static const char *const leaves[] = {"about", "status"};
    struct controller_clock now = controller->shell.now(controller->ctx);
    struct controller_answer out;
    const struct controller_address to = {.device = device};
    if (controller_refuses(controller, &out))
        return out;
    struct model_device *gone = controller_addressed(controller, &to, &out);
    if (!gone)
        return out;
    enum presence presence = model_presence(gone, now.us);
    if (presence != PRESENCE_OFFLINE && presence != PRESENCE_RETAINED)
        return controller_reply(CONTROLLER_REFUSED,
            "%s still reports: only a device that is offline can be cleared",
            controller_label(controller, gone));
    struct plain_word *place = controller_place_plain_word(controller);
    if (!place)
        return controller_reply(CONTROLLER_SKIPPED, "the broker has not answered yet");
    int token = -1;
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++) {
        char topic[PROTOCOL_TOPIC_MAX];
        protocol_topic(topic, controller->options.root, device, leaves[i]);
        int rc = controller->shell.publish(controller->ctx, topic, "", 0, true, &token);
        if (rc < 0)
            return publish_failed(controller, rc);
    }
    struct journal_event *event = controller_record(controller, device, "clear the last report", now);
    event->stage = JOURNAL_SENT;
    uint64_t serial = event->serial;
    if (!controller_is_acknowledged(controller)) {
        controller_end(controller, serial, JOURNAL_PLAIN, "cleared");
        return taken(serial);
    }
    *place = (struct plain_word){
        .used = true, .token = token, .serial = serial, .sent_us = now.us, .clears = true};
    controller_wake(controller, now.us + PLAIN_WORD_LIFE_US);
    return taken(serial);
}
