// SPDX-License-Identifier: MIT
#include "common/mqtt/tls_reason.h"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "common/array.h"

enum { DAY_SIZE = 16 };

__attribute__((format(printf, 2, 3))) static void say(char out[LINK_REASON_SIZE], const char *format, ...)
{
    va_list args;

    va_start(args, format);
    vsnprintf(out, LINK_REASON_SIZE, format, args);
    va_end(args);
}

static const char *day(char out[DAY_SIZE], int64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm parts;

    if (!gmtime_r(&time, &parts) || strftime(out, DAY_SIZE, "%Y-%m-%d", &parts) == 0)
        snprintf(out, DAY_SIZE, "?");
    return out;
}

static void say_verify(
    char out[LINK_REASON_SIZE], const char *at, const struct tls_failure *failure, int64_t now_s)
{
    const char *whose = failure->authority ? "the certificate of its authority" : "its certificate";
    char then[DAY_SIZE], now[DAY_SIZE];

    day(now, now_s);
    switch (failure->verify) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
        say(out, "TLS: %s: %s expired on %s (this computer's clock says %s); renew it there", at, whose,
            day(then, failure->until_s), now);
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        say(out, "TLS: %s: %s is not valid before %s, and this computer's clock says %s; is the clock right?",
            at, whose, day(then, failure->from_s), now);
        break;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
        say(out,
            "TLS: %s: its certificate is from an authority that is not trusted here (%s); cafile must be that authority's",
            at, failure->issuer);
        break;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        say(out,
            "TLS: %s: its certificate is not for %.60s but for %s; if that is the broker, set name in tls to such a name",
            at, failure->wanted, failure->names[0] != '\0' ? failure->names : "no name at all");
        break;
    default:
        say(out, "TLS: %s: %s was refused: %s", at, whose, X509_verify_cert_error_string(failure->verify));
        break;
    }
}

static void say_alert(char out[LINK_REASON_SIZE], const char *at, int alert, bool has_cert)
{
    static const int refused[] = {SSL_AD_BAD_CERTIFICATE, SSL_AD_UNSUPPORTED_CERTIFICATE,
        SSL_AD_CERTIFICATE_UNKNOWN, SSL_AD_UNKNOWN_CA, SSL_AD_CERTIFICATE_REVOKED, SSL_AD_ACCESS_DENIED};

    for (size_t i = 0; has_cert && i < ARRAY_LENGTH(refused); i++) {
        if (alert != refused[i])
            continue;
        say(out, "TLS: %s refused our certificate: %s", at, SSL_alert_desc_string_long(alert));
        return;
    }
    switch (alert) {
    case SSL_AD_CERTIFICATE_EXPIRED:
        say(out, "TLS: %s refused our certificate, which has expired", at);
        break;
    case SSL_AD_PROTOCOL_VERSION:
        say(out, "TLS: %s speaks no version of TLS that is spoken here (see version in tls)", at);
        break;
    case 116: // certificate_required
        say(out, "TLS: %s asks for a certificate of ours: cert and key in tls", at);
        break;
    case SSL_AD_HANDSHAKE_FAILURE:
        say(out,
            has_cert
                ? "TLS: %s and we have no way in common"
                : "TLS: %s and we have no way in common, or it asks for a certificate of ours: cert and key in tls",
            at);
        break;
    default:
        say(out, "TLS: %s ended it: %s", at, SSL_alert_desc_string_long(alert));
        break;
    }
}

bool tls_reason(char out[LINK_REASON_SIZE], const char *at, const struct tls_failure *failure, bool has_cert,
    int64_t now_s)
{
    if (failure->verify != X509_V_OK)
        say_verify(out, at, failure, now_s);
    else if (failure->alert >= 0)
        say_alert(out, at, failure->alert, has_cert);
    else if (!failure->answered)
        say(out,
            "%s does not speak TLS: is that the port for it (8883)? mqtt:// before the host means without",
            at);
    else
        say(out, "TLS: %s broke the protocol", at);
    return failure->verify != X509_V_OK || failure->alert >= 0 || !failure->answered;
}

void tls_reason_cut(char out[LINK_REASON_SIZE], const char *at, const struct tls_failure *failure)
{
    if (failure->answered)
        say(out, "connection lost to %s while TLS was being set up", at);
    else
        say(out,
            "%s closed the connection when TLS began: is that the port for it (8883)? mqtt:// before the host means without",
            at);
}
