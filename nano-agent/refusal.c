// SPDX-License-Identifier: MIT
#include "nano-agent/refusal.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "common/array.h"

enum {
    QUOTA_EXCEEDED = 151,
    NOT_AUTHORIZED = 135,
    TOPIC_INVALID = 144,
    TOO_LARGE = 149,
    NO_RETAIN = 154,
    NO_QOS = 155
};

static const struct {
    int code;
    const char *what, *mend;
} refusals[] = {
    {NOT_AUTHORIZED, "not authorized", "its access control list must let this user write that topic"},
    {TOPIC_INVALID, "it allows no such topic", "choose another root or device"},
    {TOO_LARGE, "too large for it", "max_packet_size 32768 in its configuration"},
    {-EMSGSIZE, "too large for it", "max_packet_size 32768 in its configuration"},
    {QUOTA_EXCEEDED, "its quota is used up", "the broker's log says which"},
    {NO_RETAIN, "it keeps no messages", "retain_available true in its configuration"},
    {NO_QOS, "it takes no such quality of service", "max_qos 1 in its configuration, or qos = 0 in ours"},
};

void refusal_sentence(char out[REFUSAL_SIZE], const char *topic, unsigned len, int code)
{
    for (size_t i = 0; i < ARRAY_LENGTH(refusals); i++) {
        if (refusals[i].code != code)
            continue;
        snprintf(out, REFUSAL_SIZE, "the broker does not take %u bytes on %s: %s; %s", len, topic,
            refusals[i].what, refusals[i].mend);
        return;
    }
    if (code < 0)
        snprintf(out, REFUSAL_SIZE, "%u bytes on %s could not be sent: %s", len, topic, strerror(-code));
    else
        snprintf(out, REFUSAL_SIZE, "the broker does not take %u bytes on %s: reason %d; its log says more",
            len, topic, code);
}
