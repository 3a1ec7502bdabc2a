// SPDX-License-Identifier: MIT
// The table of kinds: what everybody asks it instead of naming kinds.
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "common/protocol/vocabulary.h"

static void each_kind_has_a_row_that_is_found_by_its_name(void **state)
{
    (void)state;
    for (int i = 0; i < CHANNEL_KINDS; i++) {
        const struct kind *kind = kind_of((enum channel_kind)i);
        assert_non_null(kind->name);
        assert_non_null(kind->unit);
        assert_non_null(kind->read);
        assert_non_null(kind->write);
        assert_int_equal(channel_kind_parse(kind->name), i);
    }
}

static void a_kind_that_is_not_known_has_no_words_and_moves_nothing(void **state)
{
    (void)state;
    enum channel_kind kinds[] = {CHANNEL_OTHER, (enum channel_kind)99, (enum channel_kind) - 1};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        assert_string_equal(channel_kind_name(kinds[i]), "other");
        assert_int_equal(kind_of(kinds[i])->word_count, 0);
        assert_int_equal(kind_of(kinds[i])->motion, 0);
        assert_false(kind_has_verb(kinds[i], VERB_OFF));
        kind_of(kinds[i])->write(NULL, NULL); // writes nothing, so that it needs nothing
    }
    assert_int_equal(channel_kind_parse("other"), CHANNEL_OTHER);
    assert_int_equal(channel_kind_parse("motor2"), CHANNEL_OTHER);
    assert_int_equal(channel_kind_parse(""), CHANNEL_OTHER);
}

static void a_kind_tells_which_verbs_it_has(void **state)
{
    (void)state;
    assert_true(kind_has_verb(CHANNEL_SERVO, VERB_CENTER));
    assert_true(kind_has_verb(CHANNEL_SERVO, VERB_STOP));
    assert_false(kind_has_verb(CHANNEL_SERVO, VERB_TOGGLE));
    assert_true(kind_has_verb(CHANNEL_SWITCH, VERB_TOGGLE));
    assert_false(kind_has_verb(CHANNEL_SWITCH, VERB_SET));
    assert_true(kind_has_verb(CHANNEL_DIMMER, VERB_SET));
    assert_false(kind_has_verb(CHANNEL_INPUT, VERB_ON));
}

// Two words of a channel that are equal could mean two things.
static void no_kind_has_a_suffix_twice(void **state)
{
    (void)state;
    for (int k = 0; k < CHANNEL_KINDS; k++) {
        const struct kind *kind = kind_of((enum channel_kind)k);
        for (size_t i = 0; i < kind->word_count; i++) {
            const char *suffix = kind->words[i].suffix;
            // vocabulary_check relies on it: a suffix has its only _ in front.
            assert_true(suffix[0] == '\0' || (suffix[0] == '_' && !strchr(suffix + 1, '_')));
            for (size_t j = 0; j < i; j++)
                assert_string_not_equal(suffix, kind->words[j].suffix);
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_has_a_row_that_is_found_by_its_name),
        cmocka_unit_test(a_kind_that_is_not_known_has_no_words_and_moves_nothing),
        cmocka_unit_test(a_kind_tells_which_verbs_it_has),
        cmocka_unit_test(no_kind_has_a_suffix_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
