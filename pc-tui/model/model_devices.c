// SPDX-License-Identifier: MIT
#include "pc-tui/model/model_devices.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Where the digits that begin at s end.
static const char *skip_digits(const char *s)
{
    while (isdigit((unsigned char)*s))
        s++;
    return s;
}

int model_compare_names(const char *a, const char *b)
{
    const char *left = a, *right = b;
    while (*left && *right) {
        if (!isdigit((unsigned char)*left) || !isdigit((unsigned char)*right)) {
            if (*left != *right)
                return (unsigned char)*left < (unsigned char)*right ? -1 : 1;
            left++;
            right++;
            continue;
        }
        left += strspn(left, "0");
        right += strspn(right, "0");
        const char *left_end = skip_digits(left), *right_end = skip_digits(right);
        if (left_end - left != right_end - right)
            return left_end - left < right_end - right ? -1 : 1;
        int order = strncmp(left, right, (size_t)(left_end - left));
        if (order != 0)
            return order;
        left = left_end;
        right = right_end;
    }
    if (*left || *right)
        return *left ? 1 : -1;
    // They differ at most in leading zeros. Their order must still be the same every time.
    return strcmp(a, b);
}

static void device_free(struct model_device *device)
{
    if (!device)
        return;
    model_trace_free(device->trace);
    free(device->about);
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

// Where the name is, or would have to go.
static size_t position(const struct model *model, const char *name)
{
    size_t low = 0;
    size_t high = model->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (model_compare_names(model->devices[middle]->name, name) < 0)
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

struct model_device *model_devices_add(struct model *model, const char *name)
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
    device->slot = priv->free_count > 0 ? priv->free_slots[--priv->free_count] : priv->slots++;
    return device;
}

// Without memory the slot is lost; nothing else depends on it.
static void keep_slot(struct model_private *priv, size_t slot)
{
    if (priv->free_count == priv->free_room) {
        size_t room = priv->free_room ? priv->free_room * 2 : 8;
        size_t *slots = realloc(priv->free_slots, room * sizeof *slots);
        if (!slots)
            return;
        priv->free_slots = slots;
        priv->free_room = room;
    }
    priv->free_slots[priv->free_count++] = slot;
}

void model_devices_drop(struct model *model, struct model_device *device)
{
    size_t at = position(model, device->name);
    if (model->priv->hooks.dropped)
        model->priv->hooks.dropped(model->priv->ctx, device);
    keep_slot(model->priv, device->slot);
    model->count--;
    memmove(
        &model->devices[at], &model->devices[at + 1], (model->count - at) * sizeof(struct model_device *));
    device_free(device);
    model->changes++;
}

void model_devices_free_all(struct model *model)
{
    for (size_t i = 0; i < model->count; i++)
        device_free(model->devices[i]);
    free(model->devices);
    model->devices = NULL;
    model->count = 0;
}

// How gladly a device makes room for another: 0 = not at all.
static int spare(const struct model *model, const struct model_device *device, int64_t now_us)
{
    const struct model_private *priv = model->priv;
    if (strcmp(device->name, priv->wanted) == 0 && priv->wanted[0])
        return 0;
    if (priv->hooks.is_needed && priv->hooks.is_needed(priv->ctx, device))
        return 0;
    switch (model_presence(device, now_us)) {
    case PRESENCE_OFFLINE:
        return 3;
    case PRESENCE_RETAINED:
        return 2;
    case PRESENCE_STALE:
        return 1;
    case PRESENCE_TUTORIAL:
    case PRESENCE_LIVE:
        break;
    }
    return 0;
}

// Looks for the device that can best be spared. It goes on where it left off, so that a flood of names does not
// walk over the same ones again and again.
static struct model_device *find_spare(struct model *model, int64_t now_us)
{
    struct model_device *best = NULL;
    int best_spare = 0;
    for (size_t i = 0; i < model->count && best_spare < 3; i++) {
        size_t at = (model->priv->drop_at + i) % model->count;
        int spared = spare(model, model->devices[at], now_us);
        if (spared <= best_spare)
            continue;
        best_spare = spared;
        best = model->devices[at];
        model->priv->drop_at = at;
    }
    return best;
}

const char *model_label(const struct model *model, const struct model_device *device)
{
    return device->name[0] ? device->name : model->priv->root;
}

struct model_device *model_devices_find_or_add(
    struct model *model, const char *name, int64_t now_us, int64_t wall_ms)
{
    struct model_device *device = model_find(model, name, NULL);
    if (device)
        return device;
    if (model->count >= MODEL_DEVICES_MAX) {
        bool is_wanted = model->priv->wanted[0] && strcmp(name, model->priv->wanted) == 0;
        struct model_device *other = find_spare(model, now_us);
        if (!model->priv->full)
            journal_note(&model->journal, JOURNAL_PROBLEM, wall_ms, "",
                "more than %d devices under %s: offline and silent ones make room, further ones are not shown",
                MODEL_DEVICES_MAX, model->priv->root);
        model->priv->full = true;
        if (!other && is_wanted)
            other = model->devices[model->count - 1];
        if (!other)
            return NULL;
        model_devices_drop(model, other);
    }
    return model_devices_add(model, name);
}
