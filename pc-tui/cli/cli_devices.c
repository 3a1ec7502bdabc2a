// SPDX-License-Identifier: MIT
// `pc-tui devices`: who is there, and where: how to find the address of a board without a monitor.
#include <errno.h>
#include <event2/event.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/mqtt/timer.h"
#include "common/text.h"
#include "pc-tui/cli/cli.h"
#include "pc-tui/cli/cli_frame.h"
#include "pc-tui/model/model_about.h"

enum {
    CONNECT_MS = 10000, // a slow line: every broker had its turn by then
    GRACE_MS = 400, // a report comes once a second: one that is due when the time is over is still waited for
    ROW_SIZE = 16 * 1024,
};

struct devices {
    const struct tui_options *options;
    struct cli_frame frame;
    struct event *timer;
    json_t *statuses; // by the name of the device: the latest as it came
    bool up;          // the broker was reached
    bool graced;
    int status; // the exit status
};

static void end(struct devices *devices, int status)
{
    devices->status = status;
    evtimer_del(devices->timer);
    session_close(devices->frame.session);
}

// True where only what the broker keeps was heard of a device, though it says that it is online, or where it fell silent.
static bool is_stale(const struct model_device *device)
{
    enum presence presence = model_presence(device, session_now().us);
    return presence == PRESENCE_STALE || presence == PRESENCE_RETAINED;
}

static const char *state_of(const struct model_device *device, char why[PROTOCOL_WHY_SIZE])
{
    why[0] = '\0';
    if (!device->offline)
        return is_stale(device) ? "stale" : "online";
    if (device->fault[0])
        model_fault(why, device->fault, device->why);
    else
        snprintf(why, PROTOCOL_WHY_SIZE, "%s",
            device->removed   ? "removed"
            : device->stopped ? "stopped"
                              : "");
    return "offline";
}

static void print_json(struct devices *devices, const struct model_device *device)
{
    char why[PROTOCOL_WHY_SIZE];
    state_of(device, why);
    json_t *status = json_object_get(devices->statuses, device->name);
    json_t *about = device->about ? json_loads(device->about, 0, NULL) : NULL;
    json_t *object = json_pack("{s:s, s:b, s:b, s:s?, s:o, s:o?, s:O?}", "device", device->name, "online",
        !device->offline, "stale", !device->offline && is_stale(device), "why", why[0] ? why : NULL, "seen",
        device->wall_ms > 0 ? json_real((double)device->wall_ms / 1000) : json_null(), "about", about,
        "status", status);
    char *text = object ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(14)) : NULL;
    char *clean = text ? malloc(4 * strlen(text) + 1) : NULL;
    if (clean)
        cli_output_put(devices->frame.out, clean,
            text_clean(clean, 4 * strlen(text) + 1, text, strlen(text), strlen(text)));
    else
        cli_frame_tell(&devices->frame, "%s: %s", device->name, strerror(ENOMEM));
    free(clean);
    free(text);
    json_decref(object);
}

// "nano-lab2  online   192.168.55.1 192.168.1.7  NVIDIA Jetson Nano Developer Kit"
static void print_words(struct devices *devices, const struct model_device *device, int width)
{
    char why[PROTOCOL_WHY_SIZE], line[ROW_SIZE];
    const char *state = state_of(device, why);
    const char *name = device->name[0] ? device->name : devices->options->broker.root;
    size_t len = (size_t)snprintf(line, sizeof line, "%-*s  %-7s", width, name, state);
    if (why[0])
        len += (size_t)snprintf(line + len, sizeof line - len, "  %s", why);
    json_t *about = device->about ? json_loads(device->about, 0, NULL) : NULL;
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(about, "addresses"), i, one)
    {
        const char *ip = json_string_value(json_object_get(one, "ip"));
        if (ip && len < sizeof line)
            len += (size_t)snprintf(line + len, sizeof line - len, "%s%.64s", i == 0 ? "  " : " ", ip);
    }
    const char *board = json_string_value(json_object_get(about, "board"));
    if (board && len < sizeof line)
        len += (size_t)snprintf(line + len, sizeof line - len, "  %.100s", board);
    json_decref(about);
    char clean[ROW_SIZE];
    len = len < sizeof line ? len : sizeof line - 1;
    cli_output_put(devices->frame.out, clean, text_clean(clean, sizeof clean, line, len, sizeof clean - 1));
}

static bool is_wanted(const struct devices *devices, const struct model_device *device)
{
    const char *wanted = devices->options->broker.device;
    return !device->tutorial && (!wanted[0] || strcmp(wanted, device->name) == 0);
}

static void print_all(struct devices *devices)
{
    const struct model *model = session_model(devices->frame.session);
    int width = (int)strlen(devices->options->broker.root);
    size_t count = 0;
    for (size_t i = 0; i < model->count; i++) {
        int wants = (int)strlen(model->devices[i]->name);
        width = wants > width ? wants : width;
    }
    for (size_t i = 0; i < model->count; i++) {
        const struct model_device *device = model->devices[i];
        if (!is_wanted(devices, device))
            continue;
        count++;
        if (devices->options->json)
            print_json(devices, device);
        else
            print_words(devices, device, width);
    }
    if (count == 0)
        cli_frame_tell(&devices->frame, "no device under %s/", devices->options->broker.root);
    end(devices, count > 0 ? CLI_OK : CLI_NO_ECHO);
}

static bool somebody_is_due(struct devices *devices)
{
    const struct model *model = session_model(devices->frame.session);
    for (size_t i = 0; i < model->count; i++)
        if (is_wanted(devices, model->devices[i]) && !model->devices[i]->offline &&
            is_stale(model->devices[i]))
            return true;
    return false;
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct devices *devices = ctx;
    (void)fd;
    (void)what;
    if (!devices->up) {
        const char *reason = session_link(devices->frame.session)->reason;
        cli_frame_tell(&devices->frame, "%s", reason[0] ? reason : "no connection to a broker in time");
        end(devices, CLI_NO_BROKER);
    } else if (!devices->graced && somebody_is_due(devices)) {
        devices->graced = true;
        timer_arm(devices->timer, GRACE_MS);
    } else {
        print_all(devices);
    }
}

static void on_status(void *ctx, const char *device, const struct link_message *message)
{
    struct devices *devices = ctx;
    json_t *status = message->len > 0 && message->len <= PROTOCOL_STATUS_MAX
                         ? json_loadb(message->payload, message->len, JSON_REJECT_DUPLICATES, NULL)
                         : NULL;
    if (status)
        json_object_set_new(devices->statuses, device, status);
}

static void on_changed(void *ctx)
{
    struct devices *devices = ctx;
    const struct link_report *link = session_link(devices->frame.session);
    if (link->state == LINK_UP && !devices->up) {
        devices->up = true;
        timer_arm(devices->timer, devices->options->timeout_ms);
    } else if (!devices->up && link->state == LINK_WAITING &&
               link->attempts >= devices->options->broker.broker_count) {
        timer_arm(devices->timer, 0); // each broker had its turn
    }
}

static void on_signal(void *ctx, int number)
{
    end(ctx, 128 + number);
}

static void on_deaf(void *ctx, int rc)
{
    (void)rc;
    end(ctx, CLI_OK);
}

static void on_closed(void *ctx)
{
    struct devices *devices = ctx;
    event_base_loopbreak(devices->frame.base);
}

int cli_devices(const struct tui_options *options)
{
    static const struct session_events session_events = {
        .changed = on_changed, .status = on_status, .closed = on_closed};
    static const struct cli_frame_events frame_events = {.signal = on_signal, .deaf = on_deaf};
    struct devices devices = {.options = options, .statuses = json_object(), .status = CLI_NO_BROKER};
    int rc = devices.statuses ? 0 : -ENOMEM;
    if (rc == 0)
        rc = cli_frame_open(&devices.frame, options, true, &session_events, &frame_events, &devices);
    if (rc == 0) {
        devices.timer = evtimer_new(devices.frame.base, on_timer, &devices);
        rc = devices.timer ? 0 : -ENOMEM;
    }
    if (rc == 0) {
        timer_arm(devices.timer, CONNECT_MS);
        event_base_dispatch(devices.frame.base);
    }
    if (devices.timer)
        event_free(devices.timer);
    devices.status = cli_frame_close(&devices.frame, devices.status);
    if (rc < 0)
        log_error("%s", strerror(-rc));
    json_decref(devices.statuses);
    return devices.status;
}
