// SPDX-License-Identifier: MIT
#include "pc-tui/config/config.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/broker_watch.h"
#include "common/join/joined.h"
#include "common/log.h"
#include "common/shell_completion.h"
#include "pc-tui/config/config_file.h"
#include "pc-tui/config/password.h"

enum { TIMEOUT_DEFAULT_MS = 5000, DEVICES_DEFAULT_MS = 1000 };

enum option_key {
    OPTION_TTL = 0x400, // the options of broker_options have smaller keys
    OPTION_TIMEOUT,
    OPTION_READ_ONLY,
    OPTION_ASCII,
    OPTION_NO_MOUSE,
    OPTION_JSON,
    OPTION_ALL,
    OPTION_UNDO,
    OPTION_COMPLETION,
    OPTION_VERSION,
};

struct tui_command_line {
    struct tui_options *options;
    struct tui_config_given given;
    const char *file; // -c
    bool has_run;     // send or watch was named
};

static const struct argp_option argp_options[] = {
    {"config", 'c', "FILE", 0, "Configuration (default $XDG_CONFIG_HOME/pc-tui.conf)", 2},
    {"read-only", OPTION_READ_ONLY, NULL, 0, "Watch: SPACE still stops, everything else is refused", 2},
    {"ttl", OPTION_TTL, "TIME", 0, "How long a command that moves may take to arrive (1.5s)", 2},
    {"timeout", OPTION_TIMEOUT, "TIME", 0,
        "send: how long to wait for the device's echo (5s); devices: for reports (1s)", 2},
    {"json", OPTION_JSON, NULL, 0,
        "watch: each status as it came; send, devices: each result or device as an object", 2},
    {"all", OPTION_ALL, NULL, 0, "watch: every status, not only those that say something new", 2},
    {"undo", OPTION_UNDO, NULL, 0, "join: take it back", 2},
    {"ascii", OPTION_ASCII, NULL, 0, "Draw with ASCII signs only", 2},
    {"no-mouse", OPTION_NO_MOUSE, NULL, 0, "Leave wheel and clicks to the terminal", 2},
    {"completion", OPTION_COMPLETION, "SHELL", 0, "Print the completion for bash or zsh", -1},
    {"version", OPTION_VERSION, NULL, 0, "Print the version", -1},
    // In `pc-tui send tilt -20` the number looks like an option. Without these entries argp would call it an invalid
    // one.
    {NULL, '0', NULL, OPTION_HIDDEN, NULL, 0},
    {NULL, '1', NULL, OPTION_HIDDEN, NULL, 0},
    {NULL, '2', NULL, OPTION_HIDDEN, NULL, 0},
    {NULL, '3', NULL, OPTION_HIDDEN, NULL, 0},
    {NULL, '4', NULL, OPTION_HIDDEN, NULL, 0},
    {NULL, '5', NULL, OPTION_HIDDEN, NULL, 0},
    {NULL, '6', NULL, OPTION_HIDDEN, NULL, 0},
    {NULL, '7', NULL, OPTION_HIDDEN, NULL, 0},
    {NULL, '8', NULL, OPTION_HIDDEN, NULL, 0},
    {NULL, '9', NULL, OPTION_HIDDEN, NULL, 0},
    {0},
};

static void take_argument(struct tui_command_line *line, char *arg, struct argp_state *state)
{
    struct tui_options *options = line->options;
    if (!line->has_run) {
        line->has_run = true;
        if (strcmp(arg, "send") == 0)
            options->run = TUI_SEND;
        else if (strcmp(arg, "watch") == 0)
            options->run = TUI_WATCH;
        else if (strcmp(arg, "devices") == 0)
            options->run = TUI_DEVICES;
        else if (strcmp(arg, "join") == 0)
            options->run = TUI_JOIN;
        else
            argp_error(state, "\"%s\" is none of send, watch, devices, join; to send it: pc-tui send '%s'",
                arg, arg);
    } else if (options->run == TUI_JOIN) {
        if (options->join.file)
            argp_error(state, "join takes one file: \"%s\"", arg);
        options->join.file = arg;
    } else if (options->run == TUI_SEND) {
        options->commands[options->command_count++] = arg;
    } else {
        argp_error(
            state, "%s takes no argument: \"%s\"", options->run == TUI_DEVICES ? "devices" : "watch", arg);
    }
}

static void check_end(const struct tui_command_line *line, struct argp_state *state)
{
    const struct tui_options *options = line->options;
    if (options->run == TUI_SEND && options->command_count == 0)
        argp_error(state, "send what? pc-tui send tilt_up, or - to read commands from standard input");
    if (options->run == TUI_JOIN && options->join.undo == (options->join.file != NULL))
        argp_error(state,
            "join FILE, with the file that pc-tui-broker add-operator wrote, or join --undo, is wanted");
    if (options->run == TUI_JOIN && broker_options_are_given(&options->broker))
        argp_error(state, "join: broker and login stand in the file, and not on the command line");
    if (options->join.undo && options->run != TUI_JOIN)
        argp_error(state, "--undo belongs to join");
    if (options->json && (options->run == TUI_SCREEN || options->run == TUI_JOIN))
        argp_error(state, "--json belongs to watch, send and devices");
    if (options->all && options->run != TUI_WATCH)
        argp_error(state, "--all belongs to watch");
}

static void print_completion(const char *shell, struct argp_state *state)
{
    static const char *const words[] = {"send", "watch", "devices", "join", NULL},
                             *const taking[] = {"send", NULL}, *const files[] = {"join", NULL};
    const struct shell_completion completion = {.program = "pc-tui",
        .argp = state->root_argp,
        .words = words,
        .cache = "pc-tui/words",
        .cache_after = taking,
        .files_after = files};
    if (shell_completion_print(stdout, shell, &completion) < 0)
        argp_error(state, "--completion %.20s: bash or zsh is wanted", shell);
    exit(fflush(stdout) == 0 ? 0 : 1);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct tui_command_line *line = state->input;
    struct tui_options *options = line->options;
    char why[PROTOCOL_WHY_SIZE];
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &options->broker;
        return 0;
    case 'c':
        if (!*arg)
            argp_error(
                state, "-c: the path of a file is wanted; without -c it is $XDG_CONFIG_HOME/pc-tui.conf");
        line->file = arg;
        return 0;
    case OPTION_TTL:
        line->given.ttl = true;
        if (tui_config_set_ttl(options, arg, why) < 0)
            argp_error(state, "--%s", why);
        return 0;
    case OPTION_TIMEOUT:
        line->given.timeout = true;
        if (tui_config_set_timeout(options, arg, why) < 0)
            argp_error(state, "--%s", why);
        return 0;
    case OPTION_READ_ONLY:
        options->ui.read_only = true;
        return 0;
    case OPTION_ASCII:
        options->ascii = true;
        return 0;
    case OPTION_NO_MOUSE:
        line->given.mouse = true;
        options->mouse = false;
        return 0;
    case OPTION_JSON:
        options->json = true;
        return 0;
    case OPTION_UNDO:
        options->join.undo = true;
        return 0;
    case OPTION_ALL:
        options->all = true;
        return 0;
    case OPTION_COMPLETION:
        print_completion(arg, state);
        return 0;
    case OPTION_VERSION:
        printf("pc-tui %s\n", PROJECT_VERSION);
        exit(0);
    case ARGP_KEY_ARG:
        take_argument(line, arg, state);
        return 0;
    case ARGP_KEY_END:
        check_end(line, state);
        return 0;
    default:
        break;
    }
    if (key >= '0' && key <= '9') {
        argp_error(state, "a number alone is no command: quote the whole command, as in 'tilt -20'");
        return EINVAL;
    }
    return ARGP_ERR_UNKNOWN;
}

// The file that is read without -c, whether it is there or not; "" where the environment names no home.
static void default_file(char out[PATH_MAX])
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    int n = 0;
    out[0] = '\0';
    if (config && config[0] == '/')
        n = snprintf(out, PATH_MAX, "%s/pc-tui.conf", config);
    else if (home && home[0] == '/')
        n = snprintf(out, PATH_MAX, "%s/.config/pc-tui.conf", home);
    if (n >= PATH_MAX)
        out[0] = '\0';
}

// What was joined goes over what the file says of brokers.
static int read_joined(struct tui_options *options, const char *path)
{
    char why[CONFIG_WHY_SIZE], directory[JOINED_PATH_SIZE];
    joined_directory(path, directory);
    int rc = joined_read(&options->broker, directory, why);
    if (rc < 0)
        log_error("%s", why);
    return rc;
}

static int prepare_join(struct tui_options *options, const char *path)
{
    if (joined_directory(path, options->join.directory))
        return 0;
    if (path[0])
        log_error("-c %.200s: its name does not end in .conf", path);
    else
        log_error("join: neither XDG_CONFIG_HOME nor HOME is set; say -c FILE.conf");
    return -EINVAL;
}

static int load(struct tui_options *options, int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&broker_options_argp, 0, "Broker and device, as mosquitto_pub names them:", 1}, {0}};
    static const struct argp argp = {.options = argp_options,
        .parser = parse,
        .args_doc = "\nsend COMMAND...\nwatch\ndevices\njoin FILE\njoin --undo",
        .doc =
            "Drives the servos, switches and dimmers of a Jetson Nano over MQTT.\v"
            "Without a subcommand: the screen; ? there shows the keys. send publishes each COMMAND "
            "('tilt 20', led_on, 'sleep 500ms'; - reads them from standard input), waits for the device's "
            "own "
            "echo and prints it; it exits 0 ok or limit, 1 refused by the device, 2 usage or "
            "configuration, 3 no "
            "echo or no device, 4 no broker. watch prints a line a status. devices lists the devices and their "
            "addresses; it exits 3 where there is none. join "
            "connects to a broker of pc-tui-broker, by the file that add-operator wrote there; - = standard "
            "input.",
        .children = children};
    struct tui_command_line line = {.options = options};
    char why[PROTOCOL_WHY_SIZE], path[PATH_MAX];

    *options =
        (struct tui_options){.ttl_ms = PROTOCOL_TTL_MS, .timeout_ms = TIMEOUT_DEFAULT_MS, .mouse = true};
    broker_options_init(&options->broker);
    options->commands = argv + 1; // argp has read an argument before its place here is overwritten
    argp_err_exit_status = 2;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &line);

    bool waits_briefly = options->run == TUI_DEVICES && !line.given.timeout;
    default_file(path);
    const char *file = line.file ? line.file : path;
    options->argc = argc;
    options->argv = argv;
    snprintf(options->file, sizeof options->file, "%s", file);
    if (options->run == TUI_JOIN)
        return prepare_join(options, file);
    if (read_joined(options, file) < 0)
        return -EINVAL;
    if ((line.file || access(path, F_OK) == 0) && tui_config_file_read(options, file, &line.given) < 0)
        return -EINVAL;
    if (waits_briefly)
        options->timeout_ms = DEVICES_DEFAULT_MS;
    if (options->broker.broker_count == 0)
        broker_options_add_hosts(&options->broker, "localhost", why);
    memcpy(options->ui.device, options->broker.device, sizeof options->ui.device);
    if (options->broker.password_on_command_line)
        log_warning("-P: other users of this machine can see the password; use --password-file");
    if (options->broker.warning[0])
        log_warning("%s", options->broker.warning);
    if (broker_options_check(&options->broker, "localhost", why) < 0) {
        log_error("%s", why);
        return -EINVAL;
    }
    return 0;
}

int tui_config_load(struct tui_options *options, int argc, char **argv)
{
    char why[PROTOCOL_WHY_SIZE];
    int rc = load(options, argc, argv);
    if (rc < 0 || options->run == TUI_JOIN)
        return rc;
    if (options->broker.user_without_password && password_ask(options->broker.user, options->broker.password,
                                                     sizeof options->broker.password, why) < 0) {
        log_error("%s", why);
        return -EINVAL;
    }
    return 0;
}

int tui_config_renew(const struct tui_options *was, struct tui_options *now)
{
    log_mute(true);
    int rc = load(now, was->argc, was->argv);
    log_mute(false);
    // Nobody is asked for it again.
    if (rc == 0 && now->broker.user_without_password && strcmp(now->broker.user, was->broker.user) == 0)
        memcpy(now->broker.password, was->broker.password, sizeof now->broker.password);
    return rc;
}

void tui_config_watch(const struct tui_options *options, struct recheck *recheck)
{
    char directory[JOINED_PATH_SIZE], joined[JOINED_PATH_SIZE + 16];
    recheck_forget(recheck);
    recheck_watch(recheck, options->file);
    if (joined_directory(options->file, directory)) {
        snprintf(joined, sizeof joined, "%s/broker.conf", directory);
        recheck_watch(recheck, joined);
    }
    broker_watch(&options->broker, recheck);
}
