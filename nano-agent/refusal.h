// SPDX-License-Identifier: MIT
// What a broker that does not take a message means by it, and what mends it. Pure.
#ifndef NANO_AGENT_REFUSAL_H
#define NANO_AGENT_REFUSAL_H

enum { REFUSAL_SIZE = 512 };

// Writes a sentence about a message to topic of len bytes. code is an MQTT 5 reason code of 128 and above (section
// 2.4), or the negative errno of link_publish.
void refusal_sentence(char out[REFUSAL_SIZE], const char *topic, unsigned len, int code);

#endif
