// SPDX-License-Identifier: MIT
// A device's report: the JSON object on ROOT/status, written by agents and read by everyone else. Pure.
#ifndef COMMON_STATUS_H
#define COMMON_STATUS_H

#include "common/protocol/vocabulary.h"

// What a channel moves: a servo tilt, pan or steer, a motor drive.
enum servo_axis { AXIS_NONE, AXIS_TILT, AXIS_PAN, AXIS_STEER, AXIS_DRIVE };

// True for the axes that have a left and a right.
static inline bool status_axis_is_sideways(enum servo_axis axis)
{
    return axis == AXIS_PAN || axis == AXIS_STEER;
}

// One channel's report. Angles are tenths of a degree, pulses microseconds. Fields of other kinds stay zero.
// Zero the whole struct before filling it: the writer compares bytes to see what changed.
struct status_channel {
    struct channel_id id;
    enum servo_axis axis;
    bool deg_known, target_known;           // false: null on the wire
    int deg, target, min, max, step, speed; // of a motor: percent, and deg and step are not used
    int res_milli; // degrees of one hardware step, in thousandths; 0 = finer than that
    int us;        // the pulse really emitted; 0 while not driven
    bool moving, driven, assumed;
    bool on;         // switch, dimmer, input
    int percent;     // dimmer; motor: emitted now, negative = backward
    int run_ms;      // motor: so long one command runs it; 0 = not told
    int left_ms;     // motor: what is left of that; 0 while no command runs it
    bool unreadable; // it was there and could not be read: its kind is CHANNEL_OTHER and nothing else is set
    // Why its hardware could not be opened, in one sentence; "" = it is open. Of such a channel only id and axis are set
    // besides.
    char fault[PROTOCOL_FAULT_SIZE];
};

// The result of the latest command.
struct status_last {
    uint64_t n;                   // counts the commands of this run; 0 = none yet
    char id[PROTOCOL_ID_MAX + 1]; // "" = none
    char cmd[PROTOCOL_CMD_SIZE];
    enum protocol_result result;
    char result_name[16];        // as it was read, cleaned, for results not known here; agents leave it empty
    char why[PROTOCOL_WHY_SIZE]; // "" = none
    char from[PROTOCOL_NAME_MAX + 1];      // the input whose press or release ran it; "" = the wire
    char on[PROTOCOL_WORDS_TOPIC_MAX + 1]; // the topic with words of its own that it came on; "" = another
    bool again;
};

enum { // which figures of struct status_health are there
    HEALTH_UP = 1 << 0,
    HEALTH_CPU = 1 << 1,
    HEALTH_MEM = 1 << 2,
    HEALTH_LOAD = 1 << 3,
    HEALTH_CPU_C = 1 << 4,
    HEALTH_GPU_C = 1 << 5,
    HEALTH_GPU = 1 << 6,
    HEALTH_WATTS = 1 << 7,
};

struct status_health {
    unsigned has;
    int64_t up_s;      // seconds
    int cpu, mem, gpu; // thousandths of 1
    int load;          // hundredths
    int cpu_c, gpu_c;  // tenths of a degree Celsius
    int milliwatts;
    char noise
        [PROTOCOL_TOPIC_MAX]; // a topic on which somebody says stop again and again in no command; "" = none
};

enum { STATUS_FAULT_CHARS = 32, STATUS_FAULT_SIZE = 4 * STATUS_FAULT_CHARS + 1 };

struct status {
    char device[PROTOCOL_DEVICE_MAX + 1];
    bool online;
    char boot[PROTOCOL_BOOT_MAX + 1];
    // Of an offline status: "stopped" after a clean stop, "" from the will; with `fault`, what is wrong.
    char why[PROTOCOL_WHY_SIZE];
    char fault[STATUS_FAULT_SIZE]; // of an agent that runs and cannot work: "configuration"; "" = it is none
    uint64_t seq;
    int64_t t_ms; // the agent's CLOCK_BOOTTIME
    int report_ms;
    uint64_t
        stops; // counts the stops of this run that motion was refused after; `stops` of a command must be the same
    size_t count;
    struct status_channel channels[PROTOCOL_CHANNELS_MAX];
    size_t pose_count;
    char poses[PROTOCOL_POSES_MAX][PROTOCOL_NAME_MAX + 1];
    size_t deaf_count; // topics with words that the broker does not let the agent hear
    char deaf[PROTOCOL_WORDS_MAX][PROTOCOL_WORDS_TOPIC_MAX + 1];
    struct status_last last;
    struct status_health health;
};

// Reads a status. Every string in *out is cleaned and safe to show; integers and reals are taken alike; an online status
// without `report` has 1000 ms. Passed over are unknown keys, channels of unknown kind, channels beyond
// PROTOCOL_CHANNELS_MAX, channels and poses whose name no command can address, and figures of health that cannot be read. A channel
// that cannot be read costs that channel alone: it is marked unreadable, and why says what is wrong with the first.
// Returns 0, or a negative errno with a sentence in why (*out is zero then): -EINVAL not a status, -EPROTONOSUPPORT for a
// `v` above ours, -EMSGSIZE over PROTOCOL_STATUS_MAX.
int status_parse(const void *payload, size_t len, struct status *out, char why[PROTOCOL_WHY_SIZE]);

// A writer keeps the encoded text of the parts that did not change since the last status it wrote.
struct status_writer;
struct status_writer *status_writer_new(void); // NULL without memory
void status_writer_free(struct status_writer *writer);

// Writes a status to out as one line of JSON without a line end, terminated. Cleans the texts of `last`.
// Returns its length, or -EMSGSIZE. A status of 64 channels and 16 poses always fits; `deaf` is left out where there is no
// room for it.
int status_write(struct status_writer *writer, const struct status *status, char out[PROTOCOL_STATUS_MAX]);

// Writes the offline status of a will (why "") or a clean stop (why "stopped"). Returns its length.
int status_write_offline(
    char out[PROTOCOL_STATUS_MAX], const char *device, const char *boot, const char *why);

// Writes the offline status of an agent that runs and cannot work: device, boot, fault and why of status, and `last` where
// there is one. Returns its length, or -EMSGSIZE.
int status_write_fault(char out[PROTOCOL_STATUS_MAX], const struct status *status);

// Writes the answer to a response topic: version, device and last. Returns its length, or -EMSGSIZE.
int status_write_reply(char out[PROTOCOL_REPLY_MAX], const char *device, const struct status_last *last);

#endif
