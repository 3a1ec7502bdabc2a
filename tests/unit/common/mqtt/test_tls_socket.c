// SPDX-License-Identifier: MIT
#include <errno.h>
#include <openssl/bio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/mqtt/tls_socket.h"

// One end of a pair of real sockets has the BIO, the other is the peer.
struct pair {
    int fd, peer;
    struct tls_gate gate;
    BIO *bio;
};

static int set_up(void **state)
{
    struct pair *pair = calloc(1, sizeof *pair);
    int fds[2];

    assert_non_null(pair);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
    pair->fd = fds[0];
    pair->peer = fds[1];
    pair->gate = (struct tls_gate){true, true};
    pair->bio = tls_socket_new(pair->fd, &pair->gate);
    assert_non_null(pair->bio);
    *state = pair;
    return 0;
}

static int tear_down(void **state)
{
    struct pair *pair = *state;

    BIO_free(pair->bio);
    close(pair->fd);
    if (pair->peer >= 0)
        close(pair->peer);
    free(pair);
    return 0;
}

static void peer_says(const struct pair *pair, const char *text)
{
    assert_int_equal(send(pair->peer, text, strlen(text), 0), (int)strlen(text));
}

static void peer_hangs_up(struct pair *pair)
{
    close(pair->peer);
    pair->peer = -1;
}

static void all_that_the_socket_has_is_taken_at_once(void **state)
{
    struct pair *pair = *state;
    char got[64], left;

    peer_says(pair, "head of a record, and its rest");
    assert_int_equal(BIO_read(pair->bio, got, 5), 5);
    assert_memory_equal(got, "head ", 5);
    assert_int_equal(recv(pair->fd, &left, 1, MSG_PEEK), -1);
    assert_int_equal(errno, EAGAIN);
    assert_int_equal(BIO_pending(pair->bio), 25);
    assert_int_equal(BIO_read(pair->bio, got, sizeof got), 25);
    assert_memory_equal(got, "of a record, and its rest", 25);
    assert_int_equal(BIO_pending(pair->bio), 0);
}

static void a_long_stream_arrives_whole(void **state)
{
    struct pair *pair = *state;
    enum { LEN = 40000 };
    static unsigned char sent[LEN], got[LEN];
    size_t have = 0;

    for (size_t i = 0; i < LEN; i++)
        sent[i] = (unsigned char)(i * 31 >> 3);
    assert_int_equal(send(pair->peer, sent, LEN, 0), LEN);
    while (have < LEN) {
        int n = BIO_read(pair->bio, got + have, have + 777 < LEN ? 777 : (int)(LEN - have));
        assert_true(n > 0);
        have += (size_t)n;
    }
    assert_memory_equal(got, sent, LEN);
}

static void an_empty_socket_is_to_be_tried_again(void **state)
{
    struct pair *pair = *state;
    char got[8];

    assert_int_equal(BIO_read(pair->bio, got, sizeof got), -1);
    assert_true(BIO_should_read(pair->bio));
    peer_says(pair, "late");
    assert_int_equal(BIO_read(pair->bio, got, sizeof got), 4);
    assert_false(BIO_should_retry(pair->bio));
}

static void a_closed_gate_leaves_the_bytes_in_the_socket(void **state)
{
    struct pair *pair = *state;
    char got[8];

    peer_says(pair, "not yet");
    pair->gate.read = false;
    assert_int_equal(BIO_read(pair->bio, got, sizeof got), -1);
    assert_true(BIO_should_read(pair->bio));
    assert_int_equal(BIO_pending(pair->bio), 0);
    pair->gate.read = true;
    assert_int_equal(BIO_read(pair->bio, got, sizeof got), 7);
}

static void what_was_taken_waits_behind_a_closed_gate_too(void **state)
{
    struct pair *pair = *state;
    char got[8];

    peer_says(pair, "ab");
    assert_int_equal(BIO_read(pair->bio, got, 1), 1);
    pair->gate.read = false;
    assert_int_equal(BIO_read(pair->bio, got, 8), -1);
    assert_true(BIO_should_read(pair->bio));
    assert_int_equal(BIO_pending(pair->bio), 1);
    pair->gate.read = true;
    assert_int_equal(BIO_read(pair->bio, got, 8), 1);
    assert_int_equal(got[0], 'b');
}

static void nothing_is_written_through_a_closed_gate(void **state)
{
    struct pair *pair = *state;
    char got[8];

    pair->gate.write = false;
    assert_int_equal(BIO_write(pair->bio, "x", 1), -1);
    assert_true(BIO_should_write(pair->bio));
    assert_int_equal(recv(pair->peer, got, sizeof got, 0), -1);
    pair->gate.write = true;
    assert_int_equal(BIO_write(pair->bio, "x", 1), 1);
    assert_int_equal(BIO_flush(pair->bio), 1);
    assert_int_equal(recv(pair->peer, got, sizeof got, 0), 1);
}

// Without SIGPIPE, which would end the test.
static void the_last_words_of_a_peer_that_hung_up_are_read_after_a_write_that_failed(void **state)
{
    struct pair *pair = *state;
    char got[16];

    peer_says(pair, "refused");
    peer_hangs_up(pair);
    assert_int_equal(BIO_write(pair->bio, "hello", 5), -1);
    assert_true(BIO_should_write(pair->bio));
    assert_int_equal(BIO_read(pair->bio, got, 3), 3);
    assert_false(BIO_eof(pair->bio));
    assert_int_equal(BIO_read(pair->bio, got, sizeof got), 4);
    assert_int_equal(BIO_read(pair->bio, got, sizeof got), 0);
    assert_false(BIO_should_retry(pair->bio));
    assert_true(BIO_eof(pair->bio));
}

static void a_full_socket_is_to_be_tried_again(void **state)
{
    struct pair *pair = *state;
    static char block[65536];
    int n;

    do
        n = BIO_write(pair->bio, block, sizeof block);
    while (n > 0);
    assert_int_equal(n, -1);
    assert_true(BIO_should_write(pair->bio));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_that_the_socket_has_is_taken_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_stream_arrives_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_socket_is_to_be_tried_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_closed_gate_leaves_the_bytes_in_the_socket, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_taken_waits_behind_a_closed_gate_too, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_written_through_a_closed_gate, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            the_last_words_of_a_peer_that_hung_up_are_read_after_a_write_that_failed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_socket_is_to_be_tried_again, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("tls_socket", tests, NULL, NULL);
}
