// SPDX-License-Identifier: MIT
#include "nano-agent/check/check_report.h"

#include <stdarg.h>
#include <stdlib.h>

void check_ok(struct check *check, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("ok  ", check->out);
    vfprintf(check->out, format, ap);
    fputs("\n", check->out);
    fflush(check->out);
    va_end(ap);
}

void check_wrong(struct check *check, const char *mend, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("!!  ", check->out);
    vfprintf(check->out, format, ap);
    fprintf(check->out, "\n    mend: %s\n", mend);
    fflush(check->out);
    va_end(ap);
    check->wrong++;
}

bool check_older_than(const char *release, int major, int minor)
{
    char *end;
    long is_major = strtol(release, &end, 10);
    long is_minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
    return is_major < major || (is_major == major && is_minor < minor);
}
