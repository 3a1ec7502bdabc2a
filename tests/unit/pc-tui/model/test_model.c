// SPDX-License-Identifier: MIT
// All that is known about the devices.
#include "tests/unit/pc-tui/model/model_fixture.h"

static void a_retained_status_is_marked_until_the_first_live_one(void **state)
{
    (void)state;
    struct model_device *device = hear(true);
    assert_int_equal(model_presence(device, now), PRESENCE_RETAINED);
    assert_int_equal(model_age_us(device, now), -1);
    assert_int_equal(device->wall_ms, 0);
    now += 3600 * (int64_t)SECOND;
    assert_int_equal(model_presence(device, now), PRESENCE_RETAINED);
    hear(false);
    assert_int_equal(model_presence(device, now), PRESENCE_LIVE);
    assert_int_equal(model_age_us(device, now + 5), 5);
    assert_int_equal(device->wall_ms, WALL + now / 1000);
}

static void a_will_counts_only_with_the_boot_last_seen(void **state)
{
    (void)state;
    struct model_device *device = hear(false);
    assert_null(hear_will("01d0", "", false));
    assert_int_equal(model_presence(device, now), PRESENCE_LIVE);
    assert_null(hear_will("01d0", "", true));
    assert_int_equal(model_presence(device, now), PRESENCE_LIVE);
    assert_ptr_equal(hear_will("b007", "", false), device);
    assert_int_equal(model_presence(device, now), PRESENCE_OFFLINE);
    assert_false(device->stopped);
    // What it last reported is still there to be shown.
    assert_int_equal(device->status->count, 4);
}

static void a_clean_stop_is_told_from_a_will(void **state)
{
    (void)state;
    struct model_device *device = hear(false);
    hear_will("b007", "stopped", false);
    assert_int_equal(model_presence(device, now), PRESENCE_OFFLINE);
    assert_true(device->stopped);
}

static void a_device_whose_login_was_taken_away_is_removed_until_it_is_heard_again(void **state)
{
    (void)state;
    struct model_device *device = hear(false);
    hear_will("b007", "", false); // the broker may say first that its connection is lost
    hear_will("b007", "removed", false);
    assert_int_equal(model_presence(device, now), PRESENCE_OFFLINE);
    assert_true(device->removed);
    assert_false(device->stopped);
    hear(false);
    assert_false(device->removed);
}

static void a_device_that_goes_comes_back_or_restarts_is_told_once(void **state)
{
    (void)state;
    hear(true);
    assert_int_equal(journal_count(&model->journal), 0);
    hear_will("b007", "", false);
    assert_string_equal(journal_at(&model->journal, 0)->text, "jetson is offline: its connection was lost");
    hear_will("b007", "stopped", false);
    assert_int_equal(journal_count(&model->journal), 1);
    hear(false);
    hear(false);
    assert_int_equal(journal_count(&model->journal), 2);
    assert_string_equal(journal_at(&model->journal, 0)->text, "jetson is back");
    snprintf(report.status.boot, sizeof report.status.boot, "next");
    hear(false);
    hear(false);
    assert_int_equal(journal_count(&model->journal), 3);
    assert_string_equal(journal_at(&model->journal, 0)->text, "jetson restarted");
}

static void offline_ends_with_the_next_status(void **state)
{
    (void)state;
    struct model_device *device = hear(false);
    hear_will("b007", "", false);
    hear(false);
    assert_int_equal(model_presence(device, now), PRESENCE_LIVE);
}

static void only_a_retained_will_is_a_device_that_is_offline(void **state)
{
    (void)state;
    struct model_device *device = hear_will("b007", "", true);
    assert_non_null(device);
    assert_true(model->seen);
    assert_int_equal(model_presence(device, now), PRESENCE_OFFLINE);
    assert_int_equal(device->wall_ms, 0);
}

static void a_retained_will_counts_where_nobody_reports_any_more(void **state)
{
    (void)state;
    struct model_device *device = hear(false);
    now += 60 * (int64_t)SECOND;
    assert_ptr_equal(hear_will("0e11", "", true), device);
    assert_int_equal(model_presence(device, now), PRESENCE_OFFLINE);
}

static void gaps_in_seq_are_counted_as_lost_reports(void **state)
{
    (void)state;
    struct model_device *device = hear(false);
    hear(false);
    assert_int_equal(device->lost, 0);
    report.status.seq += 3;
    hear(false);
    assert_int_equal(device->lost, 3);
    snprintf(report.status.boot, sizeof report.status.boot, "new");
    report.status.seq = 700;
    hear(false);
    assert_int_equal(device->lost, 0);
}

static void what_was_missed_while_we_were_away_is_no_lost_report(void **state)
{
    (void)state;
    link_is(LINK_UP);
    struct model_device *device = hear(false);
    link_is(LINK_WAITING);
    link_is(LINK_UP);
    report.status.seq += 50;
    hear(false);
    assert_int_equal(device->lost, 0);
    report.status.seq += 2;
    hear(false);
    assert_int_equal(device->lost, 2);
}

static void alternating_boots_say_that_two_agents_share_a_name(void **state)
{
    (void)state;
    const char *boots[] = {"aaaa", "bbbb", "aaaa"};
    struct model_device *device = NULL;
    for (size_t i = 0; i < 3; i++) {
        assert_false(device && model_shared(device, now));
        snprintf(report.status.boot, sizeof report.status.boot, "%s", boots[i]);
        device = hear(false);
    }
    assert_true(model_shared(device, now));
    const struct journal_event *event = journal_at(&model->journal, 0);
    assert_int_equal(event->kind, JOURNAL_PROBLEM);
    assert_non_null(strstr(event->text, "two agents share the name"));
    // Said once, however long it goes on.
    size_t count = journal_count(&model->journal);
    snprintf(report.status.boot, sizeof report.status.boot, "bbbb");
    hear(false);
    assert_int_equal(journal_count(&model->journal), count);
    assert_false(model_shared(device, now + MODEL_SHARED_US));
}

static void a_restart_is_not_taken_for_a_second_agent(void **state)
{
    (void)state;
    struct model_device *device = hear(false);
    snprintf(report.status.boot, sizeof report.status.boot, "next");
    hear(false);
    hear(false);
    assert_false(model_shared(device, now));
    assert_false(device->first_of_boot);
}

static void an_older_retained_status_does_not_replace_a_newer_one(void **state)
{
    (void)state;
    report.status.seq = 100;
    struct model_device *device = hear(false);
    report.status.seq = 50;
    assert_null(hear(true));
    assert_int_equal(device->status->seq, 101);
}

static void a_cleared_topic_is_no_status(void **state)
{
    (void)state;
    assert_null(model_status(model, "jetson/status", "", 0, false, now, WALL, NULL));
    assert_false(model->seen);
    assert_int_equal(model->unreadable, 0);
}

static void an_unreadable_status_is_counted_and_said_once_in_a_while(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_null(model_status(model, "jetson/status", "tilt is up", 10, false, now, WALL, NULL));
    assert_int_equal(model->unreadable, 1000);
    assert_non_null(strstr(model->unreadable_why, "jetson/status: "));
    assert_int_equal(journal_count(&model->journal), 1);
    assert_false(model->seen);
    assert_true(model->devices[0]->tutorial);
}

static void a_status_of_a_later_version_is_refused_clearly(void **state)
{
    (void)state;
    const char text[] = "{\"v\":2,\"device\":\"\",\"online\":true,\"boot\":\"a\",\"seq\":1}";
    assert_null(model_status(model, "jetson/status", text, sizeof text - 1, false, now, WALL, NULL));
    assert_int_equal(model->unreadable, 1);
    assert_non_null(strstr(model->unreadable_why, "2"));
}

static void hostile_topics_and_bytes_make_no_device(void **state)
{
    (void)state;
    report_encode(&report);
    const char *topics[] = {"jetson/\033[2J/status", "jetson/a/b/status", "jetson/control", "other/status",
        "jetson//status", "jetson/status/status/x", "jetson/reply/status"};
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++)
        assert_null(take(topics[i], false));
    for (size_t len = 1; len < report.len; len++)
        assert_null(model_status(model, "jetson/status", report.text, len, false, now, WALL, NULL));
    assert_int_equal(model->count, 1);
    assert_true(model->devices[0]->tutorial);
    for (size_t i = 0; i < journal_count(&model->journal); i++)
        assert_null(strchr(journal_at(&model->journal, i)->text, '\033'));
}

static void the_tutorials_channels_are_offered_until_a_first_status(void **state)
{
    (void)state;
    assert_int_equal(model->count, 1);
    struct model_device *tutorial = model->devices[0];
    assert_int_equal(model_presence(tutorial, now), PRESENCE_TUTORIAL);
    assert_int_equal(model_channel(tutorial, "tilt"), 0);
    assert_int_equal(model_channel(tutorial, "led"), 1);
    assert_false(tutorial->status->channels[0].deg_known);
    hear_name("lab2");
    assert_int_equal(model->count, 1);
    assert_string_equal(model->devices[0]->name, "lab2");
    assert_null(model_find(model, "", NULL));
}

static void a_device_asked_for_by_name_offers_no_tutorial(void **state)
{
    (void)state;
    struct model *named = model_new("jetson", "lab");
    assert_int_equal(named->count, 0);
    assert_int_equal(model_next_us(named, now), INT64_MAX);
    model_free(named);
}

static void temperatures_are_kept_one_a_second(void **state)
{
    (void)state;
    report.status.health.has = HEALTH_CPU_C;
    struct model_device *device = NULL;
    for (int i = 0; i < 200; i++) {
        report.status.health.cpu_c = 400 + i;
        device = hear(false);
        now += SECOND / 2;
    }
    assert_int_equal(device->history_count, MODEL_HISTORY);
    assert_int_equal(device->history[FIGURE_CPU_C][MODEL_HISTORY - 1], 598);
    assert_int_equal(device->history[FIGURE_CPU_C][MODEL_HISTORY - 2], 596);
    assert_int_equal(device->history[FIGURE_CPU_C][0], 598 - 2 * (MODEL_HISTORY - 1));
}

static void round_trips_have_a_median_and_a_maximum_of_this_connection(void **state)
{
    (void)state;
    link_is(LINK_UP);
    assert_int_equal(model->trips.count, 0);
    struct model_device *device = hear(false);
    const int64_t trips[] = {400, 1900, 300, 500, 350};
    for (size_t i = 0; i < 5; i++)
        model_trip(model, device, trips[i], now);
    assert_int_equal(model->trips.count, 5);
    assert_int_equal(model->trips.last_us, 350);
    assert_int_equal(model->trips.median_us, 400);
    assert_int_equal(model->trips.max_us, 1900);
    for (int i = 0; i < 1000; i++)
        model_trip(model, device, 200, now);
    assert_int_equal(model->trips.median_us, 200);
    assert_int_equal(model->trips.max_us, 1900);
    link_is(LINK_WAITING);
    link_is(LINK_UP);
    assert_int_equal(model->trips.count, 0);
}

static struct model_device *doubted;
static bool answers;

static bool says_answer(void *ctx, const struct model_device *device, const char *id)
{
    (void)ctx;
    (void)device;
    (void)id;
    return answers;
}

static void note_doubt(void *ctx, struct model_device *device)
{
    (void)ctx;
    doubted = device;
}

static void other_channels_under_one_boot_are_not_taken_and_told(void **state)
{
    (void)state;
    static const struct model_hooks hooks = {.is_answer = says_answer, .doubted = note_doubt};
    doubted = NULL;
    answers = false;
    model_set_hooks(model, &hooks, NULL);
    struct model_device *device = hear(false);
    unsigned layout = device->layout;
    report.status.channels[1].axis = AXIS_TILT;
    for (int i = 0; i < 10; i++)
        assert_null(hear(false));
    assert_null(hear(true));
    assert_ptr_equal(doubted, device);
    assert_int_equal(device->status->channels[1].axis, AXIS_PAN);
    assert_int_equal(device->layout, layout);
    assert_int_equal(journal_count(&model->journal), 1);
    answers = true; // the device itself says so, to a question of ours
    assert_ptr_equal(hear(false), device);
    assert_int_equal(device->layout, layout + 1);
    assert_int_equal(journal_count(&model->journal), 2);
}

static void a_retained_status_confirms_no_channels(void **state)
{
    (void)state;
    struct model_device *device = hear(true);
    assert_false(device->confirmed);
    report.status.count = 2;
    assert_ptr_equal(hear(false), device);
    assert_true(device->confirmed);
    assert_int_equal(device->status->count, 2);
}

static void a_cleared_status_takes_away_a_device_that_is_gone_and_no_other(void **state)
{
    (void)state;
    hear_name("lab");
    assert_null(model_status(model, "jetson/lab/status", "", 0, false, now, WALL, NULL));
    assert_non_null(model_find(model, "lab", NULL));
    hear_will("b007", "", false);
    model_status(model, "jetson/lab/status", "", 0, false, now, WALL, NULL);
    assert_null(model_find(model, "lab", NULL));
    model_status(model, "jetson/attic/status", "", 0, false, now, WALL, NULL);
    assert_int_equal(model->count, 0);
}

static void boot_n_and_id_mark_a_new_answer(void **state)
{
    (void)state;
    bool is_new;
    struct {
        const char *boot, *id;
        uint64_t n;
        bool is_new;
    } rows[] = {{"b1", "", 0, false}, {"b1", "a", 1, true}, {"b1", "a", 1, false}, {"b1", "b", 1, true},
        {"b1", "b", 2, true}, {"b2", "b", 2, true}, {"b2", "b", 1, true}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(report.status.boot, sizeof report.status.boot, "%s", rows[i].boot);
        report.status.last = (struct status_last){.n = rows[i].n, .result = RESULT_OK, .cmd = "led_on"};
        snprintf(report.status.last.id, sizeof report.status.last.id, "%s", rows[i].id);
        report.status.seq++;
        report_encode(&report);
        assert_non_null(
            model_status(model, "jetson/status", report.text, report.len, false, now, WALL, &is_new));
        assert_int_equal(is_new, rows[i].is_new);
    }
}

static struct model_device *hear_fault(const char *boot, const char *why, bool retained)
{
    char json[PROTOCOL_STATUS_MAX];
    struct status status = {.fault = "configuration"};
    snprintf(status.boot, sizeof status.boot, "%s", boot);
    snprintf(status.why, sizeof status.why, "%s", why);
    int len = status_write_fault(json, &status);
    assert_true(len > 0);
    return model_status(model, "jetson/status", json, (size_t)len, retained, now, WALL, NULL);
}

static const char typo[] = "/etc/nano-agent.conf:12: servo tilt: unknown key sped";

static void a_fault_counts_whatever_boot_was_seen_before(void **state)
{
    (void)state;
    char words[PROTOCOL_WHY_SIZE];
    struct model_device *device = hear(false);
    assert_ptr_equal(hear_fault("another", typo, false), device);
    assert_int_equal(model_presence(device, now), PRESENCE_OFFLINE);
    assert_false(device->stopped);
    assert_string_equal(model_fault(words, device->fault, device->why),
        "configuration line 12: servo tilt: unknown key sped");
    assert_string_equal(model_offline(words, "nano", device),
        "nano is offline: configuration line 12: servo tilt: unknown key sped");
    assert_string_equal(model_fault_file(words, device->why), "/etc/nano-agent.conf");
    assert_int_equal(device->status->count, 4); // what it had before is still shown
    hear_fault("another", typo, false);
    assert_int_equal(journal_count(&model->journal), 1);
    assert_string_equal(journal_at(&model->journal, 0)->text,
        "jetson is offline: configuration line 12: servo tilt: unknown key sped");
    hear_fault("another", "/etc/nano-agent.conf:13: }", false);
    assert_int_equal(journal_count(&model->journal), 2);
    hear_boot("mended");
    assert_int_equal(model_presence(device, now), PRESENCE_LIVE);
    assert_string_equal(device->fault, "");
    assert_string_equal(model_offline(words, "nano", device), "nano is offline");
}

static void the_will_of_the_run_with_the_fault_ends_it(void **state)
{
    (void)state;
    struct model_device *device = hear(false);
    hear_fault("another", typo, false);
    assert_null(hear_will("third", "", false));
    assert_string_equal(device->fault, "configuration");
    assert_ptr_equal(hear_will("another", "", false), device);
    assert_string_equal(device->fault, "");
    assert_int_equal(model_presence(device, now), PRESENCE_OFFLINE);
}

static void a_fault_that_was_kept_is_a_device_that_is_offline(void **state)
{
    (void)state;
    char words[PROTOCOL_WHY_SIZE];
    struct model_device *device = hear_fault("another", "no colon here", true);
    assert_non_null(device);
    assert_int_equal(model_presence(device, now), PRESENCE_OFFLINE);
    assert_string_equal(model_fault(words, device->fault, device->why), "configuration: no colon here");
    assert_string_equal(model_fault_file(words, device->why), "");
    hear(false);
    assert_int_equal(model_presence(device, now), PRESENCE_LIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(a_retained_status_is_marked_until_the_first_live_one),
        PROMISE(a_will_counts_only_with_the_boot_last_seen),
        PROMISE(a_clean_stop_is_told_from_a_will),
        PROMISE(a_device_whose_login_was_taken_away_is_removed_until_it_is_heard_again),
        PROMISE(a_device_that_goes_comes_back_or_restarts_is_told_once),
        PROMISE(offline_ends_with_the_next_status),
        PROMISE(only_a_retained_will_is_a_device_that_is_offline),
        PROMISE(a_retained_will_counts_where_nobody_reports_any_more),
        PROMISE(gaps_in_seq_are_counted_as_lost_reports),
        PROMISE(what_was_missed_while_we_were_away_is_no_lost_report),
        PROMISE(alternating_boots_say_that_two_agents_share_a_name),
        PROMISE(a_restart_is_not_taken_for_a_second_agent),
        PROMISE(an_older_retained_status_does_not_replace_a_newer_one),
        PROMISE(a_cleared_topic_is_no_status),
        PROMISE(an_unreadable_status_is_counted_and_said_once_in_a_while),
        PROMISE(a_status_of_a_later_version_is_refused_clearly),
        PROMISE(hostile_topics_and_bytes_make_no_device),
        PROMISE(the_tutorials_channels_are_offered_until_a_first_status),
        PROMISE(a_device_asked_for_by_name_offers_no_tutorial),
        PROMISE(temperatures_are_kept_one_a_second),
        PROMISE(round_trips_have_a_median_and_a_maximum_of_this_connection),
        PROMISE(other_channels_under_one_boot_are_not_taken_and_told),
        PROMISE(a_retained_status_confirms_no_channels),
        PROMISE(a_cleared_status_takes_away_a_device_that_is_gone_and_no_other),
        PROMISE(boot_n_and_id_mark_a_new_answer),
        PROMISE(a_fault_counts_whatever_boot_was_seen_before),
        PROMISE(the_will_of_the_run_with_the_fault_ends_it),
        PROMISE(a_fault_that_was_kept_is_a_device_that_is_offline),
    };
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
