// SPDX-License-Identifier: MIT
#include "nano-agent/system/static_libc.h"

#include <nss.h>
#include <openssl/ssl.h>

// /etc/nsswitch.conf names plug-ins (libnss_systemd, libnss_mdns4_minimal) that are built for the C library of the system. A static
// program brings a C library of its own, usually a newer one: it would load those plug-ins and die on an assertion, because they
// load the system's C library beside its own. The services "files" and "dns" are part of the static library, so they are
// the only ones that it may use. The price: names that only a plug-in knows (printer.local) are not found.
//
// openssl.cnf of the system may name plug-ins too, "providers", and the static libcrypto would load them with that same end. It
// reads that file with the first use of the library, unless it was told not to before.
void static_libc_init(void)
{
    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    static const char *const without_plugins[][2] = {
        {"hosts", "files dns"},
        {"passwd", "files"},
        {"group", "files"},
        {"initgroups", "files"},
        {"services", "files"},
        {"protocols", "files"},
        {"networks", "files"},
    };
    for (size_t i = 0; i < sizeof without_plugins / sizeof without_plugins[0]; i++)
        __nss_configure_lookup(without_plugins[i][0], without_plugins[i][1]);
}
