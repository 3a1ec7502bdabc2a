// SPDX-License-Identifier: MIT
// Any text as pc-tui's configuration file: a refusal is one clean line on stderr that begins with the file; what is accepted
// is within what the manual promises.
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/text.h"
#include "pc-tui/config/config_file.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_refusal(char *said, const char *path)
{
    char clean[4 * 1024 + 1];
    char *end = strchr(said, '\n');

    REQUIRE(end && end[1] == '\0');
    *end = '\0';
    const char *at = strstr(said, path);
    REQUIRE(at && at[strlen(path)] == ':');
    text_clean(clean, sizeof clean, said, strlen(said), 1024);
    REQUIRE(strcmp(clean, said) == 0);
}

static void require_sound(const struct tui_options *options)
{
    char why[PROTOCOL_WHY_SIZE];

    REQUIRE(options->ttl_ms == 0 || (options->ttl_ms >= 100 && options->ttl_ms <= 60000));
    REQUIRE(options->timeout_ms == 0 || (options->timeout_ms >= 100 && options->timeout_ms <= 600000));
    REQUIRE(options->broker.broker_count <= LINK_BROKERS_MAX);
    REQUIRE(options->broker.qos >= 0 && options->broker.qos <= 2 && options->broker.keepalive_s >= 5);
    REQUIRE(options->ui.preset_count <= UI_PRESETS_MAX);
    for (size_t i = 0; i < options->ui.preset_count; i++) {
        const struct ui_preset *preset = &options->ui.presets[i];
        struct protocol_command parsed;
        struct key_event key;
        char name[KEY_NAME_SIZE];

        REQUIRE(key_parse(preset->key, &key) == 0 && strcmp(key_format(name, &key), preset->key) == 0);
        REQUIRE(actions_by_key(preset->key, 0) == ACTION_NONE && !key_is_space(&key));
        REQUIRE(protocol_parse_text(preset->command, strlen(preset->command), &parsed, why) == 0);
        for (size_t j = 0; j < i; j++)
            REQUIRE(strcmp(preset->key, options->ui.presets[j].key) != 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tui_config_given given;
    static struct tui_options options;
    static char said[1 << 16], path[64];
    static int file = -1, log = -1, own_stderr = -1;

    if (file < 0) {
        file = memfd_create("file", 0);
        log = memfd_create("log", 0);
        own_stderr = dup(STDERR_FILENO);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    REQUIRE(ftruncate(file, 0) == 0 && pwrite(file, data, size, 0) == (ssize_t)size);
    REQUIRE(ftruncate(log, 0) == 0 && lseek(log, 0, SEEK_SET) == 0);
    memset(&options, 0, sizeof options);
    broker_options_init(&options.broker);
    REQUIRE(dup2(log, STDERR_FILENO) >= 0);
    int rc = tui_config_file_read(&options, path, &given);
    REQUIRE(dup2(own_stderr, STDERR_FILENO) >= 0);
    ssize_t len = pread(log, said, sizeof said - 1, 0);
    REQUIRE(len >= 0);
    said[len] = '\0';
    REQUIRE(rc == 0 || rc == -EINVAL);
    if (rc < 0) {
        require_refusal(said, path);
    } else {
        REQUIRE(said[0] == '\0');
        require_sound(&options);
    }
    return 0;
}
