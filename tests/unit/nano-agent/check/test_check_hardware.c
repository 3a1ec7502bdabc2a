// SPDX-License-Identifier: MIT
// nano-agent check: every finding, on a machine made of files and of lines and chips that say what the test
// wants.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "nano-agent/check/check.h"
#include "nano-agent/check/check_hardware.h"
#include "nano-agent/check/check_software.h"
#include "tests/scratch.h"

static char root[64];
static struct config config;
static char report[8192];
static unsigned wrong;

// The machine's GPIO lines and I2C chips: what each answers.
static struct {
    int gpio_status;
    const char *gpio_why;
    const char *holder; // NULL = free, "" = without a name
    unsigned held_line; // the one that holder has
    int i2c_status;
    const char *i2c_why;
    const char *kernel, *gpiod, *device_tree;
} machine;

static int look(const struct hw_address *at, struct gpio_look *out, char why[HW_WHY_SIZE])
{
    if (machine.gpio_status < 0) {
        snprintf(why, HW_WHY_SIZE, "%s", machine.gpio_why);
        return machine.gpio_status;
    }
    out->used = machine.holder && at->line == machine.held_line;
    snprintf(out->holder, sizeof out->holder, "%s", out->used ? machine.holder : "");
    return 0;
}

static int probe(const struct hw_address *at, char why[HW_WHY_SIZE])
{
    (void)at;
    if (machine.i2c_status < 0)
        snprintf(why, HW_WHY_SIZE, "%s", machine.i2c_why);
    return machine.i2c_status;
}

static void path_of(char out[256], const char *path)
{
    snprintf(out, 256, "%s/%s", root, path);
}

static void put(const char *path, const char *text)
{
    char full[256];
    path_of(full, path);
    for (char *c = full + strlen(root) + 1; (c = strchr(c, '/')); *c++ = '/') {
        *c = '\0';
        if (mkdir(full, 0755) < 0)
            assert_int_equal(errno, EEXIST);
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int new_root(void **state)
{
    (void)state;
    memset(&machine, 0, sizeof machine);
    machine.kernel = "5.10.104-tegra";
    machine.gpiod = "1.6.3";
    machine.device_tree = "/nonexistent";
    snprintf(root, sizeof root, "/tmp/test_agent_check.XXXXXX");
    return mkdtemp(root) && chmod(root, 0755) == 0 ? 0 : -1;
}

static int drop_root(void **state)
{
    (void)state;
    return scratch_remove(root);
}

// A PWM chip as sysfs shows it, with nothing exported.
static void make_pwm_chip(const char *device, const char *driver)
{
    char path[256], target[128];
    put("sys/class/pwm/pwmchip0/export", "");
    put("sys/class/pwm/pwmchip0/npwm", "4\n");
    snprintf(path, sizeof path, "sys/devices/%s/x", device);
    put(path, "");
    snprintf(path, sizeof path, "sys/bus/drivers/%s/x", driver);
    put(path, "");
    path_of(path, "sys/class/pwm/pwmchip0/device");
    snprintf(target, sizeof target, "../../../devices/%s", device);
    assert_int_equal(symlink(target, path), 0);
    snprintf(path, sizeof path, "%s/sys/devices/%s/driver", root, device);
    snprintf(target, sizeof target, "../../bus/drivers/%s", driver);
    assert_int_equal(symlink(target, path), 0);
}

static void export_channel(unsigned channel, const char *duty, const char *enable)
{
    static const char *const files[] = {"period", "duty_cycle", "enable"};
    const char *const values[] = {"20000000\n", duty, enable};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        snprintf(path, sizeof path, "sys/class/pwm/pwmchip0/pwm%u/%s", channel, files[i]);
        put(path, values[i]);
    }
}

// Runs the check of everything but brokers, on the board where it is given.
static void check(const char *board, const char *text)
{
    struct check c;
    FILE *out = fmemopen(report, sizeof report, "w");
    assert_non_null(out);
    config_init(&config);
    snprintf(config.board, sizeof config.board, "%s", board);
    config.task = TASK_CHECK;
    if (config_parse(text, "f", &config, config.mistake) < 0)
        config.agent.count = 0;
    check_init(&c, &config, out);
    c.root = root;
    c.device_tree = machine.device_tree;
    c.model = *board ? board : NULL;
    c.kernel = machine.kernel;
    c.gpio_version = machine.gpiod;
    c.user = "jetson";
    c.gpio_look = look;
    c.pca9685_probe = probe;
    check_software(&c);
    check_hardware(&c);
    fclose(out);
    wrong = c.wrong;
}

// One finding in the report is not ok, and its two lines hold these words.
static void finds(const char *finding, const char *mend)
{
    char *at = strstr(report, "!!  ");
    char *rest = at;
    const char *first = strsep(&rest, "\n"), *second = strsep(&rest, "\n");
    if (wrong != 1 || !first || !second) {
        fail_msg("%u findings:\n%s", wrong, report);
        return;
    }
    if (!strstr(first, finding) || strncmp(second, "    mend: ", 10) != 0 || !strstr(second, mend))
        fail_msg("wanted \"%s\" and \"%s\", got\n%s\n%s", finding, mend, first, second);
}

static void all_is_well(const char *words)
{
    if (wrong || strstr(report, "!!") || !strstr(report, words))
        fail_msg("%u findings, wanted \"%s\":\n%s", wrong, words, report);
}

#define LED  "switch led { gpio = \"pin 7\" }\n"
#define TILT "servo tilt { pwm = \"pin 33\" }\n"
#define PCA  "servo tilt { pwm = \"pca9685 i2c-1 0x40:0\" }\n"

static void a_machine_in_order_has_only_ok_lines(void **state)
{
    (void)state;
    make_pwm_chip("7000a000.pwm", "tegra-pwm");
    check("JETSON_NANO", TILT LED "servo far { pwm = \"pca9685 i2c-1 0x40:0\" } switch x { gpio = sim }");
    all_is_well("ok  switch led: tegra-gpio:216, free\n");
    all_is_well("ok  configuration: built-in default, 4 channels\n");
    all_is_well("ok  libgpiod: 1.6.3, kernel 5.10.104-tegra\n");
    all_is_well("ok  board: JETSON_NANO (by --board)\n");
    all_is_well("ok  user: jetson");
    all_is_well("ok  servo far: a chip answers at 0x40 of i2c-1");
    all_is_well("ok  switch x: simulated\n");
    all_is_well("256 steps a period: 7.0 degrees each, coarser than step; a PCA9685");
    const char *line = report;
    while (line && *line) {
        assert_memory_equal(line, "ok  ", 4);
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
}

static void a_mistake_in_the_configuration_is_a_finding(void **state)
{
    (void)state;
    check("JETSON_NANO", "switch led {\n gpio = \"pin 7\"\n activ_low = true }");
    finds("configuration: f:3: switch led: unknown key activ_low; did you mean active_low?", "docs/agent.md");
}

static void libgpiod_2_on_an_old_kernel_is_a_finding(void **state)
{
    (void)state;
    machine.gpiod = "2.2.1";
    machine.kernel = "4.9.253-tegra";
    check("JETSON_NANO", LED);
    finds("libgpiod: 2.2.1 wants Linux 5.10 or later, this is 4.9.253-tegra", "libgpiod 1.x");
    machine.kernel = "5.10.0";
    check("JETSON_NANO", LED);
    all_is_well("libgpiod: 2.2.1, kernel 5.10.0");
    machine.gpiod = "1.6.3";
    machine.kernel = "4.9.253-tegra";
    check("JETSON_NANO", LED);
    all_is_well("libgpiod: 1.6.3");
}

static void another_board_than_the_device_tree_says_is_a_finding(void **state)
{
    (void)state;
    static char tree[128];
    put("tree/compatible", "nvidia,jetson-nano");
    snprintf(tree, sizeof tree, "%s/tree", root);
    machine.device_tree = tree;
    check("JETSON_TX1", LED);
    finds("board: --board says JETSON_TX1, the device tree JETSON_NANO", "leave --board out");
    check("JETSON_NANO", LED);
    all_is_well("board: JETSON_NANO");
}

static void an_unknown_board_matters_where_the_configuration_needs_one(void **state)
{
    (void)state;
    check("", "switch led { gpio = \"tegra-gpio:216\" }");
    all_is_well("board: no Jetson that I know");
    check("", LED);
    assert_int_equal(wrong, 2); // the configuration, for the same reason
    assert_non_null(strstr(
        report, "!!  board: /nonexistent/compatible names no Jetson that I know\n    mend: --board NAME"));
}

static void a_held_line_names_its_holder(void **state)
{
    (void)state;
    machine.held_line = 216;
    machine.holder = "spi0 CS0";
    check("JETSON_NANO", LED);
    finds("switch led: tegra-gpio:216 is held by spi0 CS0", "gpioinfo");
    machine.holder = "";
    check("JETSON_NANO", LED);
    finds("switch led: tegra-gpio:216 is held by the kernel or a program without a name", "gpioinfo");
    machine.holder = "nano-agent";
    check("JETSON_NANO", LED);
    all_is_well("ok  switch led: tegra-gpio:216, held by a nano-agent that runs");
}

static void a_chip_that_is_closed_or_missing_says_what_mends_it(void **state)
{
    (void)state;
    machine.gpio_status = -EACCES;
    machine.gpio_why = "gpiochip tegra-gpio: not among those that open; /dev/gpiochip0: Permission denied";
    check("JETSON_NANO", LED);
    finds("switch led: gpiochip tegra-gpio: not among those that open", "sudo usermod -aG gpio jetson");
    machine.gpio_status = -ENODEV;
    machine.gpio_why = "gpiochip tegra-gpio: not there";
    check("JETSON_NANO", "input key { gpio = \"pin 11\" }");
    finds("input key: gpiochip tegra-gpio: not there", "gpiodetect");
}

static void a_pwm_that_is_running_forbids_gpio_on_its_pin(void **state)
{
    (void)state;
    make_pwm_chip("7000a000.pwm", "tegra-pwm");
    export_channel(2, "1500000\n", "1\n");
    check("JETSON_NANO", "switch led { gpio = \"pin 33\" }");
    finds("switch led: the PWM 7000a000.pwm:2 of pin 33 is running", "/pwmchip0/pwm2/enable");
    export_channel(2, "1500000\n", "0\n");
    check("JETSON_NANO", "switch led { gpio = \"pin 33\" }");
    all_is_well("switch led: tegra-gpio:38, free");
}

static void gpio_on_the_pin_of_a_pwm_is_a_finding(void **state)
{
    (void)state;
    make_pwm_chip("7000a000.pwm", "tegra-pwm");
    machine.held_line = 38;
    machine.holder = "gpioset";
    check("JETSON_NANO", TILT);
    finds("servo tilt: pin 33 is taken as GPIO (tegra-gpio:38) by gpioset, and emits no PWM", "reboot");
}

static void a_pwm_device_that_is_missing_is_switched_on_with_jetson_io(void **state)
{
    (void)state;
    check("JETSON_NANO", TILT);
    finds("servo tilt: ", "jetson-io.py");
    assert_non_null(strstr(report, "no chip 7000a000.pwm"));
    check("", "servo tilt { pwm = \"x.pwm:0\" }");
    finds("no chip x.pwm", "/sys/class/pwm");
}

static void a_pwm_channel_that_is_missing_is_a_finding(void **state)
{
    (void)state;
    make_pwm_chip("7000a000.pwm", "tegra-pwm");
    check("JETSON_NANO", "servo tilt { pwm = \"pwmchip0:4\" }");
    finds("servo tilt: pwmchip0 has channels 0 to 3, no 4", "a channel that is there");
}

static void the_device_tree_tells_what_a_pin_is_set_to(void **state)
{
    (void)state;
    static char tree[128];
    make_pwm_chip("7000a000.pwm", "tegra-pwm");
    check("JETSON_NANO", TILT);
    all_is_well("whether pin 33 is switched to PWM cannot be seen from here");
    snprintf(tree, sizeof tree, "%s/tree", root);
    machine.device_tree = tree;
    put("tree/pinmux@700008d4/header-40pin-pinmux/pin33/nvidia,function", "rsvd1");
    check("JETSON_NANO", TILT);
    finds("servo tilt: the device tree sets pin 33 to rsvd1, not to PWM", "jetson-io.py");
    put("tree/pinmux@700008d4/header-40pin-pinmux/pin33/nvidia,function", "pwm2");
    check("JETSON_NANO", TILT);
    all_is_well("servo tilt: the device tree sets pin 33 to pwm2");
    put("tree/bus@0/pinmux@2430000/exp-header-pinmux/hdr40-pin32/nvidia,function", "rsvd0");
    check("JETSON_NANO", "servo pan { pwm = \"pin 32\" }");
    finds("servo pan: the device tree sets pin 32 to rsvd0", "jetson-io.py");
}

static void a_running_pwm_and_its_driver_are_told(void **state)
{
    (void)state;
    make_pwm_chip("7000a000.pwm", "tegra-pwm");
    export_channel(2, "1500000\n", "1\n");
    check("JETSON_NANO", TILT);
    all_is_well("running, to be taken over where it is");
    char path[256];
    path_of(path, "sys/class/pwm/pwmchip0/pwm2/duty_cycle");
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    check("JETSON_NANO", TILT);
    all_is_well("driven by a nano-agent that runs");
    close(fd);
}

// Root may write everything: looks as nobody, in a child.
static void check_as_nobody(const char *text)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (geteuid() == 0 && (setgid(65534) < 0 || setuid(65534) < 0))
            _exit(99);
        check("JETSON_NANO", text);
        size_t len = strlen(report) + 1;
        _exit(write(fds[1], report, len) == (ssize_t)len ? (int)wrong : 98);
    }
    close(fds[1]);
    size_t len = 0;
    ssize_t got;
    while ((got = read(fds[0], report + len, sizeof report - 1 - len)) > 0)
        len += (size_t)got;
    report[len] = '\0';
    close(fds[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    wrong = (unsigned)WEXITSTATUS(status);
}

static void set_mode(const char *path, mode_t mode)
{
    char full[256];
    path_of(full, path);
    assert_int_equal(chmod(full, mode), 0);
}

static void pwm_files_that_are_closed_name_the_group(void **state)
{
    (void)state;
    make_pwm_chip("7000a000.pwm", "tegra-pwm");
    set_mode("sys/class/pwm/pwmchip0/export", 0444);
    check_as_nobody(TILT);
    finds("/sys/class/pwm/pwmchip0/export: Permission denied", "sudo usermod -aG gpio jetson");
    set_mode("sys/class/pwm/pwmchip0/export", 0666);
    check_as_nobody(TILT);
    all_is_well("servo tilt: 7000a000.pwm:2 (pwmchip0), free");
    export_channel(2, "0\n", "0\n");
    set_mode("sys/class/pwm/pwmchip0/pwm2/period", 0666);
    set_mode("sys/class/pwm/pwmchip0/pwm2/duty_cycle", 0666);
    set_mode("sys/class/pwm/pwmchip0/pwm2/enable", 0444);
    check_as_nobody(TILT);
    finds("/sys/class/pwm/pwmchip0/pwm2/enable: Permission denied", "sudo udevadm trigger");
}

static void every_trouble_with_i2c_says_what_mends_it(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *why, *mend;
    } cases[] = {
        {-EACCES, "/dev/i2c-1: Permission denied", "sudo usermod -aG i2c jetson"},
        {-ENOENT, "/dev/i2c-1: No such file or directory", "modprobe i2c-dev"},
        {-EBUSY, "address 0x40 of /dev/i2c-1: busy", "UU"},
        {-EREMOTEIO, "no chip answers at address 0x40", "i2cdetect -y -r 1 must show 40"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        machine.i2c_status = cases[i].status;
        machine.i2c_why = cases[i].why;
        check("JETSON_NANO", PCA);
        finds(cases[i].why, cases[i].mend);
    }
    check("JETSON_ORIN_NANO", PCA);
    finds("no chip answers", "SDA to pin 3, SCL to pin 5 (i2c-7 here)");
    check("", PCA);
    finds("no chip answers", "SDA, SCL, VCC to 3V3");
}

static void looking_changes_no_file(void **state)
{
    (void)state;
    char path[256], text[32] = "";
    make_pwm_chip("7000a000.pwm", "tegra-pwm");
    check("JETSON_NANO", TILT LED);
    path_of(path, "sys/class/pwm/pwmchip0/export");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_null(fgets(text, sizeof text, file));
    fclose(file);
    path_of(path, "sys/class/pwm/pwmchip0/pwm2");
    assert_int_equal(access(path, F_OK), -1);
}

#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, new_root, drop_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOT(a_machine_in_order_has_only_ok_lines),
        IN_ROOT(a_mistake_in_the_configuration_is_a_finding),
        IN_ROOT(libgpiod_2_on_an_old_kernel_is_a_finding),
        IN_ROOT(another_board_than_the_device_tree_says_is_a_finding),
        IN_ROOT(an_unknown_board_matters_where_the_configuration_needs_one),
        IN_ROOT(a_held_line_names_its_holder),
        IN_ROOT(a_chip_that_is_closed_or_missing_says_what_mends_it),
        IN_ROOT(a_pwm_that_is_running_forbids_gpio_on_its_pin),
        IN_ROOT(gpio_on_the_pin_of_a_pwm_is_a_finding),
        IN_ROOT(a_pwm_device_that_is_missing_is_switched_on_with_jetson_io),
        IN_ROOT(a_pwm_channel_that_is_missing_is_a_finding),
        IN_ROOT(the_device_tree_tells_what_a_pin_is_set_to),
        IN_ROOT(a_running_pwm_and_its_driver_are_told),
        IN_ROOT(pwm_files_that_are_closed_name_the_group),
        IN_ROOT(every_trouble_with_i2c_says_what_mends_it),
        IN_ROOT(looking_changes_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
