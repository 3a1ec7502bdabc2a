// SPDX-License-Identifier: MIT
// The key `stop` of the kinds that hold still by nature: what the command `stop` does to them. Pure.
#ifndef COMMON_KIND_STOP_H
#define COMMON_KIND_STOP_H

#include "common/protocol/reader.h"
#include "common/protocol/sink.h"
#include "common/protocol/status.h"

// "stop":"off" says that `stop` switches the channel off. A missing key says that it stays as it is.
void kind_stop_read(struct reader *r, struct status_channel *c);
void kind_stop_write(struct sink *s, const struct status_channel *c);

#endif
