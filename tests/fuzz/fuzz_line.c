// SPDX-License-Identifier: MIT
// Any editing of a line, with recalling: it stays well-formed UTF-8 without control characters, the cursor stands before a
// character, and the history keeps no empty entry and none twice in a row.
#include <string.h>

#include "pc-tui/ui/line.h"
#include "pc-tui/ui/line_history.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_character_start(char c)
{
    return ((unsigned char)c & 0xc0) != 0x80;
}

static void require_sound(const struct line *line)
{
    static struct line again;

    REQUIRE(line->len < LINE_SIZE && line->len == strlen(line->text));
    REQUIRE(line->cursor <= line->len && is_character_start(line->text[line->cursor]));
    for (size_t i = 0; i < line->len; i++)
        REQUIRE((unsigned char)line->text[i] >= ' ' && line->text[i] != 0x7f);
    // What is no text is left out by line_set: here nothing is.
    line_set(&again, line->text);
    REQUIRE(strcmp(again.text, line->text) == 0 && again.cursor == again.len && again.len == line->len);
}

static void require_kept(const struct line_history *history)
{
    REQUIRE(history->count <= LINE_HISTORY_MAX && history->at <= history->count);
    for (size_t i = 0; i < history->count; i++) {
        REQUIRE(history->entries[i][0] && memchr(history->entries[i], '\0', LINE_SIZE));
        REQUIRE(i == 0 || strcmp(history->entries[i], history->entries[i - 1]) != 0);
    }
}

static void insert(struct line *line, unsigned codepoint)
{
    struct line before = *line;
    bool done = line_insert(line, codepoint);

    REQUIRE(done == (line->len > before.len));
    if (!done) {
        REQUIRE(memcmp(&before, line, sizeof before) == 0);
        return;
    }
    // Backspace takes exactly that character away again.
    struct line undone = *line;
    REQUIRE(line_backspace(&undone));
    REQUIRE(strcmp(undone.text, before.text) == 0 && undone.cursor == before.cursor);
}

static void replace(struct line *line, struct bytes *bytes)
{
    char text[256];
    size_t len, start = bytes_next(bytes);
    const uint8_t *raw = bytes_take(bytes, bytes_next(bytes), &len);

    memcpy(text, raw, len);
    text[len] = '\0';
    start = start < line->cursor ? start : line->cursor;
    while (start > 0 && !is_character_start(line->text[start]))
        start--;
    // What is put in comes from words of the program: text.
    struct line clean;
    line_set(&clean, text);
    line_replace(line, start, clean.text);
}

static void edit(struct line *line, struct line_history *history, struct bytes *bytes)
{
    static void (*const moves[])(struct line *) = {line_left, line_right, line_home, line_end, line_word_left,
        line_word_right, line_erase_word, line_erase_before, line_erase_after};
    unsigned how = bytes_next(bytes);

    switch (how % 24) {
    case 9:
        REQUIRE(line_backspace(line) || line->cursor == 0);
        break;
    case 10:
        REQUIRE(line_delete(line) || line->cursor == line->len);
        break;
    case 11:
        replace(line, bytes);
        break;
    case 12:
        line_history_add(history, line->text);
        line_clear(line);
        break;
    case 13:
        line_history_older(history, line);
        break;
    case 14:
        line_history_newer(history, line);
        break;
    case 15:
        line_history_reset(history);
        break;
    case 16:
        insert(line, bytes_next(bytes) | bytes_next(bytes) << 8 | bytes_next(bytes) << 16);
        break;
    default:
        if (how % 24 < sizeof moves / sizeof moves[0])
            moves[how % 24](line);
        else
            insert(line, bytes_next(bytes));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct line_history history;
    struct bytes bytes = {data, data + size};
    struct line line;

    memset(&history, 0, sizeof history);
    memset(&line, 0, sizeof line);
    line_clear(&line);
    while (bytes_left(&bytes) > 0) {
        edit(&line, &history, &bytes);
        require_sound(&line);
        require_kept(&history);
    }
    return 0;
}
