// SPDX-License-Identifier: MIT
#include "common/broker_place.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <mosquitto.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/option_value.h"

enum { ENTRY_SIZE = LINK_HOST_MAX + 24 };

static const struct {
    const char *text;
    enum link_transport transport;
} schemes[] = {{"mqtt://", LINK_TCP}, {"mqtts://", LINK_TLS}, {"unix:", LINK_UNIX}};

// Moves *text behind the scheme, if there is one.
static void take_scheme(const char **text, struct broker_place *place)
{
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t len = strlen(schemes[i].text);
        if (strncasecmp(*text, schemes[i].text, len) != 0)
            continue;
        *text += len;
        place->broker.transport = schemes[i].transport;
        place->has_scheme = true;
        return;
    }
}

static int parse_unix(const char *path, struct link_broker *broker, char why[PROTOCOL_WHY_SIZE])
{
#if LIBMOSQUITTO_VERSION_NUMBER < 2000000
    (void)broker;
    return option_refuse(why,
        "unix:%.120s: the libmosquitto of this program is older than 2.0 and reaches no unix socket; use localhost",
        path);
#else
    int major, minor, revision;

    mosquitto_lib_version(&major, &minor, &revision);
    if (major < 2)
        return option_refuse(why,
            "unix:%.100s: libmosquitto %d.%d.%d reaches no unix socket, 2.0 does; use localhost", path, major,
            minor, revision);
    if (path[0] != '/' || path[1] == '\0')
        return option_refuse(why, "\"unix:%.120s\": unix:/PATH of the broker's socket is wanted", path);
    if (strlen(path) > LINK_UNIX_MAX)
        return option_refuse(
            why, "unix: the path of a socket has at most %d bytes, not %zu", LINK_UNIX_MAX, strlen(path));
    return option_copy(broker->host, sizeof broker->host, "unix", path, why);
#endif
}

// One of "host", "host:port", "[v6]:port", "[v6]", "v6". Writes to entry, a copy of text.
static int parse_host(char *entry, const char *text, struct link_broker *broker, char why[PROTOCOL_WHY_SIZE])
{
    const char *host = entry, *port = NULL;
    char *colon = strchr(entry, ':');

    if (entry[0] == '[') {
        char *close = strchr(entry, ']');
        if (!close || close == entry + 1 || (close[1] != '\0' && close[1] != ':'))
            return option_refuse(why, "\"%s\" is no address: [IPV6] or [IPV6]:PORT", text);
        host = entry + 1;
        *close = '\0';
        if (close[1] == ':')
            port = close + 2;
    } else if (colon && !strchr(colon + 1, ':')) {
        *colon = '\0';
        port = colon + 1;
    } // more colons than one and no brackets: an IPv6 address alone
    if (host[0] == '\0')
        return option_refuse(why, "\"%s\" has no host: HOST:PORT", text);
    if (strpbrk(host, "[]"))
        return option_refuse(why, "\"%s\" is no host: brackets stand around an IPv6 address alone", text);
    if (port && option_parse_number(&broker->port, "port", port, 1, 65535, why) < 0)
        return -EINVAL;
    return option_copy(broker->host, sizeof broker->host, "host", host, why);
}

int broker_place_parse(const char *text, size_t len, struct broker_place *place, char why[PROTOCOL_WHY_SIZE])
{
    char copy[ENTRY_SIZE], entry[ENTRY_SIZE];
    const char *rest = copy;

    *place = (struct broker_place){.broker = {.port = 0}};
    if (len == 0)
        return option_refuse(why, "an empty host: HOST, HOST:PORT or [IPV6]:PORT, separated by commas");
    if (len >= sizeof copy)
        return option_refuse(why, "a host of %zu characters: at most %d", len, LINK_HOST_MAX);
    memcpy(copy, text, len);
    copy[len] = '\0';
    take_scheme(&rest, place);
    bool is_path = place->broker.transport == LINK_UNIX;
    for (const char *c = rest; *c; c++)
        if (!isgraph((unsigned char)*c) || strchr(is_path ? "\"'" : "/@\"'", *c))
            return option_refuse(why,
                "\"%s\" is no host: HOST, HOST:PORT, [IPV6]:PORT, the same after mqtt:// or mqtts://, or unix:/PATH",
                copy);
    if (is_path)
        return parse_unix(rest, &place->broker, why);
    memcpy(entry, rest, strlen(rest) + 1);
    return parse_host(entry, copy, &place->broker, why);
}

bool broker_place_is_local(const struct link_broker *broker)
{
    struct in6_addr v6;
    struct in_addr v4;

    if (broker->transport == LINK_UNIX || strcasecmp(broker->host, "localhost") == 0)
        return true;
    if (inet_pton(AF_INET, broker->host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, broker->host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

const char *broker_place_write(char out[BROKER_PLACE_SIZE], const struct broker_place *place)
{
    const struct link_broker *broker = &place->broker;
    bool v6 = broker->transport != LINK_UNIX && strchr(broker->host, ':');
    const char *scheme = "";
    char port[16] = "";

    for (size_t i = 0; place->has_scheme && i < sizeof schemes / sizeof *schemes; i++)
        if (schemes[i].transport == broker->transport)
            scheme = schemes[i].text;
    if (broker->port > 0)
        snprintf(port, sizeof port, ":%d", broker->port);
    snprintf(out, BROKER_PLACE_SIZE, v6 ? "%s[%s]%s" : "%s%s%s", scheme, broker->host, port);
    return out;
}
