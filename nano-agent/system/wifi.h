// SPDX-License-Identifier: MIT
// What the kernel tells of a wireless card.
#ifndef NANO_AGENT_WIFI_H
#define NANO_AGENT_WIFI_H

#include <stdbool.h>

enum { WIFI_SSID_MAX = 32, WIFI_SSID_SIZE = WIFI_SSID_MAX + 1 };

// Reads the name of the network that a card is in, as bytes, terminated. False where it is in none, is no wireless card, or
// the kernel has no wireless extensions (CONFIG_CFG80211_WEXT).
bool wifi_ssid(const char *interface, char out[WIFI_SSID_SIZE]);

// Finds the first wireless card, and how strong its signal is, in the text of /proc/net/wireless. False where there is none.
bool wifi_parse(const char *text, char interface[16], int *dbm);

#endif
