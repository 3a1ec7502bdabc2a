// SPDX-License-Identifier: MIT
// Any bytes as a .join file: a refusal says why in clean text and leaves nothing behind; what is accepted is within its ranges,
// and the configuration that is made of it is whole and says the same to those who read it.
#include <errno.h>
#include <string.h>

#include "common/bundle/bundle.h"
#include "common/text.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct bundle_reader readers[] = {
    {.program = "nano-agent", .has_device = true}, {.program = "pc-tui", .has_device = false}};

static bool is_plain(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~' || strchr("\"'\\$", *text))
            return false;
    return true;
}

static void require_config(const struct bundle *bundle, const struct bundle_reader *reader)
{
    static const struct bundle_places places = {"/d", "password", "ca.crt"};
    static char text[BUNDLE_CONFIG_SIZE];
    unsigned quotes = 0, lines = 0;

    bundle_config(bundle, &places, "# m", reader, text);
    size_t len = strlen(text);
    REQUIRE(len + 1 < sizeof text && strcmp(text + len - 2, "}\n") == 0);
    for (const char *c = text; *c; c++) {
        quotes += *c == '"';
        lines += *c == '\n';
        REQUIRE(*c == '\n' ? quotes % 2 == 0 : *c >= ' ' && *c <= '~');
    }
    // One pair for each address and for the other five or six values.
    REQUIRE(quotes == 2 * (bundle->address_count + 5 + reader->has_device));
    REQUIRE(lines == 11 + (unsigned)reader->has_device);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct bundle bundle;
    static char clean[PROTOCOL_WHY_SIZE];
    char why[PROTOCOL_WHY_SIZE];

    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        unsigned line = 0;
        int rc = bundle_parse((const char *)data, size, &readers[i], &bundle, &line, why);

        REQUIRE((rc == 0 || rc == -EINVAL) && line >= 1);
        if (rc < 0) {
            text_clean(clean, sizeof clean, why, strlen(why), PROTOCOL_WHY_CHARS);
            REQUIRE(why[0] && strcmp(clean, why) == 0 && bundle.password[0] == '\0');
            continue;
        }
        REQUIRE(bundle.address_count >= 1 && bundle.address_count <= BUNDLE_BROKERS_MAX);
        for (size_t n = 0; n < bundle.address_count; n++)
            REQUIRE(is_plain(bundle.addresses[n]) && strchr(bundle.addresses[n], ':'));
        REQUIRE(bundle.root[0] && is_plain(bundle.root) && is_plain(bundle.device) && is_plain(bundle.user));
        REQUIRE(bundle.name[0] && is_plain(bundle.name) && strlen(bundle.password) == BUNDLE_PASSWORD_LEN);
        REQUIRE(bundle.ca_len == strlen(bundle.ca) && bundle.ca_len <= size);
        REQUIRE(readers[i].has_device || bundle.device[0] == '\0');
        require_config(&bundle, &readers[i]);
    }
    return 0;
}
