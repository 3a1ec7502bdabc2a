// SPDX-License-Identifier: MIT
// How TLS is spoken with the brokers of a link. Types only.
#ifndef COMMON_MQTT_TLS_OPTIONS_H
#define COMMON_MQTT_TLS_OPTIONS_H

#include <stdbool.h>

enum { TLS_PATH_SIZE = 512, TLS_NAME_SIZE = 256 };

struct tls_options {
    char cafile
        [TLS_PATH_SIZE]; // PEM: the authorities that are trusted; without cafile and capath the system's
    char capath[TLS_PATH_SIZE]; // a directory of such files, as openssl rehash leaves it
    char cert[TLS_PATH_SIZE];   // PEM: our own certificate with its chain; "" = none is shown
    char key[TLS_PATH_SIZE];    // PEM: the key of cert, without a passphrase
    char name
        [TLS_NAME_SIZE]; // the name or address that the broker's certificate must have; "" = the one dialled
    bool insecure;       // the names in the certificate are not looked at; everything else is
    int version;         // the oldest version that is spoken: 12 or 13; 0 = 12
};

#endif
