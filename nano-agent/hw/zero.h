// SPDX-License-Identifier: MIT
// `nano-agent zero`, and the guardian's work: makes the motors of an agent that is gone stand still.
#ifndef NANO_AGENT_HW_ZERO_H
#define NANO_AGENT_HW_ZERO_H

#include <stdbool.h>

// Switches off what the file of motor_list.h names, in its order, and nothing else: a GPIO line, whose level ends with the
// process and is held until all the rest is off; the pulse of a PWM output; the one register of a PCA9685's channel that
// is enough. Each output is tried, whatever became of those before it. Prints one line to stderr for each that failed.
// Returns the exit status: 0, also where there is no file; 1 where an output could not be switched off.
int zero_run(const char *path);

// The same for a guardian, whose agent has just ended: text is what was in the file. An output that another agent has taken
// over meanwhile is left alone, and locked against one that would do so while it is being switched off. What fails is tried
// again for ZERO_GUARD_MS. path is locked for as long as that takes (motor_list_guard). silent as of guardian_work.
enum { ZERO_GUARD_MS = 1000 };
void zero_guard(const char *path, char *text, bool silent);

#endif
