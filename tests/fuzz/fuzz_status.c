// SPDX-License-Identifier: MIT
// Any bytes as a status: what is accepted is clean and in range, and written again it is read as the same.
#include <errno.h>
#include <string.h>

#include "common/protocol/status.h"
#include "common/text.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_clean(const char *s, size_t max_chars)
{
    char clean[4 * PROTOCOL_WHY_CHARS + 1];
    text_clean(clean, sizeof clean, s, strlen(s), max_chars);
    REQUIRE(strcmp(clean, s) == 0);
}

static void require_sound(const struct status *s)
{
    char why[PROTOCOL_WHY_SIZE];
    require_clean(s->device, PROTOCOL_DEVICE_MAX);
    require_clean(s->boot, PROTOCOL_BOOT_MAX);
    require_clean(s->why, PROTOCOL_WHY_CHARS);
    require_clean(s->health.noise, PROTOCOL_TOPIC_MAX);
    require_clean(s->last.id, PROTOCOL_ID_MAX);
    require_clean(s->last.cmd, PROTOCOL_ECHO_CHARS);
    require_clean(s->last.why, PROTOCOL_WHY_CHARS);
    require_clean(s->last.from, PROTOCOL_NAME_MAX);
    require_clean(s->last.result_name, sizeof s->last.result_name);
    REQUIRE((s->last.result == RESULT_OTHER) == (s->last.result_name[0] != '\0'));
    REQUIRE(s->count <= PROTOCOL_CHANNELS_MAX);
    REQUIRE(s->t_ms >= 0 && s->report_ms >= 0);
    for (size_t i = 0; i < s->count; i++) {
        const struct status_channel *c = &s->channels[i];
        REQUIRE(protocol_check_name(c->id.name, why) == 0);
        REQUIRE((c->id.kind == CHANNEL_OTHER) == c->unreadable);
        REQUIRE(c->id.pan == status_axis_is_sideways(c->axis));
        REQUIRE(c->percent >= (c->id.kind == CHANNEL_MOTOR ? -100 : 0) && c->percent <= 100 && c->us >= 0);
    }
}

static bool has_unreadable(const struct status *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->channels[i].unreadable)
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct status first, second;
    static struct status_writer *kept;
    static char text[PROTOCOL_STATUS_MAX], fresh_text[PROTOCOL_STATUS_MAX];
    char why[PROTOCOL_WHY_SIZE];

    int rc = status_parse(data, size, &first, why);
    require_clean(why, PROTOCOL_WHY_CHARS);
    bool unreadable = has_unreadable(&first);
    REQUIRE((rc == 0 && !unreadable) == (why[0] == '\0'));
    require_sound(&first);
    if (rc != 0 || unreadable) // what could not be read cannot be written again
        return 0;

    // One writer lives on over all inputs: what it kept of the last must never show in the next.
    if (!kept)
        kept = status_writer_new();
    struct status_writer *fresh = status_writer_new();
    REQUIRE(kept && fresh);
    int len = status_write(kept, &first, text);
    REQUIRE(status_write(fresh, &first, fresh_text) == len);
    status_writer_free(fresh);
    if (len == -EMSGSIZE) // defaults are spelled out: 16 KiB of bare channels grow
        return 0;
    REQUIRE(len > 0 && memcmp(text, fresh_text, (size_t)len) == 0);
    REQUIRE(status_parse(text, (size_t)len, &second, why) == 0);
    REQUIRE(memcmp(&first, &second, sizeof first) == 0);
    return 0;
}
