// SPDX-License-Identifier: MIT
// The configuration's sections, one for each kind of channel: section_NAME.c has the keys of a kind and turns its checked
// values into a channel and an output. The table of sections is in config_channels.c.
#ifndef NANO_AGENT_SECTION_H
#define NANO_AGENT_SECTION_H

#include "nano-agent/config/config.h"
#include "nano-agent/config/config_file.h"

// A channel's section in the file.
struct place {
    cfg_t *section;
    enum channel_kind kind;
    const char *model; // the board whose header `pin N` means; NULL = none is known
};

struct section {
    const struct key *keys;
    size_t key_count;
    // Fills what the keys say; name and kind are filled already, and the address where the kind has one output. 0, or -EINVAL with one line in the file's why.
    int (*read)(struct config_file *file, const struct place *at, struct agent_channel_config *channel,
        struct config_output *output);
    // Writes the values as they were understood, with ", " in front of each, for the log.
    void (*describe)(const struct agent_channel_config *channel, const struct config_output *output,
        char *out, size_t size);
};

extern const struct section section_servo, section_switch, section_dimmer, section_input, section_motor;

// A checked value of the section, or what holds without it. The key must be one of the section's.
int section_number(const struct config_file *file, const struct place *at, const char *key, unsigned index);
const char *section_word(const struct config_file *file, const struct place *at, const char *key);
bool section_is_true(const struct config_file *file, const struct place *at, const char *key);
enum policy section_policy(const struct config_file *file, const struct place *at, const char *key);

// Reads where an output is. pwm: it is a PWM output, else a GPIO line. 0, or -EINVAL with one line in the file's why.
int section_address(
    struct config_file *file, const struct place *at, const char *key, bool pwm, struct hw_address *out);
// The same for a list of PWM outputs, of which there may be none.
int section_addresses(struct config_file *file, const struct place *at, const char *key,
    struct hw_address out[HW_MOTOR_OUTPUTS_MAX], unsigned *count);

// "servo tilt: key: …" with the key's line, or the line of another key, or of the section (""). Returns -EINVAL.
int section_refuse(struct config_file *file, const struct place *at, const char *line_of, const char *format,
    ...) __attribute__((format(printf, 4, 5)));

// ", active low" where it is; what a switch has to tell.
void section_describe_line(
    const struct agent_channel_config *channel, const struct config_output *output, char *out, size_t size);

// The nanoseconds of a period at so many a second.
int64_t section_period_ns(int hz);

#endif
