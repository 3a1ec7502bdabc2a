// SPDX-License-Identifier: MIT
#include "pc-tui/ui/line_history.h"

#include <stdio.h>
#include <string.h>

void line_history_add(struct line_history *history, const char *text)
{
    if (*text && !(history->count > 0 && strcmp(history->entries[history->count - 1], text) == 0)) {
        if (history->count == LINE_HISTORY_MAX) {
            memmove(history->entries[0], history->entries[1],
                (LINE_HISTORY_MAX - 1) * sizeof history->entries[0]);
            history->count--;
        }
        snprintf(history->entries[history->count++], LINE_SIZE, "%s", text);
    }
    line_history_reset(history);
}

bool line_history_older(struct line_history *history, struct line *line)
{
    if (history->at == 0 || history->count == 0)
        return false;
    if (history->at == history->count)
        memcpy(history->draft, line->text, sizeof history->draft);
    line_set(line, history->entries[--history->at]);
    return true;
}

bool line_history_newer(struct line_history *history, struct line *line)
{
    if (history->at >= history->count)
        return false;
    history->at++;
    line_set(line, history->at == history->count ? history->draft : history->entries[history->at]);
    return true;
}

void line_history_reset(struct line_history *history)
{
    history->at = history->count;
    history->draft[0] = '\0';
}
