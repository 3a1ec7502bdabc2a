// SPDX-License-Identifier: MIT
// libmosquitto allocates what the header of a PUBLISH announces, up to 256 MB, before any of our code is asked. A
// limit from outside the library (RLIMIT_DATA) turns that into an allocation that fails, and so into a reconnect.
#ifndef COMMON_MEMORY_LIMIT_H
#define COMMON_MEMORY_LIMIT_H

// Lets this process have at most so many MiB of data; 0 = as many as before. A lower limit that is there already
// stays. Does nothing in a build with AddressSanitizer, which reserves more by itself. Returns 0 or a negative
// errno.
int memory_limit_set(int mib);

#endif
