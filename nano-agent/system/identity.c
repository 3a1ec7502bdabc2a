// SPDX-License-Identifier: MIT
#include "nano-agent/system/identity.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/hash.h"

// The id must differ from run to run, and need not be secret. So it does not wait for the kernel to gather randomness,
// which takes a board without a hardware source up to minutes after power came.
int identity_boot(char out[IDENTITY_BOOT_SIZE])
{
    uint32_t n;
    ssize_t len = getrandom(&n, sizeof n, GRND_NONBLOCK);
    if (len < 0) {
        int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC); // never waits
        if (fd < 0)
            return -errno;
        len = read(fd, &n, sizeof n);
        close(fd);
    }
    if (len != sizeof n)
        return -EIO;
    snprintf(out, IDENTITY_BOOT_SIZE, "%08" PRIx32, n);
    return 0;
}

void identity_client(const char *root, const char *device, char out[IDENTITY_CLIENT_SIZE])
{
    char machine[64] = "";
    FILE *file = fopen("/etc/machine-id", "re");
    if (!file || !fgets(machine, sizeof machine, file))
        gethostname(machine, sizeof machine - 1);
    if (file)
        fclose(file);
    const char *const parts[] = {root, device, machine};
    uint64_t hash = HASH64_START;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0];
         i++) // the terminator as well: "ab", "c" is not "a", "bc"
        hash = hash64_bytes(hash, parts[i], strlen(parts[i]) + 1);
    snprintf(out, IDENTITY_CLIENT_SIZE, "nano-agent-%012" PRIx64, hash & 0xffffffffffffu);
}
