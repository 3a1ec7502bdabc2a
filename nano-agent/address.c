// SPDX-License-Identifier: MIT
#include "nano-agent/address.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nano-agent/board.h"

__attribute__((format(printf, 2, 3))) static int refuse(char why[ADDRESS_WHY_SIZE], const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(why, ADDRESS_WHY_SIZE, format, ap);
    va_end(ap);
    return -EINVAL;
}

static bool read_number(const char *text, unsigned long max, unsigned *out)
{
    if (!isdigit((unsigned char)*text))
        return false;
    char *end;
    errno = 0;
    unsigned long n = strtoul(text, &end, 10);
    if (errno || *end || n > max)
        return false;
    *out = (unsigned)n;
    return true;
}

static const char *after_word(const char *text, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(text, word, len) != 0 || (text[len] != ' ' && text[len] != '\t'))
        return NULL;
    return text + len + strspn(text + len, " \t");
}

// "32, 33": the pins of a model that can do it.
static void list_pins(const char *model, bool pwm, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < board_pin_count && len < size; i++) {
        if (strcmp(board_pins[i].model, model) != 0 || (pwm && !board_pins[i].pwm_device))
            continue;
        len += (size_t)snprintf(out + len, size - len, "%s%u", len ? ", " : "", board_pins[i].pin);
    }
}

static int parse_pin(
    const char *text, bool pwm, const char *model, struct hw_address *out, char why[ADDRESS_WHY_SIZE])
{
    unsigned number;
    if (!read_number(text, 40, &number) || number == 0)
        return refuse(why, "pin N names a pin of the 40-pin header, 1 to 40");
    if (!model)
        return refuse(why,
            "this machine is no Jetson that I know, so it has no pin %u: use --sim, --board NAME, "
            "or name the hardware itself (%s)",
            number, pwm ? "7000a000.pwm:2, pwmchip0:2" : "tegra-gpio:216");
    const struct board_pin *pin = board_find(model, number);
    char pins[200];
    list_pins(model, pwm, pins, sizeof pins);
    if (pwm && (!pin || !pin->pwm_device)) {
        if (!pins[0])
            return refuse(why, "%s has no PWM on its header: use a PCA9685 board", model);
        return refuse(why, "pin %u of %s has no PWM; these have: %s", number, model, pins);
    }
    if (!pin)
        return refuse(why, "pin %u of %s is no GPIO; these are: %s", number, model, pins);
    out->bus = pwm ? HW_PWM_SYSFS : HW_GPIO;
    out->pin = number;
    out->line = pwm ? pin->pwm_channel : pin->gpio_line;
    snprintf(out->chip, sizeof out->chip, "%s", pwm ? pin->pwm_device : pin->gpio_chip);
    return 0;
}

static int parse_chip(
    const char *text, bool pwm, const char *model, struct hw_address *out, char why[ADDRESS_WHY_SIZE])
{
    const char *colon = strrchr(text, ':');
    size_t len = (size_t)(colon - text);
    // A chip's name becomes part of a path: it may not lead anywhere else.
    if (len == 0 || len > HW_CHIP_MAX || memchr(text, '/', len) || strpbrk(text, " \t"))
        return refuse(why, "%s is wanted",
            pwm ? "PWMDEVICE:CHANNEL (7000a000.pwm:2, pwmchip0:2)"
                : "CHIPLABEL:LINE (tegra-gpio:216; gpiodetect shows the labels)");
    if (!read_number(colon + 1, 65535, &out->line))
        return refuse(why, "after the colon comes the number of the %s", pwm ? "channel" : "line");
    out->bus = pwm ? HW_PWM_SYSFS : HW_GPIO;
    memcpy(out->chip, text, len);
    if (!pwm && !strncmp(out->chip, "gpiochip", 8))
        return refuse(why,
            "chips are named by label, because their numbers change from boot to boot: gpiodetect "
            "shows the label of %s in brackets",
            out->chip);
    const struct board_pin *pin = NULL;
    if (model)
        pin =
            pwm ? board_find_pwm(model, out->chip, out->line) : board_find_gpio(model, out->chip, out->line);
    out->pin = pin ? pin->pin : 0;
    return 0;
}

int address_parse(
    const char *text, bool pwm, const char *model, struct hw_address *out, char why[ADDRESS_WHY_SIZE])
{
    *out = (struct hw_address){0};
    if (strlen(text) > HW_CHIP_MAX)
        return refuse(why, "at most %d characters", HW_CHIP_MAX);
    snprintf(out->text, sizeof out->text, "%s", text);
    const char *rest;
    if (!strcmp(text, "sim")) {
        out->bus = HW_SIM;
        return 0;
    }
    if ((rest = after_word(text, "sim"))) {
        out->bus = HW_SIM;
        if (!pwm)
            return refuse(why, "a simulated line is just: sim");
        if (!read_number(rest, 65536, &out->line) || out->line < 2)
            return refuse(why, "sim STEPS: 2 to 65536 steps a period");
        return 0;
    }
    if ((rest = after_word(text, "pin")))
        return parse_pin(rest, pwm, model, out, why);
    if (after_word(text, "pca9685"))
        return refuse(why,
            "a PCA9685 is driven through the kernel's driver: bind it "
            "(echo pca9685 0x40 > /sys/bus/i2c/devices/i2c-1/new_device) and write \"1-0040:0\"");
    if (strchr(text, ':'))
        return parse_chip(text, pwm, model, out, why);
    return refuse(
        why, "\"pin N\", %s or \"sim\" is wanted", pwm ? "\"PWMDEVICE:CHANNEL\"" : "\"CHIPLABEL:LINE\"");
}

bool address_same(const struct hw_address *a, const struct hw_address *b)
{
    if (a->bus == HW_SIM || b->bus == HW_SIM)
        return false;
    if (a->pin && a->pin == b->pin)
        return true;
    return a->bus == b->bus && a->line == b->line && !strcmp(a->chip, b->chip);
}
