// SPDX-License-Identifier: MIT
// What is wrong with a configuration file, in words that say what would be right. libconfuse says only what is wrong.
#ifndef COMMON_CONFIG_MISTAKE_H
#define COMMON_CONFIG_MISTAKE_H

#include <confuse.h>
#include <stdarg.h>
#include <stddef.h>

// The sentence for what libconfuse tells its error function about cfg, without file and line, written to out.
__attribute__((format(printf, 2, 0))) void config_mistake(
    cfg_t *cfg, const char *format, va_list args, char *out, size_t size);
// The key to which cfg gives a list without values, as in `KEY = {}`; NULL where there is none. libconfuse calls no hook for
// it, and what was left out on purpose must not become the default in silence.
cfg_opt_t *config_mistake_empty_list(cfg_t *cfg);

#endif
