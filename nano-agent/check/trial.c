// SPDX-License-Identifier: MIT
#include "nano-agent/check/trial.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "nano-agent/hw/motor_list.h"
#include "nano-agent/outputs.h"

enum { ZERO_MS = 1000, ANSWER_SIZE = 64 };

struct trial {
    FILE *in, *out;
    unsigned wrong;
    bool ended;  // its owner wants no more
    bool unsure; // a motor is not known to stand still
};

// Waits until the newest request is carried out, or so long. Returns its result.
static int wait_for(struct hw_motor *motor, int ms)
{
    int64_t done_us, until_ms = clock_now_ms() + ms;
    int rc = motor->ops->result(motor, &done_us);
    while (rc == -EINPROGRESS) {
        int64_t left = until_ms - clock_now_ms();
        struct pollfd ready = {.fd = motor->fd, .events = POLLIN};
        if (left <= 0)
            return -ETIMEDOUT;
        poll(&ready, 1, (int)left);
        rc = motor->ops->result(motor, &done_us);
    }
    return rc;
}

static void pause_ms(int ms)
{
    int64_t until_ms = clock_now_ms() + ms, left;
    while ((left = until_ms - clock_now_ms()) > 0)
        poll(NULL, 0, (int)left);
}

// What a terminal sends must not end the program while a motor turns: a PCA9685 goes on by itself.
static void hold_signals(sigset_t *before)
{
    sigset_t held;
    sigemptyset(&held);
    sigaddset(&held, SIGINT);
    sigaddset(&held, SIGTERM);
    sigaddset(&held, SIGHUP);
    sigaddset(&held, SIGQUIT);
    sigaddset(&held, SIGTSTP);
    sigprocmask(SIG_BLOCK, &held, before);
}

// Turns it for TRIAL_MS. 0, or the negative errno of what failed; *stands says whether it is known to stand still afterwards.
static int turn(struct hw_motor *motor, enum hw_motor_turn side, bool *stands)
{
    sigset_t before;
    hold_signals(&before);
    int rc = motor->ops->enable(motor, true);
    if (rc == 0)
        rc = motor->ops->set(motor, side, TRIAL_PERMILLE);
    if (rc == 0)
        rc = wait_for(motor, TRIAL_MS);
    if (rc == 0)
        pause_ms(TRIAL_MS);
    motor->ops->zero(motor);
    *stands = wait_for(motor, ZERO_MS) == 0;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return rc;
}

// The first letter of what was typed, in lower case; 'q' at the end of the input.
static int ask(struct trial *trial, const char *question)
{
    char answer[ANSWER_SIZE];
    fprintf(trial->out, "%s ", question);
    fflush(trial->out);
    if (!fgets(answer, sizeof answer, trial->in))
        return 'q';
    return tolower((unsigned char)answer[strspn(answer, " \t")]);
}

static void try_side(struct trial *trial, const char *name, struct hw_motor *motor, enum hw_motor_turn side)
{
    const char *word = side == HW_MOTOR_FORWARD ? "forward" : "backward";
    char question[128];
    bool stands;
    fprintf(trial->out, "motor %s: %s\n", name, word);
    fflush(trial->out);
    int rc = turn(motor, side, &stands);
    if (!stands) {
        fprintf(trial->out,
            "!!  motor %s: it is not known to stand still\n    mend: take its power away NOW\n", name);
        trial->wrong++;
        trial->ended = trial->unsure = true;
        return;
    }
    if (rc < 0) {
        fprintf(trial->out, "!!  motor %s: %s: %s\n    mend: nano-agent check, wiring, power\n", name, word,
            strerror(-rc));
        trial->wrong++;
        return;
    }
    snprintf(question, sizeof question, "Did all its wheels turn %s? y, n, or q to end:", word);
    int answer = ask(trial, question);
    trial->ended = answer == 'q';
    if (answer == 'y') {
        fprintf(trial->out, "ok  motor %s: %s\n", name, word);
    } else if (answer != 'q') {
        fprintf(trial->out,
            "!!  motor %s: %s\n    mend: the other way: swap forward and backward. Not at all: both outputs of the list are "
            "inputs of one bridge, or %d %% is too little. One wheel: swap its two channels (docs/car.md)\n",
            name, word, TRIAL_PERMILLE / 10);
        trial->wrong++;
    }
}

static void try_motor(struct trial *trial, const char *name, const struct hw_motor_options *options)
{
    struct hw_motor *motor;
    char why[HW_WHY_SIZE];
    if (hw_motor_open(options, &motor, why) < 0) {
        fprintf(trial->out,
            "!!  motor %s: %s\n    mend: sudo systemctl stop nano-agent, where an agent runs\n", name, why);
        trial->wrong++;
        return;
    }
    if (wait_for(motor, ZERO_MS) < 0) { // opening it has asked for a zero
        fprintf(trial->out,
            "!!  motor %s: its outputs do not obey\n    mend: nano-agent check, wiring, power\n", name);
        trial->wrong++;
        trial->ended = true;
    }
    if (!trial->ended)
        try_side(trial, name, motor, HW_MOTOR_FORWARD);
    if (!trial->ended)
        try_side(trial, name, motor, HW_MOTOR_BACKWARD);
    motor->ops->close(motor);
}

// Has the outputs switched off should this program be killed while a motor turns. False where an agent runs; where nothing can
// be prepared for that, the trial goes on without.
static bool prepare(const struct config *config, struct guardian *guardian, size_t *count)
{
    const struct hw_motor_options *motors[PROTOCOL_CHANNELS_MAX];
    char why[OUTPUTS_WHY_SIZE];
    *count = outputs_motors(config, motors);
    return *count == 0 || outputs_guard_motors(config, guardian, why) != -EBUSY;
}

static void finish(const struct config *config, struct guardian *guardian)
{
    char path[MOTOR_LIST_PATH_SIZE];
    motor_list_path(path);
    if (!config->sim)
        motor_list_write(path, NULL, 0);
    guardian_dismiss(guardian, GUARDIAN_DISMISS_MS);
}

static int refuse(FILE *out, const char *what, const char *mend)
{
    fprintf(out, "!!  %s\n    mend: %s\n", what, mend);
    return 1;
}

int trial_run(const struct config *config, struct guardian *guardian, FILE *in, FILE *out)
{
    struct trial trial = {.in = in, .out = out};
    size_t count;
    if (config->mistake[0])
        return refuse(out, config->mistake, "the line says what would be right");
    if (!isatty(fileno(in)) || !isatty(fileno(out)))
        return refuse(out, "check --motors turns the wheels, and asks on a terminal before it does",
            "run it by hand, beside the car");
    if (!prepare(config, guardian, &count)) {
        guardian_dismiss(guardian, GUARDIAN_DISMISS_MS); // they are not ours to switch off
        return refuse(out, "an agent drives the motors", "sudo systemctl stop nano-agent");
    }
    if (count == 0)
        return refuse(out, "no motor in the configuration", "motor NAME { … }, see docs/car.md");
    fprintf(out,
        "Each side of each motor turns alone, at %d %% for %d.%d s. THE WHEELS MUST BE OFF THE GROUND.\n",
        TRIAL_PERMILLE / 10, TRIAL_MS / 1000, TRIAL_MS % 1000 / 100);
    trial.ended = ask(&trial, "Are they? y or n:") != 'y';
    for (size_t i = 0; i < config->agent.count && !trial.ended; i++)
        if (channel_port(config->agent.channels[i].id.kind) == PORT_MOTOR)
            try_motor(&trial, config->agent.channels[i].id.name, &config->outputs[i].motor);
    if (!trial.unsure) // else the guardian tries what this program could not do
        finish(config, guardian);
    return trial.wrong > 0 || trial.ended ? 1 : 0;
}
