// SPDX-License-Identifier: MIT
#include "nano-agent/mqtt_session.h"

#include <errno.h>
#include <string.h>

#include "common/protocol/status.h"
#include "nano-agent/board/board.h"
#include "nano-agent/system/identity.h"

enum { UNSENT_MAX = 1000 };

static void add_topic(struct link_options *options, const char *topic, int qos, bool may_be_refused)
{
    size_t i = options->topic_count++;
    options->topics[i] = topic;
    options->topic_qos[i] = qos;
    // A bridge, or a broker that was restarted, hands on a retained command; it must be seen that it is one.
    options->topic_as_published[i] = true;
    options->topic_may_be_refused[i] = may_be_refused;
}

int mqtt_session_init(struct mqtt_session *session, const struct config *config, const char *boot)
{
    const struct broker_options *broker = &config->broker;
    struct link_options *options = &session->options;
    broker_options_to_link(broker, CONFIG_DEFAULT_BROKER, options);
    if (!options->client_id[0]) {
        char machine[IDENTITY_MACHINE_SIZE];
        identity_machine(board_device_tree(), "", machine);
        identity_client(broker->root, broker->device, machine, options->client_id);
    }
    protocol_topic(session->control, broker->root, "", "control");
    protocol_topic(session->own_control, broker->root, broker->device, "control");
    protocol_topic(session->status, broker->root, broker->device, "status");
    protocol_topic(session->about, broker->root, broker->device, "about");
    options->topic_count = 0;
    add_topic(options, session->own_control, broker->qos, false);
    if (broker->device[0])
        add_topic(options, session->control, broker->qos, false);
    session->words_at = options->topic_count;
    for (size_t i = 0; i < config->agent.words_count; i++) {
        memcpy(session->words[i], config->agent.words[i].topic, sizeof session->words[i]);
        add_topic(options, session->words[i], broker->qos, true);
    }
    if (status_write_offline(session->will, broker->device, boot, "") < 0)
        return -EMSGSIZE;
    options->will_topic = session->status;
    options->will_payload = session->will;
    options->unsent_max = UNSENT_MAX;
    return 0;
}

void mqtt_session_finish(struct mqtt_session *session)
{
    explicit_bzero(session->options.password, sizeof session->options.password);
}

struct agent_command mqtt_session_command(
    const struct mqtt_session *session, const struct link_message *message)
{
    bool has_device = strcmp(session->own_control, session->control) != 0;
    return (struct agent_command){.topic = message->topic,
        .shared = has_device && !strcmp(message->topic, session->control),
        .payload = message->payload,
        .len = message->len,
        .retained = message->retained,
        .response_topic = message->response_topic,
        .correlation = message->correlation,
        .correlation_len = message->correlation_len};
}
