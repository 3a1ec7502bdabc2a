// SPDX-License-Identifier: MIT
// How the agent presents itself to a broker: the topics, the will, the quality of service. The daemon and
// `nano-agent check` share it, so that the check sees what the daemon will see.
#ifndef NANO_AGENT_MQTT_SESSION_H
#define NANO_AGENT_MQTT_SESSION_H

#include "nano-agent/agent/request.h"
#include "nano-agent/config/config.h"

// options points into the struct, which therefore must stay where it is while a link uses it.
struct mqtt_session {
    struct link_options options;
    size_t words_at; // the index of the first topic with words of its own; the others follow it
    char words[PROTOCOL_WORDS_MAX][PROTOCOL_WORDS_TOPIC_MAX + 1];
    char control[PROTOCOL_TOPIC_MAX];     // ROOT/control, for all devices
    char own_control[PROTOCOL_TOPIC_MAX]; // the same topic, or ROOT/DEVICE/control
    char status[PROTOCOL_TOPIC_MAX];
    char about[PROTOCOL_TOPIC_MAX];
    char will[PROTOCOL_STATUS_MAX];
};

// boot is the id of this run. Chooses the client id of this machine where the configuration has none. 0, or -EMSGSIZE.
// mqtt_session_finish wipes the password.
int mqtt_session_init(struct mqtt_session *session, const struct config *config, const char *boot);
void mqtt_session_finish(struct mqtt_session *session);

// A message that came on one of its topics, as the agent takes it. Valid as long as the message.
struct agent_command mqtt_session_command(
    const struct mqtt_session *session, const struct link_message *message);

#endif
