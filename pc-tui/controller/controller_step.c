// SPDX-License-Identifier: MIT
// Steps of a tapped or held key. They never run ahead of the device.
#include <stdio.h>
#include <string.h>

#include "pc-tui/controller/controller_send.h"
#include "pc-tui/model/model_kind.h"

// True while the servo still has more than one step to go in that direction: one more would run on after the
// key is let go.
static bool is_ahead(const struct status_channel *channel, int direction, int step_tenths)
{
    if (!channel->deg_known || !channel->target_known)
        return false;
    int resolution_tenths = (channel->res_milli + 99) / 100;
    int step = step_tenths > resolution_tenths ? step_tenths : resolution_tenths;
    int64_t ahead = ((int64_t)channel->target - channel->deg) * direction;
    return ahead > step;
}

// True for the repeats of a key that was held when the device was stopped.
static bool must_let_go(struct peer *peer, struct controller_clock now)
{
    bool held = peer->pressed_us > 0 && now.us - peer->pressed_us < CONTROLLER_HELD_US;
    peer->pressed_us = now.us;
    peer->let_go = peer->let_go && held;
    return peer->let_go;
}

static struct controller_answer step_device(struct controller *controller, struct model_device *device,
    const char *channel_name, int direction, int amount, struct controller_clock now)
{
    int index = model_channel(device, channel_name);
    if (index < 0)
        return controller_reply(
            CONTROLLER_REFUSED, "%s has no %s", controller_label(controller, device), channel_name);
    const struct status_channel *channel = &device->status->channels[index];
    enum model_unit unit = model_kind(channel->id.kind)->step;
    bool servo = unit == UNIT_DEGREES;
    if (unit == UNIT_NONE)
        return controller_reply(CONTROLLER_REFUSED, "%s knows no steps", channel_name);
    struct peer *peer = controller_peer(controller, device);
    if (peer && servo && must_let_go(peer, now))
        return controller_reply(CONTROLLER_REFUSED, "%s was stopped: let go of the key for 0.7 s",
            controller_label(controller, device));
    if (peer &&
        (peer_step_unanswered(peer, channel_name) || (servo && is_ahead(channel, direction, amount * 10)))) {
        controller->skipped++;
        return controller_reply(CONTROLLER_SKIPPED, "one step ahead");
    }
    const char *up = servo && channel->id.pan ? "right" : "up";
    const char *down = servo && channel->id.pan ? "left" : "down";
    bool is_default = device->tutorial || (servo ? channel->step == amount * 10 : amount == 10);
    char text[PROTOCOL_NAME_MAX + 32];
    int len = snprintf(text, sizeof text, "%s_%s", channel_name, direction > 0 ? up : down);
    if (!is_default)
        snprintf(text + len, sizeof text - (size_t)len, " %d", amount);

    char why[PROTOCOL_WHY_SIZE] = "";
    struct controller_order order = {.kind = COMMAND_STEP, .channel = channel->id.name};
    if (protocol_parse_text(text, strlen(text), &order.parsed, why) < 0)
        return controller_reply(CONTROLLER_REFUSED, "%s", why);
    snprintf(order.text, sizeof order.text, "%s", order.parsed.cmd);
    return device->tutorial ? controller_deliver_plain(controller, &order, now)
                            : controller_deliver(controller, device, &order, false, now);
}

struct controller_answer controller_step(struct controller *controller, const struct controller_address *to,
    const char *channel, int direction, int amount)
{
    struct controller_clock now = controller->shell.now(controller->ctx);
    struct controller_answer out;
    if (controller_refuses(controller, &out))
        return out;
    if (!to->all || controller_is_tutorial(controller->model)) {
        struct model_device *device = controller_addressed(controller, to, &out);
        return device ? step_device(controller, device, channel, direction, amount, now) : out;
    }
    out = controller_reply(CONTROLLER_REFUSED, "no live device has a %s", channel);
    for (size_t i = 0; i < controller->model->count; i++) {
        struct model_device *device = controller->model->devices[i];
        if (model_presence(device, now.us) != PRESENCE_LIVE || model_channel(device, channel) < 0)
            continue;
        struct controller_answer one = step_device(controller, device, channel, direction, amount, now);
        controller_add_answer(&out, &one);
    }
    return out;
}
