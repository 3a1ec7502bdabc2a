// SPDX-License-Identifier: MIT
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/mqtt/tls_reason.h"

enum { NOW_S = 1700000000 }; // 2023-11-14

static char out[LINK_REASON_SIZE];

static struct tls_failure failure_of(int verify)
{
    return (struct tls_failure){.wanted = "broker.example",
        .verify = verify,
        .from_s = 1600000000,  // 2020-09-13
        .until_s = 1650000000, // 2022-04-15
        .names = "pc-tui-broker, 10.0.0.1",
        .issuer = "Robots",
        .alert = -1,
        .answered = true};
}

static void assert_says(const char *part)
{
    if (!strstr(out, part))
        fail_msg("\"%s\" does not say \"%s\"", out, part);
    assert_true(strlen(out) < sizeof out - 1); // not cut off
}

static void each_fault_of_a_certificate_has_its_words(void **state)
{
    static const struct {
        int verify;
        const char *parts[3];
    } cases[] = {
        {X509_V_ERR_CERT_HAS_EXPIRED,
            {"its certificate expired on 2022-04-15", "clock says 2023-11-14", "renew"}},
        {X509_V_ERR_CERT_NOT_YET_VALID,
            {"is not valid before 2020-09-13", "clock says 2023-11-14", "is the clock right?"}},
        {X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY, {"not trusted here (Robots)", "cafile", ""}},
        {X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, {"not trusted here (Robots)", "cafile", ""}},
        {X509_V_ERR_HOSTNAME_MISMATCH,
            {"is not for broker.example but for pc-tui-broker, 10.0.0.1", "set name", ""}},
        {X509_V_ERR_IP_ADDRESS_MISMATCH, {"is not for broker.example", "10.0.0.1", ""}},
        {X509_V_ERR_INVALID_PURPOSE, {"was refused: ", "", ""}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tls_failure failure = failure_of(cases[i].verify);
        assert_true(tls_reason(out, "host:8883", &failure, false, NOW_S));
        assert_says("host:8883");
        for (size_t part = 0; part < 3; part++)
            assert_says(cases[i].parts[part]);
    }
}

static void the_fault_may_be_the_authoritys(void **state)
{
    struct tls_failure failure = failure_of(X509_V_ERR_CERT_HAS_EXPIRED);

    (void)state;
    failure.authority = true;
    tls_reason(out, "host:8883", &failure, false, NOW_S);
    assert_says("the certificate of its authority expired");
}

static void a_certificate_without_a_name_says_so(void **state)
{
    struct tls_failure failure = failure_of(X509_V_ERR_HOSTNAME_MISMATCH);

    (void)state;
    failure.names[0] = '\0';
    tls_reason(out, "host:8883", &failure, false, NOW_S);
    assert_says("but for no name at all");
}

static void each_alert_has_its_words(void **state)
{
    static const struct {
        int alert;
        bool has_cert;
        const char *part;
    } cases[] = {
        {116, false, "asks for a certificate of ours: cert and key"},
        {SSL_AD_HANDSHAKE_FAILURE, false, "or it asks for a certificate of ours"},
        {SSL_AD_HANDSHAKE_FAILURE, true, "no way in common"},
        {SSL_AD_UNKNOWN_CA, true, "refused our certificate"},
        {SSL_AD_CERTIFICATE_EXPIRED, true, "refused our certificate, which has expired"},
        {SSL_AD_PROTOCOL_VERSION, false, "no version of TLS"},
        {SSL_AD_INTERNAL_ERROR, false, "ended it: internal error"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct tls_failure failure = failure_of(0);
        failure.alert = cases[i].alert;
        assert_true(tls_reason(out, "host:8883", &failure, cases[i].has_cert, NOW_S));
        assert_says(cases[i].part);
    }
}

static void a_peer_without_tls_is_told_from_a_broken_one(void **state)
{
    struct tls_failure failure = failure_of(0);

    (void)state;
    assert_false(tls_reason(out, "host:8883", &failure, false, NOW_S));
    assert_says("broke the protocol");
    tls_reason_cut(out, "host:8883", &failure);
    assert_says("connection lost to host:8883 while TLS was being set up");
    failure.answered = false;
    assert_true(tls_reason(out, "host:1883", &failure, false, NOW_S));
    assert_says("does not speak TLS");
    tls_reason_cut(out, "host:1883", &failure);
    assert_says("closed the connection when TLS began");
}

static void the_longest_names_do_not_break_a_sentence(void **state)
{
    static const int codes[] = {X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        X509_V_ERR_CERT_HAS_EXPIRED};
    char host[LINK_PLACE_SIZE];

    (void)state;
    memset(host, 'h', sizeof host - 1);
    host[sizeof host - 1] = '\0';
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        struct tls_failure failure = failure_of(codes[i]);
        failure.wanted = host;
        tls_reason(out, host, &failure, false, INT64_MAX);
        assert_true(strlen(out) < sizeof out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_of_a_certificate_has_its_words),
        cmocka_unit_test(the_fault_may_be_the_authoritys),
        cmocka_unit_test(a_certificate_without_a_name_says_so),
        cmocka_unit_test(each_alert_has_its_words),
        cmocka_unit_test(a_peer_without_tls_is_told_from_a_broken_one),
        cmocka_unit_test(the_longest_names_do_not_break_a_sentence),
    };

    return cmocka_run_group_tests_name("tls_reason", tests, NULL, NULL);
}
