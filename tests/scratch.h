// SPDX-License-Identifier: MIT
// What the tests that need files have in common.
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

// Removes a folder with all that is in it; links are not followed. 0, or -1 with errno.
int scratch_remove(const char *folder);

#endif
