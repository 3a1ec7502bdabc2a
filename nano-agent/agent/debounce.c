// SPDX-License-Identifier: MIT
#include "nano-agent/agent/debounce.h"

#include <string.h>

#include "common/protocol/protocol.h"

enum { SECOND_US = 1000000 };

void debounce_init(struct debounce *d, const char *press, const char *release, int time_ms, bool level)
{
    *d = (struct debounce){.press = press,
        .release = release,
        .time_us = (int64_t)time_ms * 1000,
        .level = level,
        .ran = level,
        .settle_us = INT64_MAX,
        .owed_us = INT64_MAX};
    for (size_t i = 0; i < DEBOUNCE_RUNS; i++)
        d->runs_us[i] = INT64_MIN / 2;
}

static bool is_stop(const char *text)
{
    struct protocol_command command;
    char why[PROTOCOL_WHY_SIZE];
    return protocol_parse_text(text, strlen(text), &command, why) == 0 && protocol_is_stop(&command);
}

// Runs the command of the level that the input has now. A command that is one too many for this second waits, except a stop.
static void run(struct debounce *d, int64_t now_us, struct debounce_result *result)
{
    const char *text = d->level ? d->press : d->release;
    int64_t *oldest_us = &d->runs_us[d->run_next];
    d->ran = d->level;
    if (text[0] == '\0')
        return;
    if (now_us - *oldest_us < SECOND_US && !is_stop(text)) {
        result->waits = d->owed_us == INT64_MAX;
        d->ran = !d->level;
        d->owed_us = *oldest_us + SECOND_US;
        return;
    }
    *oldest_us = now_us;
    d->run_next = (d->run_next + 1) % DEBOUNCE_RUNS;
    result->command = text;
}

static struct debounce_result take(struct debounce *d, bool level, int64_t now_us)
{
    struct debounce_result result = {.changed = true};
    d->level = level;
    if (d->time_us > 0)
        d->settle_us = now_us + d->time_us;
    run(d, now_us, &result);
    return result;
}

struct debounce_result debounce_edge(struct debounce *d, bool level, int64_t now_us)
{
    if (level == d->level || (d->settle_us != INT64_MAX && now_us < d->settle_us))
        return (struct debounce_result){0};
    return take(d, level, now_us);
}

bool debounce_is_settling(const struct debounce *d, int64_t now_us)
{
    return now_us >= d->settle_us;
}

struct debounce_result debounce_settle(struct debounce *d, bool level, int64_t now_us)
{
    d->settle_us = INT64_MAX;
    return level == d->level ? (struct debounce_result){0} : take(d, level, now_us);
}

struct debounce_result debounce_tick(struct debounce *d, int64_t now_us)
{
    struct debounce_result result = {0};
    if (now_us < d->owed_us)
        return result;
    d->owed_us = INT64_MAX;
    if (d->ran != d->level)
        run(d, now_us, &result);
    return result;
}

int64_t debounce_next_us(const struct debounce *d)
{
    return d->settle_us < d->owed_us ? d->settle_us : d->owed_us;
}

void debounce_finish(struct debounce *d)
{
    d->settle_us = d->owed_us = INT64_MAX;
}
