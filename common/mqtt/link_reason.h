// SPDX-License-Identifier: MIT
// Why an attempt or a connection ended, in words that an operator can act on. Each function writes a sentence
// that names the broker as host:port. Pure.
#ifndef COMMON_LINK_WORDS_H
#define COMMON_LINK_WORDS_H

#include "common/mqtt/link.h"

// error: an errno of connect(), read() or write().
enum link_trouble link_words_errno(char out[LINK_REASON_SIZE], const struct link_broker *broker, int error);

// rc: a return value of libmosquitto (MOSQ_ERR_…); error: errno after it. unanswered: the broker had not said
// anything yet.
enum link_trouble link_words_code(
    char out[LINK_REASON_SIZE], const struct link_broker *broker, int rc, int error, bool unanswered);

// code: of a CONNACK, not 0: MQTT 3.1.1 (1 to 5) or MQTT 5 (128 and above).
enum link_trouble link_words_refusal(char out[LINK_REASON_SIZE], const struct link_broker *broker, int code);

// code: of a DISCONNECT that the broker sent (MQTT 5).
void link_words_goodbye(char out[LINK_REASON_SIZE], const struct link_broker *broker, int code);

void link_words_unresolved(char out[LINK_REASON_SIZE], const struct link_broker *broker, const char *why);
void link_words_denied(char out[LINK_REASON_SIZE], const struct link_broker *broker, const char *topic);
void link_words_oversized(char out[LINK_REASON_SIZE], const struct link_broker *broker, const char *topic);

// An attempt took too long: connecting (TCP), subscribing (no SUBACK), or else waiting for the CONNACK.
void link_words_timeout(char out[LINK_REASON_SIZE], const struct link_broker *broker, int timeout_ms,
    bool connecting, bool subscribing);

#endif
