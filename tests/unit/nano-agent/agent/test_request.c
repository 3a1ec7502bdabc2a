// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/agent/request.h"

static const struct channel_id ids[] = {
    {"tilt", CHANNEL_SERVO, false, false}, {"led", CHANNEL_SWITCH, false, false}};
static struct request request;
static struct agent_command command;

static void read_text(const char *payload, const char *device, bool shared)
{
    command = (struct agent_command){
        .topic = "jetson/control", .shared = shared, .payload = payload, .len = strlen(payload)};
    request_read(&request, &command, ids, 2, device, "ours");
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

static void what_comes_too_late_or_for_another_run_is_expired(void **state)
{
    (void)state;
    char why[PROTOCOL_WHY_SIZE] = "";
    read_text("{\"cmd\":\"tilt_up\",\"by\":1000,\"boot\":\"ours\"}", "", false);
    assert_false(request_is_expired(&request, 1000, why));
    assert_true(request_is_expired(&request, 1250, why));
    assert_string_equal(why, "250 ms too late");
    read_text("{\"cmd\":\"tilt_up\",\"by\":1000,\"boot\":\"another\"}", "", false);
    assert_true(request_is_expired(&request, 0, why));
    assert_string_equal(why, "meant for another run of this device");
    read_text("tilt_up", "", false);
    assert_false(request_is_expired(&request, INT64_MAX, why));
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
        cmocka_unit_test(a_report_led_back_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
