// SPDX-License-Identifier: MIT
// Any text as the address of brokers and of an output: a refusal says why in clean text and changes nothing that counts; what
// is accepted is within its ranges, and no chip's name leads out of the folder that it is looked up in.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/broker_options.h"
#include "common/broker_place.h"
#include "common/text.h"
#include "nano-agent/config/address.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require_clean(const char *why)
{
    char clean[4 * 1024 + 1];

    REQUIRE(why[0]);
    text_clean(clean, sizeof clean, why, strlen(why), 1024);
    REQUIRE(strcmp(clean, why) == 0);
}

static void require_brokers(const char *text)
{
    static struct broker_options options, again;
    char why[PROTOCOL_WHY_SIZE] = "", list[8 * (LINK_HOST_MAX + 32)] = "";
    size_t used = 0;

    broker_options_init(&options);
    int rc = broker_options_add_hosts(&options, text, why);
    REQUIRE(rc == 0 || rc == -EINVAL);
    if (rc < 0) {
        require_clean(why);
        return;
    }
    REQUIRE(options.broker_count >= 1 && options.broker_count <= LINK_BROKERS_MAX);
    for (size_t i = 0; i < options.broker_count; i++) {
        const struct link_broker *broker = &options.brokers[i];
        struct broker_place place = {*broker, options.has_scheme[i]};
        char written[BROKER_PLACE_SIZE];

        REQUIRE(broker->host[0] && memchr(broker->host, '\0', sizeof broker->host));
        REQUIRE(broker->port >= 0 && broker->port <= 65535);
        REQUIRE(!strpbrk(broker->host, ", \t\n"));
        REQUIRE(broker->transport == LINK_UNIX || !strpbrk(broker->host, "[]/"));
        used += (size_t)snprintf(
            list + used, sizeof list - used, "%s%s", i > 0 ? "," : "", broker_place_write(written, &place));
    }
    // Written in its plainest form it means the same.
    broker_options_init(&again);
    REQUIRE(broker_options_add_hosts(&again, list, why) == 0 && again.broker_count == options.broker_count);
    for (size_t i = 0; i < again.broker_count; i++)
        REQUIRE(strcmp(again.brokers[i].host, options.brokers[i].host) == 0 &&
                again.brokers[i].port == options.brokers[i].port &&
                again.brokers[i].transport == options.brokers[i].transport);
}

static void require_output(const char *text, bool pwm, const char *model)
{
    struct hw_address address, again;
    char why[ADDRESS_WHY_SIZE] = "";
    int rc = address_parse(text, pwm, model, &address, why);

    REQUIRE(rc == 0 || rc == -EINVAL);
    if (rc < 0) {
        REQUIRE(why[0] && memchr(why, '\0', sizeof why));
        return;
    }
    REQUIRE(strcmp(address.text, text) == 0);
    REQUIRE(!strchr(address.chip, '/') && strcmp(address.chip, ".") != 0 && strcmp(address.chip, "..") != 0);
    REQUIRE(address.pin <= 40 && address.line <= 65536);
    REQUIRE(address.kind == HW_SIM || address.chip[0]);
    REQUIRE(address.kind != HW_GPIO || !pwm);
    REQUIRE((address.kind != HW_PWM_SYSFS && address.kind != HW_PCA9685) || pwm);
    REQUIRE(address.kind != HW_PCA9685 ||
            (address.i2c_address >= 0x03 && address.i2c_address <= 0x7f && address.line < 16));
    REQUIRE(address_parse(text, pwm, model, &again, why) == 0);
    REQUIRE(address_same(&address, &again) == (address.kind != HW_SIM));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const models[] = {NULL, "JETSON_NANO", "JETSON_ORIN_NANO"};
    struct bytes bytes = {data, data + size};
    char text[512];
    unsigned how = bytes_next(&bytes);
    size_t len;
    const uint8_t *raw = bytes_take(&bytes, sizeof text - 1, &len);

    if (len > 0)
        memcpy(text, raw, len);
    text[len] = '\0';
    if (how & 1)
        require_brokers(text);
    else
        require_output(text, how & 2, models[(how >> 2) % 3]);
    return 0;
}
