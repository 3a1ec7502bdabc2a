// SPDX-License-Identifier: MIT
#include "nano-agent/config/config_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/broker_options.h"
#include "common/config_mistake.h"
#include "common/text.h"
#include "nano-agent/config/free_keys.h"

static const struct key top_keys[] = {
    {"report", KEY_NUMBER, 1, 1000, 100, 3600000, {"1.0"}, NULL, "0.1 to 3600 seconds"},
    {"lost_after", KEY_NUMBER, 1, 1000, 1000, 3600000, {NULL}, NULL, "1 to 3600 seconds"},
    {"memory_limit", KEY_NUMBER, 1, 1, 0, 65536, {"64"}, NULL, "0 (none) to 65536 MiB"},
    {"log", KEY_WORD, 1, 0, 0, 0, {"info"}, "error warning info debug", NULL},
    {"state", KEY_PATH, 1, 0, 0, 0, {NULL}, NULL, NULL},
};
static const struct key_table top = {NULL, top_keys, sizeof top_keys / sizeof *top_keys};

enum { KEYS_MAX = 24 };

// The file that is being parsed: libconfuse passes no argument of ours to its callbacks.
static struct config_file *parsing;

int config_file_refuse(struct config_file *file, unsigned line, const char *format, ...)
{
    if (file->failed)
        return -EINVAL;
    file->failed = true;
    int len = line ? snprintf(file->why, CONFIG_WHY_SIZE, "%s:%u: ", file->path, line)
                   : snprintf(file->why, CONFIG_WHY_SIZE, "%s: ", file->path);
    if (len < 0 || len >= CONFIG_WHY_SIZE)
        return -EINVAL;
    char raw[CONFIG_WHY_SIZE];
    va_list ap;
    va_start(ap, format);
    vsnprintf(raw, sizeof raw, format, ap);
    va_end(ap);
    // A value may hold a control character, which the file wrote as "\\x1b", and may be cut inside a character.
    text_clean(file->why + len, (size_t)(CONFIG_WHY_SIZE - len), raw, strlen(raw), sizeof raw);
    return -EINVAL;
}

static const struct key_table *keys_of(const struct config_file *file, int section)
{
    return section == CONFIG_TOP ? &top : &file->sections[section];
}

static const struct key *find_key(const struct config_file *file, int section, const char *name)
{
    const struct key_table *table = keys_of(file, section);
    for (size_t i = 0; i < table->count; i++) {
        if (!strcmp(table->keys[i].name, name))
            return &table->keys[i];
    }
    return NULL;
}

static int section_of(cfg_t *cfg)
{
    int kind = (int)channel_kind_parse(cfg_name(cfg));
    return kind == CHANNEL_OTHER ? CONFIG_TOP : kind;
}

// "servo tilt: ", or "" outside a section.
static const char *where(cfg_t *cfg, char out[128])
{
    out[0] = '\0';
    if (cfg_title(cfg))
        snprintf(out, 128, "%s %.64s: ", cfg_name(cfg), cfg_title(cfg));
    else if (strcmp(cfg_name(cfg), "root") != 0)
        snprintf(out, 128, "%s: ", cfg_name(cfg));
    return out;
}

bool config_read_decimal(const char *text, int scale, long *out)
{
    bool negative = *text == '-';
    text += *text == '-' || *text == '+';
    if (!isdigit((unsigned char)*text))
        return false;
    char *end;
    errno = 0;
    long whole = strtol(text, &end, 10);
    if (errno || whole > 1000000000L)
        return false;
    long value = whole * scale;
    if (*end == '.') {
        long unit = scale;
        for (end++; isdigit((unsigned char)*end); end++) {
            unit /= 10;
            if (unit == 0 && *end != '0')
                return false;
            value += unit * (*end - '0');
        }
        if (end[-1] == '.')
            return false;
    }
    if (*end)
        return false;
    *out = negative ? -value : value;
    return true;
}

static bool is_word_of(const char *words, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = words; len && (at = strstr(at, word)); at += len) {
        if ((at == words || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
            return true;
    }
    return false;
}

static int check_value(struct config_file *file, cfg_t *cfg, const struct key *key, const char *value)
{
    char section[128];
    unsigned line = (unsigned)cfg->line;
    long n;
    switch (key->type) {
    case KEY_NUMBER:
        if (config_read_decimal(value, key->scale, &n) && n >= key->min && n <= key->max)
            return 0;
        return config_file_refuse(
            file, line, "%s%s = %.64s; %s is wanted", where(cfg, section), key->name, value, key->right);
    case KEY_WORD: {
        if (is_word_of(key->words, value))
            return 0;
        char list[64];
        snprintf(list, sizeof list, "%s", key->words);
        char *last = strrchr(list, ' ');
        *last = '\0';
        for (char *c = list; *c; c++)
            *c = *c == ' ' ? '/' : *c;
        return config_file_refuse(file, line, "%s%s = %.64s; %s or %s is wanted", where(cfg, section),
            key->name, value, list, last + 1);
    }
    case KEY_PATH:
        if (!*value || (*value == '/' && value[1] && value[strlen(value) - 1] != '/'))
            return 0;
        return config_file_refuse(
            file, line, "%s = %.64s; the whole path of a file, or \"\" (none), is wanted", key->name, value);
    case KEY_ADDRESS:
    case KEY_COMMAND:
        break; // checked later, when the board and all channels are known
    }
    return 0;
}

static int note_seen(struct config_file *file, const cfg_opt_t *opt, unsigned line)
{
    if (file->seen_count == file->seen_size) {
        size_t size = file->seen_size ? 2 * file->seen_size : 64;
        struct seen *seen = realloc(file->seen, size * sizeof *seen);
        if (!seen)
            return config_file_refuse(file, line, "out of memory");
        file->seen = seen;
        file->seen_size = size;
    }
    file->seen[file->seen_count++] = (struct seen){opt, line};
    return 0;
}

static const struct seen *find_seen(const struct config_file *file, const cfg_opt_t *opt)
{
    for (size_t i = 0; i < file->seen_count; i++) {
        if (file->seen[i].opt == opt)
            return &file->seen[i];
    }
    return NULL;
}

static int check_broker_key(struct config_file *file, cfg_t *cfg, const char *name, const char *value)
{
    unsigned line = (unsigned)cfg->line;
    char why[PROTOCOL_WHY_SIZE] = "";
    struct broker_options scratch;
    if (strcmp(cfg_name(cfg), "root") != 0)
        return 0; // the sections are checked when they are read
    if (!strcmp(name, "broker")) {
        broker_options_init(&scratch);
        if (broker_options_add_hosts(&scratch, value, why) < 0)
            return config_file_refuse(file, line, "broker = %.64s; %s", value, why);
    } else if (!strcmp(name, "root")) {
        if (protocol_check_root(value, why) < 0)
            return config_file_refuse(file, line, "root = %.64s; %s", value, why);
    } else if (!strcmp(name, "device")) {
        if (protocol_check_device(value, why) < 0)
            return config_file_refuse(file, line, "device = %.64s; %s", value, why);
    } else if (!strcmp(name, "version")) {
        if (!is_word_of("5 311 mqttv5 mqttv311", value))
            return config_file_refuse(file, line, "version = %.64s; mqttv5 or mqttv311 is wanted", value);
    }
    return 0;
}

static int check_broker_number(
    struct config_file *file, cfg_t *cfg, const char *name, const char *value, long *out)
{
    bool is_qos = !strcmp(name, "qos");
    if (config_read_decimal(value, 1, out) && *out >= (is_qos ? 0 : 5) && *out <= (is_qos ? 2 : 65535))
        return 0;
    return config_file_refuse(file, (unsigned)cfg->line, "%s = %.64s; %s is wanted", name, value,
        is_qos ? "0, 1 or 2" : "5 to 65535 seconds");
}

// Is called for every value in the file. Only here can a key that is given twice be seen (libconfuse would silently take
// the last), and only here is the line known.
static int value_hook(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
    struct config_file *file = parsing;
    char section[128];
    const struct seen *before = find_seen(file, opt);
    if (before && opt->nvalues <= 1)
        return config_file_refuse(file, (unsigned)cfg->line, "%s%s is given twice; line %u has it already",
            where(cfg, section), opt->name, before->line);
    if (!before && note_seen(file, opt, (unsigned)cfg->line) < 0)
        return -1;

    int rc = 0;
    bool is_free = free_section_of(cfg_name(cfg)) != FREE_SECTIONS;
    const struct key *key = is_free ? NULL : find_key(file, section_of(cfg), opt->name);
    if (is_free)
        rc = 0; // checked later, when all channels are known
    else if (key)
        rc = check_value(file, cfg, key, value);
    else if (opt->type == CFGT_INT)
        return check_broker_number(file, cfg, opt->name, value, result);
    else
        rc = check_broker_key(file, cfg, opt->name, value);
    *(const char **)result = value;
    return rc;
}

// Refuses a section without a title that comes twice: libconfuse would forget the first.
static int section_hook(cfg_t *cfg, cfg_opt_t *opt)
{
    const struct seen *before = find_seen(parsing, opt);
    if (before)
        return config_file_refuse(parsing, (unsigned)cfg->line,
            "section %s is given twice; line %u has it already", opt->name, before->line);
    return note_seen(parsing, opt, (unsigned)cfg->line);
}

static void hook_all(cfg_opt_t *opts)
{
    for (cfg_opt_t *opt = opts; opt->name; opt++) {
        if (opt->type != CFGT_SEC) {
            opt->parsecb = value_hook;
            continue;
        }
        for (cfg_opt_t *sub = opt->subopts; sub && sub->name; sub++)
            sub->parsecb = value_hook;
        if (opt->flags & CFGF_MULTI)
            continue;
        opt->validcb = section_hook;
        for (unsigned i = 0; i < cfg_opt_size(opt); i++) {
            cfg_t *section = cfg_opt_getnsec(opt, i);
            for (cfg_opt_t *sub = section->opts; sub->name; sub++)
                sub->parsecb = value_hook;
        }
    }
}

__attribute__((format(printf, 2, 0))) static void error_hook(cfg_t *cfg, const char *format, va_list ap)
{
    enum free_section free_section = free_section_of(cfg_name(cfg));
    char section[128], text[512];
    if (free_section != FREE_SECTIONS && strstr(format, "no such option")) {
        config_file_refuse(parsing, (unsigned)cfg->line, "%s%.64s is not understood; write %s = VALUE",
            where(cfg, section), va_arg(ap, const char *), free_sections[free_section].key);
        return;
    }
    config_mistake(cfg, format, ap, text, sizeof text);
    config_file_refuse(parsing, (unsigned)cfg->line, "%s%s", where(cfg, section), text);
}

static void add_keys(const struct key_table *table, cfg_opt_t *opts)
{
    size_t n = 0;
    for (size_t i = 0; i < table->count; i++) {
        const struct key *key = &table->keys[i];
        if (key->count > 1)
            opts[n++] = (cfg_opt_t)CFG_STR_LIST(key->name, NULL, CFGF_NONE);
        else
            opts[n++] = (cfg_opt_t)CFG_STR(key->name, NULL, CFGF_NONE);
    }
    opts[n] = (cfg_opt_t)CFG_END();
}

static int check_lists(struct config_file *file, cfg_t *cfg, const char *text)
{
    char section[128];
    cfg_opt_t *opt = config_mistake_empty_list(cfg);
    if (!opt || find_seen(file, opt)) // a list that comes again is told as such
        return 0;
    return config_file_refuse(file, config_text_empty_list(text, opt->name),
        "%s%s = {}; at least one value is wanted, or the key left out", where(cfg, section), opt->name);
}

static int check_counts(struct config_file *file, cfg_t *section, int kind)
{
    char name[128];
    const struct key_table *table = keys_of(file, kind);
    for (size_t i = 0; i < table->count; i++) {
        const struct key *key = &table->keys[i];
        unsigned line = config_file_line(file, section, key->name);
        if (key->type == KEY_ADDRESS && !key->initial[0] && !config_file_has(file, section, key->name))
            return config_file_refuse(file, line, "%s%s is missing; for example %s = \"pin %s\"",
                where(section, name), key->name, key->name, !strcmp(key->name, "pwm") ? "33" : "7");
        if (key->type == KEY_NUMBER && key->count == 2 && config_file_has(file, section, key->name) &&
            cfg_size(section, key->name) != 2)
            return config_file_refuse(
                file, line, "%s%s: two values are wanted: %s", where(section, name), key->name, key->right);
    }
    return 0;
}

static int find_free_keys(struct config_file *file, const char *text, struct free_keys *keys)
{
    for (int i = 0; i < FREE_SECTIONS; i++) {
        if (free_keys_find(&keys[i], text, free_sections[i].name, free_sections[i].max) < 0)
            return config_file_refuse(file, 0, "out of memory");
        if (keys[i].too_many_line)
            return config_file_refuse(file, keys[i].too_many_line, "more than %zu %s sections",
                free_sections[i].max, free_sections[i].name);
    }
    return 0;
}

int config_file_open(struct config_file *file, const struct key_table *sections, const char *text,
    const char *path, char why[CONFIG_WHY_SIZE])
{
    *file = (struct config_file){.sections = sections, .path = path, .why = why};
    why[0] = '\0';
    char *prepared = malloc(strlen(text) + 1);
    if (!prepared)
        return config_file_refuse(file, 0, "out of memory");
    int rc = config_text_prepare(text, path, prepared, why);
    if (rc < 0)
        goto free_text;

    struct free_keys free_keys[FREE_SECTIONS] = {0};
    rc = find_free_keys(file, prepared, free_keys);
    if (rc < 0)
        goto free_keys;

    cfg_opt_t section_opts[CHANNEL_KINDS][KEYS_MAX];
    cfg_opt_t top_opts[KEYS_MAX];
    for (int kind = 0; kind < CHANNEL_KINDS; kind++)
        add_keys(&sections[kind], section_opts[kind]);
    cfg_opt_t opts[KEYS_MAX] = {BROKER_OPTIONS_CFG};
    size_t n = 0;
    while (opts[n].name)
        n++;
    add_keys(&top, top_opts);
    for (size_t i = 0; top_opts[i].name; i++)
        opts[n++] = top_opts[i];
    for (int kind = 0; kind < CHANNEL_KINDS; kind++)
        opts[n++] = (cfg_opt_t)CFG_SEC(
            sections[kind].name, section_opts[kind], CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
    for (int i = 0; i < FREE_SECTIONS; i++)
        opts[n++] = (cfg_opt_t)CFG_SEC(
            free_sections[i].name, free_keys[i].opts, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
    opts[n] = (cfg_opt_t)CFG_END();

    parsing = file;
    file->cfg = cfg_init(opts, CFGF_NONE);
    if (!file->cfg) {
        rc = config_file_refuse(file, 0, "out of memory");
        goto free_keys;
    }
    cfg_set_error_function(file->cfg, error_hook);
    hook_all(file->cfg->opts);
    if (cfg_parse_buf(file->cfg, prepared) != CFG_SUCCESS || file->failed) {
        rc = config_file_refuse(file, (unsigned)file->cfg->line, "not understood");
        goto free_keys;
    }
    rc = check_lists(file, file->cfg, prepared);
    for (int kind = 0; kind < CHANNEL_KINDS && !rc; kind++) {
        for (unsigned i = 0; i < cfg_size(file->cfg, sections[kind].name) && !rc; i++) {
            cfg_t *section = cfg_getnsec(file->cfg, sections[kind].name, i);
            rc = check_lists(file, section, prepared);
            if (!rc)
                rc = check_counts(file, section, kind);
        }
    }
free_keys:
    parsing = NULL;
    for (int i = 0; i < FREE_SECTIONS; i++)
        free_keys_finish(&free_keys[i]);
free_text:
    free(prepared);
    return rc;
}

void config_file_close(struct config_file *file)
{
    if (file->cfg)
        cfg_free(file->cfg);
    free(file->seen);
    *file = (struct config_file){0};
}

bool config_file_has(const struct config_file *file, cfg_t *section, const char *key)
{
    return find_seen(file, cfg_getopt(section, key)) != NULL;
}

unsigned config_file_line(const struct config_file *file, cfg_t *section, const char *key)
{
    const struct seen *seen = find_seen(file, cfg_getopt(section, key));
    return seen ? seen->line : (unsigned)section->line;
}

static const char *value_text(
    const struct config_file *file, cfg_t *section, const struct key *key, unsigned index)
{
    if (config_file_has(file, section, key->name))
        return cfg_getnstr(section, key->name, index);
    return key->initial[index];
}

long config_file_number(
    const struct config_file *file, cfg_t *section, int kind, const char *name, unsigned index)
{
    const struct key *key = find_key(file, kind, name);
    long n = 0;
    config_read_decimal(value_text(file, section, key, index), key->scale, &n);
    return n;
}

const char *config_file_text(
    const struct config_file *file, cfg_t *section, int kind, const char *name, unsigned index)
{
    return value_text(file, section, find_key(file, kind, name), index);
}
