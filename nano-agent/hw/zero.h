// SPDX-License-Identifier: MIT
// `nano-agent zero`: makes the motors of an agent that is gone stand still.
#ifndef NANO_AGENT_HW_ZERO_H
#define NANO_AGENT_HW_ZERO_H

// Switches off what the file of motor_list.h names, in its order, and nothing else: a GPIO line, whose level ends with the
// process and is held until all the rest is off; the pulse of a PWM output; the one register of a PCA9685's channel that
// is enough. Each output is tried, whatever became of those before it. Prints one line to stderr for each that failed.
// Returns the exit status: 0, also where there is no file; 1 where an output could not be switched off.
int zero_run(const char *path);

#endif
