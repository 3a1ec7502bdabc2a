// SPDX-License-Identifier: MIT
#include "pc-tui/keys/hold.h"

bool hold_runs(const struct hold *hold)
{
    return hold->phase == HOLD_TAPPED || hold->phase == HOLD_HELD;
}

static unsigned leave(struct hold *hold, enum hold_phase next)
{
    unsigned wishes = hold_runs(hold) ? HOLD_STOP : 0;
    hold->phase = next;
    hold->fell_silent = false;
    return wishes;
}

static int64_t let_go_ms(const struct hold *hold)
{
    int64_t longest = 0;
    if (hold->interval_count == 0)
        return HOLD_TAP_MS; // after the first repeat the second one may come a little later than expected
    size_t kept = hold->interval_count < HOLD_INTERVALS ? hold->interval_count : HOLD_INTERVALS;
    for (size_t i = 0; i < kept; i++)
        longest = hold->intervals[i] > longest ? hold->intervals[i] : longest;
    int64_t silence = longest * HOLD_LET_GO_REPEATS;
    silence = silence > HOLD_LET_GO_MS ? silence : HOLD_LET_GO_MS;
    return silence < HOLD_LET_GO_MAX_MS ? silence : HOLD_LET_GO_MAX_MS;
}

static void begin(struct hold *hold, int key, int64_t now_ms)
{
    hold->phase = HOLD_TAPPED;
    hold->key = key;
    hold->fell_silent = false;
    hold->interval_count = 0;
    // A key is known to be down until its release is told; where that got lost, until its repeats do not come.
    hold->end_ms = now_ms + (hold->tells_releases ? HOLD_REPEAT_MS : HOLD_TAP_MS);
    hold->renew_ms = hold->tells_releases ? now_ms + HOLD_RENEW_MS : INT64_MAX;
}

static unsigned repeat(struct hold *hold, int64_t now_ms)
{
    if (hold->phase == HOLD_HELD)
        hold->intervals[hold->interval_count++ % HOLD_INTERVALS] = now_ms - hold->event_ms;
    hold->phase = HOLD_HELD;
    hold->event_ms = now_ms;
    hold->end_ms = now_ms + let_go_ms(hold);
    hold->renew_ms = INT64_MAX;
    return HOLD_RUN;
}

unsigned hold_press(struct hold *hold, int key, bool repeats, int64_t now_ms)
{
    unsigned wishes = hold_tick(hold, now_ms) & HOLD_STOP;
    if (hold->phase != HOLD_NONE && key != hold->key)
        wishes |= leave(hold, HOLD_NONE);
    switch (hold->phase) {
    case HOLD_TAPPED:
    case HOLD_RESTING:
    case HOLD_HELD:
        return wishes | repeat(hold, now_ms);
    case HOLD_DEAD:
        hold->event_ms = now_ms;
        hold->end_ms = now_ms + HOLD_REPEAT_MS;
        return wishes;
    case HOLD_NONE:
        break;
    }
    bool held_on = hold->fell_silent && key == hold->key; // the terminal was only late
    hold->event_ms = now_ms;
    if (repeats && !held_on) { // it went down for something that has ended since
        hold->key = key;
        return wishes | hold_kill(hold, now_ms);
    }
    begin(hold, key, now_ms);
    return wishes | HOLD_RUN | HOLD_FRESH;
}

unsigned hold_release(struct hold *hold, int key)
{
    hold->tells_releases = true;
    return hold->phase != HOLD_NONE && key == hold->key ? leave(hold, HOLD_NONE) : 0;
}

unsigned hold_cancel(struct hold *hold)
{
    return hold->phase == HOLD_DEAD ? 0 : leave(hold, HOLD_NONE);
}

unsigned hold_kill(struct hold *hold, int64_t now_ms)
{
    unsigned wishes = leave(hold, HOLD_DEAD);
    hold->end_ms = now_ms + HOLD_REPEAT_MS;
    return wishes;
}

unsigned hold_tick(struct hold *hold, int64_t now_ms)
{
    if (hold->phase == HOLD_TAPPED && now_ms >= hold->end_ms) {
        unsigned wishes = leave(hold, HOLD_RESTING);
        hold->end_ms = hold->event_ms + HOLD_REPEAT_MS;
        return wishes | (now_ms >= hold->end_ms ? leave(hold, HOLD_NONE) : 0);
    }
    if (hold->phase != HOLD_NONE && now_ms >= hold->end_ms) {
        bool held = hold->phase == HOLD_HELD;
        unsigned wishes = leave(hold, HOLD_NONE);
        hold->fell_silent = held;
        return wishes;
    }
    if (hold->phase != HOLD_TAPPED || now_ms < hold->renew_ms)
        return 0;
    hold->renew_ms = now_ms + HOLD_RENEW_MS;
    return HOLD_RUN;
}

int64_t hold_next_ms(const struct hold *hold)
{
    if (hold->phase == HOLD_NONE)
        return INT64_MAX;
    return hold->phase == HOLD_TAPPED && hold->renew_ms < hold->end_ms ? hold->renew_ms : hold->end_ms;
}

void hold_forget_releases(struct hold *hold)
{
    hold->tells_releases = false;
}
