// SPDX-License-Identifier: MIT
#include "nano-agent/config/config.h"

#include <errno.h>
#include <event2/event.h>
#include <jansson.h>
#include <mosquitto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/array.h"
#include "common/join/joined.h"
#include "common/shell_completion.h"
#include "common/text.h"
#include "nano-agent/board/board.h"
#include "nano-agent/config/config_broker.h"
#include "nano-agent/config/config_channels.h"
#include "nano-agent/config/config_repertoire.h"
#include "nano-agent/hw/gpio.h"

enum {
    OPTION_SIM = 0x400,
    OPTION_BOARD,
    OPTION_STATE,
    OPTION_MOTORS,
    OPTION_DIR,
    OPTION_UNDO,
    OPTION_COMPLETION,
    OPTION_VERSION
};

enum { BOARDS_MAX = 32 };

void config_init(struct config *config)
{
    *config = (struct config){.lost_after_ms = 3000, .memory_limit_mib = 64, .log_level = LOG_LEVEL_INFO};
    broker_options_init(&config->broker);
    config->agent.report_ms = 1000;
}

static enum log_level log_level_of(const char *word)
{
    return !strcmp(word, "error")     ? LOG_LEVEL_ERROR
           : !strcmp(word, "warning") ? LOG_LEVEL_WARNING
           : !strcmp(word, "debug")   ? LOG_LEVEL_DEBUG
                                      : LOG_LEVEL_INFO;
}

static int read_top(struct config_file *file, struct config *out)
{
    cfg_t *top = file->cfg;
    char why[PROTOCOL_WHY_SIZE] = "";
    const char *key;
    if (config_file_has(file, top, "broker") && cfg_size(top, "broker") == 0)
        return config_file_refuse(file, config_file_line(file, top, "broker"),
            "broker is given twice, the second time empty; keep one");
    if (broker_options_from_cfg(&out->broker, top, &key, why) < 0)
        return config_file_refuse(file, config_file_line(file, top, key), "%s", why);
    out->agent.report_ms = (int)config_file_number(file, top, CONFIG_TOP, "report", 0);
    out->memory_limit_mib = (int)config_file_number(file, top, CONFIG_TOP, "memory_limit", 0);
    if (out->memory_limit_mib > 0 && out->memory_limit_mib < 16)
        return config_file_refuse(file, config_file_line(file, top, "memory_limit"),
            "memory_limit = %d; 0 (none), or at least 16 MiB, is wanted", out->memory_limit_mib);

    out->log_level = log_level_of(config_file_text(file, top, CONFIG_TOP, "log", 0));

    if (config_file_has(file, top, "state")) {
        const char *path = config_file_text(file, top, CONFIG_TOP, "state", 0);
        if (strlen(path) >= sizeof out->state)
            return config_file_refuse(
                file, config_file_line(file, top, "state"), "state: the path is too long");
        snprintf(out->state, sizeof out->state, "%s", path);
        out->state_given = true;
    }

    // The broker answers each heartbeat, and that is what proves the link. With fewer than two heartbeats in the time a
    // good link would look lost.
    int report_ms = out->agent.report_ms;
    if (!config_file_has(file, top, "lost_after")) {
        out->lost_after_ms = report_ms > 1000 ? 3 * report_ms : 3000;
        return 0;
    }
    out->lost_after_ms = (int)config_file_number(file, top, CONFIG_TOP, "lost_after", 0);
    if (out->lost_after_ms < 2 * report_ms)
        return config_file_refuse(file, config_file_line(file, top, "lost_after"),
            "lost_after must be at least twice report (%d.%03d s), or a good link looks lost",
            report_ms / 1000, report_ms % 1000);
    return 0;
}

const char *config_model(const struct config *config)
{
    if (*config->board)
        return config->board;
    const char *model = board_detect(board_device_tree());
    return model || !config->sim ? model : "JETSON_NANO";
}

int config_parse(const char *text, const char *path, struct config *out, char why[1024])
{
    struct config_file file;
    const char *model = config_model(out);
    struct key_table sections[CHANNEL_KINDS];
    int rc = config_file_open(&file, config_channels_keys(sections), text, path, why);
    if (!rc)
        rc = read_top(&file, out);
    if (!rc)
        rc = config_channels_build(&file, model, out);
    if (!rc)
        rc = config_words_build(&file, out);
    config_file_close(&file);
    return rc;
}

static void print_version(void)
{
    int major, minor, revision;
    mosquitto_lib_version(&major, &minor, &revision);
    printf("nano-agent %s (libmosquitto %d.%d.%d, libevent %s, jansson %s, libconfuse %s, libgpiod %s)\n",
        PROJECT_VERSION, major, minor, revision, event_get_version(), JANSSON_VERSION, confuse_version,
        gpio_library_version());
}

struct arguments {
    struct config *config;
    bool version;
    char path[4096]; // -c
};

static const struct argp_option options[] = {
    {"config", 'c', "FILE", 0, "Configuration (default " CONFIG_DEFAULT_PATH ")", 0},
    {"sim", OPTION_SIM, NULL, 0, "Simulate every output: print what would change at the pins", 0},
    {"board", OPTION_BOARD, "NAME", 0, "Whose header `pin N` is, instead of finding out (JETSON_NANO, …)", 0},
    {"state", OPTION_STATE, "FILE", 0,
        "Keep the servos' positions there; \"\" keeps none (default /var/lib/nano-agent/positions, with "
        "--sim none)",
        0},
    {"motors", OPTION_MOTORS, NULL, 0,
        "With check: turn each side of each motor alone, wheels off the ground; asks first", 0},
    {"verbose", 'v', NULL, 0,
        "Log state changes, the configuration as understood, and why each status is sent", 0},
    {"dir", OPTION_DIR, "DIR", 0,
        "join: write there (default: as the configuration, without .conf: /etc/nano-agent)", 0},
    {"undo", OPTION_UNDO, NULL, 0, "join: take it back", 0},
    {"completion", OPTION_COMPLETION, "SHELL", 0, "Print the completion for bash or zsh", -1},
    {"version", OPTION_VERSION, NULL, 0, "Print the version, and those of the libraries", -1},
    {NULL, 0, NULL, 0, NULL, 0},
};

static void check_board(const char *name, struct argp_state *state)
{
    const char *models[BOARDS_MAX];
    size_t count = 0;
    while (count < BOARDS_MAX && (models[count] = board_model(count)))
        count++;
    if (board_known(name))
        return;
    const char *nearest = text_nearest(name, models, count);
    if (nearest)
        argp_error(state, "--board %.40s: unknown; did you mean %s?", name, nearest);
    char all[1024] = "";
    size_t len = 0;
    for (size_t i = 0; i < count && len < sizeof all; i++)
        len += (size_t)snprintf(all + len, sizeof all - len, "%s%s", i ? ", " : "", models[i]);
    argp_error(state, "--board %.40s: unknown; there is %s", name, all);
}

static void print_completion(const char *shell, struct argp_state *state)
{
    static const char *const words[] = {"check", "pins", "zero", "join", NULL}, *const files[] = {
                                                                                    "join", NULL};
    const struct shell_completion completion = {
        .program = "nano-agent", .argp = state->root_argp, .words = words, .files_after = files};
    if (shell_completion_print(stdout, shell, &completion) < 0)
        argp_error(state, "--completion %.20s: bash or zsh is wanted", shell);
    exit(fflush(stdout) == 0 ? 0 : 1);
}

static void copy_path(char out[4096], const char *arg, const char *option, struct argp_state *state)
{
    if (strlen(arg) >= 4096)
        argp_error(state, "%s: the path is too long", option);
    snprintf(out, 4096, "%s", arg);
}

static void take_argument(struct config *config, const char *arg, struct argp_state *state)
{
    static const struct {
        const char *word;
        enum config_task task;
    } tasks[] = {{"check", TASK_CHECK}, {"pins", TASK_PINS}, {"zero", TASK_ZERO}, {"join", TASK_JOIN}};
    if (config->task == TASK_JOIN && !config->join.file[0]) {
        copy_path(config->join.file, arg, "join", state);
        return;
    }
    for (size_t i = 0; i < ARRAY_LENGTH(tasks) && config->task == TASK_RUN; i++) {
        if (!strcmp(arg, tasks[i].word)) {
            config->task = tasks[i].task;
            return;
        }
    }
    if (config->task == TASK_JOIN)
        argp_error(state, "%.64s: join takes one file", arg);
    else
        argp_error(state, "%.64s: nothing but options, or one of check, pins, zero and join, is wanted", arg);
}

static void check_end(const struct config *config, struct argp_state *state)
{
    const struct config_join *join = &config->join;
    if (config->task != TASK_JOIN) {
        if (join->undo || join->directory[0])
            argp_error(state, "--dir and --undo belong to join");
        return;
    }
    if (join->undo ? join->file[0] != '\0' : join->file[0] == '\0')
        argp_error(
            state, "join FILE, with the file that pc-tui-broker add-device wrote, or join --undo, is wanted");
    if (broker_options_are_given(&config->broker))
        argp_error(state, "join: broker, login and device stand in the file, and not on the command line");
}

static error_t parse_option(int option, char *arg, struct argp_state *state)
{
    struct arguments *line = state->input;
    switch (option) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &line->config->broker;
        return 0;
    case 'c':
        if (!*arg)
            argp_error(state, "-c: the path of a file is wanted; without -c it is " CONFIG_DEFAULT_PATH);
        copy_path(line->path, arg, "-c", state);
        return 0;
    case 'v':
        line->config->log_level = LOG_LEVEL_DEBUG;
        return 0;
    case OPTION_SIM:
        line->config->sim = true;
        return 0;
    case OPTION_BOARD:
        check_board(arg, state);
        snprintf(line->config->board, sizeof line->config->board, "%s", arg);
        return 0;
    case OPTION_MOTORS:
        line->config->try_motors = true;
        return 0;
    case OPTION_STATE:
        if (strlen(arg) >= sizeof line->config->state)
            argp_error(state, "--state: the path is too long");
        snprintf(line->config->state, sizeof line->config->state, "%s", arg);
        line->config->state_given = true;
        return 0;
    case OPTION_COMPLETION:
        print_completion(arg, state);
        return 0;
    case OPTION_VERSION:
        line->version = true;
        return 0;
    case OPTION_DIR:
        copy_path(line->config->join.directory, arg, "--dir", state);
        return 0;
    case OPTION_UNDO:
        line->config->join.undo = true;
        return 0;
    case ARGP_KEY_ARG:
        take_argument(line->config, arg, state);
        return 0;
    case ARGP_KEY_END:
        check_end(line->config, state);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static int refuse_file(struct config *out, bool lenient, const char *who, const char *why)
{
    if (out->task == TASK_RUN && !lenient) {
        fprintf(stderr, "%s%s\n", who, why);
        return 2;
    }
    snprintf(out->mistake, sizeof out->mistake, "%s", why);
    out->agent.count = out->agent.pose_count = out->agent.words_count = 0;
    return -1;
}

// The broker that a file with a mistake names. text is NULL where the file could not be read.
static void read_broker_alone(const char *text, struct config *out)
{
    char ignored[CONFIG_WHY_SIZE];
    broker_options_init(&out->broker);
    out->broker_known = text && joined_read(&out->broker, out->joined, ignored) >= 0 &&
                        config_broker_part(text, &out->broker) == 0;
}

static int read_configuration(const char *path, bool lenient, struct config *out)
{
    const char *shown = path ? path : CONFIG_DEFAULT_PATH;
    char why[CONFIG_WHY_SIZE];
    char *text = config_text_read(shown);
    if (!text && (path || errno != ENOENT)) {
        snprintf(why, sizeof why, "%.512s: %s", shown,
            errno == ENOTSUP  ? "is UTF-16; save it as UTF-8"
            : errno == EILSEQ ? "holds a NUL byte; this is no configuration"
                              : strerror(errno));
        snprintf(out->path, sizeof out->path, "%s", shown);
        return refuse_file(out, lenient, "nano-agent: ", why);
    }
    if (text)
        snprintf(out->path, sizeof out->path, "%s", shown);
    joined_directory(shown, out->joined);
    int rc = joined_read(&out->broker, out->joined, why);
    if (rc == 0)
        out->joined[0] = '\0';
    if (rc < 0) {
        free(text);
        return refuse_file(out, lenient, "", why);
    }
    rc = config_parse(text ? text : config_default_text, text ? shown : "built-in default", out, why);
    if (rc < 0)
        read_broker_alone(text, out);
    free(text);
    return rc < 0 ? refuse_file(out, lenient, out->path[0] ? "" : "nano-agent: ", why) : -1;
}

// Where the files of a join are. join needs no configuration: it is for a board that is not reached yet.
static int prepare_join(const struct arguments *line, struct config *out)
{
    *out = *line->config;
    if (out->join.directory[0])
        return -1;
    const char *path = line->path[0] ? line->path : CONFIG_DEFAULT_PATH;
    if (joined_directory(path, out->join.directory))
        return -1;
    fprintf(stderr, "nano-agent: %.200s: its name does not end in .conf; say --dir DIR\n", path);
    return 2;
}

int config_from_arguments(int argc, char **argv, bool lenient, struct config *out)
{
    static const struct argp_child children[] = {{&broker_options_argp, 0, "Broker:", 0}, {NULL, 0, NULL, 0}};
    static const struct argp argp = {options, parse_option, "[check | pins | zero]\njoin FILE\njoin --undo",
        "Drives this board's GPIO and PWM by commands from an MQTT broker.\n\n"
        "check  tells whether configuration, hardware and broker are as they should be, changing nothing\n"
        "pins   draws the 40-pin header and what the configuration uses of it\n"
        "zero   switches off the motors of an agent that crashed; the service does it by itself\n"
        "join   connects it to a broker of pc-tui-broker, by the file that add-device wrote there; - = standard input\v"
        "Exit status: 0 stopped cleanly, 2 a mistake in options or configuration, 1 anything "
        "else; of check: 0 all is well, 1 something is not; of zero: 0 all are off, 1 one is not.",
        children, NULL, NULL};
    argp_err_exit_status = 2;

    // The command line is read twice. The first time finds -c, --sim and --board, on which the meaning of the file depends.
    // The second time lets the other options win over the file.
    struct config *first = malloc(sizeof *first);
    if (!first) {
        fprintf(stderr, "nano-agent: out of memory\n");
        return 2;
    }
    config_init(first);
    struct arguments line = {.config = first};
    if (argp_parse(&argp, argc, argv, 0, NULL, &line) != 0)
        goto usage;
    if (line.version) {
        free(first);
        print_version();
        return 0;
    }
    if (first->task == TASK_JOIN) {
        int joins = prepare_join(&line, out);
        free(first);
        return joins;
    }
    config_init(out);
    out->sim = first->sim;
    out->task = first->task;
    if (first->try_motors && first->task != TASK_CHECK) {
        fprintf(stderr, "nano-agent: --motors: nano-agent check --motors is wanted\n");
        goto usage;
    }
    if (out->task == TASK_ZERO) { // what it needs was written down when the agent started
        free(first);
        return -1;
    }
    snprintf(out->board, sizeof out->board, "%s", first->board);
    int status = read_configuration(line.path[0] ? line.path : NULL, lenient, out);
    if (status >= 0) {
        free(first);
        return status;
    }
    // The positions that the file's `state` names are those of the real servos.
    if (out->sim)
        out->state[0] = '\0';
    else if (!out->state_given)
        store_default_path(out->state);
    line.config = out;
    out->task = TASK_RUN; // the second reading finds the sub-command again
    if (argp_parse(&argp, argc, argv, 0, NULL, &line) != 0)
        goto usage;
    free(first);
    snprintf(out->agent.root, sizeof out->agent.root, "%s", out->broker.root);
    snprintf(out->agent.device, sizeof out->agent.device, "%s", out->broker.device);
    char why[PROTOCOL_WHY_SIZE];
    if (broker_options_check(&out->broker, CONFIG_DEFAULT_BROKER, why) < 0) {
        out->broker_known = false;
        if (out->mistake[0] == '\0')
            return refuse_file(out, lenient, "nano-agent: ", why);
    }
    if (config_words_check_root(out, why) < 0 && out->mistake[0] == '\0')
        return refuse_file(out, lenient, "nano-agent: ", why);
    return -1;
usage:
    free(first);
    return 2;
}
