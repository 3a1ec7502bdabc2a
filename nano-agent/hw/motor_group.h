// SPDX-License-Identifier: MIT
// The PWM outputs of one motor on one I2C bus. They are written in the thread of the bus; whoever asks goes on at once.
#ifndef NANO_AGENT_HW_MOTOR_GROUP_H
#define NANO_AGENT_HW_MOTOR_GROUP_H

#include "nano-agent/hw/backend.h"

// When an output of a motor is on.
enum motor_side { MOTOR_SIDE_FORWARD, MOTOR_SIDE_BACKWARD, MOTOR_SIDE_ANY };
bool motor_side_is_on(enum motor_side side, enum hw_motor_turn turn);

struct motor_group;

// event_fd is an eventfd that is written whenever the result of a request is there. NULL = out of memory, or no thread.
struct motor_group *motor_group_new(const char *bus, int event_fd);

// Opens one more output, and switches it off. All outputs are added before the first request. *period_ns gets the period
// that it really has. 0, or a negative errno with a sentence in why.
int motor_group_add(struct motor_group *group, const struct hw_address *at, enum motor_side side,
    int64_t *period_ns, char why[HW_WHY_SIZE]);

bool motor_group_is_on(const struct motor_group *group, const char *bus);

// Asks for a turn, which takes the place of one that has not begun. HW_MOTOR_COAST is not replaced by what comes after
// it, and goes before everything else on the bus.
void motor_group_ask(struct motor_group *group, enum hw_motor_turn turn, int permille);

// Asks whether the chips still do what they were told, as `check` of struct hw_motor_ops. It waits behind what others want of the
// bus, and is dropped where another request waits already or comes before it has begun.
void motor_group_check(struct motor_group *group);

// What became of the newest request, as `result` of struct hw_motor_ops. -ESTALE: a chip had been reset; its channels are
// off, and it is set up again.
int motor_group_result(struct motor_group *group, int64_t *done_us);

// Waits at most so long for what was asked, then closes the outputs. Where the bus hangs, they stay open and the memory is
// left to the thread.
void motor_group_free(struct motor_group *group, int wait_ms);

#endif
