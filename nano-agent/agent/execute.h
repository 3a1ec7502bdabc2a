// SPDX-License-Identifier: MIT
// What the verb of a command does to the channels. Pure.
#ifndef NANO_AGENT_EXECUTE_H
#define NANO_AGENT_EXECUTE_H

#include "nano-agent/agent/channel.h"
#include "nano-agent/agent/pose.h"

// Carries out a command that vocabulary_match understood. A motion within PROTOCOL_STOP_HOLD_MS after a stop is
// RESULT_REFUSED. late says that the command's deadline has passed or that it was meant for another run; only `off` may be
// given so, and then it moves nothing. why says more than the result does, or is "".
enum protocol_result execute(struct channel *channels, size_t count, const struct vocabulary_match *match,
    bool late, int64_t now_us, char why[PROTOCOL_WHY_SIZE]);

// Sets the channels of a pose, in its order. While motion of one of them is refused nothing of it happens (RESULT_REFUSED). Else
// every channel is tried, what was done stays done, and why tells the worst of the results with the name of its channel.
enum protocol_result execute_pose(
    struct channel *channels, const struct pose *pose, int64_t now_us, char why[PROTOCOL_WHY_SIZE]);

// Does for every channel what its `lost` says. rcs[i] gets 0 or the negative errno of that channel's hardware; done gets a
// few words for the log ("tilt off, pan to its centre"), "" where nothing had to be done.
void execute_lost(
    struct channel *channels, size_t count, int64_t now_us, int rcs[], char *done, size_t done_size);

// Stops everything that can be stopped: the enable inputs of all motors first, then the motors, then the others. refuses:
// motion is refused for PROTOCOL_STOP_HOLD_MS afterwards. RESULT_OK, or RESULT_FAULT with the first channel whose hardware
// refused in why; the others are stopped all the same.
enum protocol_result execute_stop(
    struct channel *channels, size_t count, bool refuses, int64_t now_us, char why[PROTOCOL_WHY_SIZE]);

// Brings to rest what nobody may leave alone while there is no link: all motors. As execute_stop, and refuses nothing.
enum protocol_result execute_halt(
    struct channel *channels, size_t count, int64_t now_us, char why[PROTOCOL_WHY_SIZE]);

#endif
