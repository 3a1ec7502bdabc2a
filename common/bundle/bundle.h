// SPDX-License-Identifier: MIT
// The file with which a program joins a broker (docs/broker.md, "The .join file"): what it says, and the configuration that
// is made of it. Pure: no file is opened and no clock is read.
#ifndef COMMON_BUNDLE_H
#define COMMON_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/protocol/protocol.h"

enum {
    BUNDLE_MAX = 8192, // bytes of the whole file
    BUNDLE_LINE_MAX = 255,
    BUNDLE_BROKERS_MAX = 8,
    BUNDLE_ROOT_MAX = 100,
    BUNDLE_USER_MAX = 73, // "operator-" and 64 characters
    BUNDLE_NAME_MAX = 253,
    BUNDLE_PASSWORD_LEN = 48,
    BUNDLE_DIRECTORY_MAX = 480, // common/mqtt/tls_options.h takes paths of 511 bytes
    BUNDLE_CONFIG_SIZE = 8192,  // holds the configuration of any bundle
};

struct bundle {
    char addresses[BUNDLE_BROKERS_MAX][BUNDLE_LINE_MAX + 1]; // "HOST:PORT", "[IPV6]:PORT"; best first
    size_t address_count;                                    // 1 to BUNDLE_BROKERS_MAX
    char root[BUNDLE_ROOT_MAX + 1];
    char device[PROTOCOL_DEVICE_MAX + 1]; // "" for an operator, and for the device without a name
    char user[BUNDLE_USER_MAX + 1];
    char name[BUNDLE_NAME_MAX + 1]; // that the broker's certificate must have
    char password[BUNDLE_PASSWORD_LEN + 1];
    char ca[BUNDLE_MAX + 1]; // one certificate in PEM, with its line ends
    size_t ca_len;
};

// Who reads a bundle.
struct bundle_reader {
    const char *program; // the name in the first line; a bundle of another program is refused
    bool has_device;     // its bundles may name a device
};

// Reads the len bytes at text. Returns 0, or -EINVAL with a sentence in why and the number of the line that is wrong in *line. The sentence never repeats a
// password.
int bundle_parse(const char *text, size_t len, const struct bundle_reader *reader, struct bundle *out,
    unsigned *line, char why[PROTOCOL_WHY_SIZE]);

// Returns 0 where a configuration can name files in this directory: an absolute path of at most BUNDLE_DIRECTORY_MAX bytes
// without quotes, backslashes, $ and control characters. Else -EINVAL with a sentence in why.
int bundle_check_directory(const char *directory, char why[PROTOCOL_WHY_SIZE]);

// The files that a bundle is written to, and its configuration names.
struct bundle_places {
    const char *directory; // passed bundle_check_directory
    const char *password;  // a name in the directory
    const char *ca;
};

// Writes the configuration that joins the broker: the sections that both programs read (common/broker_options.h). The first
// line is mark. Where the reader has a device it is named too, with "" for the device without a name.
void bundle_config(const struct bundle *bundle, const struct bundle_places *places, const char *mark,
    const struct bundle_reader *reader, char out[BUNDLE_CONFIG_SIZE]);

#endif
