// SPDX-License-Identifier: MIT
// What programs and people really publish on a control topic, and what the agent must make of it. The device has the
// servos tilt and pan, the switch led and the dimmer lamp.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/array.h"
#include "tests/unit/nano-agent/agent/agent_rig.h"

#define TEST(name)  cmocka_unit_test_setup_teardown(name, prepare, finish)
#define HERE(rig)   struct rig *(rig) = *state
#define TEXT(bytes) (bytes), sizeof(bytes) - 1
#define OTHER_BOOT  "0bad0bad"

static int prepare(void **state)
{
    struct rig *rig = rig_new();
    rig_add(rig, "pan", CHANNEL_SERVO)->id.pan = true;
    rig_add(rig, "lamp", CHANNEL_DIMMER);
    *state = rig;
    return 0;
}

static int finish(void **state)
{
    rig_free(*state);
    return 0;
}

struct payload {
    const char *bytes;
    size_t len;
};

static enum protocol_result publish(struct rig *rig, const char *bytes, size_t len)
{
    struct agent_command command = rig_message("");
    command.payload = bytes;
    command.len = len;
    return rig_deliver(rig, command);
}

// Moves tilt to the right, so that a stop has something to stop.
static void move(struct rig *rig)
{
    rig_run_ms(rig, 6000); // until neither a stop refuses motion nor a guess was made lately
    rig_send(rig, "tilt -45");
    rig_run_ms(rig, 3000);
    assert_int_equal(rig_send(rig, "tilt 45"), RESULT_OK);
    rig_run_ms(rig, 200);
    assert_true(agent_status(rig->agent)->channels[0].moving);
}

static const char *why_of(const struct rig *rig)
{
    return rig->seen.last.why;
}

static void blanks_and_a_byte_order_mark_around_a_command_are_skipped(void **state)
{
    HERE(rig);
    static const struct payload payloads[] = {{TEXT(" {\"cmd\":\"led_on\"}")},
        {TEXT("\n{\"cmd\":\"led_on\"}")}, {TEXT("\r\n\t{\"cmd\":\"led_on\"}\n")},
        {TEXT("\xef\xbb\xbf{\"cmd\":\"led_on\"}")}, {TEXT("\xef\xbb\xbfled_on")},
        {TEXT("\xc2\xa0led_on\xc2\xa0")}, {TEXT("\xe2\x80\x89led_on\xe2\x81\x9f")},
        {TEXT("\xe2\x80\x8bled_on\xe2\x80\x8b\n")},
        {TEXT("\xef\xbb\xbf \n {\"cmd\":\"\xc2\xa0led_on \"}\xef\xbb\xbf")}};
    rig_start(rig);
    for (size_t i = 0; i < ARRAY_LENGTH(payloads); i++) {
        rig_send(rig, "led_off");
        assert_int_equal(publish(rig, payloads[i].bytes, payloads[i].len), RESULT_OK);
        assert_string_equal(rig->seen.last.cmd, "led_on");
        assert_true(rig_seen(rig, "led")->on);
    }
}

static void numbers_are_taken_as_programs_print_them(void **state)
{
    HERE(rig);
    static const struct {
        const char *text;
        int tenths;
    } numbers[] = {{"tilt 20.000000", 200}, {"tilt 12.333333333333334", 123}, {"tilt 0.30000000000000004", 3},
        {"tilt \xe2\x88\x92"
         "20",
            -200},
        {"tilt -0.05", -1}, {"tilt 12.25", 123}, {"tilt 12.24999999999", 122}, {"tilt +7.", 0},
        {"tilt\xc2\xa0"
         "20",
            200},
        {"tilt -0.0000001", 0}, {"tilt 0020.0", 200}};
    rig_start(rig);
    for (size_t i = 0; i < ARRAY_LENGTH(numbers); i++) {
        bool number = numbers[i].text[strlen(numbers[i].text) - 1] != '.';
        assert_int_equal(rig_send(rig, numbers[i].text), number ? RESULT_OK : RESULT_INVALID);
        if (number)
            assert_int_equal(rig_seen(rig, "tilt")->target, numbers[i].tenths);
    }
}

static void what_is_no_number_stays_invalid(void **state)
{
    HERE(rig);
    static const char *const payloads[] = {"1e1", "tilt 1e1", "tilt 12,5", "tilt nan", "tilt inf", "tilt NaN",
        "tilt -inf", "tilt 2.5e+01", "tilt 0x10", "tilt .5", "tilt 20 %", "20", "-5.5",
        ("tilt \xe2\x80\x93"
         "20"),
        "tilt \xef\xbc\x92\xef\xbc\x90", "tilt \xd9\xa2\xd9\xa0", "tilt 00020", "tilt 1_000", "tilt 20;"};
    rig_start_afresh(rig);
    for (size_t i = 0; i < ARRAY_LENGTH(payloads); i++) {
        assert_int_equal(rig_send(rig, payloads[i]), RESULT_INVALID);
        assert_string_not_equal(why_of(rig), "");
    }
    assert_int_equal(rig_count(rig, RIG_SET), 0);
}

static void what_says_stop_stops(void **state)
{
    HERE(rig);
    static const struct payload payloads[] = {{TEXT("\n{\"cmd\":\"stop\"}")}, {TEXT("stop now")},
        {TEXT("stop tilt")}, {TEXT("tilt stop")}, {TEXT("stop!")}, {TEXT("\"stop\"")},
        {TEXT("{\"command\":\"stop\"}")}, {TEXT("{\"cmd\":\"stop\"")}, {TEXT("tilt_stop 1")}, {TEXT("OFF")},
        {TEXT("Off")}, {TEXT("STOP")}, {TEXT("Stop.")}, {TEXT("please stop")},
        {TEXT("{\"cmd\": \"stop now\"}")}, {TEXT("[{\"cmd\":\"stop\"}]")}, {TEXT("stop stop")},
        {TEXT("\xc2\xa0stop\xc2\xa0")}, {TEXT("\xef\xbb\xbfstop")}, {TEXT("s\0t\0o\0p\0")},
        {TEXT("\xff\xfes\0t\0o\0p\0")}, {TEXT("\xfe\xff\0s\0t\0o\0p")}, {TEXT("\0s\0t\0o\0p")},
        {TEXT("stop\0")}, {TEXT("stop\xff")}, {TEXT("\xf0\x9f\x9b\x91stop")},
        {TEXT("\xe2\x80\x9cstop\xe2\x80\x9d")}, {TEXT("{\"cmd\":\"STOP!\",\"id\":\"a-1\"}")},
        {TEXT("{\"stop\":true}")}, {TEXT("{\"cmd\":\"\\u0073top now\"}")}, {TEXT("{\"a\":\"now\\nstop\"}")},
        {TEXT("stop 5")}, {TEXT("stop\nstop")}, {TEXT("stop_all")}, {TEXT("emergency-stop")},
        {TEXT("{\"cmd\":\"OFF\"}")}, {TEXT("{\"cmd\":\"stop now\",\"by\":1,\"boot\":\"" OTHER_BOOT "\"}")},
        {TEXT("{cmd: stop}")}, {TEXT("'stop'")}, {TEXT("{\"cmd\":[\"stop\"]}")},
        {TEXT("{\"id\":\"stop-1\",\"do\":\"stop\"}")}, {TEXT("\xe8\xaf\xb7stop")},
        {TEXT("\xef\xbd\x93\xef\xbd\x94\xef\xbd\x8f\xef\xbd\x90")},
        {TEXT("{\"cmd\":\"stop\",\"cmd\":\"led_on\"}")}, {TEXT("{\"cmd\":\"led_on\",\"cmd\":\"stop\"}")},
        {TEXT("{\"stop\":1,\"stop\":2}")}, {TEXT("\xe2\x80\x89stop\xe2\x80\x83")}};
    snprintf(rig->config.device, sizeof rig->config.device, "nano"); // and the message comes on its own topic
    rig_start(rig);
    for (size_t i = 0; i < ARRAY_LENGTH(payloads); i++) {
        move(rig);
        struct agent_command command = rig_message("");
        command.topic = "jetson/nano/control";
        command.payload = payloads[i].bytes;
        command.len = payloads[i].len;
        assert_int_equal(rig_deliver(rig, command), RESULT_OK);
        if (rig_seen(rig, "tilt")->moving)
            fail_msg("not stopped by %s", payloads[i].bytes);
        assert_int_equal(rig_send(rig, "tilt 0"), RESULT_REFUSED);
    }
}

static void a_stop_that_was_guessed_tells_what_was_wrong(void **state)
{
    HERE(rig);
    static const struct {
        const char *text, *why;
    } payloads[] = {{"stop now", "taken as stop; “now” is too much: stop takes nothing"},
        {"OFF", "taken as stop; say which: led_off, lamp_off, or off"},
        {"tilt_stop 1", "taken as stop; tilt_stop takes no number"},
        {"tilt stop", "taken as stop; no tilt stop here: did you mean tilt_stop?"}};
    rig_start(rig);
    for (size_t i = 0; i < ARRAY_LENGTH(payloads); i++) {
        assert_int_equal(rig_send(rig, payloads[i].text), RESULT_OK);
        assert_string_equal(why_of(rig), payloads[i].why);
        assert_string_equal(rig->seen.last.cmd, payloads[i].text);
    }
}

static void what_only_contains_stop_stops_nothing(void **state)
{
    HERE(rig);
    static const char *const payloads[] = {"nonstop", "stopped", "stopp", "unstop", "stop2", "2stop",
        "tilt nonstop", "st op", "{\"command\":\"tilt_up\",\"id\":\"stop\"}",
        "{\"id\":\"stop-1\",\"boot\":\"stop\"}", "[{\"cmd\":\"status\",\"id\":\"stop-1\"}]", "\xc3\xa9stop",
        "stop\xc3\xa9", "{\"cmd\":\"nonstop\"}", "dance", "\xd1\x81top"};
    rig_start(rig);
    for (size_t i = 0; i < ARRAY_LENGTH(payloads); i++) {
        move(rig);
        enum protocol_result result = rig_send(rig, payloads[i]);
        assert_true(result == RESULT_INVALID || result == RESULT_UNKNOWN);
        if (!rig_seen(rig, "tilt")->moving)
            fail_msg("stopped by %s", payloads[i]);
    }
    char big[PROTOCOL_COMMAND_MAX + 2];
    memset(big, ' ', sizeof big);
    memcpy(big, "stop stop", 9);
    move(rig);
    assert_int_equal(publish(rig, big, PROTOCOL_COMMAND_MAX + 1), RESULT_INVALID);
    assert_true(rig_seen(rig, "tilt")->moving);
}

// An automation that knows one light sends it on, off and their kin.
static void a_word_without_a_name_asks_which(void **state)
{
    HERE(rig);
    static const struct {
        const char *text, *why;
    } payloads[] = {{"ON", "say which: led_on, lamp_on"}, {"on", "say which: led_on, lamp_on"},
        {"true", "say which: led_on"}, {"1", "say which: led_on"}, {"{\"cmd\":\"ON\"}", "say which: led_on"},
        {"false", "say which: led_off"}, {"0", "say which: led_off"}, {"TOGGLE", "say which: led_toggle"},
        {"led on", "no led on here: did you mean led_on?"}, {"LED ON", "did you mean led_on?"},
        {"tilt up 5", "did you mean tilt_up 5?"},
        {"move led 20", "led is a switch: led_on, led_off or led_toggle"},
        {"move lamp 20", "lamp is a dimmer"}, {"pan left", "did you mean pan_left?"}};
    rig_start_afresh(rig);
    for (size_t i = 0; i < ARRAY_LENGTH(payloads); i++) {
        assert_int_equal(rig_send(rig, payloads[i].text), RESULT_UNKNOWN);
        if (!strstr(why_of(rig), payloads[i].why))
            fail_msg("%s: %s", payloads[i].text, why_of(rig));
    }
    assert_int_equal(rig_count(rig, RIG_SET) + rig_count(rig, RIG_SWITCH), 0);
}

static void off_in_small_letters_is_still_the_command_for_all(void **state)
{
    HERE(rig);
    rig_start(rig);
    rig_send(rig, "led_on");
    assert_int_equal(rig_send(rig, "off"), RESULT_OK);
    assert_false(rig_seen(rig, "led")->on);
    assert_string_equal(why_of(rig), "");
    rig_send(rig, "led_on");
    assert_int_equal(rig_send(rig, "OFF"), RESULT_OK);
    assert_true(rig_seen(rig, "led")->on);
}

static struct agent_command on_shared_topic(const char *payload)
{
    struct agent_command command = rig_message(payload);
    command.shared = true;
    return command;
}

static void on_the_shared_topic_anothers_stop_is_anothers(void **state)
{
    HERE(rig);
    static const char *const others[] = {"roll_stop", "roll_stop 1", "roll_stop now"};
    static const char *const envelopes[] = {"{\"cmd\":\"stop now\",\"boot\":\"" OTHER_BOOT "\"}",
        "{\"command\":\"stop\",\"boot\":\"" OTHER_BOOT "\"}",
        "{\"cmd\":\"OFF\",\"boot\":\"" OTHER_BOOT "\"}"};
    snprintf(rig->config.device, sizeof rig->config.device, "nano");
    rig_start(rig);
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++) {
        move(rig);
        assert_int_equal(rig_deliver(rig, on_shared_topic(others[i])), RESULT_UNKNOWN);
        assert_true(rig_seen(rig, "tilt")->moving);
        struct agent_command own = rig_message(others[i]);
        own.topic = "jetson/nano/control";
        assert_int_equal(rig_deliver(rig, own), RESULT_OK);
        assert_false(rig_seen(rig, "tilt")->moving);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(envelopes); i++) {
        move(rig);
        assert_int_equal(rig_deliver(rig, on_shared_topic(envelopes[i])), RESULT_NONE);
        assert_true(agent_status(rig->agent)->channels[0].moving);
    }
    move(rig); // what was cut off names nobody
    assert_int_equal(
        rig_deliver(rig, on_shared_topic("{\"cmd\":\"stop\",\"boot\":\"" OTHER_BOOT)), RESULT_OK);
    move(rig); // and a stop of one of our servos is ours, whoever it was meant for
    assert_int_equal(
        rig_deliver(rig, on_shared_topic("{\"cmd\":\"tilt_stop\",\"boot\":\"" OTHER_BOOT "\"}")), RESULT_OK);
    assert_false(rig_seen(rig, "tilt")->moving);
}

// The device without a name has nothing but the shared topic.
static void the_unnamed_device_leaves_an_envelope_for_another_run_alone(void **state)
{
    HERE(rig);
    rig_start(rig);
    move(rig);
    assert_int_equal(rig_send(rig, "{\"cmd\":\"stop now\",\"boot\":\"" OTHER_BOOT "\"}"), RESULT_EXPIRED);
    assert_true(rig_seen(rig, "tilt")->moving);
    assert_int_equal(rig_send(rig, "roll_stop"), RESULT_UNKNOWN);
    assert_true(rig_seen(rig, "tilt")->moving);
}

static void a_guessed_stop_refuses_motion_at_most_once_in_five_seconds(void **state)
{
    HERE(rig);
    rig_start(rig);
    assert_int_equal(rig_send(rig, "{\"stop\":false}"), RESULT_OK);
    assert_int_equal(rig_send(rig, "tilt 10"), RESULT_REFUSED);
    for (int ms = 100; ms < 5000; ms += 100) {
        rig_run_ms(rig, 100);
        assert_int_equal(rig_send(rig, "{\"stop\":false}"), RESULT_OK);
        assert_true((rig_send(rig, "tilt_up") == RESULT_REFUSED) == (ms < 500));
    }
    rig_run_ms(rig, 100);
    rig_send(rig, "{\"stop\":false}");
    assert_int_equal(rig_send(rig, "tilt 10"), RESULT_REFUSED);
    assert_int_equal(rig_send(rig, "stop"), RESULT_OK); // a real one always does
    rig_run_ms(rig, 450);
    assert_int_equal(rig_send(rig, "tilt 10"), RESULT_REFUSED);
}

static void noise_is_logged_once_and_told_in_the_health_while_it_lasts(void **state)
{
    HERE(rig);
    rig_start_afresh(rig);
    for (int i = 0; i < 10; i++)
        rig_send(rig, "{\"stop\":false}");
    rig_run_ms(rig, 1100);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 0);
    assert_string_equal(rig->seen.health.noise, "");
    for (int i = 0; i < 100; i++)
        rig_send(rig, "{\"stop\":false}");
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    assert_non_null(strstr(rig->trouble, "jetson/control: more than 10 payloads a minute that say stop"));
    rig_run_ms(rig, 1100);
    assert_string_equal(rig->seen.health.noise, "jetson/control");
    rig_run_ms(rig, 62000);
    assert_string_equal(rig->seen.health.noise, "");
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
}

// A bridge that copies ROOT/status to ROOT/control: an answer to it would be copied again.
static void a_report_of_ours_led_back_is_dropped_without_a_result(void **state)
{
    HERE(rig);
    rig_start(rig);
    move(rig);
    rig_send(rig, "stop now"); // so that the report carries a stop
    move(rig);
    char led_back[sizeof rig->json];
    memcpy(led_back, rig->json, sizeof led_back);
    rig_forget(rig);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rig_send(rig, led_back), RESULT_NONE);
    assert_int_equal(
        rig_send(rig, "{\"v\":1,\"device\":\"\",\"last\":{\"n\":1,\"cmd\":\"stop\",\"result\":\"ok\"}}"),
        RESULT_NONE);
    assert_int_equal(rig_count(rig, RIG_TROUBLE), 1);
    assert_non_null(strstr(rig->trouble, "jetson/control: a status was published there"));
    assert_int_equal(rig_count(rig, RIG_STATUS), 0);
    assert_int_equal(rig_count(rig, RIG_DONE), 0);
    assert_true(agent_status(rig->agent)->channels[0].moving);
    // Longer than any command, as a status with many channels is.
    char big[4096];
    int len = snprintf(big, sizeof big, "{\"v\":1,\"x\":\"%2000s\"}", "stop");
    assert_int_equal(publish(rig, big, (size_t)len), RESULT_NONE);
    // With cmd it is a command.
    assert_int_equal(rig_send(rig, "{\"v\":1,\"cmd\":\"led_on\"}"), RESULT_OK);
}

static void a_retained_guess_stops_and_a_retained_command_says_how_to_publish(void **state)
{
    HERE(rig);
    rig_start(rig);
    move(rig);
    struct agent_command retained = rig_message("tilt 10");
    retained.retained = true;
    assert_int_equal(rig_deliver(rig, retained), RESULT_RETAINED);
    assert_string_equal(why_of(rig), "retained: publish it without -r (retain: false)");
    assert_true(rig_seen(rig, "tilt")->moving);
    retained = rig_message("stop!");
    retained.retained = true;
    assert_int_equal(rig_deliver(rig, retained), RESULT_OK);
    assert_false(rig_seen(rig, "tilt")->moving);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(blanks_and_a_byte_order_mark_around_a_command_are_skipped),
        TEST(numbers_are_taken_as_programs_print_them),
        TEST(what_is_no_number_stays_invalid),
        TEST(what_says_stop_stops),
        TEST(a_stop_that_was_guessed_tells_what_was_wrong),
        TEST(what_only_contains_stop_stops_nothing),
        TEST(a_word_without_a_name_asks_which),
        TEST(off_in_small_letters_is_still_the_command_for_all),
        TEST(on_the_shared_topic_anothers_stop_is_anothers),
        TEST(the_unnamed_device_leaves_an_envelope_for_another_run_alone),
        TEST(a_guessed_stop_refuses_motion_at_most_once_in_five_seconds),
        TEST(noise_is_logged_once_and_told_in_the_health_while_it_lasts),
        TEST(a_report_of_ours_led_back_is_dropped_without_a_result),
        TEST(a_retained_guess_stops_and_a_retained_command_says_how_to_publish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
