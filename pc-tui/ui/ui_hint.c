// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>

#include "pc-tui/ui/ui.h"

void ui_hint(struct ui *ui, int64_t now_ms, bool problem, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(ui->hint, sizeof ui->hint, format, args);
    va_end(args);
    ui->hint_is_problem = problem;
    ui->hint_until_ms = now_ms + UI_HINT_MS;
}
