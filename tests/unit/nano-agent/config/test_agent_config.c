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

static struct config config;

static int parse(const char *text, char why[1024])
{
    config_init(&config);
    snprintf(config.board, sizeof config.board, "JETSON_NANO");
    why[0] = '\0';
    return config_parse(text, "f", &config, why);
}

static void accept(const char *text)
{
    char why[1024];
    if (parse(text, why) != 0)
        fail_msg("refused: %s\n%s", why, text);
}

// Refused, with a line that begins with the place and holds the words.
static void refuse_at(const char *text, const char *place, const char *words)
{
    char why[1024];
    if (parse(text, why) != -EINVAL)
        fail_msg("accepted, or another error (%s):\n%s", why, text);
    if (strncmp(why, place, strlen(place)) != 0 || !strstr(why, words) || strchr(why, '\n'))
        fail_msg("wanted \"%s … %s\", got \"%s\"", place, words, why);
}

#define SERVO "servo tilt { pwm = \"pin 33\" }\n"

static const struct agent_channel_config *channel(const char *name)
{
    for (size_t i = 0; i < config.agent.count; i++) {
        if (!strcmp(config.agent.channels[i].id.name, name))
            return &config.agent.channels[i];
    }
    fail_msg("no channel %s", name);
    return NULL;
}

static const struct config_output *output(const char *name)
{
    return &config.outputs[channel(name) - config.agent.channels];
}

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
        if (!strncmp(line, "# dimmer", 8) || !strncmp(line, "# input", 7))
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
           "dimmer lamp { pwm = \"pin 32\" }\n input button { gpio = \"pin 11\" }\n");
    assert_int_equal(shown.agent.count, 4);
    // What the comments say to have another default.
    shown.agent.channels[0].axis = AXIS_NONE;
    shown.agent.channels[3].press[0] = '\0';
    shown.outputs[3].gpio.active_low = false;
    for (size_t i = 0; i < 4; i++) {
        struct agent_channel_config *a = &shown.agent.channels[i], *b = &config.agent.channels[i];
        a->press[0] = '\0';
        memset(a->press, 0, sizeof a->press);
        assert_memory_equal(a, b, sizeof *a);
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
            if (!config_file_has(&file, cfg_getnsec(file.cfg, sections[kind].name, 0), key))
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
static void the_channel_that_is_too_many_is_named_with_its_line(void **state)
{
    (void)state;
    char text[16384], why[CONFIG_WHY_SIZE];
    size_t len = 0;
    for (int i = 1; i <= 70; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s c%d { %s = sim }\n",
            i % 2 ? "switch" : "servo", i, i % 2 ? "gpio" : "pwm");
    config_init(&config);
    assert_int_equal(config_parse(text, "f", &config, why), -EINVAL);
    assert_string_equal(why, "f:65: switch c65: more than 64 channels");
}

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

static void channels_come_in_the_order_of_the_file(void **state)
{
    (void)state;
    accept("switch b { gpio = \"pin 7\" }\nservo a { pwm = \"pin 33\" }\nswitch c { gpio = \"pin 11\" }\n");
    assert_string_equal(config.agent.channels[0].id.name, "b");
    assert_string_equal(config.agent.channels[1].id.name, "a");
    assert_string_equal(config.agent.channels[2].id.name, "c");
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
    refuse_at("servo {\n pwm = \"pin 33\"\n}\n", "f:1: ", "servo tilt { … }");
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

static void min_must_be_less_than_max(void **state)
{
    (void)state;
    refuse_at("servo tilt { pwm = sim\n angle = {45, -45} }", "f:2: servo tilt: angle", "swap the pulses");
    refuse_at("servo tilt { pwm = sim\n limit = {5, 5} }", "f:2: servo tilt: limit", "less than");
    refuse_at("servo tilt { pwm = sim\n pulse = {1500, 1500} }", "f:2: servo tilt: pulse", "both are 1500");
    accept("servo tilt { pwm = sim pulse = {2000, 1000} }"); // a mirrored servo
}

static void a_pulse_outside_400_to_2600_us_is_refused(void **state)
{
    (void)state;
    refuse_at(
        "servo tilt { pwm = sim\n pulse = {399, 2000} }", "f:2: servo tilt: pulse = 399;", "400 to 2600");
    refuse_at(
        "servo tilt { pwm = sim\n pulse = {1000, 2601} }", "f:2: servo tilt: pulse = 2601;", "400 to 2600");
    // 1000 us at -45 and 2000 us at 45 make 2611 us at 100 degrees.
    refuse_at(
        "servo tilt { pwm = sim\n limit = {-45, 100} }", "f:2: servo tilt: limit: 100 degrees", "2611 us");
    refuse_at("servo tilt { pwm = sim pulse = {2000, 1000}\n limit = {-100, 45} }", "f:2: ", "2611 us");
    refuse_at("servo tilt { pwm = sim pulse = {1000, 2600}\n hz = 400 }", "f:2: servo tilt: hz", "less hz");
    accept("servo tilt { pwm = sim limit = {-45, 99} }");
}

static void two_channels_on_one_pin_are_refused(void **state)
{
    (void)state;
    refuse_at(
        "switch a { gpio = \"pin 7\" }\nswitch b { gpio = \"pin 7\" }", "f:2: switch b: pin 7", "switch a's");
    refuse_at(
        "switch a { gpio = \"pin 7\" }\nswitch b { gpio = \"tegra-gpio:216\" }", "f:2: switch b", "line 1");
    refuse_at(
        "servo a { pwm = \"7000a000.pwm:2\" }\nservo b { pwm = \"pin 33\" }", "f:2: servo b", "servo a's");
    refuse_at("servo a { pwm = \"x.pwm:0\" }\ndimmer b { pwm = \"x.pwm:0\" }", "f:2: dimmer b", "servo a's");
    accept("servo a { pwm = sim } servo b { pwm = sim }");
}

static void gpio_on_the_pin_whose_pwm_is_in_use_is_refused(void **state)
{
    (void)state;
    refuse_at(SERVO "switch led { gpio = \"pin 33\" }", "f:2: switch led: pin 33", "servo tilt's");
    refuse_at(SERVO "switch led { gpio = \"tegra-gpio:38\" }", "f:2: switch led", "servo tilt's");
    refuse_at(
        "servo tilt { pwm = \"7000a000.pwm:2\" }\nswitch led { gpio = \"tegra-gpio:38\" }", "f:2: ", "");
}

static void conflicts_are_found_in_simulation_too(void **state)
{
    (void)state;
    char why[1024];
    config_init(&config);
    config.sim = true;
    assert_int_equal(config_parse(SERVO "switch led { gpio = \"pin 33\" }", "f", &config, why), -EINVAL);
    config_init(&config);
    config.sim = true;
    assert_int_equal(config_parse(SERVO "switch led { gpio = \"pin 7\" }", "f", &config, why), 0);
    assert_int_equal(config.outputs[0].address.kind, HW_SIM);
    assert_int_equal(config.outputs[0].address.line, 0); // not the channel: no steps were asked for
    assert_int_equal(config.outputs[1].address.kind, HW_SIM);
    assert_int_equal(config.outputs[0].address.pin, 33);
}

static void names_and_commands_are_unique(void **state)
{
    (void)state;
    refuse_at("servo tilt { pwm = sim }\nswitch tilt { gpio = sim }", "f:2: ", "");
    refuse_at("servo a { pwm = sim }\nswitch a_up { gpio = sim }", "f:", "");
    refuse_at("dimmer led { pwm = sim }\nservo led_on { pwm = sim }", "f:", "led_on");
    refuse_at("servo stop { pwm = sim }", "f:1: servo stop: ", "");
    refuse_at("servo \"9a\" { pwm = sim }", "f:1: servo 9a: ", "");
}

static void an_input_runs_commands_that_exist(void **state)
{
    (void)state;
    accept(SERVO "input b { gpio = \"pin 11\" press = \"tilt 10\" release = stop bias = up debounce = 5 }");
    assert_string_equal(channel("b")->press, "tilt 10");
    assert_string_equal(channel("b")->release, "stop");
    assert_int_equal(channel("b")->debounce_ms, 5);
    assert_int_equal(output("b")->gpio.bias, 1);
    refuse_at(SERVO "input b { gpio = \"pin 11\"\n press = led_on }", "f:3: input b: press = led_on;", "");
    refuse_at(
        SERVO "input b { gpio = \"pin 11\"\n release = \"tilt x\" }", "f:3: input b: release = tilt x;", "");
    refuse_at(SERVO "input b { gpio = \"pin 11\"\n press = \"tilt\" }", "f:3: input b: press = tilt;", "");
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

static void outputs_are_named_in_four_ways(void **state)
{
    (void)state;
    struct hw_address at;
    char why[ADDRESS_WHY_SIZE];
    assert_int_equal(address_parse("pin 33", true, "JETSON_NANO", &at, why), 0);
    assert_int_equal(at.kind, HW_PWM_SYSFS);
    assert_int_equal(address_parse("pin 33", false, "JETSON_NANO", &at, why), 0);
    assert_int_equal(at.kind, HW_GPIO);
    assert_int_equal(at.line, 38);
    assert_int_equal(address_parse("pwmchip0:2", true, NULL, &at, why), 0);
    assert_string_equal(at.chip, "pwmchip0");
    assert_int_equal(address_parse("pca9685 i2c-7 0x77:15", true, NULL, &at, why), 0);
    assert_int_equal(at.kind, HW_PCA9685);
    assert_string_equal(at.chip, "i2c-7");
    assert_int_equal(at.i2c_address, 0x77);
    assert_int_equal(at.line, 15);
    assert_int_equal(address_parse("pca9685  i2c-0\t0x08:0", true, NULL, &at, why), 0);
    assert_int_equal(at.i2c_address, 8);
    assert_int_equal(address_parse("sim 256", true, NULL, &at, why), 0);
    assert_int_equal(at.kind, HW_SIM);
    assert_int_equal(at.line, 256);
    static const struct {
        const char *text;
        bool pwm;
        const char *words;
    } wrong[] = {
        {"pin 7", true, "these have PWM: 32, 33"},
        {"pin 1", false, "pin 1 of JETSON_NANO is 3V3 (power); these are GPIO: 7, 11,"},
        {"pin 2", true, "is 5V (power); these have PWM: 32, 33"},
        {"pin 6", false, "is GND (ground)"},
        {"pin 3", false, "is I2C SDA (a bus)"},
        {"pin 10", false, "is UART RX (a bus)"},
        {"pin 41", false, "1 to 40"},
        {"pin 0", false, "1 to 40"},
        {"pin x", false, "1 to 40"},
        {"gpiochip0:3", false, "label"},
        {"../x:1", true, "PWMDEVICE"},
        {"..:1", true, "PWMDEVICE"},
        {"x:", true, "number of the channel"},
        {"x:-1", false, "number of the line"},
        {"sim 1", true, "2 to 65536"},
        {"sim 8", false, "just: sim"},
        {"33", true, "pin N"},
        {"", true, "pin N"},
        {"7000a000.pwm:3", true,
            "drives the fan of JETSON_NANO; these pins have PWM: 32, 33; or use a PCA9685"},
        {"pca9685 i2c-1 0x40:0", false, "PWM only"},
        {"pca9685 i2c-1 0x40", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-1 40:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-1 0x:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-1 0x-1:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-1", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-01 0x40:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-/ 0x40:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c- 0x40:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-123456 0x40:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 1 0x40:0", true, "pca9685 i2c-1 0x40:0"},
        {"pca9685 i2c-1 0x07:0", true, "0x08 to 0x77"},
        {"pca9685 i2c-1 0x78:0", true, "0x08 to 0x77"},
        {"pca9685 i2c-1 0xffffffffffffffffff:0", true, "0x08 to 0x77"},
        {"pca9685 i2c-1 0x40:16", true, "0 to 15"},
        {"pca9685 i2c-1 0x40:", true, "0 to 15"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(address_parse(wrong[i].text, wrong[i].pwm, "JETSON_NANO", &at, why), -EINVAL);
        if (!strstr(why, wrong[i].words))
            fail_msg("%s: wanted \"%s\" in \"%s\"", wrong[i].text, wrong[i].words, why);
    }
    assert_int_equal(address_parse("pin 7", false, NULL, &at, why), -EINVAL);
    assert_non_null(strstr(why, "--sim, --board NAME"));
    assert_int_equal(address_parse("pin 33", true, "JETSON_TX1", &at, why), -EINVAL);
    assert_non_null(strstr(why, "use a PCA9685 board"));
    assert_int_equal(address_parse("7000a000.pwm:3", true, NULL, &at, why), 0); // nobody knows of a fan there
}

#define PCA(name, address, rest) "servo " name " { pwm = \"pca9685 i2c-1 " address "\" " rest " }\n"

static void two_channels_on_one_output_of_a_pca9685_are_refused(void **state)
{
    (void)state;
    refuse_at(PCA("a", "0x40:3", "") PCA("b", "0x40:3", ""), "f:2: servo b", "servo a's (line 1)");
    refuse_at(PCA("a", "0x40:3", "") PCA("b", "0x040:3", ""), "f:2: servo b", "servo a's (line 1)");
    accept(PCA("a", "0x40:3", "") PCA("b", "0x40:4", "")
            PCA("c", "0x41:3", "") "servo d { pwm = \"pca9685 i2c-0 0x40:3\" }");
}

static void channels_of_one_pca9685_have_one_hz(void **state)
{
    (void)state;
    refuse_at(PCA("a", "0x40:0", "") "servo b {\n pwm = \"pca9685 i2c-1 0x40:1\"\n hz = 60\n}",
        "f:4: servo b: hz = 60, but servo a (line 1)", "has 50");
    refuse_at(PCA("a", "0x40:0", "") "dimmer b { pwm = \"pca9685 i2c-1 0x40:1\" }",
        "f:2: dimmer b: hz = 1000", "one chip has one frequency");
    refuse_at("servo a { pwm = \"1-0040:0\" }\nservo b { pwm = \"1-0040:1\" hz = 60 }",
        "f:2: servo b: hz = 60", "one chip has one frequency");
    accept(PCA("a", "0x40:0", "hz = 60")
            PCA("b", "0x41:0", "") "servo c { pwm = \"pca9685 i2c-2 0x40:0\" hz = 70 }");
    accept("servo a { pwm = \"7000a000.pwm:0\" }\nservo b { pwm = \"7000a000.pwm:2\" hz = 60 }");
}

static void a_pca9685_does_24_to_1526_hz(void **state)
{
    (void)state;
    refuse_at(
        "dimmer a { pwm = \"pca9685 i2c-1 0x40:0\"\n hz = 23 }", "f:2: dimmer a: hz = 23", "24 to 1526");
    refuse_at("dimmer a { pwm = \"1-0040:0\"\n hz = 2000 }", "f:2: dimmer a: hz = 2000", "24 to 1526");
    accept("dimmer a { pwm = \"pca9685 i2c-1 0x40:0\" hz = 24 }");
    accept("dimmer a { pwm = \"pca9685 i2c-1 0x40:0\" hz = 1526 }");
    accept("dimmer a { pwm = \"7000a000.pwm:0\" hz = 20000 }");
}

static void a_refused_pin_says_where_and_which_are_left(void **state)
{
    (void)state;
    refuse_at("\nswitch a {\n gpio = \"pin 39\" }", "f:3: switch a: gpio = pin 39; ",
        "is GND (ground); these are GPIO: 7,");
    refuse_at(
        "\nservo a {\n pwm = \"7000a000.pwm:3\" }", "f:3: servo a: pwm = 7000a000.pwm:3; ", "drives the fan");
    refuse_at(SERVO "switch led { gpio = \"pin 33\" }",
        "f:2: switch led: pin 33 is already servo tilt's (line 1)",
        "one pin is GPIO or PWM, never both; GPIO left: 7, 11,");
    refuse_at(SERVO "servo b { pwm = \"pin 33\" }", "f:2: ", "PWM left: 32");
    refuse_at(SERVO "servo c { pwm = \"pin 32\" }\nservo b { pwm = \"pin 33\" }",
        "f:3: ", "PWM left: none; use a PCA9685 board");
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
        int status = config_from_arguments(argc, argv, &config);
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
        cmocka_unit_test(the_channel_that_is_too_many_is_named_with_its_line),
        cmocka_unit_test(bare_words_one_line_sections_and_comments_are_read),
        cmocka_unit_test(channels_come_in_the_order_of_the_file),
        cmocka_unit_test(an_unknown_key_names_the_nearest),
        cmocka_unit_test(a_key_or_section_given_twice_is_refused),
        cmocka_unit_test(the_environment_is_not_read),
        cmocka_unit_test(what_is_not_closed_is_refused_where_it_began),
        cmocka_unit_test(foreign_bytes_are_refused),
        cmocka_unit_test(comments_do_not_shift_the_line),
        cmocka_unit_test(numbers_are_decimal_and_in_range),
        cmocka_unit_test(words_are_those_of_the_list),
        cmocka_unit_test(min_must_be_less_than_max),
        cmocka_unit_test(a_pulse_outside_400_to_2600_us_is_refused),
        cmocka_unit_test(two_channels_on_one_pin_are_refused),
        cmocka_unit_test(gpio_on_the_pin_whose_pwm_is_in_use_is_refused),
        cmocka_unit_test(conflicts_are_found_in_simulation_too),
        cmocka_unit_test(names_and_commands_are_unique),
        cmocka_unit_test(an_input_runs_commands_that_exist),
        cmocka_unit_test(what_is_missing_is_named),
        cmocka_unit_test(lost_after_leaves_room_for_two_heartbeats),
        cmocka_unit_test(outputs_are_named_in_four_ways),
        cmocka_unit_test(two_channels_on_one_output_of_a_pca9685_are_refused),
        cmocka_unit_test(channels_of_one_pca9685_have_one_hz),
        cmocka_unit_test(a_pca9685_does_24_to_1526_hz),
        cmocka_unit_test(a_refused_pin_says_where_and_which_are_left),
        cmocka_unit_test(options_win_over_the_file),
        cmocka_unit_test(mistakes_on_the_command_line_exit_with_2),
        cmocka_unit_test(on_a_machine_that_is_no_jetson_the_way_out_is_named),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
