// SPDX-License-Identifier: MIT
// The kernel's PWM, on files that look like those of sysfs.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/clock.h"
#include "nano-agent/hw/opening.h"
#include "nano-agent/hw/pwm_sysfs.h"
#include "tests/scratch.h"

static char root[64];

static void path_of(char out[256], const char *path)
{
    snprintf(out, 256, "%s/%s", root, path);
}

static void make_dir(const char *path)
{
    char full[256];
    path_of(full, path);
    for (char *c = full + strlen(root) + 1; (c = strchr(c, '/')); c++) {
        *c = '\0';
        if (mkdir(full, 0755) < 0)
            assert_int_equal(errno, EEXIST);
        *c = '/';
    }
    if (mkdir(full, 0755) < 0)
        assert_int_equal(errno, EEXIST);
}

static void put(const char *path, const char *text)
{
    char full[256];
    path_of(full, path);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static const char *get(const char *path)
{
    static char text[128];
    char full[256];
    path_of(full, path);
    FILE *file = fopen(full, "r");
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

static int new_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/test_agent_hw.XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int drop_root(void **state)
{
    (void)state;
    return scratch_remove(root);
}

// A chip as sysfs shows it: pwmchip3 of a device with a driver.
static void make_chip(const char *device, const char *driver)
{
    char path[256], target[256];
    make_dir("class/pwm/pwmchip3");
    snprintf(path, sizeof path, "devices/%s", device);
    make_dir(path);
    snprintf(path, sizeof path, "bus/drivers/%s", driver);
    make_dir(path);
    snprintf(target, sizeof target, "../../../devices/%s", device);
    path_of(path, "class/pwm/pwmchip3/device");
    assert_int_equal(symlink(target, path), 0);
    snprintf(path, sizeof path, "%s/devices/%s/driver", root, device);
    snprintf(target, sizeof target, "../../bus/drivers/%s", driver);
    assert_int_equal(symlink(target, path), 0);
    put("class/pwm/pwmchip3/export", "");
}

// Real attributes hold one value, whatever was written before; a file needs padding to be read back alike.
static void make_channel(const char *period, const char *duty, const char *enable)
{
    make_dir("class/pwm/pwmchip3/pwm2");
    put("class/pwm/pwmchip3/pwm2/period", period);
    put("class/pwm/pwmchip3/pwm2/duty_cycle", duty);
    put("class/pwm/pwmchip3/pwm2/enable", enable);
}

static struct hw_pwm *open_pwm(const char *chip, int64_t period_ns, char why[HW_WHY_SIZE], int *status)
{
    struct hw_address at = {.kind = HW_PWM_SYSFS, .line = 2};
    snprintf(at.chip, sizeof at.chip, "%s", chip);
    struct hw_pwm *pwm = NULL;
    why[0] = '\0';
    *status = pwm_sysfs_open(root, &at, period_ns, &pwm, why);
    return pwm;
}

static void a_pwm_chip_is_found_by_its_device_and_tells_its_steps(void **state)
{
    (void)state;
    char why[HW_WHY_SIZE];
    int status;
    make_chip("7000a000.pwm", "tegra-pwm");
    make_channel("0", "0", "0");
    struct hw_pwm *pwm = open_pwm("7000a000.pwm", 20000000, why, &status);
    assert_int_equal(status, 0);
    assert_int_equal(pwm->steps, 256);
    assert_int_equal(pwm->period_ns, 20000000);
    assert_false(pwm->was_enabled);
    assert_string_equal(get("class/pwm/pwmchip3/pwm2/period"), "20000000");
    assert_string_equal(get("class/pwm/pwmchip3/pwm2/enable"), "0"); // opening powers nothing
    assert_int_equal(pwm->ops->set(pwm, 1500000), 0);
    assert_string_equal(get("class/pwm/pwmchip3/pwm2/duty_cycle"), "1500000");
    assert_int_equal(pwm->ops->enable(pwm, true), 0);
    assert_string_equal(get("class/pwm/pwmchip3/pwm2/enable"), "1");
    assert_int_equal(pwm->ops->set(pwm, 20000001), -EINVAL);
    pwm->ops->close(pwm);
    assert_string_equal(get("class/pwm/pwmchip3/pwm2/enable"), "1"); // closing leaves it as it is
    pwm = open_pwm("pwmchip3", 20000000, why, &status);
    assert_int_equal(status, 0);
    pwm->ops->close(pwm);
}

static void a_pca9685_has_4096_steps(void **state)
{
    (void)state;
    char why[HW_WHY_SIZE];
    int status;
    make_chip("1-0040", "pca9685-pwm");
    make_channel("0", "0", "0");
    struct hw_pwm *pwm = open_pwm("1-0040", 20000000, why, &status);
    assert_int_equal(status, 0);
    assert_int_equal(pwm->steps, 4096);
    // What its oscillator makes of 20 ms (25 MHz, PRE_SCALE 121), so that a pulse is what we say it is.
    assert_int_equal(pwm->period_ns, 122 * 4096 * 40);
    assert_string_equal(get("class/pwm/pwmchip3/pwm2/period"), "19988480");
    pwm->ops->close(pwm);
}

static void a_running_pwm_is_taken_over_with_its_pulse(void **state)
{
    (void)state;
    char why[HW_WHY_SIZE];
    int status;
    make_chip("7000a000.pwm", "tegra-pwm");
    make_channel("20000000", "1250000", "1");
    struct hw_pwm *pwm = open_pwm("7000a000.pwm", 20000000, why, &status);
    assert_int_equal(status, 0);
    assert_true(pwm->was_enabled);
    assert_int_equal(pwm->found_ns, 1250000);
    assert_string_equal(get("class/pwm/pwmchip3/pwm2/duty_cycle"), "1250000");
    assert_string_equal(get("class/pwm/pwmchip3/pwm2/enable"), "1");
    pwm->ops->close(pwm);
}

static void an_enabled_pwm_without_a_pulse_was_not_running(void **state)
{
    (void)state;
    char why[HW_WHY_SIZE];
    int status;
    make_chip("1-0040", "pca9685-pwm");
    make_channel("5080000", "0", "1"); // how a PCA9685 reads before anybody used it
    struct hw_pwm *pwm = open_pwm("1-0040", 20000000, why, &status);
    assert_int_equal(status, 0);
    assert_false(pwm->was_enabled);
    assert_int_equal(pwm->found_ns, 0);
    assert_int_equal(pwm->ops->enable(pwm, false), 0);
    assert_string_equal(get("class/pwm/pwmchip3/pwm2/enable"), "0");
    pwm->ops->close(pwm);
}

// The files of the channel that were written since the watch began, in order: "duty_cycle period ".
static void written_files(int watch, char *out, size_t size)
{
    char events[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
    ssize_t len = read(watch, events, sizeof events);
    out[0] = '\0';
    for (char *at = events; at < events + (len > 0 ? len : 0);) {
        const struct inotify_event *event = (const struct inotify_event *)at;
        size_t used = strlen(out);
        snprintf(out + used, size - used, "%s ", event->name);
        at += sizeof *event + event->len;
    }
}

static int watch_channel(void)
{
    char full[256];
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    assert_true(watch >= 0);
    path_of(full, "class/pwm/pwmchip3/pwm2");
    assert_true(inotify_add_watch(watch, full, IN_MODIFY) >= 0);
    return watch;
}

static void a_shrinking_period_is_written_after_the_duty(void **state)
{
    (void)state;
    char why[HW_WHY_SIZE], order[256];
    int status;
    make_chip("7000a000.pwm", "tegra-pwm");
    make_channel("20000000", "15000000", "0");
    int watch = watch_channel();
    struct hw_pwm *pwm = open_pwm("7000a000.pwm", 1000000, why, &status);
    assert_int_equal(status, 0);
    written_files(watch, order, sizeof order);
    assert_string_equal(order, "duty_cycle period ");
    pwm->ops->close(pwm);
    close(watch);
}

static void a_pulse_longer_than_the_new_period_is_not_reported_as_found(void **state)
{
    (void)state;
    char why[HW_WHY_SIZE];
    int status;
    make_chip("7000a000.pwm", "tegra-pwm");
    make_channel("20000000", "15000000", "1");
    struct hw_pwm *pwm = open_pwm("7000a000.pwm", 1000000, why, &status);
    assert_int_equal(status, 0);
    assert_true(pwm->was_enabled);
    assert_true(pwm->found_ns == 0);
    pwm->ops->close(pwm);
}

static void a_growing_period_is_written_before_the_duty(void **state)
{
    (void)state;
    char why[HW_WHY_SIZE], order[256];
    int status;
    make_chip("7000a000.pwm", "tegra-pwm");
    make_channel("0", "0", "0");
    int watch = watch_channel();
    struct hw_pwm *pwm = open_pwm("7000a000.pwm", 20000000, why, &status);
    assert_int_equal(status, 0);
    assert_int_equal(pwm->ops->set(pwm, 1500000), 0);
    assert_int_equal(pwm->ops->set(pwm, 1500000), 0); // a write that changes nothing would cut a period short
    assert_int_equal(pwm->ops->enable(pwm, true), 0);
    assert_int_equal(pwm->ops->enable(pwm, true), 0);
    written_files(watch, order, sizeof order);
    assert_string_equal(order, "period duty_cycle enable ");
    pwm->ops->close(pwm);
    close(watch);
}

static void in_the_loop_nothing_is_waited_for(void **state)
{
    (void)state;
    char why[HW_WHY_SIZE];
    int status;
    make_chip("7000a000.pwm", "tegra-pwm");
    int64_t began_ms = clock_now_ms();
    open_pwm("7000a000.pwm", 20000000, why, &status); // exported, and udev makes nothing of it
    assert_int_equal(status, -ENOENT);
    assert_string_equal(get("class/pwm/pwmchip3/export"), "2");
    assert_true(clock_now_ms() - began_ms < 1000);
}

static void an_export_that_udev_finishes_late_is_waited_for(void **state)
{
    (void)state;
    char why[HW_WHY_SIZE];
    int status;
    make_chip("7000a000.pwm", "tegra-pwm");
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) { // the kernel and udev: the files appear some time after the export
        for (int i = 0; i < 1000 && strcmp(get("class/pwm/pwmchip3/export"), "2") != 0; i++)
            usleep(2000);
        usleep(150000);
        make_dir("class/pwm/pwmchip3/pwm2");
        put("class/pwm/pwmchip3/pwm2/enable", "0");
        put("class/pwm/pwmchip3/pwm2/period", "0");
        put("class/pwm/pwmchip3/pwm2/duty_cycle", "0");
        _exit(0);
    }
    opening_allow_ms(2000);
    struct hw_pwm *pwm = open_pwm("7000a000.pwm", 20000000, why, &status);
    opening_allow_ms(0);
    int child;
    assert_int_equal(waitpid(pid, &child, 0), pid);
    if (status < 0)
        fail_msg("%s", why);
    assert_string_equal(get("class/pwm/pwmchip3/export"), "2");
    pwm->ops->close(pwm);
}

static void a_pwm_that_cannot_be_opened_says_what_there_is(void **state)
{
    (void)state;
    char why[HW_WHY_SIZE];
    int status;
    assert_null(open_pwm("7000a000.pwm", 20000000, why, &status));
    assert_int_equal(status, -ENODEV);
    assert_non_null(strstr(why, "no chip 7000a000.pwm"));
    make_chip("32c0000.pwm", "tegra-pwm");
    assert_null(open_pwm("7000a000.pwm", 20000000, why, &status));
    assert_int_equal(status, -ENODEV);
    assert_non_null(strstr(why, "only 32c0000.pwm (pwmchip3)"));
}

static void one_pwm_channel_is_driven_by_one(void **state)
{
    (void)state;
    char why[HW_WHY_SIZE];
    int status;
    make_chip("7000a000.pwm", "tegra-pwm");
    make_channel("0", "0", "0");
    struct hw_pwm *pwm = open_pwm("7000a000.pwm", 20000000, why, &status);
    assert_int_equal(status, 0);
    assert_null(open_pwm("pwmchip3", 20000000, why, &status)); // the same by its other name
    assert_int_equal(status, -EWOULDBLOCK);
    assert_non_null(strstr(why, "another"));
    pwm->ops->close(pwm);
}

static const struct hw_address tegra = {.kind = HW_PWM_SYSFS, .chip = "7000a000.pwm", .line = 2};

static void an_output_of_a_motor_emits_nothing_from_the_moment_that_it_is_opened(void **state)
{
    (void)state;
    make_chip("7000a000.pwm", "tegra-pwm");
    make_channel("5000000", "3000000", "1");
    struct hw_pwm *pwm = NULL;
    char why[HW_WHY_SIZE];
    assert_int_equal(pwm_sysfs_open_at_zero(root, &tegra, 5000000, &pwm, why), 0);
    assert_int_equal(get("class/pwm/pwmchip3/pwm2/duty_cycle")[0], '0');
    assert_int_equal(get("class/pwm/pwmchip3/pwm2/enable")[0], '1');
    pwm->ops->close(pwm);
}

// A write that returned an error may have taken effect, so what is remembered of the output proves nothing.
static void a_zero_is_written_whatever_was_written_before(void **state)
{
    (void)state;
    make_chip("7000a000.pwm", "tegra-pwm");
    make_channel("5000000", "0", "0");
    struct hw_pwm *pwm = NULL;
    char why[HW_WHY_SIZE];
    assert_int_equal(pwm_sysfs_open_at_zero(root, &tegra, 5000000, &pwm, why), 0);
    put("class/pwm/pwmchip3/pwm2/duty_cycle", "3000000");
    assert_int_equal(pwm->ops->set(pwm, 0), 0); // it is 0 already, as far as this knows
    assert_int_equal(get("class/pwm/pwmchip3/pwm2/duty_cycle")[0], '3');
    assert_int_equal(pwm_sysfs_zero(pwm), 0);
    assert_int_equal(get("class/pwm/pwmchip3/pwm2/duty_cycle")[0], '0');
    assert_int_equal(pwm->ops->set(pwm, 3000000), 0);
    assert_int_equal(get("class/pwm/pwmchip3/pwm2/duty_cycle")[0], '3');
    pwm->ops->close(pwm);
}

static void a_chip_behind_i2c_is_known_by_its_bus(void **state)
{
    (void)state;
    char bus[PWM_SYSFS_NAME_SIZE];
    make_chip("1-0040", "pca9685-pwm");
    assert_true(pwm_sysfs_bus(root, "1-0040", bus));
    assert_string_equal(bus, "i2c-1");
    assert_true(pwm_sysfs_bus(root, "pwmchip3", bus));
    assert_string_equal(bus, "i2c-1");
    assert_false(pwm_sysfs_bus(root, "1-0041", bus));
}

static void a_chip_of_the_soc_is_on_no_bus(void **state)
{
    (void)state;
    char bus[PWM_SYSFS_NAME_SIZE];
    make_chip("7000a000.pwm", "tegra-pwm");
    assert_false(pwm_sysfs_bus(root, "7000a000.pwm", bus));
}

#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, new_root, drop_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOT(a_pwm_chip_is_found_by_its_device_and_tells_its_steps),
        IN_ROOT(a_pca9685_has_4096_steps),
        IN_ROOT(a_running_pwm_is_taken_over_with_its_pulse),
        IN_ROOT(an_enabled_pwm_without_a_pulse_was_not_running),
        IN_ROOT(a_shrinking_period_is_written_after_the_duty),
        IN_ROOT(a_pulse_longer_than_the_new_period_is_not_reported_as_found),
        IN_ROOT(a_growing_period_is_written_before_the_duty),
        IN_ROOT(in_the_loop_nothing_is_waited_for),
        IN_ROOT(an_export_that_udev_finishes_late_is_waited_for),
        IN_ROOT(a_pwm_that_cannot_be_opened_says_what_there_is),
        IN_ROOT(one_pwm_channel_is_driven_by_one),
        IN_ROOT(an_output_of_a_motor_emits_nothing_from_the_moment_that_it_is_opened),
        IN_ROOT(a_zero_is_written_whatever_was_written_before),
        IN_ROOT(a_chip_behind_i2c_is_known_by_its_bus),
        IN_ROOT(a_chip_of_the_soc_is_on_no_bus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
