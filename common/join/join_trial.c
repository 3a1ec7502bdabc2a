// SPDX-License-Identifier: MIT
#include "common/join/join_trial.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <string.h>

enum { CLOSE_MS = 500 };

struct trial_round;

struct trial_peer {
    struct trial_round *round;
    struct link *link;
    bool over; // its attempt has failed, or the link is closed
};

struct trial_round {
    struct event_base *base;
    struct join_trial *trial;
    struct trial_peer peers[LINK_BROKERS_MAX];
    size_t count;
    bool late;
};

static void on_link(void *ctx, const struct link_report *report)
{
    struct trial_peer *peer = ctx;
    struct trial_round *round = peer->round;
    size_t index = (size_t)(peer - round->peers);
    // A broker that knows no MQTT 5 is tried again in the old way.
    bool older = report->trouble == TROUBLE_PROTOCOL && report->version == 5;

    if (peer->over)
        return;
    if (report->state != LINK_CLOSED)
        round->trial->reports[index] = *report;
    if (report->state == LINK_UP && !round->trial->up) {
        round->trial->up = true;
        round->trial->broker = index;
    }
    peer->over = report->state == LINK_CLOSED ||
                 (report->state == LINK_WAITING && report->trouble != TROUBLE_NONE && !older);
}

static void on_message(void *ctx, const struct link_message *message)
{
    (void)ctx;
    (void)message;
}

static const struct link_events events = {.changed = on_link, .message = on_message};

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
    struct trial_round *round = arg;
    (void)fd;
    (void)what;
    round->late = true;
}

static bool is_done(const struct trial_round *round)
{
    bool all = true;

    for (size_t i = 0; i < round->count; i++)
        all = all && round->peers[i].over;
    return round->trial->up || all;
}

static bool is_closed(const struct trial_round *round)
{
    return round->peers[round->trial->broker].over;
}

// Runs the loop until the condition holds, for at most so long.
static void wait_for(struct trial_round *round, struct event *timeout,
    bool (*condition)(const struct trial_round *round), int ms)
{
    struct timeval limit = {ms / 1000, ms % 1000 * 1000L};

    round->late = false;
    if (event_add(timeout, &limit) < 0)
        return;
    while (!round->late && !condition(round))
        event_base_loop(round->base, EVLOOP_ONCE);
    event_del(timeout);
}

int join_trial_run(const struct link_options *options, int limit_ms, struct join_trial *trial)
{
    struct trial_round round = {.base = event_base_new(), .trial = trial};
    struct event *timeout = round.base ? evtimer_new(round.base, on_timeout, &round) : NULL;
    struct link_options single = *options;
    int rc = timeout ? 0 : -ENOMEM;

    memset(trial, 0, sizeof *trial);
    for (size_t i = 0; i < options->broker_count && rc == 0; i++) {
        struct trial_peer *peer = &round.peers[round.count++];
        single.brokers[0] = options->brokers[i];
        single.broker_count = 1;
        // Two addresses may be one broker, which would throw out the first of two clients with one id.
        snprintf(single.client_id, sizeof single.client_id, "%.50s-%u", options->client_id, (unsigned)i);
        peer->round = &round;
        peer->link = link_new(round.base, &single, &events, peer);
        if (!peer->link)
            rc = -ENOMEM;
    }
    if (rc == 0)
        wait_for(&round, timeout, is_done, limit_ms);
    // With a DISCONNECT, so that the broker's log shows no lost client.
    if (rc == 0 && trial->up) {
        link_close(round.peers[trial->broker].link, CLOSE_MS);
        wait_for(&round, timeout, is_closed, 2 * CLOSE_MS);
    }
    for (size_t i = 0; i < round.count; i++)
        link_free(round.peers[i].link);
    if (timeout)
        event_free(timeout);
    if (round.base)
        event_base_free(round.base);
    explicit_bzero(single.password, sizeof single.password);
    return rc;
}
