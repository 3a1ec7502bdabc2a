// SPDX-License-Identifier: MIT
#include "common/mqtt/gateway.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"

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

// Splits a line at its blanks; *line is changed. Returns how many words were found, `max` at most.
static size_t split(char *line, const char *words[], size_t max)
{
    size_t count = 0;
    char *rest;

    for (char *word = strtok_r(line, " \t\n", &rest); word && count < max;
         word = strtok_r(NULL, " \t\n", &rest))
        words[count++] = word;
    return count;
}

static bool read_number(const char *word, int base, uint32_t *out)
{
    char *end;

    errno = 0;
    unsigned long number = strtoul(word, &end, base);
    if (errno != 0 || end == word || *end != '\0' || number > UINT32_MAX)
        return false;
    *out = (uint32_t)number;
    return true;
}

// "wlan0 00000000 0137A8C0 0003 0 0 600 00000000 0 0 0": the addresses are numbers of this machine's byte order.
static void read_ipv4(char *line, struct routes *routes)
{
    const char *words[8];
    char text[INET_ADDRSTRLEN];
    uint32_t destination, hop, mask, metric, flags;

    if (split(line, words, ARRAY_LENGTH(words)) < ARRAY_LENGTH(words) ||
        !read_number(words[1], 16, &destination) || !read_number(words[2], 16, &hop) ||
        !read_number(words[3], 16, &flags) || !read_number(words[6], 10, &metric) ||
        !read_number(words[7], 16, &mask))
        return;
    struct in_addr address = {.s_addr = hop};
    if (destination == 0 && mask == 0 && is_usable(flags) && inet_ntop(AF_INET, &address, text, sizeof text))
        insert(routes, metric, text);
}

// An address of 32 hex digits.
static bool read_address(const char *word, struct in6_addr *out)
{
    if (strlen(word) != 2 * sizeof out->s6_addr)
        return false;
    for (size_t i = 0; i < sizeof out->s6_addr; i++) {
        char digits[] = {word[2 * i], word[2 * i + 1], '\0'};
        uint32_t byte;
        if (!read_number(digits, 16, &byte))
            return false;
        out->s6_addr[i] = (uint8_t)byte;
    }
    return true;
}

// "DESTINATION 00 SOURCE 00 HOP 00000400 REFS USE 00000003 wlan0": addresses of 32 hex digits, then the lengths of their
// prefixes, and the metric in hex.
static void read_ipv6(char *line, struct routes *routes)
{
    const char *words[10];
    char text[INET6_ADDRSTRLEN], scoped[RESOLVER_ADDRESS_SIZE];
    struct in6_addr address;
    uint32_t length, source_length, flags, metric;

    if (split(line, words, ARRAY_LENGTH(words)) < ARRAY_LENGTH(words) ||
        !read_number(words[1], 16, &length) || !read_number(words[3], 16, &source_length) ||
        !read_address(words[4], &address) || !read_number(words[5], 16, &metric) ||
        !read_number(words[8], 16, &flags))
        return;
    if (length != 0 || source_length != 0 || !is_usable(flags))
        return;
    const char *name = words[9];
    if (!inet_ntop(AF_INET6, &address, text, sizeof text))
        return;
    // A router's address is mostly one of this link alone, and says nothing without the link.
    bool is_local = IN6_IS_ADDR_LINKLOCAL(&address);
    if (snprintf(scoped, sizeof scoped, "%s%s%s", text, is_local ? "%" : "", is_local ? name : "") <
        (int)sizeof scoped)
        insert(routes, metric, scoped);
}

static void read_table(
    const char *root, const char *file, void (*read)(char *, struct routes *), struct resolver_answer *answer)
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
