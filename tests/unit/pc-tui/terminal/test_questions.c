// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "pc-tui/terminal/questions.h"

static void the_last_question_is_the_one_that_every_terminal_answers(void **state)
{
    (void)state;
    struct questions questions = {0};
    char text[QUESTIONS_SIZE];
    questions_ask(&questions, 1000, true, text);
    assert_non_null(strstr(text, "\033]11;?"));
    assert_non_null(strstr(text, "\033[?u"));
    assert_string_equal(text + strlen(text) - 3, "\033[c");
    questions_ask(&questions, 1000, false, text);
    assert_null(strstr(text, "\033]11;?"));
    assert_null(strstr(text, "\033[?u"));
    assert_int_equal(questions.until_ms, 1000 + QUESTIONS_MS);
    struct key_event event = {.code = KEYCODE_DEVICE};
    assert_false(questions_take(&questions, &event));
    assert_int_equal(questions.until_ms, INT64_MIN);
}

static void the_width_is_what_three_ambiguous_characters_took(void **state)
{
    (void)state;
    struct questions questions = {0};
    struct key_event event = {.code = KEYCODE_CURSOR_AT, .row = 2, .column = 4};
    assert_true(questions_take(&questions, &event));
    assert_int_equal(questions.ambiguous, 1);
    assert_false(questions_take(&questions, &event));
    event.column = 7;
    assert_true(questions_take(&questions, &event)); // a late answer counts too
    assert_int_equal(questions.ambiguous, 2);
    event.column = 5; // one of them is wide: not to be trusted
    questions_take(&questions, &event);
    assert_int_equal(questions.ambiguous, 2);
}

static void an_answer_about_another_place_is_nobodys(void **state)
{
    (void)state;
    struct questions questions = {0};
    struct key_event event = {.code = KEYCODE_CURSOR_AT, .row = 3, .column = 4};
    assert_false(questions_take(&questions, &event));
    event.row = 2;
    event.column = 2;
    assert_false(questions_take(&questions, &event));
    event.column = 80;
    assert_false(questions_take(&questions, &event));
    assert_int_equal(questions.ambiguous, 0);
    event = (struct key_event){.code = KEYCODE_CHARACTER, .codepoint = 'x'};
    assert_false(questions_take(&questions, &event));
}

static void the_background_is_noted(void **state)
{
    (void)state;
    struct questions questions = {0};
    struct key_event event = {.code = KEYCODE_BACKGROUND, .codepoint = 0xffffff};
    assert_true(questions_take(&questions, &event));
    assert_false(questions_take(&questions, &event));
    assert_true(questions.background_known);
    assert_int_equal(questions.background, 0xffffff);
}

static void who_answers_about_the_keyboard_can_tell_of_releases(void **state)
{
    (void)state;
    struct questions questions = {0};
    struct key_event event = {.code = KEYCODE_DEVICE};
    questions_take(&questions, &event);
    assert_false(questions.tells_releases);
    event.code = KEYCODE_KEYBOARD;
    assert_false(questions_take(&questions, &event)); // the picture stays as it is
    assert_true(questions.tells_releases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_question_is_the_one_that_every_terminal_answers),
        cmocka_unit_test(the_width_is_what_three_ambiguous_characters_took),
        cmocka_unit_test(an_answer_about_another_place_is_nobodys),
        cmocka_unit_test(the_background_is_noted),
        cmocka_unit_test(who_answers_about_the_keyboard_can_tell_of_releases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
