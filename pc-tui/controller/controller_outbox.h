// SPDX-License-Identifier: MIT
// What a controller keeps, and how its files publish, record and give up commands. Only the files of this
// folder include it; controller_stop.c, controller_send.c, controller_receive.c and controller.c are built on
// it, each on those before it.
#ifndef PC_TUI_CONTROLLER_OUTBOX_H
#define PC_TUI_CONTROLLER_OUTBOX_H

#include "pc-tui/controller/controller.h"
#include "pc-tui/controller/peer.h"

enum {
    OWN_IDS_KEPT = 4096, // more than MODEL_DEVICES_MAX: one command to all devices takes an id for each
    TOKENS_KEPT = 4096,  // a power of two above MODEL_DEVICES_MAX, because the library counts its tokens up
    PLAIN_WORDS_MAX = 8,
    PLAIN_WORD_LIFE_US = 5000000,  // how long a plain word waits for its PUBACK
    TUTORIAL_PATIENCE_US = 300000, // what the broker retains has arrived this long after subscribing
    DOUBT_PAUSE_US = 1000000,      // a device whose reports contradict each other is asked so often at most
    REASON_NOBODY = 16,            // MQTT 5 reason code: no matching subscribers
    REASON_FAILED = 128,           // MQTT 5: this reason code and all above it are failures
    REASON_DENIED = 135,           // MQTT 5 reason code: not authorized
};

// Tells which peer a PUBACK belongs to.
struct token_entry {
    int token;
    size_t peer; // the peer's slot + 1; 0 = this entry is unused
};

// A word that was published without an envelope. It carries no id, so only a PUBACK can answer it.
struct plain_word {
    bool used;
    bool clears; // it is the empty message that clears a device's last report
    int token;
    uint64_t serial; // of its journal event
    int64_t sent_us;
};

enum shared_stop_form {
    SHARED_STOP_PLAIN, // a plain word while no device is known: even a script that reads no envelope obeys it
    SHARED_STOP_AHEAD, // an envelope that goes once, before the stop of each device
    SHARED_STOP_AWAITED, // an envelope that is repeated, and whose echoes are counted
};

enum publish_deadline {
    DEADLINE_NONE, // the command is welcome however late it comes
    DEADLINE_TTL,  // `by` is now plus the time to live, on the device's clock
    DEADLINE_PAST, // `by` is 0: where the device carries out something even when late, it does no more than that
};

struct controller {
    struct model *model;
    struct controller_options options;
    struct controller_shell shell;
    void *ctx;

    uint64_t own_ids[OWN_IDS_KEPT]; // the latest ids, as numbers, in a ring
    uint64_t own_id_count;          // how many were given since the start
    struct peer **peers;            // by slot; NULL where nothing was ever sent
    size_t room;                    // length of peers
    struct token_entry tokens[TOKENS_KEPT];
    struct plain_word plain_words[PLAIN_WORDS_MAX];
    struct peer_stop shared_stop; // the stop that goes to all devices at once
    enum shared_stop_form shared_stop_form;
    char shared_stop_device[PROTOCOL_DEVICE_MAX + 1]; // whose topic it goes to; "" = ROOT/control
    bool cleared_root; // a retained command on ROOT/control was cleared in this run
    uint64_t skipped;
    int64_t next_us; // when shell.wake was last asked for
    bool lost;       // the link was up and went down
    bool left;       // controller_leave was called
};

// The name of a device for a sentence.
const char *controller_label(const struct controller *controller, const struct model_device *device);
bool controller_is_up(const struct controller *controller);
// True where the broker acknowledges what is published: at QoS 0 it does not, whether we or the broker chose that.
bool controller_is_acknowledged(const struct controller *controller);
// Finds or makes the peer of a device. NULL without memory.
struct peer *controller_peer(struct controller *controller, struct model_device *device);
// The peer of a device, or NULL where nothing was ever sent to it.
struct peer *controller_known_peer(const struct controller *controller, const struct model_device *device);
// Asks the shell for a tick at that time, unless an earlier tick is asked for already.
void controller_wake(struct controller *controller, int64_t at_us);

// Writes a new id for a command and remembers it. Nobody can guess the next id from the ones before.
void controller_new_id(struct controller *controller, char id[PEER_ID_SIZE]);
// True for an id that controller_new_id has given.
bool controller_is_own_id(const struct controller *controller, const char *id);
// Remembers which peer a token belongs to.
void controller_keep_token(struct controller *controller, int token, const struct peer *peer);
// Publishes an envelope to a device. With a deadline it carries `boot` and `by`, and with DEADLINE_TTL the count of stops
// that was seen last; -EAGAIN where DEADLINE_TTL needs a clock that is unknown. 0 and *token, or a negative errno.
int controller_publish(struct controller *controller, struct peer *peer, const char *text, const char *id,
    enum publish_deadline deadline, struct controller_clock now, int *token);
// Finds a free place for a plain word that waits for its PUBACK; NULL where every place is taken.
struct plain_word *controller_place_plain_word(struct controller *controller);

// Adds the journal event of a command of ours.
struct journal_event *controller_record(
    struct controller *controller, const char *device, const char *text, struct controller_clock now);
// Ends an event with its reason and tells the shell.
void controller_end(struct controller *controller, uint64_t serial, enum journal_stage stage,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
// Drops the command of a peer that waits for the device's clock, if there is one.
void controller_drop_waiting(struct controller *controller, struct peer *peer, const char *why);
// Shows a command as a failure. Its place is kept, so that a late echo still finds it.
void controller_give_up(struct controller *controller, struct peer_command *command, const char *why);
// Gives up everything that a peer has not answered, and drops what waits for its clock.
void controller_give_up_all(struct controller *controller, struct peer *peer, const char *why);

#endif
