// SPDX-License-Identifier: MIT
// The list of devices: its order, and who makes room for whom.
#include "tests/unit/pc-tui/model/model_fixture.h"

static void devices_are_sorted_by_name_the_unnamed_one_first(void **state)
{
    (void)state;
    hear_name("roof");
    hear_name("attic");
    hear_name("");
    hear_name("lab2");
    assert_int_equal(model->count, 4);
    assert_string_equal(model->devices[0]->name, "");
    assert_string_equal(model->devices[1]->name, "attic");
    assert_string_equal(model->devices[2]->name, "lab2");
    assert_string_equal(model->devices[3]->name, "roof");
    size_t index = 99;
    assert_ptr_equal(model_find(model, "lab2", &index), model->devices[2]);
    assert_int_equal(index, 2);
    assert_null(model_find(model, "lab", NULL));
    // The slot stays the same however the order changes.
    assert_int_equal(model->devices[3]->slot + 1, model->devices[1]->slot);
}

static void a_thousand_devices_keep_their_places(void **state)
{
    (void)state;
    char name[16];
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++) {
            snprintf(name, sizeof name, "n%d", (i * 7919) % 1000);
            report.status.t_ms = i;
            hear_name(name);
        }
    }
    assert_int_equal(model->count, 1000);
    for (size_t i = 1; i < model->count; i++)
        assert_true(model_compare_names(model->devices[i - 1]->name, model->devices[i]->name) < 0);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "n%d", (i * 7919) % 1000);
        assert_int_equal(model_find(model, name, NULL)->status->t_ms, i);
    }
}

static void names_beyond_the_limit_are_not_taken_up_and_said_once(void **state)
{
    (void)state;
    char name[16];
    for (int i = 0; i < MODEL_DEVICES_MAX + 50; i++) {
        snprintf(name, sizeof name, "n%d", i);
        hear_name(name);
    }
    assert_int_equal(model->count, MODEL_DEVICES_MAX);
    assert_int_equal(journal_count(&model->journal), 1);
    assert_non_null(strstr(journal_at(&model->journal, 0)->text, "not shown"));
    assert_non_null(hear_name("n7"));
}

static void names_stand_in_the_order_that_people_count_in(void **state)
{
    (void)state;
    static const char *const names[] = {"", "d01", "d1", "d1a", "d2", "d10", "d10-2", "d10-11", "e", "ea"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
            int order = model_compare_names(names[i], names[k]);
            assert_true(i < k ? order < 0 : i > k ? order > 0 : order == 0);
        }
}

static size_t dropped;

static void note_dropped(void *ctx, const struct model_device *device)
{
    (void)ctx;
    (void)device;
    dropped++;
}

static void fill(bool retained)
{
    for (int i = 0; i < MODEL_DEVICES_MAX; i++) {
        snprintf(report.status.device, sizeof report.status.device, "n%d", i);
        hear(retained);
    }
    assert_int_equal(model->count, MODEL_DEVICES_MAX);
}

static void names_that_are_offline_or_only_retained_make_room(void **state)
{
    (void)state;
    static const struct model_hooks hooks = {.dropped = note_dropped};
    dropped = 0;
    fill(true);
    model_set_hooks(model, &hooks, NULL);
    assert_non_null(hear_name("new"));
    assert_int_equal(model->count, MODEL_DEVICES_MAX);
    assert_int_equal(dropped, 1);
    snprintf(report.status.device, sizeof report.status.device, "n7");
    hear_will("b007", "", true);
    assert_non_null(hear_name("newer"));
    assert_null(model_find(model, "n7", NULL)); // one that is offline goes first
    assert_non_null(model_find(model, "new", NULL));
    size_t told = 0;
    for (size_t i = 0; i < journal_count(&model->journal); i++)
        told += strstr(journal_at(&model->journal, i)->text, "more than 2048 devices") != NULL;
    assert_int_equal(told, 1);
}

static void silent_devices_make_room_for_live_ones(void **state)
{
    (void)state;
    fill(false);
    assert_null(hear_name("new"));
    now += 10 * (int64_t)SECOND;
    assert_non_null(hear_name("new"));
}

static bool everything_is_needed(void *ctx, const struct model_device *device)
{
    (void)ctx;
    (void)device;
    return true;
}

static void the_device_asked_for_is_followed_whatever_else_reports(void **state)
{
    (void)state;
    static const struct model_hooks hooks = {.is_needed = everything_is_needed};
    model_free(model);
    model = model_new("jetson", "lab");
    fill(false);
    model_set_hooks(model, &hooks, NULL);
    assert_null(hear_name("other"));
    assert_non_null(hear_name("lab"));
    snprintf(report.status.device, sizeof report.status.device, "lab");
    hear_will("b007", "", false);
    hear_name("other");
    assert_non_null(model_find(model, "lab", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(devices_are_sorted_by_name_the_unnamed_one_first),
        PROMISE(a_thousand_devices_keep_their_places),
        PROMISE(names_beyond_the_limit_are_not_taken_up_and_said_once),
        PROMISE(names_stand_in_the_order_that_people_count_in),
        PROMISE(names_that_are_offline_or_only_retained_make_room),
        PROMISE(silent_devices_make_room_for_live_ones),
        PROMISE(the_device_asked_for_is_followed_whatever_else_reports),
    };
    return cmocka_run_group_tests_name("model_devices", tests, NULL, NULL);
}
