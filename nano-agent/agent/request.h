// SPDX-License-Identifier: MIT
// What a payload from the wire means for this run of this device. Pure.
#ifndef NANO_AGENT_REQUEST_H
#define NANO_AGENT_REQUEST_H

#include "common/protocol/status.h"

struct agent_command { // valid during the call only
    const char *topic;
    bool shared; // it came on ROOT/control while this agent has a name: envelopes for other runs are not ours
    const void *payload;
    size_t len;
    bool retained;
    const char *response_topic; // NULL = none
    const void *correlation;
    size_t correlation_len;
};

struct request {
    const struct agent_command *command;
    const char *on; // the topic with words of its own that it came on; "" = another
    struct protocol_command words;
    struct vocabulary_match match; // where meaning is RESULT_OK
    bool is_text;                  // the payload is well-formed, whatever its words mean here
    enum protocol_result meaning;  // RESULT_OK, or RESULT_UNKNOWN or RESULT_INVALID for the reason in why
    char why[PROTOCOL_WHY_SIZE];
    bool foreign; // it names another run than this
    bool
        stop; // `stop`, a NAME_stop or a halt: carried out whatever by, boot, stops, id and the retain flag say
    bool halt;    // it brings one of our motors to rest
    bool guessed; // it is not written as a stop, and a person would understand it as a stop
};

// Reads a command of len > 0 bytes. command, ids, device and boot (this run's) must outlive out.
void request_read(struct request *out, const struct agent_command *command, const struct channel_id *ids,
    size_t count, const char *device, const char *boot);

// Begins the result of a command: it counts on, and id and cmd are those of the command.
void request_begin(const struct protocol_command *command, struct status_last *last);

// True where it is an envelope on the topic that all share and names another agent's run: to be passed over in silence. A
// stop that means one of our servos is ours all the same: stopping too much harms nobody. A motor's is not: an operator who
// lets go of a key sends it again and again, and would interrupt every other car.
bool request_is_for_others(const struct request *request);

// True where the command's response topic is one that may be answered to. Else why of its result tells so too.
bool request_may_reply(
    const struct agent_command *command, const char *root, const char *device, struct status_last *last);

// Whether it may be carried out. RESULT_OK; RESULT_RETAINED for an old command; RESULT_EXPIRED where it is meant for another run or comes after its deadline; its
// meaning where that is not RESULT_OK; RESULT_REFUSED for a motion whose sender saw another number of stops than there
// were. why gets the reason, or "". *late: it is `off` and expired, and may then move nothing. ids as before.
enum protocol_result request_judge(const struct request *request, const struct channel_id *ids,
    uint64_t stops, int64_t boot_ms, bool *late, char why[PROTOCOL_WHY_SIZE]);

#endif
