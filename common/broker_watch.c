// SPDX-License-Identifier: MIT
#include "common/broker_watch.h"

void broker_watch(const struct broker_options *options, struct recheck *recheck)
{
    const struct tls_options *tls = &options->tls.options;
    const char *const paths[] = {options->password_file, tls->cafile, tls->capath, tls->cert, tls->key};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        recheck_watch(recheck, paths[i]);
}
