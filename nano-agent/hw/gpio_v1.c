// SPDX-License-Identifier: MIT
// GPIO lines through libgpiod 1.x. A released line drops its level, so lines stay requested while we run.
#include <errno.h>
#include <gpiod.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "nano-agent/hw/gpio.h"

struct gpio_switch {
    struct hw_switch base;
    struct gpiod_chip *chip;
    struct gpiod_line *line;
};

struct gpio_input {
    struct hw_input base;
    struct gpiod_chip *chip;
    struct gpiod_line *line;
};

static int chip_label(const char *path, char label[HW_CHIP_MAX + 1])
{
    struct gpiod_chip *chip = gpiod_chip_open(path);
    if (!chip)
        return -errno;
    snprintf(label, HW_CHIP_MAX + 1, "%s", gpiod_chip_label(chip));
    gpiod_chip_close(chip);
    return 0;
}

// Finds the line of `at`. The caller closes *chip, which ends *line as well.
static int open_line(
    const struct hw_address *at, struct gpiod_chip **chip, struct gpiod_line **line, char why[HW_WHY_SIZE])
{
    char path[GPIO_PATH_SIZE];
    int rc = gpio_find_chip(at->chip, chip_label, path, why);
    if (rc < 0)
        return rc;
    *chip = gpiod_chip_open(path);
    if (!*chip)
        return gpio_refuse(at, errno, NULL, why);
    rc = gpio_check_range(at, gpiod_chip_num_lines(*chip), why);
    if (rc == 0) {
        *line = gpiod_chip_get_line(*chip, at->line);
        if (*line)
            return 0;
        rc = gpio_refuse(at, errno, NULL, why);
    }
    gpiod_chip_close(*chip);
    return rc;
}

static int refuse_request(
    struct gpiod_line *line, const struct hw_address *at, int error, char why[HW_WHY_SIZE])
{
    bool known = error == EBUSY && gpiod_line_update(line) == 0;
    return gpio_refuse(at, error, known ? gpiod_line_consumer(line) : NULL, why);
}

int gpio_look(const struct hw_address *at, struct gpio_look *out, char why[HW_WHY_SIZE])
{
    struct gpiod_chip *chip = NULL;
    struct gpiod_line *line = NULL;
    int rc = open_line(at, &chip, &line, why);
    if (rc < 0)
        return rc;
    const char *holder = gpiod_line_consumer(line);
    out->used = gpiod_line_is_used(line);
    snprintf(out->holder, sizeof out->holder, "%s", out->used && holder ? holder : "");
    gpiod_chip_close(chip);
    return 0;
}

const char *gpio_library_version(void)
{
    return gpiod_version_string();
}

// The index is `bias` of struct hw_gpio_options. libgpiod has these flags since 1.5.
#ifdef GPIOD_HAS_BIAS
static const int bias_flags[] = {
    0, GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP, GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN};
#else
static const int bias_flags[] = {0, 0, 0};
#endif

static int request_flags(const struct hw_gpio_options *options, int *flags, char why[HW_WHY_SIZE])
{
    *flags = (options->active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0) | bias_flags[options->bias];
    if (!options->bias || bias_flags[options->bias])
        return 0;
    snprintf(why, HW_WHY_SIZE, "libgpiod %s knows no bias; use a resistor and bias = none",
        gpiod_version_string());
    return -ENOTSUP;
}

static int switch_set(struct hw_switch *base, bool on)
{
    struct gpio_switch *sw = (struct gpio_switch *)base;
    return gpiod_line_set_value(sw->line, on) < 0 ? -errno : 0;
}

static void switch_close(struct hw_switch *base)
{
    struct gpio_switch *sw = (struct gpio_switch *)base;
    gpiod_line_release(sw->line);
    gpiod_chip_close(sw->chip);
    free(sw);
}

static const struct hw_switch_ops switch_ops = {switch_set, switch_close};

static int open_switch(const struct hw_address *at, const struct hw_gpio_options *options,
    struct hw_switch **out, char why[HW_WHY_SIZE])
{
    int flags;
    int rc = request_flags(options, &flags, why);
    if (rc < 0)
        return rc;
    struct gpio_switch *sw = calloc(1, sizeof *sw);
    if (!sw) {
        snprintf(why, HW_WHY_SIZE, "out of memory");
        return -ENOMEM;
    }
    sw->base.ops = &switch_ops;
    rc = open_line(at, &sw->chip, &sw->line, why);
    if (rc < 0)
        goto free_switch;
    // Direction and level in one request: the line never shows anything but the level asked for. The value is
    // logical, as active_low says (gpiolib's linehandle_create).
    if (gpiod_line_request_output_flags(sw->line, options->consumer, flags, options->initial) < 0) {
        rc = refuse_request(sw->line, at, errno, why);
        goto close_chip;
    }
    *out = &sw->base;
    return 0;
close_chip:
    gpiod_chip_close(sw->chip);
free_switch:
    free(sw);
    return rc;
}

static int input_read_edges(struct hw_input *base, bool *level, unsigned *edges)
{
    struct pollfd ready = {.fd = base->fd, .events = POLLIN};
    *edges = 0;
    // What is left is read at the next turn of the loop: a line that toggles faster than it is read must not hold it up.
    while (*edges < GPIO_EDGES_AT_ONCE && poll(&ready, 1, 0) > 0) {
        struct gpiod_line_event event;
        if (gpiod_line_event_read_fd(base->fd, &event) < 0)
            return -errno;
        *level = event.event_type == GPIOD_LINE_EVENT_RISING_EDGE;
        (*edges)++;
    }
    return *edges ? 0 : -EAGAIN;
}

static int input_get(struct hw_input *base, bool *level)
{
    struct gpio_input *input = (struct gpio_input *)base;
    int value = gpiod_line_get_value(input->line);
    if (value < 0)
        return -errno;
    *level = value != 0;
    return 0;
}

static void input_close(struct hw_input *base)
{
    struct gpio_input *input = (struct gpio_input *)base;
    gpiod_line_release(input->line);
    gpiod_chip_close(input->chip);
    free(input);
}

static const struct hw_input_ops input_ops = {input_read_edges, input_get, input_close};

static int open_input(const struct hw_address *at, const struct hw_gpio_options *options,
    struct hw_input **out, char why[HW_WHY_SIZE])
{
    int flags;
    int rc = request_flags(options, &flags, why);
    if (rc < 0)
        return rc;
    struct gpio_input *input = calloc(1, sizeof *input);
    if (!input) {
        snprintf(why, HW_WHY_SIZE, "out of memory");
        return -ENOMEM;
    }
    input->base.ops = &input_ops;
    rc = open_line(at, &input->chip, &input->line, why);
    if (rc < 0)
        goto free_input;
    if (gpiod_line_request_both_edges_events_flags(input->line, options->consumer, flags) < 0) {
        rc = refuse_request(input->line, at, errno, why);
        goto close_chip;
    }
    input->base.fd = gpiod_line_event_get_fd(input->line);
    *out = &input->base;
    return 0;
close_chip:
    gpiod_chip_close(input->chip);
free_input:
    free(input);
    return rc;
}

const struct hw_backend hw_gpio = {"gpio", HW_GPIO, open_switch, NULL, open_input};
