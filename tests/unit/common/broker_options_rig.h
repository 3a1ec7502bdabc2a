// SPDX-License-Identifier: MIT
// What the tests of the broker's options share: reading a command line and a file as a program does.
#ifndef TESTS_BROKER_OPTIONS_RIG_H
#define TESTS_BROKER_OPTIONS_RIG_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/array.h"
#include "common/broker_options.h"

enum { ARGS_MAX = 32 };

// Parses as a program does, but silently and without leaving.
static inline error_t parse_into(struct broker_options *options, char *const args[])
{
    char *argv[ARGS_MAX + 1] = {(char *)(uintptr_t) "test"};
    int argc = 1;

    while (args[argc - 1] && argc < ARGS_MAX) {
        argv[argc] = args[argc - 1];
        argc++;
    }
    return argp_parse(
        &broker_options_argp, argc, argv, ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP, NULL, options);
}

#define ARGS(...) ((char *const[]){__VA_ARGS__, NULL}) // argp reorders a copy and writes to no text

static inline error_t parse(struct broker_options *options, char *const args[])
{
    broker_options_init(options);
    return parse_into(options, args);
}

static inline void assert_why(const char *why, const char *part)
{
    if (!strstr(why, part))
        fail_msg("\"%s\" does not say \"%s\"", why, part);
}

static inline cfg_t *parse_cfg(const char *text)
{
    static cfg_opt_t list[] = {BROKER_OPTIONS_CFG, CFG_END()};
    cfg_t *cfg = cfg_init(list, CFGF_NONE);

    assert_non_null(cfg);
    assert_int_equal(cfg_parse_buf(cfg, text), CFG_SUCCESS);
    return cfg;
}

static const char *wrong_key; // that broker_options_from_cfg named last

static inline int from_cfg(struct broker_options *options, const char *text, char why[PROTOCOL_WHY_SIZE])
{
    cfg_t *cfg = parse_cfg(text);
    const int rc = broker_options_from_cfg(options, cfg, &wrong_key, why);

    cfg_free(cfg);
    return rc;
}

struct wrong_text {
    const char *text;
    const char *why; // a part of the sentence
    const char *key; // that is named
};

static inline void assert_refused(const struct wrong_text *cases, size_t count)
{
    struct broker_options options;
    char why[PROTOCOL_WHY_SIZE];

    for (size_t i = 0; i < count; i++) {
        broker_options_init(&options);
        assert_int_equal(from_cfg(&options, cases[i].text, why), -EINVAL);
        assert_why(why, cases[i].why);
        assert_string_equal(wrong_key, cases[i].key);
    }
}

#endif
