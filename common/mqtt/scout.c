// SPDX-License-Identifier: MIT
#include "common/mqtt/scout.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/mqtt/broker.h"
#include "common/mqtt/tcp.h"
#include "common/mqtt/timer.h"
#include "common/mqtt/tls.h"

enum {
    GOOD_ANSWERS = 3,
    FUTILE_MAX = 5,   // so 96 answers, or 16 minutes of a link's scout
    ANSWER_MS = 3000, // longer answers are none
    REMINDERS = 10,   // of `found`, a question's time
};

struct scout {
    struct event_base *base;
    const struct link_options *options;
    int every_ms;
    void (*found)(void *ctx);
    void *ctx;
    struct broker brokers[LINK_BROKERS_MAX];
    int good[LINK_BROKERS_MAX]; // answers in a row
    size_t before, at;          // of those before the first, this one is being asked
    size_t left;                // this one was left for what was found; 0 = none
    unsigned futile;            // times in a row that it was in vain
    bool resting, asking;
    int64_t ask_ms; // when the next round begins
    struct event *timer, *socket;
    int fd;          // -1 = none
    struct tls *tls; // a context of its own, because that of the link belongs to its connection
    SSL *session;
};

static void hang_up(struct scout *scout)
{
    if (scout->socket)
        event_free(scout->socket);
    scout->socket = NULL;
    SSL_free(scout->session);
    scout->session = NULL;
    if (scout->fd >= 0)
        close(scout->fd);
    scout->fd = -1;
}

static void ask(struct scout *scout);

static bool has_found(const struct scout *scout)
{
    for (size_t i = 0; i < scout->before; i++)
        if (scout->good[i] >= GOOD_ANSWERS << scout->futile)
            return true;
    return false;
}

static void wait_for_next(struct scout *scout)
{
    int64_t left_ms = scout->ask_ms - clock_now_ms();
    int reminder_ms = scout->every_ms / REMINDERS;

    scout->asking = false;
    timer_arm(scout->timer, has_found(scout) && left_ms > reminder_ms ? reminder_ms : (int)left_ms);
}

static void answered(struct scout *scout, bool good)
{
    hang_up(scout);
    scout->good[scout->at] = good ? scout->good[scout->at] + 1 : 0;
    scout->at++;
    ask(scout);
}

// ---- one question

static void on_socket(evutil_socket_t fd, short what, void *ctx);

static void listen_for(struct scout *scout, short what)
{
    if (scout->socket)
        event_free(scout->socket);
    scout->socket = event_new(scout->base, scout->fd, what, on_socket, scout);
    if (!scout->socket || event_add(scout->socket, NULL) < 0)
        answered(scout, false);
}

static void shake_hands(struct scout *scout)
{
    ERR_clear_error();
    int rc = SSL_connect(scout->session);
    int error = SSL_get_error(scout->session, rc);
    ERR_clear_error();

    if (rc == 1)
        answered(scout, true);
    else if (error == SSL_ERROR_WANT_READ)
        listen_for(scout, EV_READ);
    else if (error == SSL_ERROR_WANT_WRITE)
        listen_for(scout, EV_WRITE);
    else
        answered(scout, false);
}

static bool begin_tls(struct scout *scout)
{
    if (!scout->tls || tls_expect(scout->tls, broker_verified(&scout->brokers[scout->at])) < 0)
        return false;
    tls_let(scout->tls, true, true);
    scout->session = SSL_new(tls_context(scout->tls));
    return scout->session && SSL_set_fd(scout->session, scout->fd) == 1;
}

static void on_socket(evutil_socket_t fd, short what, void *ctx)
{
    struct scout *scout = ctx;

    (void)what;
    if (scout->session) {
        shake_hands(scout);
        return;
    }
    if (tcp_connect_error(fd) != 0)
        answered(scout, false);
    else if (scout->brokers[scout->at].place->transport != LINK_TLS)
        answered(scout, true);
    else if (begin_tls(scout))
        shake_hands(scout);
    else
        answered(scout, false);
}

static int connect_to(const struct link_broker *place, const char *address)
{
    struct sockaddr_un path = {.sun_family = AF_UNIX};
    struct addrinfo wanted = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    const struct sockaddr *peer = (const struct sockaddr *)&path;
    socklen_t len = sizeof path;
    char port[8];

    snprintf(port, sizeof port, "%hu", (unsigned short)place->port);
    if (place->transport == LINK_UNIX) {
        snprintf(path.sun_path, sizeof path.sun_path, "%.*s", (int)sizeof path.sun_path - 1, address);
    } else {
        if (getaddrinfo(address, port, &wanted, &found) != 0)
            return -EINVAL;
        peer = found->ai_addr;
        len = found->ai_addrlen;
    }
    int fd = socket(peer->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, peer, len) < 0 && errno != EINPROGRESS) {
        close(fd);
        fd = -1;
    }
    if (found)
        freeaddrinfo(found);
    return fd;
}

static void try_address(struct scout *scout)
{
    struct broker *broker = &scout->brokers[scout->at];

    if (broker_take_addresses(broker))
        scout->fd = connect_to(broker->place, broker_address(broker));
    if (scout->fd < 0)
        answered(scout, false);
    else
        listen_for(scout, EV_WRITE);
}

static void on_name(void *ctx, struct broker *broker)
{
    struct scout *scout = ctx;

    if (scout->asking && scout->at < scout->before && broker == &scout->brokers[scout->at] && scout->fd < 0)
        try_address(scout);
}

// Asks the broker whose turn it is; after the last one the round is over.
static void ask(struct scout *scout)
{
    if (scout->at >= scout->before) {
        wait_for_next(scout);
        return;
    }
    timer_arm(scout->timer, ANSWER_MS);
    switch (broker_begin(&scout->brokers[scout->at], clock_now_ms())) {
    case BROKER_LOOKUP_KNOWN:
        try_address(scout);
        break;
    case BROKER_LOOKUP_ASKED:
    case BROKER_LOOKUP_ASKED_YET:
        break;
    case BROKER_LOOKUP_NO_MEMORY:
        answered(scout, false);
        break;
    }
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
    struct scout *scout = ctx;

    (void)fd;
    (void)what;
    if (scout->asking) { // too late
        answered(scout, false);
    } else if (clock_now_ms() >= scout->ask_ms) {
        scout->ask_ms = clock_now_ms() + scout->every_ms;
        scout->asking = true;
        scout->at = 0;
        ask(scout);
    } else {
        wait_for_next(scout);
    }
    if (!scout->resting && has_found(scout))
        scout->found(scout->ctx); // the last thing that happens here: it may rest or free the scout
}

// ---- the beginning and the end

struct scout *scout_new(struct event_base *base, const struct link_options *options, int every_ms,
    void (*found)(void *ctx), void *ctx)
{
    struct scout *scout = calloc(1, sizeof *scout);

    if (!scout)
        return NULL;
    scout->base = base;
    scout->options = options;
    scout->every_ms = every_ms;
    scout->found = found;
    scout->ctx = ctx;
    scout->fd = -1;
    scout->resting = true;
    scout->timer = evtimer_new(base, on_timer, scout);
    if (!scout->timer) {
        free(scout);
        return NULL;
    }
    for (size_t i = 0; i < options->broker_count; i++)
        broker_init(&scout->brokers[i], base, &options->brokers[i], 5, false, on_name, scout);
    return scout;
}

void scout_free(struct scout *scout)
{
    if (!scout)
        return;
    scout_rest(scout);
    for (size_t i = 0; i < scout->options->broker_count; i++)
        broker_finish(&scout->brokers[i]);
    event_free(scout->timer);
    free(scout);
}

void scout_leave(struct scout *scout)
{
    scout->left = scout->before;
}

void scout_begin(struct scout *scout, size_t before, const struct tls *tls)
{
    scout_rest(scout);
    if (!scout)
        return;
    if (before == 0 || before < scout->left)
        scout->futile = 0;
    else if (scout->left > 0 && scout->futile < FUTILE_MAX)
        scout->futile++;
    scout->left = 0;
    if (before == 0)
        return;
    if (tls)
        scout->tls = tls_copy(tls);
    memset(scout->good, 0, sizeof scout->good);
    scout->before = before;
    scout->resting = false;
    scout->ask_ms = clock_now_ms() + scout->every_ms;
    timer_arm(scout->timer, scout->every_ms);
}

void scout_rest(struct scout *scout)
{
    if (!scout)
        return;
    scout->resting = true;
    scout->asking = false;
    event_del(scout->timer);
    hang_up(scout);
    tls_free(scout->tls);
    scout->tls = NULL;
}
