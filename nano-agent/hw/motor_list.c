// SPDX-License-Identifier: MIT
#include "nano-agent/hw/motor_list.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/array.h"
#include "common/clock.h"
#include "nano-agent/hw/pca9685.h"
#include "nano-agent/system/service_path.h"

enum { I2C_ADDRESS_MAX = 0x77, PAUSE_MS = 5 };

#define HEAD "# The outputs of motors, for `nano-agent zero`.\n"

void motor_list_path(char out[MOTOR_LIST_PATH_SIZE])
{
    service_path(out, MOTOR_LIST_PATH_SIZE, "RUNTIME_DIRECTORY", "motors", MOTOR_LIST_DEFAULT_PATH);
}

static void put_output(FILE *file, const struct hw_address *at)
{
    if (at->kind == HW_PWM_SYSFS)
        fprintf(file, "pwm %u %s\n", at->line, at->chip);
    else if (at->kind == HW_PCA9685)
        fprintf(file, "pca9685 %s 0x%02x %u\n", at->chip, at->i2c_address, at->line);
}

static void put_outputs(FILE *file, const struct hw_address *at, unsigned count, enum hw_backend_kind kind)
{
    for (unsigned i = 0; i < count; i++) {
        if (at[i].kind == kind)
            put_output(file, &at[i]);
    }
}

static void put_line(FILE *file, const struct hw_motor_line *line)
{
    if (line->is_set && line->at.kind == HW_GPIO)
        fprintf(file, "gpio %s %u %s\n", line->active_low ? "low" : "high", line->at.line, line->at.chip);
}

// The line `direction` is left out: it turns nothing.
static void put_motors(FILE *file, const struct hw_motor_options *const *motors, size_t count)
{
    static const enum hw_backend_kind kinds[] = {HW_PWM_SYSFS, HW_PCA9685};
    for (size_t i = 0; i < count; i++)
        put_line(file, &motors[i]->enable);
    for (size_t i = 0; i < count; i++) {
        put_line(file, &motors[i]->in1);
        put_line(file, &motors[i]->in2);
    }
    for (size_t k = 0; k < ARRAY_LENGTH(kinds); k++) {
        for (size_t i = 0; i < count; i++) {
            put_outputs(file, motors[i]->forward, motors[i]->forward_count, kinds[k]);
            put_outputs(file, motors[i]->backward, motors[i]->backward_count, kinds[k]);
            put_outputs(file, motors[i]->pwm, motors[i]->pwm_count, kinds[k]);
        }
    }
}

// Whether another agent that runs has written the file. It holds a lock on it until it ends, however it ends.
static bool is_anothers(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
    if (fd >= 0)
        close(fd);
    return locked;
}

static struct flock whole_file(short type)
{
    return (struct flock){.l_type = type, .l_whence = SEEK_SET};
}

int motor_list_guard(const char *path)
{
    struct flock lock = whole_file(F_WRLCK);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0)
        return fd;
    int error = errno;
    close(fd);
    return -error;
}

static bool is_guarded(int fd)
{
    struct flock lock = whole_file(F_WRLCK);
    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

// The guardian of an agent that has just died has the outputs for some milliseconds more.
static void wait_for_guardian(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    for (int ms = 0; ms < MOTOR_LIST_WAIT_MS && is_guarded(fd); ms += PAUSE_MS)
        clock_pause_us(PAUSE_MS * 1000);
    close(fd);
}

static int held = -1; // what this process wrote last, locked for as long as it lives

static void let_go(void)
{
    if (held >= 0)
        close(held);
    held = -1;
}

static void hold(int fd)
{
    held = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (held >= 0)
        flock(held, LOCK_EX | LOCK_NB);
}

int motor_list_write(const char *path, const struct hw_motor_options *const *motors, size_t count)
{
    char folder[MOTOR_LIST_PATH_SIZE], next[MOTOR_LIST_PATH_SIZE + 8];
    let_go();
    if (is_anothers(path))
        return -EBUSY;
    wait_for_guardian(path);
    if (count == 0)
        return unlink(path) < 0 && errno != ENOENT ? -errno : 0;
    snprintf(folder, sizeof folder, "%s", path);
    if (mkdir(dirname(folder), 0755) < 0 && errno != EEXIST)
        return -errno;
    snprintf(next, sizeof next, "%s.next", path);
    FILE *file = fopen(next, "we");
    if (!file)
        return -errno;
    fputs(HEAD, file);
    put_motors(file, motors, count);
    hold(fileno(file));
    int error = ferror(file) ? EIO : 0;
    if (fclose(file) != 0 && !error)
        error = errno;
    if (!error && rename(next, path) < 0)
        error = errno;
    if (error)
        unlink(next);
    return -error;
}

char *motor_list_text(const struct hw_motor_options *const *motors, size_t count, size_t size)
{
    char *text = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&text, &len);
    if (!file)
        return NULL;
    fputs(HEAD, file);
    put_motors(file, motors, count);
    if (fclose(file) == 0 && len > strlen(HEAD) && len < size)
        return text;
    free(text);
    return NULL;
}

// Takes a word and the blank behind it. False where the text begins with something else.
static bool take_word(const char **text, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(*text, word, len) != 0 || (*text)[len] != ' ')
        return false;
    *text += len + 1;
    return true;
}

// Takes a number of digits, and the blank behind it where the text goes on.
static bool take_number(const char **text, int base, unsigned long max, unsigned *out)
{
    char *end;
    unsigned long number = strtoul(*text, &end, base);
    if (!isxdigit((unsigned char)**text) || end == *text || number > max || (*end && *end != ' '))
        return false;
    *out = (unsigned)number;
    *text = *end ? end + 1 : end;
    return true;
}

static bool take_chip(const char *text, size_t len, struct motor_list_entry *out)
{
    if (len == 0 || len > HW_CHIP_MAX || memchr(text, '/', len))
        return false;
    snprintf(out->at.chip, sizeof out->at.chip, "%.*s", (int)len, text);
    return true;
}

static bool parse_gpio(const char *text, struct motor_list_entry *out)
{
    out->at.kind = HW_GPIO;
    out->active_low = take_word(&text, "low");
    return (out->active_low || take_word(&text, "high")) && take_number(&text, 10, UINT_MAX, &out->at.line) &&
           take_chip(text, strlen(text), out);
}

static bool parse_pwm(const char *text, struct motor_list_entry *out)
{
    out->at.kind = HW_PWM_SYSFS;
    return take_number(&text, 10, UINT_MAX, &out->at.line) && take_chip(text, strlen(text), out);
}

static bool parse_pca9685(const char *text, struct motor_list_entry *out)
{
    size_t len = strcspn(text, " ");
    out->at.kind = HW_PCA9685;
    if (strncmp(text, "i2c-", 4) != 0 || !text[len] || !take_chip(text, len, out))
        return false;
    text += len + 1;
    return take_number(&text, 16, I2C_ADDRESS_MAX, &out->at.i2c_address) &&
           take_number(&text, 10, PCA9685_CHANNELS - 1, &out->at.line) && !*text;
}

static bool parse_output(const char *line, struct motor_list_entry *out)
{
    if (take_word(&line, "gpio"))
        return parse_gpio(line, out);
    if (take_word(&line, "pwm"))
        return parse_pwm(line, out);
    return take_word(&line, "pca9685") && parse_pca9685(line, out);
}

int motor_list_parse(const char *line, struct motor_list_entry *out)
{
    *out = (struct motor_list_entry){0};
    if (!*line || *line == '#')
        return 0;
    if (!parse_output(line, out))
        return -EINVAL;
    snprintf(out->at.text, sizeof out->at.text, "%.63s", line);
    return 1;
}
