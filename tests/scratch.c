// SPDX-License-Identifier: MIT
#include "tests/scratch.h"

#include <ftw.h>
#include <stdio.h>

enum { DESCRIPTORS_MAX = 8 };

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw)
{
    (void)info;
    (void)type;
    (void)ftw;
    return remove(path);
}

int scratch_remove(const char *folder)
{
    return nftw(folder, remove_one, DESCRIPTORS_MAX, FTW_DEPTH | FTW_PHYS);
}
