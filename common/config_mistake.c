// SPDX-License-Identifier: MIT
#include "common/config_mistake.h"

#include <stdio.h>
#include <string.h>

#include "common/array.h"
#include "common/text.h"

enum { KEYS_MAX = 32 };

static void name_keys(cfg_t *cfg, const char *name, char *out, size_t size)
{
    const char *names[KEYS_MAX] = {NULL};
    size_t count = 0;
    for (cfg_opt_t *opt = cfg->opts; opt->name && count < KEYS_MAX; opt++)
        names[count++] = opt->name;
    const char *nearest = text_nearest(name, names, count);
    if (nearest) {
        snprintf(out, size, "unknown key %.64s; did you mean %s?", name, nearest);
        return;
    }
    int len = snprintf(out, size, "unknown key %.64s; there is ", name);
    for (size_t i = 0; i < count && len >= 0 && (size_t)len < size; i++)
        len += snprintf(out + len, size - (size_t)len, "%s%s", i ? ", " : "", names[i]);
}

// What to write instead, by a part of libconfuse's format. It gives no code for a mistake; where another version of it
// has other words, its own sentence stands alone.
static const struct {
    const char *part, *right;
} mends[] = {
    {"equal sign", "; write KEY = VALUE"},
    {"unexpected token", "; write KEY = VALUE, KEY = {VALUE, VALUE} or KIND NAME { … }"},
    {"premature end", "; a value or a } is missing"},
    {"closing brace", "; remove the }"},
    {"missing title", "; write its name in front of the {"},
    {"opening brace", "; write KIND NAME { … }"},
    {"duplicate title", "; every name can be used once"},
    {"sub-section", "; a key has no |"},
    {"append", "; write KEY = VALUE"},
    {"boolean", "; true or false is wanted"},
    {"integer", "; a whole number is wanted"},
};

void config_mistake(cfg_t *cfg, const char *format, va_list args, char *out, size_t size)
{
    const char *right = "";
    if (strstr(format, "no such option")) {
        name_keys(cfg, va_arg(args, const char *), out, size);
        return;
    }
    int len = vsnprintf(out, size, format, args);
    for (size_t i = 0; i < ARRAY_LENGTH(mends) && !*right; i++)
        if (strstr(format, mends[i].part))
            right = mends[i].right;
    if (len >= 0 && (size_t)len < size)
        snprintf(out + len, size - (size_t)len, "%s", right);
}

cfg_opt_t *config_mistake_empty_list(cfg_t *cfg)
{
    for (cfg_opt_t *opt = cfg->opts; opt->name; opt++)
        if ((opt->flags & CFGF_LIST) && (opt->flags & CFGF_MODIFIED) && cfg_opt_size(opt) == 0)
            return opt;
    return NULL;
}
