// SPDX-License-Identifier: MIT
#include "common/mqtt/handle.h"

#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// The library's read function handles as many packets a call as messages of QoS 1 and 2 are in flight, until errno says
// EAGAIN. Only one packet has been looked at (intake.h), so each callback ends the call.
static void read_no_further(void)
{
    errno = EAGAIN;
}

static void read_limits(struct handle *handle, const mosquitto_property *properties)
{
    struct link_limits *limits = &handle->limits;
    uint8_t max_qos = 2, retains = 1;
    uint16_t keepalive_s = 0;

    mosquitto_property_read_byte(properties, MQTT_PROP_MAXIMUM_QOS, &max_qos, false);
    mosquitto_property_read_byte(properties, MQTT_PROP_RETAIN_AVAILABLE, &retains, false);
    mosquitto_property_read_int32(properties, MQTT_PROP_MAXIMUM_PACKET_SIZE, &limits->max_packet, false);
    mosquitto_property_read_int16(properties, MQTT_PROP_SERVER_KEEP_ALIVE, &keepalive_s, false);
    limits->max_qos = max_qos < limits->max_qos ? max_qos : limits->max_qos;
    limits->retains = limits->retains && retains;
    if (keepalive_s > 0)
        handle->keepalive_s = keepalive_s;
}

static void on_connect(
    struct mosquitto *mosq, void *arg, int code, int flags, const mosquitto_property *properties)
{
    struct handle *handle = arg;

    (void)mosq;
    (void)flags;
    if (code == 0)
        read_limits(handle, properties);
    handle->events->connected(handle->ctx, code);
}

static size_t first_topic(const struct handle *handle, int mid)
{
    for (size_t i = 0; i < handle->subscribe_count; i++)
        if (handle->subscribes[i].mid == mid)
            return handle->subscribes[i].first;
    return 0;
}

static void on_subscribe(struct mosquitto *mosq, void *arg, int mid, int count, const int *granted,
    const mosquitto_property *properties)
{
    struct handle *handle = arg;
    const struct handle_options *options = handle->options;
    const char *refused = NULL;

    (void)mosq;
    (void)properties;
    size_t first = first_topic(handle, mid);
    for (int i = count - 1; i >= 0; i--) {
        size_t topic = first + (size_t)i;
        if (granted[i] < 128 || topic >= options->topic_count)
            continue;
        if (options->topic_may_be_refused[topic])
            handle->deaf |= 1u << topic;
        else
            refused = options->topics[topic];
    }
    handle->events->subscribed(handle->ctx, refused);
    read_no_further();
}

static void on_disconnect(struct mosquitto *mosq, void *arg, int code, const mosquitto_property *properties)
{
    struct handle *handle = arg;

    (void)mosq;
    (void)properties;
    // Codes below 128 are the library's own; it returns those as well.
    if (code >= 128)
        handle->events->goodbye(handle->ctx, code);
}

static void on_message(struct mosquitto *mosq, void *arg, const struct mosquitto_message *message,
    const mosquitto_property *properties)
{
    struct handle *handle = arg;
    char *response_topic = NULL;
    void *correlation = NULL;
    uint16_t correlation_len = 0;

    (void)mosq;
    if (properties) {
        mosquitto_property_read_string(properties, MQTT_PROP_RESPONSE_TOPIC, &response_topic, false);
        mosquitto_property_read_binary(
            properties, MQTT_PROP_CORRELATION_DATA, &correlation, &correlation_len, false);
    }
    struct link_message ours = {
        .topic = message->topic,
        .payload = message->payload ? message->payload : "",
        .len = message->payloadlen > 0 ? (size_t)message->payloadlen : 0,
        .qos = message->qos,
        .retained = message->retain,
        .response_topic = response_topic,
        .correlation = correlation,
        .correlation_len = correlation_len,
    };
    handle->events->message(handle->ctx, &ours);
    free(response_topic);
    free(correlation);
    read_no_further();
}

static void on_publish(
    struct mosquitto *mosq, void *arg, int mid, int code, const mosquitto_property *properties)
{
    struct handle *handle = arg;

    (void)mosq;
    (void)properties;
    handle->events->done(handle->ctx, mid, code);
    read_no_further();
}

static int at_most(int qos, int max_qos)
{
    return qos < max_qos ? qos : max_qos;
}

static int set_up(struct handle *handle)
{
    const struct handle_options *options = handle->options;
    struct mosquitto *mosq = handle->mosq;
    int rc = mosquitto_int_option(
        mosq, MOSQ_OPT_PROTOCOL_VERSION, options->version == 5 ? MQTT_PROTOCOL_V5 : MQTT_PROTOCOL_V311);

#if LIBMOSQUITTO_VERSION_NUMBER >= 2000000
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY, 1);
#endif
#if LIBMOSQUITTO_VERSION_NUMBER >= 2001000
    if (rc == MOSQ_ERR_SUCCESS) // it would be written to at every packet and read by nobody
        rc = mosquitto_int_option(mosq, MOSQ_OPT_DISABLE_SOCKETPAIR, 1);
#endif
    if (rc == MOSQ_ERR_SUCCESS && options->user[0] != '\0')
        rc = mosquitto_username_pw_set(
            mosq, options->user, options->password[0] != '\0' ? options->password : NULL);
    if (rc == MOSQ_ERR_SUCCESS && options->will_topic)
        rc = mosquitto_will_set(mosq, options->will_topic, (int)strlen(options->will_payload),
            options->will_payload, at_most(1, options->limits.max_qos), options->limits.retains);
    if (rc == MOSQ_ERR_SUCCESS && options->tls)
        rc = mosquitto_int_option(mosq, MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
    if (rc == MOSQ_ERR_SUCCESS && options->tls)
        rc = mosquitto_void_option(mosq, MOSQ_OPT_SSL_CTX, options->tls);
    mosquitto_connect_v5_callback_set(mosq, on_connect);
    mosquitto_disconnect_v5_callback_set(mosq, on_disconnect);
    mosquitto_subscribe_v5_callback_set(mosq, on_subscribe);
    mosquitto_message_v5_callback_set(mosq, on_message);
    mosquitto_publish_v5_callback_set(mosq, on_publish);
    return rc;
}

int handle_init(struct handle *handle, const struct handle_options *options,
    const struct handle_events *events, void *ctx)
{
    *handle = (struct handle){.options = options,
        .events = events,
        .ctx = ctx,
        .limits = options->limits,
        .keepalive_s = options->keepalive_s};
    mosquitto_lib_init();
    handle->mosq = mosquitto_new(options->client_id[0] != '\0' ? options->client_id : NULL, true, handle);
    if (!handle->mosq) {
        mosquitto_lib_cleanup();
        return MOSQ_ERR_NOMEM;
    }
    return set_up(handle);
}

void handle_finish(struct handle *handle)
{
    if (!handle->mosq)
        return;
    mosquitto_destroy(handle->mosq);
    handle->mosq = NULL;
    mosquitto_lib_cleanup();
}

int handle_subscribe(struct handle *handle, size_t *packets)
{
    const struct handle_options *options = handle->options;
    size_t done = 0;

    *packets = 0;
    while (done < options->topic_count) {
        size_t end = done + 1;
        while (end < options->topic_count && options->topic_qos[end] == options->topic_qos[done] &&
               options->topic_as_published[end] == options->topic_as_published[done])
            end++;
        char *topics[LINK_TOPICS_MAX];
        for (size_t i = done; i < end; i++)
            topics[i - done] = (char *)(uintptr_t)options->topics[i];
        int mid = 0;
        int rc = mosquitto_subscribe_multiple(handle->mosq, &mid, (int)(end - done), topics,
            at_most(options->topic_qos[done], options->limits.max_qos),
            options->version == 5 && options->topic_as_published[done] ? MQTT_SUB_OPT_RETAIN_AS_PUBLISHED : 0,
            NULL);
        if (rc != MOSQ_ERR_SUCCESS)
            return rc;
        handle->subscribes[*packets].mid = mid;
        handle->subscribes[(*packets)++].first = done;
        handle->subscribe_count = *packets;
        done = end;
    }
    return MOSQ_ERR_SUCCESS;
}

struct link_publication handle_within_limits(
    const struct handle *handle, const struct link_publication *publication)
{
    struct link_publication within = *publication;

    within.qos = at_most(publication->qos, handle->limits.max_qos);
    within.retain = publication->retain && handle->limits.retains;
    return within;
}

// How many bytes a length takes that MQTT writes as a variable byte integer: seven bits a byte.
static size_t length_bytes(size_t length)
{
    size_t bytes = 1;

    while (length >>= 7)
        bytes++;
    return bytes;
}

// The whole PUBLISH of MQTT 5, from its first byte to the last of the payload (MQTT 5.0, 2.1.4 and 3.3).
static size_t packet_size(const struct link_publication *publication)
{
    size_t properties = publication->expiry_s > 0 ? 5 : 0;

    if (publication->correlation)
        properties += 3 + publication->correlation_len;
    size_t rest = 2 + strlen(publication->topic) + (publication->qos > 0 ? 2 : 0) + length_bytes(properties) +
                  properties + publication->len;
    return 1 + length_bytes(rest) + rest;
}

int handle_publish(struct handle *handle, const struct link_publication *publication, int *mid)
{
    mosquitto_property *properties = NULL;
    int rc = MOSQ_ERR_SUCCESS;

    if (publication->len > MQTT_MAX_PAYLOAD || publication->correlation_len > UINT16_MAX)
        return MOSQ_ERR_PAYLOAD_SIZE;
    // The library looks as well, but counts too few bytes at QoS 1: there a packet that is a byte too long ends the
    // program on an assertion (libmosquitto 2.0.22 and before, send__real_publish).
    if (handle->limits.max_packet > 0 && packet_size(publication) > handle->limits.max_packet)
        return MOSQ_ERR_OVERSIZE_PACKET;
    if (publication->correlation && handle->options->version == 5)
        rc = mosquitto_property_add_binary(&properties, MQTT_PROP_CORRELATION_DATA, publication->correlation,
            (uint16_t)publication->correlation_len);
    if (rc == MOSQ_ERR_SUCCESS && publication->expiry_s > 0 && handle->options->version == 5)
        rc = mosquitto_property_add_int32(
            &properties, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, publication->expiry_s);
    if (rc == MOSQ_ERR_SUCCESS)
        rc = mosquitto_publish_v5(handle->mosq, mid, publication->topic, (int)publication->len,
            publication->payload, publication->qos, publication->retain, properties);
    mosquitto_property_free_all(&properties);
    return rc;
}

int handle_errno(int rc)
{
    switch (rc) {
    case MOSQ_ERR_SUCCESS:
        return 0;
    case MOSQ_ERR_NOMEM:
        return -ENOMEM;
    case MOSQ_ERR_PAYLOAD_SIZE:
    case MOSQ_ERR_OVERSIZE_PACKET:
        return -EMSGSIZE;
    case MOSQ_ERR_NO_CONN:
        return -ENOTCONN;
    default:
        return -EINVAL;
    }
}
