// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pc-tui/model/model_devices.h"

enum {
    COMPLAINT_PAUSE_US = 5000000, // unreadable statuses may come by the thousand: one line in so long
    SAMPLE_PAUSE_US = 1000000,
};

// The channels that jetson_subscriber.py of the tutorial answers to. They have no position, as nobody reports one.
static int insert_tutorial(struct model *model)
{
    struct model_device *device = model_devices_add(model, "");
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
    if (model->count > 0 && model->devices[0]->tutorial)
        model_devices_drop(model, model->devices[0]);
}

struct model *model_new(const char *root, const char *wanted)
{
    struct model *model = calloc(1, sizeof *model);
    if (!model)
        return NULL;
    model->priv = calloc(1, sizeof(*model->priv));
    if (!model->priv || journal_init(&model->journal) < 0)
        goto fail;
    snprintf(model->priv->root, sizeof model->priv->root, "%s", root);
    snprintf(model->priv->wanted, sizeof model->priv->wanted, "%s", wanted);
    model->priv->scratch = calloc(1, sizeof(*model->priv->scratch));
    if (!model->priv->scratch)
        goto fail;
    if (!wanted[0] && insert_tutorial(model) < 0)
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
    model_devices_free_all(model);
    if (model->priv) {
        free(model->priv->free_slots);
        free(model->priv->scratch);
    }
    free(model->priv);
    journal_finish(&model->journal);
    free(model);
}

void model_set_hooks(struct model *model, const struct model_hooks *hooks, void *ctx)
{
    model->priv->hooks = *hooks;
    model->priv->ctx = ctx;
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

// True where a status shows the channels that were confirmed. A channel that could not be read has no kind, and counts
// as the channel that it was before.
static bool fits_layout(const struct model_layout *layout, const struct status *status)
{
    if (layout->count != status->count)
        return false;
    for (size_t i = 0; i < status->count; i++) {
        const struct status_channel *channel = &status->channels[i];
        const struct channel_id *id = &layout->channels[i].id;
        if (strcmp(id->name, channel->id.name) != 0)
            return false;
        if (id->kind == CHANNEL_OTHER || channel->id.kind == CHANNEL_OTHER)
            continue;
        if (id->kind != channel->id.kind || id->pan != channel->id.pan ||
            layout->channels[i].axis != channel->axis)
            return false;
    }
    return true;
}

static void confirm_layout(struct model_device *device)
{
    struct model_layout *layout = &device->priv->layout;
    const struct status *status = device->status;
    if (device->confirmed && !fits_layout(layout, status))
        layout->count = 0; // an answer to us has said so
    device->confirmed = true;
    for (size_t i = 0; i < status->count; i++) {
        bool is_known = i < layout->count && layout->channels[i].id.kind != CHANNEL_OTHER;
        if (is_known)
            continue;
        layout->channels[i].id = status->channels[i].id;
        layout->channels[i].axis = status->channels[i].axis;
    }
    layout->count = status->count;
}

static bool same_channels(const struct status *a, const struct status *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct status_channel *left = &a->channels[i], *right = &b->channels[i];
        if (strcmp(left->id.name, right->id.name) != 0 || left->id.kind != right->id.kind ||
            left->axis != right->axis)
            return false;
    }
    return true;
}

static void take_status(struct model *model, struct model_device *device)
{
    struct status *before = device->priv->status;
    if (!same_channels(before, model->priv->scratch))
        device->layout++;
    device->priv->status = model->priv->scratch;
    device->status = device->priv->status;
    model->priv->scratch = before;
}

// Channels do not change while an agent runs. A report that shows others under the same boot comes from a second agent
// or from somebody who forges. It counts only where it answers a command of ours, whose id nobody else can know
// beforehand. True where the report must not be taken.
static bool is_doubtful(
    struct model *model, struct model_device *device, bool retained, int64_t now_us, int64_t wall_ms)
{
    const struct model_private *priv = model->priv;
    if (!device->confirmed || fits_layout(&device->priv->layout, priv->scratch))
        return false;
    if (retained)
        return true;
    if (priv->hooks.is_answer && priv->hooks.is_answer(priv->ctx, device, priv->scratch->last.id)) {
        journal_note(&model->journal, JOURNAL_PROBLEM, wall_ms, device->name,
            "%s has other channels now, without a restart", model_label(model, device));
        return false;
    }
    if (device->priv->mismatch_us == 0 || now_us - device->priv->mismatch_us >= COMPLAINT_PAUSE_US) {
        device->priv->mismatch_us = now_us;
        journal_note(&model->journal, JOURNAL_PROBLEM, wall_ms, device->name,
            "a report of %s with other channels was not taken: a second agent, or a forger",
            model_label(model, device));
    }
    if (priv->hooks.doubted)
        priv->hooks.doubted(priv->ctx, device);
    return true;
}

// Where the agent restarted, the will of the run before arrives late and says nothing about the run that is known here.
// Only where nobody reports any more it counts, since what the broker kept is all there is then. What an agent tells of
// itself that runs and cannot work counts whatever run was known here, as its run is a new one.
static struct model_device *take_offline(
    struct model *model, const char *name, bool retained, int64_t now_us, int64_t wall_ms, bool *is_new)
{
    const struct status *status = model->priv->scratch;
    struct model_device *device = model_devices_find_or_add(model, name, now_us, wall_ms);
    if (!device)
        return NULL;
    bool known = device->status->boot[0] != '\0', fault = status->fault[0] != '\0';
    bool its_own = strcmp(device->status->boot, status->boot) == 0 ||
                   (device->fault[0] && strcmp(device->priv->fault_boot, status->boot) == 0);
    if (known && !its_own && !fault && (!retained || model_presence(device, now_us) == PRESENCE_LIVE))
        return NULL;
    char words[PROTOCOL_WHY_SIZE];
    const char *why = fault            ? model_fault(words, status->fault, status->why)
                      : status->why[0] ? status->why
                                       : "its connection was lost";
    bool told = device->offline && strcmp(device->why, fault ? status->why : "") == 0;
    if ((known || fault) && !told)
        journal_note(&model->journal, JOURNAL_PROBLEM, wall_ms, name, "%s is offline: %s",
            model_label(model, device), why);
    device->offline = true;
    device->removed = !fault && strcmp(status->why, "removed") == 0;
    device->stopped = !fault && status->why[0] != '\0' && !device->removed;
    memcpy(device->fault, status->fault, sizeof device->fault);
    memcpy(device->why, fault ? status->why : "", fault ? sizeof device->why : 1);
    memcpy(device->priv->fault_boot, status->boot, sizeof device->priv->fault_boot);
    // It answers commands.
    struct status_last *last = &device->priv->status->last;
    *is_new =
        fault && status->last.n > 0 && (status->last.n != last->n || strcmp(status->last.id, last->id) != 0);
    if (*is_new) {
        *last = status->last;
        device->first_of_boot = false;
    }
    if (fault && !retained)
        device->wall_ms = wall_ms;
    if (!known && !fault)
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
                "two agents share the name \"%s\": give each its own --device", model_label(model, device));
        device->shared_us = now_us;
    } else if (device->status->boot[0] && !device->offline && !model_shared(device, now_us)) {
        journal_note(&model->journal, JOURNAL_NOTICE, wall_ms, device->name, "%s restarted",
            model_label(model, device));
    }
    snprintf(priv->boot_before, sizeof priv->boot_before, "%s", device->status->boot);
    device->lost = 0;
    device->history_count = 0;
    priv->sampled_us = 0;
    device->confirmed = false;
    priv->layout.count = 0;
    if (retained)
        device->heard_us = 0;
}

static void note_health(struct model_device *device, int64_t now_us)
{
    static const unsigned has[FIGURE_COUNT] = {
        HEALTH_CPU_C, HEALTH_LOAD, HEALTH_MEM, HEALTH_GPU, HEALTH_WATTS};
    struct model_device_private *priv = device->priv;
    const struct status_health *health = &device->status->health;
    if (health->has == 0 || (priv->sampled_us != 0 && now_us - priv->sampled_us < SAMPLE_PAUSE_US))
        return;
    priv->sampled_us = now_us;
    const int values[FIGURE_COUNT] = {
        health->cpu_c, health->load, health->mem, health->gpu, health->milliwatts};
    for (size_t i = 0; i < FIGURE_COUNT; i++) {
        int *history = device->history[i];
        if (device->history_count == MODEL_HISTORY)
            memmove(history, history + 1, (MODEL_HISTORY - 1) * sizeof history[0]);
        size_t at = device->history_count < MODEL_HISTORY ? device->history_count : MODEL_HISTORY - 1;
        history[at] = health->has & has[i] ? values[i] : TRACE_GAP;
    }
    if (device->history_count < MODEL_HISTORY)
        device->history_count++;
}

// Without memory for it there is no graph; nothing else is lost.
static void note_trace(struct model_device *device, int64_t now_us)
{
    if (device->trace && device->trace->count != device->status->count) {
        model_trace_free(device->trace);
        device->trace = NULL;
    }
    if (!device->trace)
        device->trace = model_trace_new(device->status->count);
    if (device->trace)
        model_trace_status(device->trace, device->status, model_stale_after_us(device), now_us);
}

static struct model_device *take_online(
    struct model *model, const char *name, bool retained, int64_t now_us, int64_t wall_ms, bool *is_new)
{
    const struct status *status = model->priv->scratch;
    struct model_device *device = model_devices_find_or_add(model, name, now_us, wall_ms);
    if (!device)
        return NULL;
    const struct status *before = device->status;
    bool same = before->boot[0] != '\0' && strcmp(before->boot, status->boot) == 0;
    if (retained && same && status->seq < before->seq)
        return NULL;
    if (same && is_doubtful(model, device, retained, now_us, wall_ms))
        return NULL;

    // What was published while we were away from the broker is no report that the device lost.
    if (same && !retained && device->priv->connection == model->priv->connection && status->seq > before->seq)
        device->lost += status->seq - before->seq - 1;
    *is_new = status->last.n > 0 &&
              (!same || status->last.n != before->last.n || strcmp(status->last.id, before->last.id) != 0);
    if (!same)
        note_boot(model, device, retained, now_us, wall_ms);
    if (device->offline)
        journal_note(
            &model->journal, JOURNAL_NOTICE, wall_ms, device->name, "%s is back", model_label(model, device));
    device->first_of_boot = !same;
    device->offline = false;
    device->stopped = device->removed = false;
    device->fault[0] = device->why[0] = '\0';
    device->priv->connection = model->priv->connection;
    if (!retained) {
        device->heard_us = now_us;
        device->wall_ms = wall_ms;
    }
    take_status(model, device);
    if (!retained) {
        confirm_layout(device);
        note_trace(device, now_us);
    }
    note_health(device, now_us);
    return device;
}

// An empty message on a status topic is how anyone clears what the broker retains. Of a device that reports it changes
// nothing.
static void forget(struct model *model, const char *name, int64_t now_us)
{
    struct model_device *device = model_find(model, name, NULL);
    if (!device)
        return;
    enum presence presence = model_presence(device, now_us);
    if (presence == PRESENCE_OFFLINE || presence == PRESENCE_RETAINED)
        model_devices_drop(model, device);
}

struct model_device *model_status(struct model *model, const char *topic, const void *payload, size_t len,
    bool retained, int64_t now_us, int64_t wall_ms, bool *is_new)
{
    char name[PROTOCOL_DEVICE_MAX + 1];
    char why[PROTOCOL_WHY_SIZE] = "";
    bool ignored;
    is_new = is_new ? is_new : &ignored;
    *is_new = false;
    if (protocol_topic_device(topic, model->priv->root, "status", name) < 0)
        return NULL;
    if (len == 0) {
        forget(model, name, now_us);
        return NULL;
    }
    if (status_parse(payload, len, model->priv->scratch, why) < 0) {
        complain(model, topic, why, now_us, wall_ms);
        return NULL;
    }
    drop_tutorial(model);
    model->seen = true;
    model->changes++;
    if (!model->priv->scratch->online)
        return take_offline(model, name, retained, now_us, wall_ms, is_new);
    return take_online(model, name, retained, now_us, wall_ms, is_new);
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

void model_trip(struct model *model, struct model_device *device, int64_t us, int64_t now_us)
{
    struct model_private *priv = model->priv;
    struct model_trips *trips = &model->trips;
    priv->trips[trips->count % MODEL_TRIPS_KEPT] = us;
    trips->count++;
    trips->last_us = us;
    if (us > trips->max_us)
        trips->max_us = us;

    int64_t sorted[MODEL_TRIPS_KEPT];
    size_t kept = trips->count < MODEL_TRIPS_KEPT ? trips->count : MODEL_TRIPS_KEPT;
    memcpy(sorted, priv->trips, kept * sizeof sorted[0]);
    qsort(sorted, kept, sizeof sorted[0], compare_us);
    trips->median_us = sorted[(kept - 1) / 2];
    if (device->trace)
        model_trace_trip(device->trace, us, now_us);
    model->changes++;
}

void model_set_others(struct model *model, const char *device, const char *from, int64_t now_us)
{
    model->others.at_us = now_us;
    snprintf(model->others.device, sizeof model->others.device, "%s", device);
    snprintf(model->others.from, sizeof model->others.from, "%s", from);
    model->changes++;
}
