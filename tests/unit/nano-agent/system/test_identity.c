// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "nano-agent/system/identity.h"
#include "tests/scratch.h"

static char root[64];

static void put(const char *path, const char *text, size_t len)
{
    char full[256];
    snprintf(full, sizeof full, "%s/%s", root, path);
    for (char *c = full + strlen(root) + 1; (c = strchr(c, '/')); c++) {
        *c = '\0';
        if (mkdir(full, 0755) < 0)
            assert_int_equal(errno, EEXIST);
        *c = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static void card(const char *name, const char *address, const char *assigned)
{
    char path[128];
    snprintf(path, sizeof path, "sys/class/net/%s/address", name);
    put(path, address, strlen(address));
    snprintf(path, sizeof path, "sys/class/net/%s/addr_assign_type", name);
    put(path, assigned, strlen(assigned));
}

// A machine with all that a Nano has.
static int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/test_identity.XXXXXX");
    assert_non_null(mkdtemp(root));
    put("tree/serial-number", "1423019112345", 14);
    card("lo", "00:00:00:00:00:00\n", "0\n");
    card("eth0", "48:b0:2d:11:22:33\n", "0\n");
    card("wlan0", "00:e0:4c:44:55:66\n", "0\n");
    card("usb0", "00:00:5e:01:02:03\n", "1\n");
    put("etc/machine-id", "0123456789abcdef0123456789abcdef\n", 33);
    return 0;
}

static int remove_root(void **state)
{
    (void)state;
    return scratch_remove(root);
}

static const char *machine(void)
{
    static char out[IDENTITY_MACHINE_SIZE];
    char tree[128];
    snprintf(tree, sizeof tree, "%s/tree", root);
    identity_machine(tree, root, out);
    return out;
}

static void a_board_is_known_by_its_serial_number(void **state)
{
    (void)state;
    assert_string_equal(machine(), "1423019112345");
}

static void without_one_by_the_lowest_address_that_a_card_was_made_with(void **state)
{
    (void)state;
    put("tree/serial-number", "0000000000000", 14);
    assert_string_equal(machine(), "00:e0:4c:44:55:66");
    card("wlan0", "00:e0:4c:44:55:66\n", "3\n"); // somebody has set it
    assert_string_equal(machine(), "48:b0:2d:11:22:33");
}

static void without_any_by_its_machine_id(void **state)
{
    (void)state;
    put("tree/serial-number", "", 0);
    card("eth0", "02:42:ac:11:00:02\n", "3\n");
    card("wlan0", "00:e0:4c:44:55:66\n", "1\n");
    assert_string_equal(machine(), "0123456789abcdef0123456789abcdef");
}

static void there_always_is_something(void **state)
{
    char out[IDENTITY_MACHINE_SIZE], host[64] = "";
    (void)state;
    identity_machine("/nonexistent", "/nonexistent", out);
    gethostname(host, sizeof host - 1);
    assert_int_equal(strncmp(out, host, strlen(out)), 0);
}

static void two_boards_with_one_sd_card_are_two_clients(void **state)
{
    char one[IDENTITY_CLIENT_SIZE], again[IDENTITY_CLIENT_SIZE], other[IDENTITY_CLIENT_SIZE];
    (void)state;
    identity_client("jetson", "", machine(), one);
    identity_client("jetson", "", machine(), again);
    assert_string_equal(one, again);
    assert_int_equal(strlen(one), 23);
    put("tree/serial-number", "1423019154321", 14);
    identity_client("jetson", "", machine(), other);
    assert_string_not_equal(one, other);
    identity_client("jetsonx", "", "y", one);
    identity_client("jetson", "x", "y", other);
    assert_string_not_equal(one, other);
}

static void each_run_has_an_id_of_its_own(void **state)
{
    char one[IDENTITY_BOOT_SIZE], other[IDENTITY_BOOT_SIZE];
    (void)state;
    assert_int_equal(identity_boot(one), 0);
    assert_int_equal(identity_boot(other), 0);
    assert_int_equal(strspn(one, "0123456789abcdef"), 8);
    assert_string_not_equal(one, other);
}

#define IN_ROOT(test) cmocka_unit_test_setup_teardown(test, make_root, remove_root)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOT(a_board_is_known_by_its_serial_number),
        IN_ROOT(without_one_by_the_lowest_address_that_a_card_was_made_with),
        IN_ROOT(without_any_by_its_machine_id),
        IN_ROOT(there_always_is_something),
        IN_ROOT(two_boards_with_one_sd_card_are_two_clients),
        IN_ROOT(each_run_has_an_id_of_its_own),
    };
    return cmocka_run_group_tests_name("identity", tests, NULL, NULL);
}
