// SPDX-License-Identifier: MIT
#include "common/broker_tls.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "common/array.h"
#include "common/option_value.h"

enum { PATHS = 4 };

// The first PATHS are paths of files and directories.
static const struct tls_key {
    const char *key, *path; // path: in libconfuse's notation
    size_t offset, size;    // of a text; size 0 = no text
} keys[] = {
    {"cafile", "tls|cafile", offsetof(struct tls_options, cafile), TLS_PATH_SIZE},
    {"capath", "tls|capath", offsetof(struct tls_options, capath), TLS_PATH_SIZE},
    {"cert", "tls|cert", offsetof(struct tls_options, cert), TLS_PATH_SIZE},
    {"key", "tls|key", offsetof(struct tls_options, key), TLS_PATH_SIZE},
    {"name", "tls|name", offsetof(struct tls_options, name), TLS_NAME_SIZE},
    {"insecure", "tls|insecure", 0, 0},
    {"version", "tls|version", 0, 0},
};

cfg_opt_t broker_tls_cfg[] = {CFG_STR("cafile", NULL, CFGF_NONE), CFG_STR("capath", NULL, CFGF_NONE),
    CFG_STR("cert", NULL, CFGF_NONE), CFG_STR("key", NULL, CFGF_NONE), CFG_STR("name", NULL, CFGF_NONE),
    CFG_STR("insecure", NULL, CFGF_NONE), CFG_STR("version", NULL, CFGF_NONE), CFG_END()};

static int set_version(int *version, const char *what, const char *text, char why[PROTOCOL_WHY_SIZE])
{
    if (strcmp(text, "tlsv1.2") == 0)
        *version = 12;
    else if (strcmp(text, "tlsv1.3") == 0)
        *version = 13;
    else
        return option_refuse(
            why, "%s: tlsv1.2 or tlsv1.3, the oldest that is spoken, not \"%.40s\"", what, text);
    return 0;
}

static int set_bool(bool *value, const char *what, const char *text, char why[PROTOCOL_WHY_SIZE])
{
    if (strcmp(text, "true") != 0 && strcmp(text, "false") != 0)
        return option_refuse(why, "%s: true or false, not \"%.40s\"", what, text);
    *value = strcmp(text, "true") == 0;
    return 0;
}

static size_t find(const char *key)
{
    size_t i = 0;

    while (i + 1 < ARRAY_LENGTH(keys) && strcmp(keys[i].key, key) != 0)
        i++;
    return i;
}

int broker_tls_set(struct tls_options *options, const char *key, const char *what, const char *text,
    char why[PROTOCOL_WHY_SIZE])
{
    size_t i = find(key);

    if (keys[i].size > 0) {
        if (text[0] == '\0')
            return option_refuse(
                why, "%s: empty; %s is wanted", what, i < PATHS ? "a path" : "a host name or address");
        return option_copy((char *)options + keys[i].offset, keys[i].size, what, text, why);
    }
    if (strcmp(keys[i].key, "insecure") == 0)
        return set_bool(&options->insecure, what, text, why);
    return set_version(&options->version, what, text, why);
}

int broker_tls_set_by_line(
    struct broker_tls *tls, const char *key, const char *text, char why[PROTOCOL_WHY_SIZE])
{
    tls->wanted = true;
    tls->given |= 1U << find(key);
    return broker_tls_set(&tls->options, key, key, text, why);
}

static void copy_given(struct tls_options *options, const struct broker_tls *tls)
{
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        if (!(tls->given & 1U << i))
            continue;
        if (keys[i].size > 0)
            memcpy(
                (char *)options + keys[i].offset, (const char *)&tls->options + keys[i].offset, keys[i].size);
        else if (strcmp(keys[i].key, "insecure") == 0)
            options->insecure = tls->options.insecure;
        else
            options->version = tls->options.version;
    }
}

int broker_tls_from_cfg(struct broker_tls *tls, cfg_t *section, const char **key, char why[PROTOCOL_WHY_SIZE])
{
    struct tls_options options = {.version = 0};
    char what[32];

    if (!section)
        return 0;
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        const char *text = cfg_getstr(section, keys[i].key);
        *key = keys[i].path;
        snprintf(what, sizeof what, "tls: %s", keys[i].key);
        if (text && broker_tls_set(&options, keys[i].key, what, text, why) < 0)
            return -EINVAL;
    }
    copy_given(&options, tls);
    tls->options = options;
    tls->wanted = true;
    return broker_tls_check(tls, key, why);
}

int broker_tls_check(const struct broker_tls *tls, const char **key, char why[PROTOCOL_WHY_SIZE])
{
    const struct tls_options *options = &tls->options;

    *key = "tls|cert";
    if (options->cert[0] && !options->key[0])
        return option_refuse(why, "tls: cert without key: the file of its private key is wanted too");
    *key = "tls|key";
    if (options->key[0] && !options->cert[0])
        return option_refuse(why, "tls: key without cert: the file of its certificate is wanted too");
    *key = "tls|insecure";
    if (options->insecure && options->name[0])
        return option_refuse(
            why, "tls: insecure looks at no name, and name asks for one; keep one of the two");
    return 0;
}
