// SPDX-License-Identifier: MIT
// The command line, the file and the history of pc-tui.
#include <event2/event.h>
#include <pty.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/log.h"
#include "pc-tui/config/config.h"
#include "pc-tui/config/duration.h"
#include "pc-tui/config/password.h"
#include "pc-tui/file_writer.h"
#include "pc-tui/history_file.h"

enum { ARGS_MAX = 16 };

static char directory[] = "/tmp/test_tui_config.XXXXXX";
static char file_path[64], history_file[128];

static void write_file(const char *text)
{
    FILE *file = fopen(file_path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static char *output_of(FILE *file)
{
    static char text[16384];
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    return text;
}

// Loads in a child: what argp refuses ends the process. Returns its exit status, 0 where all was well, and
// what it wrote in *said.
static int load_in_child(const char **said, char **argv)
{
    static FILE *err;
    int argc = 0, status = 0;
    while (argv[argc])
        argc++;
    if (err)
        fclose(err);
    err = tmpfile();
    assert_non_null(err);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static struct tui_options options;
        setsid(); // no terminal: nobody can be asked for a password
        dup2(fileno(err), STDERR_FILENO);
        dup2(fileno(err), STDOUT_FILENO);
        _exit(tui_config_load(&options, argc, argv) < 0 ? 2 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    *said = output_of(err);
    return WEXITSTATUS(status);
}

#define REFUSED(part, ...)                                                                                   \
    do {                                                                                                     \
        const char *said;                                                                                    \
        char *argv[] = {"pc-tui", __VA_ARGS__, NULL};                                                        \
        assert_int_equal(load_in_child(&said, argv), 2);                                                     \
        if (!strstr(said, part))                                                                             \
            fail_msg("\"%s\" is not in: %s", part, said);                                                    \
    } while (0)

static struct tui_options *load(const char *first, ...)
{
    static struct tui_options options;
    static char *argv[ARGS_MAX];
    int argc = 0;
    va_list args;
    argv[argc++] = "pc-tui";
    va_start(args, first);
    for (const char *arg = first; arg && argc < ARGS_MAX - 1; arg = va_arg(args, const char *))
        argv[argc++] = (char *)(uintptr_t)arg;
    va_end(args);
    argv[argc] = NULL;
    assert_int_equal(tui_config_load(&options, argc, argv), 0);
    return &options;
}

static void the_defaults_are_the_screen_at_localhost(void **state)
{
    (void)state;
    const struct tui_options *options = load(NULL);
    assert_int_equal(options->run, TUI_SCREEN);
    assert_int_equal(options->broker.broker_count, 1);
    assert_string_equal(options->broker.brokers[0].host, "localhost");
    assert_int_equal(options->ttl_ms, 1500);
    assert_int_equal(options->timeout_ms, 5000);
    assert_false(options->ui.read_only || options->ascii || options->json);
}

static void send_takes_each_argument_as_one_command(void **state)
{
    (void)state;
    const struct tui_options *options =
        load("-h", "nano:1884", "--ttl", "500ms", "send", "tilt -20", "--timeout=2", "led_on", "-", NULL);
    assert_int_equal(options->run, TUI_SEND);
    assert_int_equal(options->command_count, 3);
    assert_string_equal(options->commands[0], "tilt -20");
    assert_string_equal(options->commands[1], "led_on");
    assert_string_equal(options->commands[2], "-");
    assert_int_equal(options->ttl_ms, 500);
    assert_int_equal(options->timeout_ms, 2000);
    assert_string_equal(options->broker.brokers[0].host, "nano");
}

static void watch_takes_json_and_device_goes_to_the_screen(void **state)
{
    (void)state;
    const struct tui_options *options = load("--device", "lab", "watch", "--json", NULL);
    assert_int_equal(options->run, TUI_WATCH);
    assert_true(options->json);
    assert_string_equal(options->ui.device, "lab");
}

static void usage_errors_exit_with_2(void **state)
{
    (void)state;
    REFUSED("quote the whole command", "send", "tilt", "-20");
    REFUSED("quote the whole command", "-5");
    REFUSED("send what?", "send");
    REFUSED("none of send, watch", "tilt_up");
    REFUSED("no argument", "watch", "it");
    REFUSED("--json belongs to watch", "--json");
    REFUSED("unrecognized option", "--nonsense");
    REFUSED("500ms, 1.5s or 2", "--ttl", "soon");
    REFUSED("500ms, 1.5s or 2", "--ttl", "1h");
    REFUSED("100ms", "--ttl", "1500");
    REFUSED("100ms", "--timeout", "1ms");
}

static void u_alone_needs_a_terminal(void **state)
{
    (void)state;
    REFUSED("no terminal", "-u", "operator");
    const struct tui_options *options = load("-u", "operator", "--password-file", file_path, NULL);
    assert_string_equal(options->broker.password, "secret");
}

// Asks in a child with a terminal of its own, types, and returns what the terminal showed. *status becomes
// the child's: 0, or 1 where it got no password, 2 where it was left without echo.
static const char *ask_on_a_terminal(const char *typed, int *status)
{
    static char shown[4096];
    size_t len = 0;
    int terminal = -1;
    pid_t child = forkpty(&terminal, NULL, NULL, NULL);
    assert_true(child >= 0);
    if (child == 0) {
        char password[8], why[PROTOCOL_WHY_SIZE];
        struct termios after;
        int rc = password_ask("operator", password, sizeof password, why);
        if (tcgetattr(STDIN_FILENO, &after) < 0 || !(after.c_lflag & ECHO))
            _exit(2);
        _exit(rc < 0 || strcmp(password, "secret") != 0);
    }
    shown[0] = '\0';
    bool asked = false;
    for (;;) { // the test's own time limit ends what never comes
        ssize_t n = read(terminal, shown + len, sizeof shown - 1 - len);
        if (n <= 0)
            break;
        len += (size_t)n;
        shown[len] = '\0';
        if (!asked && strstr(shown, "operator: ")) {
            asked = true;
            assert_int_equal(write(terminal, typed, strlen(typed)), strlen(typed));
        }
    }
    assert_int_equal(waitpid(child, status, 0), child);
    close(terminal);
    assert_true(WIFEXITED(*status));
    *status = WEXITSTATUS(*status);
    return shown;
}

static void a_password_is_asked_for_without_echo(void **state)
{
    (void)state;
    int status = -1;
    const char *shown = ask_on_a_terminal("secret\n", &status);
    assert_int_equal(status, 0);
    assert_null(strstr(shown, "secret"));
}

static void ctrl_c_at_the_question_leaves_the_echo_on(void **state)
{
    (void)state;
    int status = -1;
    ask_on_a_terminal("sec\x03", &status);
    assert_int_equal(status, 1);
    ask_on_a_terminal("much too long\n", &status);
    assert_int_equal(status, 1);
}

static int write_password(void **state)
{
    (void)state;
    write_file("secret\n");
    return 0;
}

static void a_password_on_the_command_line_is_warned_of(void **state)
{
    (void)state;
    const char *said;
    char *argv[] = {"pc-tui", "-u", "operator", "-P", "secret", NULL};
    assert_int_equal(load_in_child(&said, argv), 0);
    assert_non_null(strstr(said, "--password-file"));
    assert_null(strstr(said, "secret"));
}

static void the_command_line_goes_before_the_file(void **state)
{
    (void)state;
    write_file("broker = {\"one\", \"two:1884\"}\nttl = \"3s\"\ntimeout = \"1s\"\nread_only = true\n"
               "ascii = true\ndevice = \"lab\"\n");
    const struct tui_options *options = load("-c", file_path, NULL);
    assert_int_equal(options->broker.broker_count, 2);
    assert_string_equal(options->broker.brokers[1].host, "two");
    assert_int_equal(options->ttl_ms, 3000);
    assert_int_equal(options->timeout_ms, 1000);
    assert_true(options->ui.read_only && options->ascii);
    assert_string_equal(options->ui.device, "lab");
    options = load("--ttl=1", "-c", file_path, "-h", "three", "--timeout", "4", NULL);
    assert_int_equal(options->broker.broker_count, 1);
    assert_string_equal(options->broker.brokers[0].host, "three");
    assert_int_equal(options->ttl_ms, 1000);
    assert_int_equal(options->timeout_ms, 4000);
}

static void the_usual_file_is_read_where_it_is(void **state)
{
    (void)state;
    char usual[128];
    snprintf(usual, sizeof usual, "%s/pc-tui.conf", directory);
    write_file("root = \"lab2/jetson\"\n");
    assert_int_equal(rename(file_path, usual), 0);
    assert_string_equal(load(NULL)->broker.root, "lab2/jetson");
    assert_int_equal(unlink(usual), 0);
    assert_string_equal(load(NULL)->broker.root, "jetson");
    REFUSED("No such file", "-c", "/nonexistent/pc-tui.conf");
}

static void presets_are_read(void **state)
{
    (void)state;
    write_file("preset F5 { label = \"look up\" command = \"tilt 20\" }\n"
               "preset v { command = \"led_on\" }\npreset \"<C-g>\" { command = \"led_off\" }\n");
    const struct tui_options *options = load("-c", file_path, NULL);
    assert_int_equal(options->ui.preset_count, 3);
    assert_string_equal(options->ui.presets[0].key, "<F5>");
    assert_string_equal(options->ui.presets[0].label, "look up");
    assert_string_equal(options->ui.presets[0].command, "tilt 20");
    assert_string_equal(options->ui.presets[1].key, "v");
    assert_string_equal(options->ui.presets[1].label, "led_on");
    assert_string_equal(options->ui.presets[2].key, "<C-g>");
}

static void what_is_wrong_in_the_file_is_named_with_its_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *said;
    } wrong[] = {
        {"\ncolour = 3\n", ":2:"}, {"\nqos = much\n", ":2:"}, {"ttl = \"never\"\n", "ttl"},
        {"qos = 7\n", "qos"}, {"preset k { command = \"tilt 20\" }\n", "tilt-up"},
        {"preset \" \" { command = \"tilt 20\" }\n", "stop already"},
        {"preset F99 { command = \"tilt 20\" }\n", "no key"},
        {"preset F5 { label = \"x\" }\n", "command is missing"},
        {"preset F5 { command = \"tilt 1e3\" }\n", "preset F5"},
        {"preset F5 { command = \"stop\" }\npreset F5 { command = \"off\" }\n", "F5"},
        {"preset F5 { command = \"stop\" }\npreset \"<f5>\" { command = \"off\" }\n", "given twice"},
        {"preset F5 { command = \"stop\" sound = 1 }\n", "sound"},
        {"\n/* a\ncomment */\nlogin {\n us = \"x\" }\n", ":5:"},
        {"rot = \"x\"\n", "unknown key rot; did you mean root?"},
        {"preset F5 { comand = \"stop\" }\n", "unknown key comand; did you mean command?"},
        {"mouse = perhaps\n", "true or false is wanted"},
        {"root = a\n\nroot = b\n", ":3: root is given twice; line 1 has it already"},
        {"preset F5 { label = a\n label = b command = stop }\n", ":2: label is given twice; line 1"},
        {"login { user = a }\nlogin { }\n", "login is given twice; line 1"},
        {"ttl = 1s\nbroker = {}\n", ":2: broker = {}; at least one value is wanted"},
        {"preset { command = stop }\n", "write its name in front of the {"},
        {"\n\"\"\n", ":2:"}, // of which libconfuse says nothing
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        write_file(wrong[i].text);
        REFUSED(wrong[i].said, "-c", file_path);
        REFUSED(file_path, "-c", file_path);
    }
}

static void the_mouse_is_taken_unless_somebody_says_no(void **state)
{
    (void)state;
    assert_true(load(NULL)->mouse);
    assert_false(load("--no-mouse", NULL)->mouse);
    write_file("mouse = false\n");
    assert_false(load("-c", file_path, NULL)->mouse);
    write_file("mouse = true\n");
    assert_false(load("-c", file_path, "--no-mouse", NULL)->mouse);
}

static void options_of_one_subcommand_are_refused_elsewhere(void **state)
{
    (void)state;
    assert_true(load("watch", "--all", NULL)->all);
    assert_true(load("send", "--json", "led_on", NULL)->json);
    REFUSED("--all belongs to watch", "send", "--all", "led_on");
    REFUSED("--json belongs to watch, send and devices", "--json");
    assert_true(load("devices", "--json", NULL)->json);
    REFUSED("devices takes no argument", "devices", "nano");
    assert_int_equal(load("devices", NULL)->timeout_ms, 1000);
    assert_int_equal(load("devices", "--timeout", "2s", NULL)->timeout_ms, 2000);
    assert_int_equal(load("watch", NULL)->timeout_ms, 5000);
}

static int save(const char *path, const struct line_history *history)
{
    char *text = history_text(history);
    int rc = file_writer_write(path, text);
    free(text);
    return rc;
}

static void take_result(void *ctx, int rc)
{
    *(int *)ctx = rc;
}

static void the_history_is_written_by_a_thread(void **state)
{
    (void)state;
    static struct line_history history;
    struct event_base *base = event_base_new();
    int result = 1;
    char path[96];
    snprintf(path, sizeof path, "%s/threaded/history", directory);
    assert_non_null(base);
    struct file_writer *writer = file_writer_new(base, path, take_result, &result);
    assert_non_null(writer);
    line_history_add(&history, "led_on");
    file_writer_save(writer, history_text(&history));
    line_history_add(&history, "led_off");
    file_writer_save(writer, history_text(&history));
    event_base_loop(base, EVLOOP_ONCE);
    assert_int_equal(result, 0);
    file_writer_free(writer); // waits for what is left
    static struct line_history again;
    assert_int_equal(history_load(path, &again), 0);
    assert_int_equal(again.count, 2);
    assert_string_equal(again.entries[1], "led_off");

    result = 1;
    writer = file_writer_new(base, "/proc/nowhere/history", take_result, &result);
    assert_non_null(writer);
    file_writer_save(writer, history_text(&history));
    event_base_loop(base, EVLOOP_ONCE);
    assert_true(result < 0);
    file_writer_free(writer);
    event_base_free(base);
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

static void durations_have_units(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int ms;
    } right[] = {{"500ms", 500}, {"1.5s", 1500}, {"2", 2000}, {"0", 0}, {"0.25", 250}, {"1.2345s", 1234},
        {"86400s", 86400000}, {"86400000ms", 86400000}};
    static const char *const wrong[] = {"", "s", "-1", "+1", " 1", "1 s", "1.", ".5", "1.5ms", "1m", "1e3",
        "86401", "99999999999999999999", "1s "};
    int ms = -1;
    for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
        assert_int_equal(duration_parse_ms(right[i].text, &ms), 0);
        assert_int_equal(ms, right[i].ms);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (duration_parse_ms(wrong[i], &ms) == 0)
            fail_msg("\"%s\" was taken for %d ms", wrong[i], ms);
}

static void the_history_is_kept_for_its_owner_only(void **state)
{
    (void)state;
    static struct line_history written, read;
    struct stat status;
    umask(0);
    memset(&written, 0, sizeof written);
    line_history_add(&written, "tilt 20");
    line_history_add(&written, "led_on");
    written.has_device = true;
    snprintf(written.device, sizeof written.device, "nano-lab2");
    assert_int_equal(history_path(history_file, sizeof history_file), 0);
    assert_int_equal(history_load(history_file, &read), 0); // not there: empty
    assert_int_equal(read.count, 0);
    assert_int_equal(save(history_file, &written), 0);
    assert_int_equal(save(history_file, &written), 0);
    assert_int_equal(stat(history_file, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    assert_int_equal(history_load(history_file, &read), 0);
    assert_int_equal(read.count, 2);
    assert_string_equal(read.entries[1], "led_on");
    assert_int_equal(read.at, 2);
    assert_true(read.has_device);
    assert_string_equal(read.device, "nano-lab2");
}

static void a_history_that_was_tampered_with_is_cleaned(void **state)
{
    (void)state;
    static struct line_history read;
    write_file("tilt\x1b]0;x\x07 20\n\n\xff\n");
    assert_int_equal(history_load(file_path, &read), 0);
    assert_int_equal(read.count, 1);
    assert_string_equal(read.entries[0], "tilt]0;x 20");
}

static void a_history_that_cannot_be_written_is_an_error_and_leaves_nothing(void **state)
{
    (void)state;
    static struct line_history history;
    memset(&history, 0, sizeof history);
    assert_true(save("/proc/nothing/history", &history) < 0);
    char name[300];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    assert_true(save(name, &history) < 0);
}

static int make_directory(void **state)
{
    (void)state;
    log_init("pc-tui", LOG_LEVEL_INFO);
    if (!mkdtemp(directory))
        return -1;
    snprintf(file_path, sizeof file_path, "%s/file", directory);
    setenv("XDG_CONFIG_HOME", directory, 1);
    setenv("XDG_STATE_HOME", directory, 1);
    return 0;
}

static int remove_directory(void **state)
{
    (void)state;
    char path[128];
    unlink(history_file);
    unlink(file_path);
    snprintf(path, sizeof path, "%s/pc-tui", directory);
    rmdir(path);
    return rmdir(directory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_defaults_are_the_screen_at_localhost),
        cmocka_unit_test(send_takes_each_argument_as_one_command),
        cmocka_unit_test(watch_takes_json_and_device_goes_to_the_screen),
        cmocka_unit_test(usage_errors_exit_with_2),
        cmocka_unit_test_setup(u_alone_needs_a_terminal, write_password),
        cmocka_unit_test(a_password_is_asked_for_without_echo),
        cmocka_unit_test(ctrl_c_at_the_question_leaves_the_echo_on),
        cmocka_unit_test(a_password_on_the_command_line_is_warned_of),
        cmocka_unit_test(the_command_line_goes_before_the_file),
        cmocka_unit_test(the_usual_file_is_read_where_it_is),
        cmocka_unit_test(presets_are_read),
        cmocka_unit_test(what_is_wrong_in_the_file_is_named_with_its_line),
        cmocka_unit_test(durations_have_units),
        cmocka_unit_test(the_mouse_is_taken_unless_somebody_says_no),
        cmocka_unit_test(options_of_one_subcommand_are_refused_elsewhere),
        cmocka_unit_test(the_history_is_written_by_a_thread),
        cmocka_unit_test(the_history_is_kept_for_its_owner_only),
        cmocka_unit_test(a_history_that_was_tampered_with_is_cleaned),
        cmocka_unit_test(a_history_that_cannot_be_written_is_an_error_and_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
