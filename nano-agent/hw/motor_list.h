// SPDX-License-Identifier: MIT
// The outputs of all motors of a running agent, in a file that is still there when the agent has crashed. Whoever makes
// the motors stand still then (`nano-agent zero`) needs no configuration, which may have been edited since. The guardian of the
// agent has the same as text in its memory.
//
// A line is one output: `gpio high|low LINE CHIP` (the level at which a line of a motor's driver is on), `pwm CHANNEL
// CHIP`, `pca9685 BUS ADDRESS CHANNEL`. A line that begins with # says nothing. Lines come before PWM outputs, and those
// before PCA9685s, whose bus may hang.
#ifndef NANO_AGENT_HW_MOTOR_LIST_H
#define NANO_AGENT_HW_MOTOR_LIST_H

#include "nano-agent/hw/motor.h"

#define MOTOR_LIST_DEFAULT_PATH "/run/nano-agent/motors"

enum { MOTOR_LIST_PATH_SIZE = 256, MOTOR_LIST_MAX = 256 }; // outputs

// Where the file is: in $RUNTIME_DIRECTORY, which systemd sets since 240 (the first of several), else
// MOTOR_LIST_DEFAULT_PATH.
void motor_list_path(char out[MOTOR_LIST_PATH_SIZE]);

// Writes the outputs of these motors in place of what the file says, or removes it where there are none. The folder is
// made where it is missing. 0, or a negative errno: -EBUSY where the file is that of another agent, which runs.
int motor_list_write(const char *path, const struct hw_motor_options *const *motors, size_t count);

// The same as text of at most `size` bytes, which is to be freed. NULL where there is no output, no room or no memory.
char *motor_list_text(const struct hw_motor_options *const *motors, size_t count, size_t size);

// Locks the file while the outputs of an agent that is gone are being switched off: motor_list_write waits for that,
// MOTOR_LIST_WAIT_MS at most. Returns what is to be closed then, or a negative errno.
enum { MOTOR_LIST_WAIT_MS = 1200 };
int motor_list_guard(const char *path);

struct motor_list_entry {
    struct hw_address at;
    bool active_low; // GPIO
};

// Reads one line of the file. 1 = an output, 0 = nothing, -EINVAL = no such line.
int motor_list_parse(const char *line, struct motor_list_entry *out);

#endif
