// SPDX-License-Identifier: MIT
#include "pc-tui/model/model_about.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/text.h"
#include "pc-tui/model/model_devices.h"

bool model_about(struct model *model, const char *topic, const void *payload, size_t len)
{
    char name[PROTOCOL_DEVICE_MAX + 1];
    if (protocol_topic_device(topic, model->priv->root, "about", name) < 0)
        return false;
    struct model_device *device = model_find(model, name, NULL);
    if (!device || device->tutorial || len > MODEL_ABOUT_MAX)
        return false;
    char *text = NULL;
    if (len > 0) {
        json_t *object = json_loadb(payload, len, JSON_REJECT_DUPLICATES, NULL);
        const json_t *v = json_object_get(object, "v");
        if (json_is_number(v) && json_number_value(v) >= 1 && json_number_value(v) <= PROTOCOL_VERSION)
            text = json_dumps(object, JSON_COMPACT);
        json_decref(object);
        if (!text)
            return false;
    }
    free(device->about);
    device->about = text;
    model->changes++;
    return true;
}

struct rows {
    struct model_about_row *rows;
    size_t count, max;
};

__attribute__((format(printf, 3, 4))) static void add(
    struct rows *rows, const char *label, const char *format, ...)
{
    char text[2 * MODEL_ABOUT_VALUE_SIZE];
    if (rows->count == rows->max)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct model_about_row *row = &rows->rows[rows->count++];
    row->time_s = 0;
    snprintf(row->label, sizeof row->label, "%s", label);
    text_clean(row->value, sizeof row->value, text, strlen(text), MODEL_ABOUT_VALUE_SIZE / 4 - 1);
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static void add_text(struct rows *rows, const char *label, const json_t *object, const char *key)
{
    if (text_of(object, key)[0])
        add(rows, label, "%.200s", text_of(object, key));
}

static void add_system(struct rows *rows, const json_t *about)
{
    const char *l4t = text_of(about, "l4t"), *kernel = text_of(about, "kernel");
    if (l4t[0] || kernel[0])
        add(rows, "system", "%s%.40s%s%s%.100s", l4t[0] ? "L4T " : "", l4t, l4t[0] && kernel[0] ? ", " : "",
            kernel[0] ? "Linux " : "", kernel);
}

static void add_addresses(struct rows *rows, const json_t *about)
{
    size_t i;
    json_t *one;
    // The macro's iterator takes no const array; nothing here changes it.
    json_array_foreach((json_t *)json_object_get(about, "addresses"), i, one)
        add(rows, i == 0 ? "address" : "", "%.64s  on %.32s", text_of(one, "ip"), text_of(one, "if"));
}

static void add_wifi(struct rows *rows, const json_t *about)
{
    const json_t *wifi = json_object_get(about, "wifi"), *dbm = json_object_get(wifi, "dbm");
    const char *ssid = text_of(wifi, "ssid");
    if (json_is_integer(dbm))
        add(rows, "Wi-Fi", "%.64s%s%lld dBm", ssid, ssid[0] ? "  " : "", (long long)json_integer_value(dbm));
    else if (ssid[0])
        add(rows, "Wi-Fi", "%.64s", ssid);
}

static void add_config(struct rows *rows, const json_t *about)
{
    const json_t *config = json_object_get(about, "config");
    size_t before = rows->count;
    add_text(rows, "configuration", config, "file");
    if (rows->count > before)
        rows->rows[before].time_s = json_integer_value(json_object_get(config, "mtime"));
}

static void add_object(struct rows *rows, const char *label, const json_t *object)
{
    const char *name;
    json_t *value;
    bool first = true;
    json_object_foreach((json_t *)object, name, value)
    {
        if (!json_is_string(value))
            continue;
        add(rows, first ? label : "", "%.40s  %.100s", name, json_string_value(value));
        first = false;
    }
}

size_t model_about_rows(const struct model_device *device, struct model_about_row *out, size_t max)
{
    struct rows rows = {.rows = out, .max = max};
    json_t *about = device->about ? json_loads(device->about, 0, NULL) : NULL;
    if (!about)
        return 0;
    add_text(&rows, "board", about, "board");
    add_system(&rows, about);
    add_text(&rows, "host", about, "host");
    add_addresses(&rows, about);
    add_wifi(&rows, about);
    add_config(&rows, about);
    add_text(&rows, "nano-agent", about, "agent");
    add_object(&rows, "with", json_object_get(about, "libraries"));
    add_object(&rows, "channels", json_object_get(about, "channels"));
    json_decref(about);
    return rows.count;
}
