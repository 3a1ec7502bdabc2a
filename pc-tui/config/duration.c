// SPDX-License-Identifier: MIT
#include "pc-tui/config/duration.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { DURATION_MAX_S = 24 * 3600 };

int duration_parse_ms(const char *text, int *ms)
{
    char *end = NULL;
    if (!isdigit((unsigned char)*text))
        return -EINVAL;
    errno = 0;
    long whole = strtol(text, &end, 10);
    if (errno || whole > (long)DURATION_MAX_S * 1000)
        return -EINVAL;
    long thousandths = 0;
    bool has_fraction = *end == '.';
    if (has_fraction) {
        long unit = 100;
        if (!isdigit((unsigned char)end[1]))
            return -EINVAL;
        for (end++; isdigit((unsigned char)*end); end++, unit /= 10)
            thousandths += (*end - '0') * unit;
    }
    if (strcmp(end, "ms") == 0 && !has_fraction) {
        *ms = (int)whole;
        return 0;
    }
    if ((*end && strcmp(end, "s") != 0) || whole > DURATION_MAX_S)
        return -EINVAL;
    *ms = (int)(whole * 1000 + thousandths);
    return 0;
}
