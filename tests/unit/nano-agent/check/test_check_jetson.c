// SPDX-License-Identifier: MIT
// nano-agent check on whole boards (trees/*.tree): what it says of the default configuration there.
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
#include "nano-agent/board/pad.h"
#include "nano-agent/check/check.h"
#include "nano-agent/check/check_hardware.h"
#include "nano-agent/check/check_jetson.h"
#include "nano-agent/check/check_software.h"
#include "tests/scratch.h"

enum { PATH_SIZE = 512, LINE_SIZE = 2048 };

static char root[64], device_tree[128];
static struct config config;
static char report[16384];
static unsigned wrong;
static struct {
    const char *kernel, *user;
    int pad_rc;
    uint32_t pad;
} machine;

static void path_of(char out[PATH_SIZE], const char *path)
{
    assert_true(snprintf(out, PATH_SIZE, "%s/%s", root, path) < PATH_SIZE);
}

static void make_folders(char *full)
{
    for (char *c = full + strlen(root) + 1; (c = strchr(c, '/')); *c++ = '/') {
        *c = '\0';
        if (mkdir(full, 0755) < 0)
            assert_int_equal(errno, EEXIST);
    }
}

static void put(const char *path, char *content)
{
    char full[PATH_SIZE];
    path_of(full, path);
    make_folders(full);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    for (char *c = content; *c && *c != '\n'; c++)
        fputc(*c == '|' ? '\n' : *c == '^' ? '\0' : *c, file);
    assert_int_equal(fclose(file), 0);
}

static void plant(const char *name)
{
    char path[PATH_SIZE], line[LINE_SIZE];
    snprintf(path, sizeof path, "%s/tests/unit/nano-agent/check/trees/%s.tree", SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("%s: %s", path, strerror(errno));
    while (fgets(line, sizeof line, file)) {
        char *content = strstr(line, " = "), *target = strstr(line, " -> ");
        if (line[0] == '#')
            continue;
        if (content) {
            *content = '\0';
            put(line, content + 3);
        } else if (target) {
            *target = '\0';
            target[strcspn(target + 4, "\n") + 4] = '\0';
            path_of(path, line);
            make_folders(path);
            assert_int_equal(symlink(target + 4, path), 0);
        }
    }
    fclose(file);
}

// NOLINTNEXTLINE(readability-non-const-parameter): the type is that of gpio_look
static int look(const struct hw_address *at, struct gpio_look *out, char why[HW_WHY_SIZE])
{
    (void)at;
    (void)why;
    *out = (struct gpio_look){.used = false};
    return 0;
}

static int read_pad(uint32_t address, uint32_t *value)
{
    assert_int_equal(address, 0x2448030); // soc_gpio59_pac6: pin 7
    *value = machine.pad;
    return machine.pad_rc;
}

static void check(const char *text)
{
    struct check c;
    char compatible[1024], path[PATH_SIZE];
    FILE *out = fmemopen(report, sizeof report, "w");
    assert_non_null(out);
    path_of(path, "device-tree/compatible");
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(compatible, 1, sizeof compatible, file);
    fclose(file);
    const char *model = board_from_compatible(compatible, len, machine.kernel);
    assert_non_null(model);
    config_init(&config);
    snprintf(config.board, sizeof config.board, "%s", model);
    config.task = TASK_CHECK;
    assert_int_equal(config_parse(text, "f", &config, config.mistake), 0);
    check_init(&c, &config, out);
    c.root = root;
    snprintf(device_tree, sizeof device_tree, "%s/device-tree", root);
    c.device_tree = device_tree;
    c.model = model;
    c.kernel = machine.kernel;
    c.gpio_version = "1.6.3";
    c.user = machine.user;
    c.gpio_look = look;
    c.pad_read = read_pad;
    check_software(&c);
    check_hardware(&c);
    check_jetson_io(&c);
    fclose(out);
    wrong = c.wrong;
}

static void says(unsigned findings, const char *const *words)
{
    if (wrong != findings)
        fail_msg("%u findings, not %u:\n%s", wrong, findings, report);
    for (; *words; words++)
        if (!strstr(report, *words))
            fail_msg("not said: \"%s\"\n%s", *words, report);
}
#define SAYS(findings, ...) says(findings, (const char *const[]){__VA_ARGS__, NULL})

static int new_root(void **state)
{
    (void)state;
    memset(&machine, 0, sizeof machine);
    machine.user = "jetson";
    snprintf(root, sizeof root, "/tmp/test_check_jetson.XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int drop_root(void **state)
{
    (void)state;
    return scratch_remove(root);
}

static void a_super_board_with_jetpack_6_is_known_and_its_pads_are_asked_for(void **state)
{
    (void)state;
    plant("orin-nano-super-jetpack6");
    machine.kernel = "5.15.148-tegra";
    machine.pad_rc = -EACCES;
    check(config_default_text);
    SAYS(1, "ok  board: JETSON_ORIN_NANO", "ok  switch led: tegra234-gpio:144, free",
        "!!  switch led: whether the pad soc_gpio59_pac6 is switched to GPIO can be seen by root alone",
        "mend: sudo nano-agent check", "config-by-function.py -o dt 1=\"pwm1 pwm5\"");
}

static void root_sees_what_the_pad_is_switched_to(void **state)
{
    (void)state;
    plant("orin-nano-super-jetpack6");
    machine.kernel = "5.15.148-tegra";
    machine.user = "root";
    machine.pad = 0x454; // special function, no output
    check(config_default_text);
    SAYS(1, "!!  switch led: the pad soc_gpio59_pac6 is not switched to GPIO", "nothing happens at the pin",
        "mend: sudo /opt/nvidia/jetson-io/jetson-io.py, or an overlay");
    machine.pad = 0x54;
    check(config_default_text);
    SAYS(1, "!!  switch led: the pad soc_gpio59_pac6 is switched to input alone");
    machine.pad = 0x44;
    check(config_default_text);
    SAYS(0, "ok  switch led: the pad soc_gpio59_pac6 is switched to GPIO");
    machine.pad = 0x54; // an input wants no more
    check("input button { gpio = \"pin 7\" }\n");
    SAYS(0, "ok  input button: the pad soc_gpio59_pac6 is switched to GPIO");
    machine.pad_rc = -EPERM; // CONFIG_IO_STRICT_DEVMEM
    check(config_default_text);
    SAYS(0,
        "ok  switch led: whether the pad soc_gpio59_pac6 is switched to GPIO cannot be seen on this kernel");
}

static void jetpack_5_switches_the_pad_itself(void **state)
{
    (void)state;
    plant("orin-nano-super-jetpack6");
    machine.kernel = "5.10.216-tegra";
    machine.pad_rc = -EACCES;
    check(config_default_text);
    SAYS(0, "ok  switch led: tegra234-gpio:144, free");
    assert_null(strstr(report, "pad soc"));
}

static void on_a_nano_with_jetpack_4_it_says_why_jetson_io_does_not_start(void **state)
{
    (void)state;
    plant("nano-jetpack4");
    machine.kernel = "4.9.253-tegra";
    check(config_default_text);
    SAYS(1, "ok  board: JETSON_NANO", "ok  switch led: tegra-gpio:216, free",
        "config-by-function.py -o dtb pwm0 pwm2",
        "!!  jetson-io: /boot/extlinux/extlinux.conf has no FDT line",
        "mend: below its line LINUX write: FDT /boot/dtb/kernel_tegra210-p3448-0000-p3449-0000-b00.dtb\n");
}

static void a_root_that_is_mounted_twice_is_the_other_reason(void **state)
{
    (void)state;
    plant("nano-jetpack4");
    machine.kernel = "4.9.253-tegra";
    put("boot/extlinux/extlinux.conf", (char[]){"LINUX /boot/Image|\tFDT /boot/dtb/x.dtb|"});
    put("proc/mounts",
        (char[]){
            "/dev/mmcblk0p1 / ext4 rw 0 0|/dev/sda1 /mnt ext4 rw 0 0|/dev/mmcblk0p1 /media/nano/x ext4 rw 0 0|"});
    check(config_default_text);
    SAYS(1, "!!  jetson-io: /dev/mmcblk0p1, the root, is mounted at /media/nano/x as well",
        "mend: sudo umount /media/nano/x\n");
}

static void where_the_pins_are_switched_jetson_io_is_not_needed(void **state)
{
    (void)state;
    plant("nano-jetpack4");
    machine.kernel = "4.9.253-tegra";
    put("device-tree/pinmux@700008d4/exp-header-pinmux/hdr40-pin33/nvidia,function", (char[]){"pwm2^"});
    check(config_default_text);
    SAYS(0, "ok  servo tilt: the device tree sets pin 33 to pwm2");
    check("switch led { gpio = \"pin 7\" }\n");
    SAYS(0, "ok  switch led");
}

static void an_old_kernel_that_knows_no_bias_is_named(void **state)
{
    (void)state;
    plant("nano-jetpack4");
    machine.kernel = "4.9.253-tegra";
    check("input button { gpio = \"pin 11\" bias = up }\n");
    SAYS(1, "!!  input button: bias wants Linux 5.5 or later, this is 4.9.253-tegra",
        "mend: a resistor to 3V3 or GND");
}

static void every_gpio_of_an_orins_header_has_its_pad(void **state)
{
    (void)state;
    size_t known = 0;
    for (size_t i = 0; i < board_pin_count; i++) {
        const struct board_pin *pin = &board_pins[i];
        if (strncmp(pin->model, "JETSON_ORIN", 11) != 0)
            continue;
        const struct board_pad *pad = board_pad(pin->gpio_chip, pin->gpio_line);
        if (!pad)
            fail_msg("%s pin %u: %s:%u has no pad", pin->model, pin->pin, pin->gpio_chip, pin->gpio_line);
        known++;
    }
    assert_true(known > 60);
    assert_null(board_pad("tegra-gpio", 216));
    assert_null(board_pad("tegra234-gpio", 0));
}

#define IN_ROOT(name) cmocka_unit_test_setup_teardown(name, new_root, drop_root)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        IN_ROOT(a_super_board_with_jetpack_6_is_known_and_its_pads_are_asked_for),
        IN_ROOT(root_sees_what_the_pad_is_switched_to),
        IN_ROOT(jetpack_5_switches_the_pad_itself),
        IN_ROOT(on_a_nano_with_jetpack_4_it_says_why_jetson_io_does_not_start),
        IN_ROOT(a_root_that_is_mounted_twice_is_the_other_reason),
        IN_ROOT(where_the_pins_are_switched_jetson_io_is_not_needed),
        IN_ROOT(an_old_kernel_that_knows_no_bias_is_named),
        cmocka_unit_test(every_gpio_of_an_orins_header_has_its_pad),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
