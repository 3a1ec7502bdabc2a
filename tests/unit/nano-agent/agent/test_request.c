// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/agent/request.h"

static const struct channel_id ids[] = {{"tilt", CHANNEL_SERVO, false, false},
    {"led", CHANNEL_SWITCH, false, false}, {"drive", CHANNEL_MOTOR, false, false}};
static struct request request;
static struct agent_command command;
static char why[PROTOCOL_WHY_SIZE];
static bool late;

static void read_text(const char *payload, const char *device, bool shared)
{
    command = (struct agent_command){
        .topic = "jetson/control", .shared = shared, .payload = payload, .len = strlen(payload)};
    request_read(&request, &command, ids, sizeof ids / sizeof *ids, device, "ours");
}

static void a_command_is_understood_with_its_meaning(void **state)
{
    (void)state;
    read_text("tilt 5", "", false);
    assert_int_equal(request.meaning, RESULT_OK);
    assert_int_equal(request.match.verb, VERB_SET);
    assert_false(request.stop || request.guessed || request.foreign);
    read_text("dance", "", false);
    assert_int_equal(request.meaning, RESULT_UNKNOWN);
    assert_true(request.is_text);
    read_text("{", "", false);
    assert_int_equal(request.meaning, RESULT_INVALID);
    assert_false(request.is_text);
    assert_string_not_equal(request.why, "");
}

static void a_stop_is_no_guess(void **state)
{
    (void)state;
    read_text("stop", "", false);
    assert_true(request.stop && !request.guessed);
    read_text("tilt_stop", "", false);
    assert_true(request.stop && !request.guessed);
    read_text("{\"cmd\":\"stop\",\"boot\":\"another\"}", "nano", true);
    assert_true(request.stop && request.foreign && !request_is_for_others(&request));
}

static void a_guess_is_made_of_what_is_no_command_alone(void **state)
{
    (void)state;
    read_text("stop now", "", false);
    assert_true(request.guessed && !request.stop);
    read_text("OFF", "", false);
    assert_true(request.guessed && request.meaning == RESULT_OK);
    read_text("off", "", false);
    assert_false(request.guessed);
    read_text("{\"cmd\":\"led_on\",\"note\":\"stop\"}", "", false);
    assert_false(request.guessed); // a valid command is what it says
}

static void on_root_control_another_device_may_be_meant(void **state)
{
    (void)state;
    static const struct {
        const char *device;
        bool shared, guesses;
    } places[] = {{"", false, false}, {"nano", true, false}, {"nano", false, true}};
    for (size_t i = 0; i < 3; i++) {
        read_text("pan_stop", places[i].device, places[i].shared);
        assert_int_equal(request.guessed, places[i].guesses);
        read_text("{\"cmd\":\"stop now\",\"boot\":\"another\"}", places[i].device, places[i].shared);
        assert_int_equal(request.guessed, places[i].guesses);
        read_text("stop!", places[i].device, places[i].shared);
        assert_true(request.guessed);
        read_text("tilt_stop 5", places[i].device, places[i].shared); // ours
        assert_true(request.guessed);
    }
}

static void an_envelope_for_another_run_on_the_shared_topic_is_for_others(void **state)
{
    (void)state;
    static const char foreign[] = "{\"cmd\":\"tilt_up\",\"boot\":\"another\"}";
    read_text(foreign, "nano", true);
    assert_true(request_is_for_others(&request));
    read_text(foreign, "nano", false);
    assert_false(request_is_for_others(&request));
    read_text("{\"cmd\":\"tilt_up\",\"boot\":\"ours\"}", "nano", true);
    assert_false(request_is_for_others(&request));
    read_text("{\"cmd\":\"pan_stop\",\"boot\":\"another\"}", "nano", true);
    assert_true(request_is_for_others(&request));
    read_text("{\"cmd\":\"off\",\"boot\":\"another\"}", "nano", true);
    assert_true(request_is_for_others(&request));
}

static enum protocol_result judge(int64_t boot_ms, uint64_t stops)
{
    return request_judge(&request, ids, stops, boot_ms, &late, why);
}

static void what_comes_too_late_or_for_another_run_is_expired(void **state)
{
    (void)state;
    read_text("{\"cmd\":\"tilt_up\",\"by\":1000,\"boot\":\"ours\"}", "", false);
    assert_int_equal(judge(1000, 0), RESULT_OK);
    assert_string_equal(why, "");
    assert_int_equal(judge(1250, 0), RESULT_EXPIRED);
    assert_string_equal(why, "250 ms too late");
    read_text("{\"cmd\":\"tilt_up\",\"by\":1000,\"boot\":\"another\"}", "", false);
    assert_int_equal(judge(0, 0), RESULT_EXPIRED);
    assert_string_equal(why, "meant for another run of this device");
    read_text("tilt_up", "", false);
    assert_int_equal(judge(INT64_MAX, 0), RESULT_OK);
    read_text("{\"cmd\":\"off\",\"by\":1000,\"boot\":\"ours\"}", "", false);
    assert_int_equal(judge(1250, 0), RESULT_OK); // and it may move nothing
    assert_true(late);
    read_text("{\"cmd\":\"tilt_stop\",\"by\":1000,\"boot\":\"another\"}", "", false);
    assert_int_equal(judge(1250, 0), RESULT_OK);
    assert_false(late);
}

static void what_was_sent_before_a_stop_moves_nothing_after_it(void **state)
{
    (void)state;
    read_text("{\"cmd\":\"tilt_up\",\"boot\":\"ours\",\"stops\":3}", "", false);
    assert_int_equal(judge(0, 3), RESULT_OK);
    assert_int_equal(judge(0, 4), RESULT_REFUSED);
    assert_string_equal(why, "stopped meanwhile");
    assert_int_equal(judge(0, 2), RESULT_REFUSED);
    read_text("{\"cmd\":\"led_on\",\"boot\":\"ours\",\"stops\":3}", "", false);
    assert_int_equal(judge(0, 4), RESULT_OK); // it moves nothing
    read_text("tilt_up", "", false);
    assert_int_equal(judge(0, 4), RESULT_OK);
    read_text("{\"cmd\":\"stop\",\"boot\":\"ours\",\"stops\":3}", "", false);
    assert_int_equal(judge(0, 4), RESULT_OK);
}

static void a_motors_halt_is_a_stop_and_another_ones_is_another_ones(void **state)
{
    (void)state;
    static const char *const halts[] = {"drive_stop", "drive_off", "drive 0"};
    for (size_t i = 0; i < 3; i++) {
        char text[64];
        read_text(halts[i], "nano", true);
        assert_true(request.stop && request.halt);
        assert_false(request_is_for_others(&request));
        snprintf(text, sizeof text, "{\"cmd\":\"%s\",\"boot\":\"another\"}", halts[i]);
        read_text(text, "nano", true);
        assert_true(request_is_for_others(&request));
        read_text(text, "nano", false);
        assert_false(request_is_for_others(&request));
        assert_int_equal(judge(0, 0), RESULT_OK);
    }
    read_text("drive 5", "nano", true);
    assert_false(request.stop || request.halt);
}

static void a_report_led_back_is_known(void **state)
{
    (void)state;
    read_text("{\"v\":1,\"device\":\"\",\"last\":{\"cmd\":\"stop\"}}", "", false);
    assert_true(request.words.is_report);
    read_text("{\"v\":1,\"cmd\":\"stop\"}", "", false);
    assert_false(request.words.is_report);
    assert_true(request.stop);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_command_is_understood_with_its_meaning),
        cmocka_unit_test(a_stop_is_no_guess),
        cmocka_unit_test(a_guess_is_made_of_what_is_no_command_alone),
        cmocka_unit_test(on_root_control_another_device_may_be_meant),
        cmocka_unit_test(an_envelope_for_another_run_on_the_shared_topic_is_for_others),
        cmocka_unit_test(what_comes_too_late_or_for_another_run_is_expired),
        cmocka_unit_test(what_was_sent_before_a_stop_moves_nothing_after_it),
        cmocka_unit_test(a_motors_halt_is_a_stop_and_another_ones_is_another_ones),
        cmocka_unit_test(a_report_led_back_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
