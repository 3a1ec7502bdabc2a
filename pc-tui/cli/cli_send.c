// SPDX-License-Identifier: MIT
// `pc-tui send`: commands one after the other, each after the echo of the one before.
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "pc-tui/cli/cli.h"
#include "pc-tui/cli/cli_private.h"
#include "pc-tui/config/duration.h"
#include "pc-tui/session.h"

enum {
    SETTLE_US = 150000, // after subscribing, or the first status: what the broker retains comes in one burst
    TUTORIAL_US = 1000000, // nobody reported for so long: only the tutorial's own subscriber can be there
};

enum step {
    STEP_CONNECTING,
    STEP_LOOKING, // for the device
    STEP_NEXT,    // a command may be taken
    STEP_READING, // stdin
    STEP_SLEEPING,
    STEP_ANSWERING, // the command's end is awaited
    STEP_ENDED,
};

struct send {
    const struct tui_options *options;
    struct event_base *base;
    struct session *session;
    struct event *timer; // the deadline of the present step
    struct event *input;
    struct event *finished; // the awaited command ended: taken up outside the controller's callback
    struct event *signals[3];
    enum step step;
    int64_t began_us; // the present step
    int64_t first_us; // first status seen; 0 = none
    int argument;     // next of options->commands
    bool reading;     // `-` is being read
    bool input_ended;
    char lines[2 * PROTOCOL_COMMAND_MAX];
    size_t line_bytes;
    char device[PROTOCOL_DEVICE_MAX + 1];
    bool chosen;
    uint64_t serial; // of the command whose end is awaited
    int signal;      // that ended us
    int status;      // exit
};

static void __attribute__((format(printf, 3, 4))) end(struct send *send, int status, const char *format, ...)
{
    if (send->step == STEP_ENDED)
        return;
    char why[PROTOCOL_WHY_SIZE + PROTOCOL_CMD_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(why, sizeof why, format, args);
    va_end(args);
    if (why[0])
        fprintf(stderr, "pc-tui: %s\n", why);
    if (fflush(stdout) != 0 && status == CLI_OK)
        status = CLI_REFUSED;
    send->step = STEP_ENDED;
    send->status = status;
    evtimer_del(send->timer);
    event_del(send->input);
    // Interrupted by hand, what moves is stopped; at the regular end it goes where it was sent.
    if (send->signal)
        session_leave(send->session);
    else
        session_close(send->session);
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

// The next line of stdin, without its end, into out. 1 a line, 0 none yet, -1 no more, -EMSGSIZE.
static int take_line(struct send *send, char out[PROTOCOL_COMMAND_MAX + 1])
{
    char *feed = memchr(send->lines, '\n', send->line_bytes);
    if (!feed && !(send->input_ended && send->line_bytes > 0)) {
        if (send->line_bytes > PROTOCOL_COMMAND_MAX)
            return -EMSGSIZE;
        return send->input_ended ? -1 : 0;
    }
    size_t len = feed ? (size_t)(feed - send->lines) : send->line_bytes;
    size_t used = feed ? len + 1 : len;
    if (len > PROTOCOL_COMMAND_MAX || memchr(send->lines, '\0', len))
        return -EMSGSIZE;
    memcpy(out, send->lines, len);
    while (len > 0 && strchr(" \t\r", out[len - 1]))
        len--;
    out[len] = '\0';
    send->line_bytes -= used;
    memmove(send->lines, send->lines + used, send->line_bytes);
    return 1;
}

static void on_input(evutil_socket_t fd, short what, void *ctx)
{
    struct send *send = ctx;
    (void)what;
    ssize_t n = read(fd, send->lines + send->line_bytes, sizeof send->lines - send->line_bytes);
    if (n > 0)
        send->line_bytes += (size_t)n;
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        send->input_ended = true;
    send->step = STEP_NEXT;
    run(send);
}

// Prints what became of a command: "tilt_up  ok  tilt 5.0°  0.4 ms".
static void print_done(struct send *send, const struct journal_event *event)
{
    const struct model_device *device = model_find(session_model(send->session), event->device, NULL);
    struct protocol_command command;
    struct vocabulary_match match;
    struct channel_id ids[PROTOCOL_CHANNELS_MAX];
    char why[PROTOCOL_WHY_SIZE];
    char value[CLI_VALUE_SIZE];
    printf("%s  %s%s%s", event->text, event->result_name, event->why[0] ? ": " : "", event->why);
    if (device && protocol_result_is_success(event->result) &&
        protocol_parse_text(event->text, strlen(event->text), &command, why) == 0 &&
        vocabulary_match(ids, model_channel_ids(device, ids), &command, &match, why) == RESULT_OK &&
        match.channel >= 0) {
        // Where it is going is what the command did; where it is now says little a moment after it.
        struct status_channel channel = device->status->channels[match.channel];
        if (channel.target_known) {
            channel.deg = channel.target;
            channel.deg_known = true;
        }
        printf("  %s", cli_channel(value, &channel, send->options->ascii));
    }
    printf("  %lld.%lld ms%s\n", (long long)(event->echo_us / 1000), (long long)(event->echo_us % 1000 / 100),
        event->late ? " late" : "");
}

static void take_end(struct send *send, const struct journal_event *event)
{
    char text[PROTOCOL_CMD_SIZE];
    snprintf(text, sizeof text, "%s", event->text);
    switch (event->stage) {
    case JOURNAL_DONE:
        print_done(send, event);
        if (!protocol_result_is_success(event->result)) {
            end(send, CLI_REFUSED, "%s: %s%s%s", text, event->result_name, event->why[0] ? ": " : "",
                event->why);
            return;
        }
        break;
    case JOURNAL_PLAIN:
        printf("%s  sent  %s\n", text, event->why);
        if (event->reason >= 128) {
            end(send, CLI_REFUSED, "%s: %s", text, event->why);
            return;
        }
        send->status = CLI_NO_ECHO;
        break;
    case JOURNAL_DROPPED:
        end(send, CLI_NO_ECHO, "%s: not sent: %s", text, event->why);
        return;
    case JOURNAL_NO_ECHO: // an echo may still come, until our own time is up
    case JOURNAL_WAITING:
    case JOURNAL_SENT:
    case JOURNAL_BROKER:
        return;
    }
    send->serial = 0;
    send->step = STEP_NEXT;
}

static void give(struct send *send, const char *text)
{
    const char *duration;
    int ms;
    char why[PROTOCOL_WHY_SIZE];
    if (cli_check_command(text, why) != 0) {
        char shown[PROTOCOL_CMD_SIZE];
        text_clean(shown, sizeof shown, text, strlen(text), PROTOCOL_ECHO_CHARS);
        end(send, CLI_USAGE, "%s: %s", shown, why);
        return;
    }
    if (cli_is_sleep(text, &duration)) {
        duration_parse_ms(duration, &ms);
        enter(send, STEP_SLEEPING, (int64_t)ms * 1000);
        return;
    }
    fflush(stdout);
    struct controller_address to = {.device = send->device};
    enter(send, STEP_ANSWERING, timeout_us(send));
    struct controller_answer answer = controller_send(session_controller(send->session), &to, text);
    if (answer.verdict == CONTROLLER_TAKEN) {
        send->serial = answer.serial;
        // At QoS 0 a plain word is already at its end.
        const struct journal_event *event =
            journal_find(&session_model(send->session)->journal, answer.serial);
        if (event && event->stage == JOURNAL_PLAIN)
            take_end(send, event);
        return;
    }
    if (session_link(send->session)->state != LINK_UP)
        end(send, CLI_NO_BROKER, "%s: %s", text, answer.why);
    else
        end(send, CLI_REFUSED, "%s: %s", text, answer.why);
}

// Takes the next command, from the arguments or from stdin.
static void next(struct send *send)
{
    char line[PROTOCOL_COMMAND_MAX + 1];
    while (send->step == STEP_NEXT) {
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
        int rc = take_line(send, line);
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
    const struct model *model = session_model(send->session);
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
    const struct model *model = session_model(send->session);
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
        // Its will may be old news: an agent that has just come back reports within moments.
        if (now_us - model->link_since_us >= SETTLE_US)
            end(send, CLI_NO_ECHO, "%s is offline",
                device->name[0] ? device->name : send->options->broker.root);
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
    const struct link_report *link = session_link(send->session);
    if (send->step == STEP_CONNECTING && link->state == LINK_UP)
        enter(send, STEP_LOOKING, SETTLE_US);
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
            session_link(send->session)->reason[0] ? session_link(send->session)->reason
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
    case STEP_ANSWERING:
        event = journal_find(&session_model(send->session)->journal, send->serial);
        printf("%s  no echo\n", event ? event->text : "");
        end(send, CLI_NO_ECHO, "%s: no echo within %d ms", event ? event->text : "",
            send->options->timeout_ms);
        break;
    case STEP_NEXT:
    case STEP_READING:
    case STEP_ENDED:
        break;
    }
}

static void on_signal(evutil_socket_t fd, short what, void *ctx)
{
    struct send *send = ctx;
    (void)what;
    if (send->signal)
        return;
    send->signal = fd;
    end(send, 128 + fd, "%s", "");
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
    const struct journal_event *event = journal_find(&session_model(send->session)->journal, send->serial);
    if (send->step != STEP_ANSWERING || !event)
        return;
    take_end(send, event);
    run(send);
}

static void on_closed(void *ctx)
{
    struct send *send = ctx;
    event_base_loopbreak(send->base);
}

static const struct session_events session_events = {
    .changed = on_changed,
    .finished = on_finished,
    .closed = on_closed,
};

static int check_arguments(const struct tui_options *options)
{
    char why[PROTOCOL_WHY_SIZE];
    if (options->command_count == 0) {
        fprintf(stderr, "pc-tui: send what? pc-tui send 'tilt 20' led_on; - reads lines from stdin\n");
        return CLI_USAGE;
    }
    for (int i = 0; i < options->command_count; i++) {
        const char *text = options->commands[i];
        if (strcmp(text, "-") == 0 || cli_check_command(text, why) == 0)
            continue;
        char shown[PROTOCOL_CMD_SIZE];
        text_clean(shown, sizeof shown, text, strlen(text), PROTOCOL_ECHO_CHARS);
        fprintf(stderr, "pc-tui: %s: %s\n", shown, why);
        return CLI_USAGE;
    }
    return 0;
}

static int prepare(struct send *send)
{
    static const int stopping[] = {SIGINT, SIGTERM, SIGHUP};
    send->base = cli_event_base();
    if (!send->base)
        return -ENOMEM;
    send->timer = evtimer_new(send->base, on_timer, send);
    send->input = event_new(send->base, STDIN_FILENO, EV_READ, on_input, send);
    send->finished = event_new(send->base, -1, EV_PERSIST, on_finished_later, send);
    if (!send->timer || !send->input || !send->finished)
        return -ENOMEM;
    for (size_t i = 0; i < sizeof stopping / sizeof stopping[0]; i++) {
        send->signals[i] = evsignal_new(send->base, stopping[i], on_signal, send);
        if (!send->signals[i] || event_add(send->signals[i], NULL) < 0)
            return -ENOMEM;
    }
    send->session = session_new(send->base, send->options, &session_events, send);
    return send->session ? 0 : -errno;
}

int cli_send(const struct tui_options *options)
{
    int status = check_arguments(options);
    if (status != 0)
        return status;
    struct send send = {.options = options};
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0); // through a pipe, too, an echo is seen when it comes
    int rc = prepare(&send);
    if (rc == 0) {
        enter(&send, STEP_CONNECTING, timeout_us(&send));
        event_base_dispatch(send.base);
        status = send.status;
    } else {
        fprintf(stderr, "pc-tui: %s\n", strerror(-rc));
        status = CLI_NO_BROKER;
    }
    session_free(send.session);
    for (size_t i = 0; i < 3; i++) {
        if (send.signals[i])
            event_free(send.signals[i]);
    }
    if (send.input)
        event_free(send.input);
    if (send.finished)
        event_free(send.finished);
    if (send.timer)
        event_free(send.timer);
    if (send.base)
        event_base_free(send.base);
    return status;
}
