// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "common/protocol/protocol.h"
#include "common/protocol/reader.h"

struct world {
    struct reader reader;
    json_t *object;
    char why[PROTOCOL_WHY_SIZE];
};

static struct reader *open_object(struct world *w, const char *text)
{
    *w = (struct world){.object = json_loads(text, JSON_DECODE_ANY, NULL)};
    assert_non_null(w->object);
    w->reader = (struct reader){.object = w->object, .prefix = "part.", .why = w->why};
    return &w->reader;
}

static void what_is_missing_is_not_wrong(void **state)
{
    (void)state;
    struct world w;
    struct reader *r = open_object(&w, "{}");
    int number = 7;
    bool flag = true;
    size_t len;
    char text[8] = "as was";
    assert_false(reader_int(r, "n", 1, 0, 10, &number));
    assert_false(reader_int_or_null(r, "n", 1, 0, 10, &number));
    assert_false(reader_bool(r, "b", &flag));
    assert_null(reader_string(r, "s", &len));
    assert_null(reader_object(r, "o"));
    assert_int_equal(reader_counter(r, "c"), 0);
    reader_clean(r, "s", text, sizeof text, 8);
    assert_true(number == 7 && flag && strcmp(text, "as was") == 0);
    assert_false(r->failed);
    json_decref(w.object);
}

static void a_wrong_type_fails_with_the_key_and_what_was_expected(void **state)
{
    (void)state;
    struct world w;
    struct reader *r = open_object(&w, "{\"n\":\"5\",\"b\":1,\"s\":2,\"o\":[]}");
    int number = 7;
    bool flag = true;
    size_t len;
    assert_false(reader_int(r, "n", 1, 0, 10, &number));
    assert_string_equal(w.why, "part.n: expected a number");
    r->failed = false;
    assert_false(reader_bool(r, "b", &flag));
    assert_string_equal(w.why, "part.b: expected true or false");
    r->failed = false;
    assert_null(reader_string(r, "s", &len));
    assert_string_equal(w.why, "part.s: expected a string");
    r->failed = false;
    assert_null(reader_object(r, "o"));
    assert_string_equal(w.why, "part.o: expected an object");
    assert_true(number == 7 && flag);
    json_decref(w.object);
}

static void the_first_thing_that_is_wrong_is_the_one_told(void **state)
{
    (void)state;
    struct world w;
    struct reader *r = open_object(&w, "{\"a\":true,\"b\":true}");
    int number;
    assert_false(reader_int(r, "a", 1, 0, 10, &number));
    assert_false(reader_int(r, "b", 1, 0, 10, &number));
    assert_string_equal(w.why, "part.a: expected a number");
    json_decref(w.object);
}

static void a_number_is_scaled_and_rounded_and_stays_in_its_range(void **state)
{
    (void)state;
    struct world w;
    struct reader *r = open_object(&w,
        "{\"a\":12.34,\"b\":-12.35,\"c\":3,\"d\":10.01,\"e\":9223372036854775807,\"f\":1e300,\"g\":null}");
    int number = 0;
    assert_true(reader_int(r, "a", 10, -200, 200, &number) && number == 123);
    assert_true(reader_int(r, "b", 10, -200, 200, &number) && number == -124);
    assert_true(reader_int(r, "c", 10, 0, 30, &number) && number == 30);
    static const char *const wrong[] = {"d", "e", "f"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        r->failed = false;
        assert_false(reader_int(r, wrong[i], 100, 0, 1000, &number));
        assert_true(r->failed);
    }
    r->failed = false;
    assert_false(reader_int_or_null(r, "g", 10, 0, 1, &number));
    assert_false(r->failed);
    assert_int_equal(number, 30);
    json_decref(w.object);
}

static void a_string_is_cleaned_and_cut(void **state)
{
    (void)state;
    struct world w;
    struct reader *r = open_object(&w, "{\"s\":\"a\\u001bbcdef\"}");
    char text[16] = "";
    reader_clean(r, "s", text, sizeof text, 3);
    assert_string_equal(text, "a\xef\xbf\xbd"
                              "b");
    json_decref(w.object);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_missing_is_not_wrong),
        cmocka_unit_test(a_wrong_type_fails_with_the_key_and_what_was_expected),
        cmocka_unit_test(the_first_thing_that_is_wrong_is_the_one_told),
        cmocka_unit_test(a_number_is_scaled_and_rounded_and_stays_in_its_range),
        cmocka_unit_test(a_string_is_cleaned_and_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
