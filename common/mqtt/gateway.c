// SPDX-License-Identifier: MIT
#include "common/mqtt/gateway.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

enum {
    // The kernel's include/uapi/linux/route.h.
    ROUTE_UP = 0x0001,
    ROUTE_GATEWAY = 0x0002,
    ROUTE_REJECT = 0x0200,
    LINE_SIZE = 256,
    PATH_SIZE = 512,
};

struct route {
    uint32_t metric;
    char address[RESOLVER_ADDRESS_SIZE];
};

struct routes { // sorted by metric
    struct route items[RESOLVER_ADDRESSES_MAX];
    size_t count;
};

bool gateway_is_meant(const char *host)
{
    return strcmp(host, "gateway") == 0;
}

static bool is_usable(unsigned flags)
{
    return (flags & (ROUTE_UP | ROUTE_GATEWAY | ROUTE_REJECT)) == (ROUTE_UP | ROUTE_GATEWAY);
}

static void remove_at(struct routes *routes, size_t at)
{
    routes->count--;
    memmove(&routes->items[at], &routes->items[at + 1], (routes->count - at) * sizeof routes->items[0]);
}

// Two interfaces may lead to one router: it counts once, with its smaller metric.
static void insert(struct routes *routes, uint32_t metric, const char *address)
{
    size_t at = 0;

    for (size_t i = 0; i < routes->count; i++) {
        if (strcmp(routes->items[i].address, address) != 0)
            continue;
        if (routes->items[i].metric <= metric)
            return;
        remove_at(routes, i);
        break;
    }
    while (at < routes->count && routes->items[at].metric <= metric)
        at++;
    if (at == RESOLVER_ADDRESSES_MAX)
        return;
    if (routes->count == RESOLVER_ADDRESSES_MAX)
        routes->count--;
    memmove(&routes->items[at + 1], &routes->items[at], (routes->count - at) * sizeof routes->items[0]);
    routes->items[at].metric = metric;
    snprintf(routes->items[at].address, sizeof routes->items[at].address, "%s", address);
    routes->count++;
}

// "wlan0 00000000 0137A8C0 0003 0 0 600 00000000 0 0 0": the addresses are numbers of this machine's byte order.
static void read_ipv4(const char *line, struct routes *routes)
{
    char text[INET_ADDRSTRLEN];
    uint32_t destination, hop, mask, metric;
    unsigned flags;

    if (sscanf(line, "%*s %" SCNx32 " %" SCNx32 " %x %*d %*d %" SCNu32 " %" SCNx32, &destination, &hop,
            &flags, &metric, &mask) != 5)
        return;
    struct in_addr address = {.s_addr = hop};
    if (destination == 0 && mask == 0 && is_usable(flags) && inet_ntop(AF_INET, &address, text, sizeof text))
        insert(routes, metric, text);
}

// "DESTINATION 00 SOURCE 00 HOP 00000400 REFS USE 00000003 wlan0": addresses of 32 hex digits, then the lengths of their
// prefixes, and the metric in hex.
static void read_ipv6(const char *line, struct routes *routes)
{
    char destination[33], source[33], hop[33], name[IF_NAMESIZE + 1], text[INET6_ADDRSTRLEN],
        scoped[RESOLVER_ADDRESS_SIZE];
    unsigned length, source_length, flags;
    struct in6_addr address;
    uint32_t metric;

    if (sscanf(line, "%32s %x %32s %x %32s %" SCNx32 " %*x %*x %x %16s", destination, &length, source,
            &source_length, hop, &metric, &flags, name) != 8)
        return;
    if (length != 0 || source_length != 0 || !is_usable(flags) || strlen(hop) != 32)
        return;
    for (size_t i = 0; i < sizeof address.s6_addr; i++)
        if (sscanf(hop + 2 * i, "%2hhx", &address.s6_addr[i]) != 1)
            return;
    if (!inet_ntop(AF_INET6, &address, text, sizeof text))
        return;
    // A router's address is mostly one of this link alone, and says nothing without the link.
    bool is_local = IN6_IS_ADDR_LINKLOCAL(&address);
    if (snprintf(scoped, sizeof scoped, "%s%s%s", text, is_local ? "%" : "", is_local ? name : "") <
        (int)sizeof scoped)
        insert(routes, metric, scoped);
}

static void read_table(const char *root, const char *file, void (*read)(const char *, struct routes *),
    struct resolver_answer *answer)
{
    struct routes routes = {.count = 0};
    char path[PATH_SIZE], line[LINE_SIZE];

    snprintf(path, sizeof path, "%s/proc/net/%s", root, file);
    FILE *table = fopen(path, "re");
    if (!table)
        return; // a kernel without this family
    while (fgets(line, sizeof line, table))
        read(line, &routes);
    fclose(table);
    for (size_t i = 0; i < routes.count && answer->count < RESOLVER_ADDRESSES_MAX; i++)
        memcpy(answer->addresses[answer->count++], routes.items[i].address, RESOLVER_ADDRESS_SIZE);
}

void gateway_find(const char *root, struct resolver_answer *answer)
{
    memset(answer, 0, sizeof *answer);
    read_table(root, "route", read_ipv4, answer);
    read_table(root, "ipv6_route", read_ipv6, answer);
}
