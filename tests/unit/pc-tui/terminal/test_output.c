// SPDX-License-Identifier: MIT
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "pc-tui/terminal/output.h"

// A pipe stands for the tty: it, too, takes what fits and then says EAGAIN.
static void whatever_is_not_taken_stays_in_order(void **state)
{
    (void)state;
    enum { TOTAL = 1000000, PIECE = 777 };
    struct output output = {0};
    unsigned char piece[PIECE], got[4096];
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    size_t added = 0, read_back = 0;
    while (read_back < TOTAL) {
        if (added < TOTAL) {
            size_t len = TOTAL - added < PIECE ? TOTAL - added : PIECE;
            for (size_t i = 0; i < len; i++)
                piece[i] = (unsigned char)((added + i) * 7 % 251);
            assert_int_equal(output_add(&output, piece, len), 0);
            added += len;
        }
        assert_int_equal(output_flush(&output, ends[1]), 0);
        if (added % (PIECE * 200) != 0 && added < TOTAL)
            continue; // let it fill
        ssize_t n = read(ends[0], got, sizeof got);
        for (ssize_t i = 0; i < n; i++)
            assert_int_equal(got[i], (unsigned char)((read_back + (size_t)i) * 7 % 251));
        read_back += n > 0 ? (size_t)n : 0;
    }
    assert_true(output_is_empty(&output));
    output_finish(&output);
    close(ends[0]);
    close(ends[1]);
}

static void a_terminal_that_is_gone_is_an_error(void **state)
{
    (void)state;
    struct output output = {0};
    int ends[2];
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    close(ends[0]);
    assert_int_equal(output_add(&output, "x", 1), 0);
    assert_int_equal(output_flush(&output, ends[1]), -EPIPE);
    assert_false(output_is_empty(&output));
    output_drop(&output);
    assert_true(output_is_empty(&output));
    output_finish(&output);
    close(ends[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_is_not_taken_stays_in_order),
        cmocka_unit_test(a_terminal_that_is_gone_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
