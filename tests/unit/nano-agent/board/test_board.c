// SPDX-License-Identifier: MIT
// Every board and every pin: the table, `pin N`, detection, and the header as nano-agent pins draws it.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "nano-agent/board/board.h"
#include "nano-agent/check/pins.h"
#include "nano-agent/config/address.h"

// A row of the CSV files, read here by other code than the build's.
struct row {
    char model[48], chip[48], pwm[48];
    unsigned pin, line, channel;
};

static void read_row(char *text, const char *suffix, struct row *out)
{
    char *fields[6] = {text};
    size_t count = 1;
    text[strcspn(text, "\r\n")] = '\0';
    for (char *c = text; *c; c++) {
        if (*c != ',')
            continue;
        *c = '\0';
        assert_true(count < 6);
        fields[count++] = c + 1;
    }
    assert_int_equal(count, 6);
    snprintf(out->model, sizeof out->model, "%.32s%.8s", fields[0], suffix);
    out->pin = (unsigned)strtoul(fields[1], NULL, 10);
    snprintf(out->chip, sizeof out->chip, "%s", fields[2]);
    out->line = (unsigned)strtoul(fields[3], NULL, 10);
    snprintf(out->pwm, sizeof out->pwm, "%s", fields[4]);
    out->channel = (unsigned)strtoul(fields[5], NULL, 10);
}

// Hands each row of both files to visit; returns how many there were.
static size_t each_row(void (*visit)(const struct row *row, size_t index))
{
    static const struct {
        const char *path, *suffix;
    } files[] = {{SOURCE_DIR "/nano-agent/board/boards.csv", ""},
        {SOURCE_DIR "/nano-agent/board/boards-l4t32.csv", "_L4T32"}};
    size_t index = 0;
    for (size_t i = 0; i < 2; i++) {
        FILE *file = fopen(files[i].path, "r");
        char text[256];
        assert_non_null(file);
        assert_non_null(fgets(text, sizeof text, file));
        assert_string_equal(text, "model,board_pin,gpiochip_label,line_offset,pwm_chip_dir,pwm_channel\n");
        while (fgets(text, sizeof text, file)) {
            struct row row;
            read_row(text, files[i].suffix, &row);
            visit(&row, index++);
        }
        fclose(file);
    }
    return index;
}

static void compare_row(const struct row *row, size_t index)
{
    assert_true(index < board_pin_count);
    const struct board_pin *pin = &board_pins[index];
    assert_string_equal(pin->model, row->model);
    assert_int_equal(pin->pin, row->pin);
    assert_string_equal(pin->gpio_chip, row->chip);
    assert_int_equal(pin->gpio_line, row->line);
    if (!row->pwm[0]) {
        assert_null(pin->pwm_device);
        return;
    }
    assert_string_equal(pin->pwm_device, row->pwm);
    assert_int_equal(pin->pwm_channel, row->channel);
}

static void the_table_is_that_of_the_csv_files(void **state)
{
    (void)state;
    assert_int_equal(each_row(compare_row), board_pin_count);
    assert_int_equal(board_pin_count, 241 + 66);
}

static void resolve_row(const struct row *row, size_t index)
{
    (void)index;
    struct hw_address at, other;
    char why[ADDRESS_WHY_SIZE], text[128];
    snprintf(text, sizeof text, "pin %u", row->pin);
    assert_int_equal(address_parse(text, false, row->model, &at, why), 0);
    assert_int_equal(at.kind, HW_GPIO);
    assert_string_equal(at.chip, row->chip);
    assert_int_equal(at.line, row->line);
    assert_int_equal(at.pin, row->pin);
    // The same pin under its other name is the same output.
    snprintf(text, sizeof text, "%s:%u", row->chip, row->line);
    assert_int_equal(address_parse(text, false, row->model, &other, why), 0);
    assert_int_equal(other.pin, row->pin);
    assert_true(address_same(&at, &other));

    snprintf(text, sizeof text, "pin %u", row->pin);
    int status = address_parse(text, true, row->model, &at, why);
    if (!row->pwm[0]) {
        assert_int_equal(status, -EINVAL);
        assert_true(strstr(why, "has no PWM") != NULL);
        return;
    }
    assert_int_equal(status, 0);
    assert_int_equal(at.kind, HW_PWM_SYSFS);
    assert_string_equal(at.chip, row->pwm);
    assert_int_equal(at.line, row->channel);
    assert_true(address_same(&at, &other)); // GPIO and PWM of one pin exclude each other
    assert_false(board_is_fan(row->model, row->pwm, row->channel));
}

static void every_pin_of_every_board_is_found_by_its_number(void **state)
{
    (void)state;
    each_row(resolve_row);
}

static void what_is_no_gpio_says_what_it_is_and_what_is(void **state)
{
    (void)state;
    size_t models = 0;
    for (size_t i = 0; board_model(i); i++, models++) {
        const char *model = board_model(i);
        assert_int_equal(board_known(model), 1);
        for (unsigned pin = 1; pin <= BOARD_PINS; pin++) {
            struct hw_address at;
            char why[ADDRESS_WHY_SIZE], text[16];
            const char *legend = board_legend(pin);
            if (board_find(model, pin)) {
                assert_null(legend); // the table and the header's layout do not contradict each other
                continue;
            }
            snprintf(text, sizeof text, "pin %u", pin);
            assert_int_equal(address_parse(text, false, model, &at, why), -EINVAL);
            assert_true(strstr(why, legend ? legend : "is no GPIO") != NULL);
            assert_true(strstr(why, "these are GPIO: 7, 11, ") != NULL);
        }
    }
    assert_int_equal(models, 14);
}

static void power_and_ground_are_where_every_40_pin_header_has_them(void **state)
{
    (void)state;
    static const unsigned ground[] = {6, 9, 14, 20, 25, 30, 34, 39};
    for (size_t i = 0; i < 8; i++)
        assert_string_equal(board_legend(ground[i]), "GND");
    assert_string_equal(board_legend(1), "3V3");
    assert_string_equal(board_legend(17), "3V3");
    assert_string_equal(board_legend(2), "5V");
    assert_string_equal(board_legend(4), "5V");
    assert_null(board_legend(0));
    assert_null(board_legend(41));
    unsigned power = 0;
    for (unsigned pin = 0; pin <= 41; pin++)
        power += board_is_power(pin) ? 1 : 0;
    assert_int_equal(power, 12);
}

static void the_fan_of_each_kit_is_known(void **state)
{
    (void)state;
    assert_true(board_is_fan("JETSON_NANO", "7000a000.pwm", 3));
    assert_false(board_is_fan("JETSON_NANO", "7000a000.pwm", 2));
    assert_true(board_is_fan("JETSON_TX1", "7000a000.pwm", 3));
    assert_true(board_is_fan("JETSON_TX2", "c340000.pwm", 0));
    assert_true(board_is_fan("CLARA_AGX_XAVIER_L4T32", "c340000.pwm", 0));
    assert_true(board_is_fan("JETSON_NX_L4T32", "32d0000.pwm", 0));
    assert_true(board_is_fan("JETSON_ORIN_NANO", "32a0000.pwm", 0));
}

static void the_buses_of_pins_3_and_27_are_known_for_every_board(void **state)
{
    (void)state;
    for (size_t i = 0; board_model(i); i++) {
        assert_true(board_i2c_bus(board_model(i), 0) >= 0);
        assert_true(board_i2c_bus(board_model(i), 1) >= 0);
    }
    assert_int_equal(board_i2c_bus("JETSON_NANO", 0), 1);
    assert_int_equal(board_i2c_bus("JETSON_NANO", 1), 0);
    assert_int_equal(board_i2c_bus("JETSON_ORIN_NANO", 0), 7);
    assert_int_equal(board_i2c_bus("JETSON_XAVIER_L4T32", 0), 8);
    assert_int_equal(board_i2c_bus("JETSON_TX1", 0), 0);
    assert_int_equal(board_i2c_bus("JETSON_TX2", 0), 1);
    assert_int_equal(board_i2c_bus("JETSON_THOR_REFERENCE", 1), 1);
    assert_int_equal(board_i2c_bus("RASPBERRY", 0), -1);
}

static void a_board_in_super_mode_is_the_same_board(void **state)
{
    (void)state;
    static const char kit[] = "nvidia,p3768-0000+p3767-0005-super\0nvidia,p3767-0005\0nvidia,tegra234";
    static const char nx[] = "nvidia,p3768-0000+p3767-0000-super\0nvidia,p3767-0000\0nvidia,tegra234";
    assert_string_equal(board_from_compatible(kit, sizeof kit, "5.15.148-tegra"), "JETSON_ORIN_NANO");
    assert_string_equal(board_from_compatible(nx, sizeof nx, "5.15.148-tegra"), "JETSON_ORIN_NX");
    assert_null(board_from_compatible("-super", 6, "5.15"));
    assert_null(board_from_compatible("nvidia,p3768-0000+p3767-0005-supe", 33, "5.15"));
}

static void the_board_is_any_entry_of_compatible(void **state)
{
    (void)state;
    static const char nano[] = "nvidia,p3449-0000-b00+p3448-0000-b00\0nvidia,jetson-nano\0nvidia,tegra210";
    static const char nx[] = "nvidia,p3449-0000+p3668-0000\0nvidia,tegra194";
    static const char pi[] = "raspberrypi,4-model-b\0brcm,bcm2711";
    assert_string_equal(board_from_compatible(nano, sizeof nano, "4.9.253-tegra"), "JETSON_NANO");
    assert_string_equal(board_from_compatible(nx, sizeof nx, "5.10.104-tegra"), "JETSON_NX");
    assert_string_equal(board_from_compatible(nx, sizeof nx, "4.9.253-tegra"), "JETSON_NX_L4T32");
    assert_null(board_from_compatible(pi, sizeof pi, "6.1.0"));
    assert_null(board_from_compatible("nvidia,jetson-nano-x", 20, "4.9"));
    assert_null(board_from_compatible("", 0, "4.9"));
    assert_null(board_detect("/nonexistent"));
}

static char tree[] = "/tmp/test_agent_boards.XXXXXX";

static int make_tree(void **state)
{
    (void)state;
    char path[64];
    if (!mkdtemp(tree))
        return -1;
    snprintf(path, sizeof path, "%s/compatible", tree);
    FILE *file = fopen(path, "w");
    if (!file)
        return -1;
    static const char text[] = "nvidia,p3768-0000+p3767-0005\0nvidia,p3767-0005\0nvidia,tegra234";
    size_t done = fwrite(text, 1, sizeof text, file);
    return fclose(file) == 0 && done == sizeof text ? 0 : -1;
}

static int remove_tree(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "%s/compatible", tree);
    unsetenv("NANO_AGENT_DEVICE_TREE");
    return unlink(path) || rmdir(tree);
}

static void the_device_tree_may_be_elsewhere_and_the_option_wins(void **state)
{
    (void)state;
    struct config config;
    char why[1024];
    static const char text[] = "servo a { pwm = \"pin 33\" }";
    unsetenv("NANO_AGENT_DEVICE_TREE");
    assert_string_equal(board_device_tree(), "/proc/device-tree");
    assert_int_equal(setenv("NANO_AGENT_DEVICE_TREE", tree, 1), 0);
    config_init(&config);
    assert_int_equal(config_parse(text, "f", &config, why), 0);
    assert_string_equal(config_model(&config), "JETSON_ORIN_NANO");
    assert_string_equal(config.outputs[0].address.chip, "32c0000.pwm");
    snprintf(config.board, sizeof config.board, "JETSON_NANO");
    assert_int_equal(config_parse(text, "f", &config, why), 0);
    assert_string_equal(config.outputs[0].address.chip, "7000a000.pwm");
}

static char *draw(const char *board, const char *text, int *status)
{
    struct config config;
    char why[1024], *drawn = NULL;
    size_t size;
    config_init(&config);
    snprintf(config.board, sizeof config.board, "%s", board);
    assert_int_equal(config_parse(text, "f", &config, why), 0);
    snprintf(config.path, sizeof config.path, "f");
    FILE *out = open_memstream(&drawn, &size);
    assert_non_null(out);
    *status = pins_print(&config, out);
    fclose(out);
    return drawn;
}

static void the_header_is_drawn_with_what_the_configuration_uses(void **state)
{
    (void)state;
    int status;
    char *drawn = draw("JETSON_NANO",
        "servo tilt { pwm = \"pin 33\" } servo pan { pwm = \"pca9685 i2c-1 0x40:0\" }\n"
        "switch led { gpio = \"tegra-gpio:216\" } input key { gpio = \"pin 12\" } switch far { gpio = "
        "\"other:3\" }",
        &status);
    assert_int_equal(status, 0);
    static const char *const rows[] = {
        "                                      3V3   1 | 2   5V\n",
        "                    * PCA9685 i2c-1 I2C SDA   3 | 4   5V\n",
        "              * switch led tegra-gpio:216   7 | 8   UART TX\n",
        "                            tegra-gpio:50  11 | 12  * input key tegra-gpio:79\n",
        "                            i2c-0 I2C SDA  27 | 28  i2c-0 I2C SCL\n",
        "                           tegra-gpio:200  31 | 32  tegra-gpio:168 7000a000.pwm:0\n",
        "* servo tilt tegra-gpio:38 7000a000.pwm:2  33 | 34  GND\n",
        "                                      GND  39 | 40  tegra-gpio:78\n",
        "* servo pan: pca9685 i2c-1 0x40:0\n",
        "* switch far: other:3\n",
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *words = rows[i] + strspn(rows[i], " "); // how far it is moved in follows from the others
        if (!strstr(drawn, words))
            fail_msg("no \"%s\" in\n%s", words, drawn);
    }
    size_t lines = 0;
    for (const char *c = drawn; *c; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 2 + 20 + 1 + 2);
    free(drawn);
}

static void the_columns_stand_under_each_other_on_every_board(void **state)
{
    (void)state;
    for (size_t i = 0; board_model(i); i++) {
        int status;
        char *drawn = draw(board_model(i), "switch a { gpio = \"pin 7\" }", &status);
        char *line = strchr(strchr(drawn, '\n') + 1, '\n') + 1;
        size_t column = strcspn(line, "|");
        for (unsigned pin = 1; pin < BOARD_PINS; pin += 2) {
            char left[16], right[16];
            snprintf(left, sizeof left, "  %2u | ", pin);
            snprintf(right, sizeof right, " | %-2u  ", pin + 1);
            assert_int_equal(strcspn(line, "|"), column);
            assert_memory_equal(line + column - strlen(left) + 2, left, strlen(left));
            assert_memory_equal(line + column - 1, right, strlen(right));
            line = strchr(line, '\n') + 1;
        }
        free(drawn);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_that_of_the_csv_files),
        cmocka_unit_test(every_pin_of_every_board_is_found_by_its_number),
        cmocka_unit_test(what_is_no_gpio_says_what_it_is_and_what_is),
        cmocka_unit_test(power_and_ground_are_where_every_40_pin_header_has_them),
        cmocka_unit_test(the_fan_of_each_kit_is_known),
        cmocka_unit_test(the_buses_of_pins_3_and_27_are_known_for_every_board),
        cmocka_unit_test(a_board_in_super_mode_is_the_same_board),
        cmocka_unit_test(the_board_is_any_entry_of_compatible),
        cmocka_unit_test(the_device_tree_may_be_elsewhere_and_the_option_wins),
        cmocka_unit_test(the_header_is_drawn_with_what_the_configuration_uses),
        cmocka_unit_test(the_columns_stand_under_each_other_on_every_board),
    };
    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
