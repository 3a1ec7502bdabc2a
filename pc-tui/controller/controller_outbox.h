// SPDX-License-Identifier: MIT
// What controller.c, echoes.c (what arrives), wishes.c and stops.c (what is asked for) share. Nobody else
// includes it.
#ifndef PC_TUI_CONTROLLER_PRIVATE_H
#define PC_TUI_CONTROLLER_PRIVATE_H

#include "pc-tui/controller/controller.h"
#include "pc-tui/controller/peer.h"

enum {
    TOKENS_KEPT = 4096, // power of two, more than MODEL_DEVICES_MAX: the library counts its tokens up
    PLAIN_MAX = 8,
    PLAIN_LIFE_US = 5000000,       // how long a plain word waits for its PUBACK
    TUTORIAL_PATIENCE_US = 300000, // what the broker retains has arrived so long after subscribing
    REASON_NOBODY = 16,            // MQTT 5: no matching subscribers
    REASON_DENIED = 135,           // MQTT 5: not authorized
    REASON_FAILED = 128,           // MQTT 5: from here on a failure
};

struct token_entry {
    int token;
    size_t peer; // slot + 1; 0 = none
};

// A word published without an envelope: only a PUBACK can come of it.
struct plain {
    bool used;
    int token;
    uint64_t serial;
    int64_t sent_us;
};

struct controller {
    struct model *model;
    struct controller_options options;
    struct controller_shell shell;
    void *ctx;

    char prefix[20]; // of the ids of this run: 16 hex digits and a dash
    uint64_t counter;
    struct peer **peers; // by slot; NULL where we never sent anything
    size_t room;
    struct token_entry tokens[TOKENS_KEPT];
    struct plain plain[PLAIN_MAX];
    struct stop plain_stop; // where no device is known: one plain word for whoever listens
    uint64_t skipped;
    int64_t next_us; // when shell.wake was last asked for
    bool lost;       // the link was up and went down
    bool left;
};

// The name of a device for a sentence.
const char *controller_label(const struct controller *controller, const struct model_device *device);
bool controller_is_up(const struct controller *controller);
// Finds or makes the peer of a device; NULL without memory.
struct peer *controller_peer(struct controller *controller, struct model_device *device);
// The peer of a device, NULL where nothing was ever sent to it.
struct peer *controller_known_peer(const struct controller *controller, const struct model_device *device);
// Shows a command as a failure; its place is kept for a late echo.
void controller_give_up(struct controller *controller, struct command *command, const char *why);
// The same for all that a peer has not answered, and for the wish that waits for it.
void controller_give_up_all(struct controller *controller, struct peer *peer, const char *why);
// Asks for a tick at that time, if none is asked for before it.
void controller_wake(struct controller *controller, int64_t at_us);
// Remembers which peer a token belongs to.
void controller_keep_token(struct controller *controller, int token, const struct peer *peer);
// Publishes an envelope to a device. deadline: with `by` on the device's clock (which must be known) and
// boot.
int controller_publish(struct controller *controller, struct peer *peer, const char *text, const char *id,
    bool deadline, struct controller_clock now, int *token);
void controller_new_id(struct controller *controller, char id[PEER_ID_SIZE]);
// Ends an event and tells the shell.
void controller_end(struct controller *controller, uint64_t serial, enum journal_stage stage,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
// Drops what waits for a device's clock.
void controller_drop_wish(struct controller *controller, struct peer *peer, const char *why);
// Publishes the wish of a peer whose clock has become known.
void controller_release_wish(struct controller *controller, struct peer *peer, struct controller_clock now);
// Sends the stop of a peer, or the plain one (peer NULL), once.
void controller_send_stop(struct controller *controller, struct peer *peer, struct controller_clock now);
// Repeats or ends the stop of a peer, or the plain one. Returns when to look again; INT64_MAX = never.
int64_t controller_tick_stop(struct controller *controller, struct peer *peer, struct controller_clock now);
// Adds the event of a command of ours.
struct journal_event *controller_record(
    struct controller *controller, const char *device, const char *text, struct controller_clock now);

#endif
