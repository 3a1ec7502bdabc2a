// SPDX-License-Identifier: MIT
// `pc-tui send`: commands one after the other, each after the echo of the one before.
#include <errno.h>
#include <event2/event.h>
#include <mqtt_protocol.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "pc-tui/cli/cli.h"
#include "pc-tui/cli/cli_frame.h"
#include "pc-tui/cli/cli_lines.h"
#include "pc-tui/cli/cli_result.h"
#include "pc-tui/cli/cli_stop.h"
#include "pc-tui/cli/cli_words.h"
#include "pc-tui/config/duration.h"

enum {
    SETTLE_US = 150000,   // retained statuses come in one burst after subscribing; it is over by then
    STOP_LOOK_US = 50000, // how often send looks who has echoed a stop
    TUTORIAL_US =
        1000000, // where nobody reported for so long, only the tutorial's own subscriber can be there
};

enum step {
    STEP_CONNECTING,
    STEP_LOOKING, // the device is looked for
    STEP_NEXT,    // a command may be taken
    STEP_READING, // a line of standard input is awaited
    STEP_SLEEPING,
    STEP_ANSWERING, // the command's end is awaited
    STEP_STOPPING,  // every device's echo of a stop is awaited
    STEP_ENDED,
};

struct send {
    const struct tui_options *options;
    struct cli_frame frame;
    struct event *timer; // the deadline of the present step
    struct event *input;
    struct event *finished; // goes off where the awaited command ended, outside the controller's callback
    enum step step;
    int64_t began_us; // when the present step began
    int64_t first_us; // when the first status was seen; 0 = none yet
    int argument;     // the next of options->commands
    bool reading;     // `-` is being read
    struct cli_lines lines;
    char device[PROTOCOL_DEVICE_MAX + 1];
    bool chosen;
    char held[PROTOCOL_COMMAND_MAX + 1]; // a command that waits until its device is found; "" = none
    uint64_t serial;                     // the command whose end is awaited
    int status;                          // the exit status
};

static void __attribute__((format(printf, 3, 4))) end(struct send *send, int status, const char *format, ...)
{
    if (send->step == STEP_ENDED)
        return;
    char why[PROTOCOL_WHY_SIZE + PROTOCOL_CMD_SIZE + 2];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    if (why[0])
        cli_frame_tell(&send->frame, "%s", why);
    send->step = STEP_ENDED;
    send->status = status;
    evtimer_del(send->timer);
    event_del(send->input);
    // A signal stops what moves. At the regular end every servo goes on to where it was sent.
    if (send->frame.signal)
        session_leave(send->frame.session);
    else
        session_close(send->frame.session);
}

static void enter(struct send *send, enum step step, int64_t limit_us)
{
    send->step = step;
    send->began_us = session_now().us;
    struct timeval delay = {
        .tv_sec = (time_t)(limit_us / 1000000), .tv_usec = (suseconds_t)(limit_us % 1000000)};
    evtimer_add(send->timer, &delay);
}

static int64_t timeout_us(const struct send *send)
{
    return (int64_t)send->options->timeout_ms * 1000;
}

static void run(struct send *send);

static void on_input(evutil_socket_t fd, short what, void *ctx)
{
    struct send *send = ctx;
    (void)what;
    cli_lines_read(&send->lines, fd);
    send->step = STEP_NEXT;
    run(send);
}

static void print(struct send *send, const struct journal_event *event)
{
    char line[CLI_RESULT_SIZE];
    cli_result(line, session_model(send->frame.session), event, send->options->json, send->options->ascii);
    cli_frame_print(&send->frame, "%s", line);
}

static void take_end(struct send *send, const struct journal_event *event)
{
    char text[PROTOCOL_CMD_SIZE];
    snprintf(text, sizeof text, "%s", event->text);
    switch (event->stage) {
    case JOURNAL_DONE:
        print(send, event);
        if (!protocol_result_is_success(event->result)) {
            end(send, CLI_REFUSED, "%s: %s%s%s", text, event->result_name, event->why[0] ? ": " : "",
                event->why);
            return;
        }
        break;
    case JOURNAL_PLAIN:
        print(send, event);
        if (event->reason >= 128) {
            end(send, CLI_REFUSED, "%s: %s", text, event->why);
            return;
        }
        send->status = CLI_NO_ECHO;
        break;
    case JOURNAL_DROPPED:
        end(send, CLI_NO_ECHO, "%s: not sent: %s", text, event->why);
        return;
    case JOURNAL_NO_ECHO: // an echo may still come before the time-out of send
    case JOURNAL_WAITING:
    case JOURNAL_SENT:
    case JOURNAL_BROKER:
        return;
    }
    send->serial = 0;
    send->step = STEP_NEXT;
}

static void give_stop(struct send *send)
{
    enter(send, STEP_STOPPING, STOP_LOOK_US);
    struct controller_answer answer =
        controller_stop_everyone(session_controller(send->frame.session), send->options->broker.device);
    send->serial = answer.serial;
}

static void print_stop(struct send *send, const struct cli_stop *stop)
{
    char line[CLI_RESULT_SIZE];
    cli_result_stop(line, stop->echoed_names, send->options->json);
    cli_frame_print(&send->frame, "%s", line);
}

// Ends the step once every device that reports has echoed the stop, or the time is up.
static void look_at_stop(struct send *send)
{
    struct controller *controller = session_controller(send->frame.session);
    struct model *model = session_model(send->frame.session);
    const struct broker_options *broker = &send->options->broker;
    int64_t now_us = session_now().us;
    struct cli_stop stop =
        cli_stop_look(controller, model, broker->root, broker->device, send->began_us, now_us);
    const struct journal_event *event = journal_find(&model->journal, send->serial);
    if (stop.complete) {
        print_stop(send, &stop);
        send->step = STEP_NEXT;
        run(send);
    } else if (controller_stop_state(controller) == CONTROLLER_STOP_REFUSED) {
        // The stop has left, but the broker knows nobody who could have heard it: no device is there.
        bool is_unheard = event && event->reason == MQTT_RC_NO_MATCHING_SUBSCRIBERS;
        end(send, is_unheard ? CLI_NO_ECHO : CLI_REFUSED, "stop: %s",
            event ? event->why : "refused by the broker");
    } else if (now_us - send->began_us < timeout_us(send)) {
        struct timeval again = {.tv_usec = STOP_LOOK_US};
        evtimer_add(send->timer, &again);
    } else if (session_link(send->frame.session)->state != LINK_UP) {
        end(send, CLI_NO_BROKER, "stop: %s", session_link(send->frame.session)->reason);
    } else if (stop.silent > 0) {
        end(send, CLI_NO_ECHO, "stop: no echo within %d ms from %s%s%s", send->options->timeout_ms,
            stop.silent_names, stop.echoed > 0 ? "; stopped: " : "", stop.echoed_names);
    } else if (stop.echoed > 0) {
        print_stop(send, &stop);
        send->step = STEP_NEXT;
        run(send);
    } else {
        end(send, CLI_NO_ECHO, "stop: sent, but no device%s%s has echoed it within %d ms",
            broker->device[0] ? " " : "", broker->device, send->options->timeout_ms);
    }
}

// A stop needs no device. Every other command waits until its device is found.
static void hold(struct send *send, const char *text)
{
    snprintf(send->held, sizeof send->held, "%s", text);
    enter(send, STEP_LOOKING, SETTLE_US);
    run(send);
}

static void give(struct send *send, const char *text)
{
    const char *duration;
    int ms;
    char why[CLI_WHY_SIZE];
    if (cli_words_check_all(&text, 1, why) < 0) {
        end(send, CLI_USAGE, "%s", why);
        return;
    }
    if (cli_words_is_sleep(text, &duration)) {
        duration_parse_ms(duration, &ms);
        enter(send, STEP_SLEEPING, (int64_t)ms * 1000);
        return;
    }
    if (cli_stop_is(text)) {
        give_stop(send);
        return;
    }
    if (!send->chosen) {
        hold(send, text);
        return;
    }
    struct controller_address to = {.device = send->device};
    enter(send, STEP_ANSWERING, timeout_us(send));
    struct controller_answer answer = controller_send(session_controller(send->frame.session), &to, text);
    if (answer.verdict == CONTROLLER_TAKEN) {
        send->serial = answer.serial;
        // At QoS 0 a plain word is already at its end.
        const struct journal_event *event =
            journal_find(&session_model(send->frame.session)->journal, answer.serial);
        if (event && event->stage == JOURNAL_PLAIN)
            take_end(send, event);
        return;
    }
    if (session_link(send->frame.session)->state != LINK_UP)
        end(send, CLI_NO_BROKER, "%s: %s", text, answer.why);
    else
        end(send, CLI_REFUSED, "%s: %s", text, answer.why);
}

// Takes the next command, from the arguments or from standard input.
static void next(struct send *send)
{
    char line[PROTOCOL_COMMAND_MAX + 1];
    while (send->step == STEP_NEXT) {
        if (send->held[0]) {
            snprintf(line, sizeof line, "%s", send->held);
            send->held[0] = '\0';
            give(send, line);
            continue;
        }
        if (!send->reading) {
            if (send->argument == send->options->command_count) {
                end(send, send->status, "%s", "");
                return;
            }
            const char *text = send->options->commands[send->argument++];
            send->reading = strcmp(text, "-") == 0;
            if (!send->reading)
                give(send, text);
            continue;
        }
        int rc = cli_lines_next(&send->lines, line);
        if (rc == 1 && line[strspn(line, " \t")] != '\0' && line[strspn(line, " \t")] != '#')
            give(send, line);
        else if (rc == -1)
            send->reading = false;
        else if (rc == -EMSGSIZE)
            end(send, CLI_USAGE, "stdin: a line has at most %d bytes and no NUL", PROTOCOL_COMMAND_MAX);
        else if (rc == 0) {
            send->step = STEP_READING;
            evtimer_del(send->timer);
            event_add(send->input, NULL);
        }
    }
}

static void name_devices(struct send *send)
{
    const struct model *model = session_model(send->frame.session);
    char names[512];
    size_t used = 0;
    names[0] = '\0';
    for (size_t i = 0; i < model->count && used < sizeof names; i++) {
        int n = snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", model->devices[i]->name);
        used += n > 0 ? (size_t)n : 0;
    }
    end(send, CLI_USAGE, "several devices: choose one with --device: %s", names);
}

// Which device the commands are for. True once that is settled and it can be spoken to.
static bool choose(struct send *send)
{
    const struct model *model = session_model(send->frame.session);
    const char *wanted = send->options->broker.device;
    int64_t now_us = session_now().us;
    const struct model_device *device = model_find(model, wanted, NULL);
    if (device && device->tutorial) {
        if (now_us - model->link_since_us < TUTORIAL_US &&
            now_us - send->began_us < timeout_us(send) - SETTLE_US)
            return false;
        send->chosen = true;
        return true;
    }
    if (!device && wanted[0] == '\0' && model->count > 0) {
        if (send->first_us == 0)
            send->first_us = now_us;
        if (now_us - send->first_us < SETTLE_US)
            return false;
        if (model->count > 1) {
            name_devices(send);
            return false;
        }
        device = model->devices[0];
    }
    if (!device)
        return false;
    enum presence presence = model_presence(device, now_us);
    if (presence == PRESENCE_OFFLINE) {
        // The will may be older than the agent: one that has just come back reports within moments.
        char why[PROTOCOL_WHY_SIZE];
        const char *label = device->name[0] ? device->name : send->options->broker.root;
        if (now_us - model->link_since_us >= SETTLE_US)
            end(send, CLI_NO_ECHO, "%s", model_offline(why, label, device));
        return false;
    }
    if (presence == PRESENCE_STALE)
        return false;
    snprintf(send->device, sizeof send->device, "%s", device->name);
    send->chosen = true;
    return true;
}

static void fail_looking(struct send *send)
{
    const struct broker_options *broker = &send->options->broker;
    if (broker->device[0])
        end(send, CLI_NO_ECHO, "no device %s reports under %s/", broker->device, broker->root);
    else
        end(send, CLI_NO_ECHO, "no device reports under %s/", broker->root);
}

static void run(struct send *send)
{
    const struct link_report *link = session_link(send->frame.session);
    if (send->step == STEP_CONNECTING && link->state == LINK_UP)
        send->step = STEP_NEXT;
    // A login that every broker refused is not accepted later.
    if (send->step == STEP_CONNECTING && link->state == LINK_WAITING && link->trouble == TROUBLE_LOGIN &&
        link->attempts >= send->options->broker.broker_count)
        end(send, CLI_NO_BROKER, "%s", link->reason);
    if (send->step == STEP_LOOKING && choose(send))
        send->step = STEP_NEXT;
    if (send->step == STEP_NEXT)
        next(send);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct send *send = ctx;
    const struct journal_event *event;
    (void)fd;
    (void)what;
    switch (send->step) {
    case STEP_CONNECTING:
        end(send, CLI_NO_BROKER, "no connection to a broker: %s",
            session_link(send->frame.session)->reason[0] ? session_link(send->frame.session)->reason
                                                         : "no answer in time");
        break;
    case STEP_LOOKING:
        run(send);
        if (send->step != STEP_LOOKING)
            break;
        if (session_now().us - send->began_us >= timeout_us(send)) {
            fail_looking(send);
        } else {
            struct timeval again = {.tv_usec = SETTLE_US / 3};
            evtimer_add(send->timer, &again);
        }
        break;
    case STEP_SLEEPING:
        send->step = STEP_NEXT;
        run(send);
        break;
    case STEP_STOPPING:
        look_at_stop(send);
        break;
    case STEP_ANSWERING:
        event = journal_find(&session_model(send->frame.session)->journal, send->serial);
        if (event)
            print(send, event);
        end(send, CLI_NO_ECHO, "%s: no echo within %d ms", event ? event->text : "",
            send->options->timeout_ms);
        break;
    case STEP_NEXT:
    case STEP_READING:
    case STEP_ENDED:
        break;
    }
}

static void on_signal(void *ctx, int number)
{
    struct send *send = ctx;
    end(send, 128 + number, "%s", "");
}

// The commands matter more than a reader who has left.
static void on_deaf(void *ctx, int rc)
{
    struct send *send = ctx;
    if (rc != -EPIPE)
        end(send, CLI_REFUSED, "%s", "");
}

static void on_changed(void *ctx)
{
    struct send *send = ctx;
    if (send->step == STEP_CONNECTING || send->step == STEP_LOOKING)
        run(send);
}

static void on_finished(void *ctx, const struct journal_event *event)
{
    struct send *send = ctx;
    if (send->step == STEP_ANSWERING && send->serial == event->serial)
        event_active(send->finished, EV_TIMEOUT, 1);
}

static void on_finished_later(evutil_socket_t fd, short what, void *ctx)
{
    struct send *send = ctx;
    (void)fd;
    (void)what;
    const struct journal_event *event =
        journal_find(&session_model(send->frame.session)->journal, send->serial);
    if (send->step != STEP_ANSWERING || !event)
        return;
    take_end(send, event);
    run(send);
}

static void on_closed(void *ctx)
{
    struct send *send = ctx;
    event_base_loopbreak(send->frame.base);
}

static const struct session_events session_events = {
    .changed = on_changed,
    .finished = on_finished,
    .closed = on_closed,
};

static const struct cli_frame_events frame_events = {.signal = on_signal, .deaf = on_deaf};

static int prepare(struct send *send)
{
    int rc = cli_frame_open(&send->frame, send->options, false, &session_events, &frame_events, send);
    if (rc < 0)
        return rc;
    send->timer = evtimer_new(send->frame.base, on_timer, send);
    send->input = event_new(send->frame.base, STDIN_FILENO, EV_READ, on_input, send);
    send->finished = event_new(send->frame.base, -1, EV_PERSIST, on_finished_later, send);
    return send->timer && send->input && send->finished ? 0 : -ENOMEM;
}

int cli_send(const struct tui_options *options)
{
    struct send send = {.options = options};
    char why[CLI_WHY_SIZE];
    int status = CLI_USAGE;
    if (cli_words_check_all((const char *const *)options->commands, options->command_count, why) < 0) {
        log_error("%s", why);
        return status;
    }
    int rc = prepare(&send);
    if (rc == 0) {
        enter(&send, STEP_CONNECTING, timeout_us(&send));
        event_base_dispatch(send.frame.base);
        status = send.status;
    } else {
        log_error("%s", strerror(-rc));
        status = CLI_NO_BROKER;
    }
    if (send.input)
        event_free(send.input);
    if (send.finished)
        event_free(send.finished);
    if (send.timer)
        event_free(send.timer);
    return cli_frame_close(&send.frame, status);
}
