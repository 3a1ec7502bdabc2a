// SPDX-License-Identifier: MIT
// What both programs need to reach a broker, from the command line (argp child) and from a file (libconfuse
// options).
#ifndef COMMON_BROKER_OPTIONS_H
#define COMMON_BROKER_OPTIONS_H

#include <argp.h>
#include <confuse.h>

#include "common/broker_tls.h"
#include "common/mqtt/link.h"
#include "common/protocol/protocol.h"

struct broker_options {
    struct link_broker brokers[LINK_BROKERS_MAX]; // port 0: the default port, known when all options are
    bool has_scheme[LINK_BROKERS_MAX]; // of each broker; without one it speaks TLS where tls.wanted says so
    size_t broker_count;
    int default_port;                  // -p; for hosts without a port of their own; 0 = 1883, with TLS 8883
    char client_id[64];                // -i
    char user[128];                    // -u
    char password[128];                // -P, --password-file
    char password_file[TLS_PATH_SIZE]; // where it was read from; "" = nowhere
    bool password_on_command_line;     // callers warn: others can see it
    char warning[PROTOCOL_WHY_SIZE];   // what else callers should warn of; "" = nothing
    bool user_without_password;        // pc-tui asks on the terminal
    int keepalive_s;                   // -k (5 to 65535)
    int qos;                           // -q (0 to 2)
    int version;                       // -V mqttv5 | mqttv311 | 5 | 311
    char root[PROTOCOL_ROOT_MAX + 1];  // --root
    char device[PROTOCOL_DEVICE_MAX + 1]; // --device
    bool hosts_from_command_line;         // the first -h replaces what a file said
    struct broker_tls tls;                // --cafile and so on
    bool held;                            // broker_options_hold was called
    unsigned given; // what the command line set or a file holds, a bit each: a file does not change it
};

// Sets every default: no broker, no TLS, keep-alive 10 s, QoS 1, MQTT 5, root "jetson", device "".
void broker_options_init(struct broker_options *options);

// The argp child: -h -p --unix -u -P -i -k -q -V --password-file --root --device --cafile --capath --cert --key --insecure
// --tls-version. Its input is the struct,
// initialised (a NULL input is for --help alone). Errors go through argp_error (usage status). The command
// line wins over a file whichever of them is read first.
extern const struct argp broker_options_argp;

// Whether the command line said anything of them.
bool broker_options_are_given(const struct broker_options *options);

// Fills hosts, ports and so on from text, a comma-separated list of what broker_place_parse reads.
// 0, or -EINVAL with what would be right in why.
int broker_options_add_hosts(struct broker_options *options, const char *text, char why[PROTOCOL_WHY_SIZE]);

// The same keys for a configuration file: place in a cfg_opt_t list (broker, root, device, qos, keepalive,
// version, login { user, password_file }, tls { … }). broker_options_from_cfg reads them; 0, or -EINVAL with a sentence
// in why that begins with the key, and in *key (may be NULL) the key that is wrong, as cfg_getopt names it: "broker", or
// "login|user". A login or TLS together with a broker that is reached without TLS, and not on this computer, is such a
// mistake ("broker").
#define BROKER_OPTIONS_CFG                                                                                   \
    CFG_STR_LIST("broker", NULL, CFGF_NONE), CFG_STR("root", NULL, CFGF_NONE),                               \
        CFG_STR("device", NULL, CFGF_NONE), CFG_INT("qos", -1, CFGF_NONE),                                   \
        CFG_INT("keepalive", -1, CFGF_NONE), CFG_STR("version", NULL, CFGF_NONE),                            \
        CFG_SEC("login", broker_options_login_cfg, CFGF_NONE), BROKER_TLS_CFG
extern cfg_opt_t broker_options_login_cfg[];
int broker_options_from_cfg(
    struct broker_options *options, cfg_t *cfg, const char **key, char why[PROTOCOL_WHY_SIZE]);

// What the options now say of brokers, login and TLS holds, and the topics that the file cfg names: a file that is read
// afterwards does not change them. The command line still does. For a file that wins over another one.
void broker_options_hold(struct broker_options *options, cfg_t *cfg);

// Reads a password file: its first line, without the line end and without a byte order mark. warning gets a sentence
// where every user of the machine can read the file, else "". 0, or a negative errno with a sentence in why.
int broker_options_read_password(
    const char *path, char out[128], char warning[PROTOCOL_WHY_SIZE], char why[PROTOCOL_WHY_SIZE]);

// What can only be checked when the command line and the file were read. default_host is used where no broker was named.
// 0, or -EINVAL with a sentence in why.
int broker_options_check(
    const struct broker_options *options, const char *default_host, char why[PROTOCOL_WHY_SIZE]);

// What link_new wants, without topics and will, with the transport and the port of every broker.
void broker_options_to_link(
    const struct broker_options *options, const char *default_host, struct link_options *link);

#endif
