// SPDX-License-Identifier: MIT
// Characters and sequences, as they come out of the whole input.
#include "tests/unit/pc-tui/keys/keys_rig.h"

static void arrows_come_as_csi_and_as_ss3(void **state)
{
    (void)state;
    feed("\033[A\033[B\033[C\033[D");
    expect("<Up><Down><Right><Left>");
    feed("\033OA\033OB\033OC\033OD");
    expect("<Up><Down><Right><Left>");
}

static void modifiers_are_told_with_every_key(void **state)
{
    (void)state;
    feed("\033[1;2A\033[1;3B\033[1;5C\033[1;8D");
    expect("<S-Up><A-Down><C-Right><S-A-C-Left>");
    feed("\033[5;5~\033[3;2~\033[15;5~\033[1;9A");
    expect("<C-PageUp><S-Delete><C-F5><A-Up>");
    feed("\033O5A\033O1;2P\033[Z\033[1;6H");
    expect("<C-Up><S-F1><S-Tab><S-C-Home>");
    feed("\033\033[A\033x\033 \033\r\033\177");
    expect("<A-Up><A-x><A-Space><A-Enter><A-Backspace>");
}

static void editing_and_function_keys_of_every_terminal_family(void **state)
{
    (void)state;
    feed("\033[H\033[F\033[1~\033[4~\033[7~\033[8~\033OH\033OF");
    expect("<Home><End><Home><End><Home><End><Home><End>");
    feed("\033[2~\033[3~\033[5~\033[6~");
    expect("<Insert><Delete><PageUp><PageDown>");
    feed("\033OP\033OQ\033OR\033OS\033[P\033[S");
    expect("<F1><F2><F3><F4><F1><F4>");
    feed("\033[11~\033[15~\033[17~\033[21~\033[23~\033[24~\033[25~\033[28~\033[34~");
    expect("<F1><F5><F6><F10><F11><F12><F13><F15><F20>");
    feed("\033[a\033[7$\033[5^\033[3@\033Oa");
    expect("<S-Up><S-Home><C-PageUp><S-C-Delete><C-Up>");
    feed("\033OM\033Oj\033Ok\033Oq");
    expect("<Enter>*+1");
}

static void linux_console_function_keys(void **state)
{
    (void)state;
    feed("\033[[A\033[[B\033[[E");
    expect("<F1><F2><F5>");
    feed("\033[[Zk");
    expect("k");
}

static void keys_named_by_their_character_are_understood(void **state)
{
    (void)state;
    feed("\033[97;5u\033[97;2u\033[13;2u\033[27u\033[32u\033[27;5;105~\033[97:65;3:1u");
    expect("<C-a>A<S-Enter><Esc><Space><Tab><A-a>");
    feed("\033[57358u\033[1114112ux");
    expect("x");
}

static void control_bytes_are_keys(void **state)
{
    (void)state;
    feed("\001\014\032\003");
    expect("<C-a><C-l><C-z><C-c>");
    feed("\t\r\n\010\177");
    expect("<Tab><Enter><Enter><Backspace><Backspace>");
    feed_bytes("\0\034\037", 3);
    expect("<C-Space><C-\\><C-_>");
}

static void a_space_behind_a_late_mouse_report_stops_once(void **state)
{
    (void)state;
    feed("\033[M");
    now += DECODER_ESC_MS * DECODER_SEQUENCE_FACTOR;
    tick();
    feed("!!\303"); // of mode 1005, the third may have a second byte
    feed(" ");
    expect("<Space>");
}

static void x10_mouse_bytes_are_swallowed(void **state)
{
    (void)state;
    feed("\033[M !!k");
    expect("k");
    // The coordinates are raw bytes: an ESC and a SPACE among them are no keys.
    feed("\033[M\033 \377k");
    expect("k");
    feed("\033[M ");
    feed("!");
    feed("!k");
    expect("k");
    feed("\033[<0;12;7M\033[<0;12;7mk");
    expect("k");
}

static void strings_are_swallowed_up_to_their_end(void **state)
{
    (void)state;
    feed("\033]11;rgb:0000/0000/0000\033\\k");
    expect("k");
    feed("\033]0;a title with q and SPACE \007k");
    expect("k");
    feed("\033P>|XTerm(370)\033\\\033_Gi=31;OK\033\\\033^pm\033\\\033Xsos\033\\k");
    expect("k");
    feed("\033]11;rgb:0000");
    feed("/0000/0000\033");
    feed("\\k");
    expect("k");
}

static void a_string_without_an_end_gives_the_keys_back_after_100_ms(void **state)
{
    (void)state;
    feed("\033]11;");
    assert_int_equal(input_next_ms(&input), 1000 + DECODER_STRING_MS);
    now += 99;
    feed("k");
    expect("");
    now += 1;
    tick();
    feed(" ");
    expect("<Space>");
}

static void a_space_in_a_string_without_an_end_stops(void **state)
{
    (void)state;
    feed("\033P "); // Alt+Shift+P and SPACE, typed ahead
    expect("");
    now += 100;
    tick();
    expect("<Space>");
    now += DECODER_LATE_MS;
    tick();
    feed("\033]11; x \033[A");
    expect("<Space><Up>");
    feed("\033_  \030"); // CAN
    expect("<Space>");
    feed("\033P>|tmux 3.3a\033\\\033]0;a b\a"); // answers of a terminal
    now += 5000;
    tick();
    expect("");
}

static void a_string_without_an_end_gives_the_keys_back_after_4_kib(void **state)
{
    (void)state;
    char bytes[DECODER_STRING_MAX];
    memset(bytes, 'x', sizeof bytes);
    feed("\033P");
    feed_bytes(bytes, DECODER_STRING_MAX - 1);
    feed("\033[A"); // still inside: the ESC ends it as no string terminator does, the sequence counts
    expect("<Up>");
    feed("\033P");
    feed_bytes(bytes, DECODER_STRING_MAX);
    expect("");
    feed(" ");
    expect("<Space>");
}

static void utf8_characters_come_whole(void **state)
{
    (void)state;
    feed("é€");
    expect("é€");
    feed("\360\237\230\200");
    expect("😀");
    feed("\343");
    feed("\200");
    expect("");
    feed("\200");
    expect("　");
    feed("\033é");
    expect("<A-é>");
}

static void the_ideographic_space_is_a_space(void **state)
{
    (void)state;
    struct key_event key = {.code = KEYCODE_CHARACTER, .codepoint = 0x3000};
    assert_true(key_is_space(&key));
    key.codepoint = ' ';
    key.modifiers = KEYMOD_CTRL | KEYMOD_ALT;
    assert_true(key_is_space(&key));
    key.codepoint = 'x';
    assert_false(key_is_space(&key));
    key.code = KEYCODE_PASTE_TEXT;
    key.codepoint = ' ';
    assert_false(key_is_space(&key));
}

static void broken_utf8_never_swallows_the_key_after_it(void **state)
{
    (void)state;
    feed("\351 ");
    expect("\357\277\275<Space>");
    feed("\303\033[A");
    expect("\357\277\275<Up>");
    feed("\377\300\240k");
    expect("\357\277\275\357\277\275\357\277\275k");
    feed("\355\240\200k"); // a surrogate
    expect("\357\277\275k");
    feed("\360\200\200\200k"); // overlong
    expect("\357\277\275k");
    feed("\302\205k"); // C1: not a key
    expect("k");
}

static void a_character_cut_for_good_is_given_up(void **state)
{
    (void)state;
    feed("\343\200");
    assert_int_equal(input_next_ms(&input), 1000 + DECODER_LATE_MS);
    now += DECODER_LATE_MS;
    tick();
    expect("\357\277\275");
    assert_int_equal(input_next_ms(&input), INT64_MAX);
}

static void focus_is_told(void **state)
{
    (void)state;
    feed("\033[I\033[Ok");
    expect("(in)(out)k");
}

static void a_lone_esc_counts_after_25_ms(void **state)
{
    (void)state;
    feed("\033");
    expect("");
    assert_int_equal(input_next_ms(&input), 1025);
    now = 1024;
    tick();
    expect("");
    now = 1025;
    tick();
    expect("<Esc>");
    assert_int_equal(input_next_ms(&input), INT64_MAX);
    feed("\033\033");
    now += 25;
    tick();
    expect("<Esc><Esc>");
}

static void a_lone_esc_counts_after_100_ms_over_ssh(void **state)
{
    (void)state;
    input_init(&input, true);
    feed("\033");
    now += 99;
    feed("[A");
    expect("<Up>");
    feed("\033");
    now += 99;
    tick();
    expect("");
    now += 1;
    tick();
    expect("<Esc>");
}

static void time_is_looked_at_before_the_bytes(void **state)
{
    (void)state;
    feed("\033");
    now += 25;
    feed(" ");
    expect("<Esc><Space>");
}

static void unknown_sequences_are_swallowed_whole(void **state)
{
    (void)state;
    feed("\033[99~a");
    expect("a");
    feed("\033[?1;2ca");
    expect("a");
    feed("\033[>0;276;0ca");
    expect("a");
    feed("\033[?2026;2$ya");
    expect("a");
    feed("\033[1;2;3;4;5;6;7Aa");
    expect("a");
    feed("\033Oza");
    expect("a");
    char bytes[200] = "\033[";
    memset(bytes + 2, '1', sizeof bytes - 4); // longer than anything a terminal sends
    memcpy(bytes + sizeof bytes - 2, "Aa", 2);
    feed_bytes(bytes, sizeof bytes);
    expect("a");
}

static void sequences_cut_by_a_read_are_put_together(void **state)
{
    (void)state;
    feed("\033");
    feed("[");
    feed("1;");
    feed("5");
    feed("A");
    expect("<C-Up>");
}

static void a_sequence_that_never_ends_is_given_up(void **state)
{
    (void)state;
    feed("\033[1;");
    now += DECODER_ESC_MS * DECODER_SEQUENCE_FACTOR;
    tick();
    expect("");
    feed(" ");
    expect("<Space>");
}

static void a_control_byte_breaks_a_sequence_and_counts(void **state)
{
    (void)state;
    feed("\033[1;\003");
    expect("<C-c>");
    feed("\033[1\033[A");
    expect("<Up>");
    feed("\033[1\030k\033O\032k");
    expect("kk");
}

static void the_answer_about_the_cursor_is_no_key(void **state)
{
    (void)state;
    feed("\033[2;3R");
    expect("(2,3)");
    feed("\033[24;80R\033[1;2R\033[R");
    expect("(24,80)<S-F3><F3>");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, fresh)
    const struct CMUnitTest tests[] = {
        TEST(arrows_come_as_csi_and_as_ss3),
        TEST(modifiers_are_told_with_every_key),
        TEST(editing_and_function_keys_of_every_terminal_family),
        TEST(linux_console_function_keys),
        TEST(keys_named_by_their_character_are_understood),
        TEST(control_bytes_are_keys),
        TEST(a_space_behind_a_late_mouse_report_stops_once),
        TEST(x10_mouse_bytes_are_swallowed),
        TEST(strings_are_swallowed_up_to_their_end),
        TEST(a_string_without_an_end_gives_the_keys_back_after_100_ms),
        TEST(a_space_in_a_string_without_an_end_stops),
        TEST(a_string_without_an_end_gives_the_keys_back_after_4_kib),
        TEST(utf8_characters_come_whole),
        TEST(the_ideographic_space_is_a_space),
        TEST(broken_utf8_never_swallows_the_key_after_it),
        TEST(a_character_cut_for_good_is_given_up),
        TEST(focus_is_told),
        TEST(a_lone_esc_counts_after_25_ms),
        TEST(a_lone_esc_counts_after_100_ms_over_ssh),
        TEST(time_is_looked_at_before_the_bytes),
        TEST(unknown_sequences_are_swallowed_whole),
        TEST(sequences_cut_by_a_read_are_put_together),
        TEST(a_sequence_that_never_ends_is_given_up),
        TEST(a_control_byte_breaks_a_sequence_and_counts),
        TEST(the_answer_about_the_cursor_is_no_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
