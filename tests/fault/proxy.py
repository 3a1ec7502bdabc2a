# SPDX-License-Identifier: MIT
"""A TCP proxy on 127.0.0.1 that understands MQTT and misbehaves on request.

It stands between a client and a broker and looks to both like the network: everything that may happen to a connection
can be made to happen here, at a moment that the scenario chooses.

    proxy = Proxy(stage, broker)            has .port and .options() as a Broker has: stage.agent(proxy)
    proxy.swallow('PUBACK', TO_CLIENT)      packets that never arrive
    proxy.rewrite('CONNECT', TO_BROKER, f)  packets that arrive as others, or twice
    proxy.delay(0.0, 0.2)                   latency and jitter; the order stays
    proxy.throttle(20000)                   bytes a second
    proxy.stall(TO_CLIENT) … release()      nothing passes, nothing is lost: it all arrives afterwards
    proxy.black_hole() … heal()             nothing passes, what was under way is lost, nobody is told
    proxy.cut()                             both ends get a reset
    proxy.half_open(TO_CLIENT)              the other end is gone, and this one is not told

    proxy = Proxy(stage, broker, raw=True)  knows nothing of packets: for TLS
    proxy.only(TO_CLIENT, 100)              of each connection made from now on so many bytes pass, and then nothing
    proxy.only(TO_BROKER)                   the first piece passes, as the sender wrote it

One thread moves the bytes; the methods may be called from any other.
"""
import collections
import random
import selectors
import socket
import struct
import threading
import time

TO_BROKER, TO_CLIENT = 'to broker', 'to client'
BOTH = (TO_BROKER, TO_CLIENT)

NAMES = {1: 'CONNECT', 2: 'CONNACK', 3: 'PUBLISH', 4: 'PUBACK', 5: 'PUBREC', 6: 'PUBREL', 7: 'PUBCOMP', 8: 'SUBSCRIBE',
         9: 'SUBACK', 10: 'UNSUBSCRIBE', 11: 'UNSUBACK', 12: 'PINGREQ', 13: 'PINGRESP', 14: 'DISCONNECT', 15: 'AUTH'}


def _length(data, at):
    """A variable byte integer: (value, index behind it), or None where it is not whole yet."""
    value = shift = 0
    for i in range(at, min(at + 4, len(data))):
        value |= (data[i] & 0x7f) << shift
        shift += 7
        if not data[i] & 0x80:
            return value, i + 1
    return None


class Packet:
    """One MQTT control packet."""

    def __init__(self, raw, body_at, version):
        self.raw, self.body, self.version = raw, raw[body_at:], version
        self.type = NAMES.get(raw[0] >> 4, 'reserved')
        self.flags = raw[0] & 15

    @property
    def dup(self):
        return bool(self.flags & 8)

    @property
    def qos(self):
        return self.flags >> 1 & 3

    @property
    def topic(self):
        size = struct.unpack('>H', self.body[:2])[0]
        return self.body[2:2 + size].decode('utf-8', 'replace')

    @property
    def mid(self):
        """The packet identifier of a PUBLISH at QoS 1 or 2, or of what answers one."""
        at = 2 + struct.unpack('>H', self.body[:2])[0] if self.type == 'PUBLISH' else 0
        return struct.unpack('>H', self.body[at:at + 2])[0]

    @property
    def payload(self):
        at = 2 + struct.unpack('>H', self.body[:2])[0] + (2 if self.qos else 0)
        if self.version == 5:
            size, at = _length(self.body, at)
            at += size
        return self.body[at:]

    def with_flags(self, flags):
        return bytes([self.raw[0] & 0xf0 | flags]) + self.raw[1:]

    def with_byte(self, at, value):
        """The same packet with one byte of its body changed."""
        start = len(self.raw) - len(self.body)
        return self.raw[:start + at] + bytes([value]) + self.raw[start + at + 1:]


class Rule:
    """What is done to packets of one type in one direction. `count`: how often it was done."""

    def __init__(self, kind, direction, change, when):
        self.kind, self.direction, self.change, self.when = kind, direction, change, when
        self.count = 0

    def applies(self, direction, packet):
        return direction == self.direction and packet.type == self.kind and (not self.when or self.when(packet))


class _Way:
    """One direction of one connection."""

    def __init__(self, direction, source, sink):
        self.direction, self.source, self.sink = direction, source, sink
        self.unframed = b''
        self.queue = collections.deque()  # (when due, bytes)
        self.ended = False                # the source has said its last word
        self.told = False                 # and the sink knows
        self.free_at = 0.0                # throttled: when the line is free again


class _Connection:
    def __init__(self, client, broker):
        self.sockets = {TO_CLIENT: client, TO_BROKER: broker}
        self.ways = [_Way(TO_BROKER, client, broker), _Way(TO_CLIENT, broker, client)]
        self.version = 4
        self.stalled = set()
        self.hole = False  # what is read is dropped
        self.deaf = set()  # directions whose sink has no peer any more and does not know
        self.left = {}     # bytes that may still pass in a direction


class Proxy:
    def __init__(self, stage, broker, port=None, raw=False):
        self.broker_port, self.raw = broker.port, raw
        self.claim = port or stage.port()
        self.port = self.claim.number
        self._lock = threading.RLock()
        self._rules, self._connections = [], []
        self._delay = self._jitter = 0.0
        self._rate = 0
        self._stalled, self._hole = set(), False
        self._left = {}
        self._random = random.Random(7)
        self.counts = collections.Counter()  # (direction, type) of what arrived here
        self.dups = collections.Counter()    # direction of each PUBLISH with the DUP flag
        self.accepted = 0
        self._selector = selectors.DefaultSelector()
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(('127.0.0.1', self.port))
        self._listener.listen(32)
        self._listener.setblocking(False)
        self._bell, self._ear = socket.socketpair()
        self._ear.setblocking(False)
        self._closing = False
        stage.witnesses.append(self._evidence)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def options(self):
        return ['-h', '127.0.0.1', '-p', str(self.port)]

    # what may be done to packets

    def rewrite(self, kind, direction, change, when=None):
        """change(packet) returns what goes on instead: bytes, b'' for nothing, or None for the packet as it is."""
        rule = Rule(kind, direction, change, when)
        with self._lock:
            self._rules.append(rule)
        return rule

    def swallow(self, kind, direction, when=None):
        return self.rewrite(kind, direction, lambda _packet: b'', when)

    def remove(self, rule):
        with self._lock:
            self._rules.remove(rule)

    # what may be done to the line

    def delay(self, least, most=None):
        with self._lock:
            self._delay, self._jitter = least, (most or least) - least

    def throttle(self, bytes_per_second):
        """0: as fast as it goes."""
        with self._lock:
            self._rate = bytes_per_second
        self._wake()

    def stall(self, *directions):
        """Connections, those made later too. The senders' buffers fill, as they do where a network stalls."""
        with self._lock:
            self._stalled = set(directions or BOTH)
            for connection in self._connections:
                connection.stalled = set(self._stalled)
        self._wake()

    def release(self):
        with self._lock:
            self._stalled = set()
            for connection in self._connections:
                connection.stalled = set()
        self._wake()

    def only(self, direction, count=None):
        """Connections that are there stay as they are."""
        with self._lock:
            self._left = {direction: count}

    def everything(self):
        """Connections made from now on are as if only() had never been called."""
        with self._lock:
            self._left = {}

    def black_hole(self):
        """A cable that was pulled out: what is under way is lost, a new connection is met with silence."""
        with self._lock:
            self._hole = True
            for connection in self._connections:
                connection.hole = True
                for way in connection.ways:
                    way.queue.clear()
        self._wake()

    def heal(self):
        """The cable is back. A connection from before has lost bytes, so its ends are reset, as a host does that is
        asked about a connection which it does not know."""
        with self._lock:
            self._hole = False
            for connection in [c for c in self._connections if c.hole]:
                self._reset(connection)
        self._wake()

    def cut(self):
        with self._lock:
            for connection in list(self._connections):
                self._reset(connection)
        self._wake()

    def half_open(self, direction):
        """Closes the ends that `direction` leads away from, and leaves those that it leads to in the belief that all
        is well."""
        with self._lock:
            for connection in self._connections:
                other = TO_BROKER if direction == TO_CLIENT else TO_CLIENT
                connection.deaf.add(direction)
                self._forget(connection.sockets[other])
                connection.sockets[other].close()
                for way in connection.ways:
                    way.queue.clear()
        self._wake()

    def connections(self):
        with self._lock:
            return len(self._connections)

    def close(self):
        self._closing = True
        self._wake()
        self._thread.join(5)

    # the thread

    def _wake(self):
        try:
            self._bell.send(b'!')
        except OSError:
            pass

    def _forget(self, sock):
        try:
            self._selector.unregister(sock)
        except (KeyError, ValueError):
            pass

    def _reset(self, connection):
        for sock in connection.sockets.values():
            self._forget(sock)
            try:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            except OSError:
                pass
            sock.close()
        if connection in self._connections:
            self._connections.remove(connection)

    def _accept(self):
        try:
            client, _ = self._listener.accept()
        except OSError:
            return
        self.accepted += 1
        try:
            broker = socket.create_connection(('127.0.0.1', self.broker_port), 2)
        except OSError:  # no broker: the client learns it as it would from the broker's own host
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
            client.close()
            return
        for sock in (client, broker):
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = _Connection(client, broker)
        connection.stalled = set(self._stalled)
        connection.left = dict(self._left)
        self._connections.append(connection)

    def _judge(self, connection, way, packet):
        self.counts[way.direction, packet.type] += 1
        if packet.type == 'CONNECT':
            connection.version = packet.body[6]
        if packet.type == 'PUBLISH' and packet.dup:
            self.dups[way.direction] += 1
        for rule in self._rules:
            if rule.applies(way.direction, packet):
                changed = rule.change(packet)
                if changed is not None:
                    rule.count += 1
                    return changed
        return packet.raw

    def _queue(self, way, data, now):
        due = now + self._delay + self._random.random() * self._jitter
        if way.queue:
            due = max(due, way.queue[-1][0])
        way.queue.append((due, data))

    def _frame(self, connection, way):
        at, data = 0, way.unframed
        now = time.monotonic()
        while len(data) - at >= 2:
            found = _length(data, at + 1)
            if not found or found[1] + found[0] > len(data):
                break
            end = found[1] + found[0]
            out = self._judge(connection, way, Packet(data[at:end], found[1] - at, connection.version))
            at = end
            if out:
                self._queue(way, out, now)
        way.unframed = data[at:]

    def _pass_raw(self, connection, way, data):
        if way.direction in connection.left:
            left = connection.left[way.direction]
            connection.left[way.direction] = max(0, left - len(data)) if left else 0
            data = data[:left]
        if data:
            self._queue(way, data, time.monotonic())

    def _read(self, connection, way):
        try:
            data = way.source.recv(262144)
        except BlockingIOError:
            return
        except OSError:
            data = b''
        if not data:
            way.ended = True
        elif connection.hole or connection.deaf:
            return
        elif self.raw:
            self._pass_raw(connection, way, data)
        else:
            way.unframed += data
            self._frame(connection, way)

    def _write(self, way, now):
        while way.queue and way.queue[0][0] <= now and way.free_at <= now:
            due, data = way.queue[0]
            chunk = data[:max(1, self._rate // 20)] if self._rate else data
            try:
                sent = way.sink.send(chunk)
            except BlockingIOError:
                return True
            except OSError:
                way.queue.clear()
                way.ended = True
                return False
            if self._rate:
                way.free_at = now + sent / self._rate
            if sent == len(data):
                way.queue.popleft()
            else:
                way.queue[0] = (due, data[sent:])
        return False

    def _turn(self, connection, now):
        """Moves what may move. Returns ({socket: events}, when to look again)."""
        wanted, again = {}, now + 0.5
        for way in connection.ways:
            if connection.deaf:
                alive = connection.sockets[next(iter(connection.deaf))]
                if way.source is alive and not way.ended:
                    wanted[alive] = selectors.EVENT_READ
                continue
            if connection.hole:
                if not way.ended:
                    wanted[way.source] = wanted.get(way.source, 0) | selectors.EVENT_READ
                continue
            if way.direction in connection.stalled:
                continue
            blocked = self._write(way, now)
            if not way.ended and sum(len(data) for _, data in list(way.queue)[:8]) < 1 << 20:
                wanted[way.source] = wanted.get(way.source, 0) | selectors.EVENT_READ
            if blocked:
                wanted[way.sink] = wanted.get(way.sink, 0) | selectors.EVENT_WRITE
            elif way.queue:
                again = min(again, max(way.queue[0][0], way.free_at))
            if way.ended and not way.queue and not way.told:
                way.told = True
                try:
                    way.sink.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
        return wanted, again

    def _settle(self):
        """Registers what is to be waited for, and returns for how long at most."""
        now, again = time.monotonic(), time.monotonic() + 0.5
        wanted = {self._ear: selectors.EVENT_READ}
        if not self._hole:  # else the kernel takes the connection, and nobody ever speaks on it
            wanted[self._listener] = selectors.EVENT_READ
        for connection in list(self._connections):
            if any(way.told for way in connection.ways) and all(way.ended for way in connection.ways) or \
                    connection.deaf and any(way.ended for way in connection.ways):
                self._reset(connection)
                continue
            of_this, soon = self._turn(connection, now)
            wanted.update(of_this)
            again = min(again, soon)
        known = {key.fileobj: key.events for key in self._selector.get_map().values()}
        for sock in set(known) - set(wanted):
            self._selector.unregister(sock)
        for sock, events in wanted.items():
            if sock not in known:
                self._selector.register(sock, events)
            elif known[sock] != events:
                self._selector.modify(sock, events)
        return max(0.0, again - now)

    def _serve(self, ready):
        for key, events in ready:
            if key.fileobj is self._ear:
                try:
                    self._ear.recv(4096)
                except OSError:
                    pass
            elif key.fileobj is self._listener:
                self._accept()
            elif events & selectors.EVENT_READ:
                for connection in list(self._connections):
                    for way in connection.ways:
                        if way.source is key.fileobj:
                            self._read(connection, way)

    def _run(self):
        while not self._closing:
            with self._lock:
                patience = self._settle()
            ready = self._selector.select(patience)
            with self._lock:
                self._serve(ready)
        with self._lock:
            for connection in list(self._connections):
                self._reset(connection)
            self._selector.close()
            for sock in (self._listener, self._bell, self._ear):
                sock.close()

    def _evidence(self):
        return '--- proxy on port %d: %d connections accepted, %d open; packets %r; DUP %r; rules %r' % (
            self.port, self.accepted, len(self._connections), dict(self.counts), dict(self.dups),
            [(rule.kind, rule.direction, rule.count) for rule in self._rules])
