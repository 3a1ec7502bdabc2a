// SPDX-License-Identifier: MIT
#ifndef NANO_AGENT_SERVICE_PATH_H
#define NANO_AGENT_SERVICE_PATH_H

#include <stddef.h>

// Writes the path of a file in a folder that systemd made for the service, to out. variable is where systemd names it:
// STATE_DIRECTORY, RUNTIME_DIRECTORY (systemd.exec(5)); the first of several counts. otherwise is the path without systemd, and
// where the folder's name is too long.
void service_path(char *out, size_t size, const char *variable, const char *file, const char *otherwise);

#endif
