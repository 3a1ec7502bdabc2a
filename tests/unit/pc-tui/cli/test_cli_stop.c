// SPDX-License-Identifier: MIT
// Who has echoed the stop of `pc-tui send stop`.
#include "pc-tui/cli/cli_stop.h"
#include "tests/unit/pc-tui/controller/controller_fixture.h"

static struct cli_stop look(const char *device, int64_t since_us)
{
    return cli_stop_look(controller, model, "jetson", device, since_us, now);
}

static void what_says_stop_is_one_and_a_servos_stop_is_none(void **state)
{
    (void)state;
    assert_true(cli_stop_is("stop"));
    assert_true(cli_stop_is(" STOP "));
    assert_false(cli_stop_is("tilt_stop"));
    static const char *const meant[] = {"stop 5", "stop!", "STOP NOW", "tilt stop", "move stop",
        "tilt_stop 1", "{\"cmd\":\"stop\"}", "please stop", "stop\n", "\"stop\""};
    for (size_t i = 0; i < sizeof meant / sizeof *meant; i++)
        if (!cli_stop_is(meant[i]))
            fail_msg("%s", meant[i]);
    assert_false(cli_stop_is("move stop_arm 20"));
    assert_false(cli_stop_is("stop_arm 20"));
    assert_false(cli_stop_is("nonstop"));
    assert_false(cli_stop_is("tilt nonstop"));
    assert_false(cli_stop_is(""));
}

static void it_is_complete_once_every_device_that_is_not_offline_has_echoed(void **state)
{
    (void)state;
    struct report lab;
    report_init(&lab, "lab", "1ab");
    int64_t since = now;
    controller_stop_everyone(controller, "");
    assert_false(look("", since).complete);
    echo(newest());
    assert_int_equal(look("", since).echoed, 1);
    assert_false(look("", since).complete); // others may not have been heard yet
    now += 150 * MS;
    assert_true(look("", since).complete);
    assert_string_equal(look("", since).echoed_names, "jetson");
    hear_as(&lab, true);
    assert_false(look("", since).complete);
    assert_string_equal(look("", since).silent_names, "lab");
    echo_from(&lab, newest(), RESULT_OK, "");
    assert_true(look("", since).complete);
    assert_string_equal(look("", since).echoed_names, "jetson, lab");
    report_finish(&lab);
}

static void a_stop_to_one_device_waits_for_no_other(void **state)
{
    (void)state;
    struct report lab;
    report_init(&lab, "lab", "1ab");
    hear();
    int64_t since = now;
    controller_stop_everyone(controller, "lab");
    echo_from(&lab, newest(), RESULT_OK, "");
    now += 150 * MS;
    assert_true(look("lab", since).complete);
    assert_int_equal(look("lab", since).silent, 0);
    report_finish(&lab);
}

static void without_any_device_it_is_never_complete(void **state)
{
    (void)state;
    int64_t since = now;
    controller_stop_everyone(controller, "");
    now += 60 * (int64_t)SECOND;
    assert_false(look("", since).complete);
    assert_int_equal(look("", since).echoed + look("", since).silent, 0);
}

static void names_that_do_not_fit_are_cut_with_a_sign(void **state)
{
    (void)state;
    struct report many;
    report_init(&many, "", "b007");
    for (int i = 0; i < 100; i++) {
        snprintf(many.status.device, sizeof many.status.device, "device-with-a-long-name-%d", i);
        hear_as(&many, false);
    }
    struct cli_stop stop = look("", now);
    assert_int_equal(stop.silent, 100);
    assert_non_null(strstr(stop.silent_names, "device-with-a-long-name-0, "));
    assert_string_equal(stop.silent_names + strlen(stop.silent_names) - 3, "…");
    report_finish(&many);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(what_says_stop_is_one_and_a_servos_stop_is_none),
        PROMISE(it_is_complete_once_every_device_that_is_not_offline_has_echoed),
        PROMISE(a_stop_to_one_device_waits_for_no_other),
        PROMISE(without_any_device_it_is_never_complete),
        PROMISE(names_that_do_not_fit_are_cut_with_a_sign),
    };
    return cmocka_run_group_tests_name("cli_stop", tests, NULL, NULL);
}
