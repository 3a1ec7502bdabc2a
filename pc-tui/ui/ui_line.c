// SPDX-License-Identifier: MIT
// Keys while a text line is open edit, recall and complete. They never move anything.
#include "pc-tui/ui/ui_line.h"

#include <stdio.h>
#include <string.h>

#include "pc-tui/ui/completion.h"
#include "pc-tui/ui/ui_action.h"
#include "pc-tui/ui/ui_pose.h"
#include "pc-tui/ui/ui_select.h"

enum { LINE_SCROLL = 5 };

bool ui_line_is_open(enum ui_mode mode)
{
    return mode == UI_COMMAND || mode == UI_FILTER || mode == UI_HELP_SEARCH;
}

// Filter and search work while they are typed.
static void apply(struct ui *ui)
{
    if (ui->mode == UI_FILTER) {
        snprintf(ui->filter, sizeof ui->filter, "%s", ui->line.text);
        ui->events_back = 0;
    } else if (ui->mode == UI_HELP_SEARCH) {
        snprintf(ui->help_filter, sizeof ui->help_filter, "%s", ui->line.text);
        ui->help_top = 0;
    }
}

static unsigned line_close(struct ui *ui)
{
    ui->mode = ui->mode == UI_HELP_SEARCH ? UI_HELP : UI_MAIN;
    ui->offered.count = 0;
    line_clear(&ui->line);
    return UI_REDRAW;
}

// A word of the device comes before an action's name: what is typed is meant for the machine.
static bool device_knows(const struct ui *ui, const char *text)
{
    struct channel_id ids[PROTOCOL_NAMES_MAX];
    struct protocol_command command;
    struct vocabulary_match match;
    char why[PROTOCOL_WHY_SIZE];
    return protocol_parse_text(text, strlen(text), &command, why) == 0 &&
           vocabulary_match(ids, ui_channel_ids(ui, ids), &command, &match, why) != RESULT_UNKNOWN;
}

static unsigned enter(struct ui *ui, int64_t now_ms)
{
    char text[LINE_SIZE];
    enum ui_mode mode = ui->mode;
    const char *begin = ui->line.text + strspn(ui->line.text, " ");
    snprintf(text, sizeof text, "%s", begin);
    for (size_t len = strlen(text); len > 0 && text[len - 1] == ' '; len--)
        text[len - 1] = '\0';
    apply(ui);
    unsigned effects = line_close(ui);
    if (mode != UI_COMMAND || !text[0])
        return effects;
    line_history_add(&ui->history, text);
    effects |= UI_HISTORY;
    bool known = device_knows(ui, text);
    if (ui_pose_is_meant(text) && !known)
        return effects | ui_pose(ui, text, now_ms);
    if (protocol_is_guessed_stop(text) ||
        (!known && actions_by_name(text) == ACTION_NONE && protocol_says_stop(text, strlen(text)) &&
            !protocol_is_stop_word(text))) {
        effects |= ui_stop(ui);
        ui_hint(ui, now_ms, false, "“%s” is no command: taken as STOP", text);
        return effects;
    }
    enum action id = actions_by_name(text);
    if (id == ACTION_STOP || (id != ACTION_NONE && !known))
        return effects | ui_do(ui, id, 0, now_ms);
    return effects | ui_send(ui, text, now_ms);
}

static unsigned escape(struct ui *ui)
{
    line_clear(&ui->line);
    apply(ui);
    return line_close(ui);
}

static void insert_offered(struct ui *ui, size_t at)
{
    if (line_replace(&ui->line, ui->offered.start, ui->offered.words[at]))
        ui->offered_at = at;
}

static unsigned complete(struct ui *ui, int direction)
{
    struct completion *offered = &ui->offered;
    size_t count = offered->count;
    if (count > 0) {
        size_t none = direction > 0 ? count - 1 : 0;
        size_t at = ui->offered_at < count ? ui->offered_at : none;
        insert_offered(ui, (at + (direction > 0 ? 1 : count - 1)) % count);
        return UI_REDRAW;
    }
    struct channel_id ids[PROTOCOL_NAMES_MAX];
    completion_find(offered, ids, ui_channel_ids(ui, ids), ui->line.text, ui->line.cursor);
    if (offered->total == 0)
        return 0;
    size_t typed = ui->line.cursor - offered->start;
    if (offered->total == 1) {
        char word[COMPLETION_SIZE + 1];
        snprintf(word, sizeof word, "%s%s", offered->words[0], offered->takes_number ? " " : "");
        line_replace(&ui->line, offered->start, word);
        offered->count = 0;
        return UI_REDRAW;
    }
    if (strlen(offered->common) > typed)
        line_replace(&ui->line, offered->start, offered->common);
    ui->offered_at = offered->count;
    return UI_REDRAW;
}

static bool edit(struct line *line, const char *key)
{
    static const struct {
        const char *key;
        void (*edit)(struct line *line);
    } edits[] = {
        {"<Left>", line_left},
        {"<C-b>", line_left},
        {"<Right>", line_right},
        {"<C-f>", line_right},
        {"<Home>", line_home},
        {"<C-a>", line_home},
        {"<End>", line_end},
        {"<C-e>", line_end},
        {"<C-Left>", line_word_left},
        {"<A-b>", line_word_left},
        {"<C-Right>", line_word_right},
        {"<A-f>", line_word_right},
        {"<C-w>", line_erase_word},
        {"<C-u>", line_erase_before},
        {"<C-k>", line_erase_after},
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++)
        if (strcmp(edits[i].key, key) == 0) {
            edits[i].edit(line);
            return true;
        }
    if (strcmp(key, "<Backspace>") == 0)
        return line_backspace(line);
    if (strcmp(key, "<Delete>") == 0 || strcmp(key, "<C-d>") == 0)
        return line_delete(line);
    return false;
}

// Up and Down: history of commands; elsewhere what is behind the line scrolls.
static unsigned up_or_down(struct ui *ui, int direction)
{
    if (ui->mode == UI_COMMAND) {
        if (direction > 0)
            line_history_older(&ui->history, &ui->line);
        else
            line_history_newer(&ui->history, &ui->line);
    } else if (ui->mode == UI_FILTER) {
        ui_scroll_events(ui, direction);
    } else if (direction > 0) {
        ui->help_top -= ui->help_top > 0;
    } else if (ui->help_top < ui_help_last_top(ui)) {
        ui->help_top++;
    }
    return UI_REDRAW;
}

unsigned ui_line_key(struct ui *ui, const struct key_event *event, const char *key, int64_t now_ms)
{
    if (key_is_space(event)) {
        bool busy = controller_busy(ui->controller);
        ui->offered.count = 0;
        line_insert(&ui->line, ' ');
        apply(ui);
        return UI_REDRAW | (busy ? ui_stop(ui) : 0);
    }
    if (event->code == KEYCODE_TAB)
        return ui->mode == UI_COMMAND ? complete(ui, event->modifiers & KEYMOD_SHIFT ? -1 : 1) : 0;
    ui->offered.count = 0;
    if (strcmp(key, "<Enter>") == 0)
        return enter(ui, now_ms);
    if (strcmp(key, "<Esc>") == 0)
        return escape(ui);
    if (strcmp(key, "<Up>") == 0 || strcmp(key, "<C-p>") == 0)
        return up_or_down(ui, 1);
    if (strcmp(key, "<Down>") == 0 || strcmp(key, "<C-n>") == 0)
        return up_or_down(ui, -1);
    if (event->code == KEYCODE_PAGE_UP || event->code == KEYCODE_PAGE_DOWN) {
        ui_scroll_events(ui, event->code == KEYCODE_PAGE_UP ? LINE_SCROLL : -LINE_SCROLL);
        return UI_REDRAW;
    }
    if (event->code == KEYCODE_CHARACTER && event->modifiers == 0)
        line_insert(&ui->line, event->codepoint);
    else
        edit(&ui->line, key);
    apply(ui);
    return UI_REDRAW;
}

unsigned ui_line_paste(struct ui *ui, const struct key_event *event)
{
    unsigned codepoint = event->codepoint;
    if (codepoint == '\n' || codepoint == '\t') // a pasted line end must not send anything
        codepoint = ' ';
    ui->offered.count = 0;
    line_insert(&ui->line, codepoint);
    apply(ui);
    return UI_REDRAW;
}
