// SPDX-License-Identifier: MIT
#include "nano-agent/check/check_jetson.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nano-agent/board/pad.h"

enum { PATH_SIZE = 512, LINE_SIZE = 1024, MEND_SIZE = 600 };

static bool is_jetpack_4(const struct check *check)
{
    return check->model && check_older_than(check->kernel, 5, 0);
}

const char *check_jetson_pwm_mend(const struct check *check)
{
    if (is_jetpack_4(check))
        return "sudo /opt/nvidia/jetson-io/config-by-function.py -o dtb pwm0 pwm2 (all in one call); then reboot";
    if (check->model && strncmp(check->model, "JETSON_ORIN", 11) == 0)
        return "sudo /opt/nvidia/jetson-io/config-by-function.py -o dt 1=\"pwm1 pwm5\" (pwm7 is pin 32); then reboot";
    return "sudo /opt/nvidia/jetson-io/jetson-io.py, Configure header pins manually; then reboot";
}

void check_jetson_pad(struct check *check, const char *name, const struct hw_address *at, bool output)
{
    static const char mend[] =
        "sudo /opt/nvidia/jetson-io/jetson-io.py, or an overlay (docs/hardware.md); then reboot";
    const struct board_pad *pad = board_pad(at->chip, at->line);
    uint32_t value;
    if (!pad || check_older_than(
                    check->kernel, 5, 15)) // 5.10 of JetPack 5 switches the pad when the line is asked for
        return;
    int rc = check->pad_read(pad->address, &value);
    if (rc == -EACCES || (rc == -EPERM && strcmp(check->user, "root") != 0))
        check_wrong(check, "sudo nano-agent check reads it from the pad",
            "%s: whether the pad %s is switched to GPIO can be seen by root alone, and since JetPack 6 the driver leaves "
            "that as it is",
            name, pad->name);
    else if (rc < 0)
        check_ok(check,
            "%s: whether the pad %s is switched to GPIO cannot be seen on this kernel (%s); if nothing happens at the pin: "
            "docs/hardware.md",
            name, pad->name, strerror(-rc));
    else if (!board_pad_is_gpio(value))
        check_wrong(check, mend,
            "%s: the pad %s is not switched to GPIO, and since JetPack 6 the driver leaves that as it is: nothing happens at "
            "the pin",
            name, pad->name);
    else if (output && !board_pad_drives(value))
        check_wrong(check, mend, "%s: the pad %s is switched to input alone: nothing happens at the pin",
            name, pad->name);
    else
        check_ok(check, "%s: the pad %s is switched to GPIO", name, pad->name);
}

// The first device tree of this sort of board that the system brought along, for the line that is to be written.
static void find_device_tree(const struct check *check, char out[PATH_SIZE])
{
    char pattern[PATH_SIZE];
    glob_t found;
    snprintf(out, PATH_SIZE, "/boot/dtb/FILE.dtb, with the file of this board");
    snprintf(pattern, sizeof pattern, "%s/boot/dtb/kernel_*.dtb", check->root);
    if (glob(pattern, 0, NULL, &found) != 0)
        return;
    snprintf(out, PATH_SIZE, "%s", found.gl_pathv[0] + strlen(check->root));
    globfree(&found);
}

static void check_extlinux(struct check *check)
{
    char path[PATH_SIZE], line[LINE_SIZE], device_tree[PATH_SIZE], mend[MEND_SIZE];
    snprintf(path, sizeof path, "%s/boot/extlinux/extlinux.conf", check->root);
    FILE *file = fopen(path, "re");
    bool has_fdt = false;
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        const char *word = line + strspn(line, " \t");
        has_fdt = has_fdt || (strncmp(word, "FDT", 3) == 0 && (word[3] == ' ' || word[3] == '\t'));
    }
    fclose(file);
    if (has_fdt)
        return;
    find_device_tree(check, device_tree);
    snprintf(mend, sizeof mend, "below its line LINUX write: FDT %s", device_tree);
    check_wrong(check, mend,
        "jetson-io: /boot/extlinux/extlinux.conf has no FDT line, without which it finds no device tree to change");
}

// Reads device and place of the next mount. False at the end.
static bool next_mount(FILE *file, char device[PATH_SIZE], char place[PATH_SIZE])
{
    char line[2 * LINE_SIZE];
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "%511s %511s", device, place) == 2)
            return true;
    return false;
}

static void check_mounts(struct check *check)
{
    char path[PATH_SIZE], device[PATH_SIZE], place[PATH_SIZE], of_root[PATH_SIZE] = "", mend[MEND_SIZE];
    snprintf(path, sizeof path, "%s/proc/mounts", check->root);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    while (next_mount(file, device, place))
        if (strcmp(place, "/") == 0 && device[0] == '/')
            memcpy(of_root, device, sizeof of_root);
    rewind(file);
    while (of_root[0] && next_mount(file, device, place)) {
        if (strcmp(device, of_root) != 0 || strcmp(place, "/") == 0)
            continue;
        snprintf(mend, sizeof mend, "sudo umount %s", place);
        check_wrong(check, mend,
            "jetson-io: %s, the root, is mounted at %s as well; it gives up where it finds that twice",
            device, place);
        break;
    }
    fclose(file);
}

void check_jetson_io(struct check *check)
{
    if (!check->wants_jetson_io || !is_jetpack_4(check))
        return;
    check_extlinux(check);
    check_mounts(check);
}
