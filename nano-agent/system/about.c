// SPDX-License-Identifier: MIT
#include "nano-agent/system/about.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <ifaddrs.h>
#include <jansson.h>
#include <limits.h>
#include <mosquitto.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/hash.h"
#include "common/text.h"
#include "nano-agent/board/board.h"
#include "nano-agent/hw/gpio.h"
#include "nano-agent/system/sysfs.h"
#include "nano-agent/system/wifi.h"

enum { VALUE_SIZE = 256, ADDRESSES_MAX = 24 };

// A text from elsewhere. Nothing where it is empty.
static void put(json_t *object, const char *key, const char *text)
{
    char clean[4 * VALUE_SIZE];
    text_clean(clean, sizeof clean, text, strlen(text), VALUE_SIZE - 1);
    if (clean[0])
        json_object_set_new(object, key, json_string(clean));
}

static bool read_file(const char *root, const char *path, char out[VALUE_SIZE])
{
    char whole[PATH_MAX];
    snprintf(whole, sizeof whole, "%s%s", root, path);
    return sysfs_read_text(whole, out, VALUE_SIZE);
}

// "NVIDIA Jetson Nano Developer Kit", as the device tree calls the board.
static void put_board(json_t *object, const struct config *config, const char *device_tree)
{
    char path[PATH_MAX], name[VALUE_SIZE];
    snprintf(path, sizeof path, "%s/model", device_tree);
    put(object, "board", sysfs_read_text(path, name, sizeof name) ? name : config->board);
}

// "# R32 (release), REVISION: 7.1, GCID: …" is 32.7.1.
static void put_l4t(json_t *object, const char *root)
{
    static const char begin[] = "# R", middle[] = " (release), REVISION: ";
    char text[VALUE_SIZE], l4t[64];
    if (!read_file(root, "/etc/nv_tegra_release", text) || strncmp(text, begin, strlen(begin)) != 0)
        return;
    const char *major = text + strlen(begin);
    size_t major_len = strspn(major, "0123456789");
    const char *rest = major + major_len;
    if (major_len == 0 || strncmp(rest, middle, strlen(middle)) != 0)
        return;
    rest += strlen(middle);
    snprintf(l4t, sizeof l4t, "%.*s.%.*s", (int)(major_len < 9 ? major_len : 9), major,
        (int)strspn(rest, "0123456789."), rest);
    put(object, "l4t", l4t);
}

static bool show_address(const struct sockaddr *address, char out[INET6_ADDRSTRLEN])
{
    if (address->sa_family == AF_INET)
        return inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, out, INET6_ADDRSTRLEN);
    if (address->sa_family != AF_INET6)
        return false;
    const struct in6_addr *v6 = &((const struct sockaddr_in6 *)address)->sin6_addr;
    // A link-local address is of use only together with the name of the PC's card.
    return !IN6_IS_ADDR_LINKLOCAL(v6) && inet_ntop(AF_INET6, v6, out, INET6_ADDRSTRLEN);
}

static void put_addresses(json_t *object, uint64_t *place)
{
    struct ifaddrs *all;
    json_t *list = json_array();
    if (!list || getifaddrs(&all) < 0) {
        json_decref(list);
        return;
    }
    for (const struct ifaddrs *at = all; at && json_array_size(list) < ADDRESSES_MAX; at = at->ifa_next) {
        char ip[INET6_ADDRSTRLEN];
        if (!at->ifa_addr || (at->ifa_flags & IFF_LOOPBACK) || !(at->ifa_flags & IFF_UP) ||
            !show_address(at->ifa_addr, ip))
            continue;
        json_t *one = json_object();
        put(one, "if", at->ifa_name);
        put(one, "ip", ip);
        json_array_append_new(list, one);
        *place = hash64_bytes(*place, at->ifa_name, strlen(at->ifa_name) + 1);
        *place = hash64_bytes(*place, ip, strlen(ip) + 1);
    }
    freeifaddrs(all);
    json_object_set_new(object, "addresses", list);
}

// To whom the name of the network would be told is decided by the broker, which without a login tells everybody.
static void put_wifi(json_t *object, const struct config *config, const char *root, uint64_t *place)
{
    char path[PATH_MAX], text[1024], interface[16], ssid[WIFI_SSID_SIZE];
    int dbm;
    snprintf(path, sizeof path, "%s/proc/net/wireless", root);
    if (!sysfs_read_text(path, text, sizeof text) || !wifi_parse(text, interface, &dbm))
        return;
    json_t *wifi = json_object();
    if (config->broker.user[0] && wifi_ssid(interface, ssid)) {
        put(wifi, "ssid", ssid);
        *place = hash64_bytes(*place, ssid, strlen(ssid));
    }
    if (dbm < 0)
        json_object_set_new(wifi, "dbm", json_integer(dbm));
    json_object_set_new(object, "wifi", wifi);
}

static void put_libraries(json_t *object)
{
    char text[64];
    int major, minor, revision;
    json_t *libraries = json_object();
    mosquitto_lib_version(&major, &minor, &revision);
    snprintf(text, sizeof text, "%d.%d.%d", major, minor, revision);
    put(libraries, "libmosquitto", text);
    put(libraries, "libevent", event_get_version());
    put(libraries, "jansson", JANSSON_VERSION);
    put(libraries, "libconfuse", confuse_version);
    put(libraries, "libgpiod", gpio_library_version());
    json_object_set_new(object, "libraries", libraries);
}

static void put_channels(json_t *object, const struct config *config)
{
    json_t *channels = json_object();
    for (size_t i = 0; i < config->agent.count; i++)
        put(channels, config->agent.channels[i].id.name, config->outputs[i].address.text);
    json_object_set_new(object, "channels", channels);
}

static void put_config(json_t *object, const struct config *config)
{
    struct stat status;
    if (!config->path[0])
        return;
    json_t *file = json_object();
    put(file, "file", config->path);
    if (stat(config->path, &status) == 0)
        json_object_set_new(file, "mtime", json_integer(status.st_mtim.tv_sec));
    json_object_set_new(object, "config", file);
}

static void put_system(json_t *object)
{
    struct utsname system;
    if (uname(&system) < 0)
        return;
    put(object, "kernel", system.release);
    put(object, "host", system.nodename);
}

// What there is much of is left out where it does not fit: who needs it can log in, who has no address cannot.
static int write_object(json_t *object, char out[ABOUT_SIZE])
{
    static const char *const spare[] = {"channels", "libraries", "addresses"};
    for (size_t i = 0;; i++) {
        size_t len = json_dumpb(object, out, ABOUT_MAX, JSON_COMPACT);
        if (len > 0 && len <= ABOUT_MAX) {
            out[len] = '\0';
            return 0;
        }
        if (len == 0 || i == sizeof spare / sizeof *spare)
            return -ENOMEM;
        json_object_del(object, spare[i]);
    }
}

int about_gather(const struct config *config, const char *boot, const char *root, const char *device_tree,
    struct about *out)
{
    json_t *object = json_object();
    if (!object)
        return -ENOMEM;
    out->place = HASH64_START;
    json_object_set_new(object, "v", json_integer(PROTOCOL_VERSION));
    json_object_set_new(object, "device", json_string(config->broker.device));
    put(object, "boot", boot);
    put(object, "agent", PROJECT_VERSION);
    put_board(object, config, device_tree);
    put_l4t(object, root);
    put_system(object);
    put_addresses(object, &out->place);
    put_wifi(object, config, root, &out->place);
    put_libraries(object);
    put_channels(object, config);
    put_config(object, config);
    int rc = write_object(object, out->json);
    json_decref(object);
    return rc;
}
