// SPDX-License-Identifier: MIT
#include "pc-tui/model/model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TRIPS_KEPT = 128,
    COMPLAINT_PAUSE_US = 5000000, // unreadable statuses may come by the thousand: one line in so long
    TEMPERATURE_PAUSE_US = 1000000,
};

struct model_device_private {
    struct status *status;                   // what ->status points to
    char boot_before[PROTOCOL_BOOT_MAX + 1]; // of the run before this one, to tell a restart from two agents
    uint64_t connection;                     // of the link, when the latest status came
    int64_t temperature_us;                  // when the newest one was taken; 0 = never
};

struct model_private {
    char root[PROTOCOL_ROOT_MAX + 1];
    struct status *scratch; // statuses are read into it and then change places with a device's: never copied
    size_t room;            // of model->devices
    size_t slots;           // given so far
    uint64_t connection;    // +1 each time the link comes up
    int64_t complained_us;  // 0 = never
    bool full;              // MODEL_DEVICES_MAX was said
    int64_t trips[TRIPS_KEPT];
};

static void device_free(struct model_device *device)
{
    if (!device)
        return;
    if (device->priv)
        free(device->priv->status);
    free(device->priv);
    free(device);
}

static struct model_device *device_new(const char *name)
{
    struct model_device *device = calloc(1, sizeof *device);
    if (!device)
        return NULL;
    device->priv = calloc(1, sizeof(*device->priv));
    if (device->priv)
        device->priv->status = calloc(1, sizeof(*device->priv->status));
    if (!device->priv || !device->priv->status) {
        device_free(device);
        return NULL;
    }
    device->status = device->priv->status;
    snprintf(device->name, sizeof device->name, "%s", name);
    return device;
}

// Where name is, or would have to go.
static size_t position(const struct model *model, const char *name)
{
    size_t low = 0;
    size_t high = model->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(model->devices[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct model_device *model_find(const struct model *model, const char *name, size_t *index)
{
    size_t at = position(model, name);
    if (at == model->count || strcmp(model->devices[at]->name, name) != 0)
        return NULL;
    if (index)
        *index = at;
    return model->devices[at];
}

static struct model_device *insert(struct model *model, const char *name)
{
    struct model_private *priv = model->priv;
    if (model->count == priv->room) {
        size_t room = priv->room ? priv->room * 2 : 8;
        struct model_device **devices = realloc(model->devices, room * sizeof(struct model_device *));
        if (!devices)
            return NULL;
        model->devices = devices;
        priv->room = room;
    }
    struct model_device *device = device_new(name);
    if (!device)
        return NULL;
    size_t at = position(model, name);
    memmove(
        &model->devices[at + 1], &model->devices[at], (model->count - at) * sizeof(struct model_device *));
    model->devices[at] = device;
    model->count++;
    device->slot = priv->slots++;
    return device;
}

// What jetson_subscriber.py of the tutorial answers to, and no position: nobody reports one.
static int insert_tutorial(struct model *model)
{
    struct model_device *device = insert(model, "");
    if (!device)
        return -ENOMEM;
    device->tutorial = true;
    struct status *status = device->priv->status;
    status->online = true;
    status->report_ms = 1000;
    status->count = 2;
    status->channels[0] = (struct status_channel){.id = {.name = "tilt", .kind = CHANNEL_SERVO},
        .axis = AXIS_TILT,
        .min = -450,
        .max = 450,
        .step = 50};
    status->channels[1] = (struct status_channel){.id = {.name = "led", .kind = CHANNEL_SWITCH}};
    return 0;
}

static void drop_tutorial(struct model *model)
{
    if (model->count == 0 || !model->devices[0]->tutorial)
        return;
    device_free(model->devices[0]);
    model->count = 0;
}

struct model *model_new(const char *root, bool tutorial)
{
    struct model *model = calloc(1, sizeof *model);
    if (!model)
        return NULL;
    model->priv = calloc(1, sizeof(*model->priv));
    if (!model->priv || journal_init(&model->journal) < 0)
        goto fail;
    snprintf(model->priv->root, sizeof model->priv->root, "%s", root);
    model->priv->scratch = calloc(1, sizeof(*model->priv->scratch));
    if (!model->priv->scratch)
        goto fail;
    if (tutorial && insert_tutorial(model) < 0)
        goto fail;
    return model;

fail:
    model_free(model);
    return NULL;
}

void model_free(struct model *model)
{
    if (!model)
        return;
    for (size_t i = 0; i < model->count; i++)
        device_free(model->devices[i]);
    free(model->devices);
    if (model->priv)
        free(model->priv->scratch);
    free(model->priv);
    journal_finish(&model->journal);
    free(model);
}

static void complain(struct model *model, const char *topic, const char *why, int64_t now_us, int64_t wall_ms)
{
    struct model_private *priv = model->priv;
    model->unreadable++;
    model->changes++;
    // The precision keeps room for the reason behind a topic of any length.
    snprintf(model->unreadable_why, sizeof model->unreadable_why, "%.*s: %.*s", PROTOCOL_TOPIC_MAX, topic,
        PROTOCOL_WHY_SIZE - PROTOCOL_TOPIC_MAX - 3, why);
    if (priv->complained_us != 0 && now_us - priv->complained_us < COMPLAINT_PAUSE_US)
        return;
    priv->complained_us = now_us;
    journal_note(&model->journal, JOURNAL_PROBLEM, wall_ms, "", "%s", model->unreadable_why);
}

static struct model_device *find_or_insert(struct model *model, const char *name, int64_t wall_ms)
{
    drop_tutorial(model);
    struct model_device *device = model_find(model, name, NULL);
    if (device)
        return device;
    if (model->count < MODEL_DEVICES_MAX)
        return insert(model, name);
    if (!model->priv->full) {
        model->priv->full = true;
        journal_note(&model->journal, JOURNAL_PROBLEM, wall_ms, "",
            "more than %d devices under %s: the others are not shown", MODEL_DEVICES_MAX, model->priv->root);
    }
    return NULL;
}

static const char *label(const struct model *model, const struct model_device *device)
{
    return device->name[0] ? device->name : model->priv->root;
}

static void take_status(struct model *model, struct model_device *device)
{
    struct status *before = device->priv->status;
    device->priv->status = model->priv->scratch;
    device->status = device->priv->status;
    model->priv->scratch = before;
}

// The will of a run that is over arrives late where the agent restarted: it says nothing about the run that
// we know. Unless nobody reports any more: then what the broker kept is all there is.
static struct model_device *take_offline(
    struct model *model, const char *name, bool retained, int64_t now_us, int64_t wall_ms)
{
    const struct status *status = model->priv->scratch;
    struct model_device *device = find_or_insert(model, name, wall_ms);
    if (!device)
        return NULL;
    bool known = device->status->boot[0] != '\0';
    if (known && strcmp(device->status->boot, status->boot) != 0 &&
        (!retained || model_presence(device, now_us) == PRESENCE_LIVE))
        return NULL;
    if (known && !device->offline)
        journal_note(&model->journal, JOURNAL_PROBLEM, wall_ms, name, "%s is offline: %s",
            label(model, device), status->why[0] ? status->why : "its connection was lost");
    device->offline = true;
    device->stopped = status->why[0] != '\0';
    if (!known)
        take_status(model, device);
    return device;
}

static void note_boot(
    struct model *model, struct model_device *device, bool retained, int64_t now_us, int64_t wall_ms)
{
    struct model_device_private *priv = device->priv;
    const char *boot = model->priv->scratch->boot;
    if (!retained && strcmp(boot, priv->boot_before) == 0) {
        if (!model_shared(device, now_us))
            journal_note(&model->journal, JOURNAL_PROBLEM, wall_ms, device->name,
                "two agents share the name \"%s\": give each its own --device", label(model, device));
        device->shared_us = now_us;
    } else if (device->status->boot[0] && !device->offline && !model_shared(device, now_us)) {
        journal_note(
            &model->journal, JOURNAL_NOTICE, wall_ms, device->name, "%s restarted", label(model, device));
    }
    snprintf(priv->boot_before, sizeof priv->boot_before, "%s", device->status->boot);
    device->lost = 0;
    device->cpu_count = 0;
    priv->temperature_us = 0;
    if (retained)
        device->heard_us = 0;
}

static void note_temperature(struct model_device *device, int64_t now_us)
{
    struct model_device_private *priv = device->priv;
    if (!(device->status->health.has & HEALTH_CPU_C) ||
        (priv->temperature_us != 0 && now_us - priv->temperature_us < TEMPERATURE_PAUSE_US))
        return;
    priv->temperature_us = now_us;
    if (device->cpu_count == MODEL_HISTORY) {
        memmove(device->cpu_c, device->cpu_c + 1, sizeof device->cpu_c - sizeof device->cpu_c[0]);
        device->cpu_count--;
    }
    device->cpu_c[device->cpu_count++] = device->status->health.cpu_c;
}

static struct model_device *take_online(struct model *model, const char *name, bool retained, int64_t now_us,
    int64_t wall_ms, uint64_t *previous_n)
{
    const struct status *status = model->priv->scratch;
    struct model_device *device = find_or_insert(model, name, wall_ms);
    if (!device)
        return NULL;
    const struct status *before = device->status;
    bool same = before->boot[0] != '\0' && strcmp(before->boot, status->boot) == 0;
    if (retained && same && status->seq < before->seq)
        return NULL;

    // What was published while we were away from the broker is no report that the device lost.
    if (same && !retained && device->priv->connection == model->priv->connection && status->seq > before->seq)
        device->lost += status->seq - before->seq - 1;
    if (same && previous_n)
        *previous_n = before->last.n;
    if (!same)
        note_boot(model, device, retained, now_us, wall_ms);
    if (device->offline)
        journal_note(
            &model->journal, JOURNAL_NOTICE, wall_ms, device->name, "%s is back", label(model, device));
    device->first_of_boot = !same;
    device->offline = false;
    device->stopped = false;
    device->last_n = status->last.n;
    device->priv->connection = model->priv->connection;
    if (!retained) {
        device->heard_us = now_us;
        device->wall_ms = wall_ms;
    }
    take_status(model, device);
    note_temperature(device, now_us);
    return device;
}

struct model_device *model_status(struct model *model, const char *topic, const void *payload, size_t len,
    bool retained, int64_t now_us, int64_t wall_ms, uint64_t *previous_n)
{
    char name[PROTOCOL_DEVICE_MAX + 1];
    char why[PROTOCOL_WHY_SIZE] = "";
    if (previous_n)
        *previous_n = 0;
    // An empty payload is how anyone clears what a broker retains: no report.
    if (len == 0 || protocol_topic_device(topic, model->priv->root, "status", name) < 0)
        return NULL;
    if (status_parse(payload, len, model->priv->scratch, why) < 0) {
        complain(model, topic, why, now_us, wall_ms);
        return NULL;
    }
    model->seen = true;
    model->changes++;
    if (!model->priv->scratch->online)
        return take_offline(model, name, retained, now_us, wall_ms);
    return take_online(model, name, retained, now_us, wall_ms, previous_n);
}

void model_link(struct model *model, const struct link_report *report, int64_t now_us)
{
    if (report->state != model->link.state || model->link_since_us == 0)
        model->link_since_us = now_us;
    if (report->state == LINK_UP && model->link.state != LINK_UP) {
        model->priv->connection++;
        model->trips = (struct model_trips){0};
    }
    model->link = *report;
    model->changes++;
}

static int compare_us(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

void model_trip(struct model *model, int64_t us)
{
    struct model_private *priv = model->priv;
    struct model_trips *trips = &model->trips;
    priv->trips[trips->count % TRIPS_KEPT] = us;
    trips->count++;
    trips->last_us = us;
    if (us > trips->max_us)
        trips->max_us = us;

    int64_t sorted[TRIPS_KEPT];
    size_t kept = trips->count < TRIPS_KEPT ? trips->count : TRIPS_KEPT;
    memcpy(sorted, priv->trips, kept * sizeof sorted[0]);
    qsort(sorted, kept, sizeof sorted[0], compare_us);
    trips->p50_us = sorted[(kept - 1) / 2];
    model->changes++;
}

void model_set_others(struct model *model, const char *device, const char *from, int64_t now_us)
{
    model->others.at_us = now_us;
    snprintf(model->others.device, sizeof model->others.device, "%s", device);
    snprintf(model->others.from, sizeof model->others.from, "%s", from);
    model->changes++;
}
