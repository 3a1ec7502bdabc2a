// SPDX-License-Identifier: MIT
#include "nano-agent/check/check_hardware.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "nano-agent/board/board.h"
#include "nano-agent/check/check_jetson.h"
#include "nano-agent/check/device_tree.h"
#include "nano-agent/hw/pca9685.h"
#include "nano-agent/hw/pwm_sysfs.h"
#include "nano-agent/system/sysfs.h"

enum { MEND_SIZE = 300, SYS_SIZE = 512, DIRECTORY_SIZE = 1024, PATH_SIZE = 1152 };

struct subject { // one channel
    struct check *check;
    const struct agent_channel_config *channel;
    const struct hw_address *at;
    const struct board_pin *pin; // NULL = not on the header
    char name[64];               // "servo tilt"
};

static void groups_mend(const struct check *check, const char *group, char mend[MEND_SIZE])
{
    snprintf(mend, MEND_SIZE,
        "sudo usermod -aG %s %s, and log in again; sudo udevadm trigger, where the file is not of that group",
        group, check->user);
}

// A channel's file in sysfs as a number; -1 where it cannot be read.
static int64_t read_number(const char *directory, const char *name)
{
    int64_t n;
    return sysfs_read_number_in(directory, name, &n) ? n : -1;
}

// The folder of an exported channel: "/sys/class/pwm/pwmchip0/pwm2". False where it is not exported.
static bool exported(
    const struct check *check, const char *device, unsigned channel, char out[DIRECTORY_SIZE])
{
    char sys[SYS_SIZE], chip[PWM_SYSFS_NAME_SIZE], why[HW_WHY_SIZE];
    snprintf(sys, sizeof sys, "%s/sys", check->root);
    if (pwm_sysfs_find(sys, device, chip, why) < 0)
        return false;
    snprintf(out, DIRECTORY_SIZE, "%s/class/pwm/%s/pwm%u", sys, chip, channel);
    return access(out, F_OK) == 0;
}

static void check_gpio(struct subject *s)
{
    struct check *check = s->check;
    const struct hw_address *at = s->at;
    struct gpio_look look = {0};
    char why[HW_WHY_SIZE], mend[MEND_SIZE], directory[DIRECTORY_SIZE];
    int rc = check->gpio_look(at, &look, why);
    if (rc == -EACCES || rc == -EPERM) {
        groups_mend(check, "gpio", mend);
        check_wrong(check, mend, "%s: %s", s->name, why);
    } else if (rc < 0) {
        check_wrong(check,
            "gpiodetect shows the chips of this machine; write gpio = \"LABEL:LINE\", or \"pin N\"", "%s: %s",
            s->name, why);
    } else if (look.used && !strcmp(look.holder, "nano-agent")) {
        check_ok(check, "%s: %s:%u, held by a nano-agent that runs", s->name, at->chip, at->line);
        check_jetson_pad(check, s->name, at, channel_port(s->channel->id.kind) != PORT_INPUT);
    } else if (look.used) {
        gpio_refuse(at, EBUSY, look.holder[0] ? look.holder : NULL, why);
        snprintf(mend, sizeof mend, "gpioinfo shows who holds what; nano-agent pins, which pins there are");
        check_wrong(check, mend, "%s: %s", s->name, why);
    } else if (s->pin && s->pin->pwm_device &&
               exported(check, s->pin->pwm_device, s->pin->pwm_channel, directory) &&
               read_number(directory, "enable") == 1) {
        snprintf(mend, sizeof mend, "echo 0 | sudo tee %.200s/enable; or write another pin", directory);
        check_wrong(check, mend,
            "%s: the PWM %s:%u of pin %u is running, and GPIO would take the pad away from it", s->name,
            s->pin->pwm_device, s->pin->pwm_channel, s->pin->pin);
    } else {
        check_ok(check, "%s: %s:%u, free", s->name, at->chip, at->line);
        check_jetson_pad(check, s->name, at, channel_port(s->channel->id.kind) != PORT_INPUT);
    }
}

// Whether the header's pin can carry its PWM: the pad may be GPIO instead, or be set to something else.
static bool check_pad(struct subject *s)
{
    struct check *check = s->check;
    const struct board_pin *pin = s->pin;
    struct hw_address line = {.kind = HW_GPIO, .line = pin->gpio_line};
    snprintf(line.chip, sizeof line.chip, "%s", pin->gpio_chip);
    struct gpio_look look = {0};
    char why[HW_WHY_SIZE], function[32];
    if (check->gpio_look(&line, &look, why) == 0 && look.used) {
        check_wrong(check, "stop who holds it, then reboot: only that gives the pad back to its PWM",
            "%s: pin %u is taken as GPIO (%s:%u) by %s, and emits no PWM", s->name, pin->pin, line.chip,
            line.line, look.holder[0] ? look.holder : "the kernel or a program without a name");
        return false;
    }
    device_tree_function(check->device_tree, pin->pin, function, sizeof function);
    if (function[0] && !strstr(function, "pwm") && !strstr(function, "gp")) {
        check->wants_jetson_io = true;
        check_wrong(check, check_jetson_pwm_mend(check), "%s: the device tree sets pin %u to %s, not to PWM",
            s->name, pin->pin, function);
        return false;
    }
    if (function[0])
        check_ok(check, "%s: the device tree sets pin %u to %s", s->name, pin->pin, function);
    else
        check_ok(check,
            "%s: whether pin %u is switched to PWM cannot be seen from here; if nothing moves: %s", s->name,
            pin->pin, check_jetson_pwm_mend(check));
    check->wants_jetson_io = check->wants_jetson_io || !strstr(function, "pwm");
    return true;
}

static bool may_write(const char *directory, const char *name, char path[PATH_SIZE])
{
    snprintf(path, PATH_SIZE, "%s/%s", directory, name);
    return faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;
}

static bool check_pwm_access(
    struct subject *s, const char *chip_directory, const char *directory, bool is_exported)
{
    static const char *const files[] = {"period", "duty_cycle", "enable"};
    char path[PATH_SIZE], mend[MEND_SIZE];
    bool allowed = is_exported || may_write(chip_directory, "export", path);
    for (size_t i = 0; is_exported && allowed && i < sizeof files / sizeof *files; i++)
        allowed = may_write(directory, files[i], path);
    if (allowed)
        return true;
    int error = errno;
    groups_mend(s->check, "gpio", mend);
    check_wrong(s->check, mend, "%s: %s: %s", s->name, path, strerror(error));
    return false;
}

static bool driven_by_another(const char *directory)
{
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/duty_cycle", directory);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool locked = flock(fd, LOCK_EX | LOCK_NB) < 0;
    close(fd);
    return locked;
}

// ", 256 steps a period: 7.0 degrees each, coarser than step"
static void describe_steps(const struct subject *s, uint32_t steps, char *out, size_t size)
{
    out[0] = '\0';
    if (!steps)
        return;
    snprintf(out, size, ", %" PRIu32 " steps a period", steps);
    if (!channel_keeps_position(s->channel->id.kind))
        return;
    struct motion_config motion = s->channel->motion;
    motion.steps = steps;
    int milli = motion_res_milli(&motion);
    size_t len = strlen(out);
    if (milli / 100 > s->channel->step)
        snprintf(out + len, size - len,
            ": %d.%d degrees each, coarser than step; a PCA9685 is finer, or a higher hz for a digital servo",
            milli / 1000, milli % 1000 / 100);
}

static void check_pwm(struct subject *s)
{
    struct check *check = s->check;
    const struct hw_address *at = s->at;
    char sys[SYS_SIZE], chip[PWM_SYSFS_NAME_SIZE], why[HW_WHY_SIZE], directory[DIRECTORY_SIZE],
        pwm[DIRECTORY_SIZE];
    snprintf(sys, sizeof sys, "%s/sys", check->root);
    if (pwm_sysfs_find(sys, at->chip, chip, why) < 0) {
        check->wants_jetson_io = check->wants_jetson_io || s->pin;
        check_wrong(check,
            check->model ? check_jetson_pwm_mend(check)
                         : "ls -l /sys/class/pwm/*/device shows the devices; write pwm = \"DEVICE:CHANNEL\"",
            "%s: %s", s->name, why);
        return;
    }
    snprintf(directory, sizeof directory, "%s/class/pwm/%s", sys, chip);
    int64_t channels = read_number(directory, "npwm");
    if (channels >= 0 && at->line >= channels) {
        check_wrong(check, "write a channel that is there", "%s: %s has channels 0 to %" PRId64 ", no %u",
            s->name, at->chip, channels - 1, at->line);
        return;
    }
    bool is_exported = exported(check, at->chip, at->line, pwm);
    if (!check_pwm_access(s, directory, pwm, is_exported))
        return;
    if (s->pin && !check_pad(s))
        return;
    char steps[160];
    describe_steps(s, pwm_sysfs_steps(sys, chip), steps, sizeof steps);
    bool running = is_exported && read_number(pwm, "enable") == 1 && read_number(pwm, "duty_cycle") > 0;
    check_ok(check, "%s: %s:%u (%s), %s%s", s->name, at->chip, at->line, chip,
        is_exported && driven_by_another(pwm) ? "driven by a nano-agent that runs"
        : running                             ? "running, to be taken over where it is"
                                              : "free",
        steps);
}

static void check_pca9685(struct subject *s)
{
    struct check *check = s->check;
    const struct hw_address *at = s->at;
    char why[HW_WHY_SIZE], mend[MEND_SIZE];
    const char *number = at->chip + strlen("i2c-");
    int rc = check->pca9685_probe(at, why);
    if (rc == 0) {
        char steps[160];
        describe_steps(s, PCA9685_STEPS, steps, sizeof steps);
        check_ok(check, "%s: a chip answers at 0x%02x of %s, and no driver has it%s", s->name,
            at->i2c_address, at->chip, steps);
        return;
    }
    int bus = check->model ? board_i2c_bus(check->model, 0) : -1;
    if (rc == -EACCES || rc == -EPERM)
        groups_mend(check, "i2c", mend);
    else if (rc == -ENOENT)
        snprintf(mend, sizeof mend, "sudo modprobe i2c-dev; i2cdetect -l lists the buses");
    else if (rc == -EBUSY)
        snprintf(mend, sizeof mend,
            "i2cdetect -y -r %s shows UU where a driver has the address; write what the line says", number);
    else if (bus >= 0)
        snprintf(mend, sizeof mend,
            "SDA to pin 3, SCL to pin 5 (i2c-%d here), VCC to 3V3, GND; i2cdetect -y -r %d must show %02x",
            bus, bus, at->i2c_address);
    else
        snprintf(mend, sizeof mend, "SDA, SCL, VCC to 3V3, GND; i2cdetect -y -r %s must show %02x", number,
            at->i2c_address);
    check_wrong(check, mend, "%s: %s", s->name, why);
}

// what: the key of a motor, or "".
static void check_output(struct check *check, const struct agent_channel_config *channel,
    const struct hw_address *at, const char *what)
{
    struct subject subject = {.check = check,
        .channel = channel,
        .at = at,
        .pin = check->model && at->pin ? board_find(check->model, at->pin) : NULL};
    snprintf(subject.name, sizeof subject.name, "%s %s%s%s", channel_kind_name(channel->id.kind),
        channel->id.name, *what ? ": " : "", what);
    switch (at->kind) {
    case HW_SIM:
        check_ok(check, "%s: simulated", subject.name);
        break;
    case HW_GPIO:
        check_gpio(&subject);
        break;
    case HW_PWM_SYSFS:
        check_pwm(&subject);
        break;
    case HW_PCA9685:
        check_pca9685(&subject);
        break;
    }
}

static void check_motor(
    struct check *check, const struct agent_channel_config *channel, const struct hw_motor_options *motor)
{
    const struct {
        const char *key;
        const struct hw_address *at;
        unsigned count;
    } outputs[] = {
        {"forward", motor->forward, motor->forward_count},
        {"backward", motor->backward, motor->backward_count},
        {"pwm", motor->pwm, motor->pwm_count},
        {"direction", &motor->direction.at, motor->direction.is_set},
        {"in1", &motor->in1.at, motor->in1.is_set},
        {"in2", &motor->in2.at, motor->in2.is_set},
        {"enable", &motor->enable.at, motor->enable.is_set},
    };
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++)
        for (unsigned k = 0; k < outputs[i].count; k++)
            check_output(check, channel, &outputs[i].at[k], outputs[i].key);
}

void check_hardware(struct check *check)
{
    const struct config *config = check->config;
    for (size_t i = 0; i < config->agent.count; i++) {
        const struct agent_channel_config *channel = &config->agent.channels[i];
        if (channel_port(channel->id.kind) == PORT_MOTOR)
            check_motor(check, channel, &config->outputs[i].motor);
        else
            check_output(check, channel, &config->outputs[i].address, "");
    }
}
