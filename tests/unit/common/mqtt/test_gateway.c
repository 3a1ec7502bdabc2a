// SPDX-License-Identifier: MIT
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

#include "common/mqtt/gateway.h"

#define HEAD "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
#define REST "\t0\t0\t0\n"

static char root[64];
static struct resolver_answer answer;

static int make(void **state)
{
    char path[96];
    (void)state;
    snprintf(root, sizeof root, "/tmp/gateway-XXXXXX");
    if (!mkdtemp(root))
        return -1;
    snprintf(path, sizeof path, "%s/proc", root);
    mkdir(path, 0755);
    snprintf(path, sizeof path, "%s/proc/net", root);
    return mkdir(path, 0755);
}

static int unmake(void **state)
{
    char command[96];
    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

static void table(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/proc/net/%s", root, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

// An address as the kernel prints it: in the byte order of this machine.
static const char *hex(unsigned a, unsigned b, unsigned c, unsigned d)
{
    static char text[4][9];
    static unsigned turn;
    unsigned char bytes[4] = {(unsigned char)a, (unsigned char)b, (unsigned char)c, (unsigned char)d};
    uint32_t number;
    memcpy(&number, bytes, sizeof number);
    turn = (turn + 1) % 4;
    snprintf(text[turn], sizeof text[0], "%08X", number);
    return text[turn];
}

static void the_default_routes_next_hop_is_the_gateway(void **state)
{
    char text[512];
    (void)state;
    snprintf(text, sizeof text,
        HEAD "eth0\t%s\t00000000\t0001\t0\t0\t0\t00FFFFFF" REST
             "eth0\t00000000\t%s\t0003\t0\t0\t100\t00000000" REST,
        hex(192, 168, 1, 0), hex(192, 168, 1, 254));
    table("route", text);
    gateway_find(root, &answer);
    assert_int_equal(answer.count, 1);
    assert_string_equal(answer.addresses[0], "192.168.1.254");
}

static void of_several_the_smallest_metric_comes_first_and_each_once(void **state)
{
    char text[1024];
    (void)state;
    snprintf(text, sizeof text,
        HEAD "wlan0\t00000000\t%s\t0003\t0\t0\t600\t00000000" REST
             "eth0\t00000000\t%s\t0003\t0\t0\t100\t00000000" REST
             "eth1\t00000000\t%s\t0003\t0\t0\t50\t00000000" REST
             "eth2\t00000000\t%s\t0003\t0\t0\t700\t00000000" REST,
        hex(10, 0, 0, 1), hex(10, 0, 0, 2), hex(10, 0, 0, 1), hex(10, 0, 0, 2));
    table("route", text);
    table("ipv6_route",
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fe800000000000000000000000000001 00000400 "
        "00000001 00000000 00450003    wlan0\n"
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000100 "
        "00000001 00000000 00000003     eth0\n");
    gateway_find(root, &answer);
    assert_int_equal(answer.count, 4);
    assert_string_equal(answer.addresses[0], "10.0.0.1");
    assert_string_equal(answer.addresses[1], "10.0.0.2");
    assert_string_equal(answer.addresses[2], "fd00::1");
    assert_string_equal(answer.addresses[3], "fe80::1%wlan0");
}

static void what_is_no_way_out_is_no_gateway(void **state)
{
    (void)state;
    table("route",
        HEAD "eth0\t00000000\t00000000\t0001\t0\t0\t0\t00000000" REST // a default route without a next hop
             "eth0\t00000000\t0100000A\t0002\t0\t0\t0\t00000000" REST // down
             "*\t00000000\t0100000A\t0203\t0\t0\t0\t00000000" REST    // unreachable
             "eth0\t00000000\t0100000A\t0003\t0\t0\t0\t00000080" REST // 0.0.0.0/1, as VPNs have it
             "eth0 nonsense\n\n");
    table("ipv6_route",
        "00000000000000000000000000000000 00 00000000000000000000000000000000 00 00000000000000000000000000000000 ffffffff "
        "00000001 00000000 00200200       lo\n"
        "fd000000000000000000000000000000 40 00000000000000000000000000000000 00 fd000000000000000000000000000001 00000400 "
        "00000001 00000000 00000003     eth0\n");
    gateway_find(root, &answer);
    assert_int_equal(answer.count, 0);
}

static void a_machine_without_these_files_has_none(void **state)
{
    (void)state;
    gateway_find(root, &answer);
    assert_int_equal(answer.count, 0);
}

static void more_routes_than_fit_leave_out_the_dearest(void **state)
{
    char text[2048] = HEAD, last[RESOLVER_ADDRESS_SIZE];
    size_t used = strlen(text);
    (void)state;
    for (unsigned i = 0; i < RESOLVER_ADDRESSES_MAX + 3; i++)
        used += (size_t)snprintf(text + used, sizeof text - used,
            "eth0\t00000000\t%s\t0003\t0\t0\t%u\t00000000" REST, hex(10, 0, 0, i + 1), 100 - i);
    table("route", text);
    gateway_find(root, &answer);
    assert_int_equal(answer.count, RESOLVER_ADDRESSES_MAX);
    snprintf(last, sizeof last, "10.0.0.%d", RESOLVER_ADDRESSES_MAX + 3);
    assert_string_equal(answer.addresses[0], last);
    assert_string_equal(answer.addresses[RESOLVER_ADDRESSES_MAX - 1], "10.0.0.4");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_default_routes_next_hop_is_the_gateway, make, unmake),
        cmocka_unit_test_setup_teardown(
            of_several_the_smallest_metric_comes_first_and_each_once, make, unmake),
        cmocka_unit_test_setup_teardown(what_is_no_way_out_is_no_gateway, make, unmake),
        cmocka_unit_test_setup_teardown(a_machine_without_these_files_has_none, make, unmake),
        cmocka_unit_test_setup_teardown(more_routes_than_fit_leave_out_the_dearest, make, unmake),
    };

    return cmocka_run_group_tests_name("gateway", tests, NULL, NULL);
}
