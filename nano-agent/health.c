// SPDX-License-Identifier: MIT
#include "nano-agent/health.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Reads the beginning of a file, without stdio: this runs at each heartbeat.
static bool read_text(const char *path, char *out, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t len = read(fd, out, size - 1);
    close(fd);
    if (len <= 0)
        return false;
    out[len] = '\0';
    return true;
}

static bool read_number(const char *path, long *out)
{
    char text[64], *end;
    if (!*path || !read_text(path, text, sizeof text))
        return false;
    errno = 0;
    *out = strtol(text, &end, 10);
    return !errno && end != text;
}

__attribute__((format(printf, 2, 3))) static void join(char out[HEALTH_PATH_SIZE], const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    int len = vsnprintf(out, HEALTH_PATH_SIZE, format, ap);
    va_end(ap);
    if (len < 0 || len >= HEALTH_PATH_SIZE)
        out[0] = '\0';
}

// Calls each for the entries of a folder that begin with prefix, until it returns true.
static void each_entry(const char *folder, const char *prefix,
    bool (*each)(struct health *, const char *path), struct health *health)
{
    DIR *dir = opendir(folder);
    if (!dir)
        return;
    struct dirent *entry;
    bool done = false;
    while (!done && (entry = readdir(dir))) {
        char path[HEALTH_PATH_SIZE];
        if (entry->d_name[0] == '.' || strncmp(entry->d_name, prefix, strlen(prefix)) != 0)
            continue;
        join(path, "%s/%s", folder, entry->d_name);
        done = each(health, path);
    }
    closedir(dir);
}

// Zones by type, because their numbers differ by board. The PMIC's reads 100 degrees always (Nano), and a
// zone that is switched off reads below zero.
static bool try_zone(struct health *health, const char *path)
{
    char file[HEALTH_PATH_SIZE], type[64];
    join(file, "%s/type", path);
    if (!read_text(file, type, sizeof type))
        return false;
    if (!strncasecmp(type, "cpu", 3) || !strncmp(type, "x86_pkg_temp", 12))
        join(health->cpu_zone, "%s/temp", path);
    else if (!strncasecmp(type, "gpu", 3))
        join(health->gpu_zone, "%s/temp", path);
    return false;
}

static bool try_gpu(struct health *health, const char *path)
{
    char file[HEALTH_PATH_SIZE];
    join(file, "%s/device/load", path);
    if (access(file, R_OK) < 0)
        return false;
    join(health->gpu_load, "%s", file);
    return true;
}

// The rail that feeds the board is called POM_5V_IN, VDD_IN or alike.
static bool is_input_rail(const char *label)
{
    size_t len = strcspn(label, "\n");
    return len >= 3 && !strncmp(label + len - 3, "_IN", 3);
}

static bool try_hwmon(struct health *health, const char *path)
{
    char file[HEALTH_PATH_SIZE], text[64];
    join(file, "%s/name", path);
    if (!read_text(file, text, sizeof text) || strncmp(text, "ina3221", 7) != 0)
        return false;
    for (int i = 1; i <= 3; i++) {
        join(file, "%s/in%d_label", path, i);
        if (!read_text(file, text, sizeof text) || !is_input_rail(text))
            continue;
        join(health->millivolts, "%s/in%d_input", path, i);
        join(health->milliamperes, "%s/curr%d_input", path, i);
        return true;
    }
    return false;
}

static bool try_iio(struct health *health, const char *path)
{
    char file[HEALTH_PATH_SIZE], text[64];
    for (int i = 0; i < 3; i++) {
        join(file, "%s/rail_name_%d", path, i);
        if (!read_text(file, text, sizeof text) || !is_input_rail(text))
            continue;
        join(health->milliwatts, "%s/in_power%d_input", path, i);
        return true;
    }
    return false;
}

void health_init(struct health *health, const char *root)
{
    char folder[HEALTH_PATH_SIZE];
    *health = (struct health){0};
    snprintf(health->root, sizeof health->root, "%s", root);
    join(folder, "%s/sys/class/thermal", root);
    each_entry(folder, "thermal_zone", try_zone, health);
    join(health->gpu_load, "%s/sys/devices/57000000.gpu/load", root);
    if (access(health->gpu_load, R_OK) < 0) {
        health->gpu_load[0] = '\0';
        join(folder, "%s/sys/class/devfreq", root);
        each_entry(folder, "", try_gpu, health);
    }
    join(folder, "%s/sys/class/hwmon", root);
    each_entry(folder, "hwmon", try_hwmon, health);
    join(folder, "%s/sys/bus/iio/devices", root);
    each_entry(folder, "iio:device", try_iio, health);
}

static void read_cpu(struct health *health, struct status_health *out)
{
    char path[HEALTH_PATH_SIZE], text[256];
    join(path, "%s/proc/stat", health->root);
    if (!read_text(path, text, sizeof text) || strncmp(text, "cpu ", 4) != 0)
        return;
    long long all = 0, idle = 0;
    char *at = text + 4;
    // user nice system idle iowait irq softirq steal; guests are counted in user already (proc(5))
    for (int i = 0; i < 8; i++) {
        char *end;
        long long n = strtoll(at, &end, 10);
        if (end == at)
            break;
        all += n;
        idle += i == 3 || i == 4 ? n : 0;
        at = end;
    }
    long long busy = all - idle;
    long long span = all - health->cpu_all;
    if (health->cpu_all && span > 0) {
        long long share = (busy - health->cpu_busy) * 1000 / span;
        out->cpu = (int)(share < 0 ? 0 : share > 1000 ? 1000 : share);
        out->has |= HEALTH_CPU;
    }
    health->cpu_busy = busy;
    health->cpu_all = all;
}

static long field_kb(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at ? strtol(at + strlen(name), NULL, 10) : 0;
}

static void read_memory(struct health *health, struct status_health *out)
{
    char path[HEALTH_PATH_SIZE], text[512];
    join(path, "%s/proc/meminfo", health->root);
    if (!read_text(path, text, sizeof text))
        return;
    long total = field_kb(text, "MemTotal:"), available = field_kb(text, "MemAvailable:");
    if (total <= 0 || available < 0 || available > total)
        return;
    out->mem = (int)((long long)(total - available) * 1000 / total);
    out->has |= HEALTH_MEM;
}

// "0.42 …" as hundredths.
static bool read_hundredths(const char *path, long *out)
{
    char text[64], *end;
    if (!read_text(path, text, sizeof text))
        return false;
    long whole = strtol(text, &end, 10);
    if (end == text)
        return false;
    *out = whole * 100;
    if (*end == '.' && end[1] >= '0' && end[1] <= '9') {
        *out += (end[1] - '0') * 10L;
        if (end[2] >= '0' && end[2] <= '9')
            *out += end[2] - '0';
    }
    return true;
}

static void read_temperature(const char *path, unsigned flag, int *tenths, struct status_health *out)
{
    long milli;
    if (!read_number(path, &milli) || milli < 0 || milli > 200000)
        return;
    *tenths = (int)(milli / 100);
    out->has |= flag;
}

static void read_power(struct health *health, struct status_health *out)
{
    long mw, mv, ma;
    if (read_number(health->milliwatts, &mw))
        out->milliwatts = (int)mw;
    else if (read_number(health->millivolts, &mv) && read_number(health->milliamperes, &ma))
        out->milliwatts = (int)((long long)mv * ma / 1000);
    else
        return;
    out->has |= HEALTH_WATTS;
}

void health_read(struct health *health, struct status_health *out)
{
    char path[HEALTH_PATH_SIZE];
    long n;
    *out = (struct status_health){0};
    join(path, "%s/proc/uptime", health->root);
    if (read_number(path, &n)) {
        out->up_s = n;
        out->has |= HEALTH_UP;
    }
    read_cpu(health, out);
    read_memory(health, out);
    join(path, "%s/proc/loadavg", health->root);
    if (read_hundredths(path, &n)) {
        out->load = (int)n;
        out->has |= HEALTH_LOAD;
    }
    read_temperature(health->cpu_zone, HEALTH_CPU_C, &out->cpu_c, out);
    read_temperature(health->gpu_zone, HEALTH_GPU_C, &out->gpu_c, out);
    if (read_number(health->gpu_load, &n) && n >= 0 && n <= 1000) {
        out->gpu = (int)n;
        out->has |= HEALTH_GPU;
    }
    read_power(health, out);
}
