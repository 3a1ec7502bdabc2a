// SPDX-License-Identifier: MIT
#include "common/option_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"

int option_refuse(char why[PROTOCOL_WHY_SIZE], const char *format, ...)
{
    char sentence[PROTOCOL_WHY_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    text_clean(why, PROTOCOL_WHY_SIZE, sentence, strlen(sentence), PROTOCOL_WHY_CHARS);
    return -EINVAL;
}

int option_refuse_key(char why[PROTOCOL_WHY_SIZE], const char *key)
{
    char text[PROTOCOL_WHY_SIZE];

    memcpy(text, why, sizeof text);
    return option_refuse(why, "%s: %.*s", key, (int)(PROTOCOL_WHY_SIZE - 16), text);
}

int option_copy(char *out, size_t size, const char *what, const char *text, char why[PROTOCOL_WHY_SIZE])
{
    size_t len = strlen(text);

    if (len >= size)
        return option_refuse(why, "%s: at most %zu characters, not %zu", what, size - 1, len);
    memcpy(out, text, len + 1);
    return 0;
}

int option_copy_printable(
    char *out, size_t size, const char *what, const char *text, char why[PROTOCOL_WHY_SIZE])
{
    char clean[3 * OPTION_PRINTABLE_SIZE];

    if (option_copy(out, size, what, text, why) < 0)
        return -EINVAL;
    text_clean(clean, sizeof clean, text, strlen(text), OPTION_PRINTABLE_SIZE);
    if (strcmp(clean, text) != 0)
        return option_refuse(why, "%s: printable characters of UTF-8 only, not “%s”", what, clean);
    return 0;
}

int option_check_number(
    int *out, const char *what, long number, long least, long most, char why[PROTOCOL_WHY_SIZE])
{
    if (number < least || number > most)
        return option_refuse(why, "%s: a number from %ld to %ld, not %ld", what, least, most, number);
    *out = (int)number;
    return 0;
}

int option_parse_number(
    int *out, const char *what, const char *text, long least, long most, char why[PROTOCOL_WHY_SIZE])
{
    char *end;

    errno = 0;
    long number = strtol(text, &end, 10);
    // strtol takes leading blanks and signs; a port or a second has neither.
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || number < least || number > most)
        return option_refuse(why, "%s: a number from %ld to %ld, not \"%.40s\"", what, least, most, text);
    *out = (int)number;
    return 0;
}
