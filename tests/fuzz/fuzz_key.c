// SPDX-License-Identifier: MIT
// Any text as the notation of keys: what is read has one name, which is read as the same key; what is refused leaves the text
// where it was. Any key event that has a name can be written and read.
#include <errno.h>
#include <string.h>

#include "pc-tui/keys/key.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool same(const struct key_event *a, const struct key_event *b)
{
    return a->code == b->code && a->modifiers == b->modifiers && a->codepoint == b->codepoint;
}

static void require_one_name(const struct key_event *key)
{
    char name[KEY_NAME_SIZE], again_name[KEY_NAME_SIZE];
    struct key_event again = {0};

    key_format(name, key);
    REQUIRE(name[0] != '\0');
    REQUIRE(key_parse(name, &again) == 0);
    REQUIRE(same(key, &again));
    REQUIRE(strcmp(key_format(again_name, &again), name) == 0);
}

static void require_text(const char *text)
{
    const char *at = text;
    struct key_event key = {0}, whole = {0};
    size_t keys = 0;
    int rc = 0;

    while (*at && rc == 0) {
        const char *before = at;
        rc = key_parse_next(&at, &key);
        REQUIRE(rc == 0 || rc == -EINVAL);
        if (rc == 0) {
            REQUIRE(at > before);
            require_one_name(&key);
            keys++;
        }
    }
    bool is_one = key_parse(text, &whole) == 0;
    REQUIRE(is_one == (rc == 0 && keys == 1));
    if (is_one)
        REQUIRE(same(&key, &whole));
}

static void require_event(struct bytes *bytes)
{
    char name[KEY_NAME_SIZE];
    struct key_event key = {.code = (enum key_code)(bytes_next(bytes) % (KEYCODE_DEVICE + 1)),
        .modifiers = bytes_next(bytes) & 7};

    key.codepoint = bytes_next(bytes) | bytes_next(bytes) << 8 | (bytes_next(bytes) & 0x1f) << 16;
    key_format(name, &key);
    REQUIRE(memchr(name, '\0', sizeof name));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = {data, data + size};
    char text[256];

    if (size >= sizeof text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    require_text(text);
    require_event(&bytes);
    return 0;
}
