// SPDX-License-Identifier: MIT
// A link over TLS and over a unix socket, against a real mosquitto and against a server that can do worse.
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "link_rig.h"
#include "tls_server.h"

static char folder[64];

static int make_certificates(void **state)
{
    char command[512];

    (void)state;
    snprintf(folder, sizeof folder, "/tmp/test_link_tls.XXXXXX");
    if (!mkdtemp(folder))
        return -1;
    snprintf(command, sizeof command, "sh '%s/tests/integration/certificates.sh' '%s'", SOURCE_DIR, folder);
    return system(command);
}

static int remove_certificates(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

static void path_of(char out[TLS_PATH_SIZE], const char *name, const char *ending)
{
    snprintf(out, TLS_PATH_SIZE, "%s/%s.%s", folder, name, ending);
}

// A mosquitto that shows this certificate and wants what the lines say.
static pid_t start_tls(int *port, const char *certificate, const char *lines)
{
    char config[1024];

    *port = peers_free_port();
    snprintf(config, sizeof config,
        "certfile %s/%s.crt\nkeyfile %s/%s.key\ncafile %s/ca.crt\n%suser root\nset_tcp_nodelay true\n",
        folder, certificate, folder, certificate, folder, lines);
    return peers_start_mosquitto_with(*port, "127.0.0.1", true, config);
}

static void tls_options_for(struct link_options *options, const char *host, int port)
{
    options_for(options, host, port);
    options->brokers[0].transport = LINK_TLS;
    path_of(options->tls.cafile, "ca", "crt");
}

static void assert_reason(const struct end *end, const char *part)
{
    if (!strstr(link_report(end->link)->reason, part))
        fail_msg("\"%s\" is not said in \"%s\", nor so far:\n%s", part, link_report(end->link)->reason,
            end->reasons);
}

// It is refused in these words, without a word of MQTT 3.1.1, and tried again only after half a minute.
static void assert_refused(const struct link_options *options, const char *part)
{
    struct end end;

    open_end(&end, options);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
    assert_reason(&end, part);
    assert_int_equal(link_report(end.link)->trouble, TROUBLE_TLS);
    assert_int_equal(link_report(end.link)->version, 5);
    assert_in_range(link_report(end.link)->retry_ms, 20000, 30000);
    close_end(&end);
}

static void assert_echo(struct end *end, size_t size)
{
    char *payload = malloc(size);
    unsigned before = end->messages;

    assert_non_null(payload);
    memset(payload, 'x', size);
    assert_int_equal(link_publish(end->link, "t/control", payload, size, 1, false, NULL, 0, NULL), 0);
    WAIT_FOR(end, end->messages > before);
    assert_int_equal(end->last_len, size);
    free(payload);
}

static void messages_of_every_size_go_both_ways(void **state)
{
    struct link_options options;
    struct end end;
    int port;
    const pid_t pid = start_tls(&port, "server", "max_packet_size 2000000\n");

    (void)state;
    tls_options_for(&options, "127.0.0.1", port);
    options.topic_qos[0] = 1;
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    assert_int_equal(link_report(end.link)->version, 5);
    static const size_t sizes[] = {1, 100, 4000, 16000, 16384, 20000, 40000, 300000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        assert_echo(&end, sizes[i]);
    // Many at once come in few records: none may be left in the session until the next comes.
    for (int i = 0; i < 500; i++)
        assert_int_equal(link_publish(end.link, "t/control", "m", 1, 1, false, NULL, 0, NULL), 0);
    WAIT_FOR(&end, end.messages == 500 + sizeof sizes / sizeof *sizes);
    close_end(&end);
    peers_end(pid, SIGTERM);
}

static void each_fault_of_a_certificate_is_told_and_waits_for_a_person(void **state)
{
    static const struct {
        const char *certificate, *part;
    } cases[] = {
        {"expired", "expired on 2021-01-01"},
        {"early", "is not valid before 2090-01-01, and this computer's clock says 2"},
        {"foreign", "not trusted here (Other authority)"},
        {"elsewhere", "is not for 127.0.0.1 but for elsewhere.example, 10.1.2.3"},
    };
    struct link_options options;
    int port;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const pid_t pid = start_tls(&port, cases[i].certificate, "");
        tls_options_for(&options, "127.0.0.1", port);
        assert_refused(&options, cases[i].part);
        peers_end(pid, SIGTERM);
    }
}

static void a_name_is_verified_whatever_address_was_dialled(void **state)
{
    struct link_options options;
    struct end end;
    int port;
    const pid_t pid = start_tls(&port, "unnamed", "");

    (void)state;
    tls_options_for(&options, "127.0.0.1", port);
    assert_refused(&options, "is not for 127.0.0.1 but for broker.example");
    snprintf(options.tls.name, sizeof options.tls.name, "other.example");
    assert_refused(&options, "is not for other.example but for broker.example");
    snprintf(options.tls.name, sizeof options.tls.name, "broker.example");
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    close_end(&end);
    peers_end(pid, SIGTERM);
}

static void insecure_looks_at_no_name_and_still_at_the_authority(void **state)
{
    struct link_options options;
    struct end end;
    int port;
    pid_t pid = start_tls(&port, "elsewhere", "");

    (void)state;
    tls_options_for(&options, "localhost", port);
    assert_refused(&options, "is not for localhost but for elsewhere.example");
    options.tls.insecure = true;
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    close_end(&end);
    peers_end(pid, SIGTERM);
    pid = start_tls(&port, "foreign", "");
    options.brokers[0].port = port;
    assert_refused(&options, "not trusted here (Other authority)");
    peers_end(pid, SIGTERM);
}

static void a_broker_that_wants_a_certificate_of_ours_gets_it(void **state)
{
    struct link_options options;
    struct end end;
    int port;

    (void)state;
    // With TLS 1.3 the refusal comes after the handshake.
    for (int version = 2; version <= 3; version++) {
        char lines[64];
        snprintf(lines, sizeof lines, "require_certificate true\ntls_version tlsv1.%d\n", version);
        const pid_t pid = start_tls(&port, "server", lines);
        tls_options_for(&options, "127.0.0.1", port);
        assert_refused(&options, "a certificate of ours: cert and key");
        path_of(options.tls.cert, "stranger", "crt");
        path_of(options.tls.key, "stranger", "key");
        assert_refused(&options, "refused our certificate");
        path_of(options.tls.cert, "client", "crt");
        path_of(options.tls.key, "client", "key");
        open_end(&end, &options);
        WAIT_FOR(&end, state_of(&end) == LINK_UP);
        close_end(&end);
        peers_end(pid, SIGTERM);
    }
}

static void what_cannot_be_loaded_is_named(void **state)
{
    struct link_options options;

    (void)state;
    tls_options_for(&options, "127.0.0.1", peers_free_port());
    path_of(options.tls.cafile, "absent", "crt");
    assert_refused(&options, "absent.crt: No such file");
    path_of(options.tls.cafile, "ca", "key");
    assert_refused(&options, "ca.key: no certificate in PEM");
    path_of(options.tls.cafile, "ca", "crt");
    path_of(options.tls.cert, "client", "crt");
    path_of(options.tls.key, "stranger", "key");
    assert_refused(&options, "stranger.key: is not the key of cert");
    path_of(options.tls.key, "client", "csr");
    assert_refused(&options, "client.csr: no private key in PEM");
}

static void tls_and_plain_mqtt_find_out_about_each_other(void **state)
{
    struct link_options options;
    struct end end;
    int tls_port;
    const int port = peers_free_port();
    const pid_t plain = peers_start_mosquitto(port, "127.0.0.1", true),
                tls = start_tls(&tls_port, "server", "");

    (void)state;
    tls_options_for(&options, "127.0.0.1", port);
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
    assert_reason(&end, "closed the connection when TLS began");
    assert_int_equal(link_report(end.link)->trouble, TROUBLE_TLS);
    assert_int_equal(link_report(end.link)->version, 5);
    close_end(&end);
    options_for(&options, "127.0.0.1", tls_port);
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
    assert_reason(&end, "One with TLS wants mqtts://");
    close_end(&end);
    peers_end(plain, SIGTERM);
    peers_end(tls, SIGTERM);
}

static void a_port_where_nobody_listens_is_told_as_without_tls(void **state)
{
    struct link_options options;
    struct end end;

    (void)state;
    tls_options_for(&options, "127.0.0.1", peers_free_port());
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
    assert_int_equal(link_report(end.link)->trouble, TROUBLE_REFUSED);
    assert_reason(&end, "connection refused at 127.0.0.1:");
    close_end(&end);
}

static void a_handshake_that_stalls_ends_in_time_and_costs_no_processor(void **state)
{
    struct link_options options;
    struct end end;
    int port;
    const int silent = peers_listen(&port); // the kernel accepts connections, and nobody answers

    (void)state;
    tls_options_for(&options, "127.0.0.1", port);
    options.attempt_ms = 400;
    const clock_t before = clock();
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
    assert_reason(&end, "TLS was not set up within 400 ms");
    assert_int_equal(link_report(end.link)->version, 5);
    assert_true(clock() - before < CLOCKS_PER_SEC / 5);
    close_end(&end);
    close(silent);
}

static void an_older_tls_than_asked_for_is_refused(void **state)
{
    struct link_options options;
    int port;
    const pid_t pid =
        start_tls(&port, "server", "ciphers ECDHE+AESGCM\nciphers_tls1.3 TLS_AES_128_GCM_SHA256\n");
    struct end end;

    (void)state;
    tls_options_for(&options, "127.0.0.1", port);
    options.tls.version = 13;
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    close_end(&end);
    peers_end(pid, SIGTERM);
}

static void a_unix_socket_is_a_broker_like_another(void **state)
{
    char lines[256];
    struct link_options options;
    struct end end;
    const int port = peers_free_port();

    (void)state;
    options_for(&options, "", 0);
    snprintf(options.brokers[0].host, sizeof options.brokers[0].host, "%s/socket", folder);
    options.brokers[0].transport = LINK_UNIX;
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_WAITING);
    assert_reason(&end, "/socket: no such file");
    close_end(&end);
    snprintf(lines, sizeof lines, "user root\nlistener 0 %s/socket\nallow_anonymous true\n", folder);
    const pid_t pid = peers_start_mosquitto_with(port, "127.0.0.1", true, lines);
    open_end(&end, &options);
    WAIT_FOR(&end, state_of(&end) == LINK_UP);
    assert_echo(&end, 10);
    assert_echo(&end, 40000);
    close_end(&end);
    peers_end(pid, SIGTERM);
}

// ---- a server that does worse

static void start_server(struct tls_server *server, enum deed deed, const char *words, size_t len)
{
    char certificate[TLS_PATH_SIZE], key[TLS_PATH_SIZE];

    path_of(certificate, "server", "crt");
    path_of(key, "server", "key");
    tls_server_start(server, certificate, key, deed, words, len);
}

static void nobody_in_between_can_force_an_older_version(void **state)
{
    struct link_options options;
    struct tls_server server;
    struct end end;
    char told[TLS_SERVER_TOLD];

    (void)state;
    start_server(&server, DEED_CUT, NULL, 0);
    tls_options_for(&options, "127.0.0.1", server.port);
    open_end(&end, &options);
    WAIT_FOR(&end, link_report(end.link)->attempts >= 3);
    close_end(&end);
    tls_server_end(&server, told);
    assert_non_null(strstr(told, "5 -\n5 -\n5 -\n"));
    assert_null(strchr(told, '4'));
    // The broker itself may still say that it does not know MQTT 5.
    start_server(&server, DEED_CLOSE, NULL, 0);
    options.brokers[0].port = server.port;
    open_end(&end, &options);
    WAIT_FOR(&end, link_report(end.link)->attempts >= 1);
    close_end(&end);
    tls_server_end(&server, told);
    assert_non_null(strstr(told, "5 -\n4 -\n"));
}

static void the_server_is_told_the_name_that_is_verified(void **state)
{
    struct link_options options;
    struct tls_server server;
    struct end end;
    char told[TLS_SERVER_TOLD];

    (void)state;
    start_server(&server, DEED_CLOSE, NULL, 0);
    tls_options_for(&options, "127.0.0.1", server.port);
    snprintf(options.tls.name, sizeof options.tls.name, "broker.example");
    open_end(&end, &options);
    WAIT_FOR(&end, link_report(end.link)->attempts >= 1);
    close_end(&end);
    tls_server_end(&server, told);
    assert_non_null(strstr(told, "5 broker.example\n"));
}

static void a_property_that_the_library_would_die_of_ends_the_connection_however_it_is_cut(void **state)
{
    static const char words[] = "\x90\x06\0\x01\x02\x7f\0\0"; // a SUBACK with property 127
    struct link_options options;
    struct tls_server server;
    struct end end;
    char told[TLS_SERVER_TOLD];

    (void)state;
    for (enum deed deed = DEED_SPEAK; deed <= DEED_SPELL; deed++) {
        start_server(&server, deed, words, sizeof words - 1);
        tls_options_for(&options, "127.0.0.1", server.port);
        open_end(&end, &options);
        WAIT_FOR(&end, link_report(end.link)->attempts >= 1);
        assert_reason(&end, "a property that MQTT 5 does not know");
        close_end(&end);
        tls_server_end(&server, told);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_of_every_size_go_both_ways),
        cmocka_unit_test(each_fault_of_a_certificate_is_told_and_waits_for_a_person),
        cmocka_unit_test(a_name_is_verified_whatever_address_was_dialled),
        cmocka_unit_test(insecure_looks_at_no_name_and_still_at_the_authority),
        cmocka_unit_test(a_broker_that_wants_a_certificate_of_ours_gets_it),
        cmocka_unit_test(what_cannot_be_loaded_is_named),
        cmocka_unit_test(tls_and_plain_mqtt_find_out_about_each_other),
        cmocka_unit_test(a_port_where_nobody_listens_is_told_as_without_tls),
        cmocka_unit_test(a_handshake_that_stalls_ends_in_time_and_costs_no_processor),
        cmocka_unit_test(an_older_tls_than_asked_for_is_refused),
        cmocka_unit_test(a_unix_socket_is_a_broker_like_another),
        cmocka_unit_test(nobody_in_between_can_force_an_older_version),
        cmocka_unit_test(the_server_is_told_the_name_that_is_verified),
        cmocka_unit_test(a_property_that_the_library_would_die_of_ends_the_connection_however_it_is_cut),
    };

    return cmocka_run_group_tests_name("link_tls", tests, make_certificates, remove_certificates);
}
