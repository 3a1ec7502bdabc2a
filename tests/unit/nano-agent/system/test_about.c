// SPDX-License-Identifier: MIT
// Who this board is.
#include <errno.h>
#include <jansson.h>
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

#include "nano-agent/system/about.h"
#include "nano-agent/system/wifi.h"
#include "tests/scratch.h"

static char root[] = "/tmp/about-XXXXXX";
static struct config config;
static struct about about;
static json_t *object;

static void put(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", root, name);
    for (char *at = path + strlen(root) + 1; (at = strchr(at, '/')); at++) {
        *at = '\0';
        mkdir(path, 0755);
        *at = '/';
    }
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int prepare(void **state)
{
    (void)state;
    strcpy(root, "/tmp/about-XXXXXX");
    config_init(&config);
    return mkdtemp(root) ? 0 : -1;
}

static int finish(void **state)
{
    (void)state;
    json_decref(object);
    object = NULL;
    return scratch_remove(root);
}

static void gather(void)
{
    char device_tree[64];
    snprintf(device_tree, sizeof device_tree, "%s/tree", root);
    json_decref(object);
    assert_int_equal(about_gather(&config, "9f31c2aa", root, device_tree, &about), 0);
    assert_in_range(strlen(about.json), 1, ABOUT_MAX);
    assert_null(strchr(about.json, '\n'));
    object = json_loads(about.json, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(object);
}

static const char *text_of(const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static void add(const char *name, const char *output)
{
    size_t at = config.agent.count++;
    snprintf(config.agent.channels[at].id.name, sizeof config.agent.channels[at].id.name, "%s", name);
    snprintf(config.outputs[at].address.text, sizeof config.outputs[at].address.text, "%s", output);
}

static void a_nano_says_what_it_is_and_what_runs_on_it(void **state)
{
    (void)state;
    put("etc/nv_tegra_release",
        "# R32 (release), REVISION: 7.1, GCID: 29818004, BOARD: t210ref, EABI: aarch64\n");
    put("tree/model", "NVIDIA Jetson Nano Developer Kit");
    put("agent.conf", "");
    snprintf(config.path, sizeof config.path, "%s/agent.conf", root);
    snprintf(config.broker.device, sizeof config.broker.device, "arm");
    add("tilt", "pin 33");
    add("led", "tegra-gpio:216");
    gather();
    assert_int_equal(json_integer_value(json_object_get(object, "v")), 1);
    assert_string_equal(text_of("device"), "arm");
    assert_string_equal(text_of("boot"), "9f31c2aa");
    assert_string_equal(text_of("agent"), PROJECT_VERSION);
    assert_string_equal(text_of("board"), "NVIDIA Jetson Nano Developer Kit");
    assert_string_equal(text_of("l4t"), "32.7.1");
    assert_non_null(text_of("kernel"));
    assert_non_null(text_of("host"));
    assert_true(json_is_array(json_object_get(object, "addresses")));
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(object, "channels"), "led")), "tegra-gpio:216");
    assert_string_equal(
        json_string_value(json_object_get(json_object_get(object, "config"), "file")), config.path);
    assert_true(json_integer_value(json_object_get(json_object_get(object, "config"), "mtime")) > 1600000000);
    static const char *const libraries[] = {"libmosquitto", "libevent", "jansson", "libconfuse", "libgpiod"};
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        assert_non_null(
            json_string_value(json_object_get(json_object_get(object, "libraries"), libraries[i])));
    assert_null(json_object_get(object, "wifi"));
}

static void what_is_not_known_is_left_out(void **state)
{
    (void)state;
    put("etc/nv_tegra_release", "# something else\n");
    gather();
    static const char *const keys[] = {"board", "l4t", "wifi", "config"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        assert_null(json_object_get(object, keys[i]));
}

static void the_signal_is_told_and_without_a_login_no_name_of_a_network(void **state)
{
    (void)state;
    put("proc/net/wireless",
        "Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE\n"
        " face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22\n"
        "no-such0: 0000   58.  -52.  -256        0      0      0      0    127        0\n");
    gather();
    const json_t *wifi = json_object_get(object, "wifi");
    assert_int_equal(json_integer_value(json_object_get(wifi, "dbm")), -52);
    assert_null(json_object_get(wifi, "ssid"));
}

static void a_table_without_cards_is_no_wifi(void **state)
{
    (void)state;
    char interface[16];
    int dbm;
    assert_false(
        wifi_parse("Inter-| sta-|   Quality        |\n face | tus | link level noise |\n", interface, &dbm));
    assert_false(wifi_parse("", interface, &dbm));
    assert_true(wifi_parse("x\n wlan0: 0000   0     0     0\n", interface, &dbm));
    assert_string_equal(interface, "wlan0");
    char ssid[WIFI_SSID_SIZE];
    assert_false(wifi_ssid("lo", ssid));
}

static void hostile_text_is_cleaned(void **state)
{
    (void)state;
    put("tree/model", "Nano\x1b[31m \"\xff");
    gather();
    assert_string_equal(text_of("board"), "Nano\xef\xbf\xbd[31m \"\xef\xbf\xbd");
}

static void it_never_takes_more_than_4_kib(void **state)
{
    (void)state;
    for (int i = 0; i < PROTOCOL_CHANNELS_MAX; i++) {
        char name[PROTOCOL_NAME_MAX + 1];
        snprintf(name, sizeof name, "a_very_long_channel_name_%07d", i);
        add(name, "pca9685 i2c-1 0x40:0 and a text as long as any may be, or so");
    }
    gather();
    assert_null(json_object_get(object, "channels"));
    assert_non_null(json_object_get(object, "addresses"));
}

static void another_gathering_without_a_change_is_in_the_same_place(void **state)
{
    (void)state;
    gather();
    uint64_t place = about.place;
    gather();
    assert_true(place == about.place);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_nano_says_what_it_is_and_what_runs_on_it, prepare, finish),
        cmocka_unit_test_setup_teardown(what_is_not_known_is_left_out, prepare, finish),
        cmocka_unit_test_setup_teardown(
            the_signal_is_told_and_without_a_login_no_name_of_a_network, prepare, finish),
        cmocka_unit_test_setup_teardown(a_table_without_cards_is_no_wifi, prepare, finish),
        cmocka_unit_test_setup_teardown(hostile_text_is_cleaned, prepare, finish),
        cmocka_unit_test_setup_teardown(it_never_takes_more_than_4_kib, prepare, finish),
        cmocka_unit_test_setup_teardown(
            another_gathering_without_a_change_is_in_the_same_place, prepare, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
