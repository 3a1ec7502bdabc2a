// SPDX-License-Identifier: MIT
#include "common/broker_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/broker_place.h"
#include "common/option_value.h"

enum {
    DEFAULT_PORT = 1883,
    DEFAULT_TLS_PORT = 8883,
    KEY_PASSWORD_FILE = 0x100,
    KEY_ROOT,
    KEY_DEVICE,
    KEY_UNIX,
    KEY_CAFILE,
    KEY_CAPATH,
    KEY_CERT,
    KEY_KEY,
    KEY_INSECURE,
    KEY_TLS_VERSION,
};

enum given {
    GIVEN_USER = 1 << 0,
    GIVEN_PASSWORD = 1 << 1,
    GIVEN_KEEPALIVE = 1 << 2,
    GIVEN_QOS = 1 << 3,
    GIVEN_VERSION = 1 << 4,
    GIVEN_ROOT = 1 << 5,
    GIVEN_DEVICE = 1 << 6,
};

void broker_options_init(struct broker_options *options)
{
    *options = (struct broker_options){.keepalive_s = 10, .qos = 1, .version = 5, .root = "jetson"};
}

static int parse_version(int *out, const char *what, const char *text, char why[PROTOCOL_WHY_SIZE])
{
    if (strcmp(text, "mqttv5") == 0 || strcmp(text, "5") == 0)
        *out = 5;
    else if (strcmp(text, "mqttv311") == 0 || strcmp(text, "311") == 0)
        *out = 4;
    else
        return option_refuse(why, "%s: mqttv5 or mqttv311, not \"%.40s\"", what, text);
    return 0;
}

static int add_host(struct broker_options *options, const char *text, size_t len, char why[PROTOCOL_WHY_SIZE])
{
    struct broker_place place;

    if (options->broker_count == LINK_BROKERS_MAX)
        return option_refuse(why, "at most %d brokers", LINK_BROKERS_MAX);
    if (broker_place_parse(text, len, &place, why) < 0)
        return -EINVAL;
    options->has_scheme[options->broker_count] = place.has_scheme;
    options->brokers[options->broker_count++] = place.broker;
    return 0;
}

int broker_options_add_hosts(struct broker_options *options, const char *text, char why[PROTOCOL_WHY_SIZE])
{
    size_t before = options->broker_count;

    for (;;) {
        size_t len = strcspn(text, ",");
        if (add_host(options, text, len, why) < 0) {
            options->broker_count = before;
            return -EINVAL;
        }
        if (text[len] == '\0')
            return 0;
        text += len + 1;
    }
}

// What stands in front of the password where it was saved by an editor that marks its files.
static const char *after_byte_order_mark(const char *line)
{
    return strncmp(line, "\xef\xbb\xbf", 3) == 0 ? line + 3 : line;
}

static bool is_utf16(const char *line)
{
    return strncmp(line, "\xff\xfe", 2) == 0 || strncmp(line, "\xfe\xff", 2) == 0;
}

int broker_options_read_password(
    const char *path, char out[128], char warning[PROTOCOL_WHY_SIZE], char why[PROTOCOL_WHY_SIZE])
{
    char line[256];
    struct stat info;
    FILE *file = fopen(path, "re");
    int rc = 0;

    warning[0] = '\0';
    if (!file) {
        rc = -errno;
        option_refuse(why, "%.300s: %s", path, strerror(errno));
        return rc;
    }
    errno = 0;
    if (!fgets(line, sizeof line, file)) {
        rc = errno != 0 ? -errno : -EINVAL;
        option_refuse(
            why, "%.300s: %s", path, errno != 0 ? strerror(errno) : "empty: the password is its first line");
        goto close;
    }
    if (is_utf16(line)) {
        rc = option_refuse(why, "%.300s: is UTF-16; save it as UTF-8", path);
        goto wipe;
    }
    line[strcspn(line, "\r\n")] = '\0';
    const char *password = after_byte_order_mark(line);
    size_t len = strlen(password);
    if (len == 0 || len >= 128) {
        rc = option_refuse(
            why, "%.300s: a password of 1 to 127 characters in the first line, not %zu", path, len);
        goto wipe;
    }
    memcpy(out, password, len + 1);
    if (fstat(fileno(file), &info) == 0 && S_ISREG(info.st_mode) && (info.st_mode & S_IROTH))
        snprintf(warning, PROTOCOL_WHY_SIZE,
            "%.300s: every user of this machine can read it; chmod o-r hides it", path);
wipe:
    explicit_bzero(line, sizeof line);
close:
    fclose(file);
    return rc;
}

static int set_password_file(struct broker_options *options, const char *path, char why[PROTOCOL_WHY_SIZE])
{
    if (!*path)
        return option_refuse(why, "the path of a file is wanted, whose first line is the password");
    if (option_copy(options->password_file, sizeof options->password_file, "password file", path, why) < 0)
        return -EINVAL;
    return broker_options_read_password(path, options->password, options->warning, why);
}

static const struct argp_option argp_options[] = {
    {"host", 'h', "HOST[:PORT][,…]", 0,
        "Broker; several, or several -h, are tried in order; mqtts:// before it asks for TLS", 1},
    {"port", 'p', "PORT", 0, "Port of the brokers without one of their own (1883; with TLS 8883)", 1},
    {"unix", KEY_UNIX, "FILE", 0, "Broker at this unix socket, as -h unix:FILE", 1},
    {"username", 'u', "NAME", 0, "User name at the broker", 1},
    {"pw", 'P', "PASSWORD", 0, "Password; other users of this machine can see it: use --password-file", 1},
    {"password-file", KEY_PASSWORD_FILE, "FILE", 0, "Read the password from the first line of FILE", 1},
    {"id", 'i', "ID", 0, "Client id", 1},
    {"keepalive", 'k', "SECONDS", 0, "Keep-alive, 5 to 65535 (10)", 1},
    {"qos", 'q', "QOS", 0, "Quality of service of commands: 0, 1 or 2 (1)", 1},
    {"protocol-version", 'V', "VERSION", 0,
        "mqttv5, falling back to 3.1.1 where the broker is older; or mqttv311 (mqttv5)", 1},
    {"root", KEY_ROOT, "TOPIC", 0, "Topic above control and status (jetson)", 1},
    {"device", KEY_DEVICE, "NAME", 0, "Name of the device", 1},
    {"cafile", KEY_CAFILE, "FILE", 0, "TLS: trust the authorities in FILE (PEM), not the system's", 1},
    {"capath", KEY_CAPATH, "FILE", 0, "TLS: trust the authorities in this directory", 1},
    {"cert", KEY_CERT, "FILE", 0, "TLS: show the broker this certificate (PEM)", 1},
    {"key", KEY_KEY, "FILE", 0, "TLS: the key of --cert (PEM)", 1},
    {"insecure", KEY_INSECURE, NULL, 0, "TLS: do not look at the names in the broker's certificate", 1},
    {"tls-version", KEY_TLS_VERSION, "VERSION", 0,
        "TLS: the oldest version to speak, tlsv1.2 or tlsv1.3 (tlsv1.2)", 1},
    {0},
};

static int add_hosts_of_line(struct broker_options *options, const char *text, char why[PROTOCOL_WHY_SIZE])
{
    if (!options->hosts_from_command_line)
        options->broker_count = 0;
    options->hosts_from_command_line = true;
    return broker_options_add_hosts(options, text, why);
}

static int add_unix(struct broker_options *options, const char *path, char why[PROTOCOL_WHY_SIZE])
{
    char text[LINK_HOST_MAX + 8];

    if (path[strcspn(path, ",")] != '\0' || snprintf(text, sizeof text, "unix:%s", path) >= (int)sizeof text)
        return option_refuse(
            why, "the path of a socket without a comma, of at most %d bytes, is wanted", LINK_UNIX_MAX);
    return add_hosts_of_line(options, text, why);
}

static int parse_option(struct broker_options *options, int key, const char *arg, char why[PROTOCOL_WHY_SIZE])
{
    switch (key) {
    case 'h':
        return add_hosts_of_line(options, arg, why);
    case KEY_UNIX:
        return add_unix(options, arg, why);
    case 'p':
        return option_parse_number(&options->default_port, "port", arg, 1, 65535, why);
    case 'u':
        if (!(options->given & GIVEN_PASSWORD))
            options->password[0] = options->password_file[0] = '\0'; // of the user that a file named
        options->given |= GIVEN_USER;
        return option_copy_printable(options->user, sizeof options->user, "user name", arg, why);
    case 'P':
        options->given |= GIVEN_PASSWORD;
        options->password_on_command_line = true;
        options->warning[0] = options->password_file[0] = '\0';
        return option_copy(options->password, sizeof options->password, "password", arg, why);
    case KEY_PASSWORD_FILE:
        options->given |= GIVEN_PASSWORD;
        options->password_on_command_line = false;
        return set_password_file(options, arg, why);
    case 'i':
        return option_copy_printable(options->client_id, sizeof options->client_id, "client id", arg, why);
    case 'k':
        options->given |= GIVEN_KEEPALIVE;
        return option_parse_number(&options->keepalive_s, "keep-alive", arg, 5, 65535, why);
    case 'q':
        options->given |= GIVEN_QOS;
        return option_parse_number(&options->qos, "QoS", arg, 0, 2, why);
    case 'V':
        options->given |= GIVEN_VERSION;
        return parse_version(&options->version, "protocol version", arg, why);
    case KEY_ROOT:
        options->given |= GIVEN_ROOT;
        if (protocol_check_root(arg, why) < 0)
            return -EINVAL;
        return option_copy(options->root, sizeof options->root, "root", arg, why);
    case KEY_DEVICE:
        options->given |= GIVEN_DEVICE;
        if (protocol_check_device(arg, why) < 0)
            return -EINVAL;
        return option_copy(options->device, sizeof options->device, "device", arg, why);
    case KEY_CAFILE:
        return broker_tls_set_by_line(&options->tls, "cafile", arg, why);
    case KEY_CAPATH:
        return broker_tls_set_by_line(&options->tls, "capath", arg, why);
    case KEY_CERT:
        return broker_tls_set_by_line(&options->tls, "cert", arg, why);
    case KEY_KEY:
        return broker_tls_set_by_line(&options->tls, "key", arg, why);
    case KEY_INSECURE:
        return broker_tls_set_by_line(&options->tls, "insecure", "true", why);
    case KEY_TLS_VERSION:
        return broker_tls_set_by_line(&options->tls, "version", arg, why);
    default:
        return option_refuse(why, "no option of the broker's");
    }
}

static const struct argp_option *find_option(int key)
{
    for (const struct argp_option *option = argp_options; option->name; option++)
        if (option->key == key)
            return option;
    return NULL;
}

static void note_missing_password(struct broker_options *options)
{
    options->user_without_password = options->user[0] != '\0' && options->password[0] == '\0';
}

static const char *option_name(const struct argp_option *option, char out[32])
{
    if (option->key < 0x100)
        snprintf(out, 32, "-%c", option->key);
    else
        snprintf(out, 32, "--%s", option->name);
    return out;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct broker_options *options = state->input;
    char why[PROTOCOL_WHY_SIZE], name[32];

    if (!options)
        return ARGP_ERR_UNKNOWN;
    if (key == ARGP_KEY_END) {
        note_missing_password(options);
        return 0;
    }
    const struct argp_option *option = find_option(key);
    if (!option)
        return ARGP_ERR_UNKNOWN;
    if (parse_option(options, key, arg, why) == 0)
        return 0;
    argp_error(state, "%s: %s", option_name(option, name), why);
    return EINVAL;
}

const struct argp broker_options_argp = {.options = argp_options, .parser = parse};

cfg_opt_t broker_options_login_cfg[] = {
    CFG_STR("user", NULL, CFGF_NONE), CFG_STR("password_file", NULL, CFGF_NONE), CFG_END()};

static int hosts_from_cfg(struct broker_options *options, cfg_t *cfg, char why[PROTOCOL_WHY_SIZE])
{
    unsigned count = cfg_size(cfg, "broker");

    if (options->hosts_from_command_line || options->held || count == 0)
        return 0;
    options->broker_count = 0;
    for (unsigned i = 0; i < count; i++)
        if (broker_options_add_hosts(options, cfg_getnstr(cfg, "broker", i), why) < 0)
            return option_refuse_key(why, "broker");
    return 0;
}

static int login_from_cfg(
    struct broker_options *options, cfg_t *login, const char **key, char why[PROTOCOL_WHY_SIZE])
{
    const char *user = login ? cfg_getstr(login, "user") : NULL;
    const char *file = login ? cfg_getstr(login, "password_file") : NULL;

    // A password belongs to its user: a user of the command line does not get the file's.
    if (options->given & GIVEN_USER || options->held)
        return 0;
    *key = "login|password_file";
    if (file && !user)
        return option_refuse(why, "login: password_file without user");
    *key = "login|user";
    if (user && option_copy_printable(options->user, sizeof options->user, "login: user", user, why) < 0)
        return -EINVAL;
    *key = "login|password_file";
    if (file && !(options->given & GIVEN_PASSWORD) && set_password_file(options, file, why) < 0)
        return option_refuse_key(why, "login");
    return 0;
}

static int topics_from_cfg(
    struct broker_options *options, cfg_t *cfg, const char **key, char why[PROTOCOL_WHY_SIZE])
{
    const char *root = cfg_getstr(cfg, "root"), *device = cfg_getstr(cfg, "device");
    *key = "root";
    if (root && !(options->given & GIVEN_ROOT) &&
        (protocol_check_root(root, why) < 0 ||
            option_copy(options->root, sizeof options->root, "root", root, why) < 0))
        return option_refuse_key(why, *key);
    *key = "device";
    if (device && !(options->given & GIVEN_DEVICE) &&
        (protocol_check_device(device, why) < 0 ||
            option_copy(options->device, sizeof options->device, "device", device, why) < 0))
        return option_refuse_key(why, *key);
    return 0;
}

static int session_from_cfg(
    struct broker_options *options, cfg_t *cfg, const char **key, char why[PROTOCOL_WHY_SIZE])
{
    const char *version = cfg_getstr(cfg, "version");
    long qos = cfg_getint(cfg, "qos"), keepalive = cfg_getint(cfg, "keepalive");
    // -1 is the default of BROKER_OPTIONS_CFG: not in the file.
    *key = "qos";
    if (qos != -1 && !(options->given & GIVEN_QOS) &&
        option_check_number(&options->qos, "qos", qos, 0, 2, why) < 0)
        return -EINVAL;
    *key = "keepalive";
    if (keepalive != -1 && !(options->given & GIVEN_KEEPALIVE) &&
        option_check_number(&options->keepalive_s, "keepalive", keepalive, 5, 65535, why) < 0)
        return -EINVAL;
    *key = "version";
    if (version && !(options->given & GIVEN_VERSION))
        return parse_version(&options->version, "version", version, why);
    return 0;
}

static struct link_broker resolved(const struct broker_options *options, size_t i)
{
    struct link_broker broker = options->brokers[i];

    if (!options->has_scheme[i] && options->tls.wanted)
        broker.transport = LINK_TLS;
    if (broker.transport == LINK_UNIX)
        broker.port = 0;
    else if (broker.port == 0 && options->default_port > 0)
        broker.port = options->default_port;
    else if (broker.port == 0)
        broker.port = broker.transport == LINK_TLS ? DEFAULT_TLS_PORT : DEFAULT_PORT;
    return broker;
}

static bool speaks_tls(const struct broker_options *options)
{
    for (size_t i = 0; i < options->broker_count; i++)
        if (resolved(options, i).transport == LINK_TLS)
            return true;
    return options->tls.wanted;
}

// Whoever can block the port for TLS would otherwise push the program down to a broker without it.
static int check_secrecy(const struct broker_options *options, size_t i, char why[PROTOCOL_WHY_SIZE])
{
    struct broker_place place = {options->brokers[i], options->has_scheme[i]}, right = place;
    char written[BROKER_PLACE_SIZE], wanted[BROKER_PLACE_SIZE];
    struct link_broker broker = resolved(options, i);

    if (broker.transport == LINK_TLS || broker_place_is_local(&broker))
        return 0;
    right.broker.transport = LINK_TLS;
    right.broker.port = 0; // that of the plain listener is not the right one
    right.has_scheme = true;
    broker_place_write(written, &place);
    broker_place_write(wanted, &right);
    if (options->user[0] != '\0')
        return option_refuse(why, "%s: the login would go there without TLS, for everybody to read; write %s",
            written, wanted);
    if (speaks_tls(options))
        return option_refuse(why, "%s: is without TLS, in a list with TLS; write %s", written, wanted);
    return 0;
}

int broker_options_from_cfg(
    struct broker_options *options, cfg_t *cfg, const char **key, char why[PROTOCOL_WHY_SIZE])
{
    const char *unused;
    cfg_t *tls =
        cfg_size(cfg, "tls") > 0 ? cfg_getsec(cfg, "tls") : NULL; // asked for in vain, libconfuse complains

    if (!key)
        key = &unused;
    *key = "broker";
    if (hosts_from_cfg(options, cfg, why) < 0 || topics_from_cfg(options, cfg, key, why) < 0 ||
        session_from_cfg(options, cfg, key, why) < 0 ||
        login_from_cfg(options, cfg_getsec(cfg, "login"), key, why) < 0 ||
        (!options->held && broker_tls_from_cfg(&options->tls, tls, key, why) < 0))
        return -EINVAL;
    note_missing_password(options);
    *key = "broker";
    for (size_t i = 0; i < options->broker_count && !options->hosts_from_command_line; i++)
        if (check_secrecy(options, i, why) < 0)
            return option_refuse_key(why, "broker");
    return 0;
}

bool broker_options_are_given(const struct broker_options *options)
{
    return options->hosts_from_command_line || options->given || options->tls.given ||
           options->default_port || options->client_id[0];
}

void broker_options_hold(struct broker_options *options, cfg_t *cfg)
{
    options->held = true;
    if (cfg_getstr(cfg, "root"))
        options->given |= GIVEN_ROOT;
    if (cfg_getstr(cfg, "device"))
        options->given |= GIVEN_DEVICE;
}

int broker_options_check(
    const struct broker_options *options, const char *default_host, char why[PROTOCOL_WHY_SIZE])
{
    struct broker_options whole = *options;
    const char *key;
    int rc = 0;

    if (options->password[0] != '\0' && options->user[0] == '\0')
        return option_refuse(why,
            "a password without a user name: -u NAME, or login { user = \"NAME\" } in the configuration");
    if (broker_tls_check(&options->tls, &key, why) < 0)
        return -EINVAL;
    if (whole.broker_count == 0)
        rc = broker_options_add_hosts(&whole, default_host, why);
    for (size_t i = 0; i < whole.broker_count && rc == 0; i++)
        rc = check_secrecy(&whole, i, why);
    explicit_bzero(whole.password, sizeof whole.password);
    return rc;
}

void broker_options_to_link(
    const struct broker_options *options, const char *default_host, struct link_options *link)
{
    *link = (struct link_options){.keepalive_s = options->keepalive_s, .version = options->version};
    struct broker_options whole = {.broker_count = 0};
    char why[PROTOCOL_WHY_SIZE];

    if (options->broker_count == 0) {
        whole.tls = options->tls;
        whole.default_port = options->default_port;
        broker_options_add_hosts(&whole, default_host, why);
    }
    const struct broker_options *list = options->broker_count == 0 ? &whole : options;
    for (size_t i = 0; i < list->broker_count; i++)
        link->brokers[i] = resolved(list, i);
    link->broker_count = list->broker_count;
    link->tls = options->tls.options;
    memcpy(link->client_id, options->client_id, sizeof link->client_id);
    memcpy(link->user, options->user, sizeof link->user);
    memcpy(link->password, options->password, sizeof link->password);
}
