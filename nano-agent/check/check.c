// SPDX-License-Identifier: MIT
#include "nano-agent/check/check.h"

#include <errno.h>
#include <event2/event.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "nano-agent/board/board.h"
#include "nano-agent/hw/pca9685.h"

enum { ATTEMPT_S = 3 };

static struct utsname system_name;

void check_init(struct check *check, const struct config *config, FILE *out)
{
    const struct passwd *user = getpwuid(geteuid());
    if (uname(&system_name) < 0)
        system_name.release[0] = '\0';
    *check = (struct check){
        .config = config,
        .model = config_model(config),
        .root = "",
        .device_tree = board_device_tree(),
        .kernel = system_name.release,
        .user = user ? user->pw_name : "$USER",
        .gpio_version = gpio_library_version(),
        .gpio_look = gpio_look,
        .pca9685_probe = pca9685_probe,
        .out = out,
    };
}

void check_ok(struct check *check, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("ok  ", check->out);
    vfprintf(check->out, format, ap);
    fputs("\n", check->out);
    fflush(check->out);
    va_end(ap);
}

void check_wrong(struct check *check, const char *mend, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    fputs("!!  ", check->out);
    vfprintf(check->out, format, ap);
    fprintf(check->out, "\n    mend: %s\n", mend);
    fflush(check->out);
    va_end(ap);
    check->wrong++;
}

static void check_configuration(struct check *check)
{
    const struct config *config = check->config;
    const char *path = config->path[0] ? config->path : "built-in default";
    if (config->mistake[0])
        check_wrong(check, "the line says what would be right; docs/agent.md has every key",
            "configuration: %s", config->mistake);
    else
        check_ok(check, "configuration: %s, %zu channels", path, config->agent.count);
}

static bool older_than(const char *release, int major, int minor)
{
    char *end;
    long is_major = strtol(release, &end, 10);
    long is_minor = *end == '.' ? strtol(end + 1, NULL, 10) : 0;
    return is_major < major || (is_major == major && is_minor < minor);
}

static bool uses(const struct config *config, enum hw_backend_kind kind)
{
    for (size_t i = 0; i < config->agent.count; i++) {
        if (config->outputs[i].address.kind == kind)
            return true;
    }
    return false;
}

static void check_gpiod(struct check *check)
{
    // libgpiod 2 speaks the GPIO character device's second version alone, which came with Linux 5.10.
    bool needs_new = check->gpio_version[0] >= '2' && older_than(check->kernel, 5, 10);
    if (needs_new && uses(check->config, HW_GPIO))
        check_wrong(check, "build nano-agent with libgpiod 1.x (the distribution's libgpiod-dev)",
            "libgpiod: %s wants Linux 5.10 or later, this is %s", check->gpio_version, check->kernel);
    else
        check_ok(check, "libgpiod: %s, kernel %s", check->gpio_version, check->kernel);
}

static void check_board(struct check *check)
{
    const char *found = board_detect(check->device_tree);
    const char *told = check->config->board;
    if (*told && found && strcmp(told, found) != 0)
        check_wrong(check, "leave --board out", "board: --board says %s, the device tree %s", told, found);
    else if (check->model)
        check_ok(check, "board: %s (%s)", check->model,
            *told   ? "by --board"
            : found ? "by its device tree"
                    : "simulated");
    else if (check->config->mistake[0])
        check_wrong(check, "--board NAME, where this is a container on a Jetson; else name chips and lines",
            "board: %s/compatible names no Jetson that I know", check->device_tree);
    else
        check_ok(
            check, "board: no Jetson that I know; the configuration names chips and lines, and needs none");
}

void check_software(struct check *check)
{
    check_configuration(check);
    check_gpiod(check);
    check_board(check);
    check_ok(check, "user: %s (the service: sudo -u nano-agent nano-agent check)", check->user);
}

// ---- broker

struct attempt {
    struct event_base *base;
    struct link_report report;
};

static void on_link(void *ctx, const struct link_report *report)
{
    struct attempt *attempt = ctx;
    attempt->report = *report;
    // A broker that knows no MQTT 5 is tried again in the old way.
    bool older = report->trouble == TROUBLE_PROTOCOL && report->version == 5;
    if (report->state == LINK_UP ||
        (report->state == LINK_WAITING && report->trouble != TROUBLE_NONE && !older))
        event_base_loopbreak(attempt->base);
}

static void on_message(void *ctx, const struct link_message *message)
{
    (void)ctx;
    (void)message;
}

static const char *mend_of(enum link_trouble trouble)
{
    switch (trouble) {
    case TROUBLE_RESOLVE:
        return "getent hosts NAME must find it; or write its address, broker = {\"192.168.55.100\"}";
    case TROUBLE_REFUSED:
        return "start mosquitto there; version 2 listens on localhost only, until its configuration has "
               "`listener 1883`";
    case TROUBLE_TIMEOUT:
    case TROUBLE_NETWORK:
        return "ping it: the cable, its address, the firewall there (port 1883)";
    case TROUBLE_PROTOCOL:
        return "is this the broker's port, and not that of TLS or of something else?";
    case TROUBLE_LOGIN:
        return "login { user = \"…\" password_file = \"…\" } in the configuration, as the broker knows it";
    case TROUBLE_DENIED:
        return "the broker's acl_file must let this user read ROOT/control and write ROOT/status";
    case TROUBLE_NONE:
    case TROUBLE_MEMORY:
    case TROUBLE_CLOSED:
        break;
    }
    return "the broker's log says more";
}

static void check_broker(struct check *check, struct event_base *base, struct link_options *options)
{
    static const struct link_events events = {on_link, on_message, NULL};
    const struct link_broker *broker = &options->brokers[0];
    struct attempt attempt = {.base = base};
    // A client id of our own: with the agent's the broker would throw out the one that runs.
    snprintf(options->client_id, sizeof options->client_id, "nano-check-%ld", (long)getpid());
    struct link *link = link_new(base, options, &events, &attempt);
    if (!link) {
        check_wrong(check, "free some memory", "broker %s:%d: out of memory", broker->host, broker->port);
        return;
    }
    struct timeval limit = {2L * ATTEMPT_S, 0};
    event_base_loopexit(base, &limit);
    event_base_dispatch(base);
    const struct link_report *report = &attempt.report;
    if (report->state == LINK_UP)
        check_ok(check, "broker %s:%d: connected, MQTT %s, subscription allowed", broker->host, broker->port,
            report->version == 5 ? "5" : "3.1.1");
    else
        check_wrong(check, mend_of(report->trouble ? report->trouble : TROUBLE_TIMEOUT), "broker %s:%d: %s",
            broker->host, broker->port, report->reason[0] ? report->reason : "no answer");
    link_free(link);
}

void check_brokers(struct check *check)
{
    const struct broker_options *broker = &check->config->broker;
    struct link_options options = {0};
    char control[PROTOCOL_TOPIC_MAX], own_control[PROTOCOL_TOPIC_MAX];
    broker_options_to_link(broker, CONFIG_DEFAULT_BROKER, &options);
    protocol_topic(control, broker->root, "", "control");
    protocol_topic(own_control, broker->root, broker->device, "control");
    options.topics[0] = own_control;
    options.topics[1] = control;
    options.topic_count = broker->device[0] ? 2 : 1;
    options.attempt_ms = ATTEMPT_S * 1000;
    struct link_options one = options;
    one.broker_count = 1;
    for (size_t i = 0; i < options.broker_count; i++) {
        // Each with a loop of its own: a time limit left over from the last would end the next.
        struct event_base *base = event_base_new();
        one.brokers[0] = options.brokers[i];
        if (base)
            check_broker(check, base, &one);
        else
            check_wrong(check, "free some memory", "broker: out of memory");
        if (base)
            event_base_free(base);
    }
    explicit_bzero(options.password, sizeof options.password);
    explicit_bzero(one.password, sizeof one.password);
}

int check_run(const struct config *config, FILE *out)
{
    struct check check;
    check_init(&check, config, out);
    check_software(&check);
    check_outputs(&check);
    check_brokers(&check);
    return check.wrong ? 1 : 0;
}
