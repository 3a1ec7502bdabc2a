// SPDX-License-Identifier: MIT
// Every test program in C links this file: where the environment names a promise in TEST_PROMISE, the program runs that
// test function and no other, so that each promise can be an entry of its own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

__attribute__((constructor)) static void choose_promise(void)
{
    const char *name = getenv("TEST_PROMISE");

    if (name && name[0])
        cmocka_set_test_filter(name);
}
