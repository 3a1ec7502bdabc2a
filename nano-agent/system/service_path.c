// SPDX-License-Identifier: MIT
#include "nano-agent/system/service_path.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void service_path(char *out, size_t size, const char *variable, const char *file, const char *otherwise)
{
    const char *folder = getenv(variable);
    size_t len = folder ? strcspn(folder, ":") : 0;
    if (len > 0 && len + 1 + strlen(file) < size)
        snprintf(out, size, "%.*s/%s", (int)len, folder, file);
    else
        snprintf(out, size, "%s", otherwise);
}
