// SPDX-License-Identifier: MIT
#include "common/broker_options.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/text.h"

enum {
    DEFAULT_PORT = 1883,
    KEY_PASSWORD_FILE = 0x100,
    KEY_ROOT,
    KEY_DEVICE,
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
    *options = (struct broker_options){
        .default_port = DEFAULT_PORT, .keepalive_s = 10, .qos = 1, .version = 5, .root = "jetson"};
}

__attribute__((format(printf, 2, 3))) static int refuse(char why[PROTOCOL_WHY_SIZE], const char *format, ...)
{
    char sentence[PROTOCOL_WHY_SIZE];
    va_list args;

    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    // It repeats what somebody wrote, and is shown on a terminal.
    text_clean(why, PROTOCOL_WHY_SIZE, sentence, strlen(sentence), PROTOCOL_WHY_CHARS);
    return -EINVAL;
}

static int copy_text(char *out, size_t size, const char *what, const char *text, char why[PROTOCOL_WHY_SIZE])
{
    size_t len = strlen(text);

    if (len >= size)
        return refuse(why, "%s: at most %zu characters, not %zu", what, size - 1, len);
    memcpy(out, text, len + 1);
    return 0;
}

static int check_number(
    int *out, const char *what, long number, long least, long most, char why[PROTOCOL_WHY_SIZE])
{
    if (number < least || number > most)
        return refuse(why, "%s: a number from %ld to %ld, not %ld", what, least, most, number);
    *out = (int)number;
    return 0;
}

static int parse_number(
    int *out, const char *what, const char *text, long least, long most, char why[PROTOCOL_WHY_SIZE])
{
    char *end;

    errno = 0;
    long number = strtol(text, &end, 10);
    // strtol takes leading blanks and signs; a port or a second has neither.
    if (!isdigit((unsigned char)text[0]) || *end != '\0' || errno != 0 || number < least || number > most)
        return refuse(why, "%s: a number from %ld to %ld, not \"%.40s\"", what, least, most, text);
    *out = (int)number;
    return 0;
}

static int parse_version(int *out, const char *what, const char *text, char why[PROTOCOL_WHY_SIZE])
{
    if (strcmp(text, "mqttv5") == 0 || strcmp(text, "5") == 0)
        *out = 5;
    else if (strcmp(text, "mqttv311") == 0 || strcmp(text, "311") == 0)
        *out = 4;
    else
        return refuse(why, "%s: mqttv5 or mqttv311, not \"%.40s\"", what, text);
    return 0;
}

// One of "host", "host:port", "[v6]:port", "[v6]", "v6".
static int add_host(struct broker_options *options, const char *text, size_t len, char why[PROTOCOL_WHY_SIZE])
{
    char entry[LINK_HOST_MAX + 16];
    const char *host = entry, *port = NULL;

    if (options->broker_count == LINK_BROKERS_MAX)
        return refuse(why, "at most %d brokers", LINK_BROKERS_MAX);
    if (len == 0)
        return refuse(why, "an empty host: HOST, HOST:PORT or [IPV6]:PORT, separated by commas");
    if (len >= sizeof entry)
        return refuse(why, "a host of %zu characters: at most %d", len, LINK_HOST_MAX);
    memcpy(entry, text, len);
    entry[len] = '\0';
    for (size_t i = 0; i < len; i++)
        if (!isgraph((unsigned char)entry[i]) || strchr("/@\"'", entry[i]))
            return refuse(why, "\"%s\" is no host: HOST, HOST:PORT or [IPV6]:PORT", entry);

    char *colon = strchr(entry, ':');
    if (entry[0] == '[') {
        char *close = strchr(entry, ']');
        if (!close || close == entry + 1 || (close[1] != '\0' && close[1] != ':'))
            return refuse(why, "\"%s\" is no address: [IPV6] or [IPV6]:PORT", entry);
        host = entry + 1;
        *close = '\0';
        if (close[1] == ':')
            port = close + 2;
    } else if (colon && !strchr(colon + 1, ':')) {
        *colon = '\0';
        port = colon + 1;
    } // more colons than one and no brackets: an IPv6 address alone

    struct link_broker *broker = &options->brokers[options->broker_count];
    broker->port = 0;
    if (host[0] == '\0')
        return refuse(why, "\"%.*s\" has no host: HOST:PORT", (int)len, text);
    if (strpbrk(host, "[]"))
        return refuse(
            why, "\"%.*s\" is no host: brackets stand around an IPv6 address alone", (int)len, text);
    if (port && parse_number(&broker->port, "port", port, 1, 65535, why) < 0)
        return -EINVAL;
    if (copy_text(broker->host, sizeof broker->host, "host", host, why) < 0)
        return -EINVAL;
    options->broker_count++;
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
        refuse(why, "%.300s: %s", path, strerror(errno));
        return rc;
    }
    errno = 0;
    if (!fgets(line, sizeof line, file)) {
        rc = errno != 0 ? -errno : -EINVAL;
        refuse(
            why, "%.300s: %s", path, errno != 0 ? strerror(errno) : "empty: the password is its first line");
        goto close;
    }
    if (is_utf16(line)) {
        rc = refuse(why, "%.300s: is UTF-16; save it as UTF-8", path);
        goto wipe;
    }
    line[strcspn(line, "\r\n")] = '\0';
    const char *password = after_byte_order_mark(line);
    size_t len = strlen(password);
    if (len == 0 || len >= 128) {
        rc = refuse(why, "%.300s: a password of 1 to 127 characters in the first line, not %zu", path, len);
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

static const struct argp_option argp_options[] = {
    {"host", 'h', "HOST[:PORT][,…]", 0, "Broker; several, or several -h, are tried in order", 1},
    {"port", 'p', "PORT", 0, "Port of the brokers without one of their own (1883)", 1},
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
    {0},
};

static int parse_option(struct broker_options *options, int key, const char *arg, char why[PROTOCOL_WHY_SIZE])
{
    switch (key) {
    case 'h':
        if (!options->hosts_from_command_line)
            options->broker_count = 0;
        options->hosts_from_command_line = true;
        return broker_options_add_hosts(options, arg, why);
    case 'p':
        return parse_number(&options->default_port, "port", arg, 1, 65535, why);
    case 'u':
        if (!(options->given & GIVEN_PASSWORD))
            options->password[0] = '\0'; // of the user that a file named
        options->given |= GIVEN_USER;
        return copy_text(options->user, sizeof options->user, "user name", arg, why);
    case 'P':
        options->given |= GIVEN_PASSWORD;
        options->password_on_command_line = true;
        options->warning[0] = '\0';
        return copy_text(options->password, sizeof options->password, "password", arg, why);
    case KEY_PASSWORD_FILE:
        options->given |= GIVEN_PASSWORD;
        options->password_on_command_line = false;
        return broker_options_read_password(arg, options->password, options->warning, why);
    case 'i':
        return copy_text(options->client_id, sizeof options->client_id, "client id", arg, why);
    case 'k':
        options->given |= GIVEN_KEEPALIVE;
        return parse_number(&options->keepalive_s, "keep-alive", arg, 5, 65535, why);
    case 'q':
        options->given |= GIVEN_QOS;
        return parse_number(&options->qos, "QoS", arg, 0, 2, why);
    case 'V':
        options->given |= GIVEN_VERSION;
        return parse_version(&options->version, "protocol version", arg, why);
    case KEY_ROOT:
        options->given |= GIVEN_ROOT;
        if (protocol_check_root(arg, why) < 0)
            return -EINVAL;
        return copy_text(options->root, sizeof options->root, "root", arg, why);
    case KEY_DEVICE:
        options->given |= GIVEN_DEVICE;
        if (protocol_check_device(arg, why) < 0)
            return -EINVAL;
        return copy_text(options->device, sizeof options->device, "device", arg, why);
    default:
        return refuse(why, "no option of the broker's");
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

static int prefix(const char *key, char why[PROTOCOL_WHY_SIZE])
{
    char text[PROTOCOL_WHY_SIZE];

    memcpy(text, why, sizeof text);
    return refuse(why, "%s: %.*s", key, (int)(PROTOCOL_WHY_SIZE - 16), text);
}

static int hosts_from_cfg(struct broker_options *options, cfg_t *cfg, char why[PROTOCOL_WHY_SIZE])
{
    unsigned count = cfg_size(cfg, "broker");

    if (options->hosts_from_command_line || count == 0)
        return 0;
    options->broker_count = 0;
    for (unsigned i = 0; i < count; i++)
        if (broker_options_add_hosts(options, cfg_getnstr(cfg, "broker", i), why) < 0)
            return prefix("broker", why);
    return 0;
}

static int login_from_cfg(
    struct broker_options *options, cfg_t *login, const char **key, char why[PROTOCOL_WHY_SIZE])
{
    const char *user = login ? cfg_getstr(login, "user") : NULL;
    const char *file = login ? cfg_getstr(login, "password_file") : NULL;

    // A password belongs to its user: a user of the command line does not get the file's.
    if (options->given & GIVEN_USER)
        return 0;
    *key = "password_file";
    if (file && !user)
        return refuse(why, "login: password_file without user");
    *key = "user";
    if (user && copy_text(options->user, sizeof options->user, "login: user", user, why) < 0)
        return -EINVAL;
    *key = "password_file";
    if (file && !(options->given & GIVEN_PASSWORD) &&
        broker_options_read_password(file, options->password, options->warning, why) < 0)
        return prefix("login", why);
    return 0;
}

static int topics_from_cfg(
    struct broker_options *options, cfg_t *cfg, const char **key, char why[PROTOCOL_WHY_SIZE])
{
    const char *root = cfg_getstr(cfg, "root"), *device = cfg_getstr(cfg, "device");
    *key = "root";
    if (root && !(options->given & GIVEN_ROOT) &&
        (protocol_check_root(root, why) < 0 ||
            copy_text(options->root, sizeof options->root, "root", root, why) < 0))
        return prefix(*key, why);
    *key = "device";
    if (device && !(options->given & GIVEN_DEVICE) &&
        (protocol_check_device(device, why) < 0 ||
            copy_text(options->device, sizeof options->device, "device", device, why) < 0))
        return prefix(*key, why);
    return 0;
}

static int session_from_cfg(
    struct broker_options *options, cfg_t *cfg, const char **key, char why[PROTOCOL_WHY_SIZE])
{
    const char *version = cfg_getstr(cfg, "version");
    long qos = cfg_getint(cfg, "qos"), keepalive = cfg_getint(cfg, "keepalive");
    // -1 is the default of BROKER_OPTIONS_CFG: not in the file.
    *key = "qos";
    if (qos != -1 && !(options->given & GIVEN_QOS) && check_number(&options->qos, "qos", qos, 0, 2, why) < 0)
        return -EINVAL;
    *key = "keepalive";
    if (keepalive != -1 && !(options->given & GIVEN_KEEPALIVE) &&
        check_number(&options->keepalive_s, "keepalive", keepalive, 5, 65535, why) < 0)
        return -EINVAL;
    *key = "version";
    if (version && !(options->given & GIVEN_VERSION))
        return parse_version(&options->version, "version", version, why);
    return 0;
}

int broker_options_from_cfg(
    struct broker_options *options, cfg_t *cfg, const char **key, char why[PROTOCOL_WHY_SIZE])
{
    const char *unused;
    if (!key)
        key = &unused;
    *key = "broker";
    if (hosts_from_cfg(options, cfg, why) < 0 || topics_from_cfg(options, cfg, key, why) < 0 ||
        session_from_cfg(options, cfg, key, why) < 0 ||
        login_from_cfg(options, cfg_getsec(cfg, "login"), key, why) < 0)
        return -EINVAL;
    note_missing_password(options);
    return 0;
}

int broker_options_check(const struct broker_options *options, char why[PROTOCOL_WHY_SIZE])
{
    if (options->password[0] != '\0' && options->user[0] == '\0')
        return refuse(why,
            "a password without a user name: -u NAME, or login { user = \"NAME\" } in the configuration");
    return 0;
}

void broker_options_to_link(
    const struct broker_options *options, const char *default_host, struct link_options *link)
{
    *link = (struct link_options){.keepalive_s = options->keepalive_s, .version = options->version};
    memcpy(link->brokers, options->brokers, sizeof link->brokers);
    link->broker_count = options->broker_count;
    if (link->broker_count == 0) {
        snprintf(link->brokers[0].host, sizeof link->brokers[0].host, "%s", default_host);
        link->brokers[0].port = 0;
        link->broker_count = 1;
    }
    for (size_t i = 0; i < link->broker_count; i++)
        if (link->brokers[i].port == 0)
            link->brokers[i].port = options->default_port;
    memcpy(link->client_id, options->client_id, sizeof link->client_id);
    memcpy(link->user, options->user, sizeof link->user);
    memcpy(link->password, options->password, sizeof link->password);
}
