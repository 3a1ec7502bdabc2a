// SPDX-License-Identifier: MIT
#include "tests/unit/pc-tui/ui/ui_world.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

const char TILT_AND_LED[] =
    "\"tilt\":{\"kind\":\"servo\",\"axis\":\"tilt\",\"deg\":0,\"target\":0,\"min\":-45,\"max\":45,\"step\":5,"
    "\"speed\":120,\"moving\":%s,\"driven\":true},\"led\":{\"kind\":\"switch\",\"on\":false}";
const char MANY_CHANNELS[] =
    "\"tilt\":{\"kind\":\"servo\",\"axis\":\"tilt\",\"deg\":0,\"target\":0,\"min\":-45,\"max\":45,\"step\":5,"
    "\"speed\":120,\"moving\":%s,\"driven\":true},"
    "\"pan\":{\"kind\":\"servo\",\"axis\":\"pan\",\"deg\":0,\"target\":0,\"min\":-90,\"max\":90,\"step\":5,"
    "\"speed\":120,\"moving\":false,\"driven\":true},"
    "\"led\":{\"kind\":\"switch\",\"on\":false},\"lamp\":{\"kind\":\"dimmer\",\"on\":true,\"percent\":40},"
    "\"button\":{\"kind\":\"input\",\"on\":false}";

static int publish(void *ctx, const char *topic, const char *payload, size_t len, bool retain, int *token)
{
    struct world *world = ctx;
    char why[PROTOCOL_WHY_SIZE];
    if (!world->up)
        return -ENOTCONN;
    if (retain) {
        assert_int_equal(len, 0);
        world->cleared++;
        *token = 0;
        return 0;
    }
    assert_true(world->count < PUBLISHED_MAX);
    struct published *published = &world->published[world->count];
    snprintf(published->topic, sizeof published->topic, "%s", topic);
    assert_int_equal(protocol_parse_command(payload, len, &published->command, why), 0);
    *token = (int)++world->count;
    return 0;
}

static struct controller_clock now(void *ctx)
{
    const struct world *world = ctx;
    return (struct controller_clock){.us = world->us, .wall_ms = 1700000000000 + world->us / 1000};
}

static uint64_t random_id(void *ctx)
{
    struct world *world = ctx;
    return ++world->ids;
}

static void wake(void *ctx, int64_t at_us)
{
    (void)ctx;
    (void)at_us;
}

static void report(struct world *world, struct device *device)
{
    char channels[2048], payload[4096], topic[PROTOCOL_TOPIC_MAX];
    const char *at = strstr(device->channels, "%s");
    snprintf(channels, sizeof channels, "%.*s%s%s", (int)(at - device->channels), device->channels,
        device->moving ? "true" : "false", at + 2);
    int len = snprintf(payload, sizeof payload,
        "{\"v\":1,\"device\":\"%s\",\"online\":true,\"boot\":\"b%u\",\"seq\":%" PRIu64 ",\"t\":%" PRId64
        ",\"report\":1.0,\"channels\":{%s},\"last\":{\"n\":%" PRIu64
        "%s%s%s,\"cmd\":\"x\",\"result\":\"ok\"}}",
        device->name, device->boot, ++device->seq, world->us / 1000 + 5000, channels, device->n,
        device->id[0] ? ",\"id\":\"" : "", device->id, device->id[0] ? "\"" : "");
    protocol_topic(topic, "jetson", device->name, "status");
    controller_status(world->controller, topic, payload, (size_t)len, false);
    world->effects |= ui_refresh(&world->ui);
}

// Every device answers what it was sent, one echo a command.
void world_answer(struct world *world)
{
    while (world->answered < world->count) {
        const struct published *published = &world->published[world->answered++];
        char name[PROTOCOL_DEVICE_MAX + 1];
        assert_int_equal(protocol_topic_device(published->topic, "jetson", "control", name), 0);
        for (size_t i = 0; i < world->device_count; i++) {
            struct device *device = &world->devices[i];
            if (strcmp(device->name, name) != 0)
                continue;
            device->n++;
            snprintf(device->id, sizeof device->id, "%s", published->command.id);
            report(world, device);
        }
    }
}

void world_pass(struct world *world, int ms)
{
    world->us += (int64_t)ms * 1000;
    world->effects |= ui_tick(&world->ui, world->us / 1000);
    controller_tick(world->controller);
}

// Keys in the notation of key.h, all at this moment.
unsigned world_keys(struct world *world, const char *text)
{
    unsigned effects = 0;
    while (*text) {
        struct key_event key;
        assert_int_equal(key_parse_next(&text, &key), 0);
        effects |= ui_key(&world->ui, &key, world->us / 1000);
    }
    world->effects |= effects;
    return effects;
}

void world_heartbeat(struct world *world)
{
    for (size_t i = 0; i < world->device_count; i++)
        report(world, &world->devices[i]);
}

// Keys as a person presses them: one a second, each answered by the devices before the next.
void world_type(struct world *world, const char *text)
{
    while (*text) {
        struct key_event key;
        world_pass(world, 1000);
        world_heartbeat(world);
        assert_int_equal(key_parse_next(&text, &key), 0);
        world->effects |= ui_key(&world->ui, &key, world->us / 1000);
        world_answer(world);
    }
}

void world_paste(struct world *world, const char *text)
{
    struct key_event event = {.code = KEYCODE_PASTE_BEGIN};
    ui_key(&world->ui, &event, world->us / 1000);
    for (; *text; text++) {
        event = (struct key_event){.code = KEYCODE_PASTE_TEXT, .codepoint = (unsigned char)*text};
        ui_key(&world->ui, &event, world->us / 1000);
    }
    event = (struct key_event){.code = KEYCODE_PASTE_END};
    ui_key(&world->ui, &event, world->us / 1000);
}

unsigned world_codepoint(struct world *world, uint32_t codepoint)
{
    struct key_event event = {.code = KEYCODE_CHARACTER, .codepoint = codepoint};
    return ui_key(&world->ui, &event, world->us / 1000);
}

// What was published since the world was last forgotten, commands for the clock left out: "tilt_up led_on".
const char *world_sent(const struct world *world)
{
    static char out[2048];
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < world->count; i++) {
        const char *cmd = world->published[i].command.cmd;
        if (strcmp(cmd, "status") != 0)
            used += (size_t)snprintf(out + used, sizeof out - used, "%s%s", used ? "|" : "", cmd);
    }
    return out;
}

void world_forget(struct world *world)
{
    world_answer(world);
    world->count = world->answered = 0;
    world->effects = 0;
}

void world_link(struct world *world, bool up)
{
    struct link_report link = {.state = up ? LINK_UP : LINK_WAITING, .version = 5};
    if (!up)
        snprintf(link.reason, sizeof link.reason, "connection refused at localhost:1883");
    world->up = up;
    controller_link(world->controller, &link);
    world->effects |= ui_refresh(&world->ui);
}

void world_begin(struct world *world, const struct ui_options *options)
{
    static const struct controller_shell shell = {
        .publish = publish, .now = now, .random = random_id, .wake = wake};
    memset(world, 0, sizeof *world);
    world->us = 1000000000;
    struct controller_options how = {
        .root = "jetson", .ttl_ms = 1500, .qos = 1, .read_only = options->read_only};
    world->model = model_new("jetson", options->device);
    assert_non_null(world->model);
    world->controller = controller_new(world->model, &how, &shell, world);
    assert_non_null(world->controller);
    ui_init(&world->ui, world->model, world->controller, options);
    world_link(world, true);
    world_pass(world, 4000);
}

void world_add(struct world *world, const char *name, const char *channels)
{
    struct device *device = &world->devices[world->device_count++];
    snprintf(device->name, sizeof device->name, "%s", name);
    device->channels = channels;
    report(world, device);
}

// One device, its clock known to the controller.
struct world *world_with(const char *channels)
{
    static struct world world;
    static const struct ui_options options;
    world_begin(&world, &options);
    world_add(&world, "", channels);
    world_type(&world, ":status<Enter>");
    world_forget(&world);
    return &world;
}

void world_end(struct world *world)
{
    controller_free(world->controller);
    model_free(world->model);
}
