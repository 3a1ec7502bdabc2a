// SPDX-License-Identifier: MIT
#include "common/join/joined.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_mistake.h"
#include "common/text.h"

#define SUFFIX ".conf"

bool joined_directory(const char *config_path, char out[JOINED_PATH_SIZE])
{
    size_t len = strlen(config_path), suffix = strlen(SUFFIX);

    out[0] = '\0';
    if (len <= suffix || len >= JOINED_PATH_SIZE || strcmp(config_path + len - suffix, SUFFIX) != 0 ||
        config_path[len - suffix - 1] == '/')
        return false;
    memcpy(out, config_path, len - suffix);
    out[len - suffix] = '\0';
    return true;
}

// libconfuse's callback has no argument of ours.
static const char *parsed_path;
static char *parsed_why;

__attribute__((format(printf, 2, 0))) static void note_mistake(cfg_t *cfg, const char *format, va_list args)
{
    char text[512];
    if (parsed_why[0] != '\0') // the first mistake is told; the others may follow from it
        return;
    config_mistake(cfg, format, args, text, sizeof text);
    text_sentence(parsed_why, CONFIG_WHY_SIZE, 255, "%.500s:%d: %.400s", parsed_path, cfg->line, text);
}

int joined_parse(
    struct broker_options *options, const char *text, const char *path, char why[CONFIG_WHY_SIZE])
{
    cfg_opt_t keys[] = {BROKER_OPTIONS_CFG, CFG_END()};
    char sentence[PROTOCOL_WHY_SIZE];
    char *prepared = malloc(CONFIG_TEXT_MAX + 1);
    cfg_t *cfg = cfg_init(keys, CFGF_NONE);
    int rc = -EINVAL;

    why[0] = '\0';
    if (!prepared || !cfg) {
        snprintf(why, CONFIG_WHY_SIZE, "%.500s: %s", path, strerror(ENOMEM));
        goto finish;
    }
    if (config_text_prepare(text, path, prepared, why) < 0)
        goto finish;
    parsed_path = path;
    parsed_why = why;
    cfg_set_error_function(cfg, note_mistake);
    if (cfg_parse_buf(cfg, prepared) != CFG_SUCCESS || why[0] != '\0') {
        if (why[0] == '\0')
            snprintf(
                why, CONFIG_WHY_SIZE, "%.500s:%d: not understood; KEY = VALUE is wanted", path, cfg->line);
        goto finish;
    }
    rc = broker_options_from_cfg(options, cfg, NULL, sentence);
    if (rc == 0)
        broker_options_hold(options, cfg);
    else
        snprintf(why, CONFIG_WHY_SIZE, "%.200s: %s", path, sentence);
finish:
    parsed_path = parsed_why = NULL;
    if (cfg)
        cfg_free(cfg);
    free(prepared);
    return rc;
}

int joined_read(struct broker_options *options, const char *directory, char why[CONFIG_WHY_SIZE])
{
    char path[JOINED_PATH_SIZE + 16];
    if (directory[0] == '\0')
        return 0;
    snprintf(path, sizeof path, "%s/broker.conf", directory);
    char *text = config_text_read(path);
    if (!text) {
        int error = errno;
        if (error == ENOENT || error == ENOTDIR)
            return 0;
        snprintf(why, CONFIG_WHY_SIZE, "%.500s: %s", path,
            error == ENOTSUP  ? "is UTF-16; save it as UTF-8"
            : error == EILSEQ ? "holds a NUL byte; this is no configuration"
                              : strerror(error));
        return -error;
    }
    int rc = joined_parse(options, text, path, why);
    free(text);
    return rc < 0 ? rc : 1;
}
