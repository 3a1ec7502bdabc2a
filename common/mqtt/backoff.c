// SPDX-License-Identifier: MIT
#include "common/mqtt/backoff.h"

enum {
    FIRST_MS = 250,
    MOST_MS = 5000,
    PATIENT_MS = 30000,
    SHORT_LIFE_MS = 2000,
    RIVAL_FIRST_MS = 2000, // after the first take-over that the broker has told
    RIVAL_MOST_MS = 60000,
    RIVALRIES_SUSPECT = 3, // one or two lost connections happen to everybody
    RIVALRIES_MAX = 20,
};

void backoff_init(struct backoff *backoff)
{
    *backoff = (struct backoff){.only_patient = true};
}

void backoff_failed(struct backoff *backoff, bool patient, bool was_up)
{
    backoff->only_patient = backoff->only_patient && patient;
    if (was_up)
        backoff->rivalries = 0;
}

void backoff_ended(struct backoff *backoff, int64_t lived_ms, bool patient, enum backoff_end end)
{
    // The life of one rival is as long as the wait of the other, and both waits grow alike.
    int64_t short_ms = 3 * (int64_t)backoff->last_ms;

    if (short_ms < SHORT_LIFE_MS)
        short_ms = SHORT_LIFE_MS;
    backoff->only_patient = backoff->only_patient && patient;
    if (end == BACKOFF_OTHER || (lived_ms >= short_ms && end == BACKOFF_LOST) ||
        lived_ms >= 3 * (int64_t)RIVAL_MOST_MS)
        backoff->rivalries = 0;
    else if (backoff->rivalries < RIVALRIES_MAX)
        backoff->rivalries++;
    if (end == BACKOFF_RIVAL && backoff->rivalries < RIVALRIES_SUSPECT)
        backoff->rivalries = RIVALRIES_SUSPECT;
}

bool backoff_suspects_rival(const struct backoff *backoff)
{
    return backoff->rivalries >= RIVALRIES_SUSPECT;
}

bool backoff_is_oversized(struct backoff *backoff, bool too_large, bool early)
{
    if (!too_large)
        backoff->oversized = 0;
    else if (early)
        backoff->oversized++;
    return too_large && backoff->oversized >= 2;
}

void backoff_succeeded(struct backoff *backoff)
{
    backoff->ms = 0;
}

static int jitter(int most, int least, uint32_t random)
{
    return least + (int)(random % (uint32_t)(most - least + 1));
}

static int rival_ms(const struct backoff *backoff)
{
    int ms = RIVAL_FIRST_MS;

    for (int i = RIVALRIES_SUSPECT; i < backoff->rivalries && ms < RIVAL_MOST_MS; i++)
        ms *= 2;
    return ms < RIVAL_MOST_MS ? ms : RIVAL_MOST_MS;
}

static int choose(struct backoff *backoff, bool patient, uint32_t random)
{
    if (patient)
        return jitter(PATIENT_MS, PATIENT_MS * 3 / 4, random);
    if (backoff_suspects_rival(backoff)) {
        int ms = rival_ms(backoff);
        return jitter(ms, ms * 3 / 4, random);
    }
    backoff->ms = backoff->ms == 0 ? FIRST_MS << backoff->rivalries : backoff->ms * 2;
    if (backoff->ms > MOST_MS)
        backoff->ms = MOST_MS;
    return jitter(backoff->ms, 1, random);
}

int backoff_next(struct backoff *backoff, uint32_t random)
{
    bool patient = backoff->only_patient;

    backoff->only_patient = true;
    backoff->last_ms = choose(backoff, patient, random);
    return backoff->last_ms;
}
