// SPDX-License-Identifier: MIT
// GPIO lines through libgpiod 2.x. A released line drops its level, so lines stay requested while we run.
#include <errno.h>
#include <gpiod.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "nano-agent/hw/gpio.h"

struct gpio_switch {
    struct hw_switch base;
    struct gpiod_line_request *request;
    unsigned line;
};

struct gpio_input {
    struct hw_input base;
    struct gpiod_line_request *request;
    struct gpiod_edge_event_buffer *events;
    unsigned line;
};

enum { EVENTS_AT_ONCE = 16 };

// Reads the label of the chip behind one /dev/gpiochipN. The library finds chips by their path only.
static int chip_label(const char *path, char label[HW_CHIP_MAX + 1])
{
    struct gpiod_chip *chip = gpiod_chip_open(path);
    if (!chip)
        return -errno;
    struct gpiod_chip_info *info = gpiod_chip_get_info(chip);
    int rc = info ? 0 : -errno;
    if (info)
        snprintf(label, HW_CHIP_MAX + 1, "%s", gpiod_chip_info_get_label(info));
    gpiod_chip_info_free(info);
    gpiod_chip_close(chip);
    return rc;
}

// Opens the chip that has the line of `at`. The caller closes *out.
static int open_chip(const struct hw_address *at, struct gpiod_chip **out, char why[HW_WHY_SIZE])
{
    char path[GPIO_PATH_SIZE];
    int rc = gpio_find_chip(at->chip, chip_label, path, why);
    if (rc < 0)
        return rc;
    *out = gpiod_chip_open(path);
    if (!*out)
        return gpio_refuse(at, errno, NULL, why);
    struct gpiod_chip_info *info = gpiod_chip_get_info(*out);
    rc = info ? gpio_check_range(at, gpiod_chip_info_get_num_lines(info), why)
              : gpio_refuse(at, errno, NULL, why);
    gpiod_chip_info_free(info);
    if (rc < 0)
        gpiod_chip_close(*out);
    return rc;
}

static int refuse_request(
    struct gpiod_chip *chip, const struct hw_address *at, int error, char why[HW_WHY_SIZE])
{
    struct gpiod_line_info *info = error == EBUSY ? gpiod_chip_get_line_info(chip, at->line) : NULL;
    int rc = gpio_refuse(at, error, info ? gpiod_line_info_get_consumer(info) : NULL, why);
    gpiod_line_info_free(info);
    return rc;
}

int gpio_look(const struct hw_address *at, struct gpio_look *out, char why[HW_WHY_SIZE])
{
    struct gpiod_chip *chip;
    int rc = open_chip(at, &chip, why);
    if (rc < 0)
        return rc;
    struct gpiod_line_info *info = gpiod_chip_get_line_info(chip, at->line);
    if (info) {
        const char *holder = gpiod_line_info_get_consumer(info);
        out->used = gpiod_line_info_is_used(info);
        snprintf(out->holder, sizeof out->holder, "%s", out->used && holder ? holder : "");
        gpiod_line_info_free(info);
    } else {
        rc = gpio_refuse(at, errno, NULL, why);
    }
    gpiod_chip_close(chip);
    return rc;
}

const char *gpio_library_version(void)
{
    return gpiod_api_version();
}

static struct gpiod_line_settings *make_settings(const struct hw_gpio_options *options, bool output)
{
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    if (!settings)
        return NULL;
    // Direction and level in one request: the line never shows anything but the level asked for. The value is
    // logical, as active_low says.
    gpiod_line_settings_set_active_low(settings, options->active_low);
    int rc = gpiod_line_settings_set_direction(
        settings, output ? GPIOD_LINE_DIRECTION_OUTPUT : GPIOD_LINE_DIRECTION_INPUT);
    if (!rc && output)
        rc = gpiod_line_settings_set_output_value(
            settings, options->initial ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
    if (!rc && !output)
        rc = gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH);
    if (!rc && options->bias)
        rc = gpiod_line_settings_set_bias(
            settings, options->bias == 1 ? GPIOD_LINE_BIAS_PULL_UP : GPIOD_LINE_BIAS_PULL_DOWN);
    if (rc) {
        gpiod_line_settings_free(settings);
        return NULL;
    }
    return settings;
}

// Requests the line of `at`. The caller releases *out.
static int request_line(const struct hw_address *at, const struct hw_gpio_options *options, bool output,
    struct gpiod_line_request **out, char why[HW_WHY_SIZE])
{
    struct gpiod_chip *chip;
    int rc = open_chip(at, &chip, why);
    if (rc < 0)
        return rc;
    rc = -ENOMEM;
    snprintf(why, HW_WHY_SIZE, "out of memory");
    struct gpiod_line_settings *settings = make_settings(options, output);
    struct gpiod_line_config *lines = gpiod_line_config_new();
    struct gpiod_request_config *request = gpiod_request_config_new();
    if (!settings || !lines || !request ||
        gpiod_line_config_add_line_settings(lines, &at->line, 1, settings) < 0)
        goto free_config;
    gpiod_request_config_set_consumer(request, options->consumer);
    *out = gpiod_chip_request_lines(chip, request, lines);
    rc = *out ? 0 : refuse_request(chip, at, errno, why);
free_config:
    gpiod_request_config_free(request);
    gpiod_line_config_free(lines);
    gpiod_line_settings_free(settings);
    gpiod_chip_close(chip);
    return rc;
}

static int switch_set(struct hw_switch *base, bool on)
{
    struct gpio_switch *sw = (struct gpio_switch *)base;
    enum gpiod_line_value value = on ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
    return gpiod_line_request_set_value(sw->request, sw->line, value) < 0 ? -errno : 0;
}

static void switch_close(struct hw_switch *base)
{
    struct gpio_switch *sw = (struct gpio_switch *)base;
    gpiod_line_request_release(sw->request);
    free(sw);
}

static const struct hw_switch_ops switch_ops = {switch_set, switch_close};

static int open_switch(const struct hw_address *at, const struct hw_gpio_options *options,
    struct hw_switch **out, char why[HW_WHY_SIZE])
{
    struct gpio_switch *sw = calloc(1, sizeof *sw);
    if (!sw) {
        snprintf(why, HW_WHY_SIZE, "out of memory");
        return -ENOMEM;
    }
    sw->base.ops = &switch_ops;
    sw->line = at->line;
    int rc = request_line(at, options, true, &sw->request, why);
    if (rc) {
        free(sw);
        return rc;
    }
    *out = &sw->base;
    return 0;
}

static int input_read_edges(struct hw_input *base, bool *level, unsigned *edges)
{
    struct gpio_input *input = (struct gpio_input *)base;
    struct pollfd ready = {.fd = base->fd, .events = POLLIN};
    *edges = 0;
    // What is left is read at the next turn of the loop: a line that toggles faster than it is read must not hold it up.
    while (*edges < GPIO_EDGES_AT_ONCE && poll(&ready, 1, 0) > 0) {
        int count = gpiod_line_request_read_edge_events(input->request, input->events, EVENTS_AT_ONCE);
        if (count < 0)
            return -errno;
        for (int i = 0; i < count; i++) {
            struct gpiod_edge_event *event =
                gpiod_edge_event_buffer_get_event(input->events, (unsigned long)i);
            *level = gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE;
            (*edges)++;
        }
    }
    return *edges ? 0 : -EAGAIN;
}

static int input_get(struct hw_input *base, bool *level)
{
    struct gpio_input *input = (struct gpio_input *)base;
    enum gpiod_line_value value = gpiod_line_request_get_value(input->request, input->line);
    if (value == GPIOD_LINE_VALUE_ERROR)
        return -errno;
    *level = value == GPIOD_LINE_VALUE_ACTIVE;
    return 0;
}

static void input_close(struct hw_input *base)
{
    struct gpio_input *input = (struct gpio_input *)base;
    gpiod_line_request_release(input->request);
    gpiod_edge_event_buffer_free(input->events);
    free(input);
}

static const struct hw_input_ops input_ops = {input_read_edges, input_get, input_close};

static int open_input(const struct hw_address *at, const struct hw_gpio_options *options,
    struct hw_input **out, char why[HW_WHY_SIZE])
{
    int rc = -ENOMEM;
    snprintf(why, HW_WHY_SIZE, "out of memory");
    struct gpio_input *input = calloc(1, sizeof *input);
    if (!input)
        return rc;
    input->events = gpiod_edge_event_buffer_new(EVENTS_AT_ONCE);
    if (!input->events)
        goto free_input;
    rc = request_line(at, options, false, &input->request, why);
    if (rc)
        goto free_events;
    input->base.ops = &input_ops;
    input->base.fd = gpiod_line_request_get_fd(input->request);
    input->line = at->line;
    *out = &input->base;
    return 0;
free_events:
    gpiod_edge_event_buffer_free(input->events);
free_input:
    free(input);
    return rc;
}

const struct hw_backend hw_gpio = {"gpio", HW_GPIO, open_switch, NULL, open_input};
