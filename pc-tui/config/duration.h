// SPDX-License-Identifier: MIT
// Times as people write them. Pure.
#ifndef PC_TUI_DURATION_H
#define PC_TUI_DURATION_H

// "500ms", "1.5s", "2" (seconds) to milliseconds, 0 to 24 hours. 0 or -EINVAL.
int duration_parse_ms(const char *text, int *ms);

#endif
