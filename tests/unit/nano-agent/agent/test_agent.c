// SPDX-License-Identifier: MIT
// What becomes of a command: each result, each rule of delivery, as docs/protocol.md promises them.
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/nano-agent/agent/agent_rig.h"

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, finish)
#define HERE(rig)  struct rig *(rig) = *state

static int start(void **state)
{
    struct rig *rig = rig_new();
    rig_start(rig);
    rig_forget(rig);
    *state = rig;
    return 0;
}

static int finish(void **state)
{
    rig_free(*state);
    return 0;
}

static const char *why_of(const struct rig *rig)
{
    return rig->seen.last.why;
}

static void the_pin_moves_before_the_status_and_that_before_the_log(void **state)
{
    HERE(rig);
    assert_int_equal(rig_send(rig, "led_on"), RESULT_OK);
    assert_int_equal(rig->event_count, 3);
    assert_int_equal(rig->events[0].kind, RIG_SWITCH);
    assert_int_equal(rig->events[1].kind, RIG_STATUS);
    assert_int_equal(rig->events[2].kind, RIG_DONE);
    assert_true(rig_seen(rig, "led")->on);
    assert_string_equal(rig->done_cmd, "led_on");
    assert_int_equal(rig->took_us, 7);
    rig_forget(rig);
    assert_int_equal(rig_send(rig, "tilt_up"), RESULT_OK);
    assert_int_equal(rig->events[0].kind, RIG_SET);
    assert_int_equal(rig->events[1].kind, RIG_ENABLE);
    assert_int_equal(rig->events[2].kind, RIG_STATUS);
}

static void every_command_gets_one_result_in_a_status_of_its_own(void **state)
{
    HERE(rig);
    static const char *const commands[] = {"tilt_up", "tilt 20", "led_on", "nonsense", "tilt nan", "stop",
        "tilt_up", "status", "led_toggle", "off"};
    uint64_t seq = rig->seen.seq;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        assert_int_not_equal(rig_send(rig, commands[i]), RESULT_NONE);
        assert_int_equal(rig->seen.last.n, i + 1);
        assert_int_equal(rig->seen.seq, ++seq);
        assert_int_equal(rig_count(rig, RIG_STATUS), i + 1);
        assert_int_equal(rig_count(rig, RIG_DONE), i + 1);
    }
}

static void an_empty_payload_is_ignored(void **state)
{
    HERE(rig);
    struct agent_command command = rig_message("");
    command.retained = true;
    rig_deliver(rig, command);
    assert_int_equal(rig->event_count, 0);
}

static void last_names_the_command_in_canonical_form_and_its_id(void **state)
{
    HERE(rig);
    assert_int_equal(rig_send(rig, "{\"cmd\":\" TILT   +012.50 \",\"id\":\"a-1\"}"), RESULT_OK);
    assert_string_equal(rig->seen.last.cmd, "tilt 12.5");
    assert_string_equal(rig->seen.last.id, "a-1");
    assert_int_equal(rig_seen(rig, "tilt")->target, 125);
}

static void the_status_tells_who_and_when(void **state)
{
    HERE(rig);
    rig_send(rig, "status");
    assert_string_equal(rig->seen.boot, RIG_BOOT);
    assert_string_equal(rig->seen.device, "");
    assert_true(rig->seen.online);
    assert_int_equal(rig->seen.t_ms, rig_boot_ms(rig));
    assert_int_equal(rig->seen.report_ms, 1000);
    assert_int_equal(rig->seen.count, 2);
}

static void an_unknown_command_names_the_nearest(void **state)
{
    HERE(rig);
    assert_int_equal(rig_send(rig, "tilt_upp"), RESULT_UNKNOWN);
    assert_non_null(strstr(why_of(rig), "tilt_up"));
    assert_int_equal(rig_count(rig, RIG_SET), 0);
}

static void what_is_not_understood_is_invalid_and_says_what_was_expected(void **state)
{
    HERE(rig);
    static const char *const commands[] = {"tilt nan", "tilt 1e3", "tilt", "tilt_up 0", "tilt_up -5",
        "tilt_center 5", "tilt_up 5 6", "{\"cmd\":\"tilt_up\"", "{\"cmd\":5}", "{}", "\xff\xfe", "tilt\x01"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        assert_int_equal(rig_send(rig, commands[i]), RESULT_INVALID);
        assert_true(why_of(rig)[0] != '\0');
    }
    char big[PROTOCOL_COMMAND_MAX + 2];
    memset(big, 'a', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    assert_int_equal(rig_send(rig, big), RESULT_INVALID);
    struct agent_command nul = rig_message("led_on");
    nul.payload = "led\0on";
    assert_int_equal(rig_deliver(rig, nul), RESULT_INVALID);
    assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_SWITCH), 0);
    assert_int_equal(rig_send(rig, "led_on"), RESULT_OK);
}

static void a_command_past_its_deadline_is_expired_and_moves_nothing(void **state)
{
    HERE(rig);
    char text[128];
    int64_t t = rig_boot_ms(rig);
    snprintf(text, sizeof text, "{\"cmd\":\"tilt_up\",\"by\":%" PRId64 ",\"boot\":\"" RIG_BOOT "\"}", t - 1);
    assert_int_equal(rig_send(rig, text), RESULT_EXPIRED);
    assert_string_equal(why_of(rig), "1 ms too late");
    assert_int_equal(rig_count(rig, RIG_SET), 0);
    snprintf(text, sizeof text, "{\"cmd\":\"tilt_up\",\"by\":%" PRId64 ",\"boot\":\"" RIG_BOOT "\"}", t);
    assert_int_equal(rig_send(rig, text), RESULT_OK);
}

static void a_command_for_another_run_is_expired(void **state)
{
    HERE(rig);
    assert_int_equal(
        rig_send(rig, "{\"cmd\":\"led_on\",\"by\":99999999,\"boot\":\"00000000\"}"), RESULT_EXPIRED);
    assert_int_equal(rig_send(rig, "{\"cmd\":\"led_on\",\"boot\":\"00000000\"}"), RESULT_EXPIRED);
    assert_int_equal(rig_count(rig, RIG_SWITCH), 0);
    assert_int_equal(rig_send(rig, "{\"cmd\":\"led_on\",\"boot\":\"" RIG_BOOT "\"}"), RESULT_OK);
}

static void the_same_id_twice_is_carried_out_once(void **state)
{
    HERE(rig);
    const char *command = "{\"cmd\":\"tilt_up 10\",\"id\":\"k-1\"}";
    assert_int_equal(rig_send(rig, command), RESULT_OK);
    assert_false(rig->seen.last.again);
    rig_run_ms(rig, 900);
    size_t sets = rig_count(rig, RIG_SET);
    assert_int_equal(rig_send(rig, command), RESULT_OK);
    assert_true(rig->seen.last.again);
    assert_int_equal(rig->seen.last.n, 2);
    assert_string_equal(rig->seen.last.id, "k-1");
    assert_int_equal(rig_count(rig, RIG_SET), sets);
    assert_int_equal(rig_seen(rig, "tilt")->target, 100);
    assert_int_equal(rig_send(rig, "{\"cmd\":\"TILT_UP  10.0\",\"id\":\"k-1\"}"), RESULT_OK);
    assert_true(rig->seen.last.again);
}

static void a_repeated_id_gets_its_first_result_with_its_reason(void **state)
{
    HERE(rig);
    const char *wrong = "{\"cmd\":\"tilt_upp\",\"id\":\"k-2\"}";
    char first[PROTOCOL_WHY_SIZE];
    assert_int_equal(rig_send(rig, wrong), RESULT_UNKNOWN);
    memcpy(first, why_of(rig), sizeof first);
    assert_int_equal(rig_send(rig, wrong), RESULT_UNKNOWN);
    assert_true(rig->seen.last.again);
    assert_string_equal(why_of(rig), first);
    rig_send(rig, "stop");
    const char *refused = "{\"cmd\":\"tilt_up\",\"id\":\"k-3\"}";
    assert_int_equal(rig_send(rig, refused), RESULT_REFUSED);
    rig_run_ms(rig, 600);
    assert_int_equal(rig_send(rig, refused), RESULT_REFUSED);
    assert_int_equal(rig_count(rig, RIG_SET), 0);
}

static void the_same_id_with_other_text_is_invalid(void **state)
{
    HERE(rig);
    assert_int_equal(rig_send(rig, "{\"cmd\":\"led_on\",\"id\":\"k-1\"}"), RESULT_OK);
    assert_int_equal(rig_send(rig, "{\"cmd\":\"led_off\",\"id\":\"k-1\"}"), RESULT_INVALID);
    assert_false(rig->seen.last.again);
    assert_true(rig_hardware(rig, "led")->level);
    assert_int_equal(rig_send(rig, "{\"cmd\":\"led_on\",\"id\":\"k-1\"}"), RESULT_OK);
    assert_true(rig->seen.last.again);
}

static void the_last_256_ids_are_remembered_and_no_more(void **state)
{
    HERE(rig);
    char text[64];
    for (int i = 0; i <= PROTOCOL_IDS_REMEMBERED; i++) {
        snprintf(text, sizeof text, "{\"cmd\":\"led_toggle\",\"id\":\"k-%d\"}", i);
        assert_int_equal(rig_send(rig, text), RESULT_OK);
        assert_false(rig->seen.last.again);
    }
    for (int i = PROTOCOL_IDS_REMEMBERED; i >= 1; i--) {
        snprintf(text, sizeof text, "{\"cmd\":\"led_toggle\",\"id\":\"k-%d\"}", i);
        rig_send(rig, text);
        assert_true(rig->seen.last.again);
    }
    rig_send(rig, "{\"cmd\":\"led_toggle\",\"id\":\"k-0\"}");
    assert_false(rig->seen.last.again);
}

static void a_retained_command_moves_nothing(void **state)
{
    HERE(rig);
    struct agent_command command = rig_message("tilt_up");
    command.retained = true;
    assert_int_equal(rig_deliver(rig, command), RESULT_RETAINED);
    assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_ENABLE), 0);
    command = rig_message("{\"broken");
    command.retained = true;
    assert_int_equal(rig_deliver(rig, command), RESULT_RETAINED);
}

static void a_retained_command_is_cleared_once_a_run(void **state)
{
    HERE(rig);
    struct agent_command command = rig_message("tilt_up");
    command.retained = true;
    rig_deliver(rig, command);
    assert_int_equal(rig_count(rig, RIG_CLEAR), 1);
    assert_string_equal(rig->cleared_topic, "jetson/control");
    rig_deliver(rig, command);
    assert_int_equal(rig_count(rig, RIG_CLEAR), 1);
    assert_int_equal(rig_count(rig, RIG_STATUS), 2);
}

// Another topic may be somebody's own.
static void a_retained_command_is_cleared_once_a_topic_and_on_control_topics_alone(void **state)
{
    HERE(rig);
    static const struct {
        const char *topic;
        size_t cleared;
    } cases[] = {{"jetson/control", 1}, {"jetson/control", 1}, {"pt/control", 1}, {"jetson/nano/control", 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct agent_command command = rig_message("tilt_up");
        command.topic = cases[i].topic;
        command.retained = true;
        assert_int_equal(rig_deliver(rig, command), RESULT_RETAINED);
        assert_int_equal(rig_count(rig, RIG_CLEAR), cases[i].cleared);
    }
}

static void the_id_of_a_retained_command_is_not_used_up(void **state)
{
    HERE(rig);
    struct agent_command command = rig_message("{\"cmd\":\"led_on\",\"id\":\"k\"}");
    command.retained = true;
    assert_int_equal(rig_deliver(rig, command), RESULT_RETAINED);
    command.retained = false;
    assert_int_equal(rig_deliver(rig, command), RESULT_OK);
    assert_true(rig_hardware(rig, "led")->level);
}

static void a_stop_is_always_carried_out(void **state)
{
    HERE(rig);
    static const char expired[] = "{\"cmd\":\"stop\",\"by\":1,\"boot\":\"" RIG_BOOT "\"}";
    static const char *const stops[] = {"stop", "tilt_stop", expired, "{\"cmd\":\"stop\",\"boot\":\"other\"}",
        "{\"cmd\":\"tilt_stop\",\"id\":\"used\"}", "{\"cmd\":\"stop\",\"id\":\"used\"}",
        "{\"cmd\":\"stop\",\"id\":\"used\"}", "{\"cmd\":\"stop\",\"by\":null}"};
    rig_send(rig, "{\"cmd\":\"led_on\",\"id\":\"used\"}");
    for (size_t i = 0; i < 2 * sizeof stops / sizeof *stops; i++) {
        rig_run_ms(rig, 1000);
        assert_int_equal(rig_send(rig, i % 4 < 2 ? "tilt 45" : "tilt -45"), RESULT_OK);
        rig_run_ms(rig, 200);
        assert_true(agent_status(rig->agent)->channels[0].moving);
        struct agent_command command = rig_message(stops[i / 2]);
        command.retained = i % 2 == 1;
        command.shared = i % 2 == 1;
        rig_forget(rig);
        assert_int_equal(rig_deliver(rig, command), RESULT_OK);
        assert_false(rig_seen(rig, "tilt")->moving);
        rig_run_ms(rig, 400);
        assert_int_equal(rig_count(rig, RIG_SET), 0);
    }
}

static void a_stop_repeated_with_its_id_takes_the_place_of_no_other_id(void **state)
{
    HERE(rig);
    rig_send(rig, "{\"cmd\":\"led_on\",\"id\":\"first\"}");
    for (int i = 0; i < 2 * PROTOCOL_IDS_REMEMBERED; i++)
        assert_int_equal(rig_send(rig, "{\"cmd\":\"stop\",\"id\":\"halt\"}"), RESULT_OK);
    rig_send(rig, "{\"cmd\":\"led_on\",\"id\":\"first\"}");
    assert_true(rig->seen.last.again);
}

static void motion_is_refused_for_half_a_second_after_a_stop(void **state)
{
    HERE(rig);
    rig_send(rig, "stop");
    rig_run_ms(rig, 499);
    static const char *const motions[] = {
        "tilt_up", "tilt_down 3", "tilt 5", "tilt_center", "center", "move 3"};
    for (size_t i = 0; i < sizeof motions / sizeof *motions; i++) {
        assert_int_equal(rig_send(rig, motions[i]), RESULT_REFUSED);
        assert_string_equal(why_of(rig), "stopped");
    }
    assert_int_equal(rig_send(rig, "led_on"), RESULT_OK);
    assert_int_equal(rig_send(rig, "status"), RESULT_OK);
    assert_int_equal(rig_send(rig, "tilt_off"), RESULT_OK);
    assert_int_equal(rig_count(rig, RIG_SET), 0);
    rig_run_ms(rig, 1);
    assert_int_equal(rig_send(rig, "tilt_up"), RESULT_OK);
    rig_send(rig, "tilt_stop");
    assert_int_equal(rig_send(rig, "tilt_up"), RESULT_REFUSED);
}

static void a_reply_goes_to_the_response_topic_with_its_correlation(void **state)
{
    HERE(rig);
    struct agent_command command = rig_message("tilt_up");
    command.response_topic = "jetson/reply/me";
    command.correlation = "\0\1\xff";
    command.correlation_len = 3;
    rig_deliver(rig, command);
    assert_int_equal(rig_count(rig, RIG_REPLY), 1);
    assert_string_equal(rig->reply_topic, "jetson/reply/me");
    assert_int_equal(rig->correlation_len, 3);
    assert_memory_equal(rig->correlation, "\0\1\xff", 3);
    assert_string_equal(
        rig->json, "{\"v\":1,\"device\":\"\",\"last\":{\"n\":1,\"cmd\":\"tilt_up\",\"result\":\"ok\"}}");
}

static void a_topic_that_is_not_answered_is_told_in_the_status_and_once_in_the_log(void **state)
{
    HERE(rig);
    struct agent_command command = rig_message("tilt 90");
    command.response_topic = "answers/me";
    assert_int_equal(rig_deliver(rig, command), RESULT_LIMIT);
    assert_string_equal(rig->seen.last.why, "cut at 45.0°; no answer to answers/me: use jetson/reply/…");
    assert_string_equal(rig->trouble, "no answer to answers/me: use jetson/reply/…");
    command = rig_message("led_on");
    command.response_topic = "answers/me";
    rig_deliver(rig, command);
    assert_string_equal(rig->seen.last.why, "no answer to answers/me: use jetson/reply/…");
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    assert_int_equal(rig_count(rig, RIG_REPLY), 0);
}

static void a_response_topic_that_could_do_harm_is_not_answered(void **state)
{
    HERE(rig);
    static const char *const topics[] = {"a/+/b", "a/#", "$SYS/x", "jetson/control", "lab/x/status", ""};
    for (size_t i = 0; i < sizeof topics / sizeof *topics; i++) {
        struct agent_command command = rig_message("led_on");
        command.response_topic = topics[i];
        assert_int_equal(rig_deliver(rig, command), RESULT_OK);
    }
    assert_int_equal(rig_count(rig, RIG_REPLY), 0);
}

static void on_the_shared_topic_envelopes_for_other_runs_are_ignored_silently(void **state)
{
    HERE(rig);
    static const char *const others[] = {"{\"cmd\":\"led_on\",\"boot\":\"other\"}",
        "{\"cmd\":\"led_on\",\"by\":1,\"boot\":\"other\",\"id\":\"x\"}",
        "{\"cmd\":\"led nan\",\"boot\":\"other\"}", "{\"cmd\":\"pan_stop\",\"boot\":\"other\"}"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        struct agent_command command = rig_message(others[i]);
        command.shared = true;
        command.retained = i == 0;
        assert_int_equal(rig_deliver(rig, command), RESULT_NONE);
    }
    assert_int_equal(rig->event_count, 0);
    struct agent_command mine = rig_message("{\"cmd\":\"led_on\",\"boot\":\"" RIG_BOOT "\"}");
    mine.shared = true;
    assert_int_equal(rig_deliver(rig, mine), RESULT_OK);
    struct agent_command words = rig_message("led_off");
    words.shared = true;
    assert_int_equal(rig_deliver(rig, words), RESULT_OK);
}

static void a_fault_of_the_hardware_carries_the_systems_words(void **state)
{
    HERE(rig);
    rig_hardware(rig, "led")->error = -EACCES;
    assert_int_equal(rig_send(rig, "led_on"), RESULT_FAULT);
    assert_string_equal(why_of(rig), "switch led: Permission denied");
    assert_false(rig_seen(rig, "led")->on);
    rig_hardware(rig, "tilt")->error = -EIO;
    assert_int_equal(rig_send(rig, "tilt 20"), RESULT_FAULT);
    assert_string_equal(why_of(rig), "servo tilt: Input/output error");
    assert_false(rig_seen(rig, "tilt")->driven);
    assert_false(rig_seen(rig, "tilt")->moving);
    assert_false(rig_seen(rig, "tilt")->deg_known);
    rig_hardware(rig, "tilt")->error = 0;
    assert_int_equal(rig_send(rig, "tilt 20"), RESULT_OK);
    assert_true(rig_seen(rig, "tilt")->driven);
}

static void commands_work_without_a_link_and_the_next_status_tells_the_state(void **state)
{
    HERE(rig);
    rig->link_rc = -ENOTCONN;
    rig_send(rig, "led_on");
    assert_true(rig_hardware(rig, "led")->level);
    rig->link_rc = 0;
    agent_link_up(rig->agent, rig->now_us, rig_boot_ms(rig));
    assert_true(rig_seen(rig, "led")->on);
    assert_string_equal(rig->seen.last.cmd, "led_on");
}

static void a_flood_of_commands_each_gets_its_status(void **state)
{
    HERE(rig);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(rig_send(rig, "led_toggle"), RESULT_OK);
    assert_int_equal(rig_count(rig, RIG_STATUS), 1000);
    assert_int_equal(rig_count(rig, RIG_SWITCH), 1000);
    assert_int_equal(rig->seen.last.n, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_pin_moves_before_the_status_and_that_before_the_log),
        TEST(every_command_gets_one_result_in_a_status_of_its_own),
        TEST(an_empty_payload_is_ignored),
        TEST(last_names_the_command_in_canonical_form_and_its_id),
        TEST(the_status_tells_who_and_when),
        TEST(an_unknown_command_names_the_nearest),
        TEST(what_is_not_understood_is_invalid_and_says_what_was_expected),
        TEST(a_command_past_its_deadline_is_expired_and_moves_nothing),
        TEST(a_command_for_another_run_is_expired),
        TEST(the_same_id_twice_is_carried_out_once),
        TEST(a_repeated_id_gets_its_first_result_with_its_reason),
        TEST(the_same_id_with_other_text_is_invalid),
        TEST(the_last_256_ids_are_remembered_and_no_more),
        TEST(a_retained_command_moves_nothing),
        TEST(a_retained_command_is_cleared_once_a_run),
        TEST(a_retained_command_is_cleared_once_a_topic_and_on_control_topics_alone),
        TEST(the_id_of_a_retained_command_is_not_used_up),
        TEST(a_stop_is_always_carried_out),
        TEST(a_stop_repeated_with_its_id_takes_the_place_of_no_other_id),
        TEST(motion_is_refused_for_half_a_second_after_a_stop),
        TEST(a_reply_goes_to_the_response_topic_with_its_correlation),
        TEST(a_topic_that_is_not_answered_is_told_in_the_status_and_once_in_the_log),
        TEST(a_response_topic_that_could_do_harm_is_not_answered),
        TEST(on_the_shared_topic_envelopes_for_other_runs_are_ignored_silently),
        TEST(a_fault_of_the_hardware_carries_the_systems_words),
        TEST(commands_work_without_a_link_and_the_next_status_tells_the_state),
        TEST(a_flood_of_commands_each_gets_its_status),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
