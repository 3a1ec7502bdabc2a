// SPDX-License-Identifier: MIT
// The options of TLS, as the command line and the section tls of a configuration file have them.
#ifndef COMMON_BROKER_TLS_H
#define COMMON_BROKER_TLS_H

#include <confuse.h>

#include "common/mqtt/tls_options.h"
#include "common/protocol/protocol.h"

struct broker_tls {
    struct tls_options options;
    bool wanted;    // the section is there, or an option was given: brokers without a scheme speak TLS
    unsigned given; // what the command line set, a bit each: a file does not change it
};

// Sets what the key of the section is named: cafile, capath, cert, key, name, insecure ("true", "false"), version ("tlsv1.2",
// "tlsv1.3"). `what` stands in the sentence. 0, or -EINVAL with what would be right in why.
int broker_tls_set(struct tls_options *options, const char *key, const char *what, const char *text,
    char why[PROTOCOL_WHY_SIZE]);

// The same from the command line, which wins over every file.
int broker_tls_set_by_line(
    struct broker_tls *tls, const char *key, const char *text, char why[PROTOCOL_WHY_SIZE]);

// For a cfg_opt_t list. The section counts as given if it is there, even if it is empty.
#define BROKER_TLS_CFG CFG_SEC("tls", broker_tls_cfg, CFGF_NODEFAULT)
extern cfg_opt_t broker_tls_cfg[];
// section: NULL = the file has none. A section takes the place of that of a file that was read before. *key: as in
// broker_options_from_cfg.
int broker_tls_from_cfg(
    struct broker_tls *tls, cfg_t *section, const char **key, char why[PROTOCOL_WHY_SIZE]);

// What can only be checked when everything was read. *key: as above.
int broker_tls_check(const struct broker_tls *tls, const char **key, char why[PROTOCOL_WHY_SIZE]);

#endif
