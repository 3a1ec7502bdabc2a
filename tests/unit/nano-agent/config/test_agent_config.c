// SPDX-License-Identifier: MIT
// The agent's configuration: every mistake is one line with file:line and what would be right.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "nano-agent/config/address.h"
#include "nano-agent/config/config.h"
#include "nano-agent/config/config_channels.h"
#include "nano-agent/config/config_file.h"
#include "tests/unit/nano-agent/config/config_rig.h"

static void the_default_configuration_is_the_tutorials(void **state)
{
    (void)state;
    accept(config_default_text);
    assert_int_equal(config.agent.count, 2);
    assert_string_equal(config.agent.channels[0].id.name, "tilt");
    assert_int_equal(config.agent.channels[0].id.kind, CHANNEL_SERVO);
    assert_int_equal(config.outputs[0].address.pin, 33);
    assert_string_equal(config.outputs[0].address.chip, "7000a000.pwm");
    assert_int_equal(config.outputs[0].address.line, 2);
    assert_string_equal(config.agent.channels[1].id.name, "led");
    assert_int_equal(config.agent.channels[1].id.kind, CHANNEL_SWITCH);
    assert_string_equal(config.outputs[1].address.chip, "tegra-gpio");
    assert_int_equal(config.outputs[1].address.line, 216);
    assert_int_equal(config.broker.broker_count, 1);
    assert_string_equal(config.broker.brokers[0].host, "192.168.55.100");
    assert_string_equal(config.broker.root, "jetson");
}

// Takes the comment signs off the examples, so that they are read as well.
static char *with_examples(const char *text)
{
    char *out = strdup(text);
    assert_non_null(out);
    bool example = false;
    for (char *line = out; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        if (!strncmp(line, "# state", 7))
            line[0] = ' ';
        if (!strncmp(line, "# dimmer", 8) || !strncmp(line, "# input", 7) || !strncmp(line, "# motor", 7))
            example = true;
        if (example)
            line[0] = ' ';
        if (!strncmp(line, "  }", 3))
            example = false;
    }
    return out;
}

static void every_key_is_in_the_default_configuration_with_the_value_that_holds_without_it(void **state)
{
    (void)state;
    char *text = with_examples(config_default_text);
    accept(text);
    struct config shown = config;
    accept("broker = {\"192.168.55.100\"} servo tilt { pwm = \"pin 33\" }\n switch led { gpio = \"pin 7\" }\n"
           "dimmer lamp { pwm = \"pin 32\" }\n motor drive { forward = \"pca9685 i2c-1 0x5e:3\" "
           "backward = \"pca9685 i2c-1 0x5e:2\" }\n motor winch { pwm = sim direction = \"pin 31\" }\n"
           "motor crane { pwm = sim in1 = sim in2 = sim }\n input button { gpio = \"pin 11\" }\n");
    enum { LED = 1, DRIVE = 3, BUTTON = 6, SHOWN = 7 };
    assert_int_equal(shown.agent.count, SHOWN);
    // What the comments say to have another default.
    shown.agent.channels[0].axis = AXIS_NONE;
    shown.agent.channels[DRIVE].axis = AXIS_NONE;
    shown.agent.channels[BUTTON].press[0] = '\0';
    shown.outputs[BUTTON].gpio.active_low = false;
    for (size_t i = 0; i < SHOWN; i++) {
        struct agent_channel_config *a = &shown.agent.channels[i], *b = &config.agent.channels[i];
        a->press[0] = '\0';
        memset(a->press, 0, sizeof a->press);
        a->fingerprint = b->fingerprint; // of the outputs, which are others
        assert_memory_equal(a, b, sizeof *a);
        assert_int_equal(shown.outputs[i].motor.period_ns, config.outputs[i].motor.period_ns);
        assert_int_equal(shown.outputs[i].motor.in1.active_low, config.outputs[i].motor.in1.active_low);
        assert_int_equal(shown.outputs[i].period_ns, config.outputs[i].period_ns);
        assert_int_equal(shown.outputs[i].gpio.active_low, config.outputs[i].gpio.active_low);
        assert_int_equal(shown.outputs[i].gpio.bias, config.outputs[i].gpio.bias);
    }
    assert_int_equal(shown.lost_after_ms, config.lost_after_ms);
    assert_int_equal(shown.memory_limit_mib, config.memory_limit_mib);
    assert_int_equal(shown.agent.report_ms, config.agent.report_ms);
    assert_int_equal(shown.broker.qos, config.broker.qos);
    assert_int_equal(shown.broker.keepalive_s, config.broker.keepalive_s);
    assert_int_equal(shown.broker.version, config.broker.version);
    assert_string_equal(shown.broker.root, config.broker.root);
    assert_string_equal(shown.broker.device, config.broker.device);

    struct config_file file;
    char why[CONFIG_WHY_SIZE];
    struct key_table sections[CHANNEL_KINDS];
    size_t count = 0;
    assert_int_equal(config_file_open(&file, config_channels_keys(sections), text, "f", why), 0);
    for (int kind = 0; kind < CHANNEL_KINDS; kind++) {
        for (size_t i = 0; i < sections[kind].count; i++, count++) {
            const char *key = sections[kind].keys[i].name;
            bool is_shown = false;
            for (unsigned k = 0; k < cfg_size(file.cfg, sections[kind].name); k++)
                is_shown =
                    is_shown || config_file_has(&file, cfg_getnsec(file.cfg, sections[kind].name, k), key);
            if (!is_shown)
                fail_msg("dist/nano-agent.conf does not show %s of a %s", key, sections[kind].name);
        }
    }
    assert_true(count > 25);
    static const char *const top[] = {"report", "lost_after", "memory_limit", "log", "state"};
    for (size_t i = 0; i < sizeof top / sizeof *top; i++)
        assert_true(config_file_has(&file, file.cfg, top[i]));
    config_file_close(&file);
    free(text);
}

// The kinds are read one after the other, except that the file's order says which channel is too many.
static void bare_words_one_line_sections_and_comments_are_read(void **state)
{
    (void)state;
    accept("// one\n/* two\n lines */ servo tilt { pwm = sim hz = 100 axis = pan start = center } # end\n"
           "switch led { gpio = 'tegra-gpio:216' active_low = true start = on safe = hold lost = off }");
    assert_int_equal(channel("tilt")->axis, AXIS_PAN);
    assert_true(channel("tilt")->id.pan);
    assert_int_equal(channel("tilt")->start, POLICY_CENTER);
    assert_int_equal(output("tilt")->period_ns, 10000000);
    assert_int_equal(output("tilt")->address.kind, HW_SIM);
    assert_true(output("led")->gpio.active_low);
    assert_true(output("led")->gpio.initial);
    assert_int_equal(channel("led")->safe, POLICY_HOLD);
    assert_int_equal(channel("led")->lost, POLICY_OFF);
    assert_int_equal(output("led")->address.pin, 7);
}

static void an_unknown_key_names_the_nearest(void **state)
{
    (void)state;
    refuse_at("servo tilt {\n pwm = \"pin 33\"\n sped = 3\n}", "f:3: servo tilt: ", "did you mean speed?");
    refuse_at("brocker = {\"a\"}\n" SERVO, "f:1: ", "did you mean broker?");
    refuse_at("zzz = 1\n" SERVO, "f:1: ", "there is broker, root");
    refuse_at("servos tilt { pwm = \"pin 33\" }", "f:1: ", "did you mean servo?");
}

static void a_key_or_section_given_twice_is_refused(void **state)
{
    (void)state;
    refuse_at(
        "servo tilt {\n pwm = \"pin 33\"\n hz = 50\n hz = 60\n}", "f:4: servo tilt: hz", "line 3 has it");
    refuse_at("qos = 1\nqos = 2\n" SERVO, "f:2: qos", "line 1 has it");
    refuse_at("root = \"a\"\nroot = \"b\"\n" SERVO, "f:2: root", "line 1 has it");
    refuse_at("broker = {\"a\"}\nbroker = {\"b\"}\n" SERVO, "f:2: broker", "line 1 has it");
    refuse_at("broker = {\"a\"}\nbroker = {}\n" SERVO, "f:1: broker", "twice");
    refuse_at("\nbroker = {\n}\n" SERVO, "f:2: broker = {}", "at least one value");
    refuse_at("servo t { pwm = sim\n pulse = {} }\n", "f:2: servo t: pulse = {}", "at least one value");
    refuse_at(
        "motor d { forward = {} backward = sim }\n", "f:1: motor d: forward = {}", "at least one value");
    refuse_at("servo tilt { pwm = \"pin 33\"\n limit = {-1, 1}\n limit = {-2, 2} }", "f:3: servo tilt: limit",
        "line 2 has it");
    refuse_at(SERVO SERVO, "f:2: ", "duplicate title 'tilt'");
    refuse_at("login { user = \"a\" }\nlogin { user = \"b\" }\n" SERVO, "f:2: ", "line 1 has it");
    refuse_at("login { user = \"a\"\n user = \"b\" }\n" SERVO, "f:2: login: user", "line 1 has it");
    accept("servo a { pwm = \"pin 33\" hz = 50 } servo b { pwm = \"pin 32\" hz = 50 }");
}

static void the_environment_is_not_read(void **state)
{
    (void)state;
    refuse_at("root = \"${HOME}\"\n" SERVO, "f:1: ", "environment");
    refuse_at("\nroot = ${HOME}\n" SERVO, "f:2: ", "environment");
    refuse_at("root = a${HOME}\n" SERVO, "f:1: ", "environment");
    accept("# ${HOME}\n/* ${HOME} */ " SERVO);
}

static void what_is_not_closed_is_refused_where_it_began(void **state)
{
    (void)state;
    refuse_at(SERVO "/* here\nand\non", "f:2: ", "add */");
    refuse_at(SERVO "root = \"jet\n", "f:2: ", "quote");
    refuse_at(SERVO "root = 'jet", "f:2: ", "quote");
    refuse_at("\nservo tilt {\n pwm = \"pin 33\"\n", "f:2: ", "add }");
    refuse_at("servo tilt { pwm = sim\n pulse = {1000, 2000 }", "f:1: ", "add }");
    refuse_at(SERVO "}\n", "f:2: ", "remove the }");
    refuse_at("servo {\n pwm = \"pin 33\"\n}\n", "f:1: ", "write its name in front of the {");
    refuse_at("servo tilt pwm\n", "f:1: ", "KIND NAME { … }");
    refuse_at("qos 1\n" SERVO, "f:1: ", "KEY = VALUE");
    refuse_at("qos = {1}\n" SERVO, "f:1: ", "KEY = VALUE");
}

static void foreign_bytes_are_refused(void **state)
{
    (void)state;
    refuse_at(SERVO "root = \"\xff\"", "f:2: ", "UTF-8");
    refuse_at(SERVO "\n# \x1b[31m", "f:3: ", "control character");
    refuse_at("root = \"\\x1b[31m\"\n" SERVO, "f:1: root = \xef\xbf\xbd[31m;", ""); // shown, but not obeyed
    accept("# \xc3\xa9t\xc3\xa9\r\n" SERVO);
}

static void comments_do_not_shift_the_line(void **state)
{
    (void)state;
    refuse_at("/* a */ /* b */\n// c\n# d\nzzz = 1\n", "f:4: ", "unknown key");
    refuse_at("//c\nzzz = 1\n", "f:2: ", "unknown key");
}

static void numbers_are_decimal_and_in_range(void **state)
{
    (void)state;
    refuse_at("servo tilt { pwm = sim\n hz = 050x }", "f:2: servo tilt: hz = 050x;", "40 to 400");
    refuse_at("servo tilt { pwm = sim\n hz = 0x32 }", "f:2: ", "40 to 400");
    refuse_at("servo tilt { pwm = sim\n hz = 50.5 }", "f:2: ", "40 to 400");
    refuse_at("servo tilt { pwm = sim\n hz = 99999999999999999999 }", "f:2: ", "40 to 400");
    refuse_at("servo tilt { pwm = sim\n speed = 0 }", "f:2: ", "1 to 10000 degrees a second");
    refuse_at("servo tilt { pwm = sim\n step = 0 }", "f:2: ", "0.1 to 90");
    refuse_at("servo tilt { pwm = sim\n step = 0.05 }", "f:2: ", "0.1 to 90");
    refuse_at("servo tilt { pwm = sim\n pulse = {1000} }", "f:2: ", "two values");
    refuse_at("servo tilt { pwm = sim\n pulse = {1000, 1500, 2000} }", "f:2: ", "two values");
    refuse_at("report = 0.05\n" SERVO, "f:1: report = 0.05;", "0.1 to 3600");
    refuse_at("qos = 3\n" SERVO, "f:1: qos = 3;", "0, 1 or 2");
    refuse_at("keepalive = 4\n" SERVO, "f:1: ", "5 to 65535");
    refuse_at("memory_limit = 8\n" SERVO, "f:1: memory_limit = 8;", "16 MiB");
    accept("servo tilt { pwm = sim hz = 050 step = 0.5 idle_off = 2.5 limit = {-30.5, 12} }");
    assert_int_equal(output("tilt")->period_ns, 20000000); // not octal
    assert_int_equal(channel("tilt")->step, 5);
    assert_int_equal(channel("tilt")->idle_off_ms, 2500);
    assert_int_equal(channel("tilt")->motion.limit[0], -305);
    assert_int_equal(channel("tilt")->motion.limit[1], 120);
}

static void words_are_those_of_the_list(void **state)
{
    (void)state;
    refuse_at("servo tilt { pwm = sim\n start = on }", "f:2: servo tilt: start = on;", "off/last or center");
    refuse_at("servo tilt { pwm = sim\n lost = of }", "f:2: ", "hold/center or off");
    refuse_at("switch led { gpio = sim\n lost = center }", "f:2: switch led: ", "hold/off or on");
    refuse_at("switch led { gpio = sim\n active_low = maybe }", "f:2: ", "false or true");
    refuse_at("version = \"mqttv4\"\n" SERVO, "f:1: ", "mqttv5 or mqttv311");
    refuse_at("root = \"a/+\"\n" SERVO, "f:1: root = a/+;", "");
    refuse_at("device = \"a b\"\n" SERVO, "f:1: device = a b;", "");
    refuse_at("broker = {\"h:99999\"}\n" SERVO, "f:1: broker = h:99999;", "");
}

static void what_is_missing_is_named(void **state)
{
    (void)state;
    refuse_at("servo tilt { hz = 50 }", "f:1: servo tilt: pwm is missing;", "pin 33");
    refuse_at("switch led { }", "f:1: switch led: gpio is missing;", "pin 7");
    refuse_at("", "f: ", "no channel");
    refuse_at("qos = 1", "f: ", "no channel");
}

static void lost_after_leaves_room_for_two_heartbeats(void **state)
{
    (void)state;
    refuse_at("report = 10\nlost_after = 3\n" SERVO, "f:2: lost_after", "twice report");
    accept("report = 10\n" SERVO);
    assert_int_equal(config.lost_after_ms, 30000);
    accept("report = 0.5\nlost_after = 1\n" SERVO);
    assert_int_equal(config.lost_after_ms, 1000);
}

// Runs config_from_arguments in a child with its messages in out. Returns its status; 100 stands for -1 (go on).
static int load(const char *const args[], char *out, size_t size)
{
    int fds[2];
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char *argv[16] = {"nano-agent"};
        int argc = 1;
        for (; args[argc - 1]; argc++)
            argv[argc] = (char *)(uintptr_t)args[argc - 1];
        dup2(fds[1], STDOUT_FILENO);
        dup2(fds[1], STDERR_FILENO);
        close(fds[0]);
        int status = config_from_arguments(argc, argv, false, &config);
        if (status < 0)
            printf("%s root=%s device=%s/%s port=%d hosts=%zu %s sim=%d\n", config.path, config.broker.root,
                config.broker.device, config.agent.device, config.broker.default_port,
                config.broker.broker_count, config.broker.brokers[0].host, config.sim);
        fflush(stdout);
        _exit(status < 0 ? 100 : status);
    }
    close(fds[1]);
    size_t len = 0;
    ssize_t got;
    while (len < size - 1 && (got = read(fds[0], out + len, size - 1 - len)) > 0)
        len += (size_t)got;
    out[len] = '\0';
    close(fds[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static char path[] = "/tmp/test_agent_config.XXXXXX";

static int make_file(void **state)
{
    (void)state;
    int fd = mkstemp(path);
    if (fd < 0)
        return -1;
    static const char text[] = "broker = {\"one:1\", \"two\"}\nroot = \"lab\"\ndevice = \"a\"\n" SERVO;
    ssize_t done = write(fd, text, sizeof text - 1);
    close(fd);
    return done == sizeof text - 1 ? 0 : -1;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void options_win_over_the_file(void **state)
{
    (void)state;
    char out[4096];
    assert_int_equal(load((const char *[]){"--sim", "-c", path, NULL}, out, sizeof out), 100);
    assert_non_null(strstr(out, "root=lab device=a/a"));
    assert_non_null(strstr(out, "hosts=2 one sim=1"));
    assert_int_equal(load((const char *[]){"--sim", "-c", path, "--root", "x", "--device", "b", "-h", "three",
                              "-p", "1884", NULL},
                         out, sizeof out),
        100);
    assert_non_null(strstr(out, "root=x device=b/b port=1884 hosts=1 three"));
}

static void mistakes_on_the_command_line_exit_with_2(void **state)
{
    (void)state;
    char out[4096];
    assert_int_equal(load((const char *[]){"--bogus", NULL}, out, sizeof out), 2);
    assert_int_equal(load((const char *[]){"--sim", "extra", NULL}, out, sizeof out), 2);
    assert_int_equal(load((const char *[]){"--sim", "-q", "7", NULL}, out, sizeof out), 2);
    assert_int_equal(load((const char *[]){"--board", "JETSON_NANOO", NULL}, out, sizeof out), 2);
    assert_non_null(strstr(out, "did you mean JETSON_NANO?"));
    assert_int_equal(load((const char *[]){"-c", "/nonexistent/x.conf", "--sim", NULL}, out, sizeof out), 2);
    assert_string_equal(out, "nano-agent: /nonexistent/x.conf: No such file or directory\n");
    assert_int_equal(load((const char *[]){"--help", NULL}, out, sizeof out), 0);
    assert_non_null(strstr(out, "--sim"));
    assert_non_null(strstr(out, "check"));
    assert_int_equal(load((const char *[]){"check", "pins", NULL}, out, sizeof out), 2);
    assert_int_equal(load((const char *[]){"--version", NULL}, out, sizeof out), 0);
    assert_non_null(strstr(out, "libmosquitto "));
    assert_non_null(strstr(out, "libconfuse "));
}

static void on_a_machine_that_is_no_jetson_the_way_out_is_named(void **state)
{
    (void)state;
    if (access("/proc/device-tree/compatible", F_OK) == 0)
        skip();
    char out[4096];
    assert_int_equal(load((const char *[]){"-c", path, NULL}, out, sizeof out), 2);
    assert_non_null(strstr(out, "no Jetson"));
    assert_non_null(strstr(out, "--sim, --board NAME"));
    assert_ptr_equal(strchr(out, '\n'), out + strlen(out) - 1); // one line
    assert_int_equal(
        load((const char *[]){"-c", path, "--board", "JETSON_NANO", NULL}, out, sizeof out), 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_configuration_is_the_tutorials),
        cmocka_unit_test(every_key_is_in_the_default_configuration_with_the_value_that_holds_without_it),
        cmocka_unit_test(bare_words_one_line_sections_and_comments_are_read),
        cmocka_unit_test(an_unknown_key_names_the_nearest),
        cmocka_unit_test(a_key_or_section_given_twice_is_refused),
        cmocka_unit_test(the_environment_is_not_read),
        cmocka_unit_test(what_is_not_closed_is_refused_where_it_began),
        cmocka_unit_test(foreign_bytes_are_refused),
        cmocka_unit_test(comments_do_not_shift_the_line),
        cmocka_unit_test(numbers_are_decimal_and_in_range),
        cmocka_unit_test(words_are_those_of_the_list),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(lost_after_leaves_room_for_two_heartbeats),
        cmocka_unit_test(options_win_over_the_file),
        cmocka_unit_test(mistakes_on_the_command_line_exit_with_2),
        cmocka_unit_test(on_a_machine_that_is_no_jetson_the_way_out_is_named),
    };
    return cmocka_run_group_tests_name("agent_config", tests, make_file, remove_file);
}
