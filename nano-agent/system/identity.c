// SPDX-License-Identifier: MIT
#include "nano-agent/system/identity.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "common/array.h"
#include "common/hash.h"
#include "nano-agent/system/sysfs.h"

#define PRINTABLE "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.:"

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

// Cuts a text at its first byte that is no printable character: a line end, or the NUL of a device tree's text.
static void trim(char *text)
{
    text[strspn(text, PRINTABLE)] = '\0';
}

static bool is_all(const char *text, const char *characters)
{
    return text[strspn(text, characters)] == '\0';
}

static bool read_serial(const char *device_tree, char out[IDENTITY_MACHINE_SIZE])
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/serial-number", device_tree);
    if (!sysfs_read_text(path, out, IDENTITY_MACHINE_SIZE))
        return false;
    trim(out);
    return !is_all(out, "0"); // none, or one that was never written
}

// The kernel says how a card came by its address (Documentation/ABI/testing/sysfs-class-net, NET_ADDR_PERM).
static bool read_mac(const char *root, char out[IDENTITY_MACHINE_SIZE])
{
    char folder[PATH_MAX / 4], path[PATH_MAX], address[IDENTITY_MACHINE_SIZE];
    snprintf(folder, sizeof folder, "%s/sys/class/net", root);
    DIR *dir = opendir(folder);
    struct dirent *entry;
    bool found = false;
    while (dir && (entry = readdir(dir))) {
        int64_t type;
        snprintf(path, sizeof path, "%s/%s/addr_assign_type", folder, entry->d_name);
        if (entry->d_name[0] == '.' || !sysfs_read_number(path, &type) || type != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s/address", folder, entry->d_name);
        if (!sysfs_read_text(path, address, sizeof address))
            continue;
        trim(address);
        if (is_all(address, "0:") || (found && strcmp(address, out) >= 0)) // all zero: lo
            continue;
        memcpy(out, address, sizeof address);
        found = true;
    }
    if (dir)
        closedir(dir);
    return found;
}

void identity_machine(const char *device_tree, const char *root, char out[IDENTITY_MACHINE_SIZE])
{
    char path[PATH_MAX];
    if (read_serial(device_tree, out) || read_mac(root, out))
        return;
    snprintf(path, sizeof path, "%s/etc/machine-id", root);
    if (!sysfs_read_text(path, out, IDENTITY_MACHINE_SIZE) && gethostname(out, IDENTITY_MACHINE_SIZE - 1) < 0)
        out[0] = '\0';
    trim(out);
}

void identity_client(
    const char *root, const char *device, const char *machine, char out[IDENTITY_CLIENT_SIZE])
{
    const char *const parts[] = {root, device, machine};
    uint64_t hash = HASH64_START;
    // The terminators count as well: "ab" and "c" are not "a" and "bc".
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
        hash = hash64_bytes(hash, parts[i], strlen(parts[i]) + 1);
    snprintf(out, IDENTITY_CLIENT_SIZE, "nano-agent-%012" PRIx64, hash & 0xffffffffffffu);
}
