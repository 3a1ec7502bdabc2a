// SPDX-License-Identifier: MIT
#include "common/mqtt/intake.h"

#include <mosquitto.h>
#include <poll.h>
#include <sys/socket.h>

#include "common/mqtt/tcp.h"

enum {
    SHORT_LOOK = 4096,  // copying what waits costs time; commands and statuses are far smaller
    ROOM = 1024 * 1024, // of the socket's buffer, of which the kernel allows what it does
};

void intake_init(struct intake *intake, int fd, bool v5)
{
    int major, minor, revision, domain = AF_INET;
    socklen_t len = sizeof domain;

    mosquitto_lib_version(&major, &minor, &revision);
    intake->fd = fd;
    intake->v5 = v5;
    // Of a unix socket nobody counts how much has been read.
    getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
    // From 2.1 on the library reads ahead into a buffer of its own: where a packet begins in the socket is not known.
    intake->off = domain == AF_UNIX || major > 2 || (major == 2 && minor >= 1);
    intake->looked = false;
    intake->have = intake->at = 0;
    intake->low_water = 1;
    intake->grown = false;
    intake->resume_at = intake->expect_at = -1;
    intake->unreleased = 0;
    intake->topic[0] = '\0';
}

void intake_begin(struct intake *intake)
{
    intake->looked = false;
}

static enum intake_verdict read_unseen(struct intake *intake)
{
    bool first = !intake->looked;

    intake->looked = true;
    // The first read also finds the end of the stream, where nothing waits.
    return first || tcp_waiting(intake->fd) > 0 ? INTAKE_READ : INTAKE_WAIT;
}

// The socket becomes readable when so many bytes wait.
static void set_low_water(struct intake *intake, size_t bytes)
{
    int wanted = (int)bytes;

    if (intake->low_water == wanted)
        return;
    setsockopt(intake->fd, SOL_SOCKET, SO_RCVLOWAT, &wanted, sizeof wanted);
    intake->low_water = wanted;
}

static bool stream_has_ended(const struct intake *intake)
{
    struct pollfd poller = {.fd = intake->fd, .events = POLLRDHUP};

    return poll(&poller, 1, 0) > 0;
}

static bool look(struct intake *intake, size_t limit)
{
    ssize_t n = recv(intake->fd, intake->bytes, limit, MSG_PEEK | MSG_DONTWAIT);

    intake->looked = true;
    intake->limit = limit;
    intake->at = 0;
    intake->have = n > 0 ? (size_t)n : 0;
    return n > 0;
}

// True where the kernel calls the socket readable although fewer bytes wait than it was told to wait for. Its buffer is
// full then: a few bytes of a large segment keep all of the segment's memory, and the peer may not send the rest of the
// packet before they are read.
static bool is_pressed(const struct intake *intake, size_t bytes)
{
    return intake->low_water > 1 && (size_t)intake->low_water == bytes && intake->have - intake->at < bytes;
}

// Nothing of the packet may be read before more of it was seen: the buffer must grow.
static bool make_room(struct intake *intake)
{
    int wanted = ROOM;

    if (intake->grown)
        return false;
    intake->grown = true;
    return setsockopt(intake->fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof wanted) == 0;
}

static enum intake_verdict wait_for(struct intake *intake, size_t bytes)
{
    // What is cut off for ever harms nobody: the library reads it up to the end of the stream and parses nothing.
    if (stream_has_ended(intake))
        return INTAKE_READ;
    if (is_pressed(intake, bytes) && !make_room(intake))
        return INTAKE_STUCK;
    set_low_water(intake, bytes);
    intake->at = intake->have = 0;
    return INTAKE_WAIT;
}

// A packet that is not waited for as a whole: the library gets it piece by piece, and its head has been looked at.
static enum intake_verdict read_in_pieces(struct intake *intake, const struct packet *packet)
{
    int64_t consumed = tcp_consumed(intake->fd);

    if (packet->size > INTAKE_SIZE)
        packet_copy_topic(packet, intake->topic);
    if (consumed < 0)
        return INTAKE_TOO_LARGE;
    intake->resume_at = consumed + (int64_t)packet->size;
    intake->at = intake->have = 0;
    set_low_water(intake, 1);
    return INTAKE_READ;
}

static enum intake_verdict read_whole(struct intake *intake, const struct packet *packet, size_t unacked)
{
    size_t in_flight = unacked + intake->unreleased;

    if (packet->type == PACKET_PUBLISH && packet->qos == 2)
        intake->unreleased++;
    else if (packet->type == PACKET_PUBREL && intake->unreleased > 0)
        intake->unreleased--;
    if (in_flight >= 2) {
        int64_t consumed = tcp_consumed(intake->fd);
        intake->expect_at = consumed < 0 ? -1 : consumed + (int64_t)packet->size;
        intake->off = consumed < 0;
    }
    intake->at += packet->size;
    set_low_water(intake, 1);
    return INTAKE_READ;
}

// True if the library stands where the next packet begins.
static bool at_a_packet(struct intake *intake)
{
    if (intake->expect_at >= 0 && tcp_consumed(intake->fd) != intake->expect_at)
        intake->off = true;
    intake->expect_at = -1;
    if (intake->off)
        return false;
    if (intake->resume_at >= 0) {
        if (tcp_consumed(intake->fd) < intake->resume_at)
            return false;
        intake->resume_at = -1;
    }
    return true;
}

enum intake_verdict intake_next(struct intake *intake, size_t unacked, struct packet *packet)
{
    size_t need;

    *packet = (struct packet){0};
    if (!at_a_packet(intake))
        return read_unseen(intake);
    if (intake->at == intake->have) {
        // Less than the limit was all that there was.
        if (intake->looked && intake->have < intake->limit)
            return INTAKE_WAIT;
        if (!look(intake, SHORT_LOOK))
            return INTAKE_READ; // the end of the stream, or an error: the library finds out which
    }
    for (;;) {
        enum packet_verdict verdict =
            packet_look(intake->bytes + intake->at, intake->have - intake->at, intake->v5, packet, &need);
        if (verdict == PACKET_MALFORMED)
            return INTAKE_MALFORMED;
        if (packet->size > INTAKE_LARGEST && (packet->topic || verdict == PACKET_GOOD)) {
            packet_copy_topic(packet, intake->topic);
            return INTAKE_TOO_LARGE;
        }
        if (verdict == PACKET_GOOD && packet->size <= intake->have - intake->at)
            return read_whole(intake, packet, unacked);
        // The packet goes on behind what was looked at, or behind what has come.
        bool all_seen = intake->at == 0 && intake->limit == INTAKE_SIZE;
        if (!all_seen) {
            if (!look(intake, INTAKE_SIZE))
                return INTAKE_READ;
            continue;
        }
        if (verdict == PACKET_GOOD && (packet->size > INTAKE_SIZE || is_pressed(intake, packet->size)))
            return read_in_pieces(intake, packet);
        if (need > INTAKE_SIZE) {
            packet_copy_topic(packet, intake->topic);
            return INTAKE_TOO_LARGE;
        }
        return wait_for(intake, verdict == PACKET_GOOD ? packet->size : need);
    }
}

bool intake_is_short(const struct intake *intake)
{
    return intake->low_water > 1;
}
