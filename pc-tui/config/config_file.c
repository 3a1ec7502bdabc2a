// SPDX-License-Identifier: MIT
#include "pc-tui/config/config_file.h"

#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/config_mistake.h"
#include "common/config_text.h"
#include "common/log.h"
#include "pc-tui/config/duration.h"

enum {
    TTL_MIN_MS = 100,
    TTL_MAX_MS = 60000,
    TIMEOUT_MIN_MS = 100,
    TIMEOUT_MAX_MS = 600000,
};

// libconfuse's callback has no argument of ours, and the sections of its tree do not know their file.
static const char *parsed_path;
static bool is_reported;

__attribute__((format(printf, 2, 0))) static void report(cfg_t *cfg, const char *format, va_list args)
{
    char text[512];
    if (is_reported) // the first mistake is told; the others may follow from it
        return;
    is_reported = true;
    config_mistake(cfg, format, args, text, sizeof text);
    log_error("%s:%d: %s", parsed_path, cfg->line, text);
}

// Where each key and each section without a title stands. libconfuse tells the line only while it reads the value. There is
// room for the keys of more presets than there may be.
enum { LINES_MAX = 96 };
static struct {
    const cfg_opt_t *opt;
    int line;
} lines[LINES_MAX];
static size_t line_count;

static int note_line(cfg_t *cfg, cfg_opt_t *opt)
{
    if (!parsed_path) // the file that join wrote is read with the same keys, and by another reader
        return 0;
    for (size_t i = 0; i < line_count; i++) {
        if (lines[i].opt != opt)
            continue;
        if (opt->flags & CFGF_LIST)
            return 0;
        if (!is_reported) // libconfuse would silently take the last
            log_error("%s:%d: %s is given twice; line %d has it already", parsed_path, cfg->line, opt->name,
                lines[i].line);
        is_reported = true;
        return -1;
    }
    if (line_count < LINES_MAX) {
        lines[line_count].opt = opt;
        lines[line_count++].line = cfg->line;
    }
    return 0;
}

// The line of a key as cfg_getopt names it; 0 = not known.
static unsigned line_of(cfg_t *cfg, const char *key)
{
    const cfg_opt_t *opt = cfg_getopt(cfg, key);
    for (size_t i = 0; opt && i < line_count; i++)
        if (lines[i].opt == opt)
            return (unsigned)lines[i].line;
    return 0;
}

static void note_lines(cfg_opt_t *keys)
{
    for (cfg_opt_t *key = keys; key->name; key++) {
        if (key->type == CFGT_SEC)
            note_lines(key->subopts);
        if (!(key->flags & CFGF_MULTI))
            key->validcb = note_line;
    }
}

__attribute__((format(printf, 3, 4))) static int refuse(
    const char *path, unsigned line, const char *format, ...)
{
    char text[PROTOCOL_WHY_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (line > 0)
        log_error("%s:%u: %s", path, line, text);
    else
        log_error("%s: %s", path, text);
    return -EINVAL;
}

static int copy(char *out, size_t size, const char *text)
{
    return (size_t)snprintf(out, size, "%s", text) < size ? 0 : -EMSGSIZE;
}

// The title may be the notation <F5>, and F5 as everybody writes it.
static int preset_key(const char *title, char out[KEY_NAME_SIZE])
{
    char bracketed[KEY_NAME_SIZE];
    struct key_event key;
    if (key_parse(title, &key) < 0) {
        int n = snprintf(bracketed, sizeof bracketed, "<%s>", title);
        if (n >= (int)sizeof bracketed || key_parse(bracketed, &key) < 0)
            return -EINVAL;
    }
    key_format(out, &key);
    return 0;
}

static int read_preset(struct tui_options *options, const char *path, cfg_t *section)
{
    const char *title = cfg_title(section);
    const char *command = cfg_getstr(section, "command");
    const char *label = cfg_getstr(section, "label");
    unsigned line = (unsigned)section->line;
    struct ui_options *ui = &options->ui;
    struct protocol_command parsed;
    struct ui_preset preset;
    char why[PROTOCOL_WHY_SIZE];

    if (ui->preset_count == UI_PRESETS_MAX)
        return refuse(path, line, "at most %d presets", UI_PRESETS_MAX);
    if (preset_key(title, preset.key) < 0)
        return refuse(path, line, "preset %s: no key; F5, g or <C-g>", title);
    if (actions_by_key(preset.key, 0) != ACTION_NONE)
        return refuse(path, line, "preset %s: that key is %s already", title,
            actions_info(actions_by_key(preset.key, 0))->name);
    for (size_t i = 0; i < ui->preset_count; i++)
        if (strcmp(ui->presets[i].key, preset.key) == 0)
            return refuse(path, line, "preset %s: given twice", title);
    if (!command)
        return refuse(path, line, "preset %s: command is missing, as command = \"tilt 20\"", title);
    if (copy(preset.command, sizeof preset.command, command) < 0)
        return refuse(path, line, "preset %s: the command is too long", title);
    if (protocol_parse_text(command, strlen(command), &parsed, why) < 0)
        return refuse(path, line, "preset %s: %s", title, why);
    if (copy(preset.label, sizeof preset.label, label ? label : command) < 0)
        return refuse(path, line, "preset %s: a label has at most %zu bytes", title, sizeof preset.label - 1);
    ui->presets[ui->preset_count++] = preset;
    return 0;
}

static int set_duration(
    int *out, const char *name, const char *text, int least, int most, char why[PROTOCOL_WHY_SIZE])
{
    int ms = 0;
    if (duration_parse_ms(text, &ms) == 0 && ms >= least && ms <= most) {
        *out = ms;
        return 0;
    }
    snprintf(why, PROTOCOL_WHY_SIZE,
        "%s: a time from %dms to %ds, as 500ms, 1.5s or 2 (seconds), not \"%.40s\"", name, least, most / 1000,
        text);
    return -EINVAL;
}

int tui_config_set_ttl(struct tui_options *options, const char *text, char why[PROTOCOL_WHY_SIZE])
{
    return set_duration(&options->ttl_ms, "ttl", text, TTL_MIN_MS, TTL_MAX_MS, why);
}

int tui_config_set_timeout(struct tui_options *options, const char *text, char why[PROTOCOL_WHY_SIZE])
{
    return set_duration(&options->timeout_ms, "timeout", text, TIMEOUT_MIN_MS, TIMEOUT_MAX_MS, why);
}

static int apply(struct tui_options *options, const char *path, cfg_t *cfg, const char *text,
    const struct tui_config_given *given)
{
    char why[PROTOCOL_WHY_SIZE];
    const char *key;
    const cfg_opt_t *empty = config_mistake_empty_list(cfg);
    if (empty)
        return refuse(path, config_text_empty_list(text, empty->name),
            "%s = {}; at least one value is wanted, or the key left out", empty->name);
    if (broker_options_from_cfg(&options->broker, cfg, &key, why) < 0)
        return refuse(path, line_of(cfg, key), "%s", why);
    const char *ttl = cfg_getstr(cfg, "ttl");
    if (ttl && !given->ttl && tui_config_set_ttl(options, ttl, why) < 0)
        return refuse(path, line_of(cfg, "ttl"), "%s", why);
    const char *timeout = cfg_getstr(cfg, "timeout");
    if (timeout && !given->timeout && tui_config_set_timeout(options, timeout, why) < 0)
        return refuse(path, line_of(cfg, "timeout"), "%s", why);
    options->ui.read_only = options->ui.read_only || cfg_getbool(cfg, "read_only");
    options->ascii = options->ascii || cfg_getbool(cfg, "ascii");
    if (!given->mouse)
        options->mouse = cfg_getbool(cfg, "mouse");
    for (unsigned i = 0; i < cfg_size(cfg, "preset"); i++)
        if (read_preset(options, path, cfg_getnsec(cfg, "preset", i)) < 0)
            return -EINVAL;
    return 0;
}

int tui_config_file_read(struct tui_options *options, const char *path, const struct tui_config_given *given)
{
    cfg_opt_t preset[] = {CFG_STR("label", NULL, CFGF_NONE), CFG_STR("command", NULL, CFGF_NONE), CFG_END()};
    cfg_opt_t keys[] = {BROKER_OPTIONS_CFG, CFG_STR("ttl", NULL, CFGF_NONE),
        CFG_STR("timeout", NULL, CFGF_NONE), CFG_BOOL("read_only", cfg_false, CFGF_NONE),
        CFG_BOOL("ascii", cfg_false, CFGF_NONE), CFG_BOOL("mouse", cfg_true, CFGF_NONE),
        CFG_SEC("preset", preset, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES), CFG_END()};
    char why[CONFIG_WHY_SIZE];
    cfg_t *cfg = NULL;
    char *prepared = NULL;
    int rc = -EINVAL;
    char *text = config_text_read(path);
    if (!text)
        return refuse(path, 0, "%s",
            errno == ENOTSUP  ? "is UTF-16; save it as UTF-8"
            : errno == EILSEQ ? "holds a NUL byte; this is no configuration"
                              : strerror(errno));
    prepared = malloc(CONFIG_TEXT_MAX + 1);
    note_lines(keys);
    line_count = 0;
    cfg = cfg_init(keys, CFGF_NONE);
    if (!prepared || !cfg) {
        refuse(path, 0, "%s", strerror(ENOMEM));
        goto finish;
    }
    if (config_text_prepare(text, path, prepared, why) < 0) {
        log_error("%s", why);
        goto finish;
    }
    parsed_path = path;
    is_reported = false;
    cfg_set_error_function(cfg, report);
    if (cfg_parse_buf(cfg, prepared) == CFG_SUCCESS)
        rc = apply(options, path, cfg, prepared, given);
    else if (!is_reported) // libconfuse finds some things wrong without a word
        refuse(path, (unsigned)cfg->line, "not understood; KEY = VALUE, or preset KEY { … } is wanted");
finish:
    parsed_path = NULL;
    if (cfg)
        cfg_free(cfg);
    free(prepared);
    free(text);
    return rc;
}
