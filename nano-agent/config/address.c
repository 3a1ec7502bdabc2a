// SPDX-License-Identifier: MIT
#include "nano-agent/config/address.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nano-agent/board/board.h"
#include "nano-agent/hw/pca9685.h"

enum { PCA9685_ADDRESS_MIN = 0x08, PCA9685_ADDRESS_MAX = 0x77 };

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

void address_list_pins(const char *model, bool pwm, uint64_t not_these, char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < board_pin_count && len < size; i++) {
        const struct board_pin *pin = &board_pins[i];
        if (strcmp(pin->model, model) != 0 || (pwm && !pin->pwm_device) || (not_these >> pin->pin & 1))
            continue;
        len += (size_t)snprintf(out + len, size - len, "%s%u", len ? ", " : "", pin->pin);
    }
}

// Why a pin of the header is not what is wanted, and which are.
static int refuse_pin(unsigned number, bool pwm, const char *model, char why[ADDRESS_WHY_SIZE])
{
    char pins[200];
    const char *legend = board_legend(number);
    address_list_pins(model, pwm, 0, pins, sizeof pins);
    char is[64] = "";
    if (legend)
        snprintf(is, sizeof is, "is %s (%s)", legend, board_is_power(number) ? "power" : "a bus");
    if (legend && !strcmp(legend, "GND"))
        snprintf(is, sizeof is, "is GND (ground)");
    if (pwm && !pins[0])
        return refuse(why, "pin %u of %s %s; no pin of its header has PWM: use a PCA9685 board", number,
            model, legend ? is : "has no PWM");
    if (pwm)
        return refuse(
            why, "pin %u of %s %s; these have PWM: %s", number, model, legend ? is : "has no PWM", pins);
    return refuse(
        why, "pin %u of %s %s; these are GPIO: %s", number, model, legend ? is : "is no GPIO", pins);
}

static int parse_pin(
    const char *text, bool pwm, const char *model, struct hw_address *out, char why[ADDRESS_WHY_SIZE])
{
    unsigned number;
    if (!read_number(text, BOARD_PINS, &number) || number == 0)
        return refuse(why, "there is no such pin; the header has pins 1 to %d", BOARD_PINS);
    if (!model)
        return refuse(why,
            "this machine is no Jetson that I know, so it has no pin %u: use --sim, --board NAME, "
            "or name the hardware itself (%s)",
            number, pwm ? "7000a000.pwm:2, pwmchip0:2" : "tegra-gpio:216");
    const struct board_pin *pin = board_find(model, number);
    if (!pin || (pwm && !pin->pwm_device))
        return refuse_pin(number, pwm, model, why);
    out->kind = pwm ? HW_PWM_SYSFS : HW_GPIO;
    out->pin = number;
    out->line = pwm ? pin->pwm_channel : pin->gpio_line;
    snprintf(out->chip, sizeof out->chip, "%s", pwm ? pin->pwm_device : pin->gpio_chip);
    return 0;
}

// "i2c-1 0x40:0". Numbers have one spelling each, so that one output has one name.
static int parse_pca9685(const char *text, bool pwm, struct hw_address *out, char why[ADDRESS_WHY_SIZE])
{
    static const char wanted[] =
        "pca9685 i2c-BUS 0xADDRESS:CHANNEL is wanted, for example pca9685 i2c-1 0x40:0";
    if (!pwm)
        return refuse(why, "a PCA9685 gives PWM only; name a GPIO line");
    size_t len = strcspn(text, " \t");
    unsigned bus;
    if (strncmp(text, "i2c-", 4) != 0 || !text[len] || len > 4 + 5)
        return refuse(why, "%s", wanted);
    memcpy(out->chip, text, len);
    out->chip[len] = '\0';
    if (!read_number(out->chip + 4, 65535, &bus) || (out->chip[4] == '0' && len > 5))
        return refuse(why, "%s", wanted);
    text += len + strspn(text + len, " \t");
    if (strncmp(text, "0x", 2) != 0 || !isxdigit((unsigned char)text[2]))
        return refuse(why, "%s", wanted);
    char *end;
    errno = 0;
    unsigned long address = strtoul(text + 2, &end, 16);
    if (*end != ':')
        return refuse(why, "%s", wanted);
    if (errno || address < PCA9685_ADDRESS_MIN || address > PCA9685_ADDRESS_MAX)
        return refuse(why,
            "the address of a chip is 0x%02x to 0x%02x (0x40 where no solder jumper is closed)",
            PCA9685_ADDRESS_MIN, PCA9685_ADDRESS_MAX);
    if (!read_number(end + 1, PCA9685_CHANNELS - 1, &out->line))
        return refuse(why, "after the colon comes the channel, 0 to %d", PCA9685_CHANNELS - 1);
    out->kind = HW_PCA9685;
    out->i2c_address = (unsigned)address;
    return 0;
}

static int parse_chip(
    const char *text, bool pwm, const char *model, struct hw_address *out, char why[ADDRESS_WHY_SIZE])
{
    const char *colon = strrchr(text, ':');
    size_t len = (size_t)(colon - text);
    // A chip's name becomes part of a path: it may not lead anywhere else.
    if (len == 0 || len > HW_CHIP_MAX || memchr(text, '/', len) || strspn(text, ".") == len ||
        strpbrk(text, " \t"))
        return refuse(why, "%s is wanted",
            pwm ? "PWMDEVICE:CHANNEL (7000a000.pwm:2, pwmchip0:2)"
                : "CHIPLABEL:LINE (tegra-gpio:216; gpiodetect shows the labels)");
    if (!read_number(colon + 1, 65535, &out->line))
        return refuse(why, "after the colon comes the number of the %s", pwm ? "channel" : "line");
    out->kind = pwm ? HW_PWM_SYSFS : HW_GPIO;
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
    if (!pwm || !model || !board_is_fan(model, out->chip, out->line))
        return 0;
    char pins[200];
    address_list_pins(model, true, 0, pins, sizeof pins);
    return refuse(why, "that channel drives the fan of %s; these pins have PWM: %s; or use a PCA9685 board",
        model, pins);
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
        out->kind = HW_SIM;
        return 0;
    }
    if ((rest = after_word(text, "sim"))) {
        out->kind = HW_SIM;
        if (!pwm)
            return refuse(why, "a simulated line is just: sim");
        if (!read_number(rest, 65536, &out->line) || out->line < 2)
            return refuse(why, "sim STEPS: 2 to 65536 steps a period");
        return 0;
    }
    if ((rest = after_word(text, "pin")))
        return parse_pin(rest, pwm, model, out, why);
    if ((rest = after_word(text, "pca9685")))
        return parse_pca9685(rest, pwm, out, why);
    if (strchr(text, ':'))
        return parse_chip(text, pwm, model, out, why);
    return refuse(why, "\"pin N\", %s or \"sim\" is wanted",
        pwm ? "\"PWMDEVICE:CHANNEL\", \"pca9685 i2c-1 0x40:0\"" : "\"CHIPLABEL:LINE\"");
}

bool address_same(const struct hw_address *a, const struct hw_address *b)
{
    if (a->kind == HW_SIM || b->kind == HW_SIM)
        return false;
    if (a->pin && a->pin == b->pin)
        return true;
    return a->kind == b->kind && a->line == b->line && a->i2c_address == b->i2c_address &&
           !strcmp(a->chip, b->chip);
}
