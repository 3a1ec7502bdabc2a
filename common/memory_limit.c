// SPDX-License-Identifier: MIT
#include "common/memory_limit.h"

#include <errno.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__)
#define UNDER_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_SANITIZER 1
#endif
#endif

int memory_limit_set(int mib)
{
#ifdef UNDER_SANITIZER
    (void)mib;
    return 0;
#else
    struct rlimit limit;
    if (mib == 0)
        return 0;
    if (getrlimit(RLIMIT_DATA, &limit) < 0)
        return -errno;
    rlim_t wanted = (rlim_t)mib * 1024 * 1024;
    if (limit.rlim_cur <= wanted) // RLIM_INFINITY is the largest of all
        return 0;
    limit.rlim_cur = wanted;
    return setrlimit(RLIMIT_DATA, &limit) < 0 ? -errno : 0;
#endif
}
