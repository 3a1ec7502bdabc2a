// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/protocol/status.h"
#include "nano-agent/mqtt_session.h"

static struct mqtt_session session;
static struct config config;
#define broker (config.broker)

static void a_device_without_a_name_listens_on_one_topic_and_leaves_a_will(void **state)
{
    struct status status;
    char why[PROTOCOL_WHY_SIZE];
    (void)state;
    broker_options_init(&broker);
    assert_int_equal(mqtt_session_init(&session, &config, "7f3a9c01"), 0);
    assert_int_equal(session.options.topic_count, 1);
    assert_string_equal(session.options.topics[0], "jetson/control");
    assert_int_equal(session.options.topic_qos[0], 1);
    assert_string_equal(session.options.will_topic, "jetson/status");
    assert_int_equal(status_parse(session.options.will_payload, strlen(session.will), &status, why), 0);
    assert_false(status.online);
    assert_string_equal(status.boot, "7f3a9c01");
    assert_string_equal(session.options.brokers[0].host, CONFIG_DEFAULT_BROKER);
    assert_int_equal(strncmp(session.options.client_id, "nano-agent-", 11), 0);
}

static void a_named_device_listens_on_its_own_topic_and_on_that_of_all(void **state)
{
    (void)state;
    broker_options_init(&broker);
    strcpy(broker.device, "left");
    strcpy(broker.client_id, "mine");
    strcpy(broker.password, "geheim");
    broker.qos = 0;
    assert_int_equal(mqtt_session_init(&session, &config, "7f3a9c01"), 0);
    assert_int_equal(session.options.topic_count, 2);
    assert_string_equal(session.options.topics[0], "jetson/left/control");
    assert_string_equal(session.options.topics[1], "jetson/control");
    assert_int_equal(session.options.topic_qos[1], 0);
    assert_string_equal(session.options.will_topic, "jetson/left/status");
    assert_string_equal(session.options.client_id, "mine");
    assert_string_equal(session.options.password, "geheim");
    mqtt_session_finish(&session);
    assert_string_equal(session.options.password, "");
}

static void topics_with_words_follow_and_may_be_refused(void **state)
{
    (void)state;
    memset(&config, 0, sizeof config);
    broker_options_init(&broker);
    broker.qos = 1;
    config.agent.words_count = 2;
    strcpy(config.agent.words[0].topic, "pt/control");
    strcpy(config.agent.words[1].topic, "car/control");
    assert_int_equal(mqtt_session_init(&session, &config, "7f3a9c01"), 0);
    assert_int_equal(session.options.topic_count, 3);
    assert_int_equal(session.words_at, 1);
    assert_string_equal(session.options.topics[1], "pt/control");
    assert_string_equal(session.options.topics[2], "car/control");
    assert_false(session.options.topic_may_be_refused[0]);
    assert_true(session.options.topic_may_be_refused[2] && session.options.topic_as_published[2]);
    assert_int_equal(session.options.topic_qos[2], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_without_a_name_listens_on_one_topic_and_leaves_a_will),
        cmocka_unit_test(a_named_device_listens_on_its_own_topic_and_on_that_of_all),
        cmocka_unit_test(topics_with_words_follow_and_may_be_refused),
    };
    return cmocka_run_group_tests_name("mqtt_session", tests, NULL, NULL);
}
