// SPDX-License-Identifier: MIT
// What outlives an agent: the list of its motors' outputs, and what `nano-agent zero` makes of it.
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hw_motor_rig.h"
#include "nano-agent/hw/motor_list.h"
#include "nano-agent/hw/zero.h"

static char folder[] = "/tmp/test_zero.XXXXXX";
static char path[64];

static int set_up(void **state)
{
    (void)state;
    rig_power_up();
    snprintf(folder, sizeof folder, "/tmp/test_zero.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/run/motors", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    char run[48];
    unlink(path);
    snprintf(run, sizeof run, "%s/run", folder);
    rmdir(run);
    return rmdir(folder);
}

static void write_file(const char *text)
{
    char run[48];
    snprintf(run, sizeof run, "%s/run", folder);
    mkdir(run, 0755);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static void read_file(char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    out[fread(out, 1, size - 1, file)] = '\0';
    fclose(file);
}

static struct hw_motor_line line_of(unsigned number, bool active_low)
{
    struct hw_motor_line line = {.is_set = true, .active_low = active_low};
    line.at = (struct hw_address){.kind = HW_GPIO, .chip = "tegra-gpio", .line = number};
    return line;
}

static void the_list_names_lines_before_pwms_and_those_before_buses(void **state)
{
    (void)state;
    char text[1024];
    struct hw_motor_options car = car_options();
    struct hw_motor_options arm = {.name = "arm",
        .pwm = {{.kind = HW_PWM_SYSFS, .chip = "7000a000.pwm", .line = 2}},
        .pwm_count = 1,
        .direction = line_of(1, false),
        .in1 = line_of(2, false),
        .in2 = line_of(3, false),
        .enable = line_of(4, true)};
    const struct hw_motor_options *motors[] = {&car, &arm};
    assert_int_equal(motor_list_write(path, motors, 2), 0);
    read_file(text, sizeof text);
    assert_string_equal(text, "# The outputs of motors, for `nano-agent zero`.\n"
                              "gpio low 4 tegra-gpio\ngpio high 2 tegra-gpio\ngpio high 3 tegra-gpio\n"
                              "pwm 2 7000a000.pwm\n"
                              "pca9685 i2c-1 0x5e 3\npca9685 i2c-1 0x5e 0\n"
                              "pca9685 i2c-1 0x5e 2\npca9685 i2c-1 0x5e 1\n");
    // Without motors there is nothing to be switched off.
    assert_int_equal(motor_list_write(path, motors, 0), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(motor_list_write(path, motors, 0), 0);
}

static void what_is_no_line_of_the_list_is_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"pca9685 i2c-1 0x5e", "pca9685 i2c-1 0x5e 16",
        "pca9685 i2c-1 0x5e 1 2", "pca9685 i2c-1 0x78 1", "pca9685 ../x 0x5e 1", "pca9685 i2c-/../x 0x5e 1",
        "gpio on 4 tegra-gpio", "gpio high tegra-gpio", "gpio high 4", "pwm 7000a000.pwm", "pwm 2",
        "pwm 2 ../../x", "servo", " "};
    struct motor_list_entry entry;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(motor_list_parse(wrong[i], &entry), -EINVAL);
    assert_int_equal(motor_list_parse("", &entry), 0);
    assert_int_equal(motor_list_parse("# gpio", &entry), 0);
    assert_int_equal(motor_list_parse("gpio low 4 a chip", &entry), 1);
    assert_string_equal(entry.at.chip, "a chip");
    assert_true(entry.active_low && entry.at.kind == HW_GPIO && entry.at.line == 4);
}

static void zero_writes_one_register_a_channel_and_nothing_else(void **state)
{
    (void)state;
    struct hw_motor *motor = open_car();
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    write_file("# a comment\npca9685 i2c-1 0x5e 3\npca9685 i2c-1 0x5e 0\n");
    rig_forget();
    assert_int_equal(zero_run(path), 0);
    assert_int_equal(rig_count(), 2);
    for (unsigned i = 0; i < 2; i++) {
        struct rig_transfer transfer = rig_transfer(i);
        assert_int_equal(transfer.reg, i ? 9 : 21);
        assert_int_equal(transfer.len, 1);
        assert_int_equal(transfer.bytes[0], 0x10);
        assert_false(transfer.reads);
    }
    assert_car(0, 0, 0, 0);
    motor->ops->close(motor);
}

static void zero_goes_on_after_an_output_that_fails(void **state)
{
    (void)state;
    struct hw_motor *motor = open_car();
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    write_file("no line\ngpio high 4 no-such-chip\npwm 0 no-such.pwm\npca9685 i2c-1 0x7a 1\n"
               "pca9685 i2c-1 0x5e 3\npca9685 i2c-1 0x5e 0\n");
    rig_fail(1, 1, false); // of those that are tried again
    assert_int_equal(zero_run(path), 1);
    assert_car(0, 0, 0, 0);
    motor->ops->close(motor);
}

static char car_list[] = "# a comment\npca9685 i2c-1 0x5e 3\npca9685 i2c-1 0x5e 0\n";

// What the guardian says goes to stderr.
static void guard(const char *list, char *said, size_t size)
{
    char text[512];
    snprintf(text, sizeof text, "%s", list);
    FILE *file = tmpfile();
    int kept = dup(STDERR_FILENO);
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    zero_guard(path, text, false);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    rewind(file);
    said[fread(said, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void a_guardian_leaves_alone_what_another_agent_drives(void **state)
{
    (void)state;
    char said[512];
    struct hw_motor *motor = open_car();
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    rig_forget();
    guard(car_list, said, sizeof said);
    assert_int_equal(rig_count(), 0);
    assert_car(STEPS_60, 0, 0, STEPS_60);
    motor->ops->close(motor);
}

static void a_guardian_switches_off_and_lets_go_and_tries_again_what_failed(void **state)
{
    (void)state;
    char said[512];
    struct hw_motor *motor = open_car();
    assert_int_equal(turn(motor, HW_MOTOR_FORWARD, PERMILLE_60), 0);
    motor->ops->close(motor); // it wrote zero: each register that was written is seen in the transfers
    rig_forget();
    rig_fail(1, 7, false); // more often than `zero` tries
    guard(car_list, said, sizeof said);
    assert_int_equal(rig_count(), 9);
    assert_int_equal(rig_transfer(8).bytes[0], 0x10);
    assert_string_equal(
        said, "nano-guard: the agent ended without a word; the outputs of its motors are off\n");
    motor = open_car(); // nothing is locked any more
    motor->ops->close(motor);
}

static void a_guardian_gives_up_after_a_second_and_says_what_may_still_turn(void **state)
{
    (void)state;
    char said[512];
    rig_power_up();
    int64_t began_ms = clock_now_ms();
    guard("gpio high 4 no-such-chip\npca9685 i2c-1 0x70 1\npca9685 i2c-1 0x5e 3\n", said, sizeof said);
    int64_t took_ms = clock_now_ms() - began_ms;
    assert_true(took_ms >= ZERO_GUARD_MS && took_ms < DEADLINE_MS);
    assert_non_null(strstr(said, "nano-guard: gpio high 4 no-such-chip: "));
    assert_non_null(strstr(said, "nano-guard: pca9685 i2c-1 0x70 1: "));
    assert_null(strstr(said, "0x5e"));
    assert_non_null(strstr(said, "; a motor may still turn\n"));
}

static void a_new_list_waits_for_a_guardian_at_work_but_not_for_ever(void **state)
{
    (void)state;
    struct hw_motor_options car = car_options();
    const struct hw_motor_options *motors[] = {&car};
    assert_int_equal(motor_list_write(path, motors, 1), 0);
    assert_int_equal(motor_list_write(path, motors, 0), 0);
    assert_int_equal(motor_list_guard(path), -ENOENT);
    write_file("# from before\n");
    int lock = motor_list_guard(path);
    assert_true(lock >= 0);
    assert_true(motor_list_guard(path) < 0);
    int64_t began_ms = clock_now_ms();
    assert_int_equal(motor_list_write(path, motors, 1), 0);
    int64_t took_ms = clock_now_ms() - began_ms;
    assert_true(took_ms >= MOTOR_LIST_WAIT_MS && took_ms < DEADLINE_MS);
    close(lock);
    assert_int_equal(motor_list_write(path, motors, 0), 0);
}

static void the_text_of_a_list_is_what_the_file_says_and_is_none_without_outputs(void **state)
{
    (void)state;
    char wanted[1024];
    struct hw_motor_options car = car_options();
    struct hw_motor_options simulated = {.name = "sim", .pwm = {{.kind = HW_SIM}}, .pwm_count = 1};
    const struct hw_motor_options *motors[] = {&car}, *none[] = {&simulated};
    assert_int_equal(motor_list_write(path, motors, 1), 0);
    read_file(wanted, sizeof wanted);
    char *text = motor_list_text(motors, 1, sizeof wanted);
    assert_string_equal(text, wanted);
    free(text);
    assert_null(motor_list_text(motors, 1, 20));
    assert_null(motor_list_text(none, 1, sizeof wanted));
    assert_int_equal(motor_list_write(path, motors, 0), 0);
}

static void without_a_list_zero_has_nothing_to_do(void **state)
{
    (void)state;
    rig_forget();
    assert_int_equal(zero_run(path), 0);
    assert_int_equal(rig_count(), 0);
}

static void the_list_is_where_systemd_says(void **state)
{
    (void)state;
    char where[MOTOR_LIST_PATH_SIZE];
    unsetenv("RUNTIME_DIRECTORY");
    motor_list_path(where);
    assert_string_equal(where, "/run/nano-agent/motors");
    setenv("RUNTIME_DIRECTORY", "/run/a:/run/b", 1);
    motor_list_path(where);
    assert_string_equal(where, "/run/a/motors");
    unsetenv("RUNTIME_DIRECTORY");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            the_list_names_lines_before_pwms_and_those_before_buses, set_up, tear_down),
        cmocka_unit_test(what_is_no_line_of_the_list_is_refused),
        cmocka_unit_test_setup_teardown(
            zero_writes_one_register_a_channel_and_nothing_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(zero_goes_on_after_an_output_that_fails, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_guardian_leaves_alone_what_another_agent_drives, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_guardian_switches_off_and_lets_go_and_tries_again_what_failed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_guardian_gives_up_after_a_second_and_says_what_may_still_turn, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_new_list_waits_for_a_guardian_at_work_but_not_for_ever, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            the_text_of_a_list_is_what_the_file_says_and_is_none_without_outputs, set_up, tear_down),
        cmocka_unit_test_setup_teardown(without_a_list_zero_has_nothing_to_do, set_up, tear_down),
        cmocka_unit_test(the_list_is_where_systemd_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
