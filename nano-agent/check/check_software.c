// SPDX-License-Identifier: MIT
#include "nano-agent/check/check_software.h"

#include <stdio.h>
#include <string.h>

#include "nano-agent/board/board.h"
#include "nano-agent/config/claims.h"

static void check_configuration(struct check *check)
{
    const struct config *config = check->config;
    const char *path = config->path[0] ? config->path : "built-in default";
    if (config->mistake[0])
        check_wrong(check, "the line says what would be right; docs/agent.md has every key",
            "configuration: %s", config->mistake);
    else
        check_ok(check, "configuration: %s, %zu channels", path, config->agent.count);
}

// True where a level of the topic is the name of the device.
static bool has_level(const char *topic, const char *device)
{
    size_t len = strlen(device);
    while (topic) {
        if (strncmp(topic, device, len) == 0 && (topic[len] == '/' || topic[len] == '\0'))
            return true;
        topic = strchr(topic, '/');
        topic += topic != NULL;
    }
    return false;
}

// A device that has a name is one of several, and each agent hears the topic as it stands.
static void check_shared_words(struct check *check)
{
    const struct agent_config *agent = &check->config->agent;
    char mend[2 * PROTOCOL_WORDS_TOPIC_MAX];
    for (size_t i = 0; i < agent->words_count && agent->device[0]; i++) {
        const char *topic = agent->words[i].topic;
        if (has_level(topic, agent->device))
            continue;
        snprintf(mend, sizeof mend, "words \"%s/%s\" { … }, and that topic in the program that publishes",
            agent->device, topic);
        check_wrong(check, mend,
            "words: %s has no level of its own: another device with such a table hears it too", topic);
    }
}

static bool uses(const struct config *config, enum hw_backend_kind kind)
{
    struct claim claims[CLAIMS_MAX];
    for (size_t i = 0; i < config->agent.count; i++) {
        size_t count = claims_of(&config->agent.channels[i], &config->outputs[i], claims);
        for (size_t k = 0; k < count; k++)
            if (claims[k].at->kind == kind)
                return true;
    }
    return false;
}

static void check_gpiod(struct check *check)
{
    // libgpiod 2 speaks the GPIO character device's second version alone, which came with Linux 5.10.
    bool needs_new = check->gpio_version[0] >= '2' && check_older_than(check->kernel, 5, 10);
    if (needs_new && uses(check->config, HW_GPIO))
        check_wrong(check, "build nano-agent with libgpiod 1.x (the distribution's libgpiod-dev)",
            "libgpiod: %s wants Linux 5.10 or later, this is %s", check->gpio_version, check->kernel);
    else
        check_ok(check, "libgpiod: %s, kernel %s", check->gpio_version, check->kernel);
}

// The kernel knows a line's pull since 5.5 (GPIOHANDLE_REQUEST_BIAS_PULL_UP); before, a request that names one fails.
static void check_bias(struct check *check)
{
    const struct config *config = check->config;
    for (size_t i = 0; i < config->agent.count; i++) {
        if (config->outputs[i].gpio.bias != HW_BIAS_NONE && config->outputs[i].address.kind == HW_GPIO &&
            check_older_than(check->kernel, 5, 5))
            check_wrong(check, "a resistor to 3V3 or GND, and bias = none",
                "input %s: bias wants Linux 5.5 or later, this is %s", config->agent.channels[i].id.name,
                check->kernel);
    }
}

static void check_board(struct check *check)
{
    const char *found = board_detect(check->device_tree);
    const char *told = check->config->board;
    if (*told && found && strcmp(told, found) != 0)
        check_wrong(check, "leave --board out", "board: --board says %s, the device tree %s", told, found);
    else if (check->model)
        check_ok(check, "board: %s (%s)", check->model,
            *told   ? "by --board"
            : found ? "by its device tree"
                    : "simulated");
    else if (check->config->mistake[0])
        check_wrong(check, "--board NAME, where this is a container on a Jetson; else name chips and lines",
            "board: %s/compatible names no Jetson that I know", check->device_tree);
    else
        check_ok(
            check, "board: no Jetson that I know; the configuration names chips and lines, and needs none");
}

void check_software(struct check *check)
{
    check_configuration(check);
    check_shared_words(check);
    check_gpiod(check);
    check_bias(check);
    check_board(check);
    check_ok(check, "user: %s (the service: sudo -u nano-agent nano-agent check)", check->user);
}
