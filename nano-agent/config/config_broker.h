// SPDX-License-Identifier: MIT
// The part of a configuration that says how to reach a broker, from a file whose rest is wrong: so that an agent that
// cannot work can at least say why.
#ifndef NANO_AGENT_CONFIG_BROKER_H
#define NANO_AGENT_CONFIG_BROKER_H

#include "nano-agent/config/config.h"

// Reads broker, root, device, login and the other keys of BROKER_OPTIONS_CFG into `out`, wherever they stand in text, and
// passes over everything else. 0; -EINVAL where one of them is wrong itself, or the text cannot be read at all: nobody must
// then connect as somebody else.
int config_broker_part(const char *text, struct broker_options *out);

#endif
