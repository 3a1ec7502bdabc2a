// SPDX-License-Identifier: MIT
// The agent with hardware that fails when it likes, commands, edges and losses of the link in any order at any time: no pulse
// is ever outside a servo's limits, no motor has another side before all were off for `dead`, none turns longer than a run after the
// last command or without a link, every command gets exactly one result, every report can be read, nothing moves after a stop,
// and the agent never asks to be woken for a time that is past.
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nano-agent/agent/agent.h"
#include "tests/fuzz/agent_world.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/require.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int on_status(void *ctx, const char *json, size_t len, bool heartbeat, bool final)
{
    static struct status status;
    char why[PROTOCOL_WHY_SIZE];

    (void)ctx;
    (void)heartbeat;
    REQUIRE(status_parse(json, len, &status, why) == 0);
    REQUIRE(status.online == !final);
    if (!final) {
        REQUIRE(status.count == CHANNELS && status.last.n >= world.n);
        for (size_t i = 0; i < SERVOS; i++) {
            const struct motion_config *motion = &world.config.channels[i].motion;
            if (status.channels[i].deg_known)
                REQUIRE(
                    status.channels[i].deg >= motion->limit[0] && status.channels[i].deg <= motion->limit[1]);
        }
    }
    return !world.up ? -ENOTCONN : world.refuses ? -ENOMEM : 0;
}

static void on_reply(void *ctx, const char *topic, const char *json, size_t len, const void *correlation,
    size_t correlation_len)
{
    (void)ctx;
    (void)json;
    (void)correlation;
    (void)correlation_len;
    REQUIRE(topic && len > 0);
}

static void on_clear(void *ctx, const char *topic)
{
    (void)ctx;
    REQUIRE(topic);
}

static void on_done(void *ctx, const struct status_last *last, int64_t took_us)
{
    (void)ctx;
    (void)took_us;
    REQUIRE(last->n == world.n + 1 && last->result != RESULT_NONE);
    REQUIRE(last->result != RESULT_FAULT || world.anything_fails || last->again);
    world.n = last->n;
    if (last->from[0] == '\0') {
        world.results++;
        world.result = last->result;
    }
}

static void on_trouble(void *ctx, const char *sentence)
{
    (void)ctx;
    REQUIRE(sentence[0] && !strchr(sentence, '\n'));
}

static void on_health(void *ctx, struct status_health *out)
{
    (void)ctx;
    (void)out;
}

static void on_save(void *ctx, const struct positions *positions)
{
    (void)ctx;
    REQUIRE(positions->count <= SERVOS);
}

static const struct agent_io io = {.status = on_status,
    .reply = on_reply,
    .clear_retained = on_clear,
    .done = on_done,
    .trouble = on_trouble,
    .health = on_health,
    .save = on_save};

static int64_t boot_ms(void)
{
    return world.now_us / 1000 + BOOT_MS;
}

static struct agent_channel_config *add(const char *name, enum channel_kind kind)
{
    struct agent_channel_config *c = &world.config.channels[world.config.count];
    struct output *output = &world.outputs[world.config.count++];

    snprintf(c->id.name, sizeof c->id.name, "%s", name);
    c->id.kind = kind;
    c->start = c->safe = POLICY_OFF;
    *output = (struct output){.pwm = {.ops = &pwm_ops, .period_ns = PERIOD_NS},
        .sw = {.ops = &switch_ops},
        .input = {.ops = &input_ops, .fd = -1},
        .motor = {.ops = &motor_ops, .fd = -1, .period_ns = 5000000, .has_enable = true, .can_short = true},
        .off_us = INT64_MIN / 2,
        .most_ns = PERIOD_NS,
        .moved_us = INT64_MIN};
    return c;
}

static void add_servo(const char *name, bool pan, struct bytes *bytes)
{
    struct agent_channel_config *c = add(name, CHANNEL_SERVO);
    struct output *output = &world.outputs[world.config.count - 1];
    int low = -450 + (int)(bytes_next(bytes) % 40) * 10, high = 450 - (int)(bytes_next(bytes) % 40) * 10;
    bool mirrored = bytes_next(bytes) & 1;

    c->id.pan = pan;
    c->axis = pan ? AXIS_PAN : AXIS_TILT;
    c->step = 50;
    c->motion = (struct motion_config){.pulse_us = {mirrored ? 2000 : 1000, mirrored ? 1000 : 2000},
        .angle = {-450, 450},
        .limit = {low, high},
        .speed = 1 + (int)bytes_next(bytes) * 20,
        .accel = (int)bytes_next(bytes) * 50};
    c->idle_off_ms = (int)(bytes_next(bytes) % 4) * 500;
    c->exit = bytes_next(bytes) & 1 ? POLICY_OFF : POLICY_HOLD;
    c->lost = bytes_next(bytes) & 1 ? POLICY_OFF : POLICY_HOLD;
    output->pwm.steps = bytes_next(bytes) & 1 ? 4096 : 0;
    // Pulses by the calibration, one nanosecond more on each side for rounding.
    for (int end = 0; end < 2; end++) {
        int64_t at_ns = 1500000 + (mirrored ? -1 : 1) * (int64_t)c->motion.limit[end] * 500000 / 450;
        if (end == 0 || at_ns < output->least_ns)
            output->least_ns = at_ns;
        if (end == 0 || at_ns > output->most_ns)
            output->most_ns = at_ns;
    }
    output->least_ns--;
    output->most_ns++;
    if (bytes_next(bytes) & 1) { // found running, wherever it may be
        output->pwm.was_enabled = output->enabled = true;
        output->pwm.found_ns = output->pulse_ns = (int64_t)bytes_next(bytes) * PERIOD_NS / 255;
    }
}

static void add_word(struct words_table *table, const char *word, const char *text)
{
    struct words_entry *entry = &table->entries[table->count++];

    snprintf(entry->word, sizeof entry->word, "%s", word);
    snprintf(entry->command, sizeof entry->command, "%s", text);
}

static void add_pose_and_words(void)
{
    struct pose *pose = &world.config.poses[world.config.pose_count++];
    struct words_table *table = &world.config.words[world.config.words_count++];

    snprintf(pose->name, sizeof pose->name, "look");
    pose->steps[pose->count++] = (struct pose_step){.channel = PAN, .verb = VERB_SET, .tenths = 100};
    pose->steps[pose->count++] = (struct pose_step){.channel = LAMP, .verb = VERB_ON};
    pose->steps[pose->count++] = (struct pose_step){.channel = TILT, .verb = VERB_SET, .tenths = -50};
    snprintf(table->topic, sizeof table->topic, "%s", words_topic);
    add_word(table, "up", "tilt_up");
    add_word(table, "go", "look");
    add_word(table, "halt", "stop");
    snprintf(table->number, sizeof table->number, "pan");
    table->factor = 300;
}

static void begin(struct bytes *bytes)
{
    union agent_output outputs[CHANNELS];

    memset(&world, 0, sizeof world);
    world.now_us = 5000000;
    world.stop_us = INT64_MIN;
    world.config.report_ms = 1000;
    snprintf(world.config.root, sizeof world.config.root, "jetson");
    add_servo("tilt", false, bytes);
    add_servo("pan", true, bytes);
    add("led", CHANNEL_SWITCH);
    add("lamp", CHANNEL_DIMMER);
    struct agent_channel_config *button = add("button", CHANNEL_INPUT);
    button->debounce_ms = 20;
    unsigned how = bytes_next(bytes);
    snprintf(button->press, sizeof button->press, "%s",
        how & 1   ? "stop"
        : how & 2 ? "drive_forward"
                  : "tilt_up");
    snprintf(button->release, sizeof button->release, "led_toggle");
    struct agent_channel_config *drive = add("drive", CHANNEL_MOTOR);
    drive->run_ms = RUN_MS;
    drive->motor = (struct motor_config){.min = 200,
        .max = 990,
        .start_at = 600,
        .ramp = how & 4 ? 0 : 3000,
        .dead_us = DEAD_US,
        .brake_short = how & 8};
    world.config.channels[LED].id.stops_off = how & 16;
    add_pose_and_words();
    for (size_t i = 0; i < CHANNELS; i++) {
        world.outputs[i].fails = bytes_next(bytes) % 8 == 7;
        world.anything_fails = world.anything_fails || world.outputs[i].fails;
        if (i == LED)
            outputs[i].sw = &world.outputs[i].sw;
        else if (i == BUTTON)
            outputs[i].input = &world.outputs[i].input;
        else if (i == DRIVE)
            outputs[i].motor = &world.outputs[i].motor;
        else
            outputs[i].pwm = &world.outputs[i].pwm;
    }
    world.agent = agent_new(&world.config, outputs, NULL, "9f31c2aa", &io, NULL, world.now_us, boot_ms());
    REQUIRE(world.agent);
}

// Lets time pass as the event loop does.
static void pass(int64_t us)
{
    int64_t until_us = world.now_us + us, next_us;
    int turns = 0;

    while ((next_us = agent_next_us(world.agent)) <= until_us) {
        REQUIRE(turns++ < 4000);
        world.now_us = next_us > world.now_us ? next_us : world.now_us;
        agent_tick(world.agent, world.now_us, boot_ms());
        REQUIRE(agent_next_us(world.agent) > world.now_us);
    }
    world.now_us = until_us;
}

static void deliver(const char *payload, size_t len, bool retained, bool shared)
{
    struct agent_command command = {.topic = "jetson/control",
        .payload = payload,
        .len = len,
        .retained = retained,
        .shared = shared,
        .response_topic = retained ? NULL : "jetson/reply/me"};
    struct protocol_command parsed;
    char why[PROTOCOL_WHY_SIZE];
    bool is_stop = protocol_parse_command(payload, len, &parsed, why) == 0 && protocol_is_stop(&parsed);
    bool is_foreign = shared && parsed.boot[0] && strcmp(parsed.boot, "9f31c2aa") != 0;

    world.results = 0;
    world.command_us = world.now_us;
    agent_command(world.agent, &command, world.now_us, boot_ms());
    if (len == 0 || world.stopped)
        REQUIRE(world.results == 0);
    else if (is_foreign)
        REQUIRE(world.results <= 1); // a stop that means one of ours is carried out
    else
        REQUIRE(world.results == 1);
    if (is_stop && world.results == 1) {
        REQUIRE(world.result == RESULT_OK || world.result == RESULT_UNKNOWN ||
                world.result == RESULT_INVALID || world.result == RESULT_FAULT);
        if (strcmp(parsed.cmd, "stop") == 0) {
            world.stop_us = world.now_us;
            REQUIRE(world.outputs[DRIVE].turn == HW_MOTOR_COAST || world.outputs[DRIVE].fails);
            REQUIRE(!world.outputs[DRIVE].enabled);
        }
    }
}

// A payload on the topic with words of its own.
static void deliver_word(const char *payload, size_t len, bool retained)
{
    struct agent_command command = {
        .topic = words_topic, .payload = payload, .len = len, .retained = retained};
    struct protocol_command parsed;
    char why[PROTOCOL_WHY_SIZE];
    bool is_report = len > 0 && protocol_parse_command(payload, len, &parsed, why) != 0 && parsed.is_report;

    world.results = 0;
    world.command_us = world.now_us;
    agent_command(world.agent, &command, world.now_us, boot_ms());
    REQUIRE(world.results == (len > 0 && !world.stopped && !is_report));
    if (world.results == 1 && len == 4 && memcmp(payload, "halt", 4) == 0) {
        REQUIRE(world.result == RESULT_OK || (world.result == RESULT_FAULT && world.anything_fails));
        world.stop_us = world.now_us;
    }
}

static void word(struct bytes *bytes)
{
    static const char *const texts[] = {"up", "go", "halt", "GO ", "0.5", "-1", "1e300", "-2.7e-17", "stop",
        "{\"cmd\":\"stop\"}", "up 3", "tilt_up"};
    unsigned which = bytes_next(bytes), how = bytes_next(bytes);
    size_t len;

    if (which >= 200) {
        const uint8_t *raw = bytes_take(bytes, how % 64, &len);
        deliver_word((const char *)raw, len, which & 1);
    } else {
        const char *text = texts[which % (sizeof texts / sizeof texts[0])];
        deliver_word(text, strlen(text), how & 16);
    }
}

static void command(struct bytes *bytes)
{
    static const char *const texts[] = {"tilt_up", "tilt_down", "tilt %d", "move %d", "move pan %d",
        "tilt_center", "tilt_stop", "tilt_off", "pan_left %d", "pan_right %d", "pan %d", "pan_off", "led_on",
        "led_off", "led_toggle", "look", "lamp %d", "lamp_up %d", "lamp_on", "stop", "center", "off",
        "status", "drive %d", "drive_forward", "drive_backward", "drive_forward %d", "drive_stop",
        "drive_off", "drive_speed %d", "drive_faster", "drive_slower"};
    char text[64], payload[256];
    size_t len;
    unsigned which = bytes_next(bytes), how = bytes_next(bytes);

    if (which >= 240) {
        const uint8_t *raw = bytes_take(bytes, how % 64, &len);
        deliver((const char *)raw, len, which & 1, which & 2);
        return;
    }
    int number = (int)bytes_next(bytes) - 128;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    snprintf(text, sizeof text, texts[which % (sizeof texts / sizeof texts[0])], number);
#pragma GCC diagnostic pop
    if ((how & 3) == 0)
        snprintf(payload, sizeof payload, "%s", text);
    else
        snprintf(payload, sizeof payload, "{\"cmd\":\"%s\",\"id\":\"%u\",\"boot\":\"%s\",\"by\":%lld}", text,
            how >> 5, how & 8 ? "00000000" : "9f31c2aa", (long long)boot_ms() + (how & 4 ? -1 : 1000));
    deliver(payload, strlen(payload), how & 16, how & 2);
}

static void event(struct bytes *bytes)
{
    unsigned how = bytes_next(bytes);
    struct output *output = &world.outputs[(how >> 3) % CHANNELS];

    switch (how & 7) {
    case 0:
        if (how & 8)
            word(bytes);
        else
            command(bytes);
        break;
    case 1:
        command(bytes);
        break;
    case 2:
        pass((int64_t)bytes_next(bytes) * 1000);
        break;
    case 3:
        pass((int64_t)bytes_next(bytes) * bytes_next(bytes) * 50);
        break;
    case 4:
        output->fails = !output->fails;
        world.anything_fails = world.anything_fails || output->fails;
        break;
    case 5:
        world.outputs[BUTTON].level = how & 8;
        world.command_us = world.now_us;
        agent_input(world.agent, BUTTON, how & 8, world.now_us, boot_ms());
        break;
    case 6:
        world.up = !world.up;
        if (world.up)
            agent_link_up(world.agent, world.now_us, boot_ms());
        else if (how & 8)
            agent_link_lost(world.agent, world.now_us, boot_ms());
        else
            agent_link_down(world.agent, world.now_us);
        if (!world.up)
            REQUIRE(world.outputs[DRIVE].turn == HW_MOTOR_COAST || world.outputs[DRIVE].fails);
        break;
    default:
        if (how & 8)
            world.refuses = !world.refuses;
        else
            agent_heartbeat_done(world.agent);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = {data, data + size};

    begin(&bytes);
    while (bytes_left(&bytes) > 0)
        event(&bytes);
    // Whatever came before: hardware that works again obeys.
    for (size_t i = 0; i < CHANNELS; i++)
        world.outputs[i].fails = false;
    world.anything_fails = false;
    pass(2 * PROTOCOL_STOP_HOLD_MS * 1000);
    deliver("stop", 4, false, false);
    REQUIRE(world.result == RESULT_OK);
    pass(2 * PROTOCOL_STOP_HOLD_MS * 1000);
    world.stop_us = INT64_MIN;
    deliver("tilt 0", 6, false, false);
    REQUIRE(world.result == RESULT_OK || world.result == RESULT_LIMIT);
    agent_stop(world.agent, world.now_us, boot_ms());
    world.stopped = true;
    pass(60 * 1000000);
    REQUIRE(world.outputs[DRIVE].turn == HW_MOTOR_COAST);
    REQUIRE(agent_next_us(world.agent) == INT64_MAX);
    agent_free(world.agent);
    return 0;
}
