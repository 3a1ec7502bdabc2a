// SPDX-License-Identifier: MIT
// A program may be started with some of stdin, stdout and stderr closed. The next files that it opens then get their
// numbers, and its log goes into a device or a socket.
#ifndef COMMON_DESCRIPTORS_H
#define COMMON_DESCRIPTORS_H

// Opens /dev/null in the place of each of 0, 1 and 2 that is closed. Call it first in main. 0 or a negative errno, with
// which the program should end: it cannot even say so.
int descriptors_fill_standard(void);

#endif
