// SPDX-License-Identifier: MIT
// What stands in for the agent while its configuration is wrong.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/agent/misconfigured.h"

static const char why[] = "/etc/nano-agent.conf:12: unknown key sped; did you mean speed?";
static struct misconfigured core;

static int prepare(void **state)
{
    (void)state;
    misconfigured_init(&core, "jetson", "arm", "9f31c2aa", why);
    return 0;
}

static bool send(const char *topic, const char *payload)
{
    struct agent_command command = {.topic = topic,
        .shared = strcmp(topic, "jetson/control") == 0,
        .payload = payload,
        .len = strlen(payload)};
    return misconfigured_command(&core, &command);
}

static void the_status_is_offline_and_says_what_is_wrong(void **state)
{
    (void)state;
    char out[PROTOCOL_STATUS_MAX];
    assert_true(status_write_fault(out, &core.status) > 0);
    assert_string_equal(out,
        "{\"v\":1,\"device\":\"arm\",\"online\":false,\"boot\":\"9f31c2aa\",\"why\":\"/etc/nano-agent.conf:12: unknown key "
        "sped; did you mean speed?\",\"fault\":\"configuration\"}");
    struct status back;
    char trouble[PROTOCOL_WHY_SIZE];
    assert_int_equal(status_parse(out, strlen(out), &back, trouble), 0);
    assert_string_equal(back.fault, "configuration");
    assert_string_equal(back.why, why);
    assert_false(back.online);
}

static void every_command_has_the_same_answer(void **state)
{
    (void)state;
    static const char *const payloads[] = {
        "led_on", "stop", "nonsense 1 2", "{\"cmd\":\"tilt 20\",\"id\":\"7\"}", "{"};
    const struct status_last *last = &core.status.last;
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        assert_true(send("jetson/arm/control", payloads[i]));
        assert_int_equal(last->n, i + 1);
        assert_int_equal(last->result, RESULT_FAULT);
        assert_string_equal(last->why, why);
        assert_string_equal(last->id, i == 3 ? "7" : "");
    }
}

static void what_is_not_ours_has_no_answer(void **state)
{
    (void)state;
    assert_false(send("jetson/control", ""));
    assert_false(send("jetson/control", "{\"cmd\":\"led_on\",\"boot\":\"another\"}"));
    assert_false(send("jetson/arm/control", "{\"v\":1,\"device\":\"arm\",\"online\":true}"));
    assert_int_equal(core.status.last.n, 0);
    assert_true(send("jetson/control", "{\"cmd\":\"led_on\",\"boot\":\"9f31c2aa\"}"));
}

static void another_mistake_is_told_and_the_same_is_not(void **state)
{
    (void)state;
    assert_false(misconfigured_set_why(&core, why));
    assert_true(misconfigured_set_why(&core, "/etc/nano-agent.conf:13: \x1b[31m"));
    assert_string_equal(core.status.why, "/etc/nano-agent.conf:13: \xef\xbf\xbd[31m");
}

static void an_answer_goes_only_where_answers_belong(void **state)
{
    (void)state;
    struct agent_command command = {.topic = "jetson/control", .payload = "x", .len = 1};
    assert_false(misconfigured_may_reply(&core, &command));
    command.response_topic = "jetson/reply/me";
    assert_true(misconfigured_may_reply(&core, &command));
    command.response_topic = "jetson/control";
    assert_false(misconfigured_may_reply(&core, &command));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_status_is_offline_and_says_what_is_wrong, prepare),
        cmocka_unit_test_setup(every_command_has_the_same_answer, prepare),
        cmocka_unit_test_setup(what_is_not_ours_has_no_answer, prepare),
        cmocka_unit_test_setup(another_mistake_is_told_and_the_same_is_not, prepare),
        cmocka_unit_test_setup(an_answer_goes_only_where_answers_belong, prepare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
