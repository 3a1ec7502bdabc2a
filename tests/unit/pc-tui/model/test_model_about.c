// SPDX-License-Identifier: MIT
// What devices say of themselves.
#include <stdio.h>
#include <string.h>

#include "pc-tui/model/model_about.h"
#include "tests/unit/pc-tui/model/model_fixture.h"

static struct model_about_row rows[MODEL_ABOUT_ROWS_MAX];

static bool tell(const char *topic, const char *text)
{
    return model_about(model, topic, text, strlen(text));
}

static void assert_row(size_t at, const char *label, const char *value)
{
    assert_string_equal(rows[at].label, label);
    assert_string_equal(rows[at].value, value);
}

static void what_a_nano_tells_is_laid_out_in_rows(void **state)
{
    (void)state;
    struct model_device *device = hear(false);
    assert_true(tell("jetson/about",
        "{\"v\":1,\"device\":\"\",\"boot\":\"b007\",\"agent\":\"0.1.0\",\"board\":\"NVIDIA Jetson Nano\",\"l4t\":\"32.7.1\","
        "\"kernel\":\"4.9.253-tegra\",\"host\":\"nano\",\"addresses\":[{\"if\":\"wlan0\",\"ip\":\"192.168.1.7\"},"
        "{\"if\":\"l4tbr0\",\"ip\":\"192.168.55.1\"}],\"wifi\":{\"ssid\":\"lab\",\"dbm\":-52},"
        "\"libraries\":{\"jansson\":\"2.14\",\"libgpiod\":\"1.0\"},\"channels\":{\"led\":\"pin 7\"},"
        "\"config\":{\"file\":\"/etc/nano-agent.conf\"}}"));
    size_t count = model_about_rows(device, rows, MODEL_ABOUT_ROWS_MAX);
    assert_int_equal(count, 11);
    assert_row(0, "board", "NVIDIA Jetson Nano");
    assert_row(1, "system", "L4T 32.7.1, Linux 4.9.253-tegra");
    assert_row(2, "host", "nano");
    assert_row(3, "address", "192.168.1.7  on wlan0");
    assert_row(4, "", "192.168.55.1  on l4tbr0");
    assert_row(5, "Wi-Fi", "lab  -52 dBm");
    assert_row(6, "configuration", "/etc/nano-agent.conf");
    assert_row(7, "nano-agent", "0.1.0");
    assert_row(8, "with", "jansson  2.14");
    assert_row(9, "", "libgpiod  1.0");
    assert_row(10, "channels", "led  pin 7");
    assert_int_equal(model_about_rows(device, rows, 4), 4);
}

static void what_it_leaves_out_has_no_row(void **state)
{
    (void)state;
    struct model_device *device = hear(false);
    assert_int_equal(model_about_rows(device, rows, MODEL_ABOUT_ROWS_MAX), 0);
    assert_true(tell("jetson/about",
        "{\"v\":1,\"kernel\":\"6.1\",\"wifi\":{\"dbm\":-40},\"config\":{\"file\":\"/c\",\"mtime\":86400}}"));
    assert_int_equal(model_about_rows(device, rows, MODEL_ABOUT_ROWS_MAX), 3);
    assert_row(0, "system", "Linux 6.1");
    assert_row(1, "Wi-Fi", "-40 dBm");
    assert_row(2, "configuration", "/c");
    assert_int_equal(rows[2].time_s, 86400);
    assert_int_equal(rows[1].time_s, 0);
    assert_true(tell("jetson/about", "{\"v\":1,\"l4t\":\"32.7.1\",\"wifi\":{\"ssid\":\"lab\"}}"));
    assert_int_equal(model_about_rows(device, rows, MODEL_ABOUT_ROWS_MAX), 2);
    assert_row(0, "system", "L4T 32.7.1");
    assert_row(1, "Wi-Fi", "lab");
}

static void an_empty_message_forgets_it(void **state)
{
    (void)state;
    struct model_device *device = hear(false);
    assert_true(tell("jetson/about", "{\"v\":1,\"host\":\"nano\"}"));
    assert_true(tell("jetson/about", ""));
    assert_null(device->about);
}

static void what_is_none_is_passed_over(void **state)
{
    (void)state;
    static char long_text[MODEL_ABOUT_MAX + 256];
    static const char *const texts[] = {
        "{", "[]", "{\"host\":\"nano\"}", "{\"v\":2}", "{\"v\":\"1\"}", "\xff", "7"};
    struct model_device *device = hear(false);
    assert_true(tell("jetson/about", "{\"v\":1,\"host\":\"nano\"}"));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_false(tell("jetson/about", texts[i]));
    snprintf(long_text, sizeof long_text, "{\"v\":1,\"host\":\"%04200d\"}", 0);
    assert_false(tell("jetson/about", long_text));
    assert_false(tell("jetson/stranger/about", "{\"v\":1}"));
    assert_false(tell("jetson/status", "{\"v\":1}"));
    assert_false(tell("other/about", "{\"v\":1}"));
    assert_int_equal(model_about_rows(device, rows, MODEL_ABOUT_ROWS_MAX), 1);
    assert_int_equal(model->count, 1);
}

static void hostile_values_are_cleaned_and_strange_ones_left_out(void **state)
{
    (void)state;
    struct model_device *device = hear(false);
    assert_true(tell("jetson/about",
        "{\"v\":1,\"host\":\"na\\u001b[31mno\",\"board\":7,\"addresses\":[1,{\"ip\":2}],\"channels\":{\"a\":1,\"b\":\"\\u202ex\"}}"));
    size_t count = model_about_rows(device, rows, MODEL_ABOUT_ROWS_MAX);
    assert_row(0, "host", "na\xef\xbf\xbd[31mno");
    assert_row(count - 1, "channels", "b  \xef\xbf\xbdx");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROMISE(what_a_nano_tells_is_laid_out_in_rows),
        PROMISE(what_it_leaves_out_has_no_row),
        PROMISE(an_empty_message_forgets_it),
        PROMISE(what_is_none_is_passed_over),
        PROMISE(hostile_values_are_cleaned_and_strange_ones_left_out),
    };
    return cmocka_run_group_tests_name("model_about", tests, NULL, NULL);
}
