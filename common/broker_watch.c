// SPDX-License-Identifier: MIT
#include "common/broker_watch.h"

#include <stdlib.h>
#include <string.h>

#include "common/array.h"

void broker_watch(const struct broker_options *options, struct recheck *recheck)
{
    const struct tls_options *tls = &options->tls.options;
    const char *const paths[] = {options->password_file, tls->cafile, tls->capath, tls->cert, tls->key};

    for (size_t i = 0; i < ARRAY_LENGTH(paths); i++)
        recheck_watch(recheck, paths[i]);
}

struct link_news *broker_news(const struct broker_options *options, const char *default_broker)
{
    struct link_options *wanted = calloc(1, sizeof *wanted);
    struct link_news *news = NULL;

    if (wanted) {
        broker_options_to_link(options, default_broker, wanted);
        news = link_news_new(wanted);
        explicit_bzero(wanted, sizeof *wanted);
    }
    free(wanted);
    return news;
}
