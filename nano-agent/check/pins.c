// SPDX-License-Identifier: MIT
#include "nano-agent/check/pins.h"

#include <string.h>

#include "nano-agent/board/board.h"
#include "nano-agent/config/claims.h"

enum { CELL_SIZE = 256 };

// "servo tilt", of the channel that uses a pin; "" = none does.
static void user_of_pin(const struct config *config, unsigned pin, char *out, size_t size)
{
    struct claim claims[CLAIMS_MAX];
    out[0] = '\0';
    for (size_t i = 0; i < config->agent.count; i++) {
        const struct channel_id *id = &config->agent.channels[i].id;
        size_t count = claims_of(&config->agent.channels[i], &config->outputs[i], claims);
        for (size_t k = 0; k < count; k++)
            if (claims[k].at->pin == pin)
                snprintf(out, size, "* %s %s ", channel_kind_name(id->kind), id->name);
    }
}

static bool uses_bus(const struct config *config, int bus)
{
    char name[16];
    snprintf(name, sizeof name, "i2c-%d", bus);
    struct claim claims[CLAIMS_MAX];
    for (size_t i = 0; i < config->agent.count; i++) {
        size_t count = claims_of(&config->agent.channels[i], &config->outputs[i], claims);
        for (size_t k = 0; k < count; k++)
            if (claims[k].at->i2c_address && !strcmp(claims[k].at->chip, name))
                return true;
    }
    return false;
}

static void draw_bus_pin(const struct config *config, const char *model, unsigned pin, char cell[CELL_SIZE])
{
    const char *legend = board_legend(pin);
    int bus = strncmp(legend, "I2C", 3) ? -1 : board_i2c_bus(model, pin > 26);
    if (bus < 0)
        snprintf(cell, CELL_SIZE, "%s", legend);
    else
        snprintf(cell, CELL_SIZE, "%si2c-%d %s", uses_bus(config, bus) ? "* PCA9685 " : "", bus, legend);
}

static void draw_pin(const struct config *config, const char *model, unsigned pin, char cell[CELL_SIZE])
{
    if (board_legend(pin)) {
        draw_bus_pin(config, model, pin, cell);
        return;
    }
    const struct board_pin *is = board_find(model, pin);
    if (!is) {
        snprintf(cell, CELL_SIZE, "-");
        return;
    }
    char user[128], pwm[64] = "";
    user_of_pin(config, pin, user, sizeof user);
    if (is->pwm_device)
        snprintf(pwm, sizeof pwm, " %s:%u", is->pwm_device, is->pwm_channel);
    snprintf(cell, CELL_SIZE, "%s%s:%u%s", user, is->gpio_chip, is->gpio_line, pwm);
}

static void print_elsewhere(const struct config *config, FILE *out)
{
    struct claim claims[CLAIMS_MAX];
    for (size_t i = 0; i < config->agent.count; i++) {
        const struct channel_id *id = &config->agent.channels[i].id;
        size_t count = claims_of(&config->agent.channels[i], &config->outputs[i], claims);
        for (size_t k = 0; k < count; k++)
            if (!claims[k].at->pin)
                fprintf(out, "* %s %s: %s\n", channel_kind_name(id->kind), id->name, claims[k].at->text);
    }
}

int pins_print(const struct config *config, FILE *out)
{
    const char *model = config_model(config);
    if (!model) {
        fprintf(stderr, "nano-agent: this machine is no Jetson that I know; --board NAME draws that board's "
                        "header (JETSON_NANO, …)\n");
        return 2;
    }
    static char cells[BOARD_PINS + 1][CELL_SIZE];
    int width = 0;
    for (unsigned pin = 1; pin <= BOARD_PINS; pin++) {
        draw_pin(config, model, pin, cells[pin]);
        int len = (int)strlen(cells[pin]);
        if (pin % 2 && len > width)
            width = len;
    }
    fprintf(out, "%s: GPIO chip:line, PWM device:channel, * = used by %s\n\n", model,
        config->path[0] ? config->path : "the built-in configuration");
    for (unsigned pin = 1; pin < BOARD_PINS; pin += 2)
        fprintf(out, "%*s  %2u | %-2u  %s\n", width, cells[pin], pin, pin + 1, cells[pin + 1]);
    if (config->agent.count)
        fprintf(out, "\n");
    print_elsewhere(config, out);
    if (!config->mistake[0])
        return 0;
    fflush(out);
    fprintf(stderr, "nano-agent: nothing is marked: %s\n", config->mistake);
    return config->path[0] ? 2 : 0;
}
