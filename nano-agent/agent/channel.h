// SPDX-License-Identifier: MIT
// One configured channel and its hardware. What a kind of channel can be made to do stands in one file
// (channel_NAME.c) and one row (struct channel_ops) of the table in channel.c; everybody else asks the functions below
// and names no kind. Pure: hardware is behind hw.h, now_us (CLOCK_MONOTONIC microseconds) is a parameter. Functions that
// touch the hardware return 0, or the negative errno of the hardware, which then still does what it did before.
#ifndef NANO_AGENT_CHANNEL_H
#define NANO_AGENT_CHANNEL_H

#include "common/protocol/status.h"
#include "nano-agent/agent/debounce.h"
#include "nano-agent/agent/motion.h"
#include "nano-agent/agent/motor.h"
#include "nano-agent/agent/positions.h"
#include "nano-agent/agent/pwm_output.h"

// What becomes of an output where nobody commands it: at the start, on `off`, when the broker is lost and at the end.
enum policy {
    POLICY_HOLD,   // as it is; a servo stops where it is
    POLICY_OFF,    // not driven, not powered
    POLICY_ON,     // switch, dimmer
    POLICY_CENTER, // servo: to 0 degrees, or the limit nearest to it
    POLICY_LAST,   // at the start alone: where the servo stood when the agent ended
};

struct agent_channel_config {
    struct channel_id id;
    struct motion_config motion; // servo; a dimmer uses period_ns alone
    uint32_t
        fingerprint; // servo: positions_fingerprint; a position that was kept of another servo is not taken
    enum servo_axis axis;
    int step;        // tenths of a degree, 1 to 900
    int idle_off_ms; // 0 = never
    enum policy start, safe, lost, exit;
    struct motor_config motor;
    int run_ms;                      // motor: so long one command runs it, 100 to PROTOCOL_RUN_MAX_MS
    char press[PROTOCOL_CMD_SIZE];   // input: the command run on the edge to on (one that parses), "" = none
    char release[PROTOCOL_CMD_SIZE]; // input: the same on the edge to off
    int debounce_ms;                 // input
    char fault[PROTOCOL_FAULT_SIZE]; // why its hardware could not be opened, in one sentence; "" = it is open
};

// What the hardware of a channel is.
enum channel_port { PORT_PWM, PORT_SWITCH, PORT_INPUT, PORT_MOTOR };

// The opened hardware of a channel; its port says which member is set. Owned by whoever opened it. A switch was opened
// at the level that its `start` says. The period and the steps of a servo are those of its PWM: channel_init puts them
// in the place of motion.period_ns and motion.steps.
union agent_output {
    struct hw_pwm *pwm;
    struct hw_switch *sw;
    struct hw_input *input;
    struct hw_motor *motor;
};

struct channel_ops;

struct channel {
    struct agent_channel_config config;
    union agent_output out;
    const struct channel_ops *ops;
    int64_t stopped_us; // when a stop was obeyed last that refuses motion for a while

    struct pwm_output pwm; // servo, dimmer

    struct motion motion; // servo
    int64_t idle_us;      // servo: when idle_off is due; INT64_MAX = not
    bool
        held; // a stop was obeyed, and no command has moved it or turned it on since: servo, switch and dimmer

    bool on;          // switch, dimmer, input
    int percent;      // dimmer: emitted now
    int last_percent; // dimmer: what NAME_on brings back; 0 = none yet
    int64_t
        retry_us; // switch: it refused to be switched off, and is asked again then; INT64_MAX = it did not

    struct motor motor;
    bool brief;        // motor: the next command runs it PROTOCOL_RUN_PLAIN_MS at most
    int64_t report_us; // motor: when the next report is made, for what is left of the run

    struct debounce debounce; // input
};

// A row of the table. A function that is NULL has nothing to do for the kind.
struct channel_ops {
    enum channel_port port;
    bool keeps_position;  // motion says where it is, and that outlasts a run
    bool stops_by_choice; // `stop` means only those with stop = off
    bool is_first;        // it begins before the others and is stopped before them: it drives the whole car
    // Takes over what the hardware is doing, then does what `start` says. kept is where an earlier run left the servo,
    // NULL where that is not known. config, out and ops of *c are set already; everything else is zero or not due.
    int (*init)(struct channel *c, const struct position *kept, int64_t now_us);
    // Carries out a word of the kind. limit is "" and gets one sentence where a limit cut the command short ("already at
    // 45.0°").
    int (*execute)(struct channel *c, const struct vocabulary_match *match, int64_t now_us,
        char limit[PROTOCOL_WHY_SIZE]);
    // Does what a policy says. POLICY_CENTER moves only what is driven: it powers nothing.
    int (*apply)(struct channel *c, enum policy policy, int64_t now_us);
    // Holds what moves, now, and powers nothing.
    int (*stop)(struct channel *c, int64_t now_us);
    // Takes the power away in the fastest way there is; `stop` or `apply` follows.
    void (*cut)(struct channel *c);
    // Takes note that the output is off though nobody switched it off: its hardware was reset.
    void (*unpowered)(struct channel *c);
    // Does what is due. *changed is set where the report did; else it stays as it is.
    int (*tick)(struct channel *c, int64_t now_us, bool *changed);
    int64_t (*next_us)(const struct channel *c);
    // What the channel suffers from while its hardware is open: a negative errno, or 0. The report then tells that alone.
    int (*fault)(const struct channel *c);
    // Whether its hardware was reset since this was asked last, and ended what a controller may believe to go on.
    bool (*interrupted)(struct channel *c);
    // Fills what the kind reports; id is there already and all else is zero.
    void (*report)(const struct channel *c, struct status_channel *out);
};

extern const struct channel_ops channel_servo, channel_switch, channel_dimmer, channel_input, channel_motor;

// What the rows say of a kind; not for CHANNEL_OTHER.
enum channel_port channel_port(enum channel_kind kind);
bool channel_keeps_position(enum channel_kind kind);
bool channel_is_first(enum channel_kind kind);

// Where config->fault says why there is no hardware, the channel is absent: out is not used, nothing is due, and what
// would touch the hardware returns -ENODEV.
int channel_init(struct channel *c, const struct agent_channel_config *config, union agent_output out,
    const struct position *kept, int64_t now_us);
bool channel_is_absent(const struct channel *c);
// An absent channel is absent for this reason now. True where it is another than before.
bool channel_set_fault(struct channel *c, const char *fault);
// The hardware of an absent channel was opened. Nothing moves and nothing is powered: `start` was for the start of the
// agent. What runs already is taken over. Otherwise as channel_init.
int channel_return(struct channel *c, union agent_output out, const struct position *kept, int64_t now_us);

// What a person should know of the hardware of a channel once, in a sentence ("" = nothing): a servo that it moves in steps
// coarser than `step`.
void channel_advise(const struct channel *c, char *out, size_t size);

// What is wrong, in words, where a function below returned the negative errno `error`.
const char *channel_fault_words(const struct channel *c, int error);
int channel_execute(
    struct channel *c, const struct vocabulary_match *match, int64_t now_us, char limit[PROTOCOL_WHY_SIZE]);
int channel_apply(struct channel *c, enum policy policy, int64_t now_us);

// Takes the power away at once where the channel has a way to do so. channel_stop or channel_apply has to follow.
void channel_cut(struct channel *c);
// Holds now. refuses: motion is refused for PROTOCOL_STOP_HOLD_MS afterwards (channel_is_stopped).
int channel_stop(struct channel *c, bool refuses, int64_t now_us);
bool channel_is_stopped(const struct channel *c, int64_t now_us);

// The end: applies `exit`, and nothing else is due any more than finishing that.
int channel_finish(struct channel *c, int64_t now_us);

// Asks the hardware whether it still does what it was told. -ESTALE where it was reset, and the output is off now; another
// negative errno where it cannot be asked, once until it can be.
int channel_check(struct channel *c);

// How many channels of these stand still because their hardware was reset, each counted once. They must not start again by
// themselves because somebody still holds a key: it counts as a stop, after which a controller asks for a new press.
unsigned channel_interruptions(struct channel *channels, size_t count);

int channel_tick(struct channel *c, int64_t now_us, bool *changed);
// When channel_tick is next due; INT64_MAX = nothing is.
int64_t channel_next_us(const struct channel *c);

void channel_report(const struct channel *c, struct status_channel *out);

#endif
