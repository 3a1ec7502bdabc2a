// SPDX-License-Identifier: MIT
// The keys, the ui, the controller and the model together, as the screen has them: bytes of any kind are typed, devices report
// what they like, the link comes and goes. No command leaves that no bound key and no entered line asked for, and a SPACE that
// is a key stops, in every mode: at once with a link, first of all without one. A motor is driven only while its key may be down.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "pc-tui/controller/controller.h"
#include "pc-tui/keys/input.h"
#include "pc-tui/ui/ui.h"
#include "tests/fuzz/bytes.h"
#include "tests/fuzz/require.h"

// A key that was heard of so long ago is not down: the longest time to a first repeat, and a turn of this loop.
enum { DEVICES = 2, LINES_MAX = 64, SILENCE_MS = 3000, KEY_DOWN_US = 700000 + 100000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct device {
    const char *name;
    uint64_t n, seq;
    int tilt;
    bool moving, led;
    char id[PROTOCOL_ID_MAX + 1]; // of the command that it will answer next
};

static struct world {
    int64_t us;
    struct model *model;
    struct controller *controller;
    struct ui ui;
    struct input input;
    struct device devices[DEVICES];
    bool up, read_only, fails;
    int tokens;
    unsigned asked[ACTION_COUNT]; // publishes that the keys pressed so far still account for
    struct {
        char cmd[PROTOCOL_CMD_SIZE];
        unsigned count;
    } lines[LINES_MAX]; // the same for the latest lines entered
    size_t line_count;
    int64_t drive_asked_us; // when a key that drives was last pressed, INT64_MIN = never
    unsigned safe;          // `x`, then `y`
    unsigned stops;         // published
    int64_t stop_asked_us;  // when a stop was last asked for, INT64_MIN = never
} world;

static bool ends_with(const char *word, const char *end)
{
    size_t word_len = strlen(word), end_len = strlen(end);

    return word_len > end_len && strcmp(word + word_len - end_len, end) == 0;
}

// Whether an action may publish a command.
static bool fits(enum action action, const char *word)
{
    static const char *const ends[ACTION_COUNT] = {[ACTION_TILT_UP] = "_up",
        [ACTION_TILT_DOWN] = "_down",
        [ACTION_PAN_LEFT] = "_left",
        [ACTION_PAN_RIGHT] = "_right",
        [ACTION_CENTER] = "_center",
        [ACTION_ON] = "_on",
        [ACTION_OFF] = "_off",
        [ACTION_TOGGLE] = "_toggle",
        [ACTION_TOGGLE_NTH] = "_toggle",
        [ACTION_BRIGHTER] = "_up",
        [ACTION_DARKER] = "_down",
        [ACTION_STEER_LEFT] = "_left",
        [ACTION_STEER_RIGHT] = "_right",
        [ACTION_STEER_CENTER] = "_center"};

    return ends[action] && ends_with(word, ends[action]);
}

static bool account_for(const struct protocol_command *command)
{
    if (strcmp(command->cmd, "status") == 0) // asks for the device's clock
        return true;
    for (size_t i = 0; i < LINES_MAX; i++) {
        if (world.lines[i].count == 0 || strcmp(command->cmd, world.lines[i].cmd) != 0)
            continue;
        world.lines[i].count--;
        return true;
    }
    if (strcmp(command->cmd, "off") == 0 && world.safe > 0) {
        world.safe--;
        return true;
    }
    if (strcmp(command->word, "drive_forward") == 0 || strcmp(command->word, "drive_backward") == 0)
        return world.drive_asked_us >= 0 && world.us - world.drive_asked_us <= KEY_DOWN_US;
    if (strcmp(command->cmd, "drive_stop") == 0)
        return world.drive_asked_us >= 0;
    for (int action = 0; action < ACTION_COUNT; action++) {
        if (world.asked[action] == 0 || !fits((enum action)action, command->word))
            continue;
        world.asked[action]--;
        return true;
    }
    return false;
}

static int publish(void *ctx, const char *topic, const char *payload, size_t len, bool retain, int *token)
{
    struct protocol_command command;
    char why[PROTOCOL_WHY_SIZE];

    (void)ctx;
    REQUIRE(!retain || len == 0);
    if (!world.up)
        return -ENOTCONN;
    if (world.fails)
        return -ENOMEM;
    if (len == 0) { // clears a retained command of ours
        *token = ++world.tokens;
        return 0;
    }
    REQUIRE(protocol_parse_command(payload, len, &command, why) == 0);
    if (protocol_is_stop(&command) && strcmp(command.cmd, "stop") == 0) {
        REQUIRE(world.stop_asked_us >= 0 && world.us - world.stop_asked_us <= 2 * CONTROLLER_STOP_LIFE_US);
        world.stops++;
    } else {
        REQUIRE(!world.read_only || strcmp(command.cmd, "status") == 0);
        REQUIRE(account_for(&command));
    }
    for (size_t i = 0; i < DEVICES; i++) {
        char own[PROTOCOL_TOPIC_MAX];
        protocol_topic(own, "jetson", world.devices[i].name, "control");
        if (strcmp(own, topic) == 0)
            snprintf(world.devices[i].id, sizeof world.devices[i].id, "%s", command.id);
    }
    *token = ++world.tokens;
    return 0;
}

static struct controller_clock now(void *ctx)
{
    (void)ctx;
    return (struct controller_clock){.us = world.us, .wall_ms = 1700000000000 + world.us / 1000};
}

static void wake(void *ctx, int64_t at_us)
{
    (void)ctx;
    (void)at_us;
}

static uint64_t next_id(void *ctx)
{
    static uint64_t last;

    (void)ctx;
    return ++last;
}

static const struct controller_shell shell = {
    .publish = publish, .now = now, .random = next_id, .wake = wake};

// A SPACE that was pressed, or that may have been: no brackets say that it was pasted.
static bool is_stop_key(const struct key_event *key)
{
    bool is_guess = key->code == KEYCODE_PASTE_TEXT && key->guessed;

    return key_is_space(key) || (is_guess && (key->codepoint == ' ' || key->codepoint == 0x3000));
}

// What the key asks for, by the tables alone: the modes and bindings that the manual has.
static void note_asked(const struct key_event *key)
{
    char name[KEY_NAME_SIZE], why[PROTOCOL_WHY_SIZE];
    struct protocol_command command;
    enum action action = actions_by_key(key_format(name, key), ui_have(&world.ui));

    if (key->phase == KEYPHASE_RELEASE)
        return;
    if (is_stop_key(key))
        world.stop_asked_us = world.us;
    if (world.ui.mode == UI_MAIN && (action == ACTION_FORWARD || action == ACTION_BACKWARD))
        world.drive_asked_us = world.us;
    if (world.ui.mode == UI_MAIN && action != ACTION_NONE)
        world.asked[action] += DEVICES;
    if (world.ui.mode == UI_CONFIRM && strcmp(name, "y") == 0)
        world.safe += DEVICES;
    if (world.ui.mode != UI_COMMAND || key->code != KEYCODE_ENTER)
        return;
    action = actions_by_name(world.ui.line.text);
    if (action == ACTION_FORWARD || action == ACTION_BACKWARD)
        world.drive_asked_us = world.us;
    if (action == ACTION_STOP)
        world.stop_asked_us = world.us;
    else if (action != ACTION_NONE)
        world.asked[action] += DEVICES;
    if (protocol_says_stop(world.ui.line.text, strlen(world.ui.line.text))) // also where it is no command
        world.stop_asked_us = world.us;
    if (protocol_parse_text(world.ui.line.text, strlen(world.ui.line.text), &command, why) != 0)
        return;
    if (protocol_is_stop(&command))
        world.stop_asked_us = world.us;
    size_t at = world.line_count++ % LINES_MAX;
    snprintf(world.lines[at].cmd, sizeof world.lines[at].cmd, "%s", command.cmd);
    world.lines[at].count = DEVICES;
}

static bool is_text_line(enum ui_mode mode)
{
    return mode == UI_COMMAND || mode == UI_FILTER || mode == UI_HELP_SEARCH;
}

static void on_key(void *ctx, const struct key_event *key)
{
    // In a text line a SPACE is text; it stops as well where something moves on our command.
    bool may_be_text =
        is_text_line(world.ui.mode) && (!key_is_space(key) || !controller_busy(world.controller));
    bool must_stop = is_stop_key(key) && !may_be_text && key->phase != KEYPHASE_RELEASE;
    unsigned stops = world.stops;

    (void)ctx;
    note_asked(key);
    unsigned effects = ui_key(&world.ui, key, world.us / 1000);
    if (must_stop && world.up && !world.fails)
        REQUIRE(world.stops > stops);
    if (must_stop && !world.up)
        REQUIRE(controller_stop_state(world.controller) == CONTROLLER_STOP_NOT_SENT);
    if (effects & (UI_LEAVE | UI_SUSPEND)) { // both stop what we move; after a suspension the screen goes on
        world.stop_asked_us = world.us;
        controller_pause(world.controller);
    }
}

static void link_to(bool up)
{
    struct link_report report = {.state = up ? LINK_UP : LINK_WAITING, .version = 5};

    if (!up)
        snprintf(report.reason, sizeof report.reason, "connection refused at localhost:1883");
    unsigned stops = world.stops;
    bool waits = controller_stop_state(world.controller) == CONTROLLER_STOP_NOT_SENT;
    world.up = up;
    controller_link(world.controller, &report);
    controller_tick(world.controller);
    if (up && waits && !world.fails && world.us - world.stop_asked_us < CONTROLLER_STOP_LIFE_US)
        REQUIRE(world.stops > stops);
    ui_refresh(&world.ui);
}

static void report(struct device *device, bool online)
{
    char payload[2048], topic[PROTOCOL_TOPIC_MAX];
    // The second device is a car.
    const char *car =
        device == &world.devices[0] ? ""
        : device->moving
            ? ",\"drive\":{\"kind\":\"motor\",\"percent\":40,\"target\":60,\"speed\":60,\"run\":0.5},"
              "\"wheel\":{\"kind\":\"servo\",\"axis\":\"steer\"}"
            : ",\"drive\":{\"kind\":\"motor\",\"percent\":0,\"target\":0,\"speed\":60,\"run\":0.5},"
              "\"wheel\":{\"kind\":\"servo\",\"axis\":\"steer\"}";
    int len = snprintf(payload, sizeof payload,
        "{\"v\":1,\"device\":\"%s\",\"online\":%s,\"boot\":\"b0\",\"seq\":%" PRIu64 ",\"t\":%" PRId64
        ",\"report\":1.0,"
        "\"channels\":{\"tilt\":{\"kind\":\"servo\",\"axis\":\"tilt\",\"deg\":%d,\"target\":%d,\"min\":-45,\"max\":45,\"step\":5,"
        "\"speed\":120,\"moving\":%s,\"driven\":true},\"pan\":{\"kind\":\"servo\",\"axis\":\"pan\",\"deg\":0,\"target\":0,\"min\":-90,"
        "\"max\":90,\"step\":5,\"speed\":120,\"moving\":false,\"driven\":true},\"led\":{\"kind\":\"switch\",\"on\":%s},"
        "\"lamp\":{\"kind\":\"dimmer\",\"on\":true,\"percent\":40}%s},\"last\":{\"n\":%" PRIu64
        "%s%s%s,\"cmd\":\"x\",\"result\":\"ok\"}}",
        device->name, online ? "true" : "false", ++device->seq, world.us / 1000 + 5000, device->tilt,
        device->tilt, device->moving ? "true" : "false", device->led ? "true" : "false", car, device->n,
        device->id[0] ? ",\"id\":\"" : "", device->id, device->id[0] ? "\"" : "");

    protocol_topic(topic, "jetson", device->name, "status");
    controller_status(world.controller, topic, payload, (size_t)len, false);
    ui_refresh(&world.ui);
}

static void pass(int64_t ms)
{
    int64_t until_us = world.us + ms * 1000;

    while (world.us < until_us) {
        world.us = until_us - world.us > 50000 ? world.us + 50000 : until_us;
        while (input_next_ms(&world.input) <= world.us / 1000)
            input_tick(&world.input, world.us / 1000, on_key, NULL);
        ui_tick(&world.ui, world.us / 1000);
        controller_tick(world.controller);
    }
}

static void type(const void *bytes, size_t len)
{
    enum ui_mode mode = world.ui.mode;

    input_line(&world.input, is_text_line(mode) ? INPUT_LINE_OPEN
                             : mode == UI_MAIN  ? INPUT_LINE_CLOSED
                                                : INPUT_LINE_SHUT);
    input_feed(&world.input, bytes, len, world.us / 1000, on_key, NULL);
}

static void type_a_key(unsigned which)
{
    static const char *const keys[] = {"\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", " ", "\r", "\x1b", "\t", ":",
        "/", "?", "x", "y", "c", "o", "f", "t", "1", "2", "+", "-", "n", "p", "a", "[", "]", "q", "\x1a",
        "\x7f", "tilt 20\r", ":tilt_up\r", ":stop\r", ":led_toggle\r", "\x1b[200~tilt 20\r \x1b[201~",
        "\xe3\x80\x80", ":tilt-up\r", "r", "\x1b[5~", "\x1b[6~", "off\r", "w", "w", "w", "s", "d", "e", "<",
        ">", "A", "\x1b[119;1:3u", "\x1b[O", ":drive-forward\r"};
    const char *key = keys[which % (sizeof keys / sizeof keys[0])];

    // A person presses one key after the other: what comes in one read may be taken for a paste.
    if (key[0] == '\x1b' || which >= 128) {
        type(key, strlen(key));
        return;
    }
    for (; *key; key++) {
        size_t len = (*key & 0x80) ? 3 : 1;
        type(key, len);
        pass(50);
        key += len - 1;
    }
}

static void event(struct bytes *bytes)
{
    unsigned how = bytes_next(bytes);
    struct device *device = &world.devices[(how >> 4) % DEVICES];
    size_t len;
    const uint8_t *raw;

    switch (how & 15) {
    case 0:
    case 1:
    case 2:
    case 3:
        type_a_key(bytes_next(bytes));
        break;
    case 4:
        raw = bytes_take(bytes, 1 + (how >> 4), &len);
        type(raw, len);
        break;
    case 5:
        pass((int64_t)bytes_next(bytes) * 20);
        break;
    case 6:
    case 7: // answers what it was sent
        device->n += device->id[0] != '\0';
        report(device, true);
        break;
    case 8:
        device->moving = how & 32;
        device->tilt = (int)bytes_next(bytes) % 91 - 45;
        report(device, true);
        break;
    case 9:
        link_to(!world.up);
        break;
    case 10:
        raw = bytes_take(bytes, bytes_next(bytes), &len);
        controller_status(
            world.controller, how & 16 ? "jetson/status" : "jetson/left/status", raw, len, how & 32);
        ui_refresh(&world.ui);
        break;
    case 11:
        controller_published(world.controller, world.tokens - (int)(how >> 4), how & 16 ? 16 : 0);
        ui_refresh(&world.ui);
        break;
    case 12:
        report(device, false);
        break;
    case 13:
        world.fails = !world.fails;
        break;
    case 14:
        ui_resize(&world.ui, (int)bytes_next(bytes));
        break;
    default:
        device->led = !device->led;
        report(device, true);
        break;
    }
}

static void begin(struct bytes *bytes)
{
    unsigned how = bytes_next(bytes);

    memset(&world, 0, sizeof world);
    world.us = 1000000000;
    world.stop_asked_us = world.drive_asked_us = INT64_MIN;
    world.read_only = (how & 7) == 7;
    world.devices[0].name = "";
    world.devices[1].name = "left";
    struct controller_options options = {
        .root = "jetson", .ttl_ms = 1500, .qos = how & 8 ? 0 : 1, .read_only = world.read_only};
    struct ui_options ui_options = {.read_only = world.read_only};
    world.model = model_new("jetson", "");
    world.controller = controller_new(world.model, &options, &shell, NULL);
    REQUIRE(world.model && world.controller);
    ui_init(&world.ui, world.model, world.controller, &ui_options);
    input_init(&world.input, false);
    if (how & 16)
        return;
    link_to(true);
    report(&world.devices[0], true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes bytes = {data, data + size};

    begin(&bytes);
    while (bytes_left(&bytes) > 0)
        event(&bytes);
    // After a silence a SPACE is a key, whatever was typed before it.
    pass(SILENCE_MS);
    int64_t before_us = world.stop_asked_us;
    type(" ", 1);
    REQUIRE(world.stop_asked_us == world.us && world.stop_asked_us != before_us);
    controller_free(world.controller);
    model_free(world.model);
    return 0;
}
