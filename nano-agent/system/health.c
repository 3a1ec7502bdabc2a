// SPDX-License-Identifier: MIT
#include "nano-agent/system/health.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nano-agent/system/sysfs.h"

enum { LOOK_EVERY = 64, LOOKS = 10 }; // in readings

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
// zone that is switched off reads below zero, or not at all. CPU-therm (JetPack 4 and 5), BCPU-therm (TX2),
// cpu-thermal (JetPack 6); likewise for the GPU.
static bool try_zone(struct health *health, const char *path)
{
    char file[HEALTH_PATH_SIZE], type[64];
    join(file, "%s/type", path);
    if (!sysfs_read_text(file, type, sizeof type))
        return false;
    if (!strncasecmp(type, "cpu", 3) || !strncasecmp(type, "bcpu", 4) || !strncmp(type, "x86_pkg_temp", 12))
        join(health->cpu_zone, "%s/temp", path);
    else if (!strncasecmp(type, "gpu", 3))
        join(health->gpu_zone, "%s/temp", path);
    return false;
}

// devfreq has other engines too (vic, nvenc). 57000000.gpu, 17000000.gp10b, .gv11b, .ga10b, .gpu, and gpu-gpc-0
static bool try_gpu(struct health *health, const char *path)
{
    static const char *const names[] = {"gpu", "gp10b", "gv11b", "ga10b"};
    char file[HEALTH_PATH_SIZE];
    const char *name = strrchr(path, '.'), *whole = strrchr(path, '/');
    bool is_gpu = whole && !strcmp(whole + 1, "gpu-gpc-0"); // a Thor's
    for (size_t i = 0; i < sizeof names / sizeof *names && name; i++)
        is_gpu = is_gpu || !strcmp(name + 1, names[i]);
    if (!is_gpu)
        return false;
    join(file, "%s/device/load", path);
    if (access(file, R_OK) < 0)
        return false;
    join(health->gpu_load, "%s", file);
    return true;
}

// The rail that feeds the board, as the device trees of the developer kits name it. Others end in _IN too:
// VDD_M2_IN of a TX1 is only its SSD.
static bool is_input_rail(const char *label)
{
    static const char *const names[] = {"POM_5V_IN", "VDD_IN", "5V_IN"};
    size_t len = strcspn(label, "\n");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (len == strlen(names[i]) && !strncmp(label, names[i], len))
            return true;
    return false;
}

// Whether a rail counts. An AGX measures none that feeds the board, but what hangs on it; inputs that are not connected are
// named NC, and INA3221's own sum is that of shunt voltages.
static bool is_rail(const struct health *health, const char *label)
{
    if (!health->all_rails)
        return is_input_rail(label);
    return label[0] != '\n' && strncmp(label, "NC", 2) != 0 && strncmp(label, "sum", 3) != 0;
}

static struct health_rail *add_rail(struct health *health)
{
    return health->rail_count < HEALTH_RAILS_MAX ? &health->rails[health->rail_count++] : NULL;
}

static bool try_hwmon(struct health *health, const char *path)
{
    char file[HEALTH_PATH_SIZE], text[64];
    struct health_rail *rail;
    join(file, "%s/name", path);
    if (!sysfs_read_text(file, text, sizeof text) || strncmp(text, "ina3221", 7) != 0)
        return false;
    for (int i = 1; i <= 3; i++) {
        join(file, "%s/in%d_label", path, i);
        if (!sysfs_read_text(file, text, sizeof text) || !is_rail(health, text) || !(rail = add_rail(health)))
            continue;
        join(rail->millivolts, "%s/in%d_input", path, i);
        join(rail->milliamperes, "%s/curr%d_input", path, i);
        if (!health->all_rails)
            return true;
    }
    return false;
}

static bool try_iio(struct health *health, const char *path)
{
    char file[HEALTH_PATH_SIZE], text[64];
    struct health_rail *rail;
    for (int i = 0; i < 3; i++) {
        join(file, "%s/rail_name_%d", path, i);
        if (!sysfs_read_text(file, text, sizeof text) || !is_rail(health, text) || !(rail = add_rail(health)))
            continue;
        join(rail->milliwatts, "%s/in_power%d_input", path, i);
        if (!health->all_rails)
            return true;
    }
    return false;
}

static void look_for_rails(struct health *health)
{
    char hwmon[HEALTH_PATH_SIZE], iio[HEALTH_PATH_SIZE];
    join(hwmon, "%s/sys/class/hwmon", health->root);
    join(iio, "%s/sys/bus/iio/devices", health->root);
    for (int round = 0; round < 2 && health->rail_count == 0; round++) {
        health->all_rails = round == 1;
        each_entry(hwmon, "hwmon", try_hwmon, health);
        if (health->rail_count == 0)
            each_entry(iio, "iio:device", try_iio, health);
    }
}

static void look_for_gpu_load(struct health *health)
{
    // The Nano's own; a link to whatever the GPU is called, JetPack 4; the same, JetPack 5; JetPack 6.
    static const char *const files[] = {
        "57000000.gpu/load", "gpu.0/load", "platform/gpu.0/load", "platform/bus@0/17000000.gpu/load"};
    char path[HEALTH_PATH_SIZE];
    for (size_t i = 0; i < sizeof files / sizeof *files && !health->gpu_load[0]; i++) {
        join(path, "%s/sys/devices/%s", health->root, files[i]);
        if (access(path, R_OK) == 0)
            join(health->gpu_load, "%s", path);
    }
    join(path, "%s/sys/class/devfreq", health->root);
    if (!health->gpu_load[0])
        each_entry(path, "", try_gpu, health);
}

static void look(struct health *health)
{
    char folder[HEALTH_PATH_SIZE];
    join(folder, "%s/sys/class/thermal", health->root);
    if (!health->cpu_zone[0] || !health->gpu_zone[0])
        each_entry(folder, "thermal_zone", try_zone, health);
    if (!health->gpu_load[0])
        look_for_gpu_load(health);
    if (health->rail_count == 0)
        look_for_rails(health);
}

void health_init(struct health *health, const char *root)
{
    *health = (struct health){0};
    snprintf(health->root, sizeof health->root, "%s", root);
    look(health);
}

static void read_cpu(struct health *health, struct status_health *out)
{
    char path[HEALTH_PATH_SIZE], text[256];
    join(path, "%s/proc/stat", health->root);
    if (!sysfs_read_text(path, text, sizeof text) || strncmp(text, "cpu ", 4) != 0)
        return;
    int64_t all = 0, idle = 0;
    const char *at = text + 4;
    // user nice system idle iowait irq softirq steal; guests are counted in user already (proc(5))
    for (int i = 0; i < 8; i++) {
        const char *end;
        int64_t n;
        if (!sysfs_parse_number(at, &n, &end) || n < 0)
            break;
        all += n;
        idle += i == 3 || i == 4 ? n : 0;
        at = end;
    }
    int64_t busy = all - idle;
    int64_t span = all - health->cpu_all;
    if (health->cpu_all && span > 0) {
        int64_t share = (busy - health->cpu_busy) * 1000 / span;
        out->cpu = (int)(share < 0 ? 0 : share > 1000 ? 1000 : share);
        out->has |= HEALTH_CPU;
    }
    health->cpu_busy = busy;
    health->cpu_all = all;
}

static int64_t field_kb(const char *text, const char *name)
{
    const char *at = strstr(text, name), *end;
    int64_t n;
    return at && sysfs_parse_number(at + strlen(name), &n, &end) ? n : -1;
}

static void read_memory(struct health *health, struct status_health *out)
{
    char path[HEALTH_PATH_SIZE], text[512];
    join(path, "%s/proc/meminfo", health->root);
    if (!sysfs_read_text(path, text, sizeof text))
        return;
    int64_t total = field_kb(text, "MemTotal:"), available = field_kb(text, "MemAvailable:");
    if (total <= 0 || available < 0 || available > total)
        return;
    out->mem = (int)((total - available) * 1000 / total);
    out->has |= HEALTH_MEM;
}

// "0.42 …" as hundredths.
static bool read_hundredths(const char *path, int *out)
{
    char text[64];
    const char *end;
    int64_t whole;
    if (!sysfs_read_text(path, text, sizeof text) || !sysfs_parse_number(text, &whole, &end) || whole < 0 ||
        whole > 1000000)
        return false;
    *out = (int)whole * 100;
    if (*end == '.' && end[1] >= '0' && end[1] <= '9') {
        *out += (end[1] - '0') * 10;
        if (end[2] >= '0' && end[2] <= '9')
            *out += end[2] - '0';
    }
    return true;
}

static void read_temperature(const char *path, unsigned flag, int *tenths, struct status_health *out)
{
    int64_t milli;
    if (!sysfs_read_number(path, &milli) || milli < 0 || milli > 200000)
        return;
    *tenths = (int)(milli / 100);
    out->has |= flag;
}

static bool read_rail(const struct health_rail *rail, int64_t *mw)
{
    static const int64_t max = 1000000; // a kilowatt, or a kilovolt, or a kiloampere
    int64_t mv, ma;
    if (!sysfs_read_number(rail->milliwatts, mw)) {
        if (!sysfs_read_number(rail->millivolts, &mv) || !sysfs_read_number(rail->milliamperes, &ma) ||
            mv < 0 || mv > max || ma < 0 || ma > max)
            return false;
        *mw = mv * ma / 1000;
    }
    return *mw >= 0 && *mw <= max;
}

// A sum without one of its parts would look like a board that needs less.
static void read_power(struct health *health, struct status_health *out)
{
    int64_t sum = 0, mw;
    for (size_t i = 0; i < health->rail_count; i++) {
        if (!read_rail(&health->rails[i], &mw))
            return;
        sum += mw;
    }
    if (health->rail_count == 0)
        return;
    out->milliwatts = (int)sum;
    out->has |= HEALTH_WATTS;
}

void health_read(struct health *health, struct status_health *out)
{
    char path[HEALTH_PATH_SIZE];
    int64_t n;
    *out = (struct status_health){0};
    if (++health->reads % LOOK_EVERY == 0 && health->reads <= LOOK_EVERY * LOOKS)
        look(health);
    join(path, "%s/proc/uptime", health->root);
    if (sysfs_read_number(path, &n) && n >= 0) {
        out->up_s = n;
        out->has |= HEALTH_UP;
    }
    read_cpu(health, out);
    read_memory(health, out);
    join(path, "%s/proc/loadavg", health->root);
    if (read_hundredths(path, &out->load))
        out->has |= HEALTH_LOAD;
    read_temperature(health->cpu_zone, HEALTH_CPU_C, &out->cpu_c, out);
    read_temperature(health->gpu_zone, HEALTH_GPU_C, &out->gpu_c, out);
    if (sysfs_read_number(health->gpu_load, &n) && n >= 0 && n <= 1000) {
        out->gpu = (int)n;
        out->has |= HEALTH_GPU;
    }
    read_power(health, out);
}
