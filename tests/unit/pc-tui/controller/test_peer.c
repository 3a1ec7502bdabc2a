// SPDX-License-Identifier: MIT
// The device's clock, learnt from the answers.
#include "tests/unit/pc-tui/controller/controller_fixture.h"

static void the_sample_of_the_smallest_round_trip_counts(void **state)
{
    (void)state;
    hear();
    send_text("status");
    now += 200 * MS;
    echo(newest());
    send_text("tilt 1");
    assert_int_equal(deadline(newest()), now / MS + AGENT_AHEAD_MS + 100 + 1500);
    now += 2 * MS;
    echo(newest());
    send_text("tilt 2");
    now += 300 * MS;
    echo(newest());
    send_text("tilt 3");
    assert_int_equal(deadline(newest()), now / MS + AGENT_AHEAD_MS + 1 + 1500);
}

static void answer_after(int64_t trip_us)
{
    send_text("status");
    now += trip_us;
    echo(newest());
}

static void the_best_sample_of_a_minute_survives_a_thousand_worse_ones(void **state)
{
    (void)state;
    be_ready();
    for (int i = 0; i < 1000; i++) {
        answer_after((20 + i * 7 % 200) * MS);
        now += (i % 3) * MS;
        if (now > START + 55 * (int64_t)SECOND)
            break;
    }
    assert_true(now > START + 55 * (int64_t)SECOND);
    send_text("tilt 3");
    assert_int_equal(deadline(newest()), now / MS + AGENT_AHEAD_MS + 1 + 1500);
}

static void under_jitter_the_best_of_the_last_60_seconds_counts_at_every_moment(void **state)
{
    (void)state;
    enum { ROUNDS = 4000 };
    static struct {
        int64_t at_us, trip_us;
    } taken[ROUNDS];
    uint32_t random = 12345;
    hear();
    for (int i = 0; i < ROUNDS; i++) {
        random = random * 1664525 + 1013904223;
        taken[i].trip_us = (1 + (random >> 16) % 300) * 2 * MS;
        answer_after(taken[i].trip_us);
        taken[i].at_us = now;
        int64_t best_us = INT64_MAX;
        for (int k = i; k >= 0 && now - taken[k].at_us <= 60 * (int64_t)SECOND; k--)
            best_us = taken[k].trip_us < best_us ? taken[k].trip_us : best_us;
        send_text("led_on");
        int64_t off_ms = deadline(newest()) - (now / MS + AGENT_AHEAD_MS + 1500);
        if (off_ms != best_us / 2 / MS)
            fail_msg("round %d: %" PRId64 " ms off, %" PRId64 " expected", i, off_ms, best_us / 2 / MS);
        report_answer(&report, field(newest(), "id"), "led_on", RESULT_OK, "");
        hear_as(&report, true); // its own answer is to be no sample
        now += (random >> 8) % 400 * MS;
        hear();
        published_count = 0;
    }
}

// The device's clock against ours: by how much it is ahead.
static void clocks_move_apart_by(int64_t ms)
{
    agent_ahead_ms += ms;
}

static void after_a_suspend_of_either_machine_one_expired_command_teaches_the_new_clock(void **state)
{
    (void)state;
    static const int64_t jumps_ms[] = {3600000, -3600000, 4000, -4000};
    for (size_t i = 0; i < sizeof jumps_ms / sizeof jumps_ms[0]; i++) {
        be_ready();
        int64_t old_ms = agent_ahead_ms;
        clocks_move_apart_by(jumps_ms[i]);
        hear();
        send_text("tilt 1");
        assert_in_range(deadline(newest()), now / MS + old_ms + 1500, now / MS + old_ms + 1502);
        // Longer than the round trip of the sample from before, which would have been preferred for a minute.
        now += 40 * MS;
        echo_from(&report, newest(), jumps_ms[i] > 0 ? RESULT_EXPIRED : RESULT_OK, "");
        send_text("tilt 2");
        assert_int_equal(deadline(newest()), now / MS + agent_ahead_ms + 20 + 1500);
        echo(newest());
        clocks_move_apart_by(-jumps_ms[i]);
        answer_after(2 * MS);
    }
}

static void a_good_clock_that_drifts_loses_no_sample(void **state)
{
    (void)state;
    be_ready();
    for (int i = 0; i < 5; i++) { // 200 ppm, 2 ms in ten seconds
        pass(10 * (int64_t)SECOND);
        clocks_move_apart_by(2);
        hear();
        answer_after(30 * MS);
    }
    hear();
    send_text("tilt 3");
    assert_int_equal(deadline(newest()), now / MS + AGENT_AHEAD_MS + 1 + 1500);
}

static void a_sample_is_forgotten_after_60_seconds(void **state)
{
    (void)state;
    be_ready();
    pass(60 * (int64_t)SECOND);
    hear();
    send_text("tilt 1");
    assert_string_equal(field(newest(), "cmd"), "tilt 1");
    echo(newest());
    pass(60 * (int64_t)SECOND + 1);
    hear();
    send_text("tilt 2");
    assert_string_equal(field(newest(), "cmd"), "status");
}

static void a_sample_is_forgotten_on_a_new_boot(void **state)
{
    (void)state;
    be_ready();
    snprintf(report.status.boot, sizeof report.status.boot, "f00d");
    hear();
    send_text("tilt 2");
    assert_string_equal(field(newest(), "cmd"), "status");
    now += MS;
    echo(newest());
    assert_string_equal(field(newest(), "cmd"), "tilt 2");
    assert_string_equal(field(newest(), "boot"), "f00d");
}

static void a_clock_that_cannot_be_is_no_sample(void **state)
{
    (void)state;
    hear();
    send_text("tilt 2");
    char text[PROTOCOL_STATUS_MAX];
    const char *t[] = {"-5", "9223372036854775807", "1e300"};
    for (size_t i = 0; i < 3; i++) {
        int len = snprintf(text, sizeof text,
            "{\"v\":1,\"device\":\"\",\"online\":true,\"boot\":\"b007\",\"seq\":9,\"t\":%s,\"report\":1,"
            "\"channels\":{\"tilt\":{\"kind\":\"servo\"}},"
            "\"last\":{\"n\":%zu,\"id\":\"%s\",\"cmd\":\"status\",\"result\":\"ok\"}}",
            t[i], i + 1, field(&published[0], "id"));
        controller_status(controller, "jetson/status", text, (size_t)len, false);
        assert_int_equal(published_count, 1);
    }
    pass(2 * SECOND);
    assert_int_equal(published_count, 1);
    assert_int_equal(finished.stage, JOURNAL_DROPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(the_sample_of_the_smallest_round_trip_counts),
        PROMISE(the_best_sample_of_a_minute_survives_a_thousand_worse_ones),
        PROMISE(under_jitter_the_best_of_the_last_60_seconds_counts_at_every_moment),
        PROMISE(after_a_suspend_of_either_machine_one_expired_command_teaches_the_new_clock),
        PROMISE(a_good_clock_that_drifts_loses_no_sample),
        PROMISE(a_sample_is_forgotten_after_60_seconds),
        PROMISE(a_sample_is_forgotten_on_a_new_boot),
        PROMISE(a_clock_that_cannot_be_is_no_sample),
    };
    return cmocka_run_group_tests_name("peer", tests, NULL, NULL);
}
