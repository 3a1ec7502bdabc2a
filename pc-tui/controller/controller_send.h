// SPDX-License-Identifier: MIT
// How a command goes to a device or is refused with its reason, for controller_step.c and controller_receive.c.
// Only the files of this folder include it.
#ifndef PC_TUI_CONTROLLER_SEND_H
#define PC_TUI_CONTROLLER_SEND_H

#include "pc-tui/controller/controller_outbox.h"

// A command that was understood, on its way to one or more devices.
struct controller_order {
    enum peer_command_kind kind;
    char text[PROTOCOL_CMD_SIZE]; // in canonical form
    struct protocol_command parsed;
    const char *channel; // of a step; "" for other commands
    uint64_t serial;     // of the journal event that it goes on with; 0 = it gets one of its own
};

// Makes an answer with its reason.
struct controller_answer controller_reply(enum controller_verdict verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// True where nothing is sent whatever the device: after leaving, with --read-only, without a link. *out says why.
bool controller_refuses(const struct controller *controller, struct controller_answer *out);
// The device addressed; NULL where it is not known, and *why says so.
struct model_device *controller_addressed(
    const struct controller *controller, const struct controller_address *to, struct controller_answer *why);
// True while no device was seen and the tutorial's channels are offered.
bool controller_is_tutorial(const struct model *model);
// Sends a command to a device, or lets it wait for the device's clock, or refuses it. to_all: it goes to every live
// device, and words that this device does not know are refused.
struct controller_answer controller_deliver(struct controller *controller, struct model_device *device,
    const struct controller_order *order, bool to_all, struct controller_clock now);
// Sends a command as a plain word for whoever listens.
struct controller_answer controller_deliver_plain(
    struct controller *controller, const struct controller_order *order, struct controller_clock now);
// Adds the answer of one device to that of all: taken where any device took it.
void controller_add_answer(struct controller_answer *sum, const struct controller_answer *one);
// Asks a device for its clock with a `status`: any answer to an id of ours tells it. 0 or a negative errno.
int controller_ask_clock(struct controller *controller, struct peer *peer, struct controller_clock now);
// Publishes the command of a peer that waited for the device's clock, which has become known.
void controller_send_waiting(struct controller *controller, struct peer *peer, struct controller_clock now);

#endif
