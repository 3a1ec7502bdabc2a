// SPDX-License-Identifier: MIT
// What stands in for the agent while its configuration is wrong: it tells why in an offline status, answers every command
// with the same sentence, and has no hardware. Pure.
#ifndef NANO_AGENT_MISCONFIGURED_H
#define NANO_AGENT_MISCONFIGURED_H

#include "common/protocol/status.h"
#include "nano-agent/agent/request.h"

struct misconfigured {
    struct status status;
    char root[PROTOCOL_ROOT_MAX + 1];
};

// boot is the id of this run; why is what is wrong, one sentence ("/etc/nano-agent.conf:12: …").
void misconfigured_init(
    struct misconfigured *m, const char *root, const char *device, const char *boot, const char *why);

// Something else is wrong now. True where it is really something else: the status is to be published again.
bool misconfigured_set_why(struct misconfigured *m, const char *why);

// Takes a command. True where it is for us: the status, which has its result in `last`, is to be published.
// False for what nobody answers: an empty payload, another run's envelope on the topic that all share, a report led back.
bool misconfigured_command(struct misconfigured *m, const struct agent_command *command);

// True where an answer to that command may go to its response topic.
bool misconfigured_may_reply(const struct misconfigured *m, const struct agent_command *command);

#endif
