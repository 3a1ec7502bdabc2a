// SPDX-License-Identifier: MIT
// What a statically linked program must tell its C library before anything else.
#ifndef NANO_AGENT_STATIC_LIBC_H
#define NANO_AGENT_STATIC_LIBC_H

#ifdef NANO_AGENT_STATIC
// Call it first in main, before any name of a host or a user is looked up. Nothing happens in a build that is not static.
void static_libc_init(void);
#else
static inline void static_libc_init(void)
{
}
#endif

#endif
