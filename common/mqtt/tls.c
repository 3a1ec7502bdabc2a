// SPDX-License-Identifier: MIT
#include "common/mqtt/tls.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/mqtt/tls_socket.h"

// A static program has no idea where the system it runs on keeps its authorities.
#define SYSTEM_CAPATH "/etc/ssl/certs"

struct tls {
    SSL_CTX *context;
    SSL *session;
    char name[TLS_NAME_SIZE]; // of the options
    char wanted[LINK_HOST_MAX + 1];
    bool wanted_is_address, insecure, has_cert;
    int version; // as in the options
    struct tls_gate gate;
    bool is_set_up, is_closed;
    struct tls_failure failure;
};

static int tls_index; // of our struct in an SSL_CTX
static pthread_once_t tls_index_once = PTHREAD_ONCE_INIT;

static struct tls *tls_of(const SSL *session)
{
    return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(session), tls_index);
}

// ---- what a handshake tells

static void append(char out[TLS_NAMES_SIZE], const char *name, size_t len)
{
    size_t used = strlen(out);

    if (used + len + 3 > TLS_NAMES_SIZE)
        return;
    if (used > 0)
        used += (size_t)snprintf(out + used, TLS_NAMES_SIZE - used, ", ");
    for (size_t i = 0; i < len; i++)
        out[used++] = isgraph((unsigned char)name[i]) || name[i] == ' ' ? name[i] : '?';
    out[used] = '\0';
}

static void note_names(char out[TLS_NAMES_SIZE], const X509 *certificate)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    char address[INET6_ADDRSTRLEN];

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
        const ASN1_STRING *text = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
        if (name->type == GEN_DNS)
            append(out, (const char *)ASN1_STRING_get0_data(text), (size_t)ASN1_STRING_length(text));
        else if (name->type == GEN_IPADD && inet_ntop(ASN1_STRING_length(text) == 4 ? AF_INET : AF_INET6,
                                                ASN1_STRING_get0_data(text), address, sizeof address))
            append(out, address, strlen(address));
    }
    GENERAL_NAMES_free(names);
    char common[64];
    if (out[0] == '\0' && X509_NAME_get_text_by_NID(
                              X509_get_subject_name(certificate), NID_commonName, common, sizeof common) > 0)
        append(out, common, strlen(common));
}

static void note_issuer(char out[TLS_NAMES_SIZE], const X509 *certificate)
{
    char name[64] = "";

    X509_NAME *issuer = X509_get_issuer_name(certificate);
    if (X509_NAME_get_text_by_NID(issuer, NID_commonName, name, sizeof name) <= 0)
        X509_NAME_get_text_by_NID(issuer, NID_organizationName, name, sizeof name);
    append(out, name[0] != '\0' ? name : "without a name", strlen(name[0] != '\0' ? name : "without a name"));
}

static int64_t seconds(const ASN1_TIME *time)
{
    struct tm parts;

    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

static int on_verify(int good, X509_STORE_CTX *store)
{
    const SSL *session = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_failure *failure = &tls_of(session)->failure;
    const X509 *certificate = X509_STORE_CTX_get_current_cert(store);

    if (good || failure->verify != X509_V_OK)
        return good;
    failure->verify = X509_STORE_CTX_get_error(store);
    failure->authority = X509_STORE_CTX_get_error_depth(store) > 0;
    if (!certificate)
        return good;
    failure->from_s = seconds(X509_get0_notBefore(certificate));
    failure->until_s = seconds(X509_get0_notAfter(certificate));
    note_names(failure->names, certificate);
    note_issuer(failure->issuer, certificate);
    return good;
}

static void take_session(struct tls *tls, SSL *session)
{
    tls->session = session;
    // The library has put in the address that it connects to.
    SSL_set_tlsext_host_name(session, tls->wanted_is_address ? NULL : tls->wanted);
    BIO *socket = tls_socket_new(SSL_get_fd(session), &tls->gate);
    if (socket) // without memory this handshake fails: it begins before the connection of TCP is there
        SSL_set_bio(session, socket, socket);
}

static void on_info(const SSL *session, int where, int value)
{
    struct tls *tls = tls_of(session);

    if (where & SSL_CB_HANDSHAKE_START && !tls->session)
        take_session(tls, (SSL *)(uintptr_t)session);
    if (where & SSL_CB_LOOP && SSL_get_state(session) == TLS_ST_CR_SRVR_HELLO)
        tls->failure.answered = true;
    if (where & SSL_CB_HANDSHAKE_DONE)
        tls->is_set_up = true;
    if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT)
        return;
    tls->failure.answered = true;
    if ((value & 0xff) == SSL3_AD_CLOSE_NOTIFY)
        tls->is_closed = true;
    else if (value >> 8 == SSL3_AL_FATAL && tls->failure.alert < 0)
        tls->failure.alert = value & 0xff;
}

// ---- loading

static bool is_readable(const char *key, const char *path, char why[LINK_REASON_SIZE])
{
    if (access(path, R_OK) == 0)
        return true;
    snprintf(why, LINK_REASON_SIZE, "%s: %.180s: %s", key, path, strerror(errno));
    return false;
}

// OpenSSL says what type it has.
// NOLINTNEXTLINE(readability-non-const-parameter)
static int no_passphrase(char *out, int size, int writing, void *arg)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)arg;
    return 0; // instead of asking on the terminal
}

static bool load_authorities(
    SSL_CTX *context, const struct tls_options *options, const char **key, char why[LINK_REASON_SIZE])
{
    *key = "cafile";
    if (options->cafile[0] != '\0') {
        if (!is_readable(*key, options->cafile, why))
            return false;
        if (SSL_CTX_load_verify_locations(context, options->cafile, NULL) != 1) {
            snprintf(why, LINK_REASON_SIZE, "cafile: %.180s: no certificate in PEM", options->cafile);
            return false;
        }
    }
    *key = "capath";
    if (options->capath[0] != '\0') {
        if (!is_readable(*key, options->capath, why))
            return false;
        SSL_CTX_load_verify_locations(context, NULL, options->capath);
    }
    if (options->cafile[0] == '\0' && options->capath[0] == '\0') {
        SSL_CTX_set_default_verify_paths(context);
        SSL_CTX_load_verify_locations(context, NULL, SYSTEM_CAPATH);
    }
    return true;
}

static bool load_own(
    SSL_CTX *context, const struct tls_options *options, const char **key, char why[LINK_REASON_SIZE])
{
    if (options->cert[0] == '\0')
        return true;
    *key = "cert";
    if (!is_readable(*key, options->cert, why))
        return false;
    if (SSL_CTX_use_certificate_chain_file(context, options->cert) != 1) {
        snprintf(why, LINK_REASON_SIZE, "cert: %.180s: no certificate in PEM", options->cert);
        return false;
    }
    *key = "key";
    if (!is_readable(*key, options->key, why))
        return false;
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    if (SSL_CTX_use_PrivateKey_file(context, options->key, SSL_FILETYPE_PEM) == 1)
        return true;
    unsigned long error = ERR_peek_last_error();
    bool foreign = ERR_GET_LIB(error) == ERR_LIB_X509 && ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH;
    snprintf(why, LINK_REASON_SIZE, "key: %.180s: %s", options->key,
        foreign ? "is not the key of cert" : "no private key in PEM, or one with a passphrase");
    return false;
}

static void set_up(struct tls *tls, int version)
{
    SSL_CTX *context = tls->context;

    SSL_CTX_set_ex_data(context, tls_index, tls);
    SSL_CTX_set_min_proto_version(context, version == 13 ? TLS1_3_VERSION : TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, on_verify);
    SSL_CTX_set_info_callback(context, on_info);
    // The library comes back with what is left of a packet, which may have moved.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

static void make_index(void)
{
    tls_index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
}

struct tls *tls_new(const struct tls_options *options, const char **key, char why[LINK_REASON_SIZE])
{
    struct tls *tls = calloc(1, sizeof *tls);
    const char *unused;

    pthread_once(&tls_index_once, make_index);
    if (tls)
        tls->context = SSL_CTX_new(TLS_client_method());
    if (!tls || !tls->context) {
        free(tls);
        if (key)
            *key = "cafile";
        snprintf(why, LINK_REASON_SIZE, "out of memory");
        return NULL;
    }
    snprintf(tls->name, sizeof tls->name, "%s", options->name);
    tls->insecure = options->insecure;
    tls->has_cert = options->cert[0] != '\0';
    tls->version = options->version;
    set_up(tls, tls->version);
    key = key ? key : &unused;
    bool good =
        load_authorities(tls->context, options, key, why) && load_own(tls->context, options, key, why);
    ERR_clear_error();
    if (good)
        return tls;
    tls_free(tls);
    return NULL;
}

struct tls *tls_copy(const struct tls *tls)
{
    struct tls *copy = calloc(1, sizeof *copy);
    STACK_OF(X509) *chain = NULL;

    if (copy)
        copy->context = SSL_CTX_new(TLS_client_method());
    if (!copy || !copy->context) {
        free(copy);
        return NULL;
    }
    memcpy(copy->name, tls->name, sizeof copy->name);
    copy->insecure = tls->insecure;
    copy->has_cert = tls->has_cert;
    copy->version = tls->version;
    set_up(copy, copy->version);
    SSL_CTX_set1_cert_store(copy->context, SSL_CTX_get_cert_store(tls->context));
    if (tls->has_cert) {
        SSL_CTX_get0_chain_certs(tls->context, &chain);
        SSL_CTX_use_cert_and_key(copy->context, SSL_CTX_get0_certificate(tls->context),
            SSL_CTX_get0_privatekey(tls->context), chain, 1);
    }
    return copy;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    SSL_CTX_free(tls->context);
    free(tls);
}

int tls_expect(struct tls *tls, const char *host)
{
    X509_VERIFY_PARAM *wanted = SSL_CTX_get0_param(tls->context);
    unsigned char address[sizeof(struct in6_addr)];

    tls->session = NULL;
    tls->is_set_up = tls->is_closed = false;
    tls_let(tls, false, false);
    tls->failure = (struct tls_failure){.wanted = tls->wanted, .alert = -1};
    snprintf(tls->wanted, sizeof tls->wanted, "%s", tls->name[0] != '\0' ? tls->name : host);
    tls->wanted[strcspn(tls->wanted, "%")] = '\0'; // a scope is ours, no certificate has it
    tls->wanted_is_address =
        inet_pton(AF_INET, tls->wanted, address) == 1 || inet_pton(AF_INET6, tls->wanted, address) == 1;
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    bool by_name = !tls->insecure && !tls->wanted_is_address;
    bool by_address = !tls->insecure && tls->wanted_is_address;
    if (X509_VERIFY_PARAM_set1_host(wanted, by_name ? tls->wanted : NULL, 0) != 1 ||
        X509_VERIFY_PARAM_set1_ip(wanted, NULL, 0) != 1 ||
        (by_address && X509_VERIFY_PARAM_set1_ip_asc(wanted, tls->wanted) != 1))
        return -ENOMEM;
    return 0;
}

void tls_let(struct tls *tls, bool read, bool write)
{
    tls->gate = (struct tls_gate){read, write};
}

SSL_CTX *tls_context(const struct tls *tls)
{
    return tls->context;
}

SSL *tls_session(const struct tls *tls)
{
    return tls->session;
}

bool tls_has_read_ahead(const struct tls *tls)
{
    return BIO_pending(SSL_get_rbio(tls->session)) > 0;
}

bool tls_is_set_up(const struct tls *tls)
{
    return tls->is_set_up;
}

bool tls_is_closed(const struct tls *tls)
{
    return tls->is_closed;
}

const struct tls_failure *tls_failure(const struct tls *tls)
{
    return &tls->failure;
}

bool tls_has_cert(const struct tls *tls)
{
    return tls->has_cert;
}
