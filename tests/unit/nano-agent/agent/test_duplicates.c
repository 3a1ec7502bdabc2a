// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/agent/duplicates.h"

static struct duplicates duplicates;

static void remember(const char *id, enum protocol_result result, const char *why)
{
    struct status_last last = {.result = result};
    snprintf(last.id, sizeof last.id, "%s", id);
    snprintf(last.cmd, sizeof last.cmd, "tilt_up");
    snprintf(last.why, sizeof last.why, "%s", why);
    duplicates_add(&duplicates, &last);
}

static void the_first_result_of_an_id_is_remembered(void **state)
{
    (void)state;
    memset(&duplicates, 0, sizeof duplicates);
    assert_null(duplicates_find(&duplicates, "a"));
    remember("a", RESULT_LIMIT, "already at 45.0°");
    const struct duplicate *found = duplicates_find(&duplicates, "a");
    assert_non_null(found);
    assert_string_equal(found->cmd, "tilt_up");
    assert_string_equal(found->why, "already at 45.0°");
    assert_int_equal(found->result, RESULT_LIMIT);
    assert_null(duplicates_find(&duplicates, "A"));
    assert_null(duplicates_find(&duplicates, ""));
}

static void the_last_256_are_remembered_and_the_oldest_is_forgotten(void **state)
{
    (void)state;
    char id[32];
    memset(&duplicates, 0, sizeof duplicates);
    for (int i = 0; i < 1000; i++) {
        snprintf(id, sizeof id, "id-%d", i);
        remember(id, RESULT_OK, "");
        snprintf(id, sizeof id, "id-%d", i - PROTOCOL_IDS_REMEMBERED);
        assert_null(duplicates_find(&duplicates, id));
        snprintf(id, sizeof id, "id-%d", i < PROTOCOL_IDS_REMEMBERED ? 0 : i - PROTOCOL_IDS_REMEMBERED + 1);
        assert_non_null(duplicates_find(&duplicates, id));
    }
}

static void the_same_command_gets_the_first_result_once_more_and_another_command_none(void **state)
{
    (void)state;
    memset(&duplicates, 0, sizeof duplicates);
    remember("a", RESULT_LIMIT, "already at 45.0°");
    struct status_last last = {.id = "a", .cmd = "tilt_up"};
    duplicates_repeat(duplicates_find(&duplicates, "a"), &last);
    assert_true(last.again);
    assert_int_equal(last.result, RESULT_LIMIT);
    assert_string_equal(last.why, "already at 45.0°");
    last = (struct status_last){.id = "a", .cmd = "tilt_down"};
    duplicates_repeat(duplicates_find(&duplicates, "a"), &last);
    assert_false(last.again);
    assert_int_equal(last.result, RESULT_INVALID);
    assert_string_equal(last.why, "this id was used for another command: tilt_up");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_result_of_an_id_is_remembered),
        cmocka_unit_test(the_same_command_gets_the_first_result_once_more_and_another_command_none),
        cmocka_unit_test(the_last_256_are_remembered_and_the_oldest_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
