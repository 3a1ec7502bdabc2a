// SPDX-License-Identifier: MIT
#include "nano-agent/system/wifi.h"

#include <linux/wireless.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

bool wifi_ssid(const char *interface, char out[WIFI_SSID_SIZE])
{
    struct iwreq request;
    memset(&request, 0, sizeof request);
    memset(out, 0, WIFI_SSID_SIZE);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", interface);
    request.u.essid.pointer = out;
    request.u.essid.length = WIFI_SSID_MAX;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    bool known = ioctl(fd, SIOCGIWESSID, &request) == 0 && request.u.essid.flags != 0;
    close(fd);
    return known && out[0];
}

// " wlan0: 0000   58.  -52.  -256        0      0 …": status, quality of the link, level in dBm; a dot says that the figure is
// new (Documentation of the wireless extensions, net/wireless/wext-proc.c).
bool wifi_parse(const char *text, char interface[16], int *dbm)
{
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        line += strspn(line, " ");
        size_t len = strcspn(line, ": |\n");
        if (len == 0 || len > 15 || line[len] != ':')
            continue;
        char *end;
        strtol(line + len + 1, &end, 16); // status
        strtol(end, &end, 10);            // quality
        end += *end == '.';
        const char *level = end;
        *dbm = (int)strtol(level, &end, 10);
        if (end == level)
            continue;
        memcpy(interface, line, len);
        interface[len] = '\0';
        return true;
    }
    return false;
}
