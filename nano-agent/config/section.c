// SPDX-License-Identifier: MIT
#include "nano-agent/config/section.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "nano-agent/config/address.h"

int section_number(const struct config_file *file, const struct place *at, const char *key, unsigned index)
{
    return (int)config_file_number(file, at->section, (int)at->kind, key, index);
}

const char *section_word(const struct config_file *file, const struct place *at, const char *key)
{
    return config_file_text(file, at->section, (int)at->kind, key, 0);
}

bool section_is_true(const struct config_file *file, const struct place *at, const char *key)
{
    return strcmp(section_word(file, at, key), "true") == 0;
}

static int read_address(struct config_file *file, const struct place *at, const char *key, unsigned index,
    bool pwm, struct hw_address *out)
{
    char why[ADDRESS_WHY_SIZE];
    const char *text = config_file_text(file, at->section, (int)at->kind, key, index);
    if (address_parse(text, pwm, at->model, out, why) == 0)
        return 0;
    return section_refuse(file, at, key, "%s = %.64s; %s", key, text, why);
}

int section_address(
    struct config_file *file, const struct place *at, const char *key, bool pwm, struct hw_address *out)
{
    return read_address(file, at, key, 0, pwm, out);
}

int section_addresses(struct config_file *file, const struct place *at, const char *key,
    struct hw_address out[HW_MOTOR_OUTPUTS_MAX], unsigned *count)
{
    *count = config_file_has(file, at->section, key) ? cfg_size(at->section, key) : 0;
    if (*count > HW_MOTOR_OUTPUTS_MAX)
        return section_refuse(file, at, key, "%s: at most %d outputs are wanted", key, HW_MOTOR_OUTPUTS_MAX);
    int rc = 0;
    for (unsigned i = 0; i < *count && rc == 0; i++)
        rc = read_address(file, at, key, i, true, &out[i]);
    return rc;
}

// The key's own list of words has been checked, so that the word is one of these.
enum policy section_policy(const struct config_file *file, const struct place *at, const char *key)
{
    static const char *const words[] = {
        [POLICY_HOLD] = "hold",
        [POLICY_OFF] = "off",
        [POLICY_ON] = "on",
        [POLICY_CENTER] = "center",
        [POLICY_LAST] = "last",
    };
    const char *word = section_word(file, at, key);
    size_t i = 0;
    while (i < sizeof words / sizeof *words && strcmp(words[i], word) != 0)
        i++;
    assert(i < sizeof words / sizeof *words);
    return (enum policy)i;
}

int section_refuse(
    struct config_file *file, const struct place *at, const char *line_of, const char *format, ...)
{
    char sentence[CONFIG_WHY_SIZE / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    unsigned line = *line_of ? config_file_line(file, at->section, line_of) : (unsigned)at->section->line;
    return config_file_refuse(
        file, line, "%s %.64s: %s", channel_kind_name(at->kind), cfg_title(at->section), sentence);
}

void section_describe_line(
    const struct agent_channel_config *channel, const struct config_output *output, char *out, size_t size)
{
    (void)channel;
    snprintf(out, size, "%s", output->gpio.active_low ? ", active low" : "");
}

int64_t section_period_ns(int hz)
{
    return INT64_C(1000000000) / hz;
}
