// SPDX-License-Identifier: MIT
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "nano-agent/refusal.h"

static void each_refusal_says_what_mends_it(void **state)
{
    static const struct {
        int code;
        const char *words;
    } cases[] = {
        {135, "not authorized; its access control list must let this user write that topic"},
        {149, "max_packet_size 32768"},
        {-EMSGSIZE, "max_packet_size 32768"},
        {154, "retain_available true"},
        {155, "max_qos 1"},
        {131, "reason 131; its log says more"},
        {-ENOMEM, "could not be sent: Cannot allocate memory"},
    };
    char out[REFUSAL_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        refusal_sentence(out, "jetson/status", 812, cases[i].code);
        if (!strstr(out, cases[i].words) || !strstr(out, "812 bytes on jetson/status"))
            fail_msg("%d: %s", cases[i].code, out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_refusal_says_what_mends_it),
    };
    return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
