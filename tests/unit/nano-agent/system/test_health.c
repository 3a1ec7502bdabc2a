// SPDX-License-Identifier: MIT
// The machine's figures, read from trees as the boards have them (health/*.tree, after the layouts that
// NVIDIA's developer guides and the kernels' device trees describe), and from this machine.
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "nano-agent/system/health.h"
#include "tests/scratch.h"

enum {
    PATH_SIZE = 512,
    ALL = HEALTH_UP | HEALTH_MEM | HEALTH_LOAD | HEALTH_CPU_C | HEALTH_GPU_C | HEALTH_GPU | HEALTH_WATTS
};

static char root[64];

static void path_of(char out[PATH_SIZE], const char *path)
{
    assert_true(snprintf(out, PATH_SIZE, "%s/%s", root, path) < PATH_SIZE);
}

static void put(const char *path, const char *text)
{
    char full[PATH_SIZE];
    path_of(full, path);
    for (char *c = full + strlen(root) + 1; (c = strchr(c, '/')); c++) {
        *c = '\0';
        if (mkdir(full, 0755) < 0)
            assert_int_equal(errno, EEXIST);
        *c = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void drop(const char *path)
{
    char full[PATH_SIZE];
    path_of(full, path);
    assert_int_equal(remove(full), 0);
}

// Builds the tree that a file describes: PATH = CONTENT, where | ends a line.
static void plant(const char *name)
{
    char path[PATH_SIZE], line[PATH_SIZE];
    snprintf(path, sizeof path, "%s/tests/unit/nano-agent/system/health/%s.tree", SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s: %s", path, strerror(errno));
    while (fgets(line, sizeof line, file)) {
        char *content = strstr(line, " = ");
        if (line[0] == '#' || !content)
            continue;
        *content = '\0';
        content += 3;
        for (char *c = content; *c; c++)
            *c = *c == '|' ? '\n' : *c;
        put(line, content);
    }
    fclose(file);
}

static int new_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/test_health.XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int drop_root(void **state)
{
    (void)state;
    return scratch_remove(root);
}

static struct status_health read_all(void)
{
    struct health health;
    struct status_health out;
    health_init(&health, root);
    health_read(&health, &out);
    return out;
}

static void the_figures_of_a_nano_with_jetpack_4_are_read(void **state)
{
    (void)state;
    plant("nano-jetpack4");
    struct status_health out = read_all();
    assert_int_equal(out.has, ALL); // no share of the processor before there is a span
    assert_int_equal(out.up_s, 3600);
    assert_int_equal(out.load, 42);
    assert_int_equal(out.mem, 250);
    assert_int_equal(out.cpu_c, 415);
    assert_int_equal(out.gpu_c, 390);
    assert_int_equal(out.gpu, 30);
    assert_int_equal(out.milliwatts, 2903);
}

static void a_nano_2gb_has_no_power_monitor(void **state)
{
    (void)state;
    plant("nano-2gb-jetpack4");
    struct status_health out = read_all();
    assert_int_equal(out.has, ALL & ~HEALTH_WATTS);
    assert_int_equal(out.cpu_c, 355);
    assert_int_equal(out.gpu, 0);
    assert_int_equal(out.mem, 500);
}

static void the_figures_of_a_tx2_are_read(void **state)
{
    (void)state;
    plant("tx2-jetpack4");
    struct status_health out = read_all();
    assert_int_equal(out.has, ALL);
    assert_int_equal(out.cpu_c, 335);
    assert_int_equal(out.gpu_c, 315);
    assert_int_equal(out.gpu, 500);
    assert_int_equal(out.milliwatts, 4105); // VDD_IN, neither the GPU's nor the SSD's VDD_M2_IN
}

static void the_figures_of_an_orin_nano_with_jetpack_5_are_read(void **state)
{
    (void)state;
    plant("orin-nano-jetpack5");
    struct status_health out = read_all();
    assert_int_equal(out.has, ALL & ~HEALTH_GPU_C); // the GPU is switched off: below zero
    assert_int_equal(out.cpu_c, 473);
    assert_int_equal(out.gpu, 0);
    assert_int_equal(out.milliwatts, 4563); // 5048 mV * 904 mA
    assert_int_equal(out.mem, 250);
}

static void the_figures_of_an_orin_nano_with_jetpack_6_are_read(void **state)
{
    (void)state;
    plant("orin-nano-jetpack6");
    struct status_health out = read_all();
    assert_int_equal(out.has, ALL);
    assert_int_equal(out.cpu_c, 460);
    assert_int_equal(out.gpu_c, 467);
    assert_int_equal(out.gpu, 125); // not the 777 of its vic
    assert_int_equal(out.milliwatts, 6488);
    assert_int_equal(out.load, 250);
    assert_int_equal(out.mem, 300);
}

static void the_power_of_an_agx_orin_is_the_sum_of_what_is_measured(void **state)
{
    (void)state;
    plant("agx-orin-jetpack6");
    struct status_health out = read_all();
    assert_int_equal(out.has, ALL);
    assert_int_equal(out.milliwatts, 4000 + 2000 + 4000 + 500); // without what is not connected
    drop("sys/class/hwmon/hwmon2/curr2_input");
    assert_int_equal(read_all().has, ALL & ~HEALTH_WATTS); // a sum without a part would be wrong
}

static void the_gpu_of_a_thor_is_found(void **state)
{
    (void)state;
    plant("thor-jetpack7");
    struct status_health out = read_all();
    assert_int_equal(out.has, ALL & ~HEALTH_WATTS);
    assert_int_equal(out.gpu, 250);
}

static void cpu_is_the_share_since_the_last_reading(void **state)
{
    (void)state;
    struct health health;
    struct status_health out;
    plant("nano-jetpack4");
    health_init(&health, root);
    health_read(&health, &out);
    assert_false(out.has & HEALTH_CPU);
    put("proc/stat", "cpu  150 0 150 1000 100 0 0 0 0 0\n");
    health_read(&health, &out);
    assert_true(out.has & HEALTH_CPU);
    assert_int_equal(out.cpu, 250); // 100 of 400; waiting for a disk is idle
    health_read(&health, &out);
    assert_false(out.has & HEALTH_CPU);             // no time has passed
    put("proc/stat", "cpu  1 0 1 8 0 0 0 0 0 0\n"); // counted from anew
    health_read(&health, &out);
    assert_false(out.has & HEALTH_CPU);
}

static void each_figure_is_optional(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        unsigned flag;
    } files[] = {{"proc/uptime", HEALTH_UP}, {"proc/loadavg", HEALTH_LOAD}, {"proc/meminfo", HEALTH_MEM},
        {"proc/stat", 0}, {"sys/class/thermal/thermal_zone1/temp", HEALTH_CPU_C},
        {"sys/class/thermal/thermal_zone2/temp", HEALTH_GPU_C}, {"sys/devices/57000000.gpu/load", HEALTH_GPU},
        {"sys/bus/iio/devices/iio:device0/in_power0_input", HEALTH_WATTS}};
    unsigned left = ALL;
    plant("nano-jetpack4");
    struct health health;
    struct status_health out;
    health_init(&health, root);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) { // they vanish while it runs
        drop(files[i].path);
        left &= ~files[i].flag;
        health_read(&health, &out);
        assert_int_equal(out.has, left);
    }
    assert_int_equal(left, 0);
}

static void what_the_machine_cannot_tell_is_left_out(void **state)
{
    (void)state;
    assert_int_equal(read_all().has, 0);
}

static void garbage_in_a_file_leaves_its_figure_out(void **state)
{
    (void)state;
    static const char *const garbage[] = {"", "\n", "x", "n/a\n", "12abc", "--5", "99999999999999999999999",
        "-99999999999999999999999", "9223372036854775807\n", "-9223372036854775808", "1000000000001", "-1\n",
        "\xff\xfe", "cpu  9223372036854775807 9223372036854775807 9223372036854775807 1\n", "cpu  -5 1 1 1\n",
        "cpu \n", "MemTotal: 9223372036854775807 kB\nMemAvailable: 1 kB\n",
        "MemTotal: 0 kB\nMemAvailable: 0 kB\n", "MemTotal: 5 kB\nMemAvailable: 6 kB\n",
        "MemTotal: 5 kB\nMemAvailable: -6 kB\n", "MemTotal:", "MemTotal: x"};
    static const char *const files[] = {"proc/uptime", "proc/loadavg", "proc/stat", "proc/meminfo",
        "sys/class/thermal/thermal_zone1/temp", "sys/class/thermal/thermal_zone2/temp",
        "sys/devices/57000000.gpu/load", "sys/bus/iio/devices/iio:device0/in_power0_input"};
    plant("nano-jetpack4");
    struct health health;
    struct status_health out;
    health_init(&health, root);
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
        for (size_t k = 0; k < sizeof files / sizeof *files; k++)
            put(files[k], garbage[i]);
        health_read(&health, &out);
        if (out.has != 0)
            fail_msg("believed \"%s\": %#x", garbage[i], out.has);
    }
}

static void garbage_from_a_power_monitor_leaves_the_power_out(void **state)
{
    (void)state;
    struct health health;
    struct status_health out;
    plant("orin-nano-jetpack6");
    health_init(&health, root);
    static const char *const amperes[] = {"x", "-304", "1000001", "999999999999"};
    for (size_t i = 0; i < sizeof amperes / sizeof *amperes; i++) {
        put("sys/class/hwmon/hwmon1/curr1_input", amperes[i]);
        health_read(&health, &out);
        assert_false(out.has & HEALTH_WATTS);
    }
}

static void garbage_in_place_of_names_finds_nothing(void **state)
{
    (void)state;
    put("sys/class/thermal/thermal_zone0/type", "");
    put("sys/class/thermal/thermal_zone1/type", "\xff\xff\xff");
    put("sys/class/thermal/thermal_zone2/type", "PMIC-Die\n");
    put("sys/class/thermal/thermal_zone2/temp", "100000\n");
    put("sys/class/hwmon/hwmon0/name", "ina3221\n");
    put("sys/class/hwmon/hwmon0/in1_label", "_IN\n");
    put("sys/class/hwmon/hwmon1/name", "");
    put("sys/bus/iio/devices/iio:device0/rail_name_0", "IN");
    put("sys/class/devfreq/gpu/device/load", "100");
    put("sys/class/devfreq/17000000.gpu_like/device/load", "100");
    put("sys/class/devfreq/17000000.gpu/device/nothing", "100");
    assert_int_equal(read_all().has, 0);
}

static void a_share_above_one_is_left_out(void **state)
{
    (void)state;
    plant("nano-jetpack4");
    put("sys/devices/57000000.gpu/load", "1001\n");
    put("sys/class/thermal/thermal_zone1/temp", "200001\n");
    put("sys/bus/iio/devices/iio:device0/in_power0_input", "1000001\n");
    assert_int_equal(read_all().has, ALL & ~(HEALTH_GPU | HEALTH_CPU_C | HEALTH_WATTS));
}

static void a_driver_that_comes_late_at_boot_is_found(void **state)
{
    (void)state;
    struct health health;
    struct status_health out;
    health_init(&health, root);
    health_read(&health, &out);
    assert_int_equal(out.has, 0);
    plant("orin-nano-jetpack6");
    for (int i = 0; i < 100 && !(out.has & HEALTH_GPU); i++)
        health_read(&health, &out);
    assert_int_equal(out.has & ALL, ALL);
}

static void this_machine_is_read_and_that_is_cheap(void **state)
{
    (void)state;
    struct health health;
    struct status_health out;
    struct timespec before, after;
    health_init(&health, "");
    health_read(&health, &out);
    assert_int_equal(out.has & (HEALTH_UP | HEALTH_MEM | HEALTH_LOAD), HEALTH_UP | HEALTH_MEM | HEALTH_LOAD);
    assert_true(out.up_s > 0);
    assert_in_range(out.mem, 1, 999);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    enum { READINGS = 200 };
    for (int i = 0; i < READINGS; i++)
        health_read(&health, &out);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    double ms = (double)(after.tv_sec - before.tv_sec) * 1e3 + (double)(after.tv_nsec - before.tv_nsec) / 1e6;
    print_message("a reading takes %.3f ms of processor time\n", ms / READINGS);
    assert_true(ms / READINGS < 5); // a heartbeat is a second
}

#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, new_root, drop_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOT(the_figures_of_a_nano_with_jetpack_4_are_read),
        IN_ROOT(a_nano_2gb_has_no_power_monitor),
        IN_ROOT(the_figures_of_a_tx2_are_read),
        IN_ROOT(the_figures_of_an_orin_nano_with_jetpack_5_are_read),
        IN_ROOT(the_figures_of_an_orin_nano_with_jetpack_6_are_read),
        IN_ROOT(the_power_of_an_agx_orin_is_the_sum_of_what_is_measured),
        IN_ROOT(the_gpu_of_a_thor_is_found),
        IN_ROOT(cpu_is_the_share_since_the_last_reading),
        IN_ROOT(each_figure_is_optional),
        IN_ROOT(what_the_machine_cannot_tell_is_left_out),
        IN_ROOT(garbage_in_a_file_leaves_its_figure_out),
        IN_ROOT(garbage_from_a_power_monitor_leaves_the_power_out),
        IN_ROOT(garbage_in_place_of_names_finds_nothing),
        IN_ROOT(a_share_above_one_is_left_out),
        IN_ROOT(a_driver_that_comes_late_at_boot_is_found),
        cmocka_unit_test(this_machine_is_read_and_that_is_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
