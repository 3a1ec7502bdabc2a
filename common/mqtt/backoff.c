// SPDX-License-Identifier: MIT
#include "common/mqtt/backoff.h"

enum {
    FIRST_MS = 250,
    MOST_MS = 5000,
    PATIENT_MS = 30000,
    SHORT_LIFE_MS = 2000,
    SHORT_LIVES_MAX = 6,
};

void backoff_init(struct backoff *backoff)
{
    *backoff = (struct backoff){.only_patient = true};
}

void backoff_failed(struct backoff *backoff, bool patient)
{
    backoff->only_patient = backoff->only_patient && patient;
}

// Two clients of one name throw each other out for ever, and not every broker says so: connections that do not last
// make the wait grow although each of them was subscribed.
void backoff_ended(struct backoff *backoff, int64_t lived_ms, bool patient, bool taken_over)
{
    backoff_failed(backoff, patient);
    backoff->taken_over = taken_over;
    if (lived_ms >= SHORT_LIFE_MS)
        backoff->short_lives = 0;
    else if (backoff->short_lives < SHORT_LIVES_MAX)
        backoff->short_lives++;
    if (backoff->short_lives > 1)
        backoff->ms = FIRST_MS << (backoff->short_lives - 2);
}

void backoff_succeeded(struct backoff *backoff)
{
    backoff->ms = 0;
}

static int jitter(int most, int least, uint32_t random)
{
    return least + (int)(random % (uint32_t)(most - least + 1));
}

int backoff_next(struct backoff *backoff, uint32_t random)
{
    bool patient = backoff->only_patient;

    backoff->only_patient = true;
    if (patient)
        return jitter(PATIENT_MS, PATIENT_MS * 3 / 4, random);
    backoff->ms = backoff->ms == 0 ? FIRST_MS : backoff->ms * 2;
    if (backoff->ms > MOST_MS || backoff->taken_over)
        backoff->ms = MOST_MS;
    backoff->taken_over = false;
    return jitter(backoff->ms, 1, random);
}
