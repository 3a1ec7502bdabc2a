// SPDX-License-Identifier: MIT
// What the operator asks for becomes a PUBLISH, or a refusal with its reason.
#include "pc-tui/controller/controller_send.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

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
        snprintf(out, PROTOCOL_WHY_SIZE, "%s is offline", label);
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
static int ask_clock(struct controller *controller, struct peer *peer, struct controller_clock now)
{
    if (peer_unanswered(peer, COMMAND_CLOCK) > 0)
        return 0;
    struct peer_command command = {.used = true,
        .kind = COMMAND_CLOCK,
        .sent_us = now.us,
        .deadline_us = now.us + (int64_t)controller->options.ttl_ms * 1000};
    controller_new_id(controller, command.id);
    int rc = controller_publish(controller, peer, "status", command.id, false, now, &command.token);
    if (rc < 0)
        return rc;
    place_command(peer, &command);
    controller_wake(controller, command.deadline_us);
    return 0;
}

// serial: of the event that exists already, 0 = make one.
static struct controller_answer publish_order(struct controller *controller, struct peer *peer,
    const struct controller_order *order, bool motion, bool deadline, uint64_t serial,
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
    struct journal_event *event = journal_find(&controller->model->journal, serial);
    if (!event)
        event = controller_record(controller, peer->device->name, order->text, now);
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
    int rc = ask_clock(controller, peer, now);
    if (rc < 0)
        return publish_failed(controller, rc);
    struct peer_waiting *waiting = &peer->waiting;
    *waiting = (struct peer_waiting){.used = true,
        .motion = motion,
        .kind = order->kind,
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
    struct controller_order order = {.kind = waiting.kind, .channel = waiting.channel};
    snprintf(order.text, sizeof order.text, "%s", waiting.text);
    peer->waiting.used = false;
    struct controller_answer result =
        publish_order(controller, peer, &order, waiting.motion, true, waiting.serial, now);
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
    if (controller->options.qos == 0) {
        controller_end(controller, serial, JOURNAL_PLAIN, "no device reports here");
        return taken(serial);
    }
    *plain = (struct plain_word){.used = true, .token = token, .serial = serial, .sent_us = now.us};
    controller_wake(controller, now.us + PLAIN_WORD_LIFE_US);
    return taken(serial);
}

// Where the device's clock decides whether a command is still wanted: everything but what makes things safer,
// which is welcome however late.
static bool wants_deadline(const struct vocabulary_match *match)
{
    return match->verb != VERB_STOP_ALL && match->verb != VERB_STOP && match->verb != VERB_OFF_ALL &&
           match->verb != VERB_STATUS;
}

struct controller_answer controller_deliver(struct controller *controller, struct model_device *device,
    const struct controller_order *order, bool to_all, struct controller_clock now)
{
    char why[PROTOCOL_WHY_SIZE] = "";
    const char *label = controller_label(controller, device);
    struct channel_id ids[PROTOCOL_CHANNELS_MAX];
    size_t count = model_channel_ids(device, ids);
    struct vocabulary_match match;
    enum protocol_result known = vocabulary_match(ids, count, &order->parsed, &match, why);
    bool ask = known != RESULT_OK && controller->options.ask_device && !to_all;
    if (known != RESULT_OK && !ask && model_presence(device, now.us) != PRESENCE_OFFLINE)
        return controller_reply(CONTROLLER_REFUSED, "%s", why[0] ? why : "no such command here");
    bool safe = known == RESULT_OK && !wants_deadline(&match);
    if (!safe && absence(controller, device, now, why))
        return controller_reply(CONTROLLER_REFUSED, "%s", why);

    struct peer *peer = controller_peer(controller, device);
    if (!peer)
        return controller_reply(CONTROLLER_REFUSED, "%s", strerror(ENOMEM));
    if (peer->stop.used && !safe)
        return controller_reply(CONTROLLER_REFUSED, "%s has not confirmed STOP yet", label);
    if (order->kind == COMMAND_OTHER &&
        peer_unanswered(peer, COMMAND_OTHER) + peer->waiting.used >= CONTROLLER_OTHERS_MAX)
        return controller_reply(
            CONTROLLER_REFUSED, "%s has not answered %d commands yet", label, CONTROLLER_OTHERS_MAX);
    if (known == RESULT_OK && match.verb == VERB_STOP)
        controller_drop_waiting(controller, peer, "stopped");

    bool motion = ask; // who knows
    if (known == RESULT_OK)
        motion =
            vocabulary_is_motion(match.verb, match.channel >= 0 ? ids[match.channel].kind : CHANNEL_OTHER);
    int64_t agent_ms;
    bool clock = peer_clock(peer, now.us, &agent_ms);
    bool must_wait = motion || model_presence(device, now.us) == PRESENCE_RETAINED;
    if (!safe && !clock && must_wait)
        return wait_for_clock(controller, peer, order, motion, now);
    return publish_order(controller, peer, order, motion, clock && !safe, 0, now);
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
