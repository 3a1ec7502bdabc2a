// SPDX-License-Identifier: MIT
// Ids, and what happens to commands that are given up.
#include "tests/unit/pc-tui/controller/controller_fixture.h"

static void every_command_has_a_random_id_of_its_own(void **state)
{
    (void)state;
    be_ready();
    for (int i = 0; i < 3; i++) {
        send_text(i % 2 ? "led_on" : "led_off");
        assert_string_equal(newest()->topic, "jetson/control");
        char id[17];
        snprintf(id, sizeof id, "%016" PRIx64, 0x9f3c7a1e5b2d0000 + random_count);
        assert_string_equal(field(newest(), "id"), id);
        assert_false(newest()->retain);
        echo(newest());
    }
    assert_int_equal(random_count, 4); // one was for the clock
}

static void an_id_of_another_form_is_nobodys_command(void **state)
{
    (void)state;
    static const char *const ids[] = {
        "", "9F3C7A1E5B2D0001", "9f3c7a1e5b2d00010", "9f3c7a1e5b2d000", "9f3c7a1e5b2d00zz"};
    be_ready();
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        size_t events = journal_count(&model->journal);
        report_answer(&report, ids[i], "led_on", RESULT_OK, "");
        hear();
        assert_int_equal(journal_count(&model->journal), events + 1); // shown as somebody else's
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(every_command_has_a_random_id_of_its_own),
        PROMISE(an_id_of_another_form_is_nobodys_command),
    };
    return cmocka_run_group_tests_name("controller_outbox", tests, NULL, NULL);
}
