// SPDX-License-Identifier: MIT
// Which keys a person pressed, and which were pasted.
#include "tests/unit/pc-tui/keys/keys_rig.h"

static void bracketed_paste_is_text_and_no_keys(void **state)
{
    (void)state;
    feed("\033[200~tilt 20\rq\t \033[201~");
    now += INPUT_PASTE_TAIL_MS + 1;
    feed("k");
    expect("{tilt 20\\nq\\t }k");
    feed("\033[200~a\r\nb\nc\r\rd\033[201~");
    expect("{a\\nb\\nc\\n\\nd}");
    feed("\033[200~a\001\033[A\033[15~\033xb\033[201~");
    expect("{axb}");
}

static void bracketed_paste_may_come_in_pieces(void **state)
{
    (void)state;
    feed("\033[20");
    feed("0~stop");
    now += 300;
    feed(" now\033[2");
    now += 10;
    feed("01~");
    now += INPUT_PASTE_TAIL_MS + 1;
    feed("k");
    expect("{stop now}k");
}

static void a_paste_that_breaks_off_gives_space_back(void **state)
{
    (void)state;
    feed("\033[200~abc");
    assert_int_equal(input_next_ms(&input), 1000 + DECODER_PASTE_MS);
    now += DECODER_PASTE_MS;
    tick();
    expect("{abc}");
    feed(" ");
    expect("<Space>");
}

static void more_than_three_different_keys_in_one_read_are_a_paste(void **state)
{
    (void)state;
    feed("abc");
    expect("abc");
    now += 100;
    feed("led_on\r");
    expect("{led_on\\n}");
    now += 100;
    feed("q on\033[Ax"); // what is not printable in it is no key either
    expect("{q onx}");
}

static void a_held_key_is_no_paste_however_late_it_is_read(void **state)
{
    (void)state;
    feed("kkkkkkkkkk");
    expect("kkkkkkkkkk");
    feed("\033[A\033[A\033[B\033[C\033[D");
    expect("<Up><Up><Down><Right><Left>");
    feed("jkjkjk\001\002\003\004");
    expect("jkjkjk<C-a><C-b><C-c><C-d>");
}

static void the_rest_of_an_unbracketed_paste_is_paste_too(void **state)
{
    (void)state;
    feed("abcd");
    now += INPUT_PASTE_TAIL_MS;
    feed(" q");
    expect("{abcd}{ q}");
    now += INPUT_PASTE_TAIL_MS + 1;
    feed(" ");
    expect("<Space>");
}

static void bracketed_text_does_not_count_as_keys_of_the_read(void **state)
{
    (void)state;
    feed("k\033[200~abcdefgh\033[201~");
    expect("k{abcdefgh}");
}

// Whatever comes, SPACE typed two seconds later is a SPACE.
static void no_garbage_keeps_space_from_stopping(void **state)
{
    (void)state;
    uint32_t random = 12345;
    for (int round = 0; round < 3000; round++) {
        char bytes[64];
        size_t len = 1 + random % sizeof bytes;
        for (size_t i = 0; i < len; i++) {
            random = random * 1664525 + 1013904223;
            static const char likely[] = "\033[]O;0123456789~MPR\\\007u$?<_^X";
            bytes[i] = random >> 30 ? (char)(random >> 16) : likely[(random >> 16) % (sizeof likely - 1)];
        }
        feed_bytes(bytes, len);
        now += 2000;
        tick();
        tick();
        seen.len = 0;
        seen.text[0] = '\0';
        feed(" ");
        expect("<Space>");
        now += 50;
    }
}

static void a_release_is_told_as_what_it_is(void **state)
{
    (void)state;
    feed("w\033[119;1:3u"); // as kitty and foot write it
    expect("wup:w");
    feed("\033[A\033[1;1:3A\033[1;129:3B"); // an arrow, and one with the number lock on
    expect("<Up>up:<Up>up:<Down>");
    feed("\033[119;1:2u\033[119;1:3u");
    expect("wup:w");
    feed("\033[119;1"); // in pieces
    now += 10;
    feed(":3u");
    expect("up:w");
    feed("\033[57441;2:3u\033[57441;2:1u"); // the Shift key alone
    expect("");
    feed("\033[13;1:3u\033[9;1:3u\033[127;1:3u");
    expect("up:<Enter>up:<Tab>up:<Backspace>");
    feed("\033[?0u\033[?3u");
    expect("(keyboard)(keyboard)");
}

static void releases_are_no_keys_of_a_read_and_none_of_a_paste(void **state)
{
    (void)state;
    feed("w\033[119;1:3us\033[115;1:3ua\033[97;1:3u"); // three keys and their ends are no paste
    expect("wup:wsup:saup:a");
    now += 100;
    feed("\033[1;1:3A\033[1;1:3A\033[1;1:3A"); // nor a notch of the wheel
    expect("up:<Up>up:<Up>up:<Up>");
    feed("\033[200~a\033[119;1:3ub\033[201~");
    expect("{ab}");
    now += INPUT_PASTE_TAIL_MS + 1;
    feed("abcde\033[119;1:3u");
    expect("{abcde}");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, fresh)
    const struct CMUnitTest tests[] = {
        TEST(bracketed_paste_is_text_and_no_keys),
        TEST(bracketed_paste_may_come_in_pieces),
        TEST(a_paste_that_breaks_off_gives_space_back),
        TEST(more_than_three_different_keys_in_one_read_are_a_paste),
        TEST(a_held_key_is_no_paste_however_late_it_is_read),
        TEST(the_rest_of_an_unbracketed_paste_is_paste_too),
        TEST(bracketed_text_does_not_count_as_keys_of_the_read),
        TEST(no_garbage_keeps_space_from_stopping),
        TEST(a_release_is_told_as_what_it_is),
        TEST(releases_are_no_keys_of_a_read_and_none_of_a_paste),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
