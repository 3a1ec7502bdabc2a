// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "common/hash.h"

// The vectors of draft-eastlake-fnv, appendix C.
static void the_published_vectors_come_out(void **state)
{
    (void)state;
    assert_int_equal(hash_bytes(HASH_START, "", 0), 0x811c9dc5);
    assert_int_equal(hash_bytes(HASH_START, "a", 1), 0xe40c292c);
    assert_int_equal(hash_bytes(HASH_START, "foobar", 6), 0xbf9cf968);
    assert_true(hash64_bytes(HASH64_START, "", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(hash64_bytes(HASH64_START, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(hash64_bytes(HASH64_START, "foobar", 6) == UINT64_C(0x85944171f73967e8));
}

static void parts_hashed_one_after_the_other_are_the_whole(void **state)
{
    (void)state;
    assert_int_equal(hash_bytes(hash_bytes(HASH_START, "foo", 3), "bar", 3), 0xbf9cf968);
    assert_true(hash64_bytes(hash64_bytes(HASH64_START, "foo", 3), "bar", 3) == UINT64_C(0x85944171f73967e8));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_vectors_come_out),
        cmocka_unit_test(parts_hashed_one_after_the_other_are_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
