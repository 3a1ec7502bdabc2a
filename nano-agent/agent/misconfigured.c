// SPDX-License-Identifier: MIT
#include "nano-agent/agent/misconfigured.h"

#include <stdio.h>
#include <string.h>

#include "common/text.h"

void misconfigured_init(
    struct misconfigured *m, const char *root, const char *device, const char *boot, const char *why)
{
    memset(m, 0, sizeof *m);
    snprintf(m->root, sizeof m->root, "%s", root);
    snprintf(m->status.device, sizeof m->status.device, "%s", device);
    snprintf(m->status.boot, sizeof m->status.boot, "%s", boot);
    snprintf(m->status.fault, sizeof m->status.fault, "configuration");
    misconfigured_set_why(m, why);
}

bool misconfigured_set_why(struct misconfigured *m, const char *why)
{
    char before[PROTOCOL_WHY_SIZE];
    memcpy(before, m->status.why, sizeof before);
    text_clean(m->status.why, sizeof m->status.why, why, strlen(why), PROTOCOL_WHY_CHARS);
    return strcmp(before, m->status.why) != 0;
}

bool misconfigured_command(struct misconfigured *m, const struct agent_command *command)
{
    struct request request;
    struct status_last *last = &m->status.last;
    if (command->len == 0)
        return false;
    request_read(&request, command, NULL, 0, m->status.device, m->status.boot);
    if (request.words.is_report || request_is_for_others(&request))
        return false;
    uint64_t n = last->n;
    memset(last, 0, sizeof *last);
    last->n = n + 1;
    memcpy(last->id, request.words.id, sizeof request.words.id);
    memcpy(last->cmd, request.words.cmd, sizeof request.words.cmd);
    last->result = RESULT_FAULT;
    memcpy(last->why, m->status.why, sizeof last->why);
    return true;
}

bool misconfigured_may_reply(const struct misconfigured *m, const struct agent_command *command)
{
    return command->response_topic &&
           protocol_reply_allowed(command->response_topic, m->root, m->status.device);
}
