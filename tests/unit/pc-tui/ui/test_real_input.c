// SPDX-License-Identifier: MIT
// Bytes as terminals really send them, through the parser, the ui and the controller, on a virtual clock: which
// commands come out. The rows are those of tests/screen/keys.tsv, which tests/screen types into a real
// terminal.
#include <ctype.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "common/array.h"
#include "pc-tui/keys/input.h"
#include "tests/unit/pc-tui/ui/ui_world.h"

enum { PIECES_MAX = 8, BYTES_MAX = 256, ROWS_MAX = 64 };

// What a terminal sends: pieces, each behind a pause.
struct piece {
    int pause_ms;
    char bytes[BYTES_MAX];
    size_t len;
};

struct row {
    struct piece pieces[PIECES_MAX];
    size_t count;
    char text[BYTES_MAX], wanted[128];
};

static struct row rows[ROWS_MAX];
static size_t row_count;

static const char CHANNELS[] =
    "\"tilt\":{\"kind\":\"servo\",\"axis\":\"tilt\",\"deg\":0,\"target\":0,\"min\":-45,\"max\":45,\"step\":5,"
    "\"speed\":120,\"moving\":%s,\"driven\":true},"
    "\"pan\":{\"kind\":\"servo\",\"axis\":\"pan\",\"deg\":0,\"target\":0,\"min\":-90,\"max\":90,\"step\":5,"
    "\"speed\":120,\"moving\":false,\"driven\":true},"
    "\"led\":{\"kind\":\"switch\",\"on\":false},\"relay\":{\"kind\":\"switch\",\"on\":false},"
    "\"lamp\":{\"kind\":\"dimmer\",\"on\":true,\"percent\":40}";

static void add_byte(struct piece *piece, unsigned byte)
{
    assert_true(piece->len < sizeof piece->bytes);
    piece->bytes[piece->len++] = (char)byte;
}

static void read_piece(struct piece *piece, const char *text)
{
    while (*text) {
        unsigned byte;
        int used = 0;
        if (sscanf(text, "\\x%2x%n", &byte, &used) == 1 && used == 4) {
            add_byte(piece, byte);
            text += used;
        } else if (text[0] == '\\' && (text[1] == 'r' || text[1] == '\\')) {
            add_byte(piece, text[1] == 'r' ? '\r' : '\\');
            text += 2;
        } else {
            add_byte(piece, (unsigned char)*text++);
        }
    }
}

static void read_row(struct row *row, char *line)
{
    char *wanted = strchr(line, '\t'), *why = wanted ? strchr(wanted + 1, '\t') : NULL;
    assert_non_null(why);
    if (!why) // cmocka does not tell that it never gets here
        return;
    *wanted = *why = '\0';
    snprintf(row->text, sizeof row->text, "%s", line);
    snprintf(row->wanted, sizeof row->wanted, "%s", wanted + 1);
    double pause = 0;
    for (char *word = strtok(line, " "); word; word = strtok(NULL, " ")) {
        char *end;
        double number = strtod(word, &end);
        if (*end == '\0' && strchr(word, '.')) {
            pause = number;
            continue;
        }
        assert_true(row->count < PIECES_MAX);
        row->pieces[row->count].pause_ms = (int)(pause * 1000 + 0.5);
        read_piece(&row->pieces[row->count++], word);
        pause = 0;
    }
}

static int read_rows(void **state)
{
    (void)state;
    char line[512];
    FILE *file = fopen(SOURCE_DIR "/tests/screen/keys.tsv", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#')
            continue;
        assert_true(row_count < ROWS_MAX);
        read_row(&rows[row_count++], line);
    }
    fclose(file);
    assert_true(row_count >= 20);
    return 0;
}

struct typist {
    struct world *world;
    struct input input;
};

static void on_key(void *ctx, const struct key_event *event)
{
    struct typist *typist = ctx;
    typist->world->effects |= ui_key(&typist->world->ui, event, typist->world->us / 1000);
}

// The device answers at once.
static void pass(struct typist *typist, int ms)
{
    struct world *world = typist->world;
    int64_t until_us = world->us + (int64_t)ms * 1000;
    world_answer(world);
    for (;;) {
        int64_t next_ms = input_next_ms(&typist->input);
        if (next_ms == INT64_MAX || next_ms * 1000 > until_us)
            break;
        if (next_ms * 1000 > world->us)
            world_pass(world, (int)((next_ms * 1000 - world->us) / 1000));
        input_tick(&typist->input, world->us / 1000, on_key, typist);
        world_answer(world);
    }
    if (until_us > world->us)
        world_pass(world, (int)((until_us - world->us) / 1000));
}

static enum input_line line_of(enum ui_mode mode)
{
    if (mode == UI_COMMAND || mode == UI_FILTER || mode == UI_HELP_SEARCH)
        return INPUT_LINE_OPEN;
    return mode == UI_MAIN ? INPUT_LINE_CLOSED : INPUT_LINE_SHUT;
}

static void type(struct typist *typist, const char *bytes, size_t len)
{
    input_line(&typist->input, line_of(typist->world->ui.mode));
    input_feed(&typist->input, bytes, len, typist->world->us / 1000, on_key, typist);
}

static void begin(struct typist *typist, bool remote)
{
    typist->world = world_with(CHANNELS);
    input_init(&typist->input, remote);
    world_pass(typist->world, 1000);
    world_heartbeat(typist->world);
}

// Types a row; its piece number cut is split before its byte number at, with a pause there. cut -1: as it is.
static const char *play(struct typist *typist, const struct row *row, int cut, size_t at, int pause_ms)
{
    static char out[512];
    for (size_t i = 0; i < row->count; i++) {
        const struct piece *piece = &row->pieces[i];
        pass(typist, piece->pause_ms);
        size_t first = (int)i == cut ? at : 0;
        if (first > 0) {
            type(typist, piece->bytes, first);
            pass(typist, pause_ms);
        }
        type(typist, piece->bytes + first, piece->len - first);
    }
    pass(typist, 1500);
    snprintf(out, sizeof out, "%s", world_sent(typist->world));
    world_end(typist->world);
    return out;
}

static bool ends_with_stop(const char *sent)
{
    size_t len = strlen(sent);
    return strcmp(sent, "stop") == 0 || (len > 5 && strcmp(sent + len - 5, "|stop") == 0);
}

static bool is_right(const struct row *row, const char *sent, bool whole)
{
    if (strcmp(row->wanted, "... then stop") == 0)
        return ends_with_stop(sent);
    if (strcmp(row->wanted, "stop") == 0)
        // Cut in two, the first of the keys are so few that they are keys.
        return whole ? strcmp(sent, "stop") == 0 : ends_with_stop(sent);
    if (strcmp(row->wanted, "tilt_up once") == 0)
        return strcmp(sent, "tilt_up") == 0 || (!whole && sent[0] == '\0');
    if (strcmp(row->wanted, "tilt_up or nothing") == 0)
        return sent[0] == '\0' || strcmp(sent, "tilt_up") == 0;
    if (strncmp(row->wanted, "nothing", 7) == 0)
        return sent[0] == '\0';
    if (strcmp(row->wanted, "off") == 0)
        return strcmp(sent, "off") == 0 || (!whole && sent[0] == '\0'); // a cut x or y asks nothing
    return strcmp(sent, row->wanted) == 0;
}

static void check(const struct row *row, int cut, size_t at, int pause_ms, bool remote)
{
    struct typist typist;
    begin(&typist, remote);
    const char *sent = play(&typist, row, cut, at, pause_ms);
    if (!is_right(row, sent, cut < 0))
        fail_msg("%s (%s), piece %d cut before byte %zu, %d ms, %s: sent \"%s\", wanted %s", row->text,
            remote ? "over SSH" : "locally", cut, at, pause_ms, remote ? "remote" : "local", sent,
            row->wanted);
}

static void each_row_does_what_a_person_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < row_count; i++) {
        check(&rows[i], -1, 0, 0, false);
        check(&rows[i], -1, 0, 0, true);
    }
}

// One arrow is a key, so a notch of a wheel that comes arrow by arrow cannot be told from keys.
static bool may_be_cut(const struct row *row)
{
    return strcmp(row->text, "\\x1b[A\\x1b[A\\x1b[A") != 0;
}

static void each_row_may_come_in_two_pieces_at_any_place(void **state)
{
    (void)state;
    static const int pauses[] = {5, 30, 150, 450};
    for (size_t i = 0; i < row_count; i++)
        for (size_t cut = 0; cut < rows[i].count && may_be_cut(&rows[i]); cut++)
            for (size_t at = 1; at < rows[i].pieces[cut].len; at++)
                for (size_t p = 0; p < ARRAY_LENGTH(pauses); p++) {
                    check(&rows[i], (int)cut, at, pauses[p], false);
                    check(&rows[i], (int)cut, at, pauses[p], true);
                }
}

// More of the same kinds. Each is typed in the given pieces and must send what is wanted.
static void expect(const char *wanted, const char *text)
{
    char line[BYTES_MAX + 64];
    struct row row = {.count = 0};
    snprintf(line, sizeof line, "%s\t%s\t-", text, wanted);
    read_row(&row, line);
    for (int remote = 0; remote < 2; remote++)
        check(&row, -1, 0, 0, remote);
}

static void sequences_in_several_pieces_mean_nothing(void **state)
{
    (void)state;
    expect("nothing", "\\x1b 0.03 [2; 0.15 2R");
    expect("nothing", "\\x1b 0.45 [ 0.45 2;2R");
    expect("nothing", "\\x1b[ 0.45 2 0.45 ; 0.45 1 0.45 R");
    expect("nothing", "\\x1bO 0.45 t");
    expect("nothing", "\\x1b[M 0.3 !t1");
    expect("nothing", "\\x1b 0.2 ]11;rgb:0000/0000/0000\\x1b\\\\");
    expect("nothing", "\\x1b]11;rgb:0000/0000/0000\\x1b 0.3 \\\\");
    expect("nothing", "\\x1bP1$r 0.2 0 0.2 t\\x1b\\\\");
    expect("nothing", "\\x1b[200 0.3 ~t1 0.1 o\\x1b[201~");
    expect("nothing", "\\x1b[1;1 0.2 D:3");
    expect("nothing", "\\x1b[1;1D: 0.2 3");
    expect("nothing", "\\x1b[<64;10;10M");
    expect("nothing", "\\x1b[<0;10;10M\\x1b[<0;10;10m");
}

static void releases_of_every_form_are_no_presses(void **state)
{
    (void)state;
    expect("nothing", "\\x1b[1;1B:3");
    expect("nothing", "\\x1b[107;1u:3");
    expect("nothing", "\\x1b[D:3");
    expect("nothing", "\\x1bOA:3");
    expect("nothing", "\\x1b[116;1:3u");
    expect("nothing", "\\x1b[32;1:3u");
    expect("nothing", "\\x1b[57441;1:3u\\x1b[57441;1:1u");
    expect("tilt_up once", "\\x1b[1;1A:1 0.05 \\x1b[1;1A:3");
    expect("stop", "\\x1b[32;1:1u");
    expect("stop", "\\x1b[32u");
    expect("led_toggle", "\\x1b[116;1:1u 0.05 \\x1b[116;1:2u 0.05 \\x1b[116;1:2u 0.05 \\x1b[116;1:3u");
}

static void a_space_stops_wherever_it_stands(void **state)
{
    (void)state;
    expect("stop", "abcdef\\xe3\\x80\\x80");
    expect("stop", "\\x20abcdef");
    expect("stop", "\\x1b[\\x20");
    expect("stop", "\\x1b[1;\\x20k");
    expect("stop", "\\x1bO\\x20");
    expect("stop", "\\x1b[ 0.3 \\x20");
    expect("stop", "\\x1b]11; 0.3 \\x20");
    expect("stop", "\\x1b]11; 0.3 \\xe3\\x80\\x80");
    expect("stop", "\\x1bP 0.3 \\x20");
    expect("stop", "\\x1b[M 0.5 \\x20");
    expect("stop", "\\xe3\\x20");
    expect("stop", "\\x1b\\x20");
    expect("stop", "\\x00");
    expect("stop", "abcde\\x00");
    expect("stop", "\\xe3 0.45 \\x80\\x80"); // U+3000 in pieces
    expect("stop", "kjhl\\xe3\\x80 0.45 \\x80");
    expect("stop", "\\x1b[32;1u"); // may still be told to be a release, and a STOP does not wait for it
    expect("stop", "\\x1b[32;1u 0.05 :3");
    expect("nothing", "\\x1b[32;1u:3");
    // The end of a paste got lost, and somebody presses SPACE again and again.
    expect("stop", "\\x1b[200~abc 0.4 \\x20 0.4 \\x20 0.4 \\x20");
    expect("stop", "\\x1b[200~abc 0.4 \\xe3\\x80\\x80 0.4 \\x20 0.4 \\xe3\\x80\\x80");
}

static void a_paste_is_a_paste_to_its_end(void **state)
{
    (void)state;
    expect("nothing", "\\x1b[200~a\\x1b[201~ 0.02 t1o");
    expect("nothing", "\\x1b[200~a\\x1b[201~ 0.5 xy\\x1b[201~");
    expect("nothing", "\\x1b[200~x\\x1b[201~y\\x1b[201~ok\\r\\x1b[201~");
    expect("nothing", ": 0.1 \\x1b[200~tilt\\x2020\\r\\x1b[201~");
    expect("nothing", ": 0.1 \\x1b[200~tilt\\x2020\\x1b[201~\\r");
    expect("nothing", "led_on\\rled_off\\r");
    expect("led_toggle", "\\x1b[200~a\\x1b[201~ 0.5 t");
}

static void sequences_of_8_bit_controls_are_no_keys(void **state)
{
    (void)state;
    expect("nothing", "\\xc2\\x9b1;1R");
    expect("nothing", "\\xc2 0.15 \\x9b1;1R");
    expect("nothing", "\\xc2\\x9b1 0.15 ;1R");
    expect("nothing", "\\xc2\\x9b<64;10;10M");
    expect("nothing", "\\x9b1;1R");
    expect("nothing", "\\xc2\\x9b200~k1\\xc2\\x9b201~t");
    expect("tilt_up once", "\\xc2\\x9bA");
    expect("tilt_up once", "\\x8fA");
    expect("led_toggle", "\\xc2\\x90k1\\xc2\\x9ct");
    expect("led_toggle", "\\x9d0;1k\\x9ct");
    expect("led_toggle", "\\xc2\\x9d11;rgb:0000/0000/0000\\xc2\\x9ct");
    expect("stop", "\\x9b\\x20");
    expect("stop", "\\x9d\\x20");
    expect("stop", "\\xc2\\x90\\x20");
    expect("stop", "\\x9bM\\x20");
}

static void a_mouse_of_any_protocol_moves_nothing(void **state)
{
    (void)state;
    expect("nothing", "\\x1b[M\\x20\\xc2\\xa51");          // 1005: a column beyond 95 takes two bytes
    expect("nothing", "\\x1b[M\\x20\\xc2\\xa5\\xc3\\xa9"); // and so does a row
    expect("nothing", "\\x1b[M\\x20\\xb1t");               // X10
    expect("nothing", "\\x1b[64;10;12M");                  // 1015
    expect("nothing", "\\x1b[<0;1024;768M");               // 1016
    expect("led_toggle", "\\x1b[M\\x20!\\xc2\\xa5t");
    expect("led_toggle", "\\x1b[M\\x20!\\xc2t");
}

static void lines_typed_ahead_are_lines_only_where_a_line_can_be(void **state)
{
    (void)state;
    expect("led_on", ":led_on\\r");
    expect("nothing", "? 0.2 :quit\\r");
    expect("nothing", "? 0.2 :led_on\\r");
    expect("nothing", "x 0.2 :led_on\\r");
    expect("nothing", ":led_on\\x1b[A\\r");
    expect("nothing", ":led_on\\r:led_off\\r");
}

static void arrows_of_a_wheel_move_nothing_and_a_held_key_moves_on(void **state)
{
    (void)state;
    expect("nothing", "\\x1b[A\\x1b[A\\x1b[A 0.1 \\x1b[A\\x1b[A\\x1b[A 0.3 \\x1b[A\\x1b[A\\x1b[A");
    expect("nothing", "\\x1bOB\\x1bOB\\x1bOB\\x1bOB\\x1bOB");
    expect("nothing", "\\x1b[D\\x1b[D\\x1b[D");
    expect("tilt_up|tilt_up", "\\x1b[A 0.4 \\x1b[A\\x1b[A\\x1b[A");
}

static void typed_keys_do_what_they_are_bound_to(void **state)
{
    (void)state;
    expect("tilt_up", "k");
    expect("tilt_up", "\\x1b[A");
    expect("tilt_up", "\\x1bOA");
    expect("led_toggle", "t");
    expect("led_on|led_off", "o 0.1 f");
    expect("nothing", "\\xc2\\xa0");                // U+00A0 is no SPACE
    expect("nothing", "\\x01 0.1 \\x14 0.1 \\x0f"); // Ctrl with the letter of an action
    expect("nothing", "\\x1b[1;5A 0.1 \\x1b[1;2D");
    expect("nothing", "\\xef\\xbd\\x94"); // a full-width t
}

// The device may say what it likes meanwhile: bytes from everywhere, SPACE in between.
static void whatever_comes_before_space_stops(void **state)
{
    (void)state;
    uint32_t random = 4711;
    for (int round = 0; round < 2000; round++) {
        struct typist typist;
        begin(&typist, round % 2);
        int pieces = 1 + round % 4;
        for (int i = 0; i < pieces; i++) {
            static const char likely[] = "\033[]O;0123456789~MPRABCDu<?:\r\007tofx1kjhl\xe3\x80";
            char bytes[24];
            random = random * 1664525 + 1013904223;
            size_t len = 1 + (random >> 16) % sizeof bytes;
            for (size_t b = 0; b < len; b++) {
                random = random * 1664525 + 1013904223;
                bytes[b] = random >> 31 ? (char)(random >> 16) : likely[(random >> 16) % (sizeof likely - 1)];
            }
            type(&typist, bytes, len);
            random = random * 1664525 + 1013904223;
            pass(&typist, (int)((random >> 16) % 200));
        }
        if (typist.world->effects & UI_LEAVE) { // q and Ctrl-C are bound to leaving, which stops
            world_end(typist.world);
            continue;
        }
        pass(&typist, 1200);
        world_forget(typist.world);
        if (line_of(typist.world->ui.mode) == INPUT_LINE_OPEN)
            type(&typist, "\033", 1);
        pass(&typist, 1200);
        world_forget(typist.world);
        type(&typist, " ", 1);
        assert_true(ends_with_stop(world_sent(typist.world)));
        world_end(typist.world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_row_does_what_a_person_meant),
        cmocka_unit_test(each_row_may_come_in_two_pieces_at_any_place),
        cmocka_unit_test(sequences_in_several_pieces_mean_nothing),
        cmocka_unit_test(releases_of_every_form_are_no_presses),
        cmocka_unit_test(a_space_stops_wherever_it_stands),
        cmocka_unit_test(a_paste_is_a_paste_to_its_end),
        cmocka_unit_test(sequences_of_8_bit_controls_are_no_keys),
        cmocka_unit_test(a_mouse_of_any_protocol_moves_nothing),
        cmocka_unit_test(lines_typed_ahead_are_lines_only_where_a_line_can_be),
        cmocka_unit_test(arrows_of_a_wheel_move_nothing_and_a_held_key_moves_on),
        cmocka_unit_test(typed_keys_do_what_they_are_bound_to),
        cmocka_unit_test(whatever_comes_before_space_stops),
    };
    return cmocka_run_group_tests(tests, read_rows, NULL);
}
