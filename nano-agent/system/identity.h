// SPDX-License-Identifier: MIT
// Who this agent is to others: the id of this run, and the name it has at the broker.
#ifndef NANO_AGENT_IDENTITY_H
#define NANO_AGENT_IDENTITY_H

enum { IDENTITY_BOOT_SIZE = 9, IDENTITY_CLIENT_SIZE = 64, IDENTITY_MACHINE_SIZE = 128 };

// Writes eight random hexadecimal digits. 0 or a negative errno.
int identity_boot(char out[IDENTITY_BOOT_SIZE]);

// What tells this machine from another, and stays the same however often it starts: the serial number in its device
// tree; else the lowest MAC address that one of its network cards was made with; else /etc/machine-id; else the host's
// name. A copy of an SD card in another board has the same machine-id, but another serial number. Addresses that are made
// up (usb0's, bridges') change. device_tree is the folder of the device tree; root is a prefix of /sys and /etc for tests,
// "" on a real machine.
void identity_machine(const char *device_tree, const char *root, char out[IDENTITY_MACHINE_SIZE]);

// "nano-agent-" and a hash of root, device and machine: the same at each start, so that the broker throws out our own
// forgotten connection, and different for another machine, root or device. 23 characters, which every MQTT 3.1.1 broker
// must take.
void identity_client(
    const char *root, const char *device, const char *machine, char out[IDENTITY_CLIENT_SIZE]);

#endif
